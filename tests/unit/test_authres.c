/* Whose an Authentication-Results field is (RFC 8601). */
#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "gateway/authres.h"

#define OURS "mx.example.org"

struct sample {
	const char *body;
	enum authres_claim claim;
};

static void
check_as(const char *own, const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum authres_claim claim =
		    authres_read(slice_text(samples[i].body), own);

		if (claim != samples[i].claim)
			fail_msg("\"%s\" is %d, not %d", samples[i].body,
			    (int)claim, (int)samples[i].claim);
	}
}

#define CHECK(samples)                                                         \
	check_as(OURS, samples, sizeof(samples) / sizeof(*(samples)))

/* What other servers write passes, whatever it is about. */
static void
test_others(void **state)
{
	static const struct sample samples[] = {
	    {" mx.example.net; smime=pass", AUTHRES_OTHERS},
	    {" mx.example.net 1; smime=pass", AUTHRES_OTHERS},
	    {" \"mx.example.net\"; smime=fail (no)", AUTHRES_OTHERS},
	    {" mx.example.net (mx.example.org); smime=pass", AUTHRES_OTHERS},
	    {" (mx.example.org) mx.example.net; dkim=pass", AUTHRES_OTHERS},
	    {" mx.example.org.example.net; smime=pass", AUTHRES_OTHERS},
	    {" not-mx.example.org; smime=pass", AUTHRES_OTHERS},
	    {" example.org; smime=pass", AUTHRES_OTHERS},
	    {" mx.example.net; none", AUTHRES_OTHERS},
	    {" mx.example.net", AUTHRES_OTHERS},
	    {" mx.example.net;\n\tspf=pass smtp.mailfrom=mx.example.org",
		AUTHRES_OTHERS},
	    /* Without a name, as one of the large ones writes it. */
	    {" spf=pass (sender IP is 192.0.2.1)\n"
	     " smtp.mailfrom=example.com; dkim=pass (signature was verified)\n"
	     " header.d=example.com;dmarc=pass action=none\n"
	     " header.from=example.com;compauth=pass reason=100",
		AUTHRES_OTHERS},
	    {"", AUTHRES_OTHERS},
	    {" ", AUTHRES_OTHERS},
	    {" ;", AUTHRES_OTHERS},
	    {" \"\"; dkim=pass", AUTHRES_OTHERS},
	    {" (", AUTHRES_OTHERS},
	    {" \"", AUTHRES_OTHERS},
	    {" (\\", AUTHRES_OTHERS},
	};

	(void)state;
	CHECK(samples);
}

/* What the milters beside us write in our name. */
static void
test_neighbours(void **state)
{
	static const struct sample samples[] = {
	    {" mx.example.org;\n"
	     "\tdkim=pass (2048-bit key; unprotected) header.d=example.com\n"
	     "\t header.i=@example.com header.a=rsa-sha256 header.s=2024\n"
	     "\t header.b=\"abc/d+e;f\";\n\tdkim-atps=neutral",
		AUTHRES_OURS},
	    {" mx.example.org;\n\tdmarc=pass (policy=none)"
	     " header.from=example.com;\n\tspf=pass (mx.example.org: domain of"
	     " a@example.com designates 2001:db8::1 as permitted sender)"
	     " smtp.mailfrom=a@example.com",
		AUTHRES_OURS},
	    {" mx.example.org; none", AUTHRES_OURS},
	    {" mx.example.org 1; none", AUTHRES_OURS},
	    {" mx.example.org; dkim=none reason=\"no; signature\";",
		AUTHRES_OURS},
	    {" mx.example.org; x-tls.subject=/C=DE", AUTHRES_OURS},
	    {" mx.example.org; dkim / 1 = pass", AUTHRES_OURS},
	    {" mx.example.org", AUTHRES_OURS},
	    {" MX.EXAMPLE.ORG; auth=pass smtp.auth=alice", AUTHRES_OURS},
	};

	(void)state;
	CHECK(samples);
}

/* RFC 8601 2.2 leaves many ways to write the same. */
static void
test_forged(void **state)
{
	static const struct sample samples[] = {
	    {" mx.example.org; smime=pass", AUTHRES_SMIME},
	    {"mx.example.org;smime=pass", AUTHRES_SMIME},
	    {" MX.Example.ORG; SMIME=PASS", AUTHRES_SMIME},
	    {" mx.example.org.; smime=pass", AUTHRES_SMIME},
	    {"\n\tmx.example.org\n\t;\n\tsmime\n\t=\n\tpass", AUTHRES_SMIME},
	    {"\r\n mx.example.org;\r\n smime=pass", AUTHRES_SMIME},
	    {" mx.example.org 1; smime/1=pass", AUTHRES_SMIME},
	    {" mx.example.org (a (b \\) c) d) 1 (e); smime=pass",
		AUTHRES_SMIME},
	    {" (x) mx.example.org; smime=pass", AUTHRES_SMIME},
	    {" (x)(y(z))mx.example.org(w);(v)smime(u)=pass", AUTHRES_SMIME},
	    {" \"mx.example.org\"; smime=pass", AUTHRES_SMIME},
	    {" \"mx\\.example\\.org\"; smime=pass", AUTHRES_SMIME},
	    {" \"MX.example.org.\" ; smime=pass", AUTHRES_SMIME},
	    {" mx.example.org; dkim=pass header.d=example.net; smime=pass",
		AUTHRES_SMIME},
	    {" mx.example.org; dkim=pass reason=\"x;\"; smime=pass",
		AUTHRES_SMIME},
	};

	(void)state;
	CHECK(samples);
}

/* Not by the grammar: who knows what others make of it? */
static void
test_unreadable(void **state)
{
	static const struct sample samples[] = {
	    /* in our name, and the rest is odd */
	    {" mx.example.org 2; dkim=pass", AUTHRES_SMIME},
	    {" mx.example.org 11; dkim=pass", AUTHRES_SMIME},
	    {" mx.example.org; dkim", AUTHRES_SMIME},
	    {" mx.example.org; dkim pass", AUTHRES_SMIME},
	    {" mx.example.org; =pass", AUTHRES_SMIME},
	    {" mx.example.org;; dkim=pass", AUTHRES_SMIME},
	    {" mx.example.org; none; dkim=pass", AUTHRES_SMIME},
	    {" mx.example.org; dkim=pass (x", AUTHRES_SMIME},
	    {" mx.example.org; dkim=pass reason=\"x", AUTHRES_SMIME},
	    {" mx.example.org; dkim=pa\001ss", AUTHRES_SMIME},
	    /* the word where the grammar sees none */
	    {" mx.example.org; dkim=pass (; smime=pass)", AUTHRES_SMIME},
	    {" mx.example.org; dkim=pass reason=\"; smime=pass\"",
		AUTHRES_SMIME},
	    {" mx.example.org; dkim=pass policy.x=s(y)mi\"me\"", AUTHRES_SMIME},
	    {" mx.example.org; \"smime\"=pass", AUTHRES_SMIME},
	    /* a name that cannot be read, but seen */
	    {" mx.example.org smime=pass", AUTHRES_SMIME},
	    {" mx.example.org/1; dkim=pass", AUTHRES_SMIME},
	    {" mx.example.org:25; dkim=pass", AUTHRES_SMIME},
	    {" <mx.example.org>; dkim=pass", AUTHRES_SMIME},
	    {" mx.(x)example.org; dkim=pass", AUTHRES_SMIME},
	    {" mx.example\n .org; dkim=pass", AUTHRES_SMIME},
	    {" mx.\"example\".org; dkim=pass", AUTHRES_SMIME},
	    {" ; mx.example.org; dkim=pass", AUTHRES_SMIME},
	    {" (mx.example.org; dkim=pass", AUTHRES_SMIME},
	    {" \"mx.example.org; dkim=pass", AUTHRES_SMIME},
	    {" \xc2\xa0mx.example.org; dkim=pass", AUTHRES_SMIME},
	    {" mx.exa\001mple.org; dkim=pass", AUTHRES_SMIME},
	    /* no name at all, but the word */
	    {" smime=pass body.smime-identifier=a@example.net", AUTHRES_SMIME},
	    {"; smime=pass", AUTHRES_SMIME},
	    {" (; smime=pass", AUTHRES_SMIME},
	};

	(void)state;
	CHECK(samples);
}

static void
test_encoded_words(void **state)
{
	static const struct sample samples[] = {
	    {" =?utf-8?q?mx.example.org?=; dkim=pass", AUTHRES_SMIME},
	    {" =?utf-8?b?bXguZXhhbXBsZS5vcmc7IHNtaW1lPXBhc3M=?=",
		AUTHRES_SMIME},
	    {" mx.example.org; dkim=pass (=?utf-8?b?c21pbWU9cGFzcw==?=)",
		AUTHRES_SMIME},
	    {" =?utf-8?q?x?=", AUTHRES_SMIME},
	    {" mx.example.net; x=pass (=?utf-8?q?mx.example.org?=)",
		AUTHRES_OTHERS},
	    {" mx.example.net; dkim=pass (=?utf-8?q?mx.example.org?=)",
		AUTHRES_OTHERS},
	};

	(void)state;
	CHECK(samples);
}

/* RFC 8601 2.5 and 5: an A-label and its U-label are one name. */
static void
test_international(void **state)
{
	static const struct sample samples[] = {
	    {" mx.b\xc3\xbc"
	     "cher.example; smime=pass",
		AUTHRES_SMIME},
	    {" MX.B\xc3\x9c"
	     "cher.example; dkim=pass",
		AUTHRES_OURS},
	    {" mx.xn--bcher-kva.example; dkim=pass", AUTHRES_OURS},
	    {" mx.xn--bcher-kva.example; smime=pass", AUTHRES_SMIME},
	    {" mx.b\xc3\xa4"
	     "cher.example; dkim=pass",
		AUTHRES_OTHERS},
	    {" mx.\xff.example; dkim=pass", AUTHRES_OTHERS},
	};

	(void)state;
	check_as("mx.xn--bcher-kva.example.", samples,
	    sizeof(samples) / sizeof(*samples));
	check_as("mx.B\xc3\xbc"
		 "cher.example",
	    samples, sizeof(samples) / sizeof(*samples));
}

/* A name of one's own that is no host name. */
static void
test_odd_name(void **state)
{
	static const struct sample samples[] = {
	    {" \"our (own) name;1\"; dkim=pass", AUTHRES_OURS},
	    {" \"OUR (own) name;1\"; smime=pass", AUTHRES_SMIME},
	    {" our (own) name;1; smime=pass", AUTHRES_SMIME},
	    {" our; dkim=pass", AUTHRES_OTHERS},
	};

	(void)state;
	check_as(
	    "our (own) name;1", samples, sizeof(samples) / sizeof(*samples));
}

/* Strangers choose the length; that it takes linear time, linear_test.py
 * counts. */
static void
check_long(const char *head, const char *unit, const char *tail,
    enum authres_claim claim)
{
	enum {
		UNITS = 200000
	};
	struct buf text;

	buf_init(&text, 4 << 20);
	buf_add_text(&text, head);
	for (int i = 0; i < UNITS; i++)
		buf_add_text(&text, unit);
	buf_add_text(&text, tail);
	assert_true(buf_ok(&text));
	assert_int_equal(authres_read(buf_slice(&text), OURS), claim);
	buf_fini(&text);
}

static void
test_long(void **state)
{
	(void)state;
	check_long("", "(", "", AUTHRES_OTHERS);
	check_long("", "(", OURS, AUTHRES_SMIME);
	check_long("", "()", OURS "; smime=pass", AUTHRES_SMIME);
	check_long("", "()", OURS "; dkim=pass", AUTHRES_OURS);
	check_long("", "\"", "", AUTHRES_OTHERS);
	check_long("", "(\\", "", AUTHRES_OTHERS);
	check_long("", "mx.example.or", "", AUTHRES_OTHERS);
	check_long("", "mx.example.or", "g=", AUTHRES_SMIME);
	check_long("", "smim", "", AUTHRES_OTHERS);
	check_long(OURS, ";", "", AUTHRES_SMIME);
	check_long(OURS, ";a=b", ";", AUTHRES_OURS);
	check_long(OURS, ";a=b", ";smime=pass", AUTHRES_SMIME);
	check_long(OURS, ";a/1 (", ";", AUTHRES_SMIME);
	check_long(OURS " ", "1", "", AUTHRES_SMIME);
	check_long("", "=?utf-8?q?a?= ", "", AUTHRES_SMIME);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_neighbours),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_encoded_words),
	    cmocka_unit_test(test_international),
	    cmocka_unit_test(test_odd_name),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
