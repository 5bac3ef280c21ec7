/* Buffers: grow up to the cap, and remember when something did not fit. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void
test_add(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_slice(&b).len, 0);
	buf_add(&b, "ab\0c", 4);
	buf_add(&b, NULL, 0);
	buf_add_slice(&b, slice_text("de"));
	buf_add_slice(&b, slice_make(NULL, 0));
	buf_add_text(&b, "");
	buf_add_text(&b, "fg");
	buf_add_char(&b, 'h');
	buf_addf(&b, "%d%s", 42, "!");
	buf_addf(&b, "%s", "");
	assert_true(buf_ok(&b));
	assert_true(
	    slice_equal(buf_slice(&b), slice_make("ab\0cdefgh42!", 12)));
	assert_int_equal(buf_text(&b)[12], '\0');
	buf_fini(&b);
	assert_int_equal(b.max, 1000);
}

static void
test_growth(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	for (size_t i = 0; i < 100000; i++)
		buf_add_char(&b, (char)(i % 251));
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, 100000);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.data[i], (unsigned char)(i % 251));
	buf_fini(&b);
}

/* At the cap everything fits, one past it nothing more does. */
static void
test_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	buf_add_text(&b, "12345678");
	assert_true(buf_ok(&b));
	assert_string_equal(buf_text(&b), "12345678");
	buf_add(&b, "", 0);
	assert_true(buf_ok(&b));
	buf_add_char(&b, '9');
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 8);
	/* What fits is not added either: the result would have a gap. */
	buf_clear(&b);
	buf_add_text(&b, "123456789");
	buf_add_char(&b, '1');
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	assert_true(buf_ok(&b));
	buf_addf(&b, "%08d", 7);
	assert_true(buf_ok(&b));
	buf_addf(&b, "%d", 7);
	assert_false(buf_ok(&b));
	assert_string_equal(buf_text(&b), "00000007");
	buf_fini(&b);
}

static void
test_cap_of_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_string_equal(buf_text(&b), "");
	buf_add_char(&b, 'x');
	assert_false(buf_ok(&b));
	buf_fini(&b);
}

static void
test_reserve(void **state)
{
	struct buf b;
	unsigned char *p;

	(void)state;
	buf_init(&b, 1000);
	p = buf_reserve(&b, 1000);
	assert_non_null(p);
	memset(p, 'x', 1000);
	b.len += 999;
	assert_non_null(buf_reserve(&b, 1));
	assert_null(buf_reserve(&b, 2));
	assert_false(buf_ok(&b));
	buf_clear(&b);
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_fini(&b);
}

static void
test_take(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 1000);
	buf_add_text(&b, "mine");
	text = buf_take_text(&b);
	assert_string_equal(text, "mine");
	assert_int_equal(b.len, 0);
	free(text);
	text = buf_take_text(&b);
	assert_string_equal(text, "");
	free(text);
	buf_add_text(&b, "again");
	assert_string_equal(buf_text(&b), "again");
	buf_fini(&b);
}

static void
test_wipe(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_wipe(&b);
	buf_add_text(&b, "secret");
	buf_wipe(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_growth),
	    cmocka_unit_test(test_cap),
	    cmocka_unit_test(test_cap_of_nothing),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_take),
	    cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
