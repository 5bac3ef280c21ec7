/* HTML: where a document ends, and what is not its end. */
#include "unit/unit.h"

#include <string.h>

#include "mail/html_scan.h"

/* The "|" in the text marks the place; without one there is none. */
static void
check(const char *marked, bool escapes)
{
	const char *mark = strchr(marked, '|');
	unsigned char html[400];
	size_t at = 0, len = 0;

	for (const char *p = marked; *p; p++)
		if (*p != '|')
			html[len++] = (unsigned char)*p;
	if (html_find_end(slice_make(html, len), escapes, &at) !=
	    (mark != NULL))
		fail_msg("%s: %s", marked, mark ? "none" : "found");
	if (mark && at != (size_t)(mark - marked))
		fail_msg("%s: %zu", marked, at);
}

static void
test_ends(void **state)
{
	static const char *const rows[] = {
	    "|",
	    "text|",
	    "a < b|",
	    "a <|",
	    "<>|",
	    "<p>text</p>|",
	    "<body>text|</body>",
	    "<body>text|</BODY\n></html>",
	    "text|</html>",
	    "text</html>|</body>",
	    "a</body>b|</body>c",
	    "a|</body>b</html>",
	    "|</body x=\"</body>\">",
	    "</bod></bodyy>|",
	    "|</body/>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i], false);
}

static void
test_no_markup(void **state)
{
	static const char *const rows[] = {
	    "a|</body><!-- </body> --></html>",
	    "a</body><!-->|</body>",
	    "a|</body><!-- > -> - -- </body> -->",
	    "<!--->a|</body>",
	    "<!-- a --!>b|</body>",
	    "<!-- a ---->b|</body>",
	    "<!-- a --!-->b|</body>",
	    "<!doctype html>a|</body>",
	    "<?xml version='1.0'?>a|</body>",
	    "</ body></!body>|",
	    "<script>'</body>'</script>|</body>",
	    "<SCRIPT a=b>x</scriptx></body></Script >|</body>",
	    "<style></body></style>|</body>",
	    "<title></body></title>|</body>",
	    "<textarea></body></</textarea>|</body>",
	    "<a title='</body>'>|</body>",
	    "<a title=\"</body>\">|</body>",
	    "<a title=</body>|</body>",
	    "<a title = \"</body>\" x>|</body>",
	    "<a'b=\"</body>\">|</body>",
	    "<a b/c=\"</body>\">|</body>",
	    "<![CDATA[</body]x]]]>|</body>",
	    "<!--!>--></body><!-- --></body>|</body>",
	    "<!---!></body>-->a|</body>",
	    "<!--!></body>-->a|</body>",
	    "<svg><style>x</style></svg>|</body>",
	    "<style>a<b</style><svg></svg>|</body>",
	    "<script>'<scripts <scrip t</script>|</body>",
	    "<!-</body>|</body>",
	    "<![CDAT</body>|",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i], false);
}

/* What is put behind them would not be seen. */
static void
test_open_ends(void **state)
{
	static const char *const rows[] = {
	    "<!-- </body>",
	    "<script></body>",
	    "<style>",
	    "<plaintext></plaintex",
	    "<a href='</body>",
	    "<a",
	    "</",
	    "</body",
	    "<!",
	    "<![CDATA[",
	    "<?xml",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i], false);
	check("a|</body><!--", false);
}

/* Some readers would see the place inside of something else. */
static void
test_disputed(void **state)
{
	static const char *const rows[] = {
	    "<![CDATA[ > <!-- ]]></body> -->",
	    "<script><!-- <script> </script></body></script>",
	    "<script><!-- <SCRIPT/ </script></body>--></script>",
	    "<svg><style><!--</style></body>--></style></svg>",
	    "<math/><title><</title></body>",
	    "<svg><script></body></script></body>",
	    "<!--!></body>",
	    "<!---!></body>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i], false);
}

static void
test_escapes(void **state)
{
	(void)state;
	check("\x1b$B</body>\x1b(B|</body>", true);
	check("\x1b$B<!--\x1b(Ja|", true);
	check("\x1b$(D</body>\x1b(B|", true);
	check("\x1b(I</body>\x1b(B|", true);
	check("a|</body>\x1b(B", true);
}

static void
test_names_are_cut(void **state)
{
	struct html_scan s;

	(void)state;
	html_scan_init(&s);
	for (const char *p = "<abcdefghijkl"; *p; p++)
		html_scan_byte(&s, (unsigned char)*p);
	assert_int_equal(s.name_len, HTML_NAME_MAX);
	html_scan_byte(&s, 'm');
	html_scan_byte(&s, 'n');
	assert_int_equal(s.name_len, HTML_NAME_MAX + 1);
	assert_false(html_scan_byte(&s, '>'));
	assert_true(html_scan_byte(&s, 'x'));
	assert_int_equal(s.state, HTML_DATA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_no_markup),
	    cmocka_unit_test(test_open_ends),
	    cmocka_unit_test(test_disputed),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_names_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
