/* Labels for what has none. */
#include "unit/unit.h"

#include <string.h>

#include "mail/charset.h"

/* wanted: NULL when nobody knows. */
static void
check_guess(struct slice text, const char *wanted)
{
	const char *got = charset_guess(text);

	if (!got != !wanted || (got && strcmp(got, wanted) != 0))
		fail_msg("%.*s: %s", (int)text.len, (const char *)text.data,
		    got ? got : "nothing");
}

static void
check_text(const char *text, const char *wanted)
{
	check_guess(slice_text(text), wanted);
}

static void
test_guesses(void **state)
{
	(void)state;
	check_guess(slice_make(NULL, 0), "us-ascii");
	check_text("plain\r\n", "us-ascii");
	check_guess(slice_make("a\0b", 3), "us-ascii");
	check_text("gr\xc3\xbc\xc3\x9f"
		   "e\r\n",
	    "utf-8");
	check_text("\xef\xbb\xbf"
		   "byte order mark",
	    "utf-8");
	/* Latin-1, Shift_JIS, and ISO-2022-JP, which has no 8-bit bytes. */
	check_text("gr\xfc\xdf"
		   "e",
	    NULL);
	check_text("\x95\x5c\x8e\xa6", NULL);
	check_text("\x1b$B$3$s\x1b(B", NULL);
	/* One byte decides. */
	check_text("\xc3\xbc \xc3\xbc \xfc", NULL);
}

static void
test_utf8(void **state)
{
	static const char *const valid[] = {"\xc2\x80", "\xdf\xbf",
	    "\xe0\xa0\x80", "\xec\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80",
	    "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf3\xbf\xbf\xbf",
	    "\xf4\x8f\xbf\xbf", "\x7f"};
	static const char *const invalid[] = {"\x80", "\xbf", "\xc0\x80",
	    "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf",
	    "\xed\xa0\x80", "\xe1\x80", "\xe1\x80\xc0", "\xf0\x8f\xbf\xbf",
	    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80", "\xff"};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++) {
		strcpy(text, "a");
		strcat(text, valid[i]);
		assert_true(charset_is_utf8(slice_text(text)));
		assert_true(charset_is_utf8(slice_text(strcat(text, "b"))));
	}
	for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++) {
		strcpy(text, "a");
		strcat(text, invalid[i]);
		assert_false(charset_is_utf8(slice_text(text)));
		assert_false(charset_is_utf8(slice_text(strcat(text, "b"))));
	}
}

static void
test_lower(void **state)
{
	/* Capitals that have a small form of two bytes, and others. */
	static const char in[] = "AZ[az \xc3\x80\xc3\x97\xc3\x9e\xc3\x9f"
				 "\xc4\x80\xc4\x81\xc4\xb0\xc5\xbd\xc5\xb8"
				 "\xce\x91\xce\xa9\xd0\x80\xd0\x90\xd0\xaf"
				 "\xe1\xba\x9e\xff\xc3";
	static const char out[] = "az[az \xc3\xa0\xc3\x97\xc3\xbe\xc3\x9f"
				  "\xc4\x81\xc4\x81\xc4\xb0\xc5\xbe\xc5\xb8"
				  "\xce\xb1\xcf\x89\xd1\x90\xd0\xb0\xd1\x8f"
				  "\xe1\xba\x9e\xff\xc3";
	unsigned char got[sizeof(in)];

	(void)state;
	charset_lower(slice_text(in), got);
	assert_memory_equal(got, out, sizeof(out) - 1);
}

/* At the edges of what is not seen, and beside them. */
static void
test_hidden(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
	    {"a", 0},
	    {"\xc2\xac", 0},
	    {"\xc2\xad-", 2},
	    {"\xc2\xae", 0},
	    {"\xe2\x80\x8a", 0},
	    {"\xe2\x80\x8b\xe2\x80\x8b", 3},
	    {"\xe2\x80\x8f", 3},
	    {"\xe2\x80\x90", 0},
	    {"\xe2\x81\xaf", 3},
	    {"\xef\xb8\x8f", 3},
	    {"\xef\xbb\xbf", 3},
	    {"\xf3\xa0\x80\x80", 4},
	    {"\xf3\xa0\xbf\xbf", 4},
	    {"\xf3\xa1\x80\x80", 0},
	    {"\xe2\x80", 0},
	    {"\x80\x8b", 0},
	    {"\xff", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(
		    charset_hidden_length(slice_text(rows[i].text)),
		    rows[i].len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_guesses),
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_lower),
	    cmocka_unit_test(test_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
