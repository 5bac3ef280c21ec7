/* What Sendmail 8.17 was seen to change in a signed message, and what not. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "mail/mime_strict.h"
#include "unit/tilde.h"

#define TEXT  "Content-Type: text/plain~"
#define MIXED "Content-Type: multipart/mixed; boundary=b~"

/* wanted: NULL when there is no flaw. */
static void
check(const char *header, const char *body, const char *wanted)
{
	char *h = tilde_bytes(header), *b = tilde_bytes(body);
	struct mime_tree tree;
	const char *flaw;

	mime_scan(&tree, slice_text(h), slice_text(b));
	flaw = mime_strict_flaw(&tree);
	if (!flaw != !wanted || (flaw && strcmp(flaw, wanted) != 0))
		fail_msg("%s / %s: %s", header, body, flaw ? flaw : "strict");
	mime_tree_fini(&tree);
	free(b);
	free(h);
}

/* A header of a part in the middle. */
static void
check_header(const char *header, const char *wanted)
{
	struct buf body;

	buf_init(&body, 1u << 20);
	buf_addf(&body, "--b~%s~~a~--b~~c~--b--~", header);
	check(MIXED, buf_text(&body), wanted);
	buf_fini(&body);
}

/* "X: " and n bytes. */
static void
check_long(const char *name, size_t n, const char *wanted)
{
	struct buf header;

	buf_init(&header, 1u << 20);
	buf_addf(&header, "%s: a", name);
	while (header.len < strlen(name) + 1 + n)
		buf_add_text(&header, ";");
	check_header(buf_text(&header), wanted);
	buf_fini(&header);
}

static void
test_by_the_book(void **state)
{
	(void)state;
	check("", "", NULL);
	check(TEXT, "hello ~.~--x ~", NULL);
	check(MIXED, "pre ~--b~~a ~--b~" TEXT "~b~--b--~ epi ~", NULL);
	check(MIXED, "--b~~a~--b--", NULL);
	check("Content-Type: multipart/mixed; boundary=\"b c:/?\"~",
	    "--b c:/?~~a~--b c:/?--~", NULL);
	check("Content-Type: MULTIPART/Mixed (x) ; BOUNDARY = b~",
	    "--b~~a~--b--~", NULL);
	check(MIXED,
	    "--b~Content-Type: message/rfc822~~Subject: x~~a~"
	    "--b~Content-Type: multipart/digest; boundary=bb~~"
	    "--bb~~Subject: y~~b~--bb--~--b--~",
	    NULL);
}

static void
test_headers(void **state)
{
	(void)state;
	check_header("X-A:y~X-B:\tz~X-C:  z ~X-D:~X-E: ~ ~\tf", NULL);
	check_header("Content-Type : text/plain", "irregular-header");
	check_header("Content-Type\t: text/plain", "irregular-header");
	check_header("no field", "irregular-header");
	check_header(": x", "irregular-header");
	check_header("--x: y", "irregular-header");
	check_header("-x: y", NULL);
	check_header(" x: y", "irregular-header");
	check_header("\xc3: y", "irregular-header");
	check(MIXED, "--b~Content-Type: message/rfc822~~Subject : x~~a~--b--~",
	    "irregular-header");
	check(MIXED,
	    "--b~Content-Type: message/rfc822~~From a@example.org Mon Mar  2~"
	    "Subject: x~~a~--b--~",
	    "irregular-header");
	check("Content-Type: multipart/signed; boundary=b~",
	    "--b~X : y~~a~--b~~c~--b--~", "irregular-header");
}

/* Sendmail looks for the end of a header beyond the next delimiter. */
static void
test_empty_line(void **state)
{
	(void)state;
	check(MIXED, "--b~" TEXT "~--b--~", NULL);
	check(MIXED, "--b~" TEXT "--b--~", "irregular-header");
	check(MIXED, "--b~~--b~~--b--~", NULL);
	check(MIXED, "--b~--b--~", "irregular-header");
	check(MIXED, "--b~--b~~a~--b--~", "irregular-header");
	check("Content-Type: message/rfc822~", "", NULL);
	check("Content-Type: message/rfc822~", "~", NULL);
	check("Content-Type: message/rfc822~", "Subject: x~", NULL);
	check(
	    "Content-Type: message/rfc822~", "Subject: x", "irregular-header");
	check(MIXED, "--b~Content-Type: message/rfc822~~Subject: x~~--b--~",
	    NULL);
	check(MIXED, "--b~Content-Type: message/rfc822~~~--b--~", NULL);
	check(MIXED, "--b~Content-Type: message/rfc822~~--b--~",
	    "irregular-header");
	check(MIXED, "--b~Content-Type: message/rfc822~~Subject: x~--b--~",
	    "irregular-header");
}

static void
test_fields(void **state)
{
	static const char *const names[] = {"Content-Type",
	    "Content-Disposition", "Content-Transfer-Encoding", "Content-ID",
	    "content-description", "MIME-Version"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		check_long(names[i], LIMIT_MIME_STRICT_FIELD, NULL);
		check_long(
		    names[i], LIMIT_MIME_STRICT_FIELD + 1, "irregular-field");
	}
	check_long("Content-Language", 10000, NULL);
	check_long("Subject", LIMIT_MIME_STRICT_ANY_FIELD, NULL);
	check_long(
	    "Subject", LIMIT_MIME_STRICT_ANY_FIELD + 1, "irregular-field");
	check_header("Content-Transfer-Encoding: 7bit~"
		     "Content-Transfer-Encoding: 8bit",
	    "irregular-field");
	check_header("Content-Type: text/plain; name=\"a", "irregular-field");
	check_header(
	    "Content-Type: text/plain; name=\"a\\\"", "irregular-field");
	check_header("Content-Type: text/plain; name=\"a\\\"b(\\\\\"", NULL);
	check_header("Content-Type: text/plain (a", "irregular-field");
	check_header("Content-Type: text/plain (a(b)", "irregular-field");
	check_header("Content-Type: text/plain (a(b)) c)", NULL);
	check_header("Content-Disposition: x; filename=\"a", "irregular-field");
	check_header("MIME-Version: 1.0 (x", "irregular-field");
	check_header("Content-Description: it's (a \"test", NULL);
	check_header("Subject: (a \"test", NULL);
}

static void
test_multiparts(void **state)
{
	(void)state;
	check(MIXED, "nothing~", "broken-multipart");
	check(MIXED, "--b~~a~", "broken-multipart");
	check("Content-Type: multipart/mixed~", "a~", "broken-multipart");
	check("Content-Type: multipart/mixed; boundary*=us-ascii''b~",
	    "--b~~a~--b--~", "broken-multipart");
	check("Content-Type: multipart/mixed; boundary*0=b~", "--b~~a~--b--~",
	    "broken-multipart");
	check("Content-Type: multipart/mixed; boundary=b=1~",
	    "--b=1~~a~--b=1--~", "broken-multipart");
	check("Content-Type: multipart/mixed; boundary=\"b=1\"~",
	    "--b=1~~a~--b=1--~", NULL);
	check("Content-Type: multipart/mixed; a=\"x\"; boundary=b=1~",
	    "--b=1~~a~--b=1--~", "broken-multipart");
	check(MIXED, "--b~~--bcd~--b--~", "broken-multipart");
	check(MIXED, "--b ~~a~--b--~", "padded-delimiter");
	check(MIXED, "--b~~a~--b\t~~c~--b--~", "padded-delimiter");
	check(MIXED, "--b~~a~--b-- ~", "padded-delimiter");
	check(MIXED, "--b~~a~--b-- ", "padded-delimiter");
	check(MIXED, "--b~~a~--b-- ~epi~", "padded-delimiter");
}

static void
test_parameters(void **state)
{
	struct buf header;

	(void)state;
	buf_init(&header, 1u << 20);
	buf_add_text(&header, "Content-Type: multipart/mixed");
	for (size_t i = 1; i < LIMIT_MIME_STRICT_PARAMS; i++)
		buf_addf(&header, "; a%zu=x", i);
	buf_add_text(&header, "; boundary=b~");
	check(buf_text(&header), "--b~~a~--b--~", NULL);
	buf_clear(&header);
	buf_add_text(&header, "Content-Type: multipart/mixed");
	for (size_t i = 0; i < LIMIT_MIME_STRICT_PARAMS; i++)
		buf_addf(&header, "; a%zu=x", i);
	buf_add_text(&header, "; boundary=b~");
	check(buf_text(&header), "--b~~a~--b--~", "broken-multipart");
	buf_fini(&header);
}

/* A leaf to us, and perhaps to nobody else. */
static void
test_hidden_parts(void **state)
{
	(void)state;
	check_header("Content-Type: text/plain~"
		     "Content-Type: multipart/mixed; boundary=x",
	    "hidden-parts");
	check_header("Content-Type: multipart/mixed; boundary=x; boundary=y",
	    "hidden-parts");
	check_header("Content-Type: multipart/mixed; boundary=x~"
		     "Content-Transfer-Encoding: base64",
	    "hidden-parts");
	check_header("Content-Type: message/rfc822~"
		     "Content-Transfer-Encoding: base64",
	    "hidden-parts");
	check("Content-Type: multipart/digest; boundary=b~",
	    "--b~Content-Transfer-Encoding: base64~~QUJD~--b--~",
	    "hidden-parts");
	check_header("Content-Type: \"message/rfc822\"", "hidden-parts");
	check_header("Content-Type: text/rfc822-headers", NULL);
	check_header("Content-Type: text/plain; name=multipart", NULL);
	check_header("Content-Type: text/plain~Content-Type: text/html", NULL);
	check_header("Content-Type: message/delivery-status", NULL);
}

/* Multiparts in one another; the innermost part is a text. */
static void
check_depth(size_t depth, const char *wanted)
{
	struct buf body;

	buf_init(&body, 1u << 20);
	for (size_t i = 1; i < depth; i++)
		buf_addf(&body,
		    "--b%zu.~Content-Type: multipart/mixed; boundary=b%zu.~~",
		    i, i + 1);
	buf_addf(&body, "--b%zu.~~a~", depth);
	for (size_t i = depth; i > 0; i--)
		buf_addf(&body, "--b%zu.--~~", i);
	check("Content-Type: multipart/mixed; boundary=b1.~", buf_text(&body),
	    wanted);
	buf_fini(&body);
}

static void
test_depth(void **state)
{
	(void)state;
	check_depth(LIMIT_MIME_STRICT_DEPTH, NULL);
	check_depth(LIMIT_MIME_STRICT_DEPTH + 1, "too-deep");
	check_depth(LIMIT_MIME_DEPTH + 1, "too-deep");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_the_book),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_empty_line),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_multiparts),
	    cmocka_unit_test(test_parameters),
	    cmocka_unit_test(test_hidden_parts),
	    cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
