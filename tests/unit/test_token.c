/* A copy of ours is known again, once; nothing else is. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/token.h"

#define NOW 1000000

static const char *const pair[] = {"bob@example.net", "carol@example.com"};
static const char *const riap[] = {
    "carol@example.com", "bob@example.net", "carol@example.com"};
static const char *const other[] = {"bob@example.net", "dave@example.com"};
static const char *const more[] = {
    "bob@example.net", "carol@example.com", "dave@example.com"};
/* The same characters, in other places. */
static const char *const shifted[] = {"bob@example.netc", "arol@example.com"};

static struct token_subject
subject(void)
{
	return (struct token_subject){.sender = "alice@example.org",
	    .recipients = pair,
	    .recipient_count = 2,
	    .message_id = slice_text(" <1@example.org>")};
}

static struct tokens *
open_tokens(void)
{
	struct tokens *t;
	struct err err;

	if (tokens_new(&t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static void
make(struct tokens *t, const struct token_subject *s, char text[TOKEN_TEXT])
{
	struct err err;

	if (token_make(t, s, NOW, text, &err) < 0)
		fail_msg("%s", err.text);
}

static enum token_verdict
check(struct tokens *t, const char *text, const struct token_subject *s)
{
	return token_check(t, slice_text(text), s, NOW);
}

static void
test_once(void **state)
{
	struct tokens *t = open_tokens();
	struct token_subject s = subject();
	char text[TOKEN_TEXT], second[TOKEN_TEXT];

	(void)state;
	make(t, &s, text);
	make(t, &s, second);
	assert_string_not_equal(text, second);
	for (const char *p = text; *p; p++)
		assert_in_range(*p, ' ', '~');
	assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	assert_int_equal(check(t, text, &s), TOKEN_USED);
	assert_int_equal(check(t, second, &s), TOKEN_GOOD);
	assert_int_equal(check(t, second, &s), TOKEN_USED);
	assert_int_equal(check(t, text, &s), TOKEN_USED);
	tokens_free(t);
}

/* What a mail server may do to it on the way. */
static void
test_spelling(void **state)
{
	struct tokens *t = open_tokens();
	struct token_subject s = subject(), again = subject();
	char text[TOKEN_TEXT];
	char *field;

	(void)state;
	make(t, &s, text);
	field = xasprintf(" %s\r\n", text);
	again.recipients = riap;
	again.recipient_count = 3;
	again.message_id = slice_text("\n\t<1@example.org>\r\n");
	assert_int_equal(check(t, field, &again), TOKEN_GOOD);
	free(field);
	/* One without Message-ID may get one. */
	s.message_id = slice_text("  ");
	make(t, &s, text);
	assert_int_equal(check(t, text, &again), TOKEN_GOOD);
	/* The null sender has two spellings. */
	s.sender = NULL;
	make(t, &s, text);
	s.sender = "";
	assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	tokens_free(t);
}

static void
test_other_copies(void **state)
{
	struct tokens *t = open_tokens();
	const struct token_subject s = subject();
	struct token_subject rows[7];
	char text[TOKEN_TEXT];

	(void)state;
	make(t, &s, text);
	for (size_t i = 0; i < 7; i++)
		rows[i] = s;
	rows[0].sender = "mallory@example.org";
	rows[1].sender = NULL;
	rows[2].recipients = other;
	rows[3].recipients = more;
	rows[3].recipient_count = 3;
	rows[4].recipient_count = 1;
	rows[5].recipients = shifted;
	rows[6].message_id = slice_text(" <2@example.org>");
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(check(t, text, &rows[i]), TOKEN_FORGED);
	rows[6].message_id = slice_make(NULL, 0);
	assert_int_equal(check(t, text, &rows[6]), TOKEN_FORGED);
	rows[6].recipient_count = 0;
	assert_int_equal(check(t, text, &rows[6]), TOKEN_FORGED);
	/* And none of that has used it up. */
	assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	tokens_free(t);
}

/* Each character counts, and each that is missing or too many. */
static void
test_forgeries(void **state)
{
	static const char *const texts[] = {"", " ", "1", "1 ", "yes",
	    "1 0000000000000000 0000000000000001 1",
	    "1 0000000000000000 0000000000000001 1 "};
	struct tokens *t = open_tokens(), *u = open_tokens();
	const struct token_subject s = subject();
	char text[TOKEN_TEXT], changed[TOKEN_TEXT + 1];

	(void)state;
	make(t, &s, text);
	for (size_t i = 0; i < strlen(text); i++) {
		memcpy(changed, text, TOKEN_TEXT);
		changed[i] = (char)(changed[i] == '0' ? '1' : '0');
		assert_int_equal(check(t, changed, &s), TOKEN_FORGED);
		changed[i] = '\0';
		assert_int_equal(check(t, changed, &s), TOKEN_FORGED);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(check(t, texts[i], &s), TOKEN_FORGED);
	strcpy(changed, text);
	strcat(changed, "0");
	assert_int_equal(check(t, changed, &s), TOKEN_FORGED);
	/* Of another process. */
	assert_int_equal(check(u, text, &s), TOKEN_FORGED);
	assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	tokens_free(u);
	tokens_free(t);
}

static void
test_time(void **state)
{
	static const struct {
		time_t now;
		enum token_verdict verdict;
	} rows[] = {
	    {NOW + LIMIT_TOKEN_SECONDS, TOKEN_GOOD},
	    {NOW + LIMIT_TOKEN_SECONDS + 1, TOKEN_OLD},
	    /* The clock was set. */
	    {NOW - LIMIT_TOKEN_SECONDS, TOKEN_GOOD},
	    {NOW - LIMIT_TOKEN_SECONDS - 1, TOKEN_OLD},
	};
	struct tokens *t = open_tokens();
	const struct token_subject s = subject();
	char text[TOKEN_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		make(t, &s, text);
		assert_int_equal(
		    token_check(t, slice_text(text), &s, rows[i].now),
		    rows[i].verdict);
	}
	tokens_free(t);
}

/* At the limit it is remembered; one past it it counts as old, never as
 * good again. */
static void
test_window(void **state)
{
	struct tokens *t = open_tokens();
	const struct token_subject s = subject();
	char used[TOKEN_TEXT], unused[TOKEN_TEXT], text[TOKEN_TEXT];
	char late[TOKEN_TEXT];

	(void)state;
	make(t, &s, used);
	make(t, &s, unused);
	assert_int_equal(check(t, used, &s), TOKEN_GOOD);
	for (size_t i = 2; i < LIMIT_TOKENS; i++) {
		make(t, &s, text);
		if (i == 100)
			memcpy(late, text, sizeof(late));
		else if (i % 3 == 1)
			assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	}
	assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	assert_int_equal(check(t, used, &s), TOKEN_USED);
	make(t, &s, text);
	assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	assert_int_equal(check(t, used, &s), TOKEN_OLD);
	assert_int_equal(check(t, unused, &s), TOKEN_GOOD);
	assert_int_equal(check(t, unused, &s), TOKEN_USED);
	assert_int_equal(check(t, late, &s), TOKEN_GOOD);
	/* A whole window and more goes by unused. */
	for (size_t i = 0; i < LIMIT_TOKENS + 5; i++)
		make(t, &s, text);
	assert_int_equal(check(t, text, &s), TOKEN_GOOD);
	assert_int_equal(check(t, text, &s), TOKEN_USED);
	assert_int_equal(check(t, late, &s), TOKEN_OLD);
	tokens_free(t);
}

#define THREADS 8
#define ROUNDS	200

struct shared {
	struct tokens *t;
	pthread_barrier_t start;
	char text[TOKEN_TEXT];
	int good;
};

static void *
race(void *arg)
{
	struct shared *s = arg;
	const struct token_subject about = subject();
	char own[TOKEN_TEXT];
	struct err err;

	for (int i = 0; i < ROUNDS; i++) {
		if (pthread_barrier_wait(&s->start) ==
		    PTHREAD_BARRIER_SERIAL_THREAD)
			make(s->t, &about, s->text);
		pthread_barrier_wait(&s->start);
		if (check(s->t, s->text, &about) == TOKEN_GOOD)
			__atomic_add_fetch(&s->good, 1, __ATOMIC_RELAXED);
		if (token_make(s->t, &about, NOW, own, &err) < 0 ||
		    check(s->t, own, &about) != TOKEN_GOOD)
			abort();
	}
	return NULL;
}

/* All come with the same one at once: one of them is believed. */
static void
test_threads(void **state)
{
	struct shared s = {.t = open_tokens(), .good = 0};
	pthread_t threads[THREADS];

	(void)state;
	pthread_barrier_init(&s.start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, race, &s), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s.good, ROUNDS);
	pthread_barrier_destroy(&s.start);
	tokens_free(s.t);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(token_verdict_name(TOKEN_FORGED), "forged");
	assert_string_equal(token_verdict_name(TOKEN_OLD), "old");
	assert_string_equal(token_verdict_name(TOKEN_USED), "used");
	assert_string_equal(token_verdict_name(TOKEN_GOOD), "good");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_once),
	    cmocka_unit_test(test_spelling),
	    cmocka_unit_test(test_other_copies),
	    cmocka_unit_test(test_forgeries),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
