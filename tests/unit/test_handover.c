/*
 * Messages of which not everybody gets the same, through a real gateway, and
 * a listener that does what it is told.  What the copies hold is looked at in
 * tests/system/split_test.py.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/token.h"
#include "unit/gateway_fixture.h"
#include "unit/smtp_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert carol, bob, dave;
static struct smtp_fixture server;

/* Conversations: a copy with its envelope, up to its dot. */
#define GREETING                                                               \
	"> 220 mx.example.org ESMTP", "< EHLO [127.0.0.1]",                    \
	    "> 250-mx.example.org", "> 250-8BITMIME", "> 250 DSN"
#define FROM_CAROL  "< MAIL FROM:<carol@example.org> RET=HDRS", "> 250 2.1.0 Ok"
#define FROM_NOBODY "< MAIL FROM:<>", "> 250 2.1.0 Ok"
#define TO_DAVE	    "< RCPT TO:<dave@example.net> NOTIFY=NEVER", "> 250 2.1.5 Ok"
#define TO_KIM	    "< RCPT TO:<Kim@example.net>", "> 250 2.1.5 Ok"
#define TO_CAROL    "< RCPT TO:<carol@example.org>", "> 250 2.1.5 Ok"
#define CONTENT	    "< DATA", "> 354 go on"
#define ACCEPTED    "* .", "> 250 2.0.0 Ok: queued as ABC", "< QUIT", NULL
#define NO_DOT	    "silent", NULL
#define FOR_DAVE    GREETING, FROM_CAROL, TO_DAVE, CONTENT
#define FOR_KIM	    GREETING, FROM_CAROL, TO_KIM, CONTENT

static const char *const dave_accepted[] = {FOR_DAVE, ACCEPTED};
static const char *const dave_no_dot[] = {FOR_DAVE, NO_DOT};
static const char *const kim_accepted[] = {FOR_KIM, ACCEPTED};
static const char *const kim_no_dot[] = {FOR_KIM, NO_DOT};

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&carol, &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){
		.address = "bob@example.net", .key = "RSA-2048"});
	fixture_leaf(&dave, &f.their_ca,
	    &(struct fixture_opts){.address = "dave@example.net"});
	gateway_fixture_user(
	    &f, "carol@example.org", SWITCH_ON, ENCRYPT_IF_POSSIBLE);
	gateway_fixture_own(&f, "carol@example.org", &carol);
	gateway_fixture_partner(
	    &f, "bob@example.net", &bob, STORE_TRUST_HARVESTED);
	gateway_fixture_partner(
	    &f, "dave@example.net", &dave, STORE_TRUST_HARVESTED);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&dave);
	fixture_fini(&bob);
	fixture_fini(&carol);
	return 0;
}

/* Each message is another one. */
static char header[256];

static int
before_each(void **state)
{
	static int number;

	(void)state;
	snprintf(header, sizeof(header),
	    "From: carol@example.org\nTo: bob@example.net, kim@example.net\n"
	    "Message-ID: <%d@example.org>\nSubject: hello\n",
	    ++number);
	f.domain.level = (struct setting_level){0};
	gateway_fixture_log_clear(&f);
	return 0;
}

/* bob gets ciphertext, dave, who is blind, one of his own, kim clear text. */
static struct fixture_mail
mail_to_three(void)
{
	return (struct fixture_mail){
	    .login = "carol@example.org",
	    .sender = "<carol@example.org>",
	    .parameters = "RET=HDRS",
	    .to = {"<bob@example.net>", "<dave@example.net>",
		"<Kim@example.net>"},
	    .to_parameters = {"NOTIFY=SUCCESS", "NOTIFY=NEVER", NULL},
	    .header = header,
	    .body = slice_text("secret\r\n"),
	};
}

static void
listen_with(const char *const *const *scripts, size_t count)
{
	smtp_fixture_start(&server, scripts, count);
	f.config.relay = (struct relay_config){.reinject = server.url,
	    .connections = 5,
	    .connect_ms = 60000,
	    .answer_ms = 60000};
	gateway_fixture_open(&f);
}

static void
accepts(const struct fixture_mail *mail)
{
	struct fixture_result r;

	gateway_fixture_send(&f, mail, &r);
	if (r.outcome != JOB_ACCEPT)
		fail_msg("%s %s", r.reply.extended, r.reply.text);
	assert_true(r.plan.encrypt);
	fixture_result_fini(&r);
	smtp_fixture_stop(&server);
}

static void
defers(const struct fixture_mail *mail, const char *logged)
{
	struct fixture_result r;

	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.extended, "4.7.56");
	gateway_fixture_expect(&f, "deferred from=carol@example.org nrcpt=3 "
				   "reason=reinject error=");
	gateway_fixture_expect(&f, logged);
	smtp_fixture_stop(&server);
}

#define LISTEN(...)                                                            \
	do {                                                                   \
		static const char *const *const all[] = {__VA_ARGS__};         \
		listen_with(all, sizeof(all) / sizeof(*all));                  \
	} while (0)

/* --- cases --- */

static void
test_three_copies(void **state)
{
	struct fixture_mail mail = mail_to_three();
	struct fixture_result r;

	(void)state;
	LISTEN(dave_accepted, kim_accepted);
	gateway_fixture_send(&f, &mail, &r);
	if (r.outcome != JOB_ACCEPT)
		fail_msg("%s %s", r.reply.extended, r.reply.text);
	assert_string_equal(r.removed, "<dave@example.net> <Kim@example.net> ");
	smtp_fixture_stop(&server);
	gateway_fixture_expect(&f,
	    "split from=carol@example.org nrcpt=3 copies=3 encrypted=2 "
	    "clear=1 refused=0\n");
	gateway_fixture_expect(
	    &f, "encrypted from=carol@example.org nrcpt=1 copy=1/3 certs=");
	gateway_fixture_expect(
	    &f, "encrypted from=carol@example.org nrcpt=1 copy=2/3 certs=");
	gateway_fixture_expect(&f, " cipher=aes256-cbc sign=yes cert=");
	gateway_fixture_expect(
	    &f, "signed from=carol@example.org nrcpt=1 copy=3/3 cert=");
	gateway_fixture_expect(
	    &f, " encrypt=no encrypt-reason=no-certificate to=kim@example.net");
	fixture_result_fini(&r);
}

/* Every name that the mail server may know him by. */
static void
test_names(void **state)
{
	struct fixture_mail mail = mail_to_three();
	struct fixture_result r;

	(void)state;
	LISTEN(dave_accepted, kim_accepted);
	mail.to[3] = "<kim@EXAMPLE.net>";
	mail.to[4] = "<Kim@example.net>";
	mail.to[5] = "<\"kim\"@example.net>";
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_string_equal(r.removed,
	    "<dave@example.net> <Kim@example.net> <\"kim\"@example.net> "
	    "<kim@EXAMPLE.net> ");
	smtp_fixture_stop(&server);
	fixture_result_fini(&r);
}

static void
test_away(void **state)
{
	static const char *const closes[] = {"> 421 4.3.2 no", NULL};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(closes);
	defers(&mail, "421");
}

/* Deferred in the listener's time, not in ours. */
static void
test_slow(void **state)
{
	static const char *const silent[] = {"silent", NULL};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(silent);
	f.config.relay.connect_ms = 50;
	gateway_fixture_open(&f);
	defers(&mail, "reason=reinject");
}

/* All or nothing: whose turn it was already gets no dot. */
static void
test_recipient_refused(void **state)
{
	static const char *const refuses[] = {GREETING, FROM_CAROL,
	    "< RCPT TO:<Kim@example.net>", "> 550 5.1.1 who?", NO_DOT};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(dave_no_dot, refuses);
	defers(&mail, "550 5.1.1 who?");
}

static void
test_mail_server_dies(void **state)
{
	struct fixture_mail mail = mail_to_three();
	struct fixture_result r;

	(void)state;
	LISTEN(dave_no_dot, kim_no_dot);
	mail.server_dies = true;
	gateway_fixture_send(&f, &mail, &r);
	fixture_result_fini(&r);
	smtp_fixture_stop(&server);
	assert_false(gateway_fixture_logged(&f, "split"));
	/* Nothing has happened: all of it the next time. */
	mail.server_dies = false;
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
}

/* Who has had his copy does not get another one. */
static void
test_journal(void **state)
{
	static const char *const dot_refused[] = {
	    FOR_KIM, "* .", "> 451 4.3.0 disk", "< QUIT", NULL};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(dave_accepted, dot_refused);
	defers(&mail, "451 4.3.0 disk");
	LISTEN(kim_accepted);
	accepts(&mail);
	gateway_fixture_expect(&f, " refused=0 again=1\n");
	/* Once more: nothing is left to hand over. */
	LISTEN(NULL);
	gateway_fixture_log_clear(&f);
	smtp_fixture_drop(&server);
	gateway_fixture_open(&f);
	{
		struct fixture_result r;

		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, JOB_ACCEPT);
		assert_string_equal(
		    r.removed, "<dave@example.net> <Kim@example.net> ");
		fixture_result_fini(&r);
	}
	gateway_fixture_expect(&f, " refused=0 again=2\n");
}

/* Another body, another subject, sent once more, or no Message-ID: another
 * message. */
static void
test_not_in_journal(void **state)
{
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
	mail.body = slice_text("another one\r\n");
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
	memcpy(strstr(header, "hello"), "howdy", 5);
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
	strcat(header, "Resent-Message-ID: <again@example.org>\n");
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
	mail.header = "From: carol@example.org\n"
		      "To: bob@example.net, kim@example.net\n";
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
	assert_false(gateway_fixture_logged(&f, " again="));
}

/* There is no listener at all. */
static void
hands_nothing_over(const struct fixture_mail *mail)
{
	struct fixture_result r;

	LISTEN(NULL);
	smtp_fixture_drop(&server);
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	fixture_result_fini(&r);
}

static void
wait_hours(const char *hours)
{
	char *sql = xasprintf("UPDATE journal SET at = at - 3600 * %s", hours);

	gateway_fixture_sql(&f, sql);
	free(sql);
}

/* Who was told that his mail is on its way and sends it once more means it;
 * who was told to wait may do so for days. */
static void
test_journal_forgets(void **state)
{
	static const char *const dot_refused[] = {
	    FOR_KIM, "* .", "> 451 4.3.0 disk", "< QUIT", NULL};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(dave_accepted, dot_refused);
	defers(&mail, "451 4.3.0 disk");
	wait_hours("100");
	LISTEN(kim_accepted);
	accepts(&mail);
	gateway_fixture_expect(&f, " refused=0 again=1\n");
	gateway_fixture_log_clear(&f);
	wait_hours("1");
	hands_nothing_over(&mail);
	gateway_fixture_expect(&f, " refused=0 again=2\n");
	gateway_fixture_log_clear(&f);
	wait_hours("2");
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
	assert_false(gateway_fixture_logged(&f, " again="));
}

/* After a dot without an answer nobody knows; the copy behind it has not been
 * sent, and this one is sent again. */
static void
test_no_answer(void **state)
{
	static const char *const no_answer[] = {FOR_DAVE, "* .", NULL};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(no_answer, kim_no_dot);
	defers(&mail, "final dot");
	LISTEN(dave_accepted, kim_accepted);
	accepts(&mail);
}

static void
refused_as_too_large(const struct fixture_mail *mail)
{
	struct fixture_result r;

	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.code, "552");
	assert_string_equal(r.reply.extended, "5.3.4");
	smtp_fixture_stop(&server);
}

static void
test_too_large(void **state)
{
	static const char *const announces[] = {"> 220 mx.example.org ESMTP",
	    "< EHLO [127.0.0.1]", "> 250-mx.example.org", "> 250-DSN",
	    "> 250 SIZE 100", NO_DOT};
	static const char *const finds_out[] = {
	    FOR_DAVE, "* .", "> 552 5.3.4 too big", "< QUIT", NULL};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	LISTEN(announces);
	refused_as_too_large(&mail);
	LISTEN(finds_out, kim_no_dot);
	refused_as_too_large(&mail);
}

/* The mail server itself would refuse the copy in place, and too late. */
static void
test_too_large_in_place(void **state)
{
	static const char *const announces[] = {"> 220 mx.example.org ESMTP",
	    "< EHLO [127.0.0.1]", "> 250-mx.example.org", "> 250-DSN",
	    "> 250 SIZE 125000", NO_DOT};
	static char line[] =
	    "some seventy octets of text, over and over, until "
	    "it is large enough.\r\n";
	static char body[100000];
	struct fixture_mail mail = mail_to_three();

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = line[i % (sizeof(line) - 1)];
	mail.body = slice_make((unsigned char *)body,
	    sizeof(body) / (sizeof(line) - 1) * (sizeof(line) - 1));
	mail.to[1] = "<Kim@example.net>";
	mail.to_parameters[1] = NULL;
	mail.to[2] = NULL;
	LISTEN(announces);
	refused_as_too_large(&mail);
}

/* C2: who cannot be given ciphertext gets nothing, and the sender is told. */
static void
test_refuse_the_rest(void **state)
{
	static const char *const report[] = {
	    GREETING, FROM_NOBODY, TO_CAROL, CONTENT, ACCEPTED};
	struct fixture_mail mail = mail_to_three();

	(void)state;
	f.domain.level.mixed = MIXED_REFUSE_THE_REST;
	LISTEN(dave_accepted, report);
	accepts(&mail);
	gateway_fixture_expect(&f,
	    "split from=carol@example.org nrcpt=3 copies=2 encrypted=2 "
	    "clear=0 refused=1\n");
	gateway_fixture_expect(&f, "refused from=carol@example.org nrcpt=1 "
				   "reason=no-certificate to=kim@example.net");
	/* She is told once. */
	LISTEN(NULL);
	smtp_fixture_drop(&server);
	gateway_fixture_open(&f);
	{
		struct fixture_result r;

		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, JOB_ACCEPT);
		fixture_result_fini(&r);
	}
	gateway_fixture_expect(&f, " refused=1 again=2\n");
}

/* As many as there can be connections, and one more: then it is one copy. */
static void
test_connections(void **state)
{
	struct fixture_mail mail = mail_to_three();
	struct fixture_result r;

	(void)state;
	LISTEN(dave_accepted, kim_accepted);
	f.config.relay.connections = 2;
	gateway_fixture_open(&f);
	accepts(&mail);
	f.config.relay.connections = 1;
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(r.plan.encrypt);
	assert_string_equal(r.removed, "");
	fixture_result_fini(&r);
}

/* --- copies that come back --- */

static char token[TOKEN_TEXT];

/* A token for what mail_to_three has for dave. */
static void
make_token(void)
{
	static const char *const names[] = {"dave@example.net"};
	struct token_subject subject = {.sender = "carol@example.org",
	    .recipients = names,
	    .recipient_count = 1};
	struct header fields;
	struct err err;

	header_init(&fields);
	assert_int_equal(header_add(&fields, slice_text("Message-ID"),
			     slice_text(strstr(header, "<")), &err),
	    0);
	subject.message_id = fields.fields[0].body;
	subject.message_id.len = slice_find(subject.message_id, '\n', 0);
	assert_int_equal(
	    token_make(f.tokens, &subject, fixture_now(), token, &err), 0);
	header_fini(&fields);
}

/* As the mail server's listener gives it to us again. */
static struct fixture_mail
own_copy(char *fields, size_t size)
{
	snprintf(fields, size, "%s: %s\n%sX-Other: stays\n", TOKEN_FIELD, token,
	    header);
	return (struct fixture_mail){.client = "127.0.0.1",
	    .sender = "<carol@example.org>",
	    .to = {"<dave@example.net>"},
	    .header = fields,
	    .body = slice_text("secret\r\n")};
}

/* Its field goes whatever else becomes of it. */
static void
send_claim(const struct fixture_mail *mail, const char *logged)
{
	struct fixture_result r;

	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(gateway_fixture_has(&f, r.file, TOKEN_FIELD));
	assert_true(gateway_fixture_has(&f, r.file, "X-Other: stays"));
	gateway_fixture_expect(&f, logged);
	fixture_result_fini(&r);
}

#define OWN "passed from=carol@example.org nrcpt=1 reason=own-copy\n"

static void
test_own_copy(void **state)
{
	char fields[1024];
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	f.config.relay.reinject = "";
	gateway_fixture_open(&f);
	make_token();
	mail = own_copy(fields, sizeof(fields));
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	gateway_fixture_expect(&f, OWN);
	assert_false(gateway_fixture_has(&f, r.file, TOKEN_FIELD));
	assert_true(gateway_fixture_has(&f, r.file, "X-Other: stays"));
	assert_true(gateway_fixture_has(&f, r.file, "\r\n\r\nsecret\r\n"));
	fixture_result_fini(&r);
	/* Once. */
	send_claim(&mail, "encrypted from=carol@example.org");
	gateway_fixture_expect(&f, "token status=used");
}

static void
test_forged(void **state)
{
	char fields[1024], twice[2048];
	struct fixture_mail mail;

	(void)state;
	f.config.relay.reinject = "";
	gateway_fixture_open(&f);
	/* For somebody else. */
	make_token();
	mail = own_copy(fields, sizeof(fields));
	mail.to[0] = "<bob@example.net>";
	send_claim(&mail, "encrypted from=carol@example.org");
	gateway_fixture_expect(&f, "token status=forged");
	/* From another host, where it is mail like any other. */
	mail.to[0] = "<dave@example.net>";
	mail.client = "192.0.2.7";
	send_claim(&mail, "passed from=carol@example.org nrcpt=1 "
			  "reason=not-submitted");
	gateway_fixture_expect(&f, "token status=forged");
	/* One more than there should be. */
	mail.client = "127.0.0.1";
	snprintf(twice, sizeof(twice), "x-smime-milter-copy: x\n%s", fields);
	mail.header = twice;
	send_claim(&mail, "encrypted from=carol@example.org");
	/* And still good where it belongs. */
	mail.header = fields;
	send_claim(&mail, OWN);
}

/* Signed mail from outside is verified as it came. */
static void
test_forged_outside(void **state)
{
	struct fixture_mail mail = {.sender = "<bob@example.net>",
	    .to = {"<carol@example.org>"},
	    .header = "From: bob@example.net\nX-SMIME-Milter-Copy: 1 2 3\n"
		      "X-Other: stays\nContent-Type: multipart/signed; "
		      "protocol=\"application/pkcs7-signature\"; boundary=b\n",
	    .body = slice_text("--b\r\n\r\nx\r\n--b--\r\n")};

	(void)state;
	gateway_fixture_open(&f);
	send_claim(&mail, "verified from=bob@example.net status=");
	mail.header = "From: bob@example.net\nX-SMIME-MILTER-COPY:\n"
		      "X-Other: stays\nX-Smime-Milter-Copy: y\n";
	send_claim(
	    &mail, "passed from=bob@example.net nrcpt=1 reason=unsigned");
}

/* As many as a mail server can remove in a moment, and one more. */
static void
test_many_forged(void **state)
{
	struct fixture_mail mail = {.sender = "<bob@example.net>",
	    .to = {"<carol@example.org>"},
	    .body = slice_text("x\r\n")};
	struct fixture_result r;
	struct buf fields;

	(void)state;
	gateway_fixture_open(&f);
	buf_init(&fields, 65536);
	buf_add_text(&fields, "From: bob@example.net\nX-Other: stays\n");
	for (unsigned i = 0; i < LIMIT_CONTENT_FIELDS; i++)
		buf_addf(&fields, "%s: %u\n", TOKEN_FIELD, i);
	mail.header = buf_text(&fields);
	send_claim(
	    &mail, "passed from=bob@example.net nrcpt=1 reason=unsigned");
	buf_addf(&fields, "%s: one more\n", TOKEN_FIELD);
	mail.header = buf_text(&fields);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(r.changed);
	fixture_result_fini(&r);
	buf_fini(&fields);
}

/* A field that the sender has put in does not get into the copies. */
static void
test_forged_and_split(void **state)
{
	char fields[1024];
	struct fixture_mail mail = mail_to_three();
	struct fixture_result r;

	(void)state;
	snprintf(fields, sizeof(fields), "%s%s: forged\n", header, TOKEN_FIELD);
	mail.header = fields;
	LISTEN(dave_accepted, kim_accepted);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(gateway_fixture_has(&f, r.file, TOKEN_FIELD));
	fixture_result_fini(&r);
	smtp_fixture_stop(&server);
}

#define CASE(test) cmocka_unit_test_setup(test, before_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_three_copies),
	    CASE(test_names),
	    CASE(test_away),
	    CASE(test_slow),
	    CASE(test_recipient_refused),
	    CASE(test_mail_server_dies),
	    CASE(test_journal),
	    CASE(test_journal_forgets),
	    CASE(test_not_in_journal),
	    CASE(test_no_answer),
	    CASE(test_too_large),
	    CASE(test_too_large_in_place),
	    CASE(test_refuse_the_rest),
	    CASE(test_connections),
	    CASE(test_own_copy),
	    CASE(test_forged),
	    CASE(test_forged_outside),
	    CASE(test_many_forged),
	    CASE(test_forged_and_split),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
