/* One encoded word, and texts that take several. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "mail/charset_convert.h"
#include "mail/encoded_text.h"
#include "mail/encoded_word.h"

/* --- reading --- */

/* Where a word ends, and what it says; 0: there is none. */
static void
test_read(void **state)
{
	static const struct {
		const char *from, *text;
		size_t end;
	} rows[] = {
	    {"=?utf-8?q?a_=3D?=", "a =", 17},
	    {"=?utf-8?B?YQ?= b", "a", 14},
	    {"=?iso-8859-1?Q?=FC?=\tb", "\xc3\xbc", 20},
	    {"=?utf-8?q?a?=\r\n b", "a", 13},
	    {"=?utf-8?q?a?=\n b", "a", 13},
	    {"=?utf-8?q?a?=\rb", NULL, 0},
	    {"=?utf-8?q?a?==?utf-8?q?b?=", NULL, 0},
	    {"=?utf-8?q?a b?=", NULL, 0},
	    {" =?utf-8?q?a?=", NULL, 0},
	    {"=?x-klingon?q?a?=", NULL, 0},
	    {"=?utf-8?q?a?", NULL, 0},
	    {"", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct slice from = slice_text(rows[i].from);
		struct buf bytes, text;
		struct encoded_word word;
		bool is = encoded_word_read(from, 0, &word);

		if (is != (rows[i].text != NULL))
			fail_msg("%s", rows[i].from);
		if (!is)
			continue;
		assert_int_equal(word.end, rows[i].end);
		buf_init(&bytes, from.len);
		buf_init(&text, 4 * from.len);
		assert_true(encoded_word_decode(&word, &bytes));
		charset_add_utf8(word.charset, buf_slice(&bytes), &text);
		assert_string_equal(buf_text(&text), rows[i].text);
		buf_fini(&text);
		buf_fini(&bytes);
	}
}

/* No base64: nothing was appended. */
static void
test_decode_fails(void **state)
{
	static const char *const rows[] = {
	    "=?utf-8?b?Y?=", "=?utf-8?b?Y-==?=", "=?utf-8?b?YQ===?="};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct encoded_word word;
		struct buf bytes;

		buf_init(&bytes, 64);
		buf_add_text(&bytes, "kept");
		assert_true(encoded_word_read(slice_text(rows[i]), 0, &word));
		assert_false(encoded_word_decode(&word, &bytes));
		assert_string_equal(buf_text(&bytes), "kept");
		buf_fini(&bytes);
	}
}

/* --- writing --- */

static void
write_text(const char *text, size_t column, struct buf *out)
{
	buf_init(out, 1 << 20);
	encoded_word_write(slice_text(text), column, out);
	assert_true(buf_ok(out));
}

static void
check_text(const char *body, const char *wanted)
{
	struct encoded_text t;

	encoded_text_read(&t, slice_text(body));
	assert_string_equal(buf_text(&t.text), wanted);
	encoded_text_fini(&t);
}

static void
test_write(void **state)
{
	struct buf out;

	(void)state;
	write_text("plain enough", 9, &out);
	assert_string_equal(buf_text(&out), "plain enough");
	buf_fini(&out);
	write_text("gr\xc3\xbc\xc3\x9f"
		   "e an Anna_b",
	    9, &out);
	assert_string_equal(
	    buf_text(&out), "=?utf-8?q?gr=C3=BC=C3=9Fe_an_Anna=5Fb?=");
	buf_fini(&out);
	write_text("\xe6\x97\xa5\xe6\x9c\xac", 9, &out);
	assert_string_equal(buf_text(&out), "=?utf-8?b?5pel5pys?=");
	buf_fini(&out);
	/* Looks like a word, and has a byte that no header can hold. */
	write_text("=?utf-8?q?a?=", 9, &out);
	check_text(buf_text(&out), "=?utf-8?q?a?=");
	buf_fini(&out);
	write_text("a\nb\x01", 9, &out);
	assert_string_equal(buf_text(&out), "=?utf-8?q?a=0Ab=01?=");
	buf_fini(&out);
	write_text("bad \xfc byte", 9, &out);
	check_text(buf_text(&out), "bad \xef\xbf\xbd byte");
	buf_fini(&out);
}

/* Lines of 76, words of 75, each readable alone; the first line has less. */
static void
check_lines(const struct buf *out, size_t column)
{
	struct slice all = buf_slice(out);
	size_t pos = 0, end;

	for (; pos < all.len; pos = end + 1, column = 0) {
		struct encoded_text t;
		struct slice line;

		end = slice_find(all, '\n', pos);
		line = slice_part(all, pos, end);
		assert_in_range(column + line.len, pos > 0, 76);
		encoded_text_read(&t, line);
		assert_null(strstr(buf_text(&t.text), "\xef\xbf\xbd"));
		assert_null(strstr(buf_text(&t.text), "=?"));
		encoded_text_fini(&t);
	}
}

static void
test_lines(void **state)
{
	static const char *const units[] = {"a ", "abc", "\xc3\xbc",
	    "a\xc3\xbc", "\xe6\x97\xa5", "\xf0\x9f\x98\x80", "\xc3\xbc ", "a_"};

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++) {
		for (size_t n = 1; n < 200; n++) {
			struct buf text, out;
			struct encoded_text t;

			buf_init(&text, 1 << 20);
			for (size_t i = 0; i < n; i++)
				buf_add_text(&text, units[u]);
			write_text(buf_text(&text), n % 77, &out);
			check_lines(&out, n % 77 < 60 ? n % 77 : 0);
			encoded_text_read(&t, buf_slice(&out));
			assert_true(slice_equal(slice_trim(buf_slice(&t.text)),
			    slice_trim(buf_slice(&text))));
			encoded_text_fini(&t);
			buf_fini(&out);
			buf_fini(&text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_decode_fails),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
