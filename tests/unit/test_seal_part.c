/* Parts by their numbers, and what is different in them. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/seal_part.h"
#include "base/alloc.h"
#include "unit/must.h"

static const struct spool_config spool = {
    .memory = 65536, .max = 1 << 20, .folder = "/tmp"};

#define MIXED "Content-Type: multipart/mixed; boundary=\"o\"\r\n"
#define INNER                                                                  \
	"--o\r\n\r\none\r\n"                                                   \
	"--o\r\nContent-Type: multipart/alternative; boundary=\"i\"\r\n\r\n"   \
	"--i\r\n\r\ntwo one\r\n--i\r\n\r\ntwo two\r\n--i--\r\n\r\n"            \
	"--o\r\nContent-Type: message/rfc822\r\n\r\n"                          \
	"Content-Type: multipart/mixed; boundary=\"m\"\r\n\r\n"                \
	"--m\r\n\r\nthree one\r\n--m--\r\n\r\n"                                \
	"--o\r\nContent-Type: message/rfc822\r\n\r\n"                          \
	"Subject: x\r\n\r\nfour one\r\n--o--\r\n"

/* The body of that part; NULL: there is none. */
static void
check_part(const struct mime_tree *tree, const char *number, const char *body)
{
	const struct mime_part *part = seal_part_find(tree, number);

	if (!body) {
		assert_null(part);
		return;
	}
	assert_non_null(part);
	assert_true(slice_equal(part->body, slice_text(body)));
}

static void
test_numbers(void **state)
{
	static const char *const nowhere[] = {"", "5", "1.1", "2.3", "3.2",
	    "4.2", "4.1.1", "x", "1.", "1.x", "+", "2+", "2.0", "-1",
	    "99999999999999999999", "0.1"};
	struct mime_tree tree;

	(void)state;
	mime_scan(&tree, slice_text(MIXED), slice_text(INNER));
	assert_ptr_equal(seal_part_find(&tree, "0"), tree.root);
	check_part(&tree, "1", "one");
	check_part(&tree, "2.1", "two one");
	check_part(&tree, "2.2", "two two");
	check_part(&tree, "3.1", "three one");
	check_part(&tree, "4.1", "four one");
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
		check_part(&tree, nowhere[i], NULL);
	mime_tree_fini(&tree);
	mime_scan(&tree, slice_make(NULL, 0), slice_text("all of it"));
	check_part(&tree, "1", "all of it");
	check_part(&tree, "2", NULL);
	mime_tree_fini(&tree);
}

static void
check_escaped(const char *bytes, size_t len, const char *wanted)
{
	char *text = seal_part_escape(slice_make(bytes, len));

	assert_string_equal(text, wanted);
	free(text);
}

/* Whatever a stranger writes is a line of ASCII. */
static void
test_escape(void **state)
{
	char many[SEAL_EXCERPT_BYTES + 1];
	char *text;

	(void)state;
	assert_null(seal_part_escape(slice_make(NULL, 0)));
	check_escaped("a\r\nb\n\tc\\", 8, "a\\nb\\n\\tc\\\\");
	check_escaped("\r\x1b[2J\0\xe4\x7f", 8, "\\x0D\\x1B[2J\\x00\\xE4\\x7F");
	memset(many, 1, sizeof(many));
	text = seal_part_escape(slice_make(many, SEAL_EXCERPT_BYTES));
	assert_int_equal(strlen(text), 4 * SEAL_EXCERPT_BYTES);
	free(text);
	text = seal_part_escape(slice_make(many, sizeof(many)));
	assert_int_equal(
	    strlen(text), 4 * SEAL_EXCERPT_BYTES + strlen(" [...] "));
	assert_non_null(strstr(text, "\\x01 [...] \\x01"));
	free(text);
}

/* --- excerpts --- */

#define TEXT_PLAIN "Content-Type: text/plain\r\n"
#define BASE64	   TEXT_PLAIN "Content-Transfer-Encoding: base64\r\n"
#define WRAPPED                                                                \
	"--w\r\n" TEXT_PLAIN "\r\nhello "                                      \
	"there\r\n--w\r\n\r\nfooter\r\n--w--\r\n"

static const struct row {
	const char *was_header, *was;
	const char *now_header, *now;
	const char *wrapped;
	struct seal_finding finding;
	const char *before, *after;
} rows[] = {
    {TEXT_PLAIN, "hello\r\n", TEXT_PLAIN, "hello\r\nfooter\r\n", "",
	{SEAL_TEXT_APPENDED, "1", 8, false}, NULL, "footer\\n"},
    {TEXT_PLAIN, "hello\r\n", BASE64, "aGVsbG8NCmZvb3Rlcg==\r\n", "",
	{SEAL_TEXT_APPENDED, "1", 6, false}, NULL, "footer"},
    {TEXT_PLAIN, "hello\r\n", TEXT_PLAIN, "hullo\r\n", "",
	{SEAL_TEXT_CHANGED, "1", 0, false}, "e", "u"},
    {TEXT_PLAIN, "hello\r\n", TEXT_PLAIN, "hello \r\n", "",
	{SEAL_WHITE_SPACE, "1", 0, false}, NULL, " "},
    {TEXT_PLAIN, "aaa", TEXT_PLAIN, "aaaaa", "",
	{SEAL_TEXT_INSERTED, "1", 2, false}, NULL, "aa"},
    {TEXT_PLAIN "Content-ID: a\r\n", "x", TEXT_PLAIN "Content-ID: b\r\n", "x",
	"", {SEAL_HEADER_CHANGED, "1", 0, false}, "Content-ID: a\\n",
	"Content-ID: b\\n"},
    /* Bytes that nobody can read are not shown. */
    {"Content-Type: image/png\r\n", "\1", "Content-Type: image/png\r\n", "\2",
	"", {SEAL_TEXT_CHANGED, "1", 0, false}, NULL, NULL},
    {TEXT_PLAIN, "hello", TEXT_PLAIN, "hallo", "",
	{SEAL_SIGNATURE_CHANGED, "1", 0, false}, NULL, NULL},
    {TEXT_PLAIN, "hello", "Content-Type: multipart/mixed; boundary=w\r\n",
	WRAPPED, "1", {SEAL_TEXT_APPENDED, "1", 6, false}, NULL, " there"},
    {TEXT_PLAIN, "hello", "Content-Type: multipart/mixed; boundary=w\r\n",
	WRAPPED, "1", {SEAL_WRAPPED, "1", 6, false},
	"Content-Type: text/plain\\n",
	"Content-Type: multipart/mixed; boundary=w\\n"},
    {TEXT_PLAIN, "hello", "Content-Type: multipart/mixed; boundary=w\r\n",
	WRAPPED, "1", {SEAL_PART_ADDED, "2", 6, false}, NULL, "footer"},
    {"Content-Type: multipart/mixed; boundary=w\r\n", WRAPPED, TEXT_PLAIN,
	"hello there", "", {SEAL_PART_REMOVED, "2", 6, false}, "footer", NULL},
    {"Content-Type: multipart/mixed; boundary=w\r\n", WRAPPED,
	"Content-Type: multipart/mixed; boundary=w\r\n", WRAPPED "more\r\n", "",
	{SEAL_AFTER_END, "0", 4, false}, NULL, "more\\n"},
    /* A number that leads nowhere. */
    {TEXT_PLAIN, "hello", TEXT_PLAIN, "hallo", "",
	{SEAL_TEXT_CHANGED, "7.7", 0, false}, NULL, NULL},
};

static void
check_text(const char *text, const char *wanted)
{
	if (wanted) {
		assert_non_null(text);
		assert_string_equal(text, wanted);
	} else {
		assert_null(text);
	}
}

static void
test_excerpts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct mime_tree was, now;
		const struct seal_excerpt_case c = {.was = &was,
		    .now = &now,
		    .wrapped = r->wrapped,
		    .spool = &spool};
		struct seal_excerpt e = {.before = NULL};

		mime_scan(&was, slice_text(r->was_header), slice_text(r->was));
		mime_scan(&now, slice_text(r->now_header), slice_text(r->now));
		MUST(seal_part_excerpt(&c, &r->finding, &e, &err));
		check_text(e.before, r->before);
		check_text(e.after, r->after);
		seal_excerpt_fini(&e);
		mime_tree_fini(&now);
		mime_tree_fini(&was);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_escape),
	    cmocka_unit_test(test_excerpts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
