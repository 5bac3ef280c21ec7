/* Slices: borrowed bytes, never read beyond their length. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/slice.h"

static void
test_part(void **state)
{
	struct slice s = slice_text("abcdef");

	(void)state;
	assert_true(slice_equal(slice_part(s, 1, 3), slice_text("bc")));
	assert_true(slice_equal(slice_part(s, 0, 6), s));
	assert_true(slice_equal(slice_part(s, 0, SIZE_MAX), s));
	assert_int_equal(slice_part(s, 3, 3).len, 0);
	assert_int_equal(slice_part(s, 4, 2).len, 0);
	assert_int_equal(slice_part(s, 9, SIZE_MAX).len, 0);
	assert_int_equal(slice_part(slice_make(NULL, 0), 1, 2).len, 0);
}

static void
test_equal(void **state)
{
	struct slice nothing = slice_make(NULL, 0);

	(void)state;
	assert_true(slice_equal(nothing, slice_text("")));
	assert_true(slice_equal(slice_make("a\0b", 3), slice_make("a\0b", 3)));
	assert_false(slice_equal(slice_make("a\0b", 3), slice_make("a\0c", 3)));
	assert_false(slice_equal(slice_text("ab"), slice_text("abc")));
	assert_true(slice_equal_text_ci(slice_text("MiMe-1"), "mime-1"));
	assert_false(slice_equal_text_ci(slice_text("mime"), "mime-1"));
	assert_false(slice_equal_text_ci(slice_make("mi\0e", 4), "mi"));
	assert_true(slice_equal_text_ci(nothing, ""));
	/* Only ASCII letters have a case: "@" is not "`", 0xC4 not 0xE4. */
	assert_false(slice_equal_text_ci(slice_text("@[\xc4"), "`{\xe4"));
}

static void
test_prefix(void **state)
{
	(void)state;
	assert_true(slice_has_prefix(slice_text("--b"), "--"));
	assert_true(slice_has_prefix(slice_text("--"), "--"));
	assert_false(slice_has_prefix(slice_text("-"), "--"));
	assert_true(slice_has_prefix(slice_make(NULL, 0), ""));
	assert_false(slice_has_prefix(slice_text("content-"), "Content-"));
	assert_true(slice_has_prefix_ci(slice_text("content-x"), "Content-"));
	assert_false(slice_has_prefix_ci(slice_text("content"), "Content-"));
}

static void
test_trim(void **state)
{
	(void)state;
	assert_true(slice_equal(
	    slice_trim(slice_text(" \t\r\n a b \n")), slice_text("a b")));
	assert_int_equal(slice_trim(slice_text(" \t ")).len, 0);
	assert_int_equal(slice_trim(slice_make(NULL, 0)).len, 0);
	assert_int_equal(slice_trim(slice_make("\0 ", 2)).len, 1);
}

static void
test_find(void **state)
{
	struct slice s = slice_text("abcabc");

	(void)state;
	assert_int_equal(slice_find(s, 'a', 0), 0);
	assert_int_equal(slice_find(s, 'a', 1), 3);
	assert_int_equal(slice_find(s, 'x', 0), 6);
	assert_int_equal(slice_find(s, 'a', 99), 6);
	assert_int_equal(slice_find(slice_make(NULL, 0), 'a', 0), 0);
	/* Not beyond the end, even when it is there. */
	assert_int_equal(slice_find(slice_part(s, 0, 2), 'c', 0), 2);
}

static void
test_dup(void **state)
{
	char *text = slice_dup_text(slice_make("a\0b", 3));

	(void)state;
	assert_memory_equal(text, "a\0b\0", 4);
	free(text);
	text = slice_dup_text(slice_make(NULL, 0));
	assert_string_equal(text, "");
	free(text);
}

static void
test_show(void **state)
{
	char out[6];

	(void)state;
	slice_show(slice_make(" a~\0\n", 5), out, sizeof(out));
	assert_string_equal(out, " a~??");
	slice_show(slice_make("\x7f\x80\xff\x1f.cut", 8), out, sizeof(out));
	assert_string_equal(out, "????.");
	slice_show(slice_make(NULL, 0), out, sizeof(out));
	assert_string_equal(out, "");
	slice_show(slice_text("abc"), out, 1);
	assert_string_equal(out, "");
}

static void
test_list(void **state)
{
	struct slice_list list = {.count = 0}, more = {.count = 0};

	(void)state;
	assert_int_equal(slice_list_size(&list), 0);
	slice_list_add(&list, slice_text("ab"));
	slice_list_add(&more, slice_text("c"));
	slice_list_add(&more, slice_text(""));
	slice_list_add_all(&list, &more);
	assert_int_equal(list.count, 3);
	assert_int_equal(slice_list_size(&list), 3);
	assert_true(slice_equal(list.at[1], slice_text("c")));
}

static void
test_lower(void **state)
{
	(void)state;
	assert_int_equal(ascii_lower('A'), 'a');
	assert_int_equal(ascii_lower('Z'), 'z');
	assert_int_equal(ascii_lower('@'), '@');
	assert_int_equal(ascii_lower('['), '[');
	assert_int_equal(ascii_lower(0xc4), 0xc4);
}

static void
test_blank(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		bool blank = c == 0x20 || c == 0x09;

		assert_int_equal(ascii_is_blank((unsigned char)c), blank);
		assert_int_equal(ascii_is_white((unsigned char)c),
		    blank || c == 0x0a || c == 0x0d);
	}
}

static void
test_compare(void **state)
{
	static const char *const order[] = {"", "a", "ab", "B", "bA", "C"};

	(void)state;
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 6; k++) {
			int got = slice_compare_ci(
			    slice_text(order[i]), slice_text(order[k]));

			assert_int_equal(
			    (got > 0) - (got < 0), (i > k) - (i < k));
		}
	assert_int_equal(
	    slice_compare_ci(slice_text("Subject"), slice_text("sUBJECT")), 0);
	assert_int_equal(
	    slice_compare_ci(slice_make(NULL, 0), slice_text("")), 0);
}

static void
test_ascii(void **state)
{
	(void)state;
	assert_true(slice_is_ascii(slice_make(NULL, 0)));
	assert_true(slice_is_ascii(slice_make("a\0\x7f", 3)));
	assert_false(slice_is_ascii(slice_text("a\x80")));
	assert_false(slice_is_ascii(slice_text("\xff"
					       "b")));
}

static void
test_line_end(void **state)
{
	struct slice s = slice_text("a\r\nb\nc\r\r");
	static const size_t lens[] = {0, 2, 1, 0, 1, 0, 0, 0, 0, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++)
		assert_int_equal(slice_line_end(s, i), lens[i]);
	/* A CR at the end is none. */
	assert_int_equal(slice_line_end(slice_part(s, 0, 2), 1), 0);
	assert_int_equal(slice_line_end(slice_make(NULL, 0), 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_part),
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_dup),
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_lower),
	    cmocka_unit_test(test_blank),
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_ascii),
	    cmocka_unit_test(test_line_end),
	};

	return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}
