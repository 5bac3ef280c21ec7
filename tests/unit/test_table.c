/* Tables: alignment by width, and nothing that a terminal obeys. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/table.h"

static void
assert_printable(const char *text, const char *wanted)
{
	char *got = table_printable(text);

	assert_string_equal(got, wanted);
	free(got);
}

static void
test_printable(void **state)
{
	(void)state;
	assert_printable("CN=Jos\xc3\xa9", "CN=Jos\xc3\xa9");
	assert_printable("a\033[2Jb\n\tc\x7f", "a?[2Jb??c?");
	/* C1 controls, right-to-left override, byte order mark */
	assert_printable("\xc2\x9b\x31m", "?1m");
	assert_printable("moc.\xe2\x80\xae.org", "moc.?.org");
	assert_printable("\xef\xbb\xbfx", "?x");
	/* no UTF-8: lone, overlong, surrogate, cut */
	assert_printable("\x80\xff", "??");
	assert_printable("\xc0\xaf", "??");
	assert_printable("\xed\xa0\x80", "???");
	assert_printable("ab\xe2\x82", "ab??");
	assert_printable("\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91");
}

static char *
written(const struct table *t)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(file);
	table_write(t, file);
	fclose(file);
	return text;
}

/* How many columns the table takes a text for, of eight: what follows is as
 * far from its end as they leave. */
static size_t
width_of(const char *text)
{
	const bool right[] = {false, false};
	struct table *t = table_new(2, right);
	const char *const row[] = {text, "|"}, *const wide[] = {
						   "12345678", "|"};
	size_t width;
	char *got;

	table_add(t, row);
	table_add(t, wide);
	got = written(t);
	width = 8 + 2 + strlen(text) - strcspn(got, "|");
	free(got);
	table_free(t);
	return width;
}

static void
test_width(void **state)
{
	(void)state;
	assert_int_equal(width_of(""), 0);
	assert_int_equal(width_of("abc"), 3);
	assert_int_equal(width_of("J\xc3\xb6rg"), 4);
	/* wide, and a combining accent */
	assert_int_equal(width_of("\xe4\xb8\xad\xe6\x96\x87"), 4);
	assert_int_equal(width_of("e\xcc\x81"), 1);
}

static void
test_alignment(void **state)
{
	static const bool right[] = {false, true, false};
	struct table *t = table_new(3, right);
	char *text;

	(void)state;
	table_add(t, (const char *const[]){"NAME", "N", "END"});
	table_add(t, (const char *const[]){"J\xc3\xb6rg", "10", ""});
	table_add(t, (const char *const[]){"x", "9", "z"});
	text = written(t);
	assert_string_equal(text, "NAME   N  END\n"
				  "J\xc3\xb6rg  10\n"
				  "x      9  z\n");
	free(text);
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_printable),
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_alignment),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
