/* One element at a time, in DER and nothing else. */
#include "unit/unit.h"

#include <string.h>

#include "keyd/keyd_der.h"

static unsigned char bytes[70000];

/* Tag, then these length bytes, then contents of len zeros. */
static struct slice
make(const char *length, size_t length_bytes, size_t len)
{
	memset(bytes, 0, sizeof(bytes));
	bytes[0] = DER_OCTET_STRING;
	memcpy(bytes + 1, length, length_bytes);
	return slice_make(bytes, 1 + length_bytes + len);
}

static bool
is_read(struct slice s, size_t len)
{
	struct keyd_der element;

	return keyd_der_only(s, DER_OCTET_STRING, &element) &&
	       element.contents.len == len && element.whole.len == s.len;
}

static void
test_lengths(void **state)
{
	(void)state;
	assert_true(is_read(make("\0", 1, 0), 0));
	assert_true(is_read(make("\x7f", 1, 127), 127));
	assert_true(is_read(make("\x81\x80", 2, 128), 128));
	assert_true(is_read(make("\x81\xff", 2, 255), 255));
	assert_true(is_read(make("\x82\x01\x00", 3, 256), 256));
	assert_true(is_read(make("\x82\xff\xff", 3, 65535), 65535));
}

static void
test_lengths_that_are_not_minimal(void **state)
{
	(void)state;
	assert_false(is_read(make("\x81\x7f", 2, 127), 127));
	assert_false(is_read(make("\x81\x00", 2, 0), 0));
	assert_false(is_read(make("\x82\x00\xff", 3, 255), 255));
	assert_false(is_read(make("\x82\x00\x00", 3, 0), 0));
	assert_false(is_read(make("\x83\x00\x01\x00", 4, 256), 256));
}

static void
test_lengths_that_are_not_ours(void **state)
{
	(void)state;
	assert_false(is_read(make("\x80", 1, 10), 10)); /* indefinite */
	assert_false(is_read(make("\xff", 1, 10), 10));
	assert_false(is_read(make("\x83\x01\x00\x00", 4, 65536), 65536));
	assert_false(is_read(make("\x84\xff\xff\xff\xff", 5, 10), 10));
	assert_false(
	    is_read(make("\x88\xff\xff\xff\xff\xff\xff\xff\xff", 9, 10), 10));
}

static void
test_cut_short(void **state)
{
	struct slice s = make("\x82\x01\x00", 3, 256);
	struct keyd_der element;

	(void)state;
	for (size_t len = 0; len < s.len; len++) {
		struct slice cut = slice_part(s, 0, len);

		assert_false(keyd_der_next(&cut, DER_OCTET_STRING, &element));
		assert_int_equal(cut.len, len);
	}
}

static void
test_tags(void **state)
{
	static const unsigned char two[] = {0x02, 1, 7, 0x04, 2, 8, 9};
	struct slice rest = slice_make(two, sizeof(two));
	struct keyd_der element;

	(void)state;
	assert_false(keyd_der_next(&rest, DER_OCTET_STRING, &element));
	assert_false(keyd_der_only(rest, DER_INTEGER, &element));
	assert_true(keyd_der_next(&rest, DER_INTEGER, &element));
	assert_int_equal(element.contents.data[0], 7);
	assert_int_equal(element.whole.len, 3);
	assert_true(keyd_der_only(rest, DER_OCTET_STRING, &element));
	assert_true(keyd_der_next(&rest, DER_OCTET_STRING, &element));
	assert_int_equal(element.contents.data[1], 9);
	assert_int_equal(rest.len, 0);
	assert_false(keyd_der_next(&rest, DER_OCTET_STRING, &element));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_lengths_that_are_not_minimal),
	    cmocka_unit_test(test_lengths_that_are_not_ours),
	    cmocka_unit_test(test_cut_short),
	    cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
