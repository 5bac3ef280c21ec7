/*
 * What senders ask for in a message, through a real gateway with a real key
 * process and store: what is done about it, and what the reader sees of it.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "unit/gateway_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert alice, bob;

#define SUBJECT(n, s, w)                                                       \
	{                                                                      \
		.name = n, .subject = s, .position = POSITION_START,           \
		.header = "", .value = "", .wishes = w                         \
	}

static const struct gateway_trigger triggers[] = {
    SUBJECT("sign", "[sign]", WISH_SIGN),
    SUBJECT("encrypt", "[encrypt]", WISH_ENCRYPT),
    SUBJECT("no-sign", "[nosign]", WISH_NO_SIGN),
    SUBJECT("plain", "[plain]", WISH_NO_ENCRYPT),
    {.name = "confidential",
	.subject = "",
	.header = "Sensitivity",
	.value = "Company-Confidential",
	.keep = true,
	.wishes = WISH_ENCRYPT},
    {.name = "field",
	.subject = "",
	.header = "X-Protect",
	.value = "",
	.wishes = WISH_SIGN},
};

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	f.config.triggers = triggers;
	f.config.trigger_count = sizeof(triggers) / sizeof(*triggers);
	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){.address = "bob@example.net"});
	gateway_fixture_user(
	    &f, "alice@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "alice@example.org", &alice);
	gateway_fixture_user(
	    &f, "nobody@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_partner(
	    &f, "bob@example.net", &bob, STORE_TRUST_HARVESTED);
	gateway_fixture_pem(&f, "bob", &bob);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&bob);
	fixture_fini(&alice);
	return 0;
}

/* --- sending --- */

struct policy {
	enum setting_switch sign;
	enum setting_encrypt encrypt;
	enum setting_triggers triggers;
};

static void
use(const struct policy *p)
{
	f.config.defaults = (struct setting_level){
	    .sign = p->sign, .encrypt = p->encrypt, .triggers = p->triggers};
	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
}

static struct fixture_mail
mail_with(const char *fields)
{
	static char header[65536 * 2];

	snprintf(header, sizeof(header),
	    "From: alice@example.org\nTo: bob@example.net\n%s", fields);
	return (struct fixture_mail){.login = "alice@example.org",
	    .header = header,
	    .body = slice_text("Hello\r\n")};
}

static void
expect_text(const struct fixture_result *r, const char *text)
{
	if (!gateway_fixture_has(&f, r->file, text))
		fail_msg("no \"%s\" in the message", text);
}

/* --- every wish under every policy --- */

/* What became of it: "s" signed, "e" encrypted, "se" both, "-" passed, or the
 * extended code of a refusal. */
struct row {
	struct policy policy;
	const char *outcome[5]; /* of: nothing, [sign], [encrypt], [nosign],
	                         * [plain] */
};

static const struct row rows[] = {
    {{SWITCH_ON, ENCRYPT_OFF, TRIGGERS_OFF}, {"s", "s", "s", "s", "s"}},
    {{SWITCH_ON, ENCRYPT_OFF, TRIGGERS_PROTECT}, {"s", "s", "se", "s", "s"}},
    {{SWITCH_ON, ENCRYPT_OFF, TRIGGERS_ALL}, {"s", "s", "se", "-", "s"}},
    {{SWITCH_OFF, ENCRYPT_OFF, TRIGGERS_OFF}, {"-", "-", "-", "-", "-"}},
    {{SWITCH_OFF, ENCRYPT_OFF, TRIGGERS_PROTECT}, {"-", "s", "e", "-", "-"}},
    {{SWITCH_OFF, ENCRYPT_OFF, TRIGGERS_ALL}, {"-", "s", "e", "-", "-"}},
    {{SWITCH_ON, ENCRYPT_IF_POSSIBLE, TRIGGERS_OFF},
	{"se", "se", "se", "se", "se"}},
    {{SWITCH_ON, ENCRYPT_IF_POSSIBLE, TRIGGERS_PROTECT},
	{"se", "se", "se", "se", "se"}},
    {{SWITCH_ON, ENCRYPT_IF_POSSIBLE, TRIGGERS_ALL},
	{"se", "se", "se", "e", "s"}},
    {{SWITCH_ON, ENCRYPT_REQUIRED, TRIGGERS_OFF},
	{"se", "se", "se", "se", "se"}},
    {{SWITCH_ON, ENCRYPT_REQUIRED, TRIGGERS_PROTECT},
	{"se", "se", "se", "se", "se"}},
    {{SWITCH_ON, ENCRYPT_REQUIRED, TRIGGERS_ALL},
	{"se", "se", "se", "e", "se"}},
};

static const char *
outcome_of(const struct fixture_result *r)
{
	if (r->outcome != JOB_ACCEPT)
		return r->reply.extended;
	if (r->plan.sign && r->plan.encrypt)
		return "se";
	return r->plan.sign ? "s" : r->plan.encrypt ? "e" : "-";
}

static void
check_wish(const struct policy *policy, const char *keyword, const char *wanted)
{
	bool gone = *keyword && policy->triggers != TRIGGERS_OFF;
	char *fields = xasprintf("Subject: Re: %s hello\n", keyword);
	char *before = xasprintf("Subject: Re: %s hello\r\n", keyword);
	struct fixture_mail mail = mail_with(fields);
	struct fixture_result r;

	gateway_fixture_send(&f, &mail, &r);
	if (strcmp(outcome_of(&r), wanted) != 0)
		fail_msg("%s with sign %d, encrypt %d, triggers %d: %s",
		    *keyword ? keyword : "nothing", policy->sign,
		    policy->encrypt, policy->triggers, outcome_of(&r));
	expect_text(&r, gone ? "Subject: Re: hello\r\n" : before);
	assert_int_equal(r.changed, gone || strcmp(wanted, "-") != 0);
	assert_int_equal(gateway_fixture_logged(&f, "triggers="), gone);
	gateway_fixture_log_clear(&f);
	fixture_result_fini(&r);
	free(before);
	free(fields);
}

static void
test_wishes(void **state)
{
	static const char *const keywords[] = {
	    "", "[sign]", "[encrypt]", "[nosign]", "[plain]"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		use(&rows[i].policy);
		for (size_t k = 0; k < 5; k++)
			check_wish(
			    &rows[i].policy, keywords[k], rows[i].outcome[k]);
	}
}

/* --- what cannot be granted --- */

static const struct policy nothing = {
    SWITCH_OFF, ENCRYPT_OFF, TRIGGERS_PROTECT};

static void
refuses(const struct fixture_mail *mail, const char *extended)
{
	struct fixture_result r;

	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, extended);
	fixture_result_fini(&r);
}

static void
test_refused(void **state)
{
	struct fixture_mail mail;

	(void)state;
	use(&nothing);
	mail = mail_with("Subject: [encrypt] x\n");
	mail.to[0] = "<other@example.net>";
	refuses(&mail, "5.7.51");
	gateway_fixture_expect(&f, "reason=no-certificate");
	gateway_fixture_expect(&f, "triggers=encrypt");
	mail = mail_with("Subject: [sign] x\n");
	mail.header = "From: nobody@example.org\nSubject: [sign] x\n";
	mail.login = "nobody@example.org";
	refuses(&mail, "5.7.60");
	gateway_fixture_expect(&f, "reason=must-sign");
}

/* on_error = "pass" passes what may go unsigned, not what the sender wants
 * signed. */
static void
test_errors(void **state)
{
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	f.config.on_error = GATEWAY_PASS;
	use(&(struct policy){SWITCH_ON, ENCRYPT_OFF, TRIGGERS_ALL});
	keyd_fixture_kill(&f.keyd);
	mail = mail_with("Subject: x\n");
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	fixture_result_fini(&r);
	mail = mail_with("Subject: [sign] x\n");
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.extended, "4.7.51");
	gateway_fixture_expect(&f, "reason=keyd triggers=sign");
	fixture_result_fini(&r);
	keyd_fixture_restart(&f.keyd);
	f.config.on_error = GATEWAY_TEMPFAIL;
}

/* What is too large to be signed passes, unless the sender wants it signed. */
static void
test_too_large(void **state)
{
	const size_t max = f.config.spool.max;
	struct fixture_mail mail;
	struct fixture_result r;
	struct buf body;

	(void)state;
	buf_init(&body, 65536);
	while (body.len < 65000)
		buf_add_text(&body, "0123456789\r\n");
	f.config.spool.max = 70000;
	use(&(struct policy){SWITCH_ON, ENCRYPT_OFF, TRIGGERS_ALL});
	mail = mail_with("Subject: x\n");
	mail.body = buf_slice(&body);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	gateway_fixture_expect(&f, "passed from=alice@example.org nrcpt=1 "
				   "reason=too-large");
	fixture_result_fini(&r);
	mail = mail_with("Subject: [sign] x\n");
	mail.body = buf_slice(&body);
	refuses(&mail, "5.3.4");
	gateway_fixture_expect(&f, "reason=too-large triggers=sign");
	f.config.spool.max = max;
	buf_fini(&body);
}

/* --- what passes otherwise unchanged --- */

/* It is asked for its body all the same, and loses what asked and nothing
 * else. */
static void
test_passes(void **state)
{
	struct fixture_mail mail = mail_with(
	    "X-Protect: a\nSubject: [sign] x\nList-Id: <l.example.org>\n"
	    "X-Other: b\nx-protect: c\n");
	struct fixture_result r;

	(void)state;
	use(&(struct policy){SWITCH_ON, ENCRYPT_OFF, TRIGGERS_OFF});
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.wanted_body);
	assert_false(r.changed);
	fixture_result_fini(&r);
	use(&(struct policy){SWITCH_ON, ENCRYPT_OFF, TRIGGERS_ALL});
	mail = mail_with("X-Protect: a\nSubject: [nosign] x\n"
			 "List-Id: <l.example.org>\nX-Other: b\n");
	mail.header = "From: alice@example.org\nSubject: [nosign] x\n"
		      "List-Id: <l.example.org>\nX-Other: [nosign]\n";
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.wanted_body);
	assert_true(r.changed);
	expect_text(&r, "From: alice@example.org\r\nSubject: x\r\n"
			"List-Id: <l.example.org>\r\nX-Other: [nosign]\r\n"
			"\r\nHello\r\n");
	gateway_fixture_expect(&f, "reason=list ");
	gateway_fixture_expect(&f, " triggers=no-sign\n");
	fixture_result_fini(&r);
}

/* Top-level fields are no part of a signature. */
static void
test_already_signed(void **state)
{
	struct fixture_mail mail =
	    mail_with("Subject: [sign] x\nMIME-Version: 1.0\n"
		      "Content-Type: multipart/signed; boundary=b; "
		      "protocol=\"application/pkcs7-signature\"\n");
	struct fixture_result r;

	(void)state;
	use(&nothing);
	mail.body = slice_text("--b\r\n\r\nHello\r\n--b\r\n\r\nx\r\n--b--\r\n");
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(r.plan.sign);
	expect_text(&r, "Subject: x\r\n");
	expect_text(
	    &r, "\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n\r\nx\r\n--b--\r\n");
	gateway_fixture_expect(&f, "reason=already-signed");
	fixture_result_fini(&r);
}

/* Mail from outside, and what shadow mode only watches, is never touched. */
static void
test_untouched(void **state)
{
	struct fixture_mail mail = mail_with("Subject: [sign] x\n");
	struct fixture_result r;

	(void)state;
	use(&nothing);
	mail.login = NULL;
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.changed);
	assert_false(gateway_fixture_logged(&f, "triggers="));
	fixture_result_fini(&r);
	f.config.defaults.mode = MODE_SHADOW;
	gateway_fixture_open(&f);
	mail.login = "alice@example.org";
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.changed);
	gateway_fixture_expect(&f, "shadow=yes");
	gateway_fixture_expect(&f, "triggers=sign");
	fixture_result_fini(&r);
}

/* --- fields --- */

static void
test_fields(void **state)
{
	struct fixture_mail mail =
	    mail_with("X-Protect: a\nSubject: x\nX-PROTECT:\n y\n"
		      "Sensitivity: Company-Confidential\n");
	struct fixture_result r;

	(void)state;
	use(&nothing);
	gateway_fixture_send(&f, &mail, &r);
	assert_string_equal(outcome_of(&r), "se");
	assert_false(gateway_fixture_has(&f, r.file, "X-P"));
	expect_text(&r, "Subject: x\r\nSensitivity: Company-Confidential\r\n");
	gateway_fixture_expect(&f, "triggers=confidential,field");
	fixture_result_fini(&r);
}

static void
check_many(unsigned count, const char *wanted, const char *logged)
{
	struct fixture_mail mail;
	struct fixture_result r;
	struct buf fields;

	buf_init(&fields, 65536);
	for (unsigned i = 0; i < count; i++)
		buf_add_text(&fields, "X-Protect: a\n");
	mail = mail_with(buf_text(&fields));
	gateway_fixture_send(&f, &mail, &r);
	assert_string_equal(outcome_of(&r), wanted);
	gateway_fixture_expect(&f, logged);
	fixture_result_fini(&r);
	buf_fini(&fields);
}

static void
test_many(void **state)
{
	(void)state;
	use(&nothing);
	check_many(LIMIT_TRIGGER_FIELDS, "s", "signed from=");
	check_many(LIMIT_TRIGGER_FIELDS + 1, "5.3.4", "reason=too-large");
}

/* Both keys are gone from the header of what is encrypted, and what is inside
 * never had them. */
static void
test_encrypted(void **state)
{
	struct fixture_mail mail = mail_with(
	    "Subject: =?iso-8859-1?q?[sign]_[encrypt]_Gr=FC=DFe?=\n an Bob\n");
	struct fixture_result r;

	(void)state;
	use(&nothing);
	gateway_fixture_send(&f, &mail, &r);
	assert_string_equal(outcome_of(&r), "se");
	expect_text(&r, "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n an Bob\r\n");
	assert_int_equal(
	    gateway_fixture_run(&f,
		"openssl cms -decrypt -in %s -recip bob.pem -inkey bob.key "
		"-out inner && openssl cms -verify -in inner -CAfile ca.pem "
		"-out plain && grep -q '^Hello' plain && ! grep -q sign] plain",
		r.file),
	    0);
	gateway_fixture_expect(&f, "triggers=sign,encrypt");
	fixture_result_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wishes),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_passes),
	    cmocka_unit_test(test_already_signed),
	    cmocka_unit_test(test_untouched),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_encrypted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
