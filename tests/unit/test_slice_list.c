/* Bytes in pieces: reading and finding, wherever the pieces meet. */
#include "unit/unit.h"

#include <string.h>

#include "base/slice.h"

/* Cuts text at every place that has a bit in cuts. */
static struct slice_list
cut(const char *text, unsigned cuts)
{
	struct slice_list list = {.count = 0};
	size_t from = 0, n = strlen(text);

	for (size_t i = 1; i <= n; i++)
		if (i == n || cuts >> i & 1) {
			slice_list_add(
			    &list, slice_part(slice_text(text), from, i));
			from = i;
		}
	return list;
}

static void
test_find_equals_memmem(void **state)
{
	static const char text[] = "ababaab";
	static const char *const needles[] = {"a", "b", "ab", "ba", "aa", "aba",
	    "baab", "ababaab", "bb", "c", "ababaabx"};

	(void)state;
	for (unsigned cuts = 0; cuts < 128; cuts++) {
		struct slice_list list = cut(text, cuts);

		for (size_t i = 0; i < sizeof(needles) / sizeof(*needles); i++)
			for (size_t from = 0; from <= 8; from++) {
				const char *p =
				    from > 7 ? NULL
					     : strstr(text + from, needles[i]);

				assert_int_equal(
				    slice_list_find(
					&list, slice_text(needles[i]), from),
				    p ? p - text : 7);
			}
	}
}

static void
test_find_nothing(void **state)
{
	struct slice_list list = {.count = 0};

	(void)state;
	assert_int_equal(slice_list_find(&list, slice_text("a"), 0), 0);
	slice_list_add(&list, slice_make(NULL, 0));
	assert_int_equal(slice_list_find(&list, slice_text("a"), 0), 0);
	slice_list_add(&list, slice_text("abc"));
	assert_int_equal(slice_list_find(&list, slice_text(""), 0), 3);
	assert_int_equal(slice_list_find(&list, slice_text("c"), 0), 2);
}

static void
test_read(void **state)
{
	char out[16];

	(void)state;
	for (unsigned cuts = 0; cuts < 128; cuts++) {
		struct slice_list list = cut("abcdefg", cuts);

		for (size_t from = 0; from <= 9; from++)
			for (size_t len = 0; len <= 9; len++) {
				size_t have = from < 7 ? 7 - from : 0;
				size_t n = len < have ? len : have;

				memset(out, 'x', sizeof(out));
				assert_int_equal(
				    slice_list_read(&list, from, out, len), n);
				if (n > 0)
					assert_memory_equal(
					    out, &"abcdefg"[from], n);
				assert_int_equal(out[n], 'x');
			}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find_equals_memmem),
	    cmocka_unit_test(test_find_nothing),
	    cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
