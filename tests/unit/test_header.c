/* Header fields: kept as they came, written so that nothing can slip in. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/header.h"

static bool
same(struct slice s, const char *text)
{
	return slice_equal(s, slice_text(text));
}

static void
test_add_copies(void **state)
{
	struct header h;
	struct err err;
	char name[] = "Subject", body[] = " hello";

	(void)state;
	header_init(&h);
	assert_int_equal(
	    header_add(&h, slice_text(name), slice_text(body), &err), 0);
	assert_int_equal(
	    header_add(&h, slice_text("Empty"), slice_make(NULL, 0), &err), 0);
	memset(name, 'x', sizeof(name) - 1);
	memset(body, 'x', sizeof(body) - 1);
	assert_int_equal(h.count, 2);
	assert_true(same(h.fields[0].name, "Subject"));
	assert_true(same(h.fields[0].body, " hello"));
	assert_true(same(h.fields[1].body, ""));
	header_fini(&h);
	header_fini(&h);
}

static void
test_find_and_count(void **state)
{
	struct header h;
	bool complete;

	(void)state;
	header_init(&h);
	header_parse(
	    &h, slice_text("To: a\r\nTO: b\r\nTop: c\r\nto: d\r\n"), &complete);
	assert_int_equal(header_count(&h, "To"), 3);
	assert_int_equal(header_count(&h, "From"), 0);
	assert_true(same(header_find(&h, "to", 0)->body, " a"));
	assert_true(same(header_find(&h, "to", 2)->body, " d"));
	assert_null(header_find(&h, "to", 3));
	assert_null(header_find(&h, "From", 0));
	header_fini(&h);
}

/* What header_parse makes of raw: fields as <name|body>, then the offset of
 * the body, "+" when the empty line was there. */
static char *
parse(struct slice raw)
{
	struct header h;
	struct buf out;
	bool complete;
	size_t offset;

	buf_init(&out, 1u << 16);
	header_init(&h);
	offset = header_parse(&h, raw, &complete);
	for (size_t i = 0; i < h.count; i++) {
		buf_add_char(&out, '<');
		buf_add_slice(&out, h.fields[i].name);
		buf_add_char(&out, '|');
		buf_add_slice(&out, h.fields[i].body);
		buf_add_char(&out, '>');
	}
	buf_addf(&out, "%zu%s", offset, complete ? "+" : "");
	header_fini(&h);
	return buf_take_text(&out);
}

static void
test_parse(void **state)
{
	static const char *const pairs[][2] = {
	    {"", "0"},
	    {"\r\nbody", "2+"},
	    {"\nbody", "1+"},
	    {"A: b\r\nC:d\r\n\r\nbody", "<A| b><C|d>13+"},
	    {"A: b\nC:d\n\nbody", "<A| b><C|d>10+"},
	    {"A: b\r\n", "<A| b>6"},
	    {"A: b", "<A| b>4"},
	    {"A:", "<A|>2"},
	    {"A: b\r\n c\r\n\td\r\nE: f\r\n\r\n",
		"<A| b\r\n c\r\n\td><E| f>22+"},
	    {"A: b\n c\n\n", "<A| b\n c>9+"},
	    {"A: b\r\n \r\n c\r\n\r\n", "<A| b\r\n \r\n c>15+"},
	    {"A : b\r\n\r\n", "<A| b>9+"},
	    {"A\t: b\r\n\r\n", "<A| b>9+"},
	    /* Neither field nor continuation: the body begins (MTA.md 4a). */
	    {"A: b\r\nno field\r\n\r\n", "<A| b>6"},
	    {" first\r\nA: b\r\n\r\n", "0"},
	    {"A: b\r\n: c\r\n\r\n", "<A| b>6"},
	    {"\xc3\xa4: b\r\n\r\n", "0"},
	    {"From alice Mon Jan\r\nA: b\r\n", "0"},
	    /* CR alone ends nothing. */
	    {"A: b\rB: c\r\n\r\n", "<A| b\rB: c>13+"},
	    {"A: b\r\r\n\r\n", "<A| b\r>9+"},
	    {"A: b\r", "<A| b\r>5"},
	};
	char *got;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		got = parse(slice_text(pairs[i][0]));
		assert_string_equal(got, pairs[i][1]);
		free(got);
	}
	got = parse(slice_make("A: b\0c\r\n\r\n", 10));
	assert_memory_equal(got, "<A| b\0c>10+", 11);
	free(got);
}

static void
test_content_fields(void **state)
{
	struct header_field field = {0};

	(void)state;
	field.name = slice_text("content-TYPE");
	assert_true(header_field_is_content(&field));
	field.name = slice_text("Content-Duration");
	assert_true(header_field_is_content(&field));
	field.name = slice_text("MIME-Version");
	assert_false(header_field_is_content(&field));
	field.name = slice_text("X-Content-Type");
	assert_false(header_field_is_content(&field));
}

static void
check_written(struct slice body, const char *wanted)
{
	struct header_field field = {slice_text("X"), body};
	struct header h;
	struct buf out;
	bool complete;

	buf_init(&out, 4096);
	header_field_write(&field, &out);
	assert_string_equal(buf_text(&out), wanted);
	/* Whatever came in, it is one field and never more. */
	header_init(&h);
	assert_int_equal(header_parse(&h, buf_slice(&out), &complete), out.len);
	assert_false(complete);
	assert_int_equal(h.count, 1);
	header_fini(&h);
	buf_fini(&out);
}

static void
test_write(void **state)
{
	static const char *const pairs[][2] = {
	    {" plain", "X: plain\r\n"},
	    {"", "X:\r\n"},
	    {" a\n\tb", "X: a\r\n\tb\r\n"},
	    {" a\r\n b", "X: a\r\n b\r\n"},
	    {" a\nBcc: eve@example.net", "X: a\r\n\tBcc: eve@example.net\r\n"},
	    {" a\r\n\r\nbody", "X: a\r\n\tbody\r\n"},
	    {" a\n\n\n b", "X: a\r\n b\r\n"},
	    {" a\n", "X: a\r\n"},
	    {" a\r\n", "X: a\r\n"},
	    {" a\rb\r", "X: ab\r\n"},
	    {" a\r\r\n b", "X: a\r\n b\r\n"},
	    {" a\n\rb", "X: a\r\n\tb\r\n"},
	    {" 8\xc3\xa4", "X: 8\xc3\xa4\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_written(slice_text(pairs[i][0]), pairs[i][1]);
	check_written(slice_make(" a\0b", 4), "X: ab\r\n");
}

static void
test_unfold(void **state)
{
	static const char *const pairs[][2] = {
	    {" hello", "hello"},
	    {" a\r\n\tb  c\t d \r\n ", "a b c d"},
	    {"", ""},
	    {" \t\r\n ", ""},
	};
	struct header_field field = {0};
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		field.body = slice_text(pairs[i][0]);
		text = header_field_unfold(&field);
		assert_string_equal(text, pairs[i][1]);
		free(text);
	}
	field.body = slice_make(" a\0b \0", 6);
	text = header_field_unfold(&field);
	assert_string_equal(text, "ab");
	free(text);
}

static void
test_field_limit(void **state)
{
	struct header h;
	struct err err = {0};

	(void)state;
	header_init(&h);
	for (size_t i = 0; i < LIMIT_HEADER_FIELDS; i++)
		assert_int_equal(
		    header_add(&h, slice_text("A"), slice_text("b"), &err), 0);
	assert_false(h.over_limit);
	assert_int_equal(
	    header_add(&h, slice_text("A"), slice_text("b"), &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_true(h.over_limit);
	assert_int_equal(h.count, LIMIT_HEADER_FIELDS);
	header_fini(&h);
}

static void
test_byte_limit(void **state)
{
	char *text = xcalloc(1, LIMIT_HEADER_BYTES + 1);
	struct header h;
	struct err err = {0};

	(void)state;
	header_init(&h);
	assert_int_equal(header_add(&h, slice_text("A"),
			     slice_make(text, LIMIT_HEADER_BYTES - 1), &err),
	    0);
	assert_int_equal(
	    header_add(&h, slice_make(NULL, 0), slice_text("b"), &err), -1);
	assert_int_equal(h.count, 1);
	header_fini(&h);
	assert_int_equal(header_add(&h, slice_text("A"),
			     slice_make(text, LIMIT_HEADER_BYTES), &err),
	    -1);
	header_fini(&h);
	free(text);
}

/* Over a limit the end of the header is still found. */
static void
test_parse_over_limit(void **state)
{
	const size_t fields = LIMIT_HEADER_FIELDS + 1;
	struct buf raw;
	struct header h;
	bool complete;

	(void)state;
	buf_init(&raw, 1u << 20);
	for (size_t i = 0; i < fields; i++)
		buf_add_text(&raw, "A:b\r\n");
	buf_add_text(&raw, "\r\nbody");
	header_init(&h);
	assert_int_equal(
	    header_parse(&h, buf_slice(&raw), &complete), 5 * fields + 2);
	assert_true(complete);
	assert_true(h.over_limit);
	assert_int_equal(h.count, LIMIT_HEADER_FIELDS);
	header_fini(&h);
	buf_fini(&raw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add_copies),
	    cmocka_unit_test(test_find_and_count),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_content_fields),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_unfold),
	    cmocka_unit_test(test_field_limit),
	    cmocka_unit_test(test_byte_limit),
	    cmocka_unit_test(test_parse_over_limit),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
