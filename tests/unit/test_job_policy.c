/*
 * What domains may set, message by message: through a real gateway with a
 * real key process and store.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "unit/gateway_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert anna, zoe;

/* example.org: anna, every setting as by default; example.net: zoe, what
 * the test says. */
static struct gateway_domain served[] = {
    {.name = "example.org"}, {.name = "example.net"}};
#define NET served[1].level

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	f.config.domains = served;
	f.config.domain_count = 2;
	fixture_leaf(&anna, &f.our_ca,
	    &(struct fixture_opts){.address = "anna@example.org"});
	fixture_leaf(&zoe, &f.our_ca,
	    &(struct fixture_opts){.address = "zoe@example.net"});
	gateway_fixture_user(
	    &f, "anna@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "anna@example.org", &anna);
	gateway_fixture_user(
	    &f, "zoe@example.net", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "zoe@example.net", &zoe);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&zoe);
	fixture_fini(&anna);
	return 0;
}

/* Settings as by default, and nothing in the log. */
static int
before_each(void **state)
{
	(void)state;
	f.config.defaults = NET =
	    (struct setting_level){.sign = SWITCH_INHERIT};
	gateway_fixture_log_clear(&f);
	return 0;
}

/* Sends it with the settings as they are now; the log then has the words. */
static void
send_mail(const struct fixture_mail *mail, const char *logged)
{
	struct fixture_result r;

	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	gateway_fixture_expect(&f, logged);
	fixture_result_fini(&r);
}

/* The same with what is remembered of the one before. */
static void
send_again(const struct fixture_mail *mail)
{
	struct fixture_result r;

	gateway_fixture_send(&f, mail, &r);
	fixture_result_fini(&r);
}

/* --- exemptions (A9) --- */

#define LIST "To: bob@example.com\nList-Id: <l.example.org>\n"

static void
test_exempt_of_the_author(void **state)
{
	const struct fixture_mail to_zoe = {.login = "zoe@example.net",
	    .sender = "<zoe@example.net>",
	    .header = "From: zoe@example.net\n" LIST,
	    .body = slice_text("x\r\n")};
	const struct fixture_mail to_anna = {.login = "anna@example.org",
	    .sender = "<zoe@example.net>",
	    .header = "From: anna@example.org\n" LIST,
	    .body = slice_text("x\r\n")};

	(void)state;
	send_mail(&to_zoe, "passed from=zoe@example.net nrcpt=1 reason=list");
	NET.exempt = EXEMPTION_BIT(EXEMPT_DSN);
	send_mail(&to_zoe, "signed from=zoe@example.net");
	/* The domain of the sender does not count where From is ours. */
	send_mail(&to_anna, "passed from=anna@example.org nrcpt=1 reason=list");
	/* The defaults, and a domain that speaks for itself. */
	f.config.defaults.exempt = EXEMPT_ALWAYS;
	send_mail(&to_anna, "signed from=anna@example.org");
	NET.exempt = EXEMPTION_BIT(EXEMPT_LIST);
	send_mail(&to_zoe, "passed from=zoe@example.net nrcpt=1 reason=list");
}

/* Without a From the envelope sender stands in; of several mailboxes the
 * first that is ours does. */
static void
test_exempt_of_others(void **state)
{
	const struct fixture_mail no_from = {.login = "zoe@example.net",
	    .sender = "<zoe@example.net>",
	    .header = LIST,
	    .body = slice_text("x\r\n")};
	struct fixture_mail several = {.login = "zoe@example.net",
	    .sender = "<anna@example.org>",
	    .header = "From: bob@example.com, zoe@example.net,\n "
		      "anna@example.org\n" LIST,
	    .body = slice_text("x\r\n")};

	(void)state;
	send_mail(&no_from, "reason=list");
	NET.exempt = EXEMPT_ALWAYS;
	send_mail(&no_from, "reason=no-from");
	send_mail(&several, "reason=several-from");
	several.header = "From: anna@example.org, zoe@example.net\n" LIST;
	send_mail(&several, "reason=list");
}

/* What only the body tells is known for no other reason than that policy
 * asks for it. */
static void
test_exempt_invitation(void **state)
{
	const struct fixture_mail mail = {.login = "zoe@example.net",
	    .sender = "<zoe@example.net>",
	    .header = "From: zoe@example.net\nTo: bob@example.com\n"
		      "MIME-Version: 1.0\n"
		      "Content-Type: multipart/alternative; boundary=o\n",
	    .body = slice_text("--o\r\n\r\nCome!\r\n--o\r\n"
			       "Content-Type: text/calendar; method=REQUEST\r\n"
			       "\r\nBEGIN:VCALENDAR\r\n--o--\r\n")};

	(void)state;
	send_mail(&mail, "reason=calendar");
	NET.exempt = EXEMPTION_BIT(EXEMPT_LIST);
	send_mail(&mail, "signed from=zoe@example.net");
}

/* --- own certificates that cannot sign (A8) --- */

static const struct {
	struct fixture_opts opts;
	const char *reason;
	const char *told; /* to the sender */
	const char *warned;
} problems[] = {
    {{.address = "u0@example.net",
	 .not_before = -20 * FIXTURE_DAY,
	 .not_after = -FIXTURE_DAY},
	"own-expired", "has expired", " expired on "},
    {{.address = "u1@example.net", .not_before = FIXTURE_DAY},
	"own-not-yet-valid", "is not valid yet", " is not valid before "},
    {{.address = "other@example.net"}, "own-mismatch", "is of another address",
	" is for other@example.net"},
    {{.address = "u3@example.net", .extended_usage = "serverAuth"}, "own-usage",
	"is not for signing", " is not for signing mail"},
    {{.address = "u4@example.net", .digest = "SHA1"}, "own-weak", "is too weak",
	" too weak"},
};
#define PROBLEMS (sizeof(problems) / sizeof(*problems))

static struct fixture_mail
plain_mail(char *from)
{
	static char path[64], header[128];

	snprintf(path, sizeof(path), "<%s>", from);
	snprintf(
	    header, sizeof(header), "From: %s\nTo: bob@example.com\n", from);
	return (struct fixture_mail){.login = from,
	    .sender = path,
	    .header = header,
	    .body = slice_text("x\r\n")};
}

static size_t
log_count(const char *text)
{
	struct buf log;
	size_t count = 0;

	gateway_fixture_read(&f, f.log, &log);
	for (const char *p = buf_text(&log); (p = strstr(p, text)); p++)
		count++;
	buf_fini(&log);
	return count;
}

static void
check_problem(size_t i, struct fixture_mail *mail, const char *address)
{
	struct fixture_result r;
	char *line;

	NET.own_problem = OWN_PROBLEM_INHERIT;
	line = xasprintf(
	    "passed from=%s nrcpt=1 reason=%s", address, problems[i].reason);
	send_mail(mail, line);
	free(line);
	gateway_fixture_expect(&f, problems[i].warned);
	gateway_fixture_expect(&f, "; mail goes out unsigned; ");
	NET.own_problem = OWN_PROBLEM_DEFER;
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.code, "451");
	assert_string_equal(r.reply.extended, "4.7.54");
	if (!strstr(r.reply.text, address) ||
	    !strstr(r.reply.text, problems[i].told))
		fail_msg("%s", r.reply.text);
	line = xasprintf("deferred from=%s nrcpt=1 reason=%s\n", address,
	    problems[i].reason);
	gateway_fixture_expect(&f, line);
	gateway_fixture_expect(&f, "; mail waits with the sender (451); ");
	free(line);
	fixture_result_fini(&r);
}

static void
test_own_problems(void **state)
{
	char address[32];
	struct fixture_cert cert;
	struct fixture_mail mail;

	(void)state;
	for (size_t i = 0; i < PROBLEMS; i++) {
		snprintf(address, sizeof(address), "u%zu@example.net", i);
		fixture_leaf(&cert, &f.our_ca, &problems[i].opts);
		gateway_fixture_user(
		    &f, address, SWITCH_INHERIT, ENCRYPT_INHERIT);
		gateway_fixture_own(&f, address, &cert);
		mail = plain_mail(address);
		check_problem(i, &mail, address);
		fixture_fini(&cert);
	}
}

/* The operator is told once; again when it is another certificate. */
static void
test_told_once(void **state)
{
	char address[] = "u0@example.net";
	struct fixture_mail mail = plain_mail(address);
	const struct fixture_opts older = {.address = address,
	    .not_before = -30 * FIXTURE_DAY,
	    .not_after = -20 * FIXTURE_DAY};
	const struct fixture_opts newer = {.address = address,
	    .not_before = -9 * FIXTURE_DAY,
	    .not_after = -8 * FIXTURE_DAY};
	struct fixture_cert cert;
	char *line;

	(void)state;
	send_mail(&mail, "reason=own-expired");
	for (int i = 0; i < 5; i++)
		send_again(&mail);
	assert_int_equal(log_count("reason=own-expired"), 6);
	assert_int_equal(log_count("u0@example.net: certificate"), 1);
	fixture_leaf(&cert, &f.our_ca, &older);
	gateway_fixture_own(&f, address, &cert);
	send_again(&mail);
	assert_int_equal(log_count("u0@example.net: certificate"), 1);
	fixture_fini(&cert);
	fixture_leaf(&cert, &f.our_ca, &newer);
	gateway_fixture_own(&f, address, &cert);
	send_again(&mail);
	send_again(&mail);
	assert_int_equal(log_count("u0@example.net: certificate"), 2);
	line = xasprintf(
	    "certificate %.16s expired", cert.certificate->fingerprint_text);
	gateway_fixture_expect(&f, line);
	free(line);
	fixture_fini(&cert);
}

/* Who only asks what would happen is told nothing. */
static void
test_decided_silently(void **state)
{
	char address[] = "u0@example.net";
	struct fixture_mail mail = plain_mail(address);
	struct fixture_result r;

	(void)state;
	NET.own_problem = OWN_PROBLEM_DEFER;
	mail.decide_only = true;
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.extended, "4.7.54");
	assert_int_equal(log_count("u0@example.net"), 0);
	fixture_result_fini(&r);
}

/* What the body tells may be reason enough not to wait. */
static void
test_no_need_to_wait(void **state)
{
	char address[] = "u0@example.net";
	struct fixture_mail mail = plain_mail(address);

	(void)state;
	NET.own_problem = OWN_PROBLEM_DEFER;
	mail.body = slice_text("-----BEGIN PGP MESSAGE-----\r\n\r\nhQ==\r\n"
			       "=abcd\r\n-----END PGP MESSAGE-----\r\n");
	send_mail(&mail, "passed from=u0@example.net nrcpt=1 "
			 "reason=already-signed");
}

/* --- opaque signatures for some recipients (A2) --- */

static const struct gateway_recipient wants_opaque[] = {
    {.name = "example.com", .level.form = FORM_OPAQUE},
    {.name = "example.edu", .level.form = FORM_OPAQUE}};

/* Sends it and tells whether it was signed opaquely; openssl has verified
 * what left. */
static bool
is_opaque(const struct fixture_mail *mail)
{
	struct fixture_result r;
	bool opaque;

	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.plan.sign && !r.plan.encrypt);
	opaque = gateway_fixture_has(&f, r.file, "smime-type=signed-data");
	assert_true(
	    opaque != gateway_fixture_has(&f, r.file, "multipart/signed"));
	assert_int_equal(r.plan.opaque, opaque);
	assert_int_equal(gateway_fixture_logged(&f, " opaque=policy "), opaque);
	assert_int_equal(gateway_fixture_run(&f,
			     "openssl cms -verify -in %s -CAfile ca.pem "
			     "-out content",
			     r.file),
	    0);
	assert_true(gateway_fixture_has(&f, "content", "x\r\n"));
	fixture_result_fini(&r);
	return opaque;
}

static void
test_opaque_for_all(void **state)
{
	char anna_at[] = "anna@example.org";
	struct fixture_mail mail = plain_mail(anna_at);

	(void)state;
	f.config.recipient_domains = wants_opaque;
	f.config.recipient_domain_count = 2;
	gateway_fixture_open(&f);
	mail.to[0] = "<bob@example.com>";
	assert_true(is_opaque(&mail));
	mail.to[1] = "<Bob@EXAMPLE.EDU>";
	assert_true(is_opaque(&mail));
	mail.to[2] = "<bob@example.info>";
	assert_false(is_opaque(&mail));
	mail.to[0] = "<bob@sub.example.com>";
	mail.to[1] = NULL;
	assert_false(is_opaque(&mail));
	f.config.recipient_domain_count = 0;
}

/* Encrypted it needs no other form; and where it cannot be encrypted after
 * all, it leaves in the form that the recipients want. */
static void
test_opaque_after_all(void **state)
{
	char anna_at[] = "anna@example.org", body[4096];
	struct fixture_mail mail = plain_mail(anna_at);
	struct fixture_result r;
	struct fixture_cert bob;

	(void)state;
	memset(body, '\n', sizeof(body));
	for (size_t i = 0; i < sizeof(body); i += 2)
		body[i] = '\r';
	memcpy(body, "xx\r\n", 4);
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){
		.address = "bob@example.com", .key = "RSA-2048"});
	gateway_fixture_partner(
	    &f, "bob@example.com", &bob, STORE_TRUST_HARVESTED);
	f.config.recipient_domains = wants_opaque;
	f.config.recipient_domain_count = 2;
	mail.to[0] = "<bob@example.com>";
	mail.override.encrypt = ENCRYPT_IF_POSSIBLE;
	mail.body = slice_make(body, sizeof(body));
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.plan.sign && r.plan.encrypt && !r.plan.opaque);
	assert_true(
	    gateway_fixture_has(&f, r.file, "smime-type=enveloped-data"));
	fixture_result_fini(&r);
	/* 64 KiB are set aside for signature and envelope, in base64. */
	f.config.spool.max = (64 * 1024 + sizeof(body) + 1024) / 54 * 74;
	gateway_fixture_open(&f);
	assert_true(is_opaque(&mail));
	gateway_fixture_expect(&f, "encrypt-reason=too-large");
	/* With less room, in the form that still fits. */
	f.config.spool.max = 64 * 1024 + 2 * sizeof(body);
	gateway_fixture_open(&f);
	assert_false(is_opaque(&mail));
	gateway_fixture_expect(&f, "encrypt-reason=too-large");
	f.config.spool.max = 200u << 20;
	f.config.recipient_domain_count = 0;
	fixture_fini(&bob);
}

/* --- what only says that it is encrypted (C7) --- */

static const char pgp_header[] =
    "From: anna@example.org\nTo: bob@example.com\nMIME-Version: 1.0\n"
    "Content-Type: multipart/encrypted; boundary=b;\n "
    "protocol=\"application/pgp-encrypted\"\n";
static const char cms_header[] =
    "From: anna@example.org\nTo: bob@example.com\nMIME-Version: 1.0\n"
    "Content-Transfer-Encoding: base64\n"
    "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n";

#define PGP_PARTS(armor)                                                       \
	"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n" \
	"--b\r\nContent-Type: application/octet-stream\r\n\r\n" armor          \
	"\r\n--b--\r\n"

static void
test_only_says_so(void **state)
{
	static const struct {
		const char *header, *body;
		enum setting_encrypt encrypt;
		bool passes;
	} rows[] = {
	    {pgp_header,
		PGP_PARTS("-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n"),
		ENCRYPT_REQUIRED, true},
	    {pgp_header, PGP_PARTS("clear text"), ENCRYPT_REQUIRED, false},
	    {cms_header, "Y2xlYXIgdGV4dA==\r\n", ENCRYPT_REQUIRED, false},
	    {cms_header, "", ENCRYPT_REQUIRED, false},
	    /* A header is believed where nothing depends on it. */
	    {pgp_header, PGP_PARTS("clear text"), ENCRYPT_IF_POSSIBLE, true},
	    {cms_header, "Y2xlYXIgdGV4dA==\r\n", ENCRYPT_OFF, true},
	};
	struct fixture_cert bob;

	(void)state;
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){
		.address = "bob@example.com", .key = "RSA-2048"});
	gateway_fixture_partner(
	    &f, "bob@example.com", &bob, STORE_TRUST_HARVESTED);
	gateway_fixture_open(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail = {.login = "anna@example.org",
		    .sender = "<anna@example.org>",
		    .header = rows[i].header,
		    .to = {"<bob@example.com>"},
		    .body = slice_text(rows[i].body)};
		struct fixture_result r;

		mail.override.encrypt = rows[i].encrypt;
		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, JOB_ACCEPT);
		assert_int_equal(r.plan.encrypt, !rows[i].passes);
		assert_int_equal(
		    r.plan.action, rows[i].passes ? PLAN_PASS : PLAN_PROTECT);
		if (!rows[i].passes)
			assert_false(
			    gateway_fixture_has(&f, r.file, "clear text"));
		fixture_result_fini(&r);
	}
	fixture_fini(&bob);
}

/* --- more parts or levels than we look at --- */

/* One level more than that, and at its end the text. */
static void
deep_body(struct buf *body, const char *text)
{
	buf_init(body, 65536);
	for (unsigned i = 0; i <= LIMIT_MIME_DEPTH; i++)
		buf_add_text(body, "Content-Type: message/rfc822\r\n\r\n");
	buf_add_text(body, text);
}

static struct fixture_mail
deep_mail(const struct buf *body)
{
	return (struct fixture_mail){.login = "anna@example.org",
	    .sender = "<anna@example.org>",
	    .header = "From: anna@example.org\nTo: kim@example.info\n"
		      "MIME-Version: 1.0\nContent-Type: message/rfc822\n",
	    .to = {"<kim@example.info>"},
	    .body = buf_slice(body)};
}

static void
test_complex_and_clean(void **state)
{
	struct fixture_result r;
	struct fixture_mail mail;
	struct buf body;

	(void)state;
	deep_body(&body, "x\r\n");
	mail = deep_mail(&body);
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.plan.sign && r.plan.opaque);
	gateway_fixture_expect(&f, "signed from=anna@example.org");
	gateway_fixture_expect(&f, " opaque=too-complex ");
	assert_int_equal(gateway_fixture_run(&f,
			     "openssl cms -verify -in %s -CAfile ca.pem "
			     "-out content",
			     r.file),
	    0);
	assert_true(gateway_fixture_has(&f, "content", buf_text(&body)));
	fixture_result_fini(&r);
	buf_fini(&body);
}

/* Whatever becomes of it, not a byte of it changes. */
static void
test_complex_and_not_clean(void **state)
{
	struct fixture_result r;
	struct fixture_mail mail;
	struct fixture_cert kim;
	struct buf body;

	(void)state;
	deep_body(&body, "gr\xc3\xbc\xc3\x9f\r\n");
	mail = deep_mail(&body);
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(r.changed);
	gateway_fixture_expect(&f, "passed from=anna@example.org nrcpt=1 "
				   "reason=too-complex "
				   "encrypt-reason=encryption-off");
	fixture_result_fini(&r);
	mail.override.encrypt = ENCRYPT_REQUIRED;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, "5.7.51");
	fixture_result_fini(&r);
	/* It is known before anything is made of it, as explain wants. */
	mail.decide_only = true;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.plan.sign_reason, REASON_TOO_COMPLEX);
	fixture_result_fini(&r);
	mail.decide_only = false;
	fixture_leaf(&kim, &f.their_ca,
	    &(struct fixture_opts){
		.address = "kim@example.info", .key = "RSA-2048"});
	gateway_fixture_partner(
	    &f, "kim@example.info", &kim, STORE_TRUST_HARVESTED);
	gateway_fixture_pem(&f, "kim", &kim);
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.plan.encrypt && !r.plan.sign);
	gateway_fixture_expect(&f, " sign=no sign-reason=too-complex");
	assert_int_equal(gateway_fixture_run(&f,
			     "openssl cms -decrypt -binary -in %s -recip "
			     "kim.pem -inkey kim.key -out plain",
			     r.file),
	    0);
	assert_true(gateway_fixture_has(&f, "plain", buf_text(&body)));
	fixture_result_fini(&r);
	fixture_fini(&kim);
	buf_fini(&body);
}

#define CASE(test) cmocka_unit_test_setup(test, before_each)

/* --- shadow mode (G1) --- */

static void
send_shadowed(const struct fixture_mail *mail, const char *logged)
{
	struct fixture_result r;

	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(r.changed);
	gateway_fixture_expect(&f, logged);
	fixture_result_fini(&r);
}

static void
test_shadow(void **state)
{
	char address[] = "zoe@example.net";
	struct fixture_mail mail = plain_mail(address);
	size_t max = f.config.spool.max;

	(void)state;
	mail.to[0] = "<nobody@example.com>";
	NET.mode = MODE_SHADOW;
	send_shadowed(
	    &mail, "signed from=zoe@example.net nrcpt=1 shadow=yes cert=");
	NET.encrypt = ENCRYPT_REQUIRED;
	send_shadowed(&mail, "refused from=zoe@example.net nrcpt=1 shadow=yes "
			     "reason=no-certificate");
	/* Not even a mark of ours that somebody has forged is taken out. */
	mail.header = "From: zoe@example.net\nTo: nobody@example.com\n"
		      "X-SMIME-Milter-Copy: forged\n";
	send_shadowed(&mail, "refused from=zoe@example.net nrcpt=1 shadow=yes");
	/* Even what cannot be read to its end. */
	f.config.spool.max = 1;
	send_shadowed(&mail, "passed from=zoe@example.net nrcpt=1 shadow=yes "
			     "reason=too-large");
	f.config.spool.max = max;
}

/* Where the settings cannot be read nobody knows that they are shadow. */
static void
test_shadow_unknown(void **state)
{
	char address[] = "zoe@example.net";
	struct fixture_mail mail = plain_mail(address);
	struct fixture_result r;

	(void)state;
	NET.mode = MODE_SHADOW;
	gateway_fixture_open(&f);
	gateway_fixture_sql(&f, "ALTER TABLE state RENAME TO away");
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.extended, "4.7.52");
	fixture_result_fini(&r);
	gateway_fixture_sql(&f, "ALTER TABLE away RENAME TO state");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_exempt_of_the_author),
	    CASE(test_exempt_of_others),
	    CASE(test_exempt_invitation),
	    CASE(test_own_problems),
	    CASE(test_told_once),
	    CASE(test_decided_silently),
	    CASE(test_no_need_to_wait),
	    CASE(test_opaque_for_all),
	    CASE(test_opaque_after_all),
	    CASE(test_only_says_so),
	    CASE(test_complex_and_clean),
	    CASE(test_complex_and_not_clean),
	    CASE(test_shadow),
	    CASE(test_shadow_unknown),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
