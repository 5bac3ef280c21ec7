/* Charsets: what is read, what can be written, and what comes back. */
#include "unit/unit.h"

#include <string.h>

#include "mail/charset_convert.h"

static const struct charset *
charset(const char *label)
{
	const struct charset *c = charset_find(slice_text(label));

	assert_non_null(c);
	return c;
}

static void
test_labels(void **state)
{
	(void)state;
	assert_ptr_equal(charset("UTF-8"), charset("utf-8*en"));
	assert_int_equal(charset_kind_of(charset("us-ascii")), CHARSET_ASCII);
	assert_int_equal(charset_kind_of(charset("Koi8-R")), CHARSET_BYTES);
	assert_int_equal(
	    charset_kind_of(charset("iso-2022-jp")), CHARSET_ESCAPES);
	assert_int_equal(charset_kind_of(charset("utf-7")), CHARSET_OTHER);
	assert_null(charset_find(slice_text("")));
	assert_null(charset_find(slice_text("utf-16")));
	assert_null(charset_find(slice_text("../../evil")));
	assert_null(charset_find(slice_text("UTF-8//TRANSLIT")));
}

static void
test_both_ways(void **state)
{
	static const struct {
		const char *label, *bytes, *utf8;
	} rows[] = {
	    {"iso-8859-1", "gr\xfc\xdf", "gr\xc3\xbc\xc3\x9f"},
	    {"iso-8859-15", "\xa4", "\xe2\x82\xac"},
	    {"windows-1252", "\x80\x84", "\xe2\x82\xac\xe2\x80\x9e"},
	    {"cp1252", "\x80", "\xe2\x82\xac"},
	    {"ibm850", "\x81\xe1", "\xc3\xbc\xc3\x9f"},
	    {"x-sjis", "\x93\xfa", "\xe6\x97\xa5"},
	    {"iso8859-1", "\xfc", "\xc3\xbc"},
	    {"koi8-r", "\xf0\xd2", "\xd0\x9f\xd1\x80"},
	    {"shift_jis", "\x93\xfa\x96\x7b", "\xe6\x97\xa5\xe6\x9c\xac"},
	    {"iso-2022-jp", "a\x1b$BF|K\\\x1b(B", "a\xe6\x97\xa5\xe6\x9c\xac"},
	    {"gb18030", "\xd6\xd0", "\xe4\xb8\xad"},
	    {"gb2312", "\xd6\xd0", "\xe4\xb8\xad"},
	    {"big5", "\xa4\xa4", "\xe4\xb8\xad"},
	    {"euc-kr", "\xc7\xd1", "\xed\x95\x9c"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct charset *c = charset(rows[i].label);

		buf_clear(&out);
		charset_add_utf8(c, slice_text(rows[i].bytes), &out);
		assert_string_equal(buf_text(&out), rows[i].utf8);
		buf_clear(&out);
		assert_true(charset_write(c, slice_text(rows[i].utf8), &out));
		assert_string_equal(buf_text(&out), rows[i].bytes);
		assert_true(charset_gives_back(c, slice_text(rows[i].utf8)));
	}
	buf_fini(&out);
}

/* Nothing is appended. */
static void
test_cannot_be_written(void **state)
{
	static const char *const rows[][2] = {
	    {"us-ascii", "\xc3\xbc"},
	    {"iso-8859-1", "\xd0\x9f"},
	    {"iso-8859-1", "\xe2\x82\xac"}, /* which CP1252 has */
	    {"iso-8859-9", "\xe2\x82\xac"},
	    {"gb2312", "\xe2\x82\xac"},
	    {"iso-2022-jp", "\xc3\xbc"},
	    {"utf-7", "a"},
	    /* Read again it is one letter with its accent. */
	    {"windows-1258", "e\xcc\x81"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	buf_add_text(&out, "x");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_false(charset_write(
		    charset(rows[i][0]), slice_text(rows[i][1]), &out));
	assert_string_equal(buf_text(&out), "x");
	buf_fini(&out);
}

static void
check_exact(const char *label, const char *bytes, bool wanted)
{
	struct err err;
	bool exact;

	assert_int_equal(
	    charset_read(charset(label), slice_text(bytes), NULL, &exact, &err),
	    0);
	assert_int_equal(exact, wanted);
}

static void
test_exact(void **state)
{
	(void)state;
	check_exact("us-ascii", "abc", true);
	check_exact("us-ascii", "\xc3\xbc", false);
	check_exact("utf-8", "\xc3\xbc", true);
	check_exact("utf-8", "\xc3", false);
	check_exact("utf-8", "\xfc", false);
	check_exact("windows-1252", "\x81", false);
	check_exact("iso-8859-15", "\xa4", true);
	check_exact("shift_jis", "\x93\xfa", true);
	check_exact("shift_jis", "\x93", false);
	check_exact("iso-2022-jp", "\x1b$BF|\x1b(B", true);
	check_exact("iso-2022-jp", "\x1b$BF", false);
}

static int
count(void *context, struct slice utf8, struct err *err)
{
	size_t *n = context;

	(void)err;
	*n += utf8.len;
	return 0;
}

/* Blocks end between characters. */
static void
test_large_text(void **state)
{
	static unsigned char text[300000];
	size_t n = 0;
	const struct charset_sink sink = {count, &n};
	struct err err;
	bool exact;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 3)
		memcpy(text + i, "\xe4\xb8\xad", 3);
	for (size_t cut = 0; cut < 9; cut += 3) {
		struct slice s = slice_make(text, sizeof(text) - cut);

		assert_true(charset_gives_back(charset("gb18030"), s));
		assert_true(charset_gives_back(charset("iso-2022-jp"), s));
		assert_false(charset_gives_back(charset("koi8-r"), s));
	}
	memset(text, 0xc4, sizeof(text));
	assert_int_equal(
	    charset_read(charset("iso-8859-1"), slice_make(text, sizeof(text)),
		&sink, &exact, &err),
	    0);
	assert_true(exact);
	assert_int_equal(n, 2 * sizeof(text));
}

static int
refuse(void *context, struct slice utf8, struct err *err)
{
	(void)context;
	(void)utf8;
	return err_set(err, ERR_TEMPORARY, "full");
}

static void
test_sink_fails(void **state)
{
	static const char *const labels[] = {"utf-8", "koi8-r"};
	const struct charset_sink sink = {refuse, NULL};
	struct err err;
	bool exact;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(charset_read(charset(labels[i]),
				     slice_text("a"), &sink, &exact, &err),
		    -1);
		assert_string_equal(err.text, "full");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_both_ways),
	    cmocka_unit_test(test_cannot_be_written),
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_large_text),
	    cmocka_unit_test(test_sink_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
