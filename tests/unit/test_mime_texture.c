/* Textures: each thing that does not survive the road is seen. */
#include "unit/unit.h"

#include <string.h>

#include "base/limits.h"
#include "mail/mime_texture.h"

/* One letter for each thing that is odd about the bytes. */
static void
check_texture(struct slice data, const char *wanted)
{
	struct mime_texture t = {0};
	char got[7] = "", *p = got;

	mime_texture_scan(&t, data);
	if (t.has_8bit)
		*p++ = '8';
	if (t.has_nul)
		*p++ = '0';
	if (t.has_bare_cr_lf)
		*p++ = 'r';
	if (t.has_long_line)
		*p++ = 'l';
	if (t.has_trailing_blank)
		*p++ = 'b';
	if (t.has_from_line)
		*p++ = 'F';
	assert_string_equal(got, wanted);
	assert_int_equal(mime_texture_is_robust(&t), !*wanted);
	assert_int_equal(
	    mime_texture_survives(&t), strspn(wanted, "bF") == strlen(wanted));
}

static void
test_textures(void **state)
{
	static const char *const pairs[][2] = {
	    {"", ""},
	    {"plain\r\n.\r\nFrom\r\n From x\r\n\r\nend", ""},
	    {"gr\xc3\xbc\xc3\x9f", "8"},
	    {"12345678\x80", "8"},
	    {"\x80"
	     "12345678",
		"8"},
	    {"a\nb", "r"},
	    {"a\rb\r\n", "r"},
	    {"a\r\r\n", "r"},
	    {"a\r", "r"},
	    {"\n", "r"},
	    {"a \r\n", "b"},
	    {"a\t\r\nb", "b"},
	    {"a ", "b"},
	    {" ", "b"},
	    {"a\r\n\t", "b"},
	    {"From x", "F"},
	    {"a\r\nFrom x\r\n", "F"},
	    {"aFrom x", ""},
	    {"From \xff\n", "8rF"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_texture(slice_text(pairs[i][0]), pairs[i][1]);
	check_texture(slice_make("a\0", 2), "0");
	check_texture(slice_make(NULL, 0), "");
}

/* Every position of a byte over 127 in a run of words is seen. */
static void
test_8bit_at_every_place(void **state)
{
	unsigned char data[64];

	(void)state;
	for (size_t len = 1; len < sizeof(data); len++)
		for (size_t i = 0; i < len; i++) {
			memset(data, 0x7e, sizeof(data));
			data[i] = 0x80;
			check_texture(slice_make(data, len), "8");
			check_texture(slice_make(data, i), "");
		}
}

static void
test_line_limit(void **state)
{
	char line[LIMIT_LINE + 4];

	(void)state;
	memset(line, 'x', sizeof(line));
	check_texture(slice_make(line, LIMIT_LINE), "");
	check_texture(slice_make(line, LIMIT_LINE + 1), "l");
	memcpy(line + LIMIT_LINE, "\r\n", 2);
	check_texture(slice_make(line, LIMIT_LINE + 2), "");
	memcpy(line + LIMIT_LINE, "x\r\n", 3);
	check_texture(slice_make(line, LIMIT_LINE + 3), "l");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_textures),
	    cmocka_unit_test(test_8bit_at_every_place),
	    cmocka_unit_test(test_line_limit),
	};

	return cmocka_run_group_tests_name("mime_texture", tests, NULL, NULL);
}
