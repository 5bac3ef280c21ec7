/* Templates: what files may say, and what one sender makes of them. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/disclaimer_text.h"

static struct disclaimer_template *
template_of(const char *text, const char *html)
{
	struct disclaimer_template *t = NULL;
	struct err err;

	if (disclaimer_template_new(
		slice_text(text), slice_text(html), &t, &err))
		fail_msg("%s", err.text);
	return t;
}

static void
check_filled(struct disclaimer_template *t, const char *name,
    const char *address, const char *text, const char *html)
{
	struct disclaimer d;

	disclaimer_fill(t, name, address, &d);
	assert_true(buf_ok(&d.text) && buf_ok(&d.html));
	assert_string_equal(buf_text(&d.text), text);
	if (html)
		assert_string_equal(buf_text(&d.html), html);
	disclaimer_fini(&d);
	disclaimer_template_free(t);
}

static void
check_error(const char *text, const char *html, const char *wanted)
{
	struct disclaimer_template *t = NULL;
	struct err err;

	assert_int_equal(disclaimer_template_new(
			     slice_text(text), slice_text(html), &t, &err),
	    -1);
	assert_null(t);
	assert_string_equal(err.text, wanted);
}

#define ALICE "alice@example.org"

static void
test_lines(void **state)
{
	(void)state;
	check_filled(
	    template_of("a", ""), NULL, ALICE, "a\r\n", "<p>a</p>\r\n");
	check_filled(template_of("\xef\xbb\xbf\n \r\n a \r\rb\n\t\n\n", ""),
	    NULL, ALICE, " a \r\n\r\nb\r\n",
	    "<p> a <br />\r\n<br />\r\nb</p>\r\n");
	check_filled(template_of("a<b> & \"c\"\n", ""), NULL, ALICE,
	    "a<b> & \"c\"\r\n", "<p>a&lt;b&gt; &amp; &quot;c&quot;</p>\r\n");
	check_filled(template_of("a", "<hr>\n<i>b</i>"), NULL, ALICE, "a\r\n",
	    "<hr>\r\n<i>b</i>\r\n");
}

static void
test_placeholders(void **state)
{
	static const char text[] = "%{name} <%{address}> %%{name} 100%\n";

	(void)state;
	check_filled(template_of(text, ""), "Al & Co", ALICE,
	    "Al & Co <" ALICE "> %{name} 100%\r\n",
	    "<p>Al &amp; Co &lt;" ALICE "&gt; %{name} 100%</p>\r\n");
	check_filled(template_of("a", "<b>%{name}</b>"), "<script>", ALICE,
	    "a\r\n", "<b>&lt;script&gt;</b>\r\n");
	check_filled(
	    template_of("%{name}", ""), NULL, ALICE, ALICE "\r\n", NULL);
	check_filled(
	    template_of("%{name}", ""), " \t", ALICE, ALICE "\r\n", NULL);
	/* A name is text, whatever it looks like. */
	check_filled(template_of("%{name}", ""), "%{address}", ALICE,
	    "%{address}\r\n", NULL);
}

static void
test_foreign_names(void **state)
{
	static const char *const rows[][2] = {
	    {"a\r\nb\tc\x01\x7f", "abc\r\n"},
	    {"a\xff\xc3", "a\r\n"},
	    {"a\xc2\x85\xc2\xa0"
	     "b",
		"a\xc2\xa0"
		"b\r\n"},
	    {"\xe2\x80\xaetxt\xe2\x81\xa6\xe2\x80\xa8", "txt\r\n"},
	    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_filled(template_of("%{name}", ""), rows[i][0], ALICE,
		    rows[i][1], NULL);
}

static void
test_long_names(void **state)
{
	char name[LIMIT_DISCLAIMER_NAME + 2], wanted[LIMIT_DISCLAIMER_NAME + 3];

	(void)state;
	for (size_t len = LIMIT_DISCLAIMER_NAME - 1;
	     len <= LIMIT_DISCLAIMER_NAME + 1; len++) {
		memset(name, 'x', sizeof(name));
		name[len] = '\0';
		memset(wanted, 0, sizeof(wanted));
		memset(wanted, 'x',
		    len < LIMIT_DISCLAIMER_NAME ? len : LIMIT_DISCLAIMER_NAME);
		strcat(wanted, "\r\n");
		check_filled(
		    template_of("%{name}", ""), name, ALICE, wanted, NULL);
		/* Cut between characters. */
		memcpy(name + len - 2, "\xc3\xbc", 2);
		if (len == LIMIT_DISCLAIMER_NAME + 1) {
			memset(wanted, 0, sizeof(wanted));
			memset(wanted, 'x', LIMIT_DISCLAIMER_NAME - 1);
			strcat(wanted, "\r\n");
			check_filled(template_of("%{name}", ""), name, ALICE,
			    wanted, NULL);
		}
	}
}

static void
test_errors(void **state)
{
	(void)state;
	check_error("", "", "text: empty");
	check_error(" \r\n\t\n", "", "text: empty");
	check_error("\xef\xbb\xbf", "", "text: empty");
	check_error("a", " ", "html: empty");
	check_error("a\nb\xfc", "",
	    "text: line 2: not UTF-8; if it is Latin-1: "
	    "iconv -f WINDOWS-1252 -t UTF-8");
	check_error("a", "a\r\n\rb\x1b(B", "html: line 3: a control character");
	check_error("a\n%{nam} b}", "",
	    "text: line 2: %{nam}: no such placeholder (there are %{name} and "
	    "%{address}; \"%%{\" writes \"%{\")");
	check_error("a", "<p>a</p><!-- ",
	    "html: it ends inside a tag, comment, script or style");
	check_error("a", "<p>\n</Body>",
	    "html: </body...: it is put into the body of another document");
}

static void
test_nul(void **state)
{
	struct disclaimer_template *t;
	struct err err;

	(void)state;
	assert_int_equal(disclaimer_template_new(
			     slice_make("a\0b", 3), slice_text(""), &t, &err),
	    -1);
	assert_string_equal(err.text, "text: line 1: a control character");
}

static void
test_limits(void **state)
{
	struct disclaimer_template *t;
	char *text = xcalloc(1, LIMIT_DISCLAIMER + 2);
	struct buf many;
	struct err err;

	(void)state;
	memset(text, '"', LIMIT_DISCLAIMER);
	t = template_of(text, text);
	assert_true(buf_ok(&t->text) && buf_ok(&t->html));
	disclaimer_template_free(t);
	text[LIMIT_DISCLAIMER] = '"';
	check_error(text, "", "text: larger than 65536 bytes");
	free(text);
	buf_init(&many, 10000);
	for (size_t i = 0; i < LIMIT_DISCLAIMER_PLACEHOLDERS; i++)
		buf_add_text(&many, "%{name}");
	disclaimer_template_free(template_of(buf_text(&many), ""));
	buf_add_text(&many, "%{name}");
	assert_int_equal(
	    disclaimer_template_new(buf_slice(&many), slice_text(""), &t, &err),
	    -1);
	assert_string_equal(err.text, "text: line 1: too many placeholders");
	buf_fini(&many);
}

/* Everything at its limit still fits. */
static void
test_largest(void **state)
{
	struct disclaimer_template *t;
	char name[LIMIT_DISCLAIMER_NAME + 1];
	struct disclaimer d;
	struct buf text;

	(void)state;
	buf_init(&text, LIMIT_DISCLAIMER);
	for (size_t i = 0; i < LIMIT_DISCLAIMER_PLACEHOLDERS; i++)
		buf_add_text(&text, "%{name}");
	while (text.len < LIMIT_DISCLAIMER)
		buf_add_char(&text, text.len % 2 ? '\n' : 'x');
	t = template_of(buf_text(&text), "");
	memset(name, '"', sizeof(name));
	name[LIMIT_DISCLAIMER_NAME] = '\0';
	disclaimer_fill(t, name, ALICE, &d);
	assert_true(buf_ok(&t->text) && buf_ok(&t->html));
	assert_true(buf_ok(&d.text) && buf_ok(&d.html));
	disclaimer_fini(&d);
	disclaimer_template_free(t);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_placeholders),
	    cmocka_unit_test(test_foreign_names),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
