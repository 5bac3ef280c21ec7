/*
 * Reinjection against a server that does what it is told: well, badly,
 * slowly, or not at all.  The real ones are in tests/system/relay_test.py.
 */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "relay/relay.h"
#include "relay/relay_target.h"
#include "relay/smtp_connection.h"
#include "unit/relay_word.h"
#include "unit/smtp_fixture.h"

#define LONG_MS	 60000
#define SHORT_MS 20

/* Beginnings and ends of conversations. */
#define GREETING "> 220 mx.example.org ESMTP", "< EHLO [127.0.0.1]"
#define EXTENSIONS                                                             \
	"> 250-mx.example.org", "> 250-PIPELINING", "> 250-SIZE 100000",       \
	    "> 250-8BITMIME", "> 250-DSN", "> 250 SMTPUTF8"
#define SENDER	  "< MAIL FROM:<a@example.org> RET=HDRS SIZE=23", "> 250 2.1.0 Ok"
#define RECIPIENT "< RCPT TO:<b@example.net> NOTIFY=NEVER", "> 250 2.1.5 Ok"
#define CONTENT	  "< DATA", "> 354 go on", "< Subject: x", "< ", "< ..", "< text"
#define UP_TO_DOT GREETING, EXTENSIONS, SENDER, RECIPIENT, CONTENT
#define ACCEPTED  "< .", "> 250 2.0.0 Ok: queued as ABC", "< QUIT"

static const char text[] = "Subject: x\r\n\r\n.\r\ntext\r\n";
static struct slice_list content;
static const struct relay_recipient bob = {
    .path = {(const unsigned char *)"<b@example.net>", 15},
    .parameters = {(const unsigned char *)"NOTIFY=NEVER", 12}};
static const struct relay_copy plain = {
    .path = {(const unsigned char *)"<a@example.org>", 15},
    .parameters = {(const unsigned char *)"RET=HDRS SIZE=5", 15},
    .recipients = &bob,
    .count = 1,
    .content = &content};

static struct smtp_fixture server;
static struct relay *relay;
static struct relay_batch *batch;

static int
set_up(void **state)
{
	(void)state;
	slice_list_add(&content, slice_make(text, 9));
	slice_list_add(&content, slice_make(text + 9, sizeof(text) - 10));
	return 0;
}

static struct relay *
open_relay(const char *url, unsigned connections)
{
	struct relay_config config = {.reinject = url,
	    .connections = connections,
	    .connect_ms = LONG_MS,
	    .answer_ms = 1};
	struct relay *opened;
	struct err err = {.text = ""};

	if (relay_new(&config, &opened, &err))
		fail_msg("%s", err.text);
	return opened;
}

/* A server with these scripts, and a batch of copies for it. */
static void
start_with(const char *const *const *scripts, size_t visits,
    const struct relay_copy *copies, size_t count, int ms)
{
	struct relay_patience patience = {.deadline = deadline_in(ms)};

	smtp_fixture_start(&server, scripts, visits);
	relay = open_relay(server.url, 10);
	batch = relay_batch_new(relay, copies, count, &patience);
}

static void
start(const char *const *script, const struct relay_copy *copy, int ms)
{
	start_with(&script, 1, copy, 1, ms);
}

static void
stop(void)
{
	relay_batch_free(batch);
	relay_free(relay);
	smtp_fixture_stop(&server);
}

static void
is(size_t n, enum relay_state state, enum relay_reason reason)
{
	const struct relay_outcome *outcome = relay_batch_outcome(batch, n);

	assert_int_equal(outcome->state, state);
	assert_string_equal(relay_word(outcome->reason), relay_word(reason));
}

static void
must_prepare(void)
{
	struct err err = {.text = ""};

	if (relay_batch_prepare(batch, &err))
		fail_msg("%s", err.text);
}

static void
must_commit(void)
{
	struct err err = {.text = ""};

	if (relay_batch_commit(batch, &err))
		fail_msg("%s", err.text);
}

static void
complains(const struct err *err, enum err_class class, const char *word)
{
	if (!strstr(err->text, word))
		fail_msg("%s: not \"%s\"", err->text, word);
	assert_int_equal(err->class, class);
	for (const char *c = err->text; *c; c++)
		assert_in_range(*c, ' ', '~');
}

/* The first step fails like this, and nothing of copy n is left. */
static void
no_prepare(
    size_t n, enum relay_reason reason, enum err_class class, const char *word)
{
	struct err err;

	assert_int_equal(relay_batch_prepare(batch, &err), -1);
	complains(&err, class, word);
	is(n, RELAY_NOT_SENT, reason);
}

static void
no_commit(enum err_class class, const char *word)
{
	struct err err;

	assert_int_equal(relay_batch_commit(batch, &err), -1);
	complains(&err, class, word);
}

static void
test_one_copy(void **state)
{
	static const char *const script[] = {UP_TO_DOT, ACCEPTED, NULL};
	const struct relay_outcome *outcome;

	(void)state;
	start(script, &plain, LONG_MS);
	must_prepare();
	is(0, RELAY_PREPARED, RELAY_NO_REASON);
	must_commit();
	is(0, RELAY_COMMITTED, RELAY_NO_REASON);
	outcome = relay_batch_outcome(batch, 0);
	assert_int_equal(outcome->reply.code, 250);
	assert_string_equal(outcome->reply.enhanced, "2.0.0");
	assert_string_equal(outcome->reply.text, "Ok: queued as ABC");
	assert_int_equal(outcome->refusal_count, 0);
	assert_false(outcome->dsn_dropped);
	stop();
}

static void
test_ipv6(void **state)
{
	static const char *const script[] = {"> 220 mx ESMTP",
	    "< EHLO [IPv6:::1]", EXTENSIONS, SENDER, RECIPIENT, CONTENT,
	    ACCEPTED, NULL};
	const char *const *const scripts[] = {script};
	struct relay_patience patience = {.deadline = deadline_in(LONG_MS)};

	(void)state;
	if (!smtp_fixture_start_ipv6(&server, scripts, 1))
		unit_skip("no IPv6 here");
	relay = open_relay(server.url, 1);
	batch = relay_batch_new(relay, &plain, 1, &patience);
	must_prepare();
	must_commit();
	stop();
}

static void
test_no_copies(void **state)
{
	(void)state;
	start_with(NULL, 0, NULL, 0, LONG_MS);
	must_prepare();
	must_commit();
	stop();
}

/* Given up before the dot: the server sees the end where the dot would be. */
static void
test_given_up(void **state)
{
	static const char *const script[] = {UP_TO_DOT, "end", NULL};
	static const char *const *const scripts[] = {script, script};
	const struct relay_copy copies[] = {plain, plain};

	(void)state;
	start_with(scripts, 2, copies, 2, LONG_MS);
	must_prepare();
	is(0, RELAY_PREPARED, RELAY_NO_REASON);
	is(1, RELAY_PREPARED, RELAY_NO_REASON);
	stop();
}

/* When one copy cannot be prepared, none is. */
static void
test_all_or_nothing(void **state)
{
	static const char *const good[] = {UP_TO_DOT, "end", NULL};
	static const char *const bad[] = {GREETING, EXTENSIONS,
	    "< MAIL FROM:<a@example.org> RET=HDRS SIZE=23", "> 451 4.7.1 later",
	    "< QUIT", NULL};
	static const char *const *const scripts[] = {good, bad};
	const struct relay_copy copies[] = {plain, plain, plain};

	(void)state;
	start_with(scripts, 2, copies, 3, LONG_MS);
	no_prepare(1, RELAY_REFUSAL, ERR_TEMPORARY, "MAIL: 451 4.7.1 later");
	is(0, RELAY_NOT_SENT, RELAY_NO_REASON);
	is(2, RELAY_NOT_SENT, RELAY_NO_REASON);
	no_commit(ERR_BUG, "not prepared");
	stop();
}

/* The first dot that is not accepted is the last one that goes out. */
/* Who is told of a copy finds no dot of the next one sent. */
struct told {
	size_t copies[4];
	size_t count;
};

static void
tell(void *arg, size_t n)
{
	struct told *told = arg;

	is(n, RELAY_COMMITTED, RELAY_NO_REASON);
	is(n + 1, RELAY_PREPARED, RELAY_NO_REASON);
	told->copies[told->count++] = n;
}

static void
test_told(void **state)
{
	static const char *const good[] = {UP_TO_DOT, ACCEPTED, NULL};
	static const char *const bad[] = {
	    UP_TO_DOT, "< .", "> 451 4.3.0 disk", "< QUIT", NULL};
	static const char *const *const scripts[] = {good, good, bad};
	const struct relay_copy copies[] = {plain, plain, plain};
	struct told told = {.count = 0};

	(void)state;
	start_with(scripts, 3, copies, 3, LONG_MS);
	relay_batch_tell(batch, tell, &told);
	must_prepare();
	assert_int_equal(told.count, 0);
	no_commit(ERR_TEMPORARY, "final dot: 451 4.3.0 disk");
	assert_int_equal(told.count, 2);
	assert_int_equal(told.copies[0], 0);
	assert_int_equal(told.copies[1], 1);
	stop();
}

static void
test_part_of_them(void **state)
{
	static const char *const good[] = {UP_TO_DOT, ACCEPTED, NULL};
	static const char *const bad[] = {
	    UP_TO_DOT, "< .", "> 552 5.3.4 too big", "< QUIT", NULL};
	static const char *const rest[] = {UP_TO_DOT, "end", NULL};
	static const char *const *const scripts[] = {good, bad, rest};
	const struct relay_copy copies[] = {plain, plain, plain};

	(void)state;
	start_with(scripts, 3, copies, 3, LONG_MS);
	must_prepare();
	no_commit(ERR_PERMANENT, "final dot: 552 5.3.4 too big");
	is(0, RELAY_COMMITTED, RELAY_NO_REASON);
	is(1, RELAY_REFUSED, RELAY_REFUSAL);
	is(2, RELAY_NOT_SENT, RELAY_NO_REASON);
	assert_int_equal(relay_batch_outcome(batch, 1)->reply.code, 552);
	no_commit(ERR_BUG, "not prepared");
	stop();
}

static void
test_unknown(void **state)
{
	static const char *const lost[] = {UP_TO_DOT, "< .", NULL};
	static const char *const rest[] = {UP_TO_DOT, "end", NULL};
	static const char *const *const scripts[] = {lost, rest};
	const struct relay_copy copies[] = {plain, plain};

	(void)state;
	start_with(scripts, 2, copies, 2, LONG_MS);
	must_prepare();
	no_commit(ERR_TEMPORARY, "final dot: the server closed");
	is(0, RELAY_UNKNOWN, RELAY_AWAY);
	is(1, RELAY_NOT_SENT, RELAY_NO_REASON);
	stop();
}

/* Answers to the dot that are neither yes nor no. */
static void
test_odd_answer_to_the_dot(void **state)
{
	static const char *const answers[] = {
	    "> 354 go on", "> hello", "= 250 x\n", "> 250-", NULL};

	(void)state;
	for (size_t i = 0; answers[i]; i++) {
		const char *script[] = {UP_TO_DOT, "< .", answers[i], NULL};

		start(script, &plain, LONG_MS);
		must_prepare();
		no_commit(ERR_TEMPORARY, "final dot: ");
		is(0, RELAY_UNKNOWN, RELAY_AWAY);
		stop();
	}
}

/* The server was tired of waiting: no dot goes out, so nothing is unknown. */
static void
test_too_late(void **state)
{
	static const char *const told[] = {
	    UP_TO_DOT, "> 421 4.4.2 timeout", "end", NULL};
	static const char *const nonsense[] = {
	    UP_TO_DOT, "> 250 queued already", "end", NULL};
	static const char *const closed[] = {UP_TO_DOT, NULL};

	(void)state;
	start(told, &plain, LONG_MS);
	must_prepare();
	smtp_fixture_wait_quiet(&server, 0);
	no_commit(ERR_TEMPORARY, "before the final dot: 421 4.4.2 timeout");
	is(0, RELAY_NOT_SENT, RELAY_AWAY);
	stop();
	start(nonsense, &plain, LONG_MS);
	must_prepare();
	smtp_fixture_wait_quiet(&server, 0);
	no_commit(ERR_TEMPORARY, "before the final dot: 250 queued");
	is(0, RELAY_NOT_SENT, RELAY_AWAY);
	assert_int_equal(relay_batch_outcome(batch, 0)->reply.code, 0);
	stop();
	start(closed, &plain, LONG_MS);
	must_prepare();
	smtp_fixture_wait_quiet(&server, 0);
	no_commit(ERR_TEMPORARY, "before the final dot: the server closed");
	is(0, RELAY_NOT_SENT, RELAY_AWAY);
	stop();
}

/* How many steps of a script come before the client's dot. */
static size_t
steps_before_dot(const char *const *script)
{
	size_t n = 0;

	while (strcmp(script[n], "< .") != 0)
		n++;
	return n;
}

/* Sends the plain copy to a script, as far as that goes.  True when the
 * first step succeeded, and left time for the second, which never does. */
static bool
send_in_vain(const char *const *script, int ms)
{
	bool prepared;
	struct err err;

	start(script, &plain, ms);
	prepared = relay_batch_prepare(batch, &err) == 0;
	if (prepared)
		assert_int_equal(relay_batch_commit(batch, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	return prepared && !strstr(err.text, "no time left");
}

static void
drop(void)
{
	relay_batch_free(batch);
	relay_free(relay);
	smtp_fixture_drop(&server);
}

/* The conversation breaks off like this instead of step n. */
static void
breaks_off_at(size_t n, const char *how, int ms)
{
	static const char *const whole[] = {UP_TO_DOT, ACCEPTED, NULL};
	const size_t dot = steps_before_dot(whole);
	const char *script[sizeof(whole) / sizeof(whole[0]) + 1];
	enum relay_state state;

	memcpy(script, whole, n * sizeof(script[0]));
	script[n] = how;
	script[n + 1] = NULL;
	/* A slow machine gets the time that it needs to come so far. */
	while (!send_in_vain(script, ms) && n > dot) {
		drop();
		ms *= 2;
	}
	state = relay_batch_outcome(batch, 0)->state;
	/* Between 354 and the dot the end may be noticed only behind it. */
	if (n > dot || (n >= dot - 4 && state == RELAY_UNKNOWN))
		is(0, RELAY_UNKNOWN, RELAY_AWAY);
	else
		is(0, RELAY_NOT_SENT, RELAY_AWAY);
	drop();
}

static void
breaks_off(const char *how, int ms)
{
	static const char *const whole[] = {UP_TO_DOT, NULL};

	for (size_t n = 0; n <= sizeof(whole) / sizeof(whole[0]); n++)
		breaks_off_at(n, how, ms);
}

static void
test_closed_at_every_step(void **state)
{
	(void)state;
	breaks_off(NULL, LONG_MS);
}

static void
test_reset_at_every_step(void **state)
{
	(void)state;
	breaks_off("reset", LONG_MS);
}

static void
test_silent_at_every_step(void **state)
{
	(void)state;
	breaks_off("silent", SHORT_MS);
}

static void
test_deaf_at_every_step(void **state)
{
	(void)state;
	breaks_off("deaf", SHORT_MS);
}

/* One byte at a time keeps nobody waiting beyond the deadline. */
static void
test_drip_at_every_step(void **state)
{
	(void)state;
	breaks_off("drip", SHORT_MS);
}

static void
test_flood_at_every_step(void **state)
{
	(void)state;
	breaks_off("flood", LONG_MS);
}

static void
test_byte_by_byte(void **state)
{
	static const char *const script[] = {"= 2", "= 2", "= 0", "= -", "= \r",
	    "= \n2", "= 20 mx\r", "= \n", "< EHLO [127.0.0.1]", EXTENSIONS,
	    SENDER, RECIPIENT, CONTENT, ACCEPTED, NULL};

	(void)state;
	start(script, &plain, LONG_MS);
	must_prepare();
	must_commit();
	stop();
}

/* What the server says that it was not asked for. */
static void
test_out_of_turn(void **state)
{
	static const char *const greeting[] = {
	    "= 220 mx\r\n250 EHLO\r\n", "end", NULL};
	static const char *const data[] = {GREETING, EXTENSIONS, SENDER,
	    "< RCPT TO:<b@example.net> NOTIFY=NEVER",
	    "= 250 ok\r\n354 go on\r\n", "end", NULL};

	(void)state;
	start(greeting, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "EHLO: the server spoke out");
	stop();
	start(data, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "DATA: the server spoke out");
	stop();
}

/* A server that wants nobody says nothing about the copy, whatever code. */
static void
test_unwelcome(void **state)
{
	static const char *const greeting[] = {
	    "> 554 5.3.2 go away", "< QUIT", NULL};
	static const char *const ehlo[] = {
	    GREETING, "> 502 5.5.2 what?", "< QUIT", NULL};
	static const char *const old[] = {GREETING, "> 220 mx", "< QUIT", NULL};

	(void)state;
	start(greeting, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "greeting: 554 5.3.2 go away");
	assert_int_equal(relay_batch_outcome(batch, 0)->reply.code, 554);
	stop();
	start(ehlo, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "EHLO: 502 5.5.2 what?");
	stop();
	start(old, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "EHLO: 220 mx");
	stop();
}

/* Refusals of the sender and of DATA. */
static void
test_refusals(void **state)
{
	static const char *const mail[] = {GREETING, EXTENSIONS,
	    "< MAIL FROM:<a@example.org> RET=HDRS SIZE=23", "> 550-5.7.1 not",
	    "> 550 5.7.1 you", "< QUIT", NULL};
	static const char *const data[] = {GREETING, EXTENSIONS, SENDER,
	    RECIPIENT, "< DATA", "> 451 4.3.0 full", "end", NULL};
	static const char *const odd[] = {GREETING, EXTENSIONS, SENDER,
	    RECIPIENT, "< DATA", "> 250 thanks", "end", NULL};
	static const char *const closing[] = {GREETING, EXTENSIONS,
	    "< MAIL FROM:<a@example.org> RET=HDRS SIZE=23",
	    "> 421 4.3.2 shutting down", "< QUIT", NULL};

	(void)state;
	start(mail, &plain, LONG_MS);
	no_prepare(0, RELAY_REFUSAL, ERR_PERMANENT, "MAIL: 550 5.7.1 not you");
	stop();
	start(data, &plain, LONG_MS);
	no_prepare(0, RELAY_REFUSAL, ERR_TEMPORARY, "DATA: 451 4.3.0 full");
	assert_int_equal(relay_batch_outcome(batch, 0)->reply.code, 451);
	stop();
	start(odd, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "DATA: 250 thanks");
	stop();
	start(closing, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "MAIL: 421 4.3.2");
	stop();
}

#define MANY 70

static struct relay_recipient crowd[MANY];
static char crowd_paths[MANY][64];

/* The plain copy to that many recipients, r0@example.net and so on. */
static struct relay_copy
to_crowd(size_t count)
{
	struct relay_copy copy = plain;

	for (size_t i = 0; i < count; i++) {
		snprintf(crowd_paths[i], sizeof(crowd_paths[i]),
		    "<r%zu@example.net>", i);
		crowd[i] = (struct relay_recipient){
		    .path = slice_text(crowd_paths[i])};
	}
	copy.recipients = crowd;
	copy.count = count;
	return copy;
}

static void
test_refused_recipients(void **state)
{
	static const char *const script[] = {GREETING, EXTENSIONS, SENDER,
	    "< RCPT TO:<r0@example.net>", "> 250 ok",
	    "< RCPT TO:<r1@example.net>", "> 450 4.2.0 later\x1b[2J",
	    "< RCPT TO:<r2@example.net>", "> 550-5.1.1 Nobody",
	    "> 550 5.1.1 here", "< RCPT TO:<r3@example.net>", "> 252 perhaps",
	    "< QUIT", NULL};
	struct relay_copy copy = to_crowd(4);
	const struct relay_outcome *outcome;

	(void)state;
	start(script, &copy, LONG_MS);
	no_prepare(0, RELAY_RECIPIENT, ERR_PERMANENT,
	    "<r2@example.net>: 550 5.1.1 Nobody here");
	outcome = relay_batch_outcome(batch, 0);
	assert_int_equal(outcome->refusal_count, 2);
	assert_int_equal(outcome->refusals[0].recipient, 1);
	assert_int_equal(outcome->refusals[0].reply.code, 450);
	assert_string_equal(outcome->refusals[0].reply.enhanced, "4.2.0");
	assert_string_equal(outcome->refusals[0].reply.text, "later?[2J");
	assert_int_equal(outcome->refusals[1].recipient, 2);
	assert_int_equal(outcome->refusals[1].reply.code, 550);
	assert_int_equal(outcome->reply.code, 550);
	stop();
}

static void
test_deferred_recipient(void **state)
{
	static const char *const script[] = {GREETING, EXTENSIONS, SENDER,
	    "< RCPT TO:<b@example.net> NOTIFY=NEVER", "> 450 4.2.0 later",
	    "< QUIT", NULL};

	(void)state;
	start(script, &plain, LONG_MS);
	no_prepare(0, RELAY_RECIPIENT, ERR_TEMPORARY,
	    "<b@example.net>: 450 4.2.0 later");
	stop();
}

/* An answer to RCPT that is not about the recipient. */
static void
test_no_answer_about_a_recipient(void **state)
{
	static const char *const closing[] = {GREETING, EXTENSIONS, SENDER,
	    "< RCPT TO:<b@example.net> NOTIFY=NEVER", "> 421 4.7.0 too many",
	    "< QUIT", NULL};
	static const char *const odd[] = {GREETING, EXTENSIONS, SENDER,
	    "< RCPT TO:<b@example.net> NOTIFY=NEVER", "> 354 go on", "< QUIT",
	    NULL};

	(void)state;
	start(closing, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "RCPT: 421 4.7.0 too many");
	assert_int_equal(relay_batch_outcome(batch, 0)->refusal_count, 0);
	stop();
	start(odd, &plain, LONG_MS);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "RCPT: 354 go on");
	stop();
}

/* With so many refusals the others are not waited for. */
static void
test_most_refusals(void **state)
{
	static const char *const refusals[] = {GREETING, EXTENSIONS, SENDER,
	    "* RCPT TO:<r31@example.net>", "> 550 0", "> 550 1", "> 550 2",
	    "> 550 3", "> 550 4", "> 550 5", "> 550 6", "> 550 7", "* QUIT",
	    NULL};
	static const char *const one_less[] = {GREETING, EXTENSIONS, SENDER,
	    "* RCPT TO:<r8@example.net>", "> 550 0", "> 550 1", "> 550 2",
	    "> 550 3", "> 550 4", "> 550 5", "> 550 6", "> 250 7", "> 250 8",
	    "< QUIT", NULL};
	struct relay_copy copy = to_crowd(MANY);

	(void)state;
	start(refusals, &copy, LONG_MS);
	no_prepare(0, RELAY_RECIPIENT, ERR_PERMANENT, "<r0@example.net>: 550");
	assert_int_equal(
	    relay_batch_outcome(batch, 0)->refusal_count, LIMIT_RELAY_REFUSALS);
	assert_int_equal(
	    relay_batch_outcome(batch, 0)->refusals[7].recipient, 7);
	stop();
	copy = to_crowd(9);
	start(one_less, &copy, LONG_MS);
	no_prepare(0, RELAY_RECIPIENT, ERR_PERMANENT, "<r0@example.net>: 550");
	assert_int_equal(relay_batch_outcome(batch, 0)->refusal_count,
	    LIMIT_RELAY_REFUSALS - 1);
	stop();
}

/* The answers to recipients [from, to), put where the script goes on. */
static size_t
hear_crowd(const char **script, size_t n, size_t from, size_t to)
{
	static char lines[MANY][64];

	for (size_t i = from; i < to; i++) {
		snprintf(lines[i], sizeof(lines[i]),
		    "%c RCPT TO:<r%zu@example.net>", i == to - 1 ? '!' : '<',
		    i);
		script[n++] = lines[i];
	}
	for (size_t i = from; i < to; i++)
		script[n++] = "> 250 ok";
	return n;
}

/* Recipients come in groups of the window, and one by one without
 * PIPELINING: here each group is heard in full before its first answer. */
static void
many_recipients(const char *extension, size_t window)
{
	const char *script[32 + 2 * MANY] = {GREETING, "> 250-mx", extension,
	    "< MAIL FROM:<a@example.org>", "> 250 ok"};
	static const char *const rest[] = {CONTENT, ACCEPTED, NULL};
	struct relay_copy copy = to_crowd(MANY);
	size_t n = 0, to;

	while (script[n])
		n++;
	for (size_t i = 0; i < MANY; i = to) {
		to = i + window < MANY ? i + window : MANY;
		n = hear_crowd(script, n, i, to);
	}
	memcpy(&script[n], rest, sizeof(rest));
	start(script, &copy, LONG_MS);
	must_prepare();
	must_commit();
	assert_true(relay_batch_outcome(batch, 0)->dsn_dropped);
	stop();
}

static void
test_many_recipients(void **state)
{
	(void)state;
	many_recipients("> 250 PIPELINING", LIMIT_RELAY_WINDOW);
	many_recipients("> 250 HELP", 1);
}

/* As large as the announced size allows, and one byte more. */
static void
test_size(void **state)
{
	const unsigned long needed =
	    23 + LIMIT_RELAY_QUEUE_BYTES + LIMIT_RELAY_QUEUE_RECIPIENT;
	struct relay_copy beside = plain;
	char size[40];
	const char *const fits[] = {GREETING, "> 250-mx", size, "> 250 DSN",
	    SENDER, RECIPIENT, CONTENT, ACCEPTED, NULL};
	const char *const over[] = {
	    GREETING, "> 250-mx", size, "> 250 DSN", "< QUIT", NULL};

	(void)state;
	snprintf(size, sizeof(size), "> 250-SIZE %lu", needed);
	start(fits, &plain, LONG_MS);
	must_prepare();
	must_commit();
	stop();
	snprintf(size, sizeof(size), "> 250-SIZE %lu", needed - 1);
	start(over, &plain, LONG_MS);
	no_prepare(0, RELAY_TOO_LARGE, ERR_PERMANENT,
	    "23 bytes take up to 4631 in a queue, and the server allows 4630");
	stop();
	beside.beside = 24;
	snprintf(size, sizeof(size), "> 250-SIZE %lu", needed);
	start(over, &beside, LONG_MS);
	no_prepare(0, RELAY_TOO_LARGE, ERR_PERMANENT,
	    "24 bytes take up to 4632 in a queue, and the server allows 4631");
	stop();
}

static void
test_missing_extension(void **state)
{
	static const char *const script[] = {
	    GREETING, "> 250-mx", "> 250 DSN", "< QUIT", NULL};
	static const char *const recipient[] = {GREETING, "> 250-DSN",
	    "> 250 8BITMIME", "< MAIL FROM:<> BODY=8BITMIME", "> 250 ok",
	    "< RCPT TO:<b@example.net>", "> 250 ok", "< DATA", "> 354",
	    "< \xc3\xa4", "end", NULL};
	struct slice_list umlaut = {.count = 0};
	struct relay_copy copy = plain;

	(void)state;
	slice_list_add(&umlaut, slice_text("\xc3\xa4\r\n"));
	copy.content = &umlaut;
	start(script, &copy, LONG_MS);
	no_prepare(0, RELAY_UNSUPPORTED, ERR_PERMANENT, "8BITMIME");
	stop();
	copy = plain;
	copy.path = slice_text("<\xc3\xa4@example.org>");
	start(script, &copy, LONG_MS);
	no_prepare(0, RELAY_UNSUPPORTED, ERR_PERMANENT, "SMTPUTF8");
	stop();
	copy = plain;
	copy.parameters = slice_text("REQUIRETLS");
	start(script, &copy, LONG_MS);
	no_prepare(0, RELAY_UNSUPPORTED, ERR_PERMANENT, "REQUIRETLS");
	stop();
	copy.path = slice_text("");
	copy.parameters = slice_text("");
	copy.content = &umlaut;
	/* A server's name is no extension. */
	start(recipient, &copy, LONG_MS);
	must_prepare();
	stop();
}

/* Nothing is sent, not even a connection made, for an envelope that SMTP
 * cannot carry; whichever copy it is. */
static void
test_unsendable_envelope(void **state)
{
	static const struct relay_recipient evil = {
	    .path = {(const unsigned char *)"<b@x>\r\nDATA", 11}};
	struct relay_copy copies[] = {plain, plain};

	(void)state;
	copies[1].path = slice_text("a@example.org\r\nRSET");
	start_with(NULL, 0, copies, 2, LONG_MS);
	no_prepare(1, RELAY_UNSENDABLE, ERR_PERMANENT, "sender: ");
	stop();
	copies[1] = plain;
	copies[1].recipients = &evil;
	start_with(NULL, 0, copies, 2, LONG_MS);
	no_prepare(1, RELAY_UNSENDABLE, ERR_PERMANENT, "recipient: ");
	stop();
	copies[1] = plain;
	copies[1].parameters = slice_text("ENVID=a\nb");
	start_with(NULL, 0, copies, 2, LONG_MS);
	no_prepare(1, RELAY_UNSENDABLE, ERR_PERMANENT, "sender: ");
	stop();
	copies[1] = plain;
	copies[1].count = 0;
	start_with(NULL, 0, copies, 2, LONG_MS);
	no_prepare(1, RELAY_UNSENDABLE, ERR_PERMANENT, "no recipients");
	stop();
}

static void
test_unsendable_content(void **state)
{
	static const char *const script[] = {GREETING, EXTENSIONS,
	    "< MAIL FROM:<a@example.org> RET=HDRS SIZE=19", "> 250 ok",
	    RECIPIENT, "< DATA", "> 354 go on", "end", NULL};
	struct slice_list bare = {.count = 0};
	struct relay_copy copy = plain;

	(void)state;
	slice_list_add(&bare, slice_text("x\r\n\r\n\n.\r\nMAIL FROM:"));
	copy.content = &bare;
	start(script, &copy, LONG_MS);
	no_prepare(0, RELAY_UNSENDABLE, ERR_PERMANENT, "CR or LF");
	stop();
}

/* Content that the server does not read, beyond all buffers between us. */
static void
large(const char *const *script, int ms, enum relay_reason reason,
    const char *word)
{
	const size_t len = 32u << 20;
	unsigned char *bytes = xmalloc(len);
	struct slice_list list = {.count = 0};
	struct relay_copy copy = plain;

	memset(bytes, 'x', len);
	slice_list_add(&list, slice_text("first\r\n"));
	slice_list_add(&list, slice_make(bytes, len));
	copy.content = &list;
	start(script, &copy, ms);
	no_prepare(0, reason, ERR_TEMPORARY, word);
	drop();
	free(bytes);
}

static void
test_content_is_not_read(void **state)
{
	static const char *const deaf[] = {GREETING, "> 250 mx",
	    "< MAIL FROM:<a@example.org>", "> 250 ok",
	    "< RCPT TO:<b@example.net>", "> 250 ok", "< DATA", "> 354 go on",
	    "deaf", NULL};
	static const char *const full[] = {GREETING, "> 250 mx",
	    "< MAIL FROM:<a@example.org>", "> 250 ok",
	    "< RCPT TO:<b@example.net>", "> 250 ok", "< DATA", "> 354 go on",
	    "< first", "> 452 4.3.1 disk full", "deaf", NULL};
	static const char *const early[] = {GREETING, "> 250 mx",
	    "< MAIL FROM:<a@example.org>", "> 250 ok",
	    "< RCPT TO:<b@example.net>", "> 250 ok", "< DATA",
	    "= 354 go on\r\n250 thanks\r\n", "deaf", NULL};

	(void)state;
	large(deaf, 10 * SHORT_MS, RELAY_AWAY, "timed out");
	large(full, LONG_MS, RELAY_REFUSAL, "content: 452 4.3.1 disk full");
	large(early, LONG_MS, RELAY_AWAY, "content: 250 thanks");
}

static void
test_nobody_there(void **state)
{
	(void)state;
	smtp_fixture_start(&server, NULL, 0);
	smtp_fixture_stop(&server);
	relay = open_relay(server.url, 1);
	batch = relay_batch_new(relay, &plain, 1,
	    &(struct relay_patience){.deadline = deadline_in(LONG_MS)});
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "Connection refused");
	relay_batch_free(batch);
	relay_free(relay);
}

/* The connect time-out covers everything up to the extensions. */
static void
test_connect_timeout(void **state)
{
	static const char *const scripts[][4] = {
	    {"silent", NULL}, {GREETING, "silent", NULL}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *const *const script = scripts[i];
		struct relay_config config = {.reinject = server.url,
		    .connections = 1,
		    .connect_ms = SHORT_MS,
		    .answer_ms = 1};
		struct relay_patience patience = {
		    .deadline = deadline_in(LONG_MS)};
		struct err err;

		smtp_fixture_start(&server, &script, 1);
		assert_int_equal(relay_new(&config, &relay, &err), 0);
		batch = relay_batch_new(relay, &plain, 1, &patience);
		no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "timed out");
		drop();
	}
}

/* An address where nobody listens is not the end. */
static void
test_second_address(void **state)
{
	static const char *const script[] = {"> 220 mx", NULL};
	const char *const *const scripts[] = {script};
	struct smtp_fixture gone;
	struct relay_target target, second;
	struct smtp_connection connection;
	struct smtp_reply reply;
	struct relay_wait wait;
	struct err err;

	(void)state;
	smtp_fixture_start(&gone, NULL, 0);
	smtp_fixture_stop(&gone);
	smtp_fixture_start(&server, scripts, 1);
	assert_int_equal(relay_target_parse(&target, gone.url, &err), 0);
	assert_int_equal(relay_target_parse(&second, server.url, &err), 0);
	target.addresses[target.count++] = second.addresses[0];
	relay_wait_init(&wait, NULL, NULL);
	smtp_connection_init(&connection, &wait);
	connection.deadline = deadline_in(LONG_MS);
	assert_int_equal(smtp_connection_open(&connection, &target, &err), 0);
	assert_int_equal(
	    smtp_connection_read_reply(&connection, &reply, &err), 0);
	assert_int_equal(reply.code, 220);
	smtp_connection_close(&connection);
	smtp_connection_close(&connection);
	smtp_fixture_stop(&server);
}

/* Prepared when less than answer_ms is left, after ms at most; false when that
 * was too short for this machine. */
static bool
prepare_late(const char *const *script, int ms)
{
	struct relay_config config = {.reinject = server.url,
	    .connections = 1,
	    .connect_ms = LONG_MS,
	    .answer_ms = LONG_MS};
	struct relay_patience patience = {
	    .deadline = deadline_in(LONG_MS + ms)};
	struct err err;

	smtp_fixture_start(&server, &script, 1);
	assert_int_equal(relay_new(&config, &relay, &err), 0);
	batch = relay_batch_new(relay, &plain, 1, &patience);
	if (relay_batch_prepare(batch, &err))
		return false;
	while (deadline_left(patience.deadline) >= LONG_MS)
		sched_yield();
	return true;
}

/* No dot goes out without time for its answer. */
static void
test_no_time_for_the_dot(void **state)
{
	static const char *const script[] = {UP_TO_DOT, "end", NULL};

	(void)state;
	for (int ms = SHORT_MS; !prepare_late(script, ms); ms *= 2)
		drop();
	no_commit(ERR_TEMPORARY, "no time left for the final dot");
	is(0, RELAY_NOT_SENT, RELAY_AWAY);
	stop();
}

static void
hang_up(void *arg)
{
	++*(unsigned *)arg;
	smtp_fixture_hang_up(&server);
}

/* Somebody who waits is told so, and may do something about it. */
static void
test_progress(void **state)
{
	static const char *const script[] = {"silent", NULL};
	const char *const *const scripts[] = {script};
	unsigned told = 0;
	struct relay_patience patience = {.deadline = deadline_in(LONG_MS),
	    .progress = hang_up,
	    .arg = &told};

	(void)state;
	smtp_fixture_start(&server, scripts, 1);
	relay = open_relay(server.url, 1);
	batch = relay_batch_new(relay, &plain, 1, &patience);
	no_prepare(0, RELAY_AWAY, ERR_TEMPORARY, "the server closed");
	assert_int_equal(told, 1);
	stop();
}

/* Connections that another message holds, and more than there are. */
static void
test_busy(void **state)
{
	static const char *const script[] = {UP_TO_DOT, "end", NULL};
	const char *const *const scripts[] = {script};
	struct relay_copy copies[LIMIT_RELAY_COPIES + 1];
	struct relay_patience patience = {.deadline = deadline_in(LONG_MS)};
	struct relay_patience short_one = {.deadline = deadline_in(SHORT_MS)};
	struct relay_batch *first;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
		copies[i] = plain;
	smtp_fixture_start(&server, scripts, 1);
	relay = open_relay(server.url, 1);
	first = relay_batch_new(relay, &plain, 1, &patience);
	assert_int_equal(relay_batch_prepare(first, &err), 0);
	batch = relay_batch_new(relay, &plain, 1, &short_one);
	no_prepare(0, RELAY_BUSY, ERR_TEMPORARY, "connections are in use");
	relay_batch_free(batch);
	batch = relay_batch_new(relay, copies, 2, &patience);
	no_prepare(1, RELAY_UNSENDABLE, ERR_PERMANENT, "only 1 connections");
	relay_batch_free(batch);
	batch =
	    relay_batch_new(relay, copies, LIMIT_RELAY_COPIES + 1, &patience);
	no_prepare(
	    LIMIT_RELAY_COPIES, RELAY_UNSENDABLE, ERR_PERMANENT, "51 copies");
	relay_batch_free(first);
	stop();
}

/* As many copies as there may be, all held at the same time. */
static void
test_most_copies(void **state)
{
	static const char *const script[] = {UP_TO_DOT, ACCEPTED, NULL};
	const char *const *scripts[LIMIT_RELAY_COPIES];
	struct relay_copy copies[LIMIT_RELAY_COPIES];
	struct relay_patience patience = {.deadline = deadline_in(LONG_MS)};

	(void)state;
	for (size_t i = 0; i < LIMIT_RELAY_COPIES; i++) {
		scripts[i] = script;
		copies[i] = plain;
	}
	smtp_fixture_start(&server, scripts, LIMIT_RELAY_COPIES);
	relay = open_relay(server.url, LIMIT_RELAY_COPIES);
	batch = relay_batch_new(relay, copies, LIMIT_RELAY_COPIES, &patience);
	must_prepare();
	must_commit();
	for (size_t i = 0; i < LIMIT_RELAY_COPIES; i++)
		is(i, RELAY_COMMITTED, RELAY_NO_REASON);
	stop();
}

static void *
send_two(void *arg)
{
	const struct relay_copy copies[] = {plain, plain};
	struct relay_patience patience = {.deadline = deadline_in(LONG_MS)};
	struct relay_batch *own = relay_batch_new(relay, copies, 2, &patience);
	struct err err;
	int rc;

	rc = relay_batch_prepare(own, &err);
	if (rc == 0)
		rc = relay_batch_commit(own, &err);
	relay_batch_free(own);
	return rc == 0 ? arg : NULL;
}

/* Messages at the same time that together want more than there is. */
static void
test_many_threads(void **state)
{
	static const char *const script[] = {UP_TO_DOT, ACCEPTED, NULL};
	const char *const *scripts[16];
	pthread_t threads[8];
	void *done;

	(void)state;
	for (size_t i = 0; i < 16; i++)
		scripts[i] = script;
	smtp_fixture_start(&server, scripts, 16);
	relay = open_relay(server.url, 3);
	batch = NULL;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, send_two, &server), 0);
	for (size_t i = 0; i < 8; i++) {
		pthread_join(threads[i], &done);
		assert_non_null(done);
	}
	stop();
}

static void
test_config(void **state)
{
	const struct relay_config good = {.reinject = "smtp://127.0.0.1:1",
	    .connections = LIMIT_RELAY_COPIES,
	    .connect_ms = 1,
	    .answer_ms = 1};
	struct relay_config bad[] = {good, good, good, good, good};
	struct relay *opened = NULL;
	struct err err;

	(void)state;
	bad[0].reinject = "smtp://127.0.0.1";
	bad[1].connections = 0;
	bad[2].connections = LIMIT_RELAY_COPIES + 1;
	bad[3].connect_ms = 0;
	bad[4].answer_ms = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(relay_new(&bad[i], &opened, &err), -1);
		assert_int_equal(err.class, ERR_PERMANENT);
		assert_null(opened);
	}
	assert_int_equal(relay_new(&good, &opened, &err), 0);
	relay_free(opened);
	relay_free(NULL);
	relay_batch_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_copy),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_no_copies),
	    cmocka_unit_test(test_given_up),
	    cmocka_unit_test(test_all_or_nothing),
	    cmocka_unit_test(test_part_of_them),
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_odd_answer_to_the_dot),
	    cmocka_unit_test(test_too_late),
	    cmocka_unit_test(test_closed_at_every_step),
	    cmocka_unit_test(test_reset_at_every_step),
	    cmocka_unit_test(test_silent_at_every_step),
	    cmocka_unit_test(test_deaf_at_every_step),
	    cmocka_unit_test(test_drip_at_every_step),
	    cmocka_unit_test(test_flood_at_every_step),
	    cmocka_unit_test(test_byte_by_byte),
	    cmocka_unit_test(test_out_of_turn),
	    cmocka_unit_test(test_unwelcome),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_refused_recipients),
	    cmocka_unit_test(test_deferred_recipient),
	    cmocka_unit_test(test_no_answer_about_a_recipient),
	    cmocka_unit_test(test_most_refusals),
	    cmocka_unit_test(test_many_recipients),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_missing_extension),
	    cmocka_unit_test(test_unsendable_envelope),
	    cmocka_unit_test(test_unsendable_content),
	    cmocka_unit_test(test_content_is_not_read),
	    cmocka_unit_test(test_nobody_there),
	    cmocka_unit_test(test_connect_timeout),
	    cmocka_unit_test(test_second_address),
	    cmocka_unit_test(test_no_time_for_the_dot),
	    cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_busy),
	    cmocka_unit_test(test_most_copies),
	    cmocka_unit_test(test_many_threads),
	    cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests_name("relay", tests, set_up, NULL);
}
