/* Disclaimers in texts: what they do to charsets, encodings and labels. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "unit/disclaimer_run.h"
#include "unit/tilde.h"

static void
test_ends_of_text(void **state)
{
	(void)state;
	run_check_body(TEXT, "Hello~", "Hello~" ADDED);
	run_check_body(TEXT, "Hello", "Hello~" ADDED);
	run_check_body(TEXT, "Hello~~", "Hello~~Legal text~");
	run_check_body(TEXT, "Hello~~~", "Hello~~~Legal text~");
	run_check_body(TEXT, "~", "~Legal text~");
	run_check_body(TEXT, "", "Legal text~");
	run_check_body("", "Hello~", "Hello~" ADDED);
	run_check_body("", "", "Legal text~");
	run_check_body(TEXT CTE "binary~", "Hello\n", "Hello\n\nLegal text\n");
	run_check_body(TEXT, "Hello\n", "Hello\n" ADDED);
	run_check_body(TEXT, "Hello\r", "Hello\r~" ADDED);
}

/* Their bytes stay as they stand. */
static void
test_encoded_text(void **state)
{
	static const char qp[] = UTF8 CTE "quoted-printable~";
	static const char base64[] = UTF8 CTE "base64~";

	(void)state;
	run_check_body(qp, "gr=C3=BC~", "gr=C3=BC~" ADDED);
	run_check_body(
	    qp, "gr=c3=BC and=~ so on", "gr=c3=BC and=~ so on~" ADDED);
	run_check_body(qp, "soft=~", "soft=~~" ADDED);
	run_check_body(qp, "soft=", "soft=~~" ADDED);
	run_check_body(qp, "a=0A", "a=0A=~=0ALegal text=0A");
	run_check_body(qp, "", "Legal text~");
	run_check_not(qp, "blank ", DISCLAIMER_BROKEN);
	run_check_body(
	    base64, "SGVsbG8NCg==~", "SGVsbG8NCg0KTGVnYWwgdGV4dA0K~");
	run_check_body(base64, "SGVsbG8=", "SGVsbG8NCg0KTGVnYWwgdGV4dA0K~");
	run_check_body(base64, "SGVsbG8K", "SGVsbG8KCkxlZ2FsIHRleHQK~");
	run_check_body(base64, "", "TGVnYWwgdGV4dA0K~");
	run_check_not(base64, "SGVsb!8=", DISCLAIMER_BROKEN);
	run_check_not(UTF8 CTE "x-other~", "Hello~", DISCLAIMER_BROKEN);
}

/* RFC 3676. */
static void
test_flowed(void **state)
{
	static const char flowed[] =
	    "Content-Type: text/plain; charset=utf-8; format=Flowed~";

	(void)state;
	run_text_file = "a \n b\n> c\nFrom d\n-- \n>";
	run_check_body(flowed, "Hello ~", "Hello ~~a~  b~ > c~ From d~-- ~ >~");
	run_check_body(UTF8, "Hello ~", "Hello ~~a ~ b~> c~From d~-- ~>~");
	run_text_file = "Legal text";
}

static void
test_html(void **state)
{
	(void)state;
	run_check_body(HTML, "<body>a</body>", "<body>a~<p>Legal HTML~</body>");
	run_check_body(
	    HTML, "a~</BODY ></html>~", "a~<p>Legal HTML~</BODY ></html>~");
	run_check_body(HTML, "a</html>~", "a~<p>Legal HTML~</html>~");
	run_check_body(HTML, "a", "a~<p>Legal HTML~");
	run_check_body(HTML, "", "<p>Legal HTML~");
	run_check_body(HTML, "</body>1</body><!-- </body> -->",
	    "</body>1~<p>Legal HTML~</body><!-- </body> -->");
	run_check_not(HTML, "a<!-- </body>", DISCLAIMER_BROKEN);
	run_check_not(HTML, "a<script></body>", DISCLAIMER_BROKEN);
	run_check_body(HTML CTE "quoted-printable~", "<p>=C3=BC </body>~",
	    "<p>=C3=BC =~~<p>Legal HTML~</body>~");
	run_check_body(HTML CTE "quoted-printable~", "<p>=C3=BC=~</body>~",
	    "<p>=C3=BC=~~<p>Legal HTML~</body>~");
	/* As some decode it, and others do not: it stays as it stands. */
	run_check_body(HTML CTE "quoted-printable~",
	    "<p>=C3=B 1~ </bo=  ~dy>~</html>",
	    "<p>=C3=B 1~ =~~<p>Legal HTML~</bo=  ~dy>~</html>");
	run_check_body(HTML CTE "base64~", "PC9ib2R5Pg==~",
	    "PHA+TGVnYWwgSFRNTA0KPC9ib2R5Pg==~");
}

static void
test_charsets(void **state)
{
	(void)state;
	run_text_file = UMLAUT;
	run_check_body(UTF8 CTE "8bit~", UMLAUT "~", UMLAUT "~~" UMLAUT "~");
	run_check_body(LATIN1 CTE "8bit~", "\xfc~", "\xfc~~gr\xfc\xdf~");
	run_check_becomes(
	    LATIN1, "a~", LATIN1 CTE "quoted-printable~~a~~gr=FC=DF~");
	run_check_becomes(TEXT CTE "7bit~", "a~",
	    UTF8 CTE "quoted-printable~~a~~gr=C3=BC=C3=9F~");
	run_check_becomes("Content-Type: text/plain~" CTE "8bit~", "a~",
	    UTF8 CTE "8bit~~a~~" UMLAUT "~");
	run_check_becomes("Content-Type: text/plain~" CTE "8bit~", UMLAUT "~",
	    UTF8 CTE "8bit~~" UMLAUT "~~" UMLAUT "~");
	run_check_becomes("Subject: x~", "a~",
	    "Subject: x~" UTF8 CTE "quoted-printable~~a~~gr=C3=BC=C3=9F~");
	run_text_file = EURO;
	run_check_becomes(
	    LATIN1 CTE "8bit~", "\xfc~", UTF8 CTE "8bit~~\xc3\xbc~~" EURO "~");
	run_check_becomes(LATIN1 CTE "quoted-printable~", "=FC=~~",
	    UTF8 CTE "quoted-printable~~=C3=BC~~=E2=82=AC~");
	run_check_becomes(LATIN1 CTE "base64~", "/A0K~",
	    UTF8 CTE "base64~~w7wNCg0K4oKsDQo=~");
	run_text_file = "Legal text";
}

/* Bytes that are not of their charset: nothing but ASCII goes beside them. */
static void
test_foreign_bytes(void **state)
{
	static const char sjis[] =
	    "Content-Type: text/plain; charset=shift_jis~" CTE "8bit~";

	(void)state;
	run_check_body(TEXT, "\xfc.~", "\xfc.~" ADDED);
	run_check_body(UTF8, "\xfc.~", "\xfc.~" ADDED);
	run_check_body("", "\xfc.~", "\xfc.~" ADDED);
	run_check_body(sjis, "\x93\xfa~", "\x93\xfa~" ADDED);
	run_check_body(sjis, "\x93\xfa", "\x93\xfa~" ADDED);
	run_check_not(sjis, "\x93", DISCLAIMER_CHARSET);
	run_check_not("Content-Type: text/plain; charset=unknown-8bit~", "a~",
	    DISCLAIMER_CHARSET);
	run_check_not("", "\x1b$B~", DISCLAIMER_CHARSET);
	run_text_file = UMLAUT;
	run_check_not(TEXT, "\xfc~", DISCLAIMER_CHARSET);
	run_check_not(UTF8, "\xfc~", DISCLAIMER_CHARSET);
	run_check_not("", "\xfc~", DISCLAIMER_CHARSET);
	/* A character of somebody's own, or of another charset. */
	run_check_not(sjis, "\xf3\xdf~", DISCLAIMER_CHARSET);
	run_text_file = "Legal text";
}

static void
test_iso_2022(void **state)
{
	static const char jp[] =
	    "Content-Type: text/plain; charset=iso-2022-jp~";

	(void)state;
	run_check_body(jp, "\x1b$BF|K\\\x1b(B~", "\x1b$BF|K\\\x1b(B~" ADDED);
	run_check_not(jp, "\x1b$BF", DISCLAIMER_CHARSET);
	/* It never comes back to ASCII, but UTF-8 does. */
	run_check_becomes(jp, "\x1b$BF|",
	    UTF8 CTE "quoted-printable~~=E6=97=A5~~Legal text~");
	run_text_file = "\xe6\x97\xa5\xe6\x9c\xac";
	run_check_body(jp, "a~", "a~~\x1b$BF|K\\\x1b(B~");
	run_text_file = UMLAUT;
	run_check_becomes(jp, "\x1b$BF|\x1b(B~",
	    UTF8 CTE "quoted-printable~~=E6=97=A5~~gr=C3=BC=C3=9F~");
	run_text_file = "Legal text";
	/* "<" is half a letter there. */
	run_check_body("Content-Type: text/html; charset=iso-2022-jp~",
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
	run_html_file = "<p>" UMLAUT EURO;
	run_check_body(HTML CTE "8bit~", "a~", "a~<p>" UMLAUT EURO "~");
	run_check_body(latin1, "\xfc~", "\xfc~<p>gr&#252;&#223;&#8364;~");
	run_check_body(
	    "Content-Type: text/html~", "a~", "a~<p>gr&#252;&#223;&#8364;~");
	run_check_body("Content-Type: text/html~", "\xfc.",
	    "\xfc.~<p>gr&#252;&#223;&#8364;~");
	run_html_file = "<p>" UMLAUT;
	run_check_body(latin1, "\xfc~", "\xfc~<p>gr\xfc\xdf~");
	run_html_file = "<p>Legal HTML";
}

/* Lines that are too long for their label. */
static void
test_long_lines(void **state)
{
	char line[LIMIT_LINE + 2];
	struct disclaimer_run r;

	(void)state;
	run_text_file = line;
	for (size_t len = LIMIT_LINE; len <= LIMIT_LINE + 1; len++) {
		memset(line, 'x', sizeof(line));
		line[len] = '\0';
		disclaimer_run_text(&r, TEXT, "a~", false);
		assert_int_equal(r.result, DISCLAIMER_ADDED);
		assert_int_equal(memmem(spool_slice(&r.out).data, r.out.size,
				     "quoted-printable", 16) != NULL,
		    len > LIMIT_LINE);
		disclaimer_run_fini(&r);
	}
	run_text_file = "Legal text";
}

/* With so much room; -1: it is not enough, and nothing was said. */
static int
add_in_room(struct disclaimer_run *r, size_t room)
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
	struct disclaimer_run r;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		char *header = tilde_bytes(headers[i]);

		disclaimer_run_init(
		    &r, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac euro", "");
		mime_scan(
		    &r.tree, slice_text(header), slice_text("/GZ8/GZ8\r\n"));
		for (room = 0; room < 1000; room++)
			if (add_in_room(&r, room) == 0)
				break;
		assert_true(room > 50 && room < 1000);
		mime_tree_fini(&r.tree);
		disclaimer_run_fini(&r);
		free(header);
	}
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
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_full_spools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
