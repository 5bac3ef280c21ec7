/*
 * What was done to a message on the road, and what is found: a table.  The
 * signatures are none: nobody verifies them here (test_intact does).
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "unit/seal_fixture.h"

#define SIGNED(entity)                                                         \
	"From: alice@example.org\r\n"                                          \
	"MIME-Version: 1.0\r\n"                                                \
	"Content-Type: multipart/signed; micalg=sha-256;\r\n"                  \
	"\tprotocol=\"application/pkcs7-signature\"; boundary=\"s\"\r\n"       \
	"\r\n"                                                                 \
	"This is an S/MIME signed message\r\n"                                 \
	"\r\n--s\r\n" entity "\r\n--s\r\n" SIGNATURE "\r\n--s--\r\n"
#define SIGNATURE                                                              \
	"Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"    \
	"Content-Transfer-Encoding: base64\r\n"                                \
	"\r\n"                                                                 \
	"MIAGCSqGSIb3DQEHAqCAMIACAQExDzANBglghkgBZQMEAgEFADCABgkqhkiG9w0B\r\n" \
	"BwEAADGCAQ=="
#define PLAIN                                                                  \
	"Content-Type: text/plain; charset=us-ascii\r\n"                       \
	"\r\n"                                                                 \
	"Dear Bob,\r\n\r\nthe contract is signed.\r\n\r\nAlice\r\n"
#define HTML                                                                   \
	"Content-Type: text/html; charset=us-ascii\r\n"                        \
	"\r\n"                                                                 \
	"<html><body>\r\n<p>Dear Bob</p>\r\n</body></html>\r\n"
#define QP                                                                     \
	"Content-Type: text/plain; charset=utf-8\r\n"                          \
	"Content-Transfer-Encoding: quoted-printable\r\n"                      \
	"\r\n" QP_BODY
#define QP_BODY "Gr=C3=BC=C3=9Fe aus=\r\n Bremen\r\n"
/* The same text. */
#define BASE64                                                                 \
	"Content-Type: text/plain; charset=utf-8\r\n"                          \
	"Content-Transfer-Encoding: base64\r\n"                                \
	"\r\n" BASE64_BODY
#define BASE64_BODY "R3LDvMOfZSBhdXMgQnJlbWVuDQo=\r\n"
#define EIGHT                                                                  \
	"Content-Type: text/plain; charset=utf-8\r\n"                          \
	"Content-Transfer-Encoding: 8bit\r\n"                                  \
	"\r\n" EIGHT_BODY
#define EIGHT_BODY "Gr\303\274\303\237e aus Bremen\r\n"
#define PDF                                                                    \
	"Content-Type: application/pdf; name=\"contract.pdf\"\r\n"             \
	"Content-Transfer-Encoding: base64\r\n"                                \
	"Content-Disposition: attachment\r\n"                                  \
	"\r\n"                                                                 \
	"JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSPj4K\r\n"     \
	"c3RyZWFtCg==\r\n"
#define ALTERNATIVE                                                            \
	"Content-Type: multipart/alternative; boundary=\"a\"\r\n"              \
	"\r\n"                                                                 \
	"--a\r\n" PLAIN "\r\n--a\r\n" HTML "\r\n--a--\r\n"
#define MIXED(first)                                                           \
	"Content-Type: multipart/mixed; boundary=\"m\"\r\n"                    \
	"\r\n"                                                                 \
	"--m\r\n" first "\r\n--m\r\n" PDF "\r\n--m--\r\n"
#define FORWARD(message)                                                       \
	"Content-Type: multipart/mixed; boundary=\"f\"\r\n"                    \
	"\r\n"                                                                 \
	"--f\r\n" PLAIN "\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n"      \
	"From: carol@example.com\r\nMIME-Version: 1.0\r\n" message             \
	"\r\n--f--\r\n"
#define CMS                                                                    \
	"From: alice@example.org\r\n"                                          \
	"MIME-Version: 1.0\r\n"                                                \
	"Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n" \
	"\tname=\"smime.p7m\"\r\n"                                             \
	"Content-Transfer-Encoding: base64\r\n"                                \
	"\r\n"                                                                 \
	"MIAGCSqGSIb3DQEHA6CAMIACAQIxggFKMIIBRgIBADAuMBoxGDAWBgNVBAMTD1Rl\r\n" \
	"c3QgQ0EgRm9yIE1haWwCEFaE1fW7xg==\r\n"

/* 26 bytes, and what a mail client makes of them. */
#define FOOTER	    "This mail is confidential."
#define FOOTER_HTML "<p>This mail is confidential.</p>"
#define FOOTER_PART                                                            \
	"Content-Type: text/plain\r\n\r\nThis mail is confidential.\r\n"

struct change {
	const char *from;
	const char *to;
};

struct row {
	const char *name;
	const char *message;
	struct change changes[4];
	const char *found;
};

static const struct row rows[] = {
    {"untouched", SIGNED(PLAIN), {{0}}, ""},
    {"untouched, encrypted", CMS, {{0}}, ""},
    {"untouched, nested", SIGNED(FORWARD(ALTERNATIVE)), {{0}}, ""},

    /* What mail servers do and nobody minds. */
    {"the outer Content-Type folded anew", SIGNED(PLAIN),
	{{"micalg=sha-256;\r\n\tprotocol", "micalg=sha-256; protocol"}}, ""},
    {"its name in capitals", SIGNED(PLAIN),
	{{"Content-Type: multipart", "CONTENT-TYPE:multipart"}}, ""},
    {"blank lines behind the end", SIGNED(PLAIN),
	{{"--s--\r\n", "--s--\r\n\r\n \r\n\r\n"}}, ""},
    {"no line end behind the end", SIGNED(PLAIN), {{"--s--\r\n", "--s--"}}, ""},
    {"blank lines behind a ciphertext", CMS,
	{{"fW7xg==\r\n", "fW7xg==\r\n\r\n\r\n"}}, ""},
    {"a parameter of the outer Content-Type", SIGNED(PLAIN),
	{{"micalg=sha-256;", "micalg=\"sha-256\";"}}, "(header-changed 0)"},
    {"the sentence for old clients", SIGNED(PLAIN),
	{{"This is an S/MIME signed message\r\n", ""}}, "(before-start 0)"},
    {"the signature in other lines", SIGNED(PLAIN),
	{{"BZQMEAgEFADCABgkq", "BZQMEAgEF\r\nADCABgkq"}}, ""},
    {"the signature's header in other folds", SIGNED(PLAIN),
	{{"signature; name=", "signature;\r\n name="}}, ""},
    {"the signature called by another name", SIGNED(PLAIN),
	{{"name=\"smime.p7s\"", "name=\"a.p7s\""}}, "(header-changed 2)"},

    /* Footers, as altermime and its likes append them: behind the text, or
     * before the end of an HTML page. */
    {"a footer behind the text", SIGNED(PLAIN),
	{{"Alice\r\n", "Alice\r\n\r\n" FOOTER "\r\n"}}, "text-appended 1 30"},
    {"a footer without regard for line ends", SIGNED(PLAIN),
	{{"Alice\r\n", "Alice" FOOTER}}, "text-appended 1 24"},
    {"a footer behind a text whose blank lines it dropped", SIGNED(PLAIN),
	{{"signed.\r\n\r\nAlice\r\n", "signed.\r\nAlice\r\n" FOOTER}},
	"text-appended 1 24"},
    {"a footer behind the text with an attachment", SIGNED(MIXED(PLAIN)),
	{{"Alice\r\n", "Alice\r\n" FOOTER}}, "text-appended 1.1 26"},
    {"a footer before the end of the page", SIGNED(HTML),
	{{"</body>", FOOTER_HTML "\r\n</body>"}}, "text-inserted 1 35"},
    {"a footer behind the end of the page", SIGNED(HTML),
	{{"</html>", "</html>" FOOTER_HTML}}, "text-appended 1 33"},
    {"footers in text and page", SIGNED(MIXED(ALTERNATIVE)),
	{{"Alice\r\n", "Alice\r\n" FOOTER "\r\n"},
	    {"</body>", FOOTER_HTML "</body>"}},
	"text-appended 1.1.1 28; text-inserted 1.1.2 33"},
    {"a footer and another charset", SIGNED(PLAIN),
	{{"us-ascii", "utf-8"}, {"Alice\r\n", "Alice\r\n" FOOTER}},
	"text-appended 1 26; header-changed 1"},
    {"a footer and another encoding", SIGNED(QP),
	{{"Transfer-Encoding: quoted-printable", "Transfer-Encoding: 8bit"},
	    {QP_BODY, EIGHT_BODY FOOTER}},
	"text-appended 1 26"},
    {"a footer in quoted-printable", SIGNED(QP),
	{{"Bremen\r\n", "Bremen\r\n\r\n" FOOTER "\r\n"}}, "text-appended 1 30"},
    {"a footer encoded with the text", SIGNED(BASE64),
	{{BASE64_BODY, "R3LDvMOfZSBhdXMgQnJlbWVuDQpUaGlzIG1haWwgaXMg\r\n"
		       "Y29uZmlkZW50aWFsLg0K\r\n"}},
	"text-appended 1 28"},
    {"a footer in clear behind base64", SIGNED(BASE64),
	{{BASE64_BODY, BASE64_BODY FOOTER "\r\n"}}, "text-appended 1 28"},
    {"a footer in base64 behind base64", SIGNED(BASE64),
	{{BASE64_BODY, BASE64_BODY "VGhpcyBtYWls\r\n"}}, "text-appended 1 14"},
    {"a warning before the text", SIGNED(PLAIN), {{"Dear", "[EXTERNAL] Dear"}},
	"text-prepended 1 11"},
    {"a warning behind the beginning of the page", SIGNED(HTML),
	{{"<body>", "<body><b>EXTERNAL</b>"}}, "text-inserted 1 15"},
    {"a footer in a text that was empty",
	SIGNED("Content-Type: text/plain\r\n\r\n"),
	{{"plain\r\n\r\n", "plain\r\n\r\n" FOOTER}}, "text-appended 1 26"},
    {"a footer in a forwarded message", SIGNED(FORWARD(HTML)),
	{{"</body>", FOOTER_HTML "</body>"}}, "text-inserted 1.2.1 33"},
    {"a footer in a forwarded message of several parts",
	SIGNED(FORWARD(ALTERNATIVE)), {{"</body>", FOOTER_HTML "</body>"}},
	"text-inserted 1.2.2 33"},

    /* Other changes of text. */
    {"a word", SIGNED(PLAIN), {{"contract", "treaties"}}, "text-changed 1"},
    {"a letter", SIGNED(PLAIN), {{"Dear", "dear"}}, "text-changed 1"},
    {"a word less", SIGNED(PLAIN), {{"contract ", ""}}, "text-cut 1 9"},
    {"no text any more", SIGNED(PLAIN),
	{{"Dear Bob,\r\n\r\nthe contract is signed.\r\n\r\nAlice\r\n", ""}},
	"text-cut 1 47"},
    {"a link rewritten", SIGNED(MIXED(HTML)),
	{{"<p>Dear Bob</p>", "<p>Dear <a>B</a></p>"}}, "text-changed 1.1"},
    {"a >From", SIGNED(PLAIN), {{"Alice", ">Alice"}}, "text-inserted 1 1"},

    /* White space. */
    {"a blank at the end of a line", SIGNED(PLAIN), {{"Bob,\r\n", "Bob, \r\n"}},
	"white-space 1"},
    {"a tab for a blank", SIGNED(PLAIN), {{"Dear Bob", "Dear\tBob"}},
	"white-space 1"},
    {"a bare line feed", SIGNED(PLAIN), {{"Bob,\r\n\r\n", "Bob,\n\n"}},
	"line-ends 1"},
    {"an empty line less", SIGNED(PLAIN), {{"Bob,\r\n\r\n", "Bob,\r\n"}},
	"line-ends 1"},
    {"a line broken at a blank", SIGNED(PLAIN),
	{{"contract is", "contract\r\nis"}}, "white-space 1"},
    {"a padded delimiter of the text", SIGNED(ALTERNATIVE),
	{{"--a\r\n", "--a \r\n"}}, "white-space 1"},
    {"white space in an attachment", SIGNED(MIXED(PLAIN)),
	{{"c3RyZWFtCg==", "c3RyZWFtICA="}}, "white-space 1.2"},

    /* Encodings. */
    {"base64 for quoted-printable", SIGNED(QP),
	{{"Transfer-Encoding: quoted-printable", "Transfer-Encoding: base64"},
	    {QP_BODY, BASE64_BODY}},
	"re-encoded 1"},
    {"8bit for quoted-printable", SIGNED(MIXED(QP)),
	{{"Transfer-Encoding: quoted-printable", "Transfer-Encoding: 8bit"},
	    {QP_BODY, EIGHT_BODY}},
	"re-encoded 1.1"},
    {"quoted-printable for 8bit", SIGNED(EIGHT),
	{{"Transfer-Encoding: 8bit", "Transfer-Encoding: quoted-printable"},
	    {EIGHT_BODY, QP_BODY}},
	"re-encoded 1"},
    {"quoted-printable in other lines", SIGNED(QP),
	{{"aus=\r\n Bremen", "aus Bremen"}}, "re-encoded 1"},
    {"an attachment in other lines", SIGNED(MIXED(PLAIN)),
	{{"JVBERi0xLjQK", "JVBERi0x\r\nLjQK"}}, "re-encoded 1.2"},
    {"another label for the same bytes", SIGNED(EIGHT),
	{{"Encoding: 8bit", "Encoding: binary"}}, "header-changed 1"},

    /* Headers of parts. */
    {"a header of the text in other folds", SIGNED(PLAIN),
	{{"plain; charset", "plain;\r\n charset"}}, "header-changed 1"},
    {"a name of an attachment", SIGNED(MIXED(PLAIN)),
	{{"contract.pdf", "x.pdf"}}, "header-changed 1.2"},
    {"a header of the alternatives", SIGNED(ALTERNATIVE),
	{{"boundary=\"a\"", "boundary=a"}}, "header-changed 1"},
    {"a header of a forwarded message", SIGNED(FORWARD(PLAIN)),
	{{"carol@", "dave@"}}, "header-changed 1.2.1"},
    {"a field more", SIGNED(PLAIN),
	{{"us-ascii\r\n", "us-ascii\r\nX-Scanned: yes\r\n"}},
	"header-changed 1"},

    /* Parts. */
    {"a part more", SIGNED(MIXED(PLAIN)),
	{{"\r\n--m--", "\r\n--m\r\n" FOOTER_PART "\r\n--m--"}},
	"part-added 1.3 28"},
    {"a part more in front", SIGNED(MIXED(PLAIN)),
	{{"--m\r\n", "--m\r\n" FOOTER_PART "\r\n--m\r\n"}},
	"part-added 1.1 28"},
    {"a part more in the middle", SIGNED(MIXED(PLAIN)),
	{{"Alice\r\n\r\n--m", "Alice\r\n\r\n--m\r\n" FOOTER_PART "\r\n--m"}},
	"part-added 1.2 28"},
    {"a part less", SIGNED(MIXED(PLAIN)), {{"\r\n--m\r\n" PDF, ""}},
	"part-removed 1.2 52"},
    {"a part for another", SIGNED(MIXED(PLAIN)),
	{{PDF, "Content-Type: text/plain\r\n\r\nVIRUS\r\n"}},
	"text-cut 1.2 45"},
    {"a part more outside", SIGNED(PLAIN),
	{{"\r\n--s--", "\r\n--s\r\n" FOOTER_PART "\r\n--s--"}},
	"part-added 3 28"},
    {"a footer around the text alone", SIGNED(PLAIN),
	{{PLAIN,
	    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" PLAIN
	    "\r\n--x\r\n" FOOTER_PART "\r\n--x--\r\n"}},
	"part-added 1.2 28"},
    {"text instead of alternatives", SIGNED(ALTERNATIVE),
	{{ALTERNATIVE, PLAIN}}, "part-removed 1.2 47"},
    {"the page instead of alternatives", SIGNED(ALTERNATIVE),
	{{ALTERNATIVE, HTML}}, "part-removed 1.1 47"},
    {"a part more in a forwarded message", SIGNED(FORWARD(ALTERNATIVE)),
	{{"\r\n--a--", "\r\n--a\r\n" FOOTER_PART "\r\n--a--"}},
	"part-added 1.2.3 28"},
    {"text behind the last part", SIGNED(ALTERNATIVE),
	{{"--a--\r\n", "--a--\r\n" FOOTER}}, "after-end 1 26"},
    {"text before the first part", SIGNED(ALTERNATIVE),
	{{"--a\r\n", FOOTER "\r\n--a\r\n"}}, "before-start 1"},

    /* The message. */
    {"text behind the closing boundary", SIGNED(PLAIN),
	{{"--s--\r\n", "--s--\r\n\r\n" FOOTER "\r\n"}}, "after-end 0 26"},
    {"text behind a ciphertext", CMS,
	{{"fW7xg==\r\n", "fW7xg==\r\n-- \r\n" FOOTER "\r\n"}},
	"after-end 1 33"},
    {"text before a ciphertext", CMS, {{"MIAGCSq", FOOTER "\r\nMIAGCSq"}},
	"text-prepended 1 28"},
    {"a bit of a ciphertext", CMS, {{"MIACAQIx", "MIACAQIy"}},
	"text-changed 1"},
    {"a ciphertext in other lines", CMS, {{"MIACAQIx", "MIACA\r\nQIx"}}, ""},
    {"a ciphertext called by another name", CMS, {{"smime.p7m", "message.p7m"}},
	"(header-changed 1)"},
    {"the signature", SIGNED(PLAIN), {{"BwEAADGCAQ==", "BwEAADGDAQ=="}},
	"signature-changed 2"},
    {"text behind the signature", SIGNED(PLAIN),
	{{"ADGCAQ==", "ADGC\r\n" FOOTER}}, "signature-changed 2"},
    {"no signature any more", SIGNED(PLAIN), {{"\r\n--s\r\n" SIGNATURE, ""}},
	"part-removed 2 55"},
    {"the signature as another type", SIGNED(PLAIN),
	{{"application/pkcs7-signature; name", "text/plain; name"}},
	"header-changed 2"},
    {"the end is missing", SIGNED(PLAIN), {{"--s--\r\n", ""}},
	"text-changed 0"},
    {"another boundary in the header alone", SIGNED(PLAIN),
	{{"boundary=\"s\"", "boundary=\"t\""}}, "header-changed 0"},

    /* Lists and forwarders. */
    {"a list's footer around the message", SIGNED(PLAIN),
	{{"Content-Type: multipart/signed",
	     "Content-Type: multipart/mixed; boundary=l\r\n\r\n--l\r\n"
	     "Content-Type: multipart/signed"},
	    {"--s--\r\n", "--s--\r\n\r\n--l\r\n" FOOTER_PART "\r\n--l--\r\n"}},
	"wrapped 1 77"},
    {"the same, and a footer in the text", SIGNED(PLAIN),
	{{"Content-Type: multipart/signed",
	     "Content-Type: multipart/mixed; boundary=l\r\n\r\n--l\r\n"
	     "Content-Type: multipart/signed"},
	    {"--s--\r\n", "--s--\r\n\r\n--l\r\n" FOOTER_PART "\r\n--l--\r\n"},
	    {"Alice\r\n", "Alice\r\n" FOOTER}},
	"wrapped 1 77; text-appended 1.1 26"},
    {"attached to a report", SIGNED(PLAIN),
	{{"From: alice", "Content-Type: multipart/mixed; "
			 "boundary=l\r\n\r\n--l\r\n" FOOTER_PART
			 "\r\n--l\r\nContent-Type: message/rfc822\r\n\r\n"
			 "From: alice"},
	    {"--s--\r\n", "--s--\r\n\r\n--l--\r\n"}},
	"wrapped 2 109"},
    {"a list's footer around a ciphertext", CMS,
	{{"Content-Type: application",
	     "Content-Type: multipart/mixed; boundary=l\r\n\r\n--l\r\n"
	     "Content-Type: application"},
	    {"fW7xg==\r\n",
		"fW7xg==\r\n\r\n--l\r\n" FOOTER_PART "\r\n--l--\r\n"}},
	"wrapped 1 77"},
    {"only the text of it", SIGNED(PLAIN),
	{{SIGNED(PLAIN), "From: alice@example.org\r\n" PLAIN}},
	"unprotected 1; part-removed 2 55"},
    {"mixed instead of signed, and a footer", SIGNED(PLAIN),
	{{"multipart/signed; micalg=sha-256;\r\n"
	  "\tprotocol=\"application/pkcs7-signature\"",
	     "multipart/mixed"},
	    {"\r\n--s--", "\r\n--s\r\n" FOOTER_PART "\r\n--s--"}},
	"unprotected 0; part-added 3 28"},
    {"another message altogether", SIGNED(PLAIN),
	{{SIGNED(PLAIN), "Subject: hello\r\n\r\nGood morning\r\n"}},
	"unprotected 1; part-removed 2 55; text-cut 1 33"},
    {"nothing", CMS, {{CMS, ""}},
	"unprotected 1; text-cut 1 70; (header-changed 1)"},

    /* A server that takes messages apart and makes others of them, as
     * Exchange does: new boundaries, its own idea of encodings. */
    {"rebuilt", SIGNED(ALTERNATIVE),
	{{"boundary=\"s\"", "boundary=\"_000_\""},
	    {ALTERNATIVE,
		"Content-Type: multipart/alternative; boundary=\"_001_\"\r\n"
		"\r\n--_001_\r\n" PLAIN "\r\n--_001_\r\n" HTML
		"\r\n--_001_--\r\n"},
	    {"message\r\n\r\n--s\r\n", "message\r\n\r\n--_000_\r\n"},
	    {"\r\n--s\r\n" SIGNATURE "\r\n--s--\r\n",
		"\r\n--_000_\r\n" SIGNATURE "\r\n--_000_--\r\n"}},
	"header-changed 1; (header-changed 0)"},
};

static void
show(const struct row *row, struct buf *found)
{
	struct buf message[2];
	struct seal_findings f;
	struct seal taken, s;
	size_t at = 0;

	seal_message_take(slice_text(row->message), &taken);
	seal_there_and_back(&taken, &s);
	buf_init(&message[0], 1 << 20);
	buf_init(&message[1], 1 << 20);
	buf_add_text(&message[0], row->message);
	for (size_t i = 0; i < 4 && row->changes[i].from; i++) {
		buf_clear(&message[!at]);
		seal_replace(&message[!at], buf_slice(&message[at]),
		    row->changes[i].from, row->changes[i].to);
		at = !at;
	}
	seal_message_compare(&s, buf_slice(&message[at]), &f);
	seal_findings_show(&f, found);
	buf_fini(&message[0]);
	buf_fini(&message[1]);
}

static void
table(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf found;

		buf_init(&found, 4096);
		show(&rows[i], &found);
		if (strcmp(buf_text(&found), rows[i].found) != 0) {
			print_error("%s: found \"%s\", not \"%s\"\n",
			    rows[i].name, buf_text(&found), rows[i].found);
			wrong++;
		}
		buf_fini(&found);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
