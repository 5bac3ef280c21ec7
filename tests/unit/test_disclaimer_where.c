/* Disclaimers in messages: which bodies get them, and when none does. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "unit/disclaimer_run.h"

static void
test_structures(void **state)
{
	(void)state;
	run_check_body(MIXED, "pre~--b~" TEXT "~one~--b~~two~--b--~epi",
	    "pre~--b~" TEXT "~one~~Legal text~~--b~~two~--b--~epi");
	run_check_body(ALTERNATIVE,
	    "--a~" TEXT "~one~--a~" HTML "~two~--a~"
	    "Content-Type: text/calendar~~three~--a--~",
	    "--a~" TEXT "~one~~Legal text~~--a~" HTML "~two~<p>Legal HTML~~--a~"
	    "Content-Type: text/calendar~~three~--a--~");
	run_check_body(MIXED,
	    "--b~Content-Type: image/png~~x~--b~"
	    "Content-Disposition: attachment~~y~--b~" TEXT "~z~--b--",
	    "--b~Content-Type: image/png~~x~--b~"
	    "Content-Disposition: attachment~~y~--b~" TEXT
	    "~z~~Legal text~~--b--");
	run_check_body("Content-Type: multipart/related; boundary=b;"
		       " start=\"<2>\"~",
	    "--b~Content-ID: <1>~~x~--b~Content-ID: <2>~~y~--b--",
	    "--b~Content-ID: <1>~~x~--b~Content-ID: <2>~~y~~Legal text~~"
	    "--b--");
	run_check_not("Content-Type: multipart/related; boundary=b;"
		      " start=\"<2>\"~",
	    "--b~Content-ID: <2>~~x~--b~Content-ID: <2>~~y~--b--",
	    DISCLAIMER_BROKEN);
}

/* A line that a reader would take for a delimiter is none when encoded. */
static void
test_delimiters(void **state)
{
	(void)state;
	run_text_file = "--b--\ntext";
	run_check_becomes(MIXED, "--b~" TEXT CTE "8bit~~a~~--b--",
	    MIXED "~--b~" TEXT CTE "quoted-printable~~a~~=2D-b--~text~~--b--");
	run_check_becomes(MIXED, "--b~" ALTERNATIVE "~--a~~a~~--a--~--b--",
	    MIXED "~--b~" ALTERNATIVE "~--a~" CTE
		  "quoted-printable~~a~~=2D-b--~text~~--a--~--b--");
	run_check_body(TEXT, "a~", "a~~--b--~text~");
	run_text_file = "Legal text";
}

static void
test_no_body(void **state)
{
	(void)state;
	run_check_not("Content-Type: text/calendar~", "x~", DISCLAIMER_NO_BODY);
	run_check_not(
	    "Content-Type: text/plain; name=x~", "x~", DISCLAIMER_NO_BODY);
	run_check_not("Content-Disposition: inline; filename=x~", "x~",
	    DISCLAIMER_NO_BODY);
	run_check_not("Content-Type: message/rfc822~", "Subject: x~~y~",
	    DISCLAIMER_NO_BODY);
	run_check_not("Content-Type: multipart/report; boundary=b~",
	    "--b~~x~--b--", DISCLAIMER_NO_BODY);
	run_check_not("Content-Type: multipart/digest; boundary=b~",
	    "--b~~~x~--b--", DISCLAIMER_NO_BODY);
	run_check_not(
	    MIXED, "--b~Content-Type: image/png~~x~--b--", DISCLAIMER_NO_BODY);
	run_check_not(MIXED, "--b--", DISCLAIMER_BROKEN);
}

static void
test_protected(void **state)
{
	static const char signed_part[] =
	    "--b~Content-Type: multipart/signed; boundary=s~~"
	    "--s~~x~--s~~y~--s--~--b~~z~--b--";
	static const char encrypted_part[] =
	    "--b~Content-Type: multipart/encrypted; boundary=s~~"
	    "--s~~x~--s--~--b~~z~--b--";

	(void)state;
	run_check_not(MIXED, signed_part, DISCLAIMER_INNER_SIGNED);
	run_check_not(MIXED, encrypted_part, DISCLAIMER_INNER_ENCRYPTED);
	run_check_not(MIXED,
	    "--b~Content-Type: application/pkcs7-mime~~x~--b--",
	    DISCLAIMER_INNER_ENCRYPTED);
	run_check_not(MIXED,
	    "--b~Content-Type: application/x-pkcs7-mime;"
	    " smime-type=Signed-Data~~x~--b--",
	    DISCLAIMER_INNER_SIGNED);
	run_check_not(
	    TEXT, "a~-----BEGIN PGP MESSAGE-----~~x~", DISCLAIMER_INLINE_PGP);
	run_check_not(TEXT CTE "base64~",
	    "LS0tLS1CRUdJTiBQR1AgU0lHTkVEIE1FU1NBR0UtLS0tLQ==~",
	    DISCLAIMER_INLINE_PGP);
	run_check_body(TEXT, "-----BEGIN PGP PUBLIC KEY BLOCK-----~",
	    "-----BEGIN PGP PUBLIC KEY BLOCK-----~" ADDED);
#define ATTACHED                                                               \
	"--b~Content-Type: application/pkcs7-mime; name=a.p7m~~x~"             \
	"--b~Content-Type: multipart/signed; boundary=s~"                      \
	"Content-Disposition: attachment~~--s~~x~--s~~y~--s--~"
	/* So it is before the body, where it is called one. */
	run_check_body(
	    MIXED, ATTACHED "--b~~a~~--b--", ATTACHED "--b~~a~" ADDED "~--b--");
	/* Behind the body it always is. */
	run_check_body(MIXED,
	    "--b~~a~~--b~Content-Type: multipart/signed; boundary=s~~"
	    "--s~~x~--s~~y~--s--~--b--",
	    "--b~~a~" ADDED "~--b~Content-Type: multipart/signed; boundary=s~~"
	    "--s~~x~--s~~y~--s--~--b--");
}

static void
test_broken(void **state)
{
	(void)state;
	run_check_not(TEXT TEXT, "a~", DISCLAIMER_BROKEN);
	run_check_not("Content-Type: text/plain; charset=(a)utf-8~", "a~",
	    DISCLAIMER_BROKEN);
	run_check_not("Content-Type: (x)text/plain~", "a~", DISCLAIMER_BROKEN);
	run_check_not(MIXED, "--b~~a~", DISCLAIMER_BROKEN);
	run_check_not(MIXED, "a~", DISCLAIMER_BROKEN);
	run_check_not("Content-Type: multipart/mixed~", "--b~~a~--b--",
	    DISCLAIMER_BROKEN);
	run_check_not(MIXED, "--b~" TEXT "--b--", DISCLAIMER_BROKEN);
	run_check_not("Content-MD5: x~", "a~", DISCLAIMER_BROKEN);
	run_check_not(
	    "Content-Disposition: inline~Content-Disposition: inline~", "a~",
	    DISCLAIMER_BROKEN);
	/* A charset that could not be changed, only when it has to be. */
	run_check_body(
	    "Content-Type: text/plain; charset*=''us-ascii~", "a~", "a~" ADDED);
	run_text_file = UMLAUT;
	run_check_not("Content-Type: text/plain; charset*=''us-ascii~", "a~",
	    DISCLAIMER_BROKEN);
	run_text_file = "Legal text";
}

static void
check_present(const char *header, const char *body, bool wanted)
{
	run_check_not(
	    header, body, wanted ? DISCLAIMER_PRESENT : DISCLAIMER_ADDED);
}

static void
test_present(void **state)
{
	(void)state;
	check_present(TEXT, "a~~Legal text~", true);
	check_present(TEXT, "a~~> legal~> > text.~", true);
	check_present(TEXT, "a~~Legal HTML~", true);
	check_present(TEXT, "a~~Legal tex~", false);
	check_present(HTML, "<p>Le<b>gal</b> <!-- x --> t&#101;xt", true);
	check_present(HTML, "<p>Le<b>gal</b> <style>x</style> text", true);
	check_present(HTML, "<p title='Legal text'>a", false);
	check_present(TEXT CTE "base64~", "TGVnYWwgdGV4dA0K~", true);
	check_present(MIXED,
	    "--b~~a~--b~Content-Disposition: attachment~~Legal text~--b--",
	    false);
	run_text_file = "Von %{name},\nGr\xc3\xbc\xc3\x9f"
			"e GmbH, %{address}!";
	run_html_file = "";
	check_present(LATIN1,
	    "von Bob, gr\xfc\xdf"
	    "e gmbh",
	    true);
	check_present(HTML, "von Bob, Gr&uuml;&szlig;e Gmb&#x48", true);
	check_present(LATIN1,
	    "gr\xfc\xdf"
	    "e gmbh, von Bob",
	    false);
	/* Too short to be recognised by what stands around it, or at all. */
	run_text_file = "%{name} %{address}";
	check_present(TEXT, "Alice~", false);
	check_present(TEXT, "Alice <alice@example.org>~", true);
	run_text_file = "Ltd.";
	check_present(TEXT, "Ltd.~", false);
	run_text_file = "Legal text";
	run_html_file = "<p>Legal HTML";
}

/* What stands for placeholders has a name's length, not that of a mail. */
static void
check_gap(size_t letters, const char *end, bool wanted)
{
	struct buf body;

	buf_init(&body, 1u << 16);
	buf_add_text(&body, "With regards, regards, ");
	for (size_t i = 0; i < letters; i++)
		buf_add_text(&body, "x.");
	buf_add_text(&body, end);
	buf_add_char(&body, '\0');
	check_present(TEXT, (const char *)body.data, wanted);
	buf_fini(&body);
}

static void
test_gaps(void **state)
{
	(void)state;
	run_text_file = "regards, %{name}, Example";
	run_html_file = "";
	check_gap(0, "Example~", true);
	check_gap(LIMIT_ADDRESS, "Example~", true);
	check_gap(LIMIT_ADDRESS + 1, "Example~", false);
	check_gap(LIMIT_ADDRESS + 1, "Example. Regards, Bob, Example~", true);
	run_text_file = "regards, %{name} %{address} Example";
	check_gap(2 * LIMIT_ADDRESS, "Example~", true);
	check_gap(2 * LIMIT_ADDRESS + 1, "Example~", false);
	/* The next piece may begin as this one ends. */
	run_text_file = "regards %{name} sincerely";
	check_present(TEXT, "Regardsincerely~", false);
	check_present(TEXT, "Regardsincerely, regards sincerely~", true);
	run_text_file = "Legal text";
	run_html_file = "<p>Legal HTML";
}

/* So many texts in an alternative. */
static enum disclaimer_result
add_to_many(size_t count, const char *part)
{
	struct buf body;
	struct disclaimer_run r;

	buf_init(&body, 1u << 24);
	for (size_t i = 0; i < count; i++)
		buf_addf(&body, "--a\r\n%s\r\n\r\nx\r\n", part);
	buf_add_text(&body, "--a--\r\n");
	disclaimer_run_init(&r, run_text_file, run_html_file);
	disclaimer_run_slices(&r,
	    slice_text("Content-Type: multipart/alternative; boundary=a\r\n"),
	    buf_slice(&body), false);
	disclaimer_run_fini(&r);
	buf_fini(&body);
	return r.result;
}

static void
test_many_parts(void **state)
{
	static const char text[] = "Content-Type: text/plain";
	static const char image[] = "Content-Type: image/png";

	(void)state;
	assert_int_equal(
	    add_to_many(LIMIT_DISCLAIMER_BODIES, text), DISCLAIMER_ADDED);
	assert_int_equal(add_to_many(LIMIT_DISCLAIMER_BODIES + 1, text),
	    DISCLAIMER_TOO_COMPLEX);
	assert_int_equal(
	    add_to_many(LIMIT_MIME_PARTS - 1, image), DISCLAIMER_NO_BODY);
	assert_int_equal(
	    add_to_many(LIMIT_MIME_PARTS, image), DISCLAIMER_TOO_COMPLEX);
}

/* A text inside so many multiparts. */
static enum disclaimer_result
add_inside(unsigned depth)
{
	struct buf body;
	struct disclaimer_run r;

	buf_init(&body, 1u << 20);
	for (unsigned i = 1; i <= depth; i++)
		buf_addf(&body, "--%u\r\nContent-Type: %s; boundary=%u\r\n\r\n",
		    i, i < depth ? "multipart/mixed" : "text/plain", i + 1);
	buf_add_text(&body, "x");
	for (unsigned i = depth; i > 0; i--)
		buf_addf(&body, "\r\n--%u--\r\n", i);
	disclaimer_run_init(&r, run_text_file, run_html_file);
	disclaimer_run_slices(&r,
	    slice_text("Content-Type: multipart/mixed; boundary=1\r\n"),
	    buf_slice(&body), false);
	disclaimer_run_fini(&r);
	buf_fini(&body);
	return r.result;
}

static void
test_depth(void **state)
{
	(void)state;
	assert_int_equal(add_inside(LIMIT_MIME_DEPTH), DISCLAIMER_ADDED);
	assert_int_equal(
	    add_inside(LIMIT_MIME_DEPTH + 1), DISCLAIMER_TOO_COMPLEX);
}

/* Letters by which a text is recognised. */
static void
test_short_texts(void **state)
{
	char word[LIMIT_DISCLAIMER_LITERAL + 1];

	(void)state;
	run_text_file = word;
	run_html_file = "";
	for (size_t len = LIMIT_DISCLAIMER_LITERAL - 1;
	     len <= LIMIT_DISCLAIMER_LITERAL; len++) {
		memset(word, 'x', len);
		word[len] = '\0';
		check_present(
		    TEXT, "xxxxxxxxxxxx~", len >= LIMIT_DISCLAIMER_LITERAL);
	}
	run_text_file = "Legal text";
	run_html_file = "<p>Legal HTML";
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_structures),
	    cmocka_unit_test(test_delimiters),
	    cmocka_unit_test(test_no_body),
	    cmocka_unit_test(test_protected),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_present),
	    cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_many_parts),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_short_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
