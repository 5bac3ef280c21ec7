/* Disclaimers in messages: where they go, what they do to labels and bytes,
 * and when they are not added. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/disclaimer.h"

static const struct spool_config config = {
    .memory = 1u << 20, .max = 1u << 28, .folder = "/tmp"};

/* The bytes of a text in which "~" is CRLF. */
static char *
bytes_of(const char *text)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	for (; *text; text++)
		if (*text == '~')
			buf_add_text(&out, "\r\n");
		else
			buf_add_char(&out, *text);
	return buf_take_text(&out);
}

/* One insertion, and what came of it. */
struct run {
	struct disclaimer_template *t;
	struct disclaimer d;
	struct mime_tree tree;
	struct spool out;
	size_t header_len;
	enum disclaimer_result result;
};

static void
run_init(struct run *r, const char *text, const char *html)
{
	struct err err;

	*r = (struct run){.header_len = 4711};
	if (disclaimer_template_new(
		slice_text(text), slice_text(html), &r->t, &err))
		fail_msg("%s", err.text);
	disclaimer_fill(r->t, "Alice", "alice@example.org", &r->d);
	spool_init(&r->out, &config);
}

static void
run_fini(struct run *r)
{
	disclaimer_template_free(r->t);
	disclaimer_fini(&r->d);
	spool_fini(&r->out);
}

static void
run_slices(struct run *r, struct slice header, struct slice body, bool repeat)
{
	struct err err;

	mime_scan(&r->tree, header, body);
	if (disclaimer_insert(&r->tree,
		&(const struct disclaimer_opts){r->t, &r->d, repeat}, &r->out,
		&r->header_len, &r->result, &err))
		fail_msg("%s", err.text);
	mime_tree_fini(&r->tree);
	if (r->result == DISCLAIMER_ADDED)
		return;
	assert_int_equal(r->out.size, 0);
	assert_int_equal(r->header_len, 4711);
}

static const char *text_file = "Legal text";
static const char *html_file = "<p>Legal HTML";

static void
run_text(struct run *r, const char *header, const char *body, bool repeat)
{
	char *h = bytes_of(header), *b = bytes_of(body);

	run_init(r, text_file, html_file);
	run_slices(r, slice_text(h), slice_text(b), repeat);
	free(h);
	free(b);
}

/* The whole new entity. */
static void
check_becomes(const char *header, const char *body, const char *wanted)
{
	char *w = bytes_of(wanted);
	struct run r;

	run_text(&r, header, body, true);
	if (r.result != DISCLAIMER_ADDED)
		fail_msg(
		    "%s%s: %s", header, body, disclaimer_result_name(r.result));
	if (!slice_equal(spool_slice(&r.out), slice_text(w)))
		fail_msg("%.*s", (int)r.out.size,
		    (const char *)spool_slice(&r.out).data);
	assert_true(slice_has_prefix(
	    slice_part(spool_slice(&r.out), r.header_len, r.out.size), "\r\n"));
	run_fini(&r);
	free(w);
}

/* Header and body stay, but for what is put behind the body. */
static void
check_body(const char *header, const char *body, const char *wanted)
{
	char *all = xasprintf("%s~%s", header, wanted);

	check_becomes(header, body, all);
	free(all);
}

static void
check_not(const char *header, const char *body, enum disclaimer_result wanted)
{
	struct run r;

	run_text(&r, header, body, false);
	if (r.result != wanted)
		fail_msg(
		    "%s%s: %s", header, body, disclaimer_result_name(r.result));
	run_fini(&r);
}

#define TEXT	    "Content-Type: text/plain; charset=us-ascii~"
#define UTF8	    "Content-Type: text/plain; charset=utf-8~"
#define LATIN1	    "Content-Type: text/plain; charset=iso-8859-1~"
#define HTML	    "Content-Type: text/html; charset=utf-8~"
#define CTE	    "Content-Transfer-Encoding: "
#define MIXED	    "Content-Type: multipart/mixed; boundary=b~"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=a~"
#define ADDED	    "~Legal text~"

static void
test_ends_of_text(void **state)
{
	(void)state;
	check_body(TEXT, "Hello~", "Hello~" ADDED);
	check_body(TEXT, "Hello", "Hello~" ADDED);
	check_body(TEXT, "Hello~~", "Hello~~Legal text~");
	check_body(TEXT, "Hello~~~", "Hello~~~Legal text~");
	check_body(TEXT, "~", "~Legal text~");
	check_body(TEXT, "", "Legal text~");
	check_body("", "Hello~", "Hello~" ADDED);
	check_body("", "", "Legal text~");
	check_body(TEXT CTE "binary~", "Hello\n", "Hello\n\nLegal text\n");
	check_body(TEXT, "Hello\n", "Hello\n" ADDED);
	check_body(TEXT, "Hello\r", "Hello\r~" ADDED);
}

/* Their bytes stay as they stand. */
static void
test_encoded_text(void **state)
{
	static const char qp[] = UTF8 CTE "quoted-printable~";
	static const char base64[] = UTF8 CTE "base64~";

	(void)state;
	check_body(qp, "gr=C3=BC~", "gr=C3=BC~" ADDED);
	check_body(qp, "gr=c3=BC and=~ so on", "gr=c3=BC and=~ so on~" ADDED);
	check_body(qp, "soft=~", "soft=~~" ADDED);
	check_body(qp, "soft=", "soft=~~" ADDED);
	check_body(qp, "a=0A", "a=0A=~=0ALegal text=0A");
	check_body(qp, "", "Legal text~");
	check_not(qp, "blank ", DISCLAIMER_BROKEN);
	check_body(base64, "SGVsbG8NCg==~", "SGVsbG8NCg0KTGVnYWwgdGV4dA0K~");
	check_body(base64, "SGVsbG8=", "SGVsbG8NCg0KTGVnYWwgdGV4dA0K~");
	check_body(base64, "SGVsbG8K", "SGVsbG8KCkxlZ2FsIHRleHQK~");
	check_body(base64, "", "TGVnYWwgdGV4dA0K~");
	check_not(base64, "SGVsb!8=", DISCLAIMER_BROKEN);
	check_not(UTF8 CTE "x-other~", "Hello~", DISCLAIMER_BROKEN);
}

/* RFC 3676. */
static void
test_flowed(void **state)
{
	static const char flowed[] =
	    "Content-Type: text/plain; charset=utf-8; format=Flowed~";

	(void)state;
	text_file = "a \n b\n> c\nFrom d\n-- \n>";
	check_body(flowed, "Hello ~", "Hello ~~a~  b~ > c~ From d~-- ~ >~");
	check_body(UTF8, "Hello ~", "Hello ~~a ~ b~> c~From d~-- ~>~");
	text_file = "Legal text";
}

static void
test_html(void **state)
{
	(void)state;
	check_body(HTML, "<body>a</body>", "<body>a~<p>Legal HTML~</body>");
	check_body(
	    HTML, "a~</BODY ></html>~", "a~<p>Legal HTML~</BODY ></html>~");
	check_body(HTML, "a</html>~", "a~<p>Legal HTML~</html>~");
	check_body(HTML, "a", "a~<p>Legal HTML~");
	check_body(HTML, "", "<p>Legal HTML~");
	check_body(HTML, "</body>1</body><!-- </body> -->",
	    "</body>1~<p>Legal HTML~</body><!-- </body> -->");
	check_not(HTML, "a<!-- </body>", DISCLAIMER_BROKEN);
	check_not(HTML, "a<script></body>", DISCLAIMER_BROKEN);
	check_body(HTML CTE "quoted-printable~", "<p>=C3=BC </body>~",
	    "<p>=C3=BC =~~<p>Legal HTML~</body>~");
	check_body(HTML CTE "quoted-printable~", "<p>=C3=BC=~</body>~",
	    "<p>=C3=BC=~~<p>Legal HTML~</body>~");
	/* As some decode it, and others do not: it stays as it stands. */
	check_body(HTML CTE "quoted-printable~",
	    "<p>=C3=B 1~ </bo=  ~dy>~</html>",
	    "<p>=C3=B 1~ =~~<p>Legal HTML~</bo=  ~dy>~</html>");
	check_body(HTML CTE "base64~", "PC9ib2R5Pg==~",
	    "PHA+TGVnYWwgSFRNTA0KPC9ib2R5Pg==~");
}

#define UMLAUT "gr\xc3\xbc\xc3\x9f"
#define EURO   "\xe2\x82\xac"

static void
test_charsets(void **state)
{
	(void)state;
	text_file = UMLAUT;
	check_body(UTF8 CTE "8bit~", UMLAUT "~", UMLAUT "~~" UMLAUT "~");
	check_body(LATIN1 CTE "8bit~", "\xfc~", "\xfc~~gr\xfc\xdf~");
	check_becomes(
	    LATIN1, "a~", LATIN1 CTE "quoted-printable~~a~~gr=FC=DF~");
	check_becomes(TEXT CTE "7bit~", "a~",
	    UTF8 CTE "quoted-printable~~a~~gr=C3=BC=C3=9F~");
	check_becomes("Content-Type: text/plain~" CTE "8bit~", "a~",
	    UTF8 CTE "8bit~~a~~" UMLAUT "~");
	check_becomes("Content-Type: text/plain~" CTE "8bit~", UMLAUT "~",
	    UTF8 CTE "8bit~~" UMLAUT "~~" UMLAUT "~");
	check_becomes("Subject: x~", "a~",
	    "Subject: x~" UTF8 CTE "quoted-printable~~a~~gr=C3=BC=C3=9F~");
	text_file = EURO;
	check_becomes(
	    LATIN1 CTE "8bit~", "\xfc~", UTF8 CTE "8bit~~\xc3\xbc~~" EURO "~");
	check_becomes(LATIN1 CTE "quoted-printable~", "=FC=~~",
	    UTF8 CTE "quoted-printable~~=C3=BC~~=E2=82=AC~");
	check_becomes(LATIN1 CTE "base64~", "/A0K~",
	    UTF8 CTE "base64~~w7wNCg0K4oKsDQo=~");
	text_file = "Legal text";
}

/* Bytes that are not of their charset: nothing but ASCII goes beside them. */
static void
test_foreign_bytes(void **state)
{
	static const char sjis[] =
	    "Content-Type: text/plain; charset=shift_jis~" CTE "8bit~";

	(void)state;
	check_body(TEXT, "\xfc.~", "\xfc.~" ADDED);
	check_body(UTF8, "\xfc.~", "\xfc.~" ADDED);
	check_body("", "\xfc.~", "\xfc.~" ADDED);
	check_body(sjis, "\x93\xfa~", "\x93\xfa~" ADDED);
	check_body(sjis, "\x93\xfa", "\x93\xfa~" ADDED);
	check_not(sjis, "\x93", DISCLAIMER_CHARSET);
	check_not("Content-Type: text/plain; charset=unknown-8bit~", "a~",
	    DISCLAIMER_CHARSET);
	check_not("", "\x1b$B~", DISCLAIMER_CHARSET);
	text_file = UMLAUT;
	check_not(TEXT, "\xfc~", DISCLAIMER_CHARSET);
	check_not(UTF8, "\xfc~", DISCLAIMER_CHARSET);
	check_not("", "\xfc~", DISCLAIMER_CHARSET);
	text_file = "Legal text";
}

static void
test_iso_2022(void **state)
{
	static const char jp[] =
	    "Content-Type: text/plain; charset=iso-2022-jp~";

	(void)state;
	check_body(jp, "\x1b$BF|K\\\x1b(B~", "\x1b$BF|K\\\x1b(B~" ADDED);
	check_not(jp, "\x1b$BF", DISCLAIMER_CHARSET);
	/* It never comes back to ASCII, but UTF-8 does. */
	check_becomes(jp, "\x1b$BF|",
	    UTF8 CTE "quoted-printable~~=E6=97=A5~~Legal text~");
	text_file = "\xe6\x97\xa5\xe6\x9c\xac";
	check_body(jp, "a~", "a~~\x1b$BF|K\\\x1b(B~");
	text_file = UMLAUT;
	check_becomes(jp, "\x1b$BF|\x1b(B~",
	    UTF8 CTE "quoted-printable~~=E6=97=A5~~gr=C3=BC=C3=9F~");
	text_file = "Legal text";
	/* "<" is half a letter there. */
	check_body("Content-Type: text/html; charset=iso-2022-jp~",
	    "\x1b$B</body>\x1b(B</body>",
	    "\x1b$B</body>\x1b(B~<p>Legal HTML~</body>");
}

/* What the page says of itself stays true. */
static void
test_html_charsets(void **state)
{
	static const char latin1[] =
	    "Content-Type: text/html; charset=iso-8859-1~" CTE "8bit~";

	(void)state;
	html_file = "<p>" UMLAUT EURO;
	check_body(HTML CTE "8bit~", "a~", "a~<p>" UMLAUT EURO "~");
	check_body(latin1, "\xfc~", "\xfc~<p>gr&#252;&#223;&#8364;~");
	check_body(
	    "Content-Type: text/html~", "a~", "a~<p>gr&#252;&#223;&#8364;~");
	check_body("Content-Type: text/html~", "\xfc.",
	    "\xfc.~<p>gr&#252;&#223;&#8364;~");
	html_file = "<p>" UMLAUT;
	check_body(latin1, "\xfc~", "\xfc~<p>gr\xfc\xdf~");
	html_file = "<p>Legal HTML";
}

static void
test_structures(void **state)
{
	(void)state;
	check_body(MIXED, "pre~--b~" TEXT "~one~--b~~two~--b--~epi",
	    "pre~--b~" TEXT "~one~~Legal text~~--b~~two~--b--~epi");
	check_body(ALTERNATIVE,
	    "--a~" TEXT "~one~--a~" HTML "~two~--a~"
	    "Content-Type: text/calendar~~three~--a--~",
	    "--a~" TEXT "~one~~Legal text~~--a~" HTML "~two~<p>Legal HTML~~--a~"
	    "Content-Type: text/calendar~~three~--a--~");
	check_body(MIXED,
	    "--b~Content-Type: image/png~~x~--b~"
	    "Content-Disposition: attachment~~y~--b~" TEXT "~z~--b--",
	    "--b~Content-Type: image/png~~x~--b~"
	    "Content-Disposition: attachment~~y~--b~" TEXT
	    "~z~~Legal text~~--b--");
	check_body("Content-Type: multipart/related; boundary=b;"
		   " start=\"<2>\"~",
	    "--b~Content-ID: <1>~~x~--b~Content-ID: <2>~~y~--b--",
	    "--b~Content-ID: <1>~~x~--b~Content-ID: <2>~~y~~Legal text~~"
	    "--b--");
	check_not("Content-Type: multipart/related; boundary=b;"
		  " start=\"<2>\"~",
	    "--b~Content-ID: <2>~~x~--b~Content-ID: <2>~~y~--b--",
	    DISCLAIMER_BROKEN);
}

static void
test_no_body(void **state)
{
	(void)state;
	check_not("Content-Type: text/calendar~", "x~", DISCLAIMER_NO_BODY);
	check_not(
	    "Content-Type: text/plain; name=x~", "x~", DISCLAIMER_NO_BODY);
	check_not("Content-Disposition: inline; filename=x~", "x~",
	    DISCLAIMER_NO_BODY);
	check_not("Content-Type: message/rfc822~", "Subject: x~~y~",
	    DISCLAIMER_NO_BODY);
	check_not("Content-Type: multipart/report; boundary=b~", "--b~~x~--b--",
	    DISCLAIMER_NO_BODY);
	check_not("Content-Type: multipart/digest; boundary=b~",
	    "--b~~~x~--b--", DISCLAIMER_NO_BODY);
	check_not(
	    MIXED, "--b~Content-Type: image/png~~x~--b--", DISCLAIMER_NO_BODY);
	check_not(MIXED, "--b--", DISCLAIMER_BROKEN);
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
	check_not(MIXED, signed_part, DISCLAIMER_INNER_SIGNED);
	check_not(MIXED, encrypted_part, DISCLAIMER_INNER_ENCRYPTED);
	check_not(MIXED, "--b~Content-Type: application/pkcs7-mime~~x~--b--",
	    DISCLAIMER_INNER_ENCRYPTED);
	check_not(MIXED,
	    "--b~Content-Type: application/x-pkcs7-mime;"
	    " smime-type=Signed-Data~~x~--b--",
	    DISCLAIMER_INNER_SIGNED);
	check_not(
	    TEXT, "a~-----BEGIN PGP MESSAGE-----~~x~", DISCLAIMER_INLINE_PGP);
	check_not(TEXT CTE "base64~",
	    "LS0tLS1CRUdJTiBQR1AgU0lHTkVEIE1FU1NBR0UtLS0tLQ==~",
	    DISCLAIMER_INLINE_PGP);
	check_body(TEXT, "-----BEGIN PGP PUBLIC KEY BLOCK-----~",
	    "-----BEGIN PGP PUBLIC KEY BLOCK-----~" ADDED);
	/* Behind the body it is an attachment. */
	check_body(MIXED,
	    "--b~~a~~--b~Content-Type: multipart/signed; boundary=s~~"
	    "--s~~x~--s~~y~--s--~--b--",
	    "--b~~a~" ADDED "~--b~Content-Type: multipart/signed; boundary=s~~"
	    "--s~~x~--s~~y~--s--~--b--");
}

static void
test_broken(void **state)
{
	(void)state;
	check_not(TEXT TEXT, "a~", DISCLAIMER_BROKEN);
	check_not("Content-Type: text/plain; charset=(a)utf-8~", "a~",
	    DISCLAIMER_BROKEN);
	check_not("Content-Type: (x)text/plain~", "a~", DISCLAIMER_BROKEN);
	check_not(MIXED, "--b~~a~", DISCLAIMER_BROKEN);
	check_not(MIXED, "a~", DISCLAIMER_BROKEN);
	check_not("Content-Type: multipart/mixed~", "--b~~a~--b--",
	    DISCLAIMER_BROKEN);
	check_not(MIXED, "--b~" TEXT "--b--", DISCLAIMER_BROKEN);
	check_not("Content-MD5: x~", "a~", DISCLAIMER_BROKEN);
	check_not("Content-Disposition: inline~Content-Disposition: inline~",
	    "a~", DISCLAIMER_BROKEN);
	/* A charset that could not be changed, only when it has to be. */
	check_body(
	    "Content-Type: text/plain; charset*=''us-ascii~", "a~", "a~" ADDED);
	text_file = UMLAUT;
	check_not("Content-Type: text/plain; charset*=''us-ascii~", "a~",
	    DISCLAIMER_BROKEN);
	text_file = "Legal text";
}

/* Lines that are too long for their label. */
static void
test_long_lines(void **state)
{
	char line[LIMIT_LINE + 2];
	struct run r;

	(void)state;
	text_file = line;
	for (size_t len = LIMIT_LINE; len <= LIMIT_LINE + 1; len++) {
		memset(line, 'x', sizeof(line));
		line[len] = '\0';
		run_text(&r, TEXT, "a~", false);
		assert_int_equal(r.result, DISCLAIMER_ADDED);
		assert_int_equal(memmem(spool_slice(&r.out).data, r.out.size,
				     "quoted-printable", 16) != NULL,
		    len > LIMIT_LINE);
		run_fini(&r);
	}
	text_file = "Legal text";
}

static void
check_present(const char *header, const char *body, bool wanted)
{
	check_not(header, body, wanted ? DISCLAIMER_PRESENT : DISCLAIMER_ADDED);
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
	text_file = "Von %{name},\nGr\xc3\xbc\xc3\x9f"
		    "e GmbH, %{address}!";
	html_file = "";
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
	text_file = "%{name} %{address}";
	check_present(TEXT, "Alice~", false);
	check_present(TEXT, "Alice <alice@example.org>~", true);
	text_file = "Ltd.";
	check_present(TEXT, "Ltd.~", false);
	text_file = "Legal text";
	html_file = "<p>Legal HTML";
}

/* So many texts in an alternative. */
static enum disclaimer_result
add_to_many(size_t count, const char *part)
{
	struct buf body;
	struct run r;

	buf_init(&body, 1u << 24);
	for (size_t i = 0; i < count; i++)
		buf_addf(&body, "--a\r\n%s\r\n\r\nx\r\n", part);
	buf_add_text(&body, "--a--\r\n");
	run_init(&r, text_file, html_file);
	run_slices(&r,
	    slice_text("Content-Type: multipart/alternative; boundary=a\r\n"),
	    buf_slice(&body), false);
	run_fini(&r);
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
	struct run r;

	buf_init(&body, 1u << 20);
	for (unsigned i = 1; i <= depth; i++)
		buf_addf(&body, "--%u\r\nContent-Type: %s; boundary=%u\r\n\r\n",
		    i, i < depth ? "multipart/mixed" : "text/plain", i + 1);
	buf_add_text(&body, "x");
	for (unsigned i = depth; i > 0; i--)
		buf_addf(&body, "\r\n--%u--\r\n", i);
	run_init(&r, text_file, html_file);
	run_slices(&r,
	    slice_text("Content-Type: multipart/mixed; boundary=1\r\n"),
	    buf_slice(&body), false);
	run_fini(&r);
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
	text_file = word;
	html_file = "";
	for (size_t len = LIMIT_DISCLAIMER_LITERAL - 1;
	     len <= LIMIT_DISCLAIMER_LITERAL; len++) {
		memset(word, 'x', len);
		word[len] = '\0';
		check_present(
		    TEXT, "xxxxxxxxxxxx~", len >= LIMIT_DISCLAIMER_LITERAL);
	}
	text_file = "Legal text";
	html_file = "<p>Legal HTML";
}

/* With so much room; -1: it is not enough, and nothing was said. */
static int
add_in_room(struct run *r, size_t room)
{
	const struct spool_config small = {
	    .memory = room / 2, .max = room, .folder = "/tmp"};
	enum disclaimer_result result = DISCLAIMER_TOO_COMPLEX;
	size_t len = 4711;
	struct spool out;
	struct err err;
	int rc;

	spool_init(&out, &small);
	rc = disclaimer_insert(&r->tree,
	    &(const struct disclaimer_opts){r->t, &r->d, false}, &out, &len,
	    &result, &err);
	spool_fini(&out);
	if (rc) {
		assert_int_equal(err.class, ERR_PERMANENT);
		assert_int_equal(len, 4711);
	}
	assert_int_equal(
	    result, rc ? DISCLAIMER_TOO_COMPLEX : DISCLAIMER_ADDED);
	return rc;
}

/* Whatever does not fit: an error, and nothing is said or written. */
static void
test_full_spools(void **state)
{
	static const char *const headers[] = {LATIN1 CTE "base64~",
	    LATIN1 CTE "quoted-printable~", LATIN1 CTE "8bit~", LATIN1};
	size_t room;
	struct run r;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		char *header = bytes_of(headers[i]);

		run_init(&r, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac euro", "");
		mime_scan(
		    &r.tree, slice_text(header), slice_text("/GZ8/GZ8\r\n"));
		for (room = 0; room < 1000; room++)
			if (add_in_room(&r, room) == 0)
				break;
		assert_true(room > 50 && room < 1000);
		mime_tree_fini(&r.tree);
		run_fini(&r);
		free(header);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(disclaimer_result_name(DISCLAIMER_ADDED), "added");
	assert_string_equal(
	    disclaimer_result_name(DISCLAIMER_INLINE_PGP), "inline-pgp");
	assert_string_equal(
	    disclaimer_result_name(DISCLAIMER_TOO_COMPLEX), "too-complex");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends_of_text),
	    cmocka_unit_test(test_encoded_text),
	    cmocka_unit_test(test_flowed),
	    cmocka_unit_test(test_html),
	    cmocka_unit_test(test_charsets),
	    cmocka_unit_test(test_foreign_bytes),
	    cmocka_unit_test(test_iso_2022),
	    cmocka_unit_test(test_html_charsets),
	    cmocka_unit_test(test_structures),
	    cmocka_unit_test(test_no_body),
	    cmocka_unit_test(test_protected),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_present),
	    cmocka_unit_test(test_many_parts),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_short_texts),
	    cmocka_unit_test(test_full_spools),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
