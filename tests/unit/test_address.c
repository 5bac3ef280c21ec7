/* Addresses: one canonical form, and what never counts as one (rule V9). */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "mail/address.h"

static void
check_canonical(const char *text, const char *wanted)
{
	struct err err = {0};
	char *address = NULL, *again = NULL;

	if (address_canonical(slice_text(text), &address, &err))
		fail_msg("%s", err.text);
	assert_string_equal(address, wanted);
	assert_int_equal(
	    address_canonical(slice_text(address), &again, &err), 0);
	assert_string_equal(again, wanted);
	free(again);
	free(address);
}

static void
check_refused(struct slice text)
{
	struct err err = {0};
	char *address = NULL;

	if (address_canonical(text, &address, &err) == 0)
		fail_msg("%.*s became %s", (int)text.len,
		    (const char *)text.data, address);
	assert_null(address);
	assert_int_equal(err.class, ERR_PERMANENT);
	for (const char *c = err.text; *c; c++)
		assert_in_range((unsigned char)*c, ' ', '~');
}

static void
test_canonical(void **state)
{
	static const char *const pairs[][2] = {
	    {"alice@example.org", "alice@example.org"},
	    {"<alice@example.org>", "alice@example.org"},
	    {" <Alice@EXAMPLE.Org.> ", "alice@example.org"},
	    {"alice+tag=x@example.org", "alice+tag=x@example.org"},
	    {"<@relay.example.net:bob@example.org>", "bob@example.org"},
	    {"<@a.example.net,@b.example.net:bob@example.org>",
		"bob@example.org"},
	    {"\"alice\"@example.org", "alice@example.org"},
	    {"\"al\\ice\"@example.org", "alice@example.org"},
	    {"\"Alice Liddell\"@example.org", "\"alice liddell\"@example.org"},
	    {"\"a\\\"b\\\\c\"@example.org", "\"a\\\"b\\\\c\"@example.org"},
	    {"\"a@b\"@example.org", "\"a@b\"@example.org"},
	    {"\"a\".b@example.org", "a.b@example.org"},
	    {"\"\"@example.org", "\"\"@example.org"},
	    {"a..b@example.org", "\"a..b\"@example.org"},
	    {"ab.@example.org", "\"ab.\"@example.org"},
	    {"alice (her (own)) @ (at) example . org", "alice@example.org"},
	    {"alice\r\n @example.org", "alice@example.org"},
	    {"alice@my_host.example.org", "alice@my_host.example.org"},
	    {"root@localhost", "root@localhost"},
	    {"a@[192.0.2.1]", "a@[192.0.2.1]"},
	    {"A@[IPv6:2001:DB8:0::1]", "a@[ipv6:2001:db8::1]"},
	    {"a@xn--mnchen-3ya.example", "a@xn--mnchen-3ya.example"},
	    {"a@XN--MNCHEN-3YA.example", "a@xn--mnchen-3ya.example"},
	    {"a@m\xc3\xbcnchen.example", "a@xn--mnchen-3ya.example"},
	    {"a@M\xc3\x9cNCHEN.example", "a@xn--mnchen-3ya.example"},
	    {"a@mu\xcc\x88nchen.example", "a@xn--mnchen-3ya.example"},
	    {"a@stra\xc3\x9f"
	     "e.example",
		"a@xn--strae-oqa.example"},
	    {"J\xc3\xb6rg@example.org", "J\xc3\xb6rg@example.org"},
	    {"\"J\xc3\xb6rg X\"@example.org", "\"J\xc3\xb6rg X\"@example.org"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_canonical(pairs[i][0], pairs[i][1]);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "<>", "< >", "alice", "<alice>",
	    "@example.org", "alice@", "alice@@example.org", "alice@.org",
	    "alice@example..org", "alice@example.org..", "alice@-a.example",
	    "alice@a-.example", "alice@exa mple.org", "alice bob@example.org",
	    "alice@example.org bob", "<alice@example.org", "alice@example.org>",
	    "<<alice@example.org>>", "Alice <alice@example.org>",
	    "alice@example.org, bob@example.org", "alice@example.org (open",
	    "\"alice@example.org", "\"alice\\", "alice@192.0.2.1",
	    "a@[192.0.2.256]", "a@[192.0.2.1", "a@[]", "a@[IPv6:192.0.2.1]",
	    "a@[2001:db8::1]", "a@[IPv6:]",
	    "a@[IPv6:1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7]",
	    "a@[X-tag:1]", "a@b[192.0.2.1]", "a@\"example.org\"",
	    "alice@example.org\r\nBcc: eve@example.net", "alice\n@example.org",
	    "al\rice@example.org", "al\001ice@example.org",
	    "\"al\tice\"@example.org", "al\x7fice@example.org",
	    "alice@exam!ple.org", "<@relay.example.net bob@example.org>",
	    "<@relay.example.net:>", "\xff\xfe@example.org",
	    "a\xc3@example.org", "a\xed\xa0\x80@example.org",
	    "a\xc0\xaf@example.org", "a\xf4\x90\x80\x80@example.org",
	    "a@\xff.example", "a@x\xef\xbc\xa0y.example",
	    "=?utf-8?q?alice?=@example.org",
	    "\"=?utf-8?q?alice?=\"@example.org"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_refused(slice_text(bad[i]));
	check_refused(slice_make("alice@example.org\0", 18));
	check_refused(slice_make("al\0ice@example.org", 18));
	check_refused(slice_make("a@[192.0.2.1\0]", 14));
}

/* Fills text with an address of len bytes. */
static void
make_address(char *text, size_t len)
{
	const char *domain = "@example.org";
	size_t local = len - strlen(domain);

	memset(text, 'a', local);
	strcpy(text + local, domain);
}

static void
test_length_limit(void **state)
{
	char text[LIMIT_ADDRESS + 2];

	(void)state;
	make_address(text, LIMIT_ADDRESS);
	check_canonical(text, text);
	make_address(text, LIMIT_ADDRESS + 1);
	check_refused(slice_text(text));
}

static void
test_domain_limits(void **state)
{
	char label[65], text[300];
	size_t len;

	(void)state;
	memset(label, 'a', sizeof(label));
	len = (size_t)sprintf(text, "a@%.63s.example", label);
	check_canonical(text, text);
	len = (size_t)sprintf(text, "a@%.64s.example", label);
	check_refused(slice_make(text, len));
	/* 253 characters of domain, then 254. */
	len = (size_t)sprintf(
	    text, "a@%.63s.%.63s.%.63s.%.61s", label, label, label, label);
	assert_int_equal(len, 2 + 253);
	check_canonical(text, text);
	len = (size_t)sprintf(
	    text, "a@%.63s.%.63s.%.63s.%.62s", label, label, label, label);
	check_refused(slice_make(text, len));
}

static void
test_null_sender(void **state)
{
	(void)state;
	assert_true(address_is_null(slice_text("")));
	assert_true(address_is_null(slice_make(NULL, 0)));
	assert_true(address_is_null(slice_text("<>")));
	assert_true(address_is_null(slice_text(" < > ")));
	assert_false(address_is_null(slice_text("<a@example.org>")));
	assert_false(address_is_null(slice_text("<")));
}

static void
test_login(void **state)
{
	static const struct {
		const char *login, *wanted;
	} cases[] = {
	    {"Alice@Example.ORG.", "alice@example.org"},
	    {"Alice", "alice"},
	    {"DOMAIN\\Alice", "domain\\alice"},
	    /* No address, but a login all the same. */
	    {"Alice@", "alice@"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = address_login(cases[i].login);

		assert_string_equal(got, cases[i].wanted);
		free(got);
	}
}

static void
test_bare_path(void **state)
{
	static const struct {
		const char *path, *bare;
	} rows[] = {{"<a@example.org>", "a@example.org"}, {" < a b > ", "a b"},
	    {"a@example.org", "a@example.org"}, {"<a", "a"}, {"a>", "a"},
	    {"<<a>>", "<a>"}, {"<", ""}, {">", ""}, {"<>", ""}, {"", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_true(
		    slice_equal(address_bare_path(slice_text(rows[i].path)),
			slice_text(rows[i].bare)));
}

static void
test_domain(void **state)
{
	struct err err;
	char *domain = NULL;

	(void)state;
	assert_string_equal(address_domain("a@example.org"), "example.org");
	assert_string_equal(
	    address_domain("\"a@b\"@example.org"), "example.org");
	assert_int_equal(
	    address_domain_canonical(slice_text("EXAMPLE.Org."), &domain, &err),
	    0);
	assert_string_equal(domain, "example.org");
	free(domain);
	domain = NULL;
	assert_int_equal(address_domain_canonical(slice_text("b\xc3\xbc"
							     "cher.example"),
			     &domain, &err),
	    0);
	assert_string_equal(domain, "xn--bcher-kva.example");
	free(domain);
	domain = NULL;
	assert_int_equal(
	    address_domain_canonical(slice_text(""), &domain, &err), -1);
	assert_int_equal(
	    address_domain_canonical(slice_text("."), &domain, &err), -1);
	assert_int_equal(
	    address_domain_canonical(slice_text("[192.0.2.1]"), &domain, &err),
	    -1);
	assert_int_equal(address_domain_canonical(
			     slice_make("a.example\0b", 11), &domain, &err),
	    -1);
	assert_null(domain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_canonical),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_length_limit),
	    cmocka_unit_test(test_domain_limits),
	    cmocka_unit_test(test_null_sender),
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_bare_path),
	    cmocka_unit_test(test_domain),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
