/* Other labels: only their values change. */
#include "unit/unit.h"

#include <stdlib.h>

#include "mail/mime_label.h"

/* wanted NULL: it cannot be done. */
static void
check(const char *header, const char *charset, const char *cte,
    const char *wanted)
{
	struct mime_tree tree;
	struct buf out;
	bool good;

	buf_init(&out, 10000);
	mime_scan(&tree, slice_text(header), slice_text("x\r\n"));
	good = mime_label_write(tree.root, charset, cte, &out);
	if (good != (wanted != NULL))
		fail_msg("%s: %s", header, buf_text(&out));
	if (wanted)
		assert_string_equal(buf_text(&out), wanted);
	mime_tree_fini(&tree);
	buf_fini(&out);
}

#define T   "Content-Type: text/plain"
#define CTE "Content-Transfer-Encoding:"

static void
test_charset(void **state)
{
	static const char *const rows[][2] = {
	    {T "\r\n", T "; charset=utf-8\r\n"},
	    {T ";\r\n", T "; charset=utf-8\r\n"},
	    {T " \t\r\nX: y\r\n", T "; charset=utf-8 \t\r\nX: y\r\n"},
	    {T "; charset=us-ascii\r\n", T "; charset=utf-8\r\n"},
	    {T "; Charset = \"US-ASCII\" ; format=flowed\r\n",
		T "; Charset = utf-8 ; format=flowed\r\n"},
	    {T ";\r\n\tformat=\"charset=x\";\r\n\tcharset=koi8-r\r\n",
		T ";\r\n\tformat=\"charset=x\";\r\n\tcharset=utf-8\r\n"},
	    {T "; x=\"a;charset=b\\\"\"; charset=\r\n", NULL},
	    {T "; x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
		T "; x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;"
		  "\r\n\tcharset=utf-8\r\n"},
	    {"X: y\r\ncontent-type:text/html\r\n",
		"X: y\r\ncontent-type:text/html; charset=utf-8\r\n"},
	    {"X: y\r\n", "X: y\r\n" T "; charset=utf-8\r\n"},
	    {"", T "; charset=utf-8\r\n"},
	    {T "; charset*=us-ascii''koi8-r\r\n", NULL},
	    {T "; charset*0=us-; charset*1=ascii\r\n", NULL},
	    {T "; charset=(x)us-ascii\r\n", NULL},
	    {T "\r\n" T "\r\n", NULL},
	    {T, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i][0], "utf-8", NULL, rows[i][1]);
}

static void
test_encoding(void **state)
{
	(void)state;
	check(T "\r\n", NULL, "quoted-printable",
	    T "\r\n" CTE " quoted-printable\r\n");
	check("content-transfer-encoding:7bit\r\n" T "\r\n", NULL, "base64",
	    "content-transfer-encoding: base64\r\n" T "\r\n");
	check(CTE " 7bit\r\n" CTE " 7bit\r\n", NULL, "base64", NULL);
}

static void
test_both_or_none(void **state)
{
	(void)state;
	check(CTE " 7bit\r\n" T "\r\n", "utf-8", "base64",
	    CTE " base64\r\n" T "; charset=utf-8\r\n");
	check(CTE " 7bit\r\n" T "\r\n", NULL, NULL, CTE " 7bit\r\n" T "\r\n");
	check("", "utf-8", "base64", T "; charset=utf-8\r\n" CTE " base64\r\n");
	check("", NULL, NULL, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_charset),
	    cmocka_unit_test(test_encoding),
	    cmocka_unit_test(test_both_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
