/* The store: settings of every level, rules for recipients, logins, and the
 * journal of copies. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/store.h"
#include "db/sqlite.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"
#include "unit/store_case.h"

static uint64_t
generation(void)
{
	uint64_t n = 0;

	MUST(store_generation(store, &n, &err));
	return n;
}

/* As another program would. */
static void
overwrite(const char *table, const char *column, const char *word)
{
	char *sql = xasprintf("UPDATE %s SET %s = '%s'", table, column, word);

	free(store_case_ask(sql));
	free(sql);
}

/* --- settings --- */

/* Every word of a setting but "inherit"; false at the end. */
static bool
next_word(const struct setting *s, size_t *at, char *out)
{
	static const char *const sets[] = {
	    "none", "dsn,partial", "all", "list,resent,calendar,partial"};

	if (!s->words && *at >= sizeof(sets) / sizeof(*sets))
		return false;
	if (s->words && !s->words[*at + 1])
		return false;
	strcpy(out, s->words ? s->words[*at + 1] : sets[*at]);
	++*at;
	return true;
}

/* A level that says one thing. */
static void
say(const struct setting *s, const char *word, void *level, size_t size)
{
	memset(level, 0, size);
	assert_int_equal(setting_parse(s, word, level), 0);
	assert_false(setting_is_inherited(s, level));
}

/* The column of the setting's name holds what the setting is called. */
static void
check_column(const char *table, const struct setting *s, const void *level)
{
	char text[SETTING_TEXT], *sql, *answer;

	setting_text(s, level, text);
	sql = xasprintf("SELECT %s FROM %s", s->name, table);
	answer = store_case_ask(sql);
	assert_string_equal(answer, text);
	free(answer);
	free(sql);
}

static void
check_domain(const struct setting *s, const char *word)
{
	char name[] = "example.org";
	struct store_domain d = {.name = name}, found;

	say(s, word, &d.level, sizeof(d.level));
	MUST(store_domain_set(store, &d, &err));
	MUST(store_domain_find(store, name, &found, &err));
	assert_memory_equal(&found.level, &d.level, sizeof(d.level));
	assert_string_equal(found.escrow, "");
	store_domain_fini(&found);
	check_column("domains", s, &d.level);
}

static void
check_user(const struct setting *s, const char *word)
{
	char address[] = "alice@example.org";
	struct store_user u = {.address = address}, found;

	say(s, word, &u.level, sizeof(u.level));
	MUST(store_user_set(store, &u, &err));
	MUST(store_user_find(store, address, &found, &err));
	assert_memory_equal(&found.level, &u.level, sizeof(u.level));
	store_user_fini(&found);
	check_column("users", s, &u.level);
}

static void
test_sender_settings(void **state)
{
	char name[] = "example.org", address[] = "alice@example.org";
	struct store_domain d = {.name = name};
	struct store_user u = {.address = address};
	char word[SETTING_TEXT];

	(void)state;
	MUST(store_domain_add(store, &d, &err));
	MUST(store_user_add(store, &u, &err));
	for (size_t i = 0; i < SENDER_SETTINGS; i++)
		for (size_t w = 0; next_word(&sender_settings[i], &w, word);) {
			check_domain(&sender_settings[i], word);
			check_user(&sender_settings[i], word);
		}
}

/* What is put in at once is there as well. */
static void
test_added_with_settings(void **state)
{
	char name[] = "example.org", address[] = "alice@example.org";
	char escrow[] = "escrow@example.org,law@example.com";
	char first[] = "Alice", last[] = "Example";
	char legal[] = "legal", own[] = "own";
	const struct setting_level level = {.sign = SWITCH_OFF,
	    .encrypt = ENCRYPT_REQUIRED,
	    .exempt = EXEMPT_ALL,
	    .own_problem = OWN_PROBLEM_DEFER,
	    .algorithm = ALGORITHM_ED25519,
	    .mixed = MIXED_REFUSE_THE_REST,
	    .bcc = BCC_REFUSE,
	    .triggers = TRIGGERS_PROTECT,
	    .mode = MODE_SHADOW,
	    .decrypt = SWITCH_OFF,
	    .disclaimer_repeat = DISCLAIMER_REPEAT_ALWAYS,
	    .disclaimer_protected = DISCLAIMER_PROTECTED_REFUSE};
	struct store_domain d = {.name = name,
	    .level = level,
	    .escrow = escrow,
	    .disclaimer = legal,
	    .created = 5};
	struct store_user u = {.address = address,
	    .first_name = first,
	    .last_name = last,
	    .level = level,
	    .disclaimer = own,
	    .state = STORE_USER_RETIRED,
	    .created = 6};

	(void)state;
	MUST(store_domain_add(store, &d, &err));
	MUST(store_user_add(store, &u, &err));
	MUST(store_domain_find(store, name, &d, &err));
	assert_memory_equal(&d.level, &level, sizeof(level));
	assert_string_equal(d.escrow, escrow);
	assert_string_equal(d.disclaimer, legal);
	assert_int_equal(d.created, 5);
	free(d.escrow);
	d.escrow = xstrdup("none");
	free(d.disclaimer);
	d.disclaimer = xstrdup("none");
	MUST(store_domain_set(store, &d, &err));
	store_domain_fini(&d);
	MUST(store_domain_find(store, name, &d, &err));
	assert_string_equal(d.escrow, "none");
	assert_string_equal(d.disclaimer, "none");
	store_domain_fini(&d);
	MUST(store_user_find(store, address, &u, &err));
	assert_memory_equal(&u.level, &level, sizeof(level));
	assert_string_equal(u.first_name, "Alice");
	assert_string_equal(u.last_name, "Example");
	assert_string_equal(u.disclaimer, own);
	assert_int_equal(u.state, STORE_USER_RETIRED);
	assert_int_equal(u.created, 6);
	free(u.disclaimer);
	u.disclaimer = NULL; /* inherits */
	MUST(store_user_set(store, &u, &err));
	store_user_fini(&u);
	MUST(store_user_find(store, address, &u, &err));
	assert_string_equal(u.disclaimer, "");
	store_user_fini(&u);
}

static int
note_use(const struct store_disclaimer_use *use, void *arg)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s:%s:%lu ", use->name, use->example,
	    use->count);
	return strcmp(use->name, "stop") == 0;
}

static void
uses_are(const char *expected)
{
	char text[256] = "";

	MUST(store_disclaimer_each(store, note_use, text, &err));
	assert_string_equal(text, expected);
}

static void
add_domain_with(const char *name, const char *disclaimer)
{
	struct store_domain d = {
	    .name = xstrdup(name), .disclaimer = xstrdup(disclaimer)};

	MUST(store_domain_add(store, &d, &err));
	store_domain_fini(&d);
}

static void
add_user_with(const char *address, const char *disclaimer)
{
	struct store_user u = {
	    .address = xstrdup(address), .disclaimer = xstrdup(disclaimer)};

	MUST(store_user_add(store, &u, &err));
	store_user_fini(&u);
}

static void
test_disclaimers(void **state)
{
	(void)state;
	uses_are("");
	add_domain_with("example.com", "none");
	add_domain_with("example.net", "");
	add_domain_with("example.org", "legal");
	add_user_with("alice@example.com", "legal");
	add_user_with("bob@example.com", "own");
	add_user_with("carol@example.org", "none");
	add_user_with("dave@example.org", "");
	uses_are("legal:example.org:2 own:bob@example.com:1 ");
	add_user_with("erin@example.com", "stop");
	add_user_with("frank@example.com", "then");
	uses_are("legal:example.org:2 own:bob@example.com:1 "
		 "stop:erin@example.com:1 ");
}

static void
put_rule(const char *name, const struct recipient_level *level,
    const char *certificate, time_t created)
{
	struct store_recipient r = {.level = *level, .created = created};

	r.name = xstrdup(name);
	r.domain_certificate = certificate ? xstrdup(certificate) : NULL;
	MUST(store_recipient_put(store, &r, &err));
	store_recipient_fini(&r);
}

static void
test_recipient_settings(void **state)
{
	struct store_recipient found;
	struct recipient_level level;
	char word[SETTING_TEXT];
	const struct setting *s;

	(void)state;
	for (size_t i = 0; i < RECIPIENT_SETTINGS; i++) {
		s = &recipient_settings[i];
		for (size_t w = 0; next_word(s, &w, word);) {
			say(s, word, &level, sizeof(level));
			put_rule("*.example.net", &level, NULL, 1);
			MUST(store_recipient_find(
			    store, "*.example.net", &found, &err));
			assert_memory_equal(
			    &found.level, &level, sizeof(level));
			store_recipient_fini(&found);
			check_column("recipients", s, &level);
		}
	}
}

/* Whoever asks nothing of mail that comes in shall not make anybody look. */
static void
test_demands(void **state)
{
	static const struct recipient_level nothing,
	    asks[] = {{.inbound_signature = DEMAND_REQUIRED},
		{.inbound_encryption = DEMAND_REQUIRED},
		{.inbound_level = ASSURANCE_MAILBOX},
		{.inbound_level = ASSURANCE_INDIVIDUAL}},
	    lax[] = {{.inbound_signature = DEMAND_ANY},
		{.inbound_encryption = DEMAND_ANY},
		{.inbound_level = ASSURANCE_ANY},
		{.inbound_action = UNMET_REFUSE},
		{.encrypt = RECEIVE_REQUIRED}};
	bool any = true;

	(void)state;
	MUST(store_recipient_demands(store, &any, &err));
	assert_false(any);
	for (size_t i = 0; i < sizeof(lax) / sizeof(*lax); i++) {
		put_rule("*.example.net", &lax[i], NULL, 1);
		any = true;
		MUST(store_recipient_demands(store, &any, &err));
		assert_false(any);
	}
	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
		put_rule("example.edu", &asks[i], NULL, 1);
		MUST(store_recipient_demands(store, &any, &err));
		assert_true(any);
		put_rule("example.edu", &nothing, NULL, 1);
		MUST(store_recipient_demands(store, &any, &err));
		assert_false(any);
	}
}

/* A word that no version knows refuses the row, whichever column it is in. */
static void
test_unknown_words(void **state)
{
	static const struct recipient_level nothing;
	char name[] = "example.org", address[] = "alice@example.org";
	struct store_domain d = {.name = name};
	struct store_user u = {.address = address};
	struct store_recipient r;
	char *text;

	(void)state;
	MUST(store_domain_add(store, &d, &err));
	MUST(store_user_add(store, &u, &err));
	put_rule("example.net", &nothing, NULL, 1);
	for (size_t i = 0; i < SENDER_SETTINGS; i++) {
		const char *s = sender_settings[i].name;

		overwrite("domains", s, "perhaps");
		text = xasprintf("store: example.org: %s is \"perhaps\"", s);
		FAILS(ERR_PERMANENT, text,
		    store_domain_find(store, name, &d, &err));
		free(text);
		overwrite("domains", s, "inherit");
		overwrite("users", s, "");
		text = xasprintf("store: alice@example.org: %s is \"\"", s);
		FAILS(ERR_PERMANENT, text,
		    store_user_find(store, address, &u, &err));
		free(text);
		overwrite("users", s, "inherit");
	}
	for (size_t i = 0; i < RECIPIENT_SETTINGS; i++) {
		const char *s = recipient_settings[i].name;

		overwrite("recipients", s, "NEVER");
		text = xasprintf("store: example.net: %s is \"NEVER\"", s);
		FAILS(ERR_PERMANENT, text,
		    store_recipient_find(store, "example.net", &r, &err));
		free(text);
		overwrite("recipients", s, "inherit");
	}
	MUST(store_recipient_find(store, "example.net", &r, &err));
	store_recipient_fini(&r);
}

/* --- rules for recipients --- */

static void
test_recipient(void **state)
{
	const struct recipient_level required = {.encrypt = RECEIVE_REQUIRED};
	const struct recipient_level opaque = {.form = FORM_OPAQUE};
	uint64_t before = generation();
	struct store_recipient r;

	(void)state;
	FAILS(ERR_NOT_FOUND, "no rule for bob@example.net",
	    store_recipient_find(store, "bob@example.net", &r, &err));
	put_rule("bob@example.net", &required, "gateway@example.net", 10);
	assert_true(generation() > before);
	MUST(store_recipient_find(store, "bob@example.net", &r, &err));
	assert_string_equal(r.name, "bob@example.net");
	assert_int_equal(r.level.encrypt, RECEIVE_REQUIRED);
	assert_string_equal(r.domain_certificate, "gateway@example.net");
	assert_int_equal(r.created, 10);
	store_recipient_fini(&r);

	before = generation();
	put_rule("bob@example.net", &opaque, NULL, 20);
	assert_true(generation() > before);
	MUST(store_recipient_find(store, "bob@example.net", &r, &err));
	assert_int_equal(r.level.encrypt, RECEIVE_INHERIT);
	assert_int_equal(r.level.form, FORM_OPAQUE);
	assert_string_equal(r.domain_certificate, "");
	assert_int_equal(r.created, 10);
	store_recipient_fini(&r);

	before = generation();
	FAILS(ERR_NOT_FOUND, "no rule for example.net",
	    store_recipient_remove(store, "example.net", &err));
	assert_int_equal(generation(), before);
	MUST(store_recipient_remove(store, "bob@example.net", &err));
	assert_true(generation() > before);
	FAILS(ERR_NOT_FOUND, "no rule for",
	    store_recipient_find(store, "bob@example.net", &r, &err));
}

struct seen {
	size_t count, stop; /* 0: never */
	bool sorted;
	char last[128];
};

static int
see(struct seen *seen, const char *key)
{
	if (seen->count++ > 0 && strcmp(seen->last, key) >= 0)
		seen->sorted = false;
	snprintf(seen->last, sizeof(seen->last), "%s", key);
	return seen->count == seen->stop;
}

static int
see_recipient(const struct store_recipient *r, void *arg)
{
	return see(arg, r->name);
}

static int
see_login(const struct store_login *l, void *arg)
{
	char key[128];

	snprintf(key, sizeof(key), "%s %s", l->login, l->address);
	return see(arg, key);
}

/* Rows on more than one page of a walk (256 each); every one is written to
 * the disk, which takes its time. */
#define MANY 260
#define FEW  10

static void
test_walk_of_recipients(void **state)
{
	const struct recipient_level never = {.encrypt = RECEIVE_NEVER};
	struct seen seen = {.sorted = true}, some = {.stop = 258};
	char name[64];

	(void)state;
	MUST(store_recipient_each(store, see_recipient, &seen, &err));
	assert_int_equal(seen.count, 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "*.n%d.example.net", i);
		put_rule(name, &never, NULL, 1);
	}
	MUST(store_recipient_each(store, see_recipient, &seen, &err));
	assert_int_equal(seen.count, MANY);
	assert_true(seen.sorted);
	MUST(store_recipient_each(store, see_recipient, &some, &err));
	assert_int_equal(some.count, 258);
}

/* --- logins --- */

static bool
may(const char *login, const char *address)
{
	bool answer;

	answer = strlen(login) % 2 == 0; /* must be overwritten */
	MUST(store_login_may(store, login, address, &answer, &err));
	return answer;
}

static void
test_login(void **state)
{
	uint64_t before = generation();

	(void)state;
	assert_false(may("alice", "sales@example.org"));
	MUST(store_login_add(store, "alice", "sales@example.org", 5, &err));
	assert_true(generation() > before);
	FAILS(ERR_PERMANENT, "login alice may write as sales@example.org",
	    store_login_add(store, "alice", "sales@example.org", 6, &err));
	assert_true(may("alice", "sales@example.org"));
	assert_false(may("alice", "sale@example.org"));
	assert_false(may("alice", "sales@sub.example.org"));
	assert_false(may("bob", "sales@example.org"));
	assert_false(may("Alice", "sales@example.org"));

	MUST(store_login_add(store, "bob", "@example.com", 7, &err));
	assert_true(may("bob", "anybody@example.com"));
	assert_true(may("bob", "\"odd@name\"@example.com"));
	assert_false(may("bob", "anybody@example.org"));
	assert_false(may("bob", "anybody@sub.example.com"));
	assert_false(may("alice", "anybody@example.com"));
}

static void
test_login_remove(void **state)
{
	uint64_t before;

	(void)state;
	MUST(store_login_add(store, "alice", "a@example.org", 5, &err));
	MUST(store_login_add(store, "alice", "b@example.org", 5, &err));
	MUST(store_login_add(store, "alice", "@example.com", 5, &err));
	MUST(store_login_add(store, "bob", "b@example.org", 5, &err));
	before = generation();
	FAILS(ERR_NOT_FOUND, "nothing allows login bob to write as a@",
	    store_login_remove(store, "bob", "a@example.org", &err));
	assert_int_equal(generation(), before);
	MUST(store_login_remove(store, "alice", "b@example.org", &err));
	assert_true(generation() > before);
	assert_false(may("alice", "b@example.org"));
	assert_true(may("alice", "a@example.org"));
	MUST(store_login_remove(store, "alice", NULL, &err));
	assert_false(may("alice", "a@example.org"));
	assert_false(may("alice", "x@example.com"));
	FAILS(ERR_NOT_FOUND, "nothing allows login alice",
	    store_login_remove(store, "alice", NULL, &err));
	assert_true(may("bob", "b@example.org"));
}

static int
see_created(const struct store_login *l, void *arg)
{
	*(time_t *)arg = l->created;
	return 1;
}

static void
test_walk_of_logins(void **state)
{
	struct seen all = {.sorted = true}, one = {.sorted = true};
	struct seen none = {.sorted = true};
	char address[64], login[64];
	time_t created = 0;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(address, sizeof(address), "a%d@example.org", i);
		MUST(store_login_add(store, "lots", address, 9, &err));
	}
	for (int i = 0; i < FEW; i++) {
		snprintf(login, sizeof(login), i % 2 ? "login%d" : "p%d", i);
		MUST(store_login_add(store, login, "@example.org", 8, &err));
	}
	MUST(store_login_each(store, NULL, see_login, &all, &err));
	assert_int_equal(all.count, MANY + FEW);
	assert_true(all.sorted);
	MUST(store_login_each(store, "lots", see_login, &one, &err));
	assert_int_equal(one.count, MANY);
	assert_true(one.sorted);
	MUST(store_login_each(store, "nobody", see_login, &none, &err));
	assert_int_equal(none.count, 0);
	MUST(store_login_each(store, "login1", see_created, &created, &err));
	assert_int_equal(created, 8);
}

/* --- journal --- */

#define NOW ((time_t)1800000000)

static bool
has(const unsigned char *key, time_t now)
{
	bool answer = false;

	MUST(store_journal_has(store, key, now, &answer, &err));
	return answer;
}

static void
remember(
    const unsigned char (*keys)[STORE_JOURNAL_KEY], size_t count, time_t now)
{
	MUST(store_journal_add(store, keys, count, now, &err));
}

static void
test_journal(void **state)
{
	const unsigned char keys[3][STORE_JOURNAL_KEY] = {{0}, {1}, {2}};
	unsigned char other[STORE_JOURNAL_KEY] = {0};
	uint64_t before = generation();

	(void)state;
	assert_false(has(keys[0], NOW));
	remember(keys, 3, NOW);
	assert_int_equal(generation(), before);
	for (unsigned i = 0; i < 3; i++)
		assert_true(has(keys[i], NOW));
	other[STORE_JOURNAL_KEY - 1] = 1;
	assert_false(has(other, NOW));
	/* At the limit, and one past. */
	assert_true(has(keys[1], NOW + LIMIT_JOURNAL_SECONDS));
	assert_false(has(keys[1], NOW + LIMIT_JOURNAL_SECONDS + 1));
}

/* What is too old goes with the next one; what comes again stays on. */
static void
test_journal_forgets(void **state)
{
	const unsigned char old[1][STORE_JOURNAL_KEY] = {{1}};
	const unsigned char again[1][STORE_JOURNAL_KEY] = {{2}};
	const unsigned char late[1][STORE_JOURNAL_KEY] = {{3}};

	(void)state;
	remember(old, 1, NOW);
	remember(again, 1, NOW);
	remember(again, 1, NOW + 10);
	store_case_says("SELECT COUNT(*) FROM journal", "2");
	remember(late, 1, NOW + LIMIT_JOURNAL_SECONDS);
	store_case_says("SELECT COUNT(*) FROM journal", "3");
	remember(late, 1, NOW + LIMIT_JOURNAL_SECONDS + 1);
	store_case_says("SELECT COUNT(*) FROM journal", "2");
	assert_false(has(old[0], NOW));
	assert_true(has(again[0], NOW + LIMIT_JOURNAL_SECONDS + 10));
	remember(late, 0, NOW + 3 * (time_t)LIMIT_JOURNAL_SECONDS);
	store_case_says("SELECT COUNT(*) FROM journal", "0");
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    test, store_case_setup, store_case_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_sender_settings),
	    CASE(test_added_with_settings),
	    CASE(test_disclaimers),
	    CASE(test_recipient_settings),
	    CASE(test_demands),
	    CASE(test_unknown_words),
	    CASE(test_recipient),
	    CASE(test_walk_of_recipients),
	    CASE(test_login),
	    CASE(test_login_remove),
	    CASE(test_walk_of_logins),
	    CASE(test_journal),
	    CASE(test_journal_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
