/* Addresses: one canonical form, and what never counts as one (rule V9). */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
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

/* The addresses of a field, joined by blanks; "!" in front when malformed,
 * ":" when there was a group. */
static char *
read_list(struct slice body)
{
	struct address_list list;
	struct buf out;

	buf_init(&out, 1u << 20);
	address_list_init(&list);
	address_list_add(&list, body);
	if (list.malformed)
		buf_add_char(&out, '!');
	if (list.has_group)
		buf_add_char(&out, ':');
	for (size_t i = 0; i < list.count; i++)
		buf_addf(&out, "%s%s", i ? " " : "", list.addresses[i]);
	address_list_sort(&list);
	for (size_t i = 0; i < list.count; i++)
		assert_true(address_list_has(&list, list.addresses[i]));
	assert_false(address_list_has(&list, "nobody@example.com"));
	address_list_fini(&list);
	return buf_take_text(&out);
}

static void
check_list(struct slice body, const char *wanted)
{
	char *got = read_list(body);

	assert_string_equal(got, wanted);
	free(got);
}

static void
test_list(void **state)
{
	static const char *const pairs[][2] = {
	    {" alice@example.org", "alice@example.org"},
	    {" Alice <Alice@Example.Org>", "alice@example.org"},
	    {" \"Liddell, Alice\" <alice@example.org>, bob@example.com",
		"alice@example.org bob@example.com"},
	    {" John Q. Public <john@example.org>", "john@example.org"},
	    {" a@example.org,\r\n\tb@example.org,\n c@example.org",
		"a@example.org b@example.org c@example.org"},
	    {" , ,a@example.org,, (nobody) ,b@example.org,",
		"a@example.org b@example.org"},
	    {"", ""},
	    {" (only a comment)", ""},
	    {" =?utf-8?q?alice=40example.org?= <eve@example.net>",
		"eve@example.net"},
	    {" \"alice@example.org\" <eve@example.net>", "eve@example.net"},
	    {" \"<alice@example.org>\" <eve@example.net>", "eve@example.net"},
	    {" eve@example.net (alice@example.org)", "eve@example.net"},
	    {" (a (b <alice@example.org>) \\) c) eve@example.net",
		"eve@example.net"},
	    {" \"a \\\" <alice@example.org>\" <eve@example.net>",
		"eve@example.net"},
	    {" <@a.example:bob@example.org>", "bob@example.org"},
	    {" Pete(A nice \\) chap) <pete(his account)@silly.test(host)>",
		"pete@silly.test"},
	    {" A Group(Some people):Chris Jones <c@public.example>, "
	     "joe@example.org, John <jdoe@one.test>;",
		":c@public.example joe@example.org jdoe@one.test"},
	    {" undisclosed-recipients:;", ":"},
	    {" a@example.org, Friends: b@example.org;, c@example.org",
		":a@example.org b@example.org c@example.org"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_list(slice_text(pairs[i][0]), pairs[i][1]);
}

static void
test_malformed_list(void **state)
{
	static const char *const pairs[][2] = {
	    {" alice@example.org <eve@example.net>", "!eve@example.net"},
	    {" Info @ Example <eve@example.net>", "!eve@example.net"},
	    {" The Info @ Example <eve@example.net>", "!eve@example.net"},
	    {" alice@example.org bob@example.org", "!"},
	    {" alice example.org", "!"},
	    {" =?utf-8?q?alice=40example.org?=", "!"},
	    {" alice, bob@example.org", "!bob@example.org"},
	    {" <>, bob@example.org", "!bob@example.org"},
	    {" <alice@example.org, bob@example.org>", "!"},
	    {" <alice@example.org> <eve@example.net>", "!"},
	    {" <alice@example.org> eve", "!"},
	    {" a@example.org; b@example.org", "!a@example.org b@example.org"},
	    {" undisclosed-recipients:", "!:"},
	    {" A: B: a@example.org;", "!:"},
	    {" a@example.org, \"open <b@example.org>", "!a@example.org"},
	    {" a@example.org, (open b@example.org", "!a@example.org"},
	    {" ), a@example.org", "!a@example.org"},
	    {" a@[1.2.3.4, b@example.org", "!"},
	    {" a@b@c.example", "!"},
	    {" a@example.org\r\nTo: b@example.org", "!"},
	    {" a@example.org\r", "!"},
	    {" \"\001\" <a@example.org>", "!"},
	    {" a@-.example, b@example.org", "!b@example.org"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_list(slice_text(pairs[i][0]), pairs[i][1]);
	check_list(slice_make(" a@example.org\0", 15), "!");
	check_list(slice_make("\0a@example.org", 14), "!");
}

static void
test_several_fields_add_up(void **state)
{
	struct address_list list;

	(void)state;
	address_list_init(&list);
	assert_false(address_list_has(&list, "a@example.org"));
	address_list_add(&list, slice_text(" b@example.org"));
	address_list_add(&list, slice_text(" a@example.org"));
	assert_int_equal(list.count, 2);
	address_list_sort(&list);
	assert_true(address_list_has(&list, "a@example.org"));
	assert_true(address_list_has(&list, "b@example.org"));
	assert_false(list.malformed);
	address_list_fini(&list);
}

static void
test_list_limit(void **state)
{
	struct address_list list;
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 20);
	for (size_t i = 0; i < LIMIT_ADDRESSES; i++)
		buf_addf(&body, "a%zu@example.org,", i);
	address_list_init(&list);
	address_list_add(&list, buf_slice(&body));
	assert_int_equal(list.count, LIMIT_ADDRESSES);
	assert_false(list.malformed);
	address_list_add(&list, slice_text("b@example.org"));
	assert_int_equal(list.count, LIMIT_ADDRESSES);
	assert_true(list.malformed);
	address_list_fini(&list);
	buf_fini(&body);
}

/* Hostile fields end, and quickly: a quadratic reader would need minutes. */
static void
test_hostile_lists(void **state)
{
	static const char *const units[] = {"(", "\"", "<", "@", ",", ";", ":",
	    "a@", "a<", "[", "\\", "<@a,", "a.", "(\\", "=?", "a b "};
	const size_t size = 1u << 21;
	char *text = xmalloc(size);

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t n = strlen(units[i]);

		for (size_t k = 0; k < size; k++)
			text[k] = units[i][k % n];
		free(read_list(slice_make(text, size)));
	}
	free(text);
}

/* Whom programs may show in fields that are no address fields any more. */
static void
test_salvage(void **state)
{
	static const struct {
		const char *field, *found;
	} rows[] = {
	    {"Bob\x01 <bob@example.net>", "bob@example.net"},
	    {"bob@exam\x7fple.net", "bob@example.net"},
	    {"<bob@example.net", "bob@example.net"},
	    {"<<Bob@Example.NET>>", "bob@example.net"},
	    {"bob@example.net. bob", "bob@example.net"},
	    {"\"Bob <bob@example.net>", "bob@example.net"},
	    {"Bob (x <bob@example.net>", "bob@example.net"},
	    {"Bob <mailto:bob@example.net>", "bob@example.net"},
	    {"bob@[example.net]", "bob@example.net"},
	    {"bob@ example.net@", "bob@example.net"},
	    {"=?utf-8?q?bob=40example.net?=", "bob@example.net"},
	    {"=?utf-8?q?bob?=@example.net", "?@example.net"},
	    {"(\"@example.net", "?@example.net"},
	    {"a@x.org,<b@y.org>,c@z.org>", "a@x.org b@y.org c@z.org"},
	    {"nobody at all", ""},
	    {"@", ""},
	    {"@@@", ""},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address_list list;
		struct buf text;

		address_list_init(&list);
		buf_init(&text, 4096);
		address_list_salvage(&list, slice_text(rows[i].field));
		for (size_t k = 0; k < list.count; k++)
			buf_addf(
			    &text, "%s%s", k ? " " : "", list.addresses[k]);
		assert_string_equal(buf_text(&text), rows[i].found);
		buf_fini(&text);
		address_list_fini(&list);
	}
}

/* Strangers write them: those that are none count, too. */
static void
test_salvage_limit(void **state)
{
	struct address_list list;
	struct buf field;

	(void)state;
	buf_init(&field, 1u << 20);
	buf_add_text(&field, "@,");
	for (size_t i = 1; i < LIMIT_ADDRESSES + 5; i++)
		buf_add_text(&field, " a@b.org");
	address_list_init(&list);
	address_list_salvage(&list, buf_slice(&field));
	assert_int_equal(list.count, LIMIT_ADDRESSES - 1);
	address_list_fini(&list);
	buf_fini(&field);
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
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_malformed_list),
	    cmocka_unit_test(test_several_fields_add_up),
	    cmocka_unit_test(test_list_limit),
	    cmocka_unit_test(test_hostile_lists),
	    cmocka_unit_test(test_salvage),
	    cmocka_unit_test(test_salvage_limit),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
