/* Subjects as people's programs write them, and what is left of them. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mail/encoded_text.h"

/* --- reading --- */

static void
check_text(const char *body, const char *wanted)
{
	struct encoded_text t;

	encoded_text_read(&t, slice_text(body));
	assert_true(buf_ok(&t.text));
	if (strcmp(buf_text(&t.text), wanted) != 0)
		fail_msg("%s: \"%s\"", body, buf_text(&t.text));
	encoded_text_fini(&t);
}

static void
test_plain(void **state)
{
	(void)state;
	check_text("", "");
	check_text(" Hello", " Hello");
	check_text(" Hello\n\tyou \r\n there", " Hello\tyou  there");
	check_text(" gr\xc3\xbc\xc3\x9f"
		   "e",
	    " gr\xc3\xbc\xc3\x9f"
	    "e");
	check_text(" raw \xfc", " raw \xfc");
}

/* RFC 2047 8, and what the charsets of the world make of it. */
static void
test_words(void **state)
{
	static const struct {
		const char *body, *text;
	} rows[] = {
	    {" =?ISO-8859-1?Q?a?=", " a"},
	    {"=?ISO-8859-1?Q?a?= b", "a b"},
	    {" =?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", " ab"},
	    {" =?ISO-8859-1?Q?a?=\n    =?utf-8?b?Yg?=", " ab"},
	    {" =?ISO-8859-1?Q?a_b?=", " a b"},
	    {" =?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", " a b"},
	    {" =?utf-8?q?gr=C3=BC=c3=9fe?= !", " gr\xc3\xbc\xc3\x9f"
					       "e !"},
	    {" =?UTF-8*de?Q?=C3=BC?=", " \xc3\xbc"},
	    {" =?iso-8859-1?q?=FC?=", " \xc3\xbc"},
	    {" =?iso-8859-1?q?=80?=", " \xe2\x82\xac"}, /* means CP1252 */
	    {" =?koi8-r?b?8NLJ18XU?=",
		" \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
	    {" =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=",
		" \xe6\x97\xa5\xe6\x9c\xac"},
	    /* A character, and a state of ISO 2022, across two words. */
	    {" =?utf-8?q?=E6=97?= =?UTF-8?Q?=A5?=", " \xe6\x97\xa5"},
	    {" =?ISO-2022-JP?B?GyRCRnw=?=\n =?iso-2022-jp?b?S1wbKEI=?=",
		" \xe6\x97\xa5\xe6\x9c\xac"},
	    {" =?shift_jis?b?k/qWew==?=", " \xe6\x97\xa5\xe6\x9c\xac"},
	    {" =?windows-1258?q?a?=", " a"}, /* kept back for an accent */
	    /* Cut off, or nothing that the charset has. */
	    {" =?utf-8?q?a=C3?=", " a\xef\xbf\xbd"},
	    {" =?us-ascii?q?=FC?=", " \xef\xbf\xbd"},
	    {" =?iso-2022-jp?q?=FFx?=", " \xef\xbf\xbdx"},
	    {" =?utf-8?b?YQ==?=", " a"},
	    {" =?utf-8?b?YQ=?=", " a"},
	    {" =?utf-8?q?a=0Ab?=", " a\nb"},
	    {" =?utf-8?q?"
	     "?=",
		" "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_text(rows[i].body, rows[i].text);
}

/* What is no word stands for itself. */
static void
test_no_words(void **state)
{
	static const char *const rows[] = {
	    " a=?utf-8?q?b?=",
	    " =?utf-8?q?b?=c",
	    " =?utf-8?q?a b?=",
	    " =?utf-8?x?a?=",
	    " =?x-klingon?q?a?=",
	    " =?utf-8?b?Y?=",
	    " =?utf-8?b?Y-==?=",
	    " =?utf-8?b?YQ===?=",
	    " =?utf-8?q?a",
	    " =?utf-8?q?a?",
	    " =?utf-8?q",
	    " =?",
	    " =",
	    " =?utf-8?q?\xc3\xbc?=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_text(rows[i], rows[i]);
	check_text(" =?utf-8?q?a?= =?x?q?b?= =?utf-8?q?c?=", " a =?x?q?b?= c");
}

/* --- what is left --- */

/* The body without the first occurrence of a text. */
static char *
without(const char *body, const char *text)
{
	struct encoded_text t;
	struct buf out;
	bool *gone;
	char *at;

	encoded_text_read(&t, slice_text(body));
	gone = xcalloc(t.text.len + 1, sizeof(*gone));
	at = strstr(buf_text(&t.text), text);
	if (!at)
		fail_msg("\"%s\" is not in \"%s\"", text, buf_text(&t.text));
	for (size_t i = 0; i < strlen(text); i++)
		gone[at - (char *)t.text.data + (long)i] = true;
	buf_init(&out, 1 << 20);
	encoded_text_write(&t, gone, 8, &out);
	assert_true(buf_ok(&out));
	free(gone);
	encoded_text_fini(&t);
	return buf_take_text(&out);
}

static void
test_without(void **state)
{
	static const struct {
		const char *body, *text, *wanted;
	} rows[] = {
	    {" [x] Hello", "[x] ", " Hello"},
	    {"[x] Hello", "[x] ", " Hello"},
	    {"x", "x", " "},
	    {" [x]", "[x]", " "},
	    {" [x]", " [x]", " "},
	    {"\tHello  there [x]", " [x]", "\tHello  there"},
	    /* Folds stay with the blank behind them. */
	    {" a\n [x] b", "[x] ", " a\n b"},
	    {" a\r\n [x]\r\n\tb", "[x]\t", " a\n b"},
	    {" a\rb\r [x]", " [x]", " ab"},
	    {" [x] =?utf-8?q?a?=\r\n =?utf-8?q?b?=", "[x] ",
		" =?utf-8?q?a?=\n =?utf-8?q?b?="},
	    {" a\n [x]", " [x]", " a"},
	    {"\n [x]", " [x]", " "},
	    {" [x]\n a", "[x] ", " a"},
	    /* Other bytes stay, whatever they are. */
	    {" [x] raw \xfc =?x-y?q?z?= =?utf-8?B?YQ?=", "[x] ",
		" raw \xfc =?x-y?q?z?= =?utf-8?B?YQ?="},
	    {" =?iso-8859-1?q?=FC?= [x] b =?utf-8?B?YQ?=", "[x] ",
		" =?iso-8859-1?q?=FC?= b =?utf-8?B?YQ?="},
	    /* Inside words: these alone are encoded anew. */
	    {" =?iso-8859-1?q?[x]_gr=FCn?= b", "[x] ",
		" =?utf-8?q?gr=C3=BCn?= b"},
	    {" =?iso-8859-1?q?[x]_a?= b", "[x] ", " a b"},
	    {" =?utf-8?q?[x]?= b =?utf-8?B?YQ?=", "[x] ", " b =?utf-8?B?YQ?="},
	    {" =?utf-8?q?gr=C3=BC[?= =?utf-8?q?x]n?=", "[x]",
		" =?utf-8?q?gr=C3=BCn?="},
	    /* Half in a word, half outside. */
	    {" [x =?utf-8?q?y]_=C3=BC?=", "[x y] ", " =?utf-8?b?w7w=?="},
	    /* Words that become neighbours would lose their blank. */
	    {" =?utf-8?q?=C3=A4?= [x] =?utf-8?q?=C3=BC?=", "[x] ",
		" =?utf-8?b?w6Qgw7w=?="},
	    {" =?utf-8?q?=C3=A4?= [x] =?utf-8?q?=C3=BC?=", " [x] ",
		" =?utf-8?b?w6TDvA==?="},
	    {" =?utf-8?q?a?= [x] =?utf-8?q?b?=", "[x] ", " a b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *got = without(rows[i].body, rows[i].text);

		if (strcmp(got, rows[i].wanted) != 0)
			fail_msg("\"%s\" without \"%s\": \"%s\"", rows[i].body,
			    rows[i].text, got);
		free(got);
	}
}

/* What follows longer words goes to the next line. */
static void
test_without_long(void **state)
{
	char *got = without(" =?iso-8859-1?q?[x]_=E4=E4=E4=E4=E4=E4=E4=E4=E4=E4"
			    "=E4?= and twenty more words, one of them long",
	    "[x] ");

	(void)state;
	assert_string_equal(got,
	    " =?utf-8?b?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpA==?= and twenty more "
	    "words, one of them long");
	free(got);
	got = without(" =?iso-8859-1?q?[x]_=E4=E4=E4=E4=E4=E4=E4=E4=E4=E4=E4"
		      "=E4=E4=E4=E4=E4=E4=E4=E4?= andtwentymorewords",
	    "[x] ");
	assert_string_equal(got,
	    " =?utf-8?b?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q="
	    "?=\n andtwentymorewords");
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_no_words),
	    cmocka_unit_test(test_without),
	    cmocka_unit_test(test_without_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
