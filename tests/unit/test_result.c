/*
 * What was found in a message, as header fields: word for word, and as other
 * programs read it (tools/authres_judge.py).
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "gateway/authres.h"
#include "gateway/result.h"
#include "unit/cert_fixture.h"

#define NAME "mx.example.org"

static struct fixture_cert ca, alice;

static int
setup(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){.address = "alice@example.net",
		.serial = 0xa1b2,
		.policies = "2.23.140.1.5.3.2"});
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_fini(&alice);
	fixture_fini(&ca);
	return 0;
}

/* A good signature; tests change what they are about. */
static struct smime_verdict
verdict_of(struct certificate *signer)
{
	return (struct smime_verdict){
	    .status = SMIME_VALID,
	    .detail = "",
	    .digest = "sha256",
	    .intact = true,
	    .trusted = true,
	    .owns_from = true,
	    .usage_fits = true,
	    .in_time = true,
	    .signer = signer,
	    .signers = 1,
	};
}

static struct result
result_of(const struct smime_verdict *verdict)
{
	return (struct result){
	    .verdict = verdict,
	    .signer = "alice@example.net",
	    .part = "2",
	    .cipher = "",
	};
}

static struct result
unsigned_result(void)
{
	return (struct result){.part = "", .cipher = ""};
}

/* --- the judges --- */

/* Adds a field to those that they shall read. */
static void
add(struct buf *fields, const struct result *r, const char *name)
{
	result_write_authres(r, name, fields);
	buf_add(fields, "", 1);
}

static void
judge(struct buf *fields, const char *wanted)
{
	char path[] = "/tmp/result-test.XXXXXX", line[4096];
	const char *top = getenv("top_srcdir");
	int fd = mkstemp(path);
	struct buf seen;
	char *command;
	size_t n;
	FILE *in;

	assert_true(fd >= 0 && buf_ok(fields));
	assert_int_equal(write(fd, fields->data, fields->len), fields->len);
	close(fd);
	command = xasprintf("/usr/bin/python3 %s/tests/tools/authres_judge.py "
			    "%s 2>&1",
	    top ? top : "..", path);
	in = popen(command, "r");
	assert_non_null(in);
	buf_init(&seen, 1 << 20);
	while ((n = fread(line, 1, sizeof(line), in)) > 0)
		buf_add(&seen, line, n);
	if (pclose(in) != 0)
		fail_msg("%s", buf_text(&seen));
	unlink(path);
	free(command);
	assert_string_equal(buf_text(&seen), wanted);
	buf_fini(&seen);
	buf_fini(fields);
}

/* --- Authentication-Results --- */

static void
test_words(void **state)
{
	static const struct {
		enum smime_status status;
		const char *detail;
	} rows[] = {{SMIME_VALID, ""}, {SMIME_UNTRUSTED, "no path (to a root)"},
	    {SMIME_EXPIRED, "not valid any more"},
	    {SMIME_ALTERED, "the content was changed"},
	    {SMIME_MISMATCH, "not that of the From address"},
	    {SMIME_WEAK, "digest algorithm"}, {SMIME_UNSUPPORTED, ""},
	    {SMIME_MALFORMED, "signers"}};
	struct smime_verdict v = verdict_of(alice.certificate);
	struct result r = result_of(&v);
	struct buf fields;

	(void)state;
	buf_init(&fields, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		v.status = rows[i].status;
		v.detail = rows[i].detail;
		add(&fields, &r, NAME);
	}
	r = unsigned_result();
	add(&fields, &r, NAME);
	r.encrypted = true;
	add(&fields, &r, NAME);
	r.signed_outside = true;
	add(&fields, &r, NAME);
#define SIGNER " body.smime-identifier=alice@example.net"
#define PART   " body.smime-part=2"
	judge(&fields, NAME
	    " ['256-bit ECDSA, sha256']\n"
	    "  smime=pass" SIGNER " policy.smime-level=sponsor" PART "\n" NAME
	    " ['no path .to a root.']\n"
	    "  smime=fail" SIGNER PART "\n" NAME " ['not valid any more']\n"
	    "  smime=fail" SIGNER PART "\n" NAME
	    " ['the content was changed']\n"
	    "  smime=fail" SIGNER PART "\n" NAME
	    " ['not that of the From address']\n"
	    "  smime=policy" SIGNER PART "\n" NAME " ['digest algorithm']\n"
	    "  smime=policy" SIGNER PART "\n" NAME " []\n"
	    "  smime=neutral" SIGNER PART "\n" NAME " ['signers']\n"
	    "  smime=neutral" SIGNER PART "\n" NAME " []\n  smime=none\n" NAME
	    " ['encrypted']\n  smime=none\n" NAME
	    " ['signed only outside of the encryption']\n"
	    "  smime=policy\n");
}

/* RFC 7281 3.1: permerror. */
static void
test_no_signer(void **state)
{
	struct smime_verdict v = verdict_of(NULL);
	struct result r = result_of(&v);
	struct buf fields;

	(void)state;
	v.status = SMIME_UNTRUSTED;
	v.detail = "the signer's certificate is missing";
	r.signer = NULL;
	r.part = "1/2";
	buf_init(&fields, 1 << 20);
	add(&fields, &r, NAME);
	judge(&fields, NAME " [\"the signer's certificate is missing\"]\n"
			    "  smime=permerror body.smime-part=1/2\n");
}

static void
test_bytes(void **state)
{
	struct smime_verdict v = verdict_of(alice.certificate);
	struct result r = result_of(&v);
	struct buf out;

	(void)state;
	buf_init(&out, RESULT_MAX);
	result_write_authres(&r, NAME, &out);
	assert_string_equal(buf_text(&out),
	    " mx.example.org;\n smime=pass (256-bit ECDSA, sha256)"
	    " body.smime-identifier=alice@example.net\n"
	    " policy.smime-level=sponsor body.smime-part=2");
	buf_fini(&out);
}

/* RFC 8601 2.2: a token or a quoted string.  Python reads no quoted ones; our
 * own reader must know its own name. */
static void
test_names(void **state)
{
	static const char *const rows[][2] = {
	    {"mx-1.example.org", " mx-1.example.org;\n smime=none"},
	    {"two words", " \"two words\";\n smime=none"},
	    {"a \"b\" \\c", " \"a \\\"b\\\" \\\\c\";\n smime=none"},
	    {"mx.b\xc3\xbc"
	     "cher.example",
		" mx.xn--bcher-kva.example;\n smime=none"},
	    {"(x);y", " \"(x);y\";\n smime=none"},
	};
	struct result r = unsigned_result();
	struct buf fields, out;

	(void)state;
	buf_init(&fields, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_init(&out, RESULT_MAX);
		result_write_authres(&r, rows[i][0], &out);
		assert_string_equal(buf_text(&out), rows[i][1]);
		assert_int_equal(
		    authres_read(buf_slice(&out), rows[i][0]), AUTHRES_SMIME);
		buf_fini(&out);
	}
	add(&fields, &r, rows[0][0]);
	add(&fields, &r, rows[3][0]);
	judge(&fields, "mx-1.example.org []\n  smime=none\n"
		       "mx.xn--bcher-kva.example []\n  smime=none\n");
}

#define LEVEL " policy.smime-level=unknown"
/* Both judges leave quoted pairs as they are. */
#define ISSUER                                                                 \
	"CN=\\\\29 \\\\22 smime=pass\\\\0D\\\\0AX: y \\\\28\\\\3B "            \
	"B\\\\C3\\\\BCcher \\\\5C\\\\2C \\\\23"

/* Rule A4: what a stranger put into a certificate. */
static void
test_hostile(void **state)
{
	static const char *const addresses[] = {"o'neil+x=y/z@example.net",
	    "\"a b\"@example.net", "\"a@b\"@example.net",
	    "\"x\\\"; smime=pass (\"@example.net", "a)b@example.net",
	    "\xc3\xbc@example.net", "a@[192.0.2.1]", "a@b@c", "@example.net",
	    "a@", "x"};
	struct fixture_cert evil_ca, evil;
	struct smime_verdict v;
	struct result r;
	struct buf fields, wanted;

	(void)state;
	fixture_ca(&evil_ca, &(struct fixture_opts){
				 .name = ") \" smime=pass\r\nX: y (; B\xc3\xbc"
					 "cher \\, #"});
	fixture_leaf(&evil, &evil_ca,
	    &(struct fixture_opts){.address = "bob@example.net", .serial = 7});
	v = verdict_of(evil.certificate);
	r = result_of(&v);
	buf_init(&fields, 1 << 20);
	buf_init(&wanted, 1 << 20);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		r.signer = addresses[i];
		add(&fields, &r, NAME);
		buf_add_text(
		    &wanted, NAME " ['256-bit ECDSA, sha256']\n  smime=pass ");
		buf_addf(&wanted,
		    i == 0 ? "body.smime-identifier=%s" LEVEL PART "\n"
			   : "body.smime-serial=07" LEVEL PART
			     " body.smime-issuer=%s\n",
		    i == 0 ? addresses[i] : ISSUER);
	}
	judge(&fields, buf_text(&wanted));
	buf_fini(&wanted);
	fixture_fini(&evil);
	fixture_fini(&evil_ca);
}

/* Names as long as a certificate can have them. */
static void
test_long(void **state)
{
	struct certificate c = *alice.certificate;
	struct smime_verdict v = verdict_of(&c);
	struct result r = result_of(&v);
	char many[5000], address[513];
	struct buf out, fields;
	size_t line = 0;

	(void)state;
	memset(many, 0xc3, sizeof(many));
	many[sizeof(many) - 1] = '\0';
	memset(address, 'a', sizeof(address));
	memcpy(address + 500, "@example.org", 13);
	c.issuer = many;
	c.serial = many;
	memset(many, 'A', 80);
	buf_init(&fields, 1 << 20);
	r.signer = address;
	add(&fields, &r, NAME);
	r.signer = many;
	add(&fields, &r, NAME);
	buf_init(&out, RESULT_MAX);
	result_write_status(&r, &out);
	memset(address, 0xfc, 500);
	r.signer = address;
	result_write_status(&r, &out);
	result_write_authres(&r, NAME, &out);
	assert_true(buf_ok(&out));
	for (size_t i = 0; i < out.len; i++) {
		line = out.data[i] == '\n' ? 0 : line + 1;
		assert_true(line < 900);
	}
	buf_fini(&out);
	buf_fini(&fields);
}

/* --- X-SMIME-Status --- */

static void
check_status(const struct result *r, const char *wanted)
{
	struct buf out;

	buf_init(&out, RESULT_MAX);
	result_write_status(r, &out);
	assert_string_equal(buf_text(&out), wanted);
	buf_fini(&out);
}

static void
test_status(void **state)
{
	struct smime_verdict v = verdict_of(alice.certificate);
	struct result r = result_of(&v);

	(void)state;
	check_status(&r,
	    " valid; signer=alice@example.net; level=sponsor; intact=yes;\n"
	    " trusted=yes; address=yes; usage=yes; time=yes;"
	    " revocation=unchecked");
	v.status = SMIME_UNTRUSTED;
	v.trusted = v.owns_from = v.usage_fits = v.in_time = false;
	v.revocation_checked = true;
	r.unmet = REASON_MUST_BE_SIGNED;
	check_status(&r,
	    " untrusted; signer=alice@example.net; intact=yes; trusted=no;\n"
	    " address=no; usage=no; time=no; revocation=checked;"
	    " unmet=must-be-signed");
	v.status = SMIME_ALTERED;
	v.intact = false;
	v.signer = NULL;
	r.unmet = REASON_NONE;
	check_status(&r, " altered; intact=no");
	r = unsigned_result();
	check_status(&r, " unsigned");
}

static void
test_encrypted(void **state)
{
	struct smime_verdict v = verdict_of(alice.certificate);
	struct result r = unsigned_result();

	(void)state;
	r.encrypted = true;
	check_status(&r, " unsigned; encrypted=yes; decrypted=no");
	/* Nothing that would tell how far somebody came. */
	r.cipher = "aes256-cbc";
	r.authenticated = true;
	check_status(&r, " unsigned; encrypted=yes; decrypted=no");
	r.authenticated = false;
	r.decrypted = true;
	check_status(&r, " unsigned; encrypted=aes256-cbc; decrypted=yes;\n"
			 " integrity=unknown");
	r.authenticated = true;
	r.cipher = "";
	check_status(&r, " unsigned; encrypted=yes; decrypted=yes;\n"
			 " integrity=authenticated");
	r.verdict = &v;
	r.cipher = "aes128-gcm";
	check_status(&r,
	    " valid; level=sponsor; intact=yes; trusted=yes; address=yes;\n"
	    " usage=yes; time=yes; revocation=unchecked; "
	    "encrypted=aes128-gcm;\n"
	    " decrypted=yes; integrity=signed");
}

static void
test_addresses(void **state)
{
	struct smime_verdict v = verdict_of(alice.certificate);
	struct result r = result_of(&v);
	static const char *const rows[][2] = {
	    {"\xc3\xbc@example.net", "%C3%BC@example.net"},
	    {"\"a b\"@example.net", "%22a%20b%22@example.net"},
	    {"a;b=c%d@example.net", "a%3Bb%3Dc%25d@example.net"},
	    {"a\r\nX: y@example.net", "a%0D%0AX%3A%20y@example.net"},
	    {"(@example.net", "%28@example.net"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char wanted[128];
		struct buf out;

		r.signer = rows[i][0];
		buf_init(&out, RESULT_MAX);
		result_write_status(&r, &out);
		snprintf(wanted, sizeof(wanted),
		    " valid; signer=%s; level=", rows[i][1]);
		if (strncmp(buf_text(&out), wanted, strlen(wanted)) != 0)
			assert_string_equal(buf_text(&out), wanted);
		buf_fini(&out);
	}
}

/* --- the manual --- */

static void
check_shown(const struct buf *manual, const char *name, struct buf *body)
{
	char *field = xasprintf("\n%s:%s\n", name, buf_text(body));

	if (!memmem(manual->data, manual->len, field, strlen(field)))
		fail_msg("not in the manual:%s", field);
	free(field);
	buf_clear(body);
}

/* The examples of smime-milter(8) are what is written. */
static void
test_manual(void **state)
{
	struct smime_verdict v = verdict_of(alice.certificate);
	struct result r = result_of(&v);
	const char *top = getenv("top_srcdir");
	struct buf manual, body;
	char path[4096];
	size_t n;
	FILE *in;

	(void)state;
	snprintf(path, sizeof(path), "%s/milter/daemon/smime-milter.8",
	    top ? top : "..");
	in = fopen(path, "r");
	assert_non_null(in);
	buf_init(&manual, 1 << 20);
	while ((n = fread(path, 1, sizeof(path), in)) > 0)
		buf_add(&manual, path, n);
	fclose(in);
	buf_init(&body, RESULT_MAX);
	result_write_authres(&r, NAME, &body);
	check_shown(&manual, "Authentication-Results", &body);
	result_write_status(&r, &body);
	check_shown(&manual, "X-SMIME-Status", &body);
	v.status = SMIME_UNTRUSTED;
	v.trusted = false;
	result_write_status(&r, &body);
	check_shown(&manual, "X-SMIME-Status", &body);
	r = unsigned_result();
	r.unmet = REASON_MUST_BE_SIGNED;
	result_write_status(&r, &body);
	check_shown(&manual, "X-SMIME-Status", &body);
	r.unmet = REASON_NONE;
	r.encrypted = true;
	result_write_status(&r, &body);
	check_shown(&manual, "X-SMIME-Status", &body);
	r.decrypted = true;
	r.cipher = "aes256-cbc";
	result_write_status(&r, &body);
	check_shown(&manual, "X-SMIME-Status", &body);
	buf_fini(&body);
	buf_fini(&manual);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_no_signer),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_encrypted),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
