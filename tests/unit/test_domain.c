/* Domains: host names and address literals in one form. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/domain.h"

static void
check_canonical(const char *text, const char *wanted)
{
	char *got = domain_canonical(slice_text(text));

	assert_non_null(got);
	assert_string_equal(got, wanted);
	free(got);
}

static void
check_refused(struct slice text)
{
	char *got = domain_canonical(text);

	if (got)
		fail_msg("%.*s became %s", (int)text.len,
		    (const char *)text.data, got);
}

static void
test_canonical(void **state)
{
	(void)state;
	check_canonical("Example.ORG", "example.org");
	check_canonical("example.org.", "example.org");
	check_canonical("localhost", "localhost");
	check_canonical("my_host.example", "my_host.example");
	check_canonical("1and1.example", "1and1.example");
	check_canonical("192.0.2.1.example", "192.0.2.1.example");
	check_canonical("a--b.example", "a--b.example");
	check_canonical("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example");
	check_canonical("m\xc3\xbcnchen.example", "xn--mnchen-3ya.example");
	check_canonical("M\xc3\x9cNCHEN.example.", "xn--mnchen-3ya.example");
	/* An ideographic full stop is a dot (RFC 5895 2). */
	check_canonical("m\xc3\xbcnchen\xe3\x80\x82"
			"example",
	    "xn--mnchen-3ya.example");
	check_canonical("[192.0.2.1]", "[192.0.2.1]");
	check_canonical("[ 192.0.2.1 ]", "[192.0.2.1]");
	check_canonical("[ipv6:2001:DB8:0:0::1]", "[ipv6:2001:db8::1]");
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a..b", ".a", "a..",
	    "-a.example", "a-.example", "a b", "a!b", "a,b", "192.0.2.1",
	    "a.123", "\xff.example", "\xc3\xbc..example", "[192.0.2]",
	    "[192.0.2.1", "192.0.2.1]", "[]", "[ ]", "[IPv6:192.0.2.1]",
	    "[IPv6:]", "[::1]", "x\xef\xbc\xa0y.example",
	    "\xc3\xbc\xe3\x80\x80y.example"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_refused(slice_text(bad[i]));
	check_refused(slice_make("a\0.example", 10));
	check_refused(slice_make("a.example\0", 10));
	check_refused(slice_make("[192.0.2.1\0]", 12));
	check_refused(slice_make("\xc3\xbc.example\0x", 12));
	check_refused(slice_make(NULL, 0));
}

static void
test_host_is_no_literal(void **state)
{
	(void)state;
	assert_null(domain_canonical_host(slice_text("[192.0.2.1]")));
}

static void
test_limits(void **state)
{
	char label[65], text[300];

	(void)state;
	memset(label, 'a', sizeof(label));
	snprintf(text, sizeof(text), "%.63s.example", label);
	check_canonical(text, text);
	snprintf(text, sizeof(text), "%.64s.example", label);
	check_refused(slice_text(text));
	/* 253 characters, then 254. */
	snprintf(text, sizeof(text), "%.63s.%.63s.%.63s.%.61s", label, label,
	    label, label);
	assert_int_equal(strlen(text), 253);
	check_canonical(text, text);
	snprintf(text, sizeof(text), "%.63s.%.63s.%.63s.%.62s", label, label,
	    label, label);
	check_refused(slice_text(text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_canonical),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_host_is_no_literal),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
