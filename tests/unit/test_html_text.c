/* HTML as text: tags out, references resolved, whatever pieces it comes in. */
#include "unit/unit.h"

#include <string.h>

#include "mail/charset.h"
#include "mail/html_text.h"

static int
take(void *context, struct slice utf8, struct err *err)
{
	(void)err;
	/* Whole characters. */
	assert_true(charset_is_utf8(utf8));
	buf_add_slice(context, utf8);
	return 0;
}

/* In pieces of so many characters. */
static void
check_pieces(const char *html, const char *wanted, size_t count)
{
	struct slice in = slice_text(html);
	struct html_text text;
	struct err err;
	struct buf out;
	size_t end;

	buf_init(&out, 1000);
	html_text_init(&text, &(const struct charset_sink){take, &out});
	while (in.len > 0) {
		end = 0;
		for (size_t i = 0; i < count && end < in.len; i++)
			end += charset_utf8_length(slice_part(in, end, in.len));
		assert_int_equal(
		    html_text_take(&text, slice_part(in, 0, end), &err), 0);
		in = slice_part(in, end, in.len);
	}
	assert_int_equal(html_text_finish(&text, &err), 0);
	assert_string_equal(buf_text(&out), wanted);
	buf_fini(&out);
}

static void
test_text(void **state)
{
	static const char *const rows[][2] = {
	    {"", ""},
	    {"a<b>b</b>c", "abc"},
	    {"a < b", "a  b"},
	    {"<\xc3\xbc>x", "\xc3\xbc>x"},
	    {"a<!-- x --><style>y</style><script>z</script>b", "ab"},
	    {"<a title='&amp;x'>y</a>", "y"},
	    {"&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
	    {"&auml;&Ouml;&szlig;&nbsp;&yuml;",
		"\xc3\xa4\xc3\x96\xc3\x9f\xc2\xa0\xc3\xbf"},
	    {"&#228;&#xE4;&#Xe4;&euro;&ndash;",
		"\xc3\xa4\xc3\xa4\xc3\xa4\xe2\x82\xac\xe2\x80\x93"},
	    {"&#128512;", "\xf0\x9f\x98\x80"},
	    {"&auml", "\xc3\xa4"},
	    {"&auml<b>", "\xc3\xa4"},
	    {"&auml\xc3\xbc", "\xc3\xa4\xc3\xbc"},
	    {"&\xc3\xbc&;&&x;", "&\xc3\xbc&&&x"},
	    {"&#0;&#xd800;&#1114112;&#xg;&#;", "&#0&#xd800&#1114112&#xg&#"},
	    {"&unknown;&toolongforaname;", "&unknown&toolongforaname;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 1; n < 12; n++)
			check_pieces(rows[i][0], rows[i][1], n);
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
	static const char *const rows[] = {"a", "&amp; ", "< a"};
	struct html_text text;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		html_text_init(
		    &text, &(const struct charset_sink){refuse, NULL});
		assert_int_equal(
		    html_text_take(&text, slice_text(rows[i]), &err), -1);
		assert_string_equal(err.text, "full");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_sink_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
