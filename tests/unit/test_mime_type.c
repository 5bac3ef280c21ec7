/* Content-Type and Content-Disposition: by the grammar, and as senders are. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/mime_type.h"

/* type/subtype;name=value;... with "!" for malformed, "2" for duplicate; "?"
 * behind what is disputed. */
static char *
show(struct mime_type *t)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	if (t->malformed)
		buf_add_char(&out, '!');
	if (t->duplicate)
		buf_add_char(&out, '2');
	buf_addf(&out, "%s/%s%s", t->type, t->subtype, t->disputed ? "?" : "");
	for (size_t i = 0; i < t->count; i++) {
		const char *name = t->params[i].name;

		assert_non_null(mime_type_param(t, name));
		buf_addf(&out, ";%s=%s%s", name, t->params[i].value,
		    mime_type_param_is_disputed(t, name) ? "?" : "");
	}
	mime_type_fini(t);
	return buf_take_text(&out);
}

static void
check_type(struct slice body, const char *wanted)
{
	struct mime_type t;
	char *got;

	mime_type_parse(&t, body);
	got = show(&t);
	assert_string_equal(got, wanted);
	free(got);
}

static void
check_types(const char *const pairs[][2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_type(slice_text(pairs[i][0]), pairs[i][1]);
}

static void
test_by_the_grammar(void **state)
{
	static const char *const pairs[][2] = {
	    {" text/plain", "text/plain"},
	    {"TEXT/Plain; CHARSET=UTF-8", "text/plain;charset=UTF-8"},
	    {" multipart/mixed; boundary=\"=_a;b\"",
		"multipart/mixed;boundary==_a;b"},
	    {" text/plain; charset=us-ascii (Plain text)",
		"text/plain;charset=us-ascii?"},
	    {" (a(b)c) text (x) / (y) plain (z) ; (p) charset (q) = (r) x (s)",
		"text/plain?;charset=x?"},
	    {" text/plain;\r\n\tcharset=utf-8;\n format=flowed",
		"text/plain;charset=utf-8;format=flowed"},
	    {" text/plain; charset\r\n =\r\n utf-8",
		"text/plain;charset=utf-8"},
	    {" text/plain; name=\"a \\\"b\\\" \\\\ c\"",
		"text/plain;name=a \"b\" \\ c"},
	    {" text/plain; name=\"a\r\n b\"", "text/plain;name=a b?"},
	    {" text/plain; name=\"(no comment)\"",
		"text/plain;name=(no comment)"},
	    {" text/plain; name=\"\"", "text/plain;name="},
	    {" application/vnd.oasis.opendocument.text",
		"application/vnd.oasis.opendocument.text"},
	    {" a/b; x=1; y=2; z=\"3;4\"; w=5", "a/b;x=1;y=2;z=3;4;w=5"},
	};

	(void)state;
	check_types(pairs, sizeof(pairs) / sizeof(*pairs));
}

/* Not by the grammar, but everybody reads them in the same way. */
static void
test_tolerated(void **state)
{
	static const char *const pairs[][2] = {
	    {" text/plain;", "text/plain"},
	    {" text/plain; charset=utf-8;", "text/plain;charset=utf-8"},
	    {" text/plain;; ;charset=utf-8", "text/plain;charset=utf-8"},
	    {" multipart/signed; protocol=application/pkcs7-signature",
		"multipart/signed;protocol=application/pkcs7-signature"},
	    {" multipart/mixed; boundary=----=_Part_1?x",
		"multipart/mixed;boundary=----=_Part_1?x"},
	    {" multipart/mixed; boundary=\"a\tb\"",
		"multipart/mixed;boundary=a\tb"},
	};

	(void)state;
	check_types(pairs, sizeof(pairs) / sizeof(*pairs));
}

/* By the grammar; Python's email package and others read something else. */
static void
test_disputed(void **state)
{
	static const char *const pairs[][2] = {
	    {" multipart/mixed (x); boundary=b", "multipart/mixed;boundary=b"},
	    {" (x) multipart/mixed; boundary=b", "multipart/mixed?;boundary=b"},
	    {" multipart /mixed; boundary=b", "multipart/mixed?;boundary=b"},
	    {" multipart/ mixed; boundary=b", "multipart/mixed?;boundary=b"},
	    {" multipart/\r\n mixed", "multipart/mixed?"},
	    {" multipart/mixed; boundary=(x)b", "multipart/mixed;boundary=b?"},
	    {" multipart/mixed; boundary=b (x)", "multipart/mixed;boundary=b?"},
	    {" multipart/mixed; boundary=b (x); y=z",
		"multipart/mixed;boundary=b?;y=z"},
	    {" multipart/mixed; (x) boundary=b; y=z",
		"multipart/mixed;boundary=b?;y=z"},
	    {" multipart/mixed; boundary (x) =b",
		"multipart/mixed;boundary=b?"},
	    {" multipart/mixed; boundary=\"a\\bc\"",
		"multipart/mixed;boundary=abc?"},
	    {" multipart/mixed; boundary=\"a\\\"c\\\\\"",
		"multipart/mixed;boundary=a\"c\\"},
	    {" multipart/mixed; boundary=\"a\r\n b\"; y=z",
		"multipart/mixed;boundary=a b?;y=z"},
	    {" multipart/mixed; boundary\r\n =\r\n b",
		"multipart/mixed;boundary=b"},
	    {" multipart/mixed; boundary*0=a (x); boundary*1=b",
		"multipart/mixed;boundary=ab?"},
	};

	(void)state;
	check_types(pairs, sizeof(pairs) / sizeof(*pairs));
}

/* What all programs read alike: some stop at what the grammar wants in quotes,
 * or at what RFC 2231 gives a meaning, some at the first quote. */
static void
test_plain(void **state)
{
	static const struct {
		const char *parameter;
		bool plain;
	} rows[] = {
	    {"b=x", true},
	    {"b=-=x", false},
	    {"b=----_x.1+2", true},
	    {"b=x?y", false},
	    {"b=x/y", false},
	    {"b=x:y", false},
	    {"b=x'y", false},
	    {"b=x*y", false},
	    {"b=x%41", false},
	    {"b=\"x?y/z:'*%41\"", true},
	    {"b=\"x y\"", true},
	    {"b=\" x\"", false},
	    {"b=\"x \"", false},
	    {"b=\"\"", false},
	    {"b=\"x\\\"y\"", false},
	    {"b=\"x\\\\y\"", false},
	    {"b=\"x\\y\"", false},
	    {"b=\"x\r\n y\"", false},
	    {"b = x", true},
	    {"b=x (y)", false},
	    {"b*=us-ascii''x", false},
	    {"b*0=x", false},
	    {"b*0=x; b*1=y", false},
	    {"b*0*=us-ascii''x", false},
	    {"b=x; b*=us-ascii''x", false},
	    {"a=\"x?y\"; b=x?y", false},
	    {"a=x", false},
	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *body =
		    xasprintf(" multipart/signed; %s", rows[i].parameter);
		struct mime_type t;

		mime_type_parse(&t, slice_text(body));
		if (mime_type_param_is_plain(&t, "b") != rows[i].plain)
			fail_msg("%s", rows[i].parameter);
		mime_type_fini(&t);
		free(body);
	}
}

static void
test_malformed(void **state)
{
	static const char *const pairs[][2] = {
	    {"", "!/"},
	    {" ", "!/"},
	    {" text", "!text/"},
	    {" text/", "!text/"},
	    {" /plain", "!/"},
	    {" text plain", "!text/"},
	    {" text/plain charset=utf-8", "!text/plain"},
	    {" text/plain, text/html; x=y", "!text/plain;x=y"},
	    {" text/plain; charset", "!text/plain"},
	    {" text/plain; charset=", "!text/plain;charset="},
	    {" text/plain; charset=; x=y", "!text/plain;charset=;x=y"},
	    {" text/plain; =x; y=z", "!text/plain;y=z"},
	    {" text/plain; name=my file.pdf; x=y", "!text/plain;name=my;x=y"},
	    {" text/plain; name=\"a\"b; x=y", "!text/plain;name=a;x=y"},
	    {" text/plain; name=a\"b;c\"; x=y", "!text/plain;name=a;x=y"},
	    {" text/plain; name=\xc3\xa4", "!text/plain;name=\xc3\xa4"},
	    {" multipart/mixed; boundary=\"abc",
		"!multipart/mixed;boundary=abc"},
	    {" multipart/mixed; boundary=\"abc\\",
		"!multipart/mixed;boundary=abc\\"},
	    {" multipart/mixed (open; boundary=abc", "!multipart/mixed"},
	    {" text/plain; x=\"a\001b\"", "!text/plain;x=ab"},
	    {" text/pl\xc3\xa4in", "!text/pl"},
	};

	(void)state;
	check_types(pairs, sizeof(pairs) / sizeof(*pairs));
	check_type(
	    slice_make(" text/plain; x=\"a\0b\"", 20), "!text/plain;x=ab");
	check_type(slice_make(NULL, 0), "!/");
}

static void
test_rfc2231(void **state)
{
	static const char *const pairs[][2] = {
	    {" a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
		"a/b;title=This is ***fun***"},
	    {" a/b; URL*0=\"ftp://\"; URL*1=\"cs.example.edu/pub\"",
		"a/b;url=ftp://cs.example.edu/pub"},
	    {" a/b; t*1*=%2a%2a; t*2=\"isn't it!\"; t*0*=us-ascii'en'is%20",
		"a/b;t=is **isn't it!"},
	    {" a/b; name=\"x.txt\"; name*=utf-8''%C3%A4.txt",
		"a/b;name=\xc3\xa4.txt"},
	    {" a/b; filename*0=\"a\"; filename*1=\"b\"; filename=\"c\"",
		"a/b;filename=ab"},
	    {" a/b; boundary*0=ab; boundary*1=cd; x=y",
		"a/b;boundary=abcd;x=y"},
	    /* Two values for what is no file name. */
	    {" a/b; boundary=x; boundary*=us-ascii''y", "2a/b;boundary=y"},
	    {" a/b; boundary*0=x; boundary=y", "2a/b;boundary=x"},
	    {" a/b; t*0=a; t*0=b; t*1=c", "2a/b;t=ac"},
	    /* Pieces that cannot be joined. */
	    {" a/b; t*1=a; t*2=b", "!a/b"},
	    {" a/b; t*0=a; t*2=b", "!a/b;t=a"},
	    {" a/b; t*01=a", "!a/b"},
	    {" a/b; t*x=a", "!a/b"},
	    {" a/b; t*0x=a", "!a/b"},
	    {" a/b; t*99999999999999999999=a", "!a/b"},
	    {" a/b; *=us-ascii''a", "!a/b"},
	    {" a/b; *0=a", "!a/b"},
	    {" a/b; t*=plain", "!a/b;t=plain"},
	    {" a/b; t*=us-ascii''%zz%4", "!a/b;t=%zz%4"},
	    {" a/b; t*=us-ascii''a%00b%0d%0a", "!a/b;t=ab"},
	};

	(void)state;
	check_types(pairs, sizeof(pairs) / sizeof(*pairs));
}

static void
test_duplicates(void **state)
{
	static const char *const pairs[][2] = {
	    {" a/b; x=1; X=2", "2a/b;x=1"},
	    {" a/b; boundary=a; boundary=a", "2a/b;boundary=a"},
	};

	(void)state;
	check_types(pairs, sizeof(pairs) / sizeof(*pairs));
}

static void
test_disposition(void **state)
{
	static const char *const pairs[][2] = {
	    {" attachment; filename=\"a b.pdf\"",
		"attachment/;filename=a b.pdf"},
	    {" INLINE", "inline/"},
	    {" attachment; filename=my file.pdf", "!attachment/;filename=my"},
	    {"", "!/"},
	    {" attachment/x", "!attachment/"},
	    {" ; filename=x", "!/;filename=x"},
	};
	struct mime_type t;
	char *got;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		mime_disposition_parse(&t, slice_text(pairs[i][0]));
		got = show(&t);
		assert_string_equal(got, pairs[i][1]);
		free(got);
	}
}

static void
test_is(void **state)
{
	struct mime_type t;

	(void)state;
	mime_type_parse(&t, slice_text(" Multipart/Signed; a=b"));
	assert_true(mime_type_is(&t, "multipart", NULL));
	assert_true(mime_type_is(&t, "multipart", "signed"));
	assert_false(mime_type_is(&t, "multipart", "mixed"));
	assert_false(mime_type_is(&t, "text", NULL));
	assert_string_equal(mime_type_param(&t, "a"), "b");
	assert_null(mime_type_param(&t, "b"));
	mime_type_fini(&t);
}

static void
test_parameter_limit(void **state)
{
	struct mime_type t;
	struct buf body;

	(void)state;
	buf_init(&body, 4096);
	buf_add_text(&body, "a/b");
	for (size_t i = 0; i < LIMIT_MIME_PARAMS; i++)
		buf_addf(&body, "; p%zu=%zu", i, i);
	mime_type_parse(&t, buf_slice(&body));
	assert_int_equal(t.count, LIMIT_MIME_PARAMS);
	assert_false(t.malformed);
	mime_type_fini(&t);
	buf_add_text(&body, "; more=x");
	mime_type_parse(&t, buf_slice(&body));
	assert_int_equal(t.count, LIMIT_MIME_PARAMS);
	assert_true(t.malformed);
	assert_null(mime_type_param(&t, "more"));
	mime_type_fini(&t);
	buf_fini(&body);
}

static void
test_hostile(void **state)
{
	static const char *const units[] = {"(", "\"", ";", "a=", ";a=b",
	    ";a*0=b", "\\", "(\\", "=", ";a=\"", "%", "a/", "; (", ";a"};
	const size_t size = 1u << 21;
	char *text = xmalloc(size);
	struct mime_type t;

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t n = strlen(units[i]);

		memcpy(text, "a/b;", 4);
		for (size_t k = 4; k < size; k++)
			text[k] = units[i][k % n];
		mime_type_parse(&t, slice_make(text, size));
		mime_type_fini(&t);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_the_grammar),
	    cmocka_unit_test(test_tolerated),
	    cmocka_unit_test(test_disputed),
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_rfc2231),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_disposition),
	    cmocka_unit_test(test_is),
	    cmocka_unit_test(test_parameter_limit),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("mime_type", tests, NULL, NULL);
}
