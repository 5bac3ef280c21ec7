/*
 * Disclaimers, message by message: through a real gateway with a real key
 * process and store, all copies seen by the gate.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "mail/disclaimer.h"
#include "unit/gateway_fixture.h"

#define TEXT "Example GmbH, K\xc3\xb6ln\r\nSent by %{name} <%{address}>\r\n"

static struct gateway_fixture f;
static struct fixture_cert anna, bob;
static struct gateway_disclaimer texts[] = {
    {.name = "legal", .text = "", .html = ""},
    {.name = "short", .text = "", .html = ""}};

/* example.org: anna signs, nick has no certificate. */
static int
set_up(void **state)
{
	static const char *const bytes[] = {
	    TEXT, "short, but not too short to be found again\r\n"};
	struct err err;

	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&anna, &f.our_ca,
	    &(struct fixture_opts){.address = "anna@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){.address = "bob@example.net"});
	gateway_fixture_user(
	    &f, "anna@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "anna@example.org", &anna);
	gateway_fixture_partner(
	    &f, "bob@example.net", &bob, STORE_TRUST_HARVESTED);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(disclaimer_template_new(slice_text(bytes[i]),
				     slice_text(""), &texts[i].template_, &err),
		    0);
	f.config.disclaimers = texts;
	f.config.disclaimer_count = 2;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	for (size_t i = 0; i < 2; i++)
		disclaimer_template_free(texts[i].template_);
	fixture_fini(&bob);
	fixture_fini(&anna);
	return 0;
}

static int
before_each(void **state)
{
	(void)state;
	f.config.disclaimer = "legal";
	f.config.rate_limit = 0;
	f.config.defaults = f.domain.level =
	    (struct setting_level){.sign = SWITCH_INHERIT};
	f.domain.disclaimer = NULL;
	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
	return 0;
}

static struct fixture_mail
mail_of(const char *login, const char *header, const char *body)
{
	static char sender[80];

	snprintf(sender, sizeof(sender), "<%s>", login);
	return (struct fixture_mail){.login = login,
	    .sender = sender,
	    .header = header,
	    .body = slice_text(body)};
}

/* Sends it; what arrives is appended to out. */
static enum job_outcome
send_mail(
    const struct fixture_mail *mail, struct buf *out, struct job_reply *reply)
{
	struct fixture_result r;
	enum job_outcome outcome;

	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	outcome = r.outcome;
	if (reply)
		*reply = r.reply;
	if (outcome == JOB_ACCEPT)
		gateway_fixture_read(&f, r.file, out);
	fixture_result_fini(&r);
	return outcome;
}

static bool
contains(const struct buf *b, const char *text)
{
	struct slice_list list = {.count = 0};

	slice_list_add(&list, buf_slice(b));
	return slice_list_find(&list, slice_text(text), 0) < b->len;
}

/* It is accepted; what arrives has this, or has it not, and so the log. */
static void
expect_mail(const struct fixture_mail *mail, const char *wanted,
    const char *unwanted, const char *logged)
{
	struct buf b;

	buf_init(&b, 64 * MIB);
	assert_int_equal(send_mail(mail, &b, NULL), JOB_ACCEPT);
	if (wanted && !contains(&b, wanted))
		fail_msg("not in it: %s\n%.*s", wanted, (int)b.len, b.data);
	if (unwanted && contains(&b, unwanted))
		fail_msg("in it: %s\n%.*s", unwanted, (int)b.len, b.data);
	gateway_fixture_expect(&f, logged);
	buf_fini(&b);
}

#define SHORT "short, but not too short to be found again"
#define ANNA  "From: \"A. Example\" <anna@example.org>\nTo: bob@example.net\n"
#define NICK                                                                   \
	"From: =?utf-8?q?N=C3=ADck?= <nick@example.org>\n"                     \
	"To: bob@example.net\n"
#define ADDED "Sent by A. Example <anna@example.org>"

/* --- added --- */

static void
test_signed(void **state)
{
	const struct fixture_mail mail =
	    mail_of("anna@example.org", ANNA, "Hello\r\n");

	(void)state;
	expect_mail(&mail, ADDED, NULL, "signed from=anna@example.org nrcpt=1");
	gateway_fixture_expect(&f, "disclaimer=added");
	assert_false(gateway_fixture_logged(&f, "disclaimer=refused"));
	/* Below the signature, that openssl verifies. */
	expect_mail(&mail, "multipart/signed", NULL, "disclaimer=added");
	expect_mail(&mail, "K=C3=B6ln", NULL, "disclaimer=added");
}

/* Without a certificate, and with signing switched off: in clear, labels
 * changed where that must be. */
static void
test_unsigned(void **state)
{
	struct fixture_mail mail = mail_of("nick@example.org", NICK, "Hi\r\n");

	(void)state;
	expect_mail(&mail, "charset=utf-8", "multipart/signed",
	    "passed from=nick@example.org nrcpt=1 reason=no-user");
	gateway_fixture_expect(&f, "disclaimer=added");
	expect_mail(&mail, "N=C3=ADck", NULL, "disclaimer=added");
	expect_mail(&mail, "MIME-Version: 1.0", NULL, "disclaimer=added");
	f.config.disclaimer = "short";
	gateway_fixture_open(&f);
	/* Nothing but ASCII: the header stays as it is. */
	expect_mail(&mail, "Hi\r\n\r\n" SHORT "\r\n", "Content-Type",
	    "disclaimer=added");
	f.domain.level.sign = SWITCH_OFF;
	gateway_fixture_open(&f);
	mail = mail_of("anna@example.org", ANNA, "Hi\r\n");
	expect_mail(&mail, "Hi\r\n\r\n" SHORT "\r\n", "multipart/signed",
	    "reason=signing-off");
	gateway_fixture_expect(&f, "disclaimer=added");
}

static void
test_encrypted(void **state)
{
	struct fixture_mail mail = mail_of("anna@example.org", ANNA, "Hi\r\n");

	(void)state;
	f.domain.level.encrypt = ENCRYPT_REQUIRED;
	gateway_fixture_open(&f);
	expect_mail(&mail, "enveloped-data", ADDED, "encrypted from=anna@");
	gateway_fixture_expect(&f, "disclaimer=added");
	f.domain.level.sign = SWITCH_OFF;
	gateway_fixture_open(&f);
	expect_mail(&mail, "enveloped-data", ADDED, "encrypted from=anna@");
	gateway_fixture_expect(&f, "disclaimer=added");
}

static void
test_structures(void **state)
{
	static const char alternative[] =
	    "--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n"
	    "--b\r\nContent-Type: text/html\r\n\r\n"
	    "<html><body><p>Hi</p></body></html>\r\n--b--\r\n";
	static const char mixed[] =
	    "--b\r\nContent-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nSGkNCg==\r\n"
	    "--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nfile\r\n"
	    "--b--\r\n";
	struct fixture_mail mail = mail_of("nick@example.org",
	    NICK "Content-Type: multipart/alternative; boundary=b\n",
	    alternative);

	(void)state;
	f.config.disclaimer = "short";
	gateway_fixture_open(&f);
	expect_mail(&mail, "<p>Hi</p>", NULL, "disclaimer=added");
	expect_mail(&mail, "Hi\r\n\r\n" SHORT "\r\n", NULL, "disclaimer=added");
	expect_mail(&mail, SHORT, "Content-Transfer", "disclaimer=added");
	mail = mail_of("nick@example.org",
	    NICK "Content-Type: multipart/mixed; boundary=b\n", mixed);
	expect_mail(
	    &mail, "\r\n\r\nfile\r\n--b--", "SGkNCg==", "disclaimer=added");
	mail = mail_of("nick@example.org",
	    NICK "Content-Type: image/png\n"
		 "Content-Transfer-Encoding: base64\n",
	    "AAAA\r\n");
	expect_mail(&mail, "AAAA", SHORT, "disclaimer=no-body");
}

/* Feared ones: 8-bit, nothing at all, no last line end. */
static void
test_feared(void **state)
{
	struct fixture_mail mail = mail_of("nick@example.org",
	    NICK "Content-Type: text/plain; charset=iso-8859-1\n"
		 "Content-Transfer-Encoding: 8bit\n",
	    "Gr\xfc\xdf"
	    "e\r\n");

	(void)state;
	expect_mail(&mail, "Gr\xfc\xdf", NULL, "disclaimer=added");
	mail = mail_of("nick@example.org", NICK, "");
	expect_mail(&mail, "GmbH", NULL, "disclaimer=added");
	mail = mail_of("nick@example.org", NICK, "no end");
	expect_mail(&mail, "no end\r\n", NULL, "disclaimer=added");
	mail = mail_of("anna@example.org",
	    ANNA "Content-Type: multipart/mixed; boundary=b\n",
	    "--b\r\n\r\nHi\r\n");
	expect_mail(&mail, NULL, ADDED, "disclaimer=refused reason=broken");
	gateway_fixture_expect(&f, "signed from=anna@example.org");
	/* Another label once the CR is left out, as it is in what is signed. */
	mail = mail_of("anna@example.org",
	    ANNA "Content-Type: text/plain; for\rmat=flowed\n", "Hi\r\n");
	expect_mail(&mail, NULL, ADDED, "disclaimer=refused reason=broken");
	gateway_fixture_expect(&f, "signed from=anna@example.org");
	mail = mail_of(
	    "nick@example.org", NICK "Content-Type : image/png\n", "Hi\r\n");
	expect_mail(&mail, "Hi\r\n", ADDED, "disclaimer=refused reason=broken");
}

/* As much as there is room for, and not one byte more: then it passes as it
 * came, unless it must be encrypted. */
static void
test_too_large(void **state)
{
	const size_t max = 64 * KIB, old = f.config.spool.max;
	char *text = malloc(max);
	struct fixture_mail mail = mail_of("nick@example.org", NICK, "");
	struct job_reply reply;
	struct buf b;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < max; i++)
		text[i] = "x\r\n"[i % 3];
	f.config.disclaimer = "short";
	f.config.spool.max = max;
	gateway_fixture_open(&f);
	mail.body = slice_make(text, max - 300);
	expect_mail(&mail, SHORT, NULL, "disclaimer=added");
	mail.body = slice_make(text, max - 32);
	expect_mail(&mail, "x\r\nx", SHORT, "reason=too-large");
	assert_false(gateway_fixture_logged(&f, "disclaimer="));
	f.domain.level.encrypt = ENCRYPT_REQUIRED;
	gateway_fixture_open(&f);
	buf_init(&b, MIB);
	assert_int_equal(send_mail(&mail, &b, &reply), JOB_REFUSE);
	assert_string_equal(reply.extended, "5.3.4");
	buf_fini(&b);
	f.config.spool.max = old;
	free(text);
}

/* --- which one --- */

static void
test_levels(void **state)
{
	struct fixture_mail mail = mail_of("nick@example.org", NICK, "Hi\r\n");

	(void)state;
	f.domain.disclaimer = "short";
	gateway_fixture_open(&f);
	expect_mail(&mail, SHORT, "GmbH", "disclaimer=added");
	gateway_fixture_user(
	    &f, "nick@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_sql(&f, "UPDATE users SET disclaimer = 'none' "
				"WHERE address = 'nick@example.org'");
	gateway_fixture_open(&f);
	expect_mail(&mail, "Hi\r\n", SHORT, "passed from=nick@example.org");
	assert_false(gateway_fixture_logged(&f, "disclaimer="));
	gateway_fixture_sql(&f, "UPDATE users SET disclaimer = 'legal' "
				"WHERE address = 'nick@example.org'");
	gateway_fixture_open(&f);
	expect_mail(&mail, "GmbH", SHORT, "disclaimer=added");
	f.domain.disclaimer = "";
	gateway_fixture_open(&f);
	mail = mail_of("anna@example.org", ANNA, "Hi\r\n");
	expect_mail(&mail, "Hi\r\n", "GmbH", "signed from=anna");
	gateway_fixture_sql(&f, "UPDATE users SET disclaimer = ''");
}

static void
test_unknown(void **state)
{
	struct fixture_mail mail = mail_of("anna@example.org", ANNA, "Hi\r\n");
	struct job_reply reply;
	struct buf b;

	(void)state;
	gateway_fixture_sql(&f, "UPDATE users SET disclaimer = 'old' "
				"WHERE address = 'anna@example.org'");
	gateway_fixture_open(&f);
	buf_init(&b, MIB);
	assert_int_equal(send_mail(&mail, &b, &reply), JOB_DEFER);
	assert_string_equal(reply.extended, "4.7.59");
	gateway_fixture_expect(&f,
	    "reason=disclaimer-unknown error=\"there is no disclaimer old\"");
	buf_fini(&b);
	gateway_fixture_sql(&f, "UPDATE users SET disclaimer = ''");
}

/* --- not added --- */

static void
test_once(void **state)
{
	struct fixture_mail mail =
	    mail_of("nick@example.org", NICK, "Hi\r\n\r\n> " SHORT "\r\n");

	(void)state;
	f.config.disclaimer = "short";
	gateway_fixture_open(&f);
	expect_mail(
	    &mail, "> " SHORT "\r\n", "\r\n" SHORT, "disclaimer=present");
	f.config.defaults.disclaimer_repeat = DISCLAIMER_REPEAT_ALWAYS;
	gateway_fixture_open(&f);
	expect_mail(&mail, "\r\n" SHORT, NULL, "disclaimer=added");
}

#define SIGNED                                                                 \
	"Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256;\n"     \
	" protocol=\"application/pgp-signature\"\n"

static const char by_client[] =
    "--b\r\n\r\nHi\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n"
    "x\r\n--b--\r\n";

/* As it came, byte for byte: the gate takes no other edits. */
static void
expect_refused(const char *header, const char *body, const char *reason)
{
	struct fixture_mail mail = mail_of("anna@example.org", header, body);
	struct job_reply reply;
	char logged[80];
	struct buf b;

	f.domain.level.disclaimer_protected = DISCLAIMER_PROTECTED_PASS;
	gateway_fixture_open(&f);
	snprintf(
	    logged, sizeof(logged), "disclaimer=refused reason=%s", reason);
	expect_mail(&mail, body, "GmbH", logged);
	f.domain.level.disclaimer_protected = DISCLAIMER_PROTECTED_REFUSE;
	gateway_fixture_open(&f);
	buf_init(&b, MIB);
	assert_int_equal(send_mail(&mail, &b, &reply), JOB_REFUSE);
	assert_string_equal(reply.code, "550");
	assert_string_equal(reply.extended, "5.7.64");
	gateway_fixture_expect(&f, "reason=disclaimer-refused");
	gateway_fixture_expect(&f, logged);
	buf_fini(&b);
}

static void
test_protected(void **state)
{
	(void)state;
	expect_refused(ANNA SIGNED, by_client, "already-signed");
	expect_refused(ANNA "Content-Type: application/pkcs7-mime; "
			    "smime-type=enveloped-data\n"
			    "Content-Transfer-Encoding: base64\n",
	    "MAAA\r\n", "already-encrypted");
	expect_refused(ANNA "Content-Type: multipart/encrypted; boundary=b;\n"
			    " protocol=\"application/pgp-encrypted\"\n",
	    "--b\r\n\r\nHi\r\n--b--\r\n", "already-encrypted");
	expect_refused(ANNA,
	    "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHi\r\n"
	    "-----BEGIN PGP SIGNATURE-----\r\n\r\nx\r\n"
	    "-----END PGP SIGNATURE-----\r\n",
	    "already-signed");
}

/* Who has the text in his own signed mail need not be told to put it there. */
static void
test_present_in_signed(void **state)
{
	const struct fixture_mail mail = mail_of("anna@example.org",
	    ANNA SIGNED,
	    "--b\r\n\r\nHi\r\n\r\n" SHORT "\r\n--b\r\n"
	    "Content-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n");

	(void)state;
	f.config.disclaimer = "short";
	f.domain.level.disclaimer_protected = DISCLAIMER_PROTECTED_REFUSE;
	gateway_fixture_open(&f);
	expect_mail(
	    &mail, "Hi\r\n\r\n" SHORT "\r\n--b", NULL, "disclaimer=present");
}

/* Below the root: signed as a whole, the text untouched. */
static void
test_nested(void **state)
{
	char body[1024];
	struct fixture_mail mail;

	(void)state;
	snprintf(body, sizeof(body),
	    "--o\r\nContent-Type: multipart/signed; boundary=b; "
	    "micalg=pgp-sha256; protocol=\"application/pgp-signature\"\r\n"
	    "\r\n%s\r\n--o--\r\n",
	    by_client);
	mail = mail_of("anna@example.org",
	    ANNA "Content-Type: multipart/mixed; boundary=o\n", body);
	expect_mail(
	    &mail, by_client, "GmbH", "disclaimer=refused reason=inner-signed");
	gateway_fixture_expect(&f, "signed from=anna@example.org");
}

static void
test_left_alone(void **state)
{
	struct fixture_mail mail = mail_of("anna@example.org",
	    ANNA "Auto-Submitted: auto-replied\n", "Hi\r\n");

	(void)state;
	expect_mail(&mail, "Hi\r\n", "GmbH", "reason=auto-submitted");
	assert_false(gateway_fixture_logged(&f, "disclaimer="));
	mail = mail_of("anna@example.org",
	    ANNA "Content-Type: message/partial; id=1; number=1\n", "Hi\r\n");
	expect_mail(&mail, "Hi\r\n", "GmbH", "reason=partial");
	/* A bounce; inbound mail. */
	mail = mail_of("anna@example.org", ANNA, "Hi\r\n");
	mail.sender = "<>";
	expect_mail(&mail, "Hi\r\n", "GmbH", "reason=null-sender");
	mail = mail_of("anna@example.org", ANNA, "Hi\r\n");
	mail.login = NULL;
	expect_mail(&mail, "Hi\r\n", "GmbH", "reason=not-submitted");
	assert_false(gateway_fixture_logged(&f, "disclaimer="));
}

static void
test_shadow(void **state)
{
	const struct fixture_mail mail =
	    mail_of("nick@example.org", NICK, "Hi\r\n");

	(void)state;
	f.domain.level.mode = MODE_SHADOW;
	gateway_fixture_open(&f);
	expect_mail(&mail, "\r\n\r\nHi\r\n", "GmbH", "shadow=yes");
	gateway_fixture_expect(&f, "disclaimer=added");
}

/* Only what uses a key counts against the rate. */
static void
test_rate(void **state)
{
	const struct fixture_mail nick =
	    mail_of("nick@example.org", NICK, "Hi\r\n");

	(void)state;
	f.config.rate_limit = 1;
	gateway_fixture_open(&f);
	for (int i = 0; i < 4; i++)
		expect_mail(&nick, "GmbH", NULL, "disclaimer=added");
}

/* A gateway without any asks for no more bodies than before. */
static void
test_none(void **state)
{
	const struct fixture_mail mail =
	    mail_of("nick@example.org", NICK, "Hi\r\n");
	struct fixture_result r;

	(void)state;
	f.config.disclaimer = "";
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.wanted_body);
	fixture_result_fini(&r);
	f.config.disclaimer = "legal";
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.wanted_body);
	fixture_result_fini(&r);
}

/* The words of mail/disclaimer.h and those of the log are the same. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_signed, before_each),
	    cmocka_unit_test_setup(test_unsigned, before_each),
	    cmocka_unit_test_setup(test_encrypted, before_each),
	    cmocka_unit_test_setup(test_structures, before_each),
	    cmocka_unit_test_setup(test_feared, before_each),
	    cmocka_unit_test_setup(test_too_large, before_each),
	    cmocka_unit_test_setup(test_levels, before_each),
	    cmocka_unit_test_setup(test_unknown, before_each),
	    cmocka_unit_test_setup(test_once, before_each),
	    cmocka_unit_test_setup(test_protected, before_each),
	    cmocka_unit_test_setup(test_present_in_signed, before_each),
	    cmocka_unit_test_setup(test_nested, before_each),
	    cmocka_unit_test_setup(test_left_alone, before_each),
	    cmocka_unit_test_setup(test_shadow, before_each),
	    cmocka_unit_test_setup(test_rate, before_each),
	    cmocka_unit_test_setup(test_none, before_each),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
