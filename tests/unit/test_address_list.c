/* Mailboxes of fields: who is named, and what never counts as an address (rule
 * V9). */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/address_list.h"

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
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_malformed_list),
	    cmocka_unit_test(test_several_fields_add_up),
	    cmocka_unit_test(test_list_limit),
	    cmocka_unit_test(test_hostile_lists),
	    cmocka_unit_test(test_salvage),
	    cmocka_unit_test(test_salvage_limit),
	};

	return cmocka_run_group_tests_name("address_list", tests, NULL, NULL);
}
