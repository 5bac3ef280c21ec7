/* The canonical form: what changes, what does not, and when nothing can. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/mime_canon.h"
#include "mail/mime_codec.h"
#include "unit/mime_check.h"
#include "unit/tilde.h"

static const struct spool_config config = {
    .memory = 1u << 20, .max = 1u << 28, .folder = "/tmp"};

/* wanted: the whole result, or NULL for SAME; it and the input obey every
 * promise of mime_canon.h. */
static void
check_slices(
    struct slice header_raw, struct slice body, struct slice wanted, bool same)
{
	enum mime_canon_result result;
	const char *reason, *wrong;
	struct spool out;

	spool_init(&out, &config);
	wrong = mime_check_canon(header_raw, body, &out, &result, &reason);
	if (wrong)
		fail_msg(
		    "%.*s: %s", (int)body.len, (const char *)body.data, wrong);
	assert_null(reason);
	assert_int_equal(
	    result, same ? MIME_CANON_SAME : MIME_CANON_TRANSCODED);
	if (!slice_equal(spool_slice(&out), wanted))
		fail_msg("%.*s", (int)spool_slice(&out).len,
		    (const char *)spool_slice(&out).data);
	spool_fini(&out);
}

static void
check_becomes(const char *header, const char *body, const char *wanted)
{
	char *h = tilde_bytes(header), *b = tilde_bytes(body);
	char *w = wanted ? tilde_bytes(wanted) : xstrdup("");

	check_slices(slice_text(h), slice_text(b), slice_text(w), !wanted);
	free(h);
	free(b);
	free(w);
}

static void
check_same(const char *header, const char *body)
{
	check_becomes(header, body, NULL);
}

static void
check_refused(const char *header, const char *body,
    enum mime_canon_result wanted, const char *wanted_reason)
{
	char *h = tilde_bytes(header), *b = tilde_bytes(body);
	enum mime_canon_result result = MIME_CANON_SAME;
	const char *reason = NULL, *wrong;
	struct spool out;

	spool_init(&out, &config);
	wrong = mime_check_canon(
	    slice_text(h), slice_text(b), &out, &result, &reason);
	if (wrong)
		fail_msg("%s: %s", body, wrong);
	assert_int_equal(result, wanted);
	assert_non_null(reason);
	assert_string_equal(reason, wanted_reason);
	spool_fini(&out);
	free(h);
	free(b);
}

static void
check_opaque(const char *header, const char *body, const char *reason)
{
	check_refused(header, body, MIME_CANON_OPAQUE, reason);
}

#define TEXT  "Content-Type: text/plain; charset=utf-8~"
#define MIXED "Content-Type: multipart/mixed; boundary=b~"
#define CTE   "Content-Transfer-Encoding: "

static void
test_clean_stays(void **state)
{
	(void)state;
	check_same("", "");
	check_same(TEXT, "hello~.~~--b~");
	check_same(TEXT CTE "7bit~", "hello~");
	check_same(TEXT CTE "quoted-printable~", "gr=C3=BC=C3=9Fe=~ and so~");
	check_same(TEXT CTE "base64~", "Z3LDvMOfZQ==~");
	check_same(TEXT CTE "x-unknown~", "begin 644 x~");
	check_same(MIXED, "pre~--b~" TEXT "~one~--b~~two~--b--~epi~");
}

/* Rule S8: text that a gateway or a mailbox file would change. */
static void
test_fragile_text(void **state)
{
	static const char *const pairs[][2] = {
	    {"gr\xc3\xbc\xc3\x9f"
	     "e~",
		"gr=C3=BC=C3=9Fe~"},
	    {"signature~-- ~me~", "signature~=2D-=20~me~"},
	    {"tab\t~", "tab=09~"},
	    {"end ", "end=20"},
	    {"From here~on~", "=46rom here~on~"},
	    {"~From here~", "~=46rom here~"},
	    {"a = b ~", "a =3D b=20~"},
	};
	static const char before[] = "Enough plain text before it.~";
	char body[200], wanted[300];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		snprintf(body, sizeof(body), "%s%s", before, pairs[i][0]);
		snprintf(wanted, sizeof(wanted), "%s~%s%s",
		    TEXT CTE "quoted-printable~", before, pairs[i][1]);
		check_becomes(TEXT, body, wanted);
	}
}

/* The smaller one: much that is not ASCII makes base64. */
static void
test_smaller_encoding(void **state)
{
	(void)state;
	check_becomes(TEXT, "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	    TEXT CTE "base64~~0J/RgNC40LLQtdGC~");
	check_becomes(TEXT, "abcdefghi\xc3\xa4",
	    TEXT CTE "quoted-printable~~abcdefghi=C3=A4");
	/* Equal sizes stay readable. */
	check_becomes(
	    "", "ab\xe4 cdefgh", CTE "quoted-printable~~ab=E4 cdefgh");
}

static void
test_other_data(void **state)
{
	static const char type[] = "Content-Type: application/x~";

	(void)state;
	check_becomes(type, "abcdefghi\xe4",
	    "Content-Type: application/x~" CTE "base64~~YWJjZGVmZ2hp5A==~");
	check_becomes(type, "a \r\n",
	    "Content-Type: application/x~" CTE "base64~~YSANCg==~");
	check_becomes("Content-Type: image/png~" CTE "binary~",
	    "\x89PNG~\x1a\n",
	    "Content-Type: image/png~" CTE "base64~~iVBORw0KGgo=~");
}

static void
test_bare_line_ends(void **state)
{
	(void)state;
	check_becomes(TEXT, "a\nb~", TEXT CTE "base64~~YQpiDQo=~");
	check_becomes(TEXT, "a\rb~", TEXT CTE "base64~~YQ1iDQo=~");
	check_becomes(TEXT, "a\r", TEXT CTE "base64~~YQ0=~");
}

static void
test_nul(void **state)
{
	static const char body[] = "nul \0 in the middle of a text\r\n";
	static const char wanted[] = "Content-Transfer-Encoding: "
				     "quoted-printable\r\n\r\n"
				     "nul =00 in the middle of a text\r\n";

	(void)state;
	check_slices(slice_text(""), slice_make(body, sizeof(body) - 1),
	    slice_text(wanted), false);
}

static void
test_long_lines(void **state)
{
	char line[LIMIT_LINE + 4];
	struct buf wanted;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line + LIMIT_LINE, "\r\n", 3);
	check_same(TEXT, line);
	memcpy(line + LIMIT_LINE, "y\r\n", 4);
	buf_init(&wanted, 4096);
	buf_add_text(&wanted, TEXT CTE "quoted-printable~~");
	for (size_t i = 0; i < LIMIT_LINE; i++) {
		if (i > 0 && i % 75 == 0)
			buf_add_text(&wanted, "=~");
		buf_add_char(&wanted, 'x');
	}
	buf_add_text(&wanted, "y~");
	check_becomes(TEXT, line, buf_text(&wanted));
	buf_fini(&wanted);
}

/* Where the label goes, and what stays of the field. */
static void
test_labels(void **state)
{
	(void)state;
	check_becomes("A: b~" TEXT "C: d~", "\xe4xxxxxxxxx",
	    "A: b~" TEXT "C: d~" CTE "quoted-printable~~=E4xxxxxxxxx");
	check_becomes("content-transfer-ENCODING:8bit~" TEXT, "\xe4xxxxxxxxx",
	    "content-transfer-ENCODING: quoted-printable~" TEXT
	    "~=E4xxxxxxxxx");
	check_becomes(CTE "~\t(a)~ 8bit (b)~" TEXT, "\xe4xxxxxxxxx",
	    CTE "quoted-printable~" TEXT "~=E4xxxxxxxxx");
	/* Plain ASCII labelled 8bit is converted by Postfix. */
	check_becomes(TEXT CTE "8bit~", "hello~", TEXT CTE "7bit~~hello~");
	check_becomes(TEXT CTE "BINARY~", "hello~", TEXT CTE "7bit~~hello~");
}

static void
test_multiparts(void **state)
{
	(void)state;
	check_becomes(MIXED CTE "8bit~",
	    "pre~--b~" TEXT "~one~--b~" TEXT CTE "8bit~~zw\xc3\xb6lf M~"
	    "--b~Content-Type: image/png~" CTE "base64~~iVBORw0KGgo=~~"
	    "--b--~epi~",
	    MIXED CTE "7bit~~"
		      "pre~--b~" TEXT "~one~--b~" TEXT CTE
		      "quoted-printable~~zw=C3=B6lf M~"
		      "--b~Content-Type: image/png~" CTE
		      "base64~~iVBORw0KGgo=~~"
		      "--b--~epi~");
	/* Containers at every depth are relabelled. */
	check_becomes(MIXED CTE "8bit~",
	    "--b~Content-Type: multipart/alternative; boundary=c~" CTE
	    "8bit~~--c~~one\xe4xxxxxx~--c--~--b--~",
	    MIXED CTE "7bit~~"
		      "--b~Content-Type: multipart/alternative; "
		      "boundary=c~" CTE "7bit~~--c~" CTE
		      "quoted-printable~~one=E4xxxxxx~--c--~--b--~");
	/* A part without a header gets one. */
	check_becomes(MIXED, "--b~~one\xe4xxxxxx~--b--~",
	    MIXED "~--b~" CTE "quoted-printable~~one=E4xxxxxx~--b--~");
}

static void
test_messages(void **state)
{
	(void)state;
	check_becomes("Content-Type: message/rfc822~" CTE "8bit~",
	    "Subject: x~" TEXT CTE "8bit~~zw\xc3\xb6lf xx~",
	    "Content-Type: message/rfc822~" CTE "7bit~~"
	    "Subject: x~" TEXT CTE "quoted-printable~~zw=C3=B6lf xx~");
	check_becomes(MIXED,
	    "--b~Content-Type: message/rfc822~~"
	    "Content-Type: message/global~" CTE "binary~~"
	    "Subject: x~~zw\xc3\xb6lf xx~--b--~",
	    MIXED "~--b~Content-Type: message/rfc822~~"
		  "Content-Type: message/global~" CTE "7bit~~"
		  "Subject: x~" CTE "quoted-printable~~zw=C3=B6lf xx~--b--~");
	check_opaque("Content-Type: message/rfc822~", "Subject: \xc3\xa4~~x~",
	    "header-not-7bit");
	check_opaque("Content-Type: message/delivery-status~",
	    "Status: \xc3\xa4~", "part-not-encodable");
	check_same("Content-Type: message/delivery-status~", "Status: x ~");
	/* RFC 6533 lets these be encoded, but not every reader decodes them. */
	check_opaque("Content-Type: message/global-delivery-status~",
	    "A: \xc3\xa4", "part-not-encodable");
}

static void
test_partial_is_skipped(void **state)
{
	(void)state;
	check_refused("Content-Type: message/partial; id=x; number=1~", "x~",
	    MIME_CANON_SKIP, "message-partial");
	check_refused("Content-Type: message/partial; id=x; number=1~", "\xe4~",
	    MIME_CANON_SKIP, "message-partial");
	check_same(MIXED, "--b~Content-Type: message/partial~~x~--b--~");
}

/* Rule S5: somebody else's signature is never touched. */
static void
test_protected_parts(void **state)
{
	static const char *const types[] = {
	    "multipart/signed; boundary=s", "multipart/encrypted; boundary=s"};
	char header[200], body[400], wanted[600];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(header, sizeof(header), "Content-Type: %s~", types[i]);
		check_same(header, "--s~~one~--s~~sig~--s--~");
		/* Blanks and "From " lines are put up with. */
		check_same(header, "--s~~From one ~--s~~sig~--s--~");
		check_opaque(
		    header, "--s~~one\xe4~--s~~sig~--s--~", "inner-protected");
		check_opaque(header, "--s~" CTE "8bit~~one~--s~~sig~--s--~",
		    "inner-protected");
		snprintf(header, sizeof(header),
		    "Content-Type: %s~" CTE "8bit~", types[i]);
		check_opaque(
		    header, "--s~~one~--s~~sig~--s--~", "inner-protected");
		/* The part beside it is encoded all the same. */
		snprintf(body, sizeof(body),
		    "--b~Content-Type: %s~~--s~~From one ~--s~~sig~--s--~"
		    "--b~~\xe4xxxxxxxxx~--b--~",
		    types[i]);
		snprintf(wanted, sizeof(wanted),
		    MIXED "~--b~Content-Type: %s~~"
			  "--s~~From one ~--s~~sig~--s--~"
			  "--b~" CTE "quoted-printable~~=E4xxxxxxxxx~--b--~",
		    types[i]);
		check_becomes(MIXED, body, wanted);
	}
	check_same(
	    "Content-Type: application/pkcs7-mime~" CTE "base64~", "QUJD~");
	check_opaque("Content-Type: application/pkcs7-mime~" CTE "binary~",
	    "\x30\x80", "inner-protected");
	check_opaque("Content-Type: application/x-pkcs7-mime~", "\x30\x80",
	    "inner-protected");
}

/* Nobody knows where its parts are, and Sendmail closes it where it guesses
 * the end. */
static void
test_broken_multiparts(void **state)
{
	(void)state;
	check_opaque(MIXED, "--b~~one~", "broken-multipart");
	check_opaque(MIXED, "--b~~one ~From two~", "broken-multipart");
	check_opaque(MIXED, "nothing~", "broken-multipart");
	check_opaque(MIXED, "--b~~one\xe4~", "broken-multipart");
	check_opaque(MIXED, "one\xe4~", "broken-multipart");
	check_opaque(MIXED, "--b~" CTE "8bit~~one~", "broken-multipart");
	check_opaque(
	    "Content-Type: multipart/mixed~", "\xe4", "broken-multipart");
	check_opaque(MIXED,
	    "--b~Content-Type: multipart/x; boundary=c~~--c~~one ~"
	    "--b~~xxxxxxxxx~--b--~",
	    "broken-multipart");
}

static void
test_bytes_outside_of_leaves(void **state)
{
	(void)state;
	check_opaque(MIXED, "\xe4~--b~~x~--b--~", "preamble-not-7bit");
	check_opaque(MIXED, "--b~~x~--b--~\xe4~", "preamble-not-7bit");
	check_opaque(MIXED, "a\nb~--b~~x~--b--~", "preamble-not-7bit");
	check_opaque(MIXED, "--b~X: \xe4~~x~--b--~", "header-not-7bit");
	check_opaque("X: \xe4~" TEXT, "x~", "header-not-7bit");
	check_opaque("X: a\n b~" TEXT, "x~", "header-not-7bit");
	check_same(MIXED, "pre ~--b~X: y ~~x~--b--~From epi ~");
}

static void
test_malformed_headers(void **state)
{
	static const char two[] = "Content-Type: text/plain~"
				  "Content-Type: multipart/mixed; boundary=b~";
	static const char two_labels[] = CTE "7bit~" CTE "8bit~";

	(void)state;
	check_opaque(two, "x \r\n", "hidden-parts");
	check_opaque(two, "\xe4", "part-not-encodable");
	check_opaque(two_labels, "x \r\n", "irregular-field");
	check_opaque(two_labels, "\xe4", "part-not-encodable");
	check_opaque(CTE "8bit~" CTE "7bit~", "x", "part-not-encodable");
	check_opaque("Content-Type: text~", "\xe4", "part-not-encodable");
	check_opaque(MIXED CTE "base64~", "\xe4", "part-not-encodable");
	check_opaque(MIXED CTE "base64~", "QUJD~", "hidden-parts");
	/* The type is plain enough, only a parameter is not. */
	check_becomes("Content-Type: text/plain; name=my file~", "\xe4xxxxxx",
	    "Content-Type: text/plain; name=my file~" CTE
	    "quoted-printable~~=E4xxxxxx");
	/* A new field would become part of the body for some readers. */
	check_opaque(MIXED, "--b~no field \xe4~--b--~", "part-not-encodable");
	check_opaque(MIXED, "--b~no field ~--b--~", "irregular-header");
	check_opaque(
	    MIXED, "--b~" CTE "8bit~\xe4: b~--b--~", "part-not-encodable");
}

/* Encoded, but not so that it would survive. */
static void
test_encoded_again(void **state)
{
	(void)state;
	check_becomes(TEXT CTE "quoted-printable~", "From a=~b~c=20~",
	    TEXT CTE "quoted-printable~~=46rom ab~c=20~");
	check_becomes("Content-Type: a/b~" CTE "quoted-printable~", "From a~b",
	    "Content-Type: a/b~" CTE "quoted-printable~~=46rom a=0D=0Ab");
	check_becomes(TEXT CTE "base64~", "Q\nUJD~", TEXT CTE "base64~~QUJD~");
	check_becomes(
	    TEXT CTE "base64~", "QUJD \r\n", TEXT CTE "base64~~QUJD~");
	/* Two readers could decode these differently. */
	check_opaque(
	    TEXT CTE "quoted-printable~", "a\xe4", "part-not-encodable");
	check_opaque(TEXT CTE "base64~", "QUJD\xe4", "part-not-encodable");
	check_same(TEXT CTE "quoted-printable~", "=zz ~");
	check_same(TEXT CTE "quoted-printable~", "From a ~");
	check_same(TEXT CTE "quoted-printable~", "From a= ~b~");
	check_same(TEXT CTE "base64~", "QUI \r\n");
	check_opaque(TEXT CTE "x-unknown~", "a\xe4", "part-not-encodable");
	check_same(TEXT CTE "x-unknown~", "a ~");
}

static void
test_long_base64_line(void **state)
{
	unsigned char data[1200] = {0};
	char *line = xmalloc(2000), *lines = xmalloc(2000);
	struct buf wanted;
	size_t len, n = 0;

	(void)state;
	len = base64_encode(
	    slice_make(data, sizeof(data)), (unsigned char *)lines);
	lines[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (lines[i] != '\r' && lines[i] != '\n')
			line[n++] = lines[i];
	line[n] = '\0';
	buf_init(&wanted, 4096);
	buf_addf(&wanted, TEXT CTE "base64~~%s", lines);
	check_becomes(TEXT CTE "base64~", line, buf_text(&wanted));
	buf_fini(&wanted);
	free(line);
	free(lines);
}

/* Over a limit nobody can say what is inside. */
static void
test_too_complex(void **state)
{
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 20);
	for (size_t i = 0; i < LIMIT_MIME_PARTS; i++)
		buf_add_text(&body, "--b~~x ~");
	buf_add_text(&body, "--b--~");
	check_opaque(MIXED, buf_text(&body), "too-complex");
	/* And what does not survive as it is cannot be helped. */
	buf_add_text(&body, "gr\xc3\xbc\xc3\x9f~");
	check_refused(MIXED, buf_text(&body), MIME_CANON_SKIP, "too-complex");
	buf_clear(&body);
	for (size_t i = 0; i <= LIMIT_MIME_DEPTH; i++)
		buf_add_text(&body, "Content-Type: message/rfc822~~");
	buf_add_text(&body, "x~");
	check_opaque(
	    "Content-Type: message/rfc822~", buf_text(&body), "too-complex");
	check_refused("Content-Type: message/rfc822; x=\"\xc3\xbc\"~",
	    buf_text(&body), MIME_CANON_SKIP, "too-complex");
	buf_fini(&body);
}

static void
check_too_complex(const char *header, const char *body, bool wanted)
{
	char *h = tilde_bytes(header), *b = tilde_bytes(body);
	struct mime_tree tree;

	mime_scan(&tree, slice_text(h), slice_text(b));
	assert_int_equal(mime_canon_is_too_complex(&tree), wanted);
	mime_tree_fini(&tree);
	free(h);
	free(b);
}

/* At the limit of parts, and one past it. */
static void
test_is_too_complex(void **state)
{
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 20);
	/* The root is a part as well. */
	for (size_t i = 0; i < LIMIT_MIME_PARTS - 1; i++)
		buf_add_text(&body, "--b~~\xc3\xbc ~");
	buf_add_text(&body, "--b--~");
	check_too_complex(MIXED, buf_text(&body), false);
	buf_clear(&body);
	for (size_t i = 0; i < LIMIT_MIME_PARTS; i++)
		buf_add_text(&body, "--b~~\xc3\xbc ~");
	buf_add_text(&body, "--b--~");
	check_too_complex(MIXED, buf_text(&body), true);
	buf_fini(&body);
}

/* A full disk or a message that grows over the maximum is an error, and the
 * caller's variables stay as they were. */
static void
test_full_spool(void **state)
{
	const struct spool_config tiny = {
	    .memory = 40, .max = 40, .folder = "/tmp"};
	enum mime_canon_result result = MIME_CANON_SKIP;
	const char *reason = "untouched";
	struct mime_tree tree;
	struct spool out;
	struct err err = {0};

	(void)state;
	spool_init(&out, &tiny);
	mime_scan(&tree, slice_text(""), slice_text("\xe4 and so on\r\n"));
	assert_int_equal(
	    mime_canon_write(&tree, &out, &result, &reason, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(result, MIME_CANON_SKIP);
	assert_string_equal(reason, "untouched");
	mime_tree_fini(&tree);
	spool_fini(&out);
}

/* Memory of this process that is not a file's, in kB. */
static long
anonymous_kb(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kb = -1;

	assert_non_null(f);
	while (kb < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "Anonymous: %ld", &kb);
	fclose(f);
	assert_true(kb >= 0);
	return kb;
}

/* A large message costs the disk, not the memory (feature I4). */
static void
test_large_message_costs_no_memory(void **state)
{
	static const char line[] = "Zw\xc3\xb6lf Boxk\xc3\xa4mpfer jagen\r\n";
	enum mime_canon_result result;
	struct spool in, out;
	struct mime_tree tree;
	const char *reason;
	struct err err;
	long before;

	(void)state;
	spool_init(&in, &config);
	spool_init(&out, &config);
	while (in.size < 40u * MIB)
		assert_int_equal(
		    spool_write(&in, line, sizeof(line) - 1, &err), 0);
	assert_int_equal(spool_finish(&in, &err), 0);
	before = anonymous_kb();
	mime_scan(&tree, slice_text(""), spool_slice(&in));
	assert_int_equal(
	    mime_canon_write(&tree, &out, &result, &reason, &err), 0);
	assert_int_equal(result, MIME_CANON_TRANSCODED);
	assert_true(out.size > in.size);
	assert_true(UNIT_SANITIZED || anonymous_kb() - before < 8 * 1024);
	mime_tree_fini(&tree);
	spool_fini(&in);
	spool_fini(&out);
}

/* Pieces of messages, put together at random: whatever comes out obeys the
 * promises. */
static void
test_random_messages(void **state)
{
	static const char *const pieces[] = {"--b\r\n", "--b--\r\n", "--c\r\n",
	    "--c--\r\n", "\r\n", "\n", "\r", "text", "\xe4", " ", "From ",
	    "=\r\n", "=E4", "QUJD", "-", "a: b\r\n",
	    "Content-Type: multipart/mixed; boundary=c\r\n",
	    "Content-Type: multipart/signed; boundary=c\r\n",
	    "Content-Type: message/rfc822\r\n", "Content-Type: text/plain\r\n",
	    "Content-Type: a/b\r\n", "Content-Type: \r\n",
	    "Content-Transfer-Encoding: 8bit\r\n",
	    "Content-Transfer-Encoding: base64\r\n",
	    "Content-Transfer-Encoding: quoted-printable\r\n",
	    "Content-Transfer-Encoding: binary\r\n", "\r\n\r\n", "\r\n--b\r\n"};
	static const char header[] =
	    "Content-Type: multipart/mixed; boundary=b\r\n";
	unsigned long seed = 1;
	size_t seen[MIME_CANON_SKIP + 1] = {0};
	struct buf body;

	(void)state;
	buf_init(&body, 1u << 16);
	for (size_t i = 0; i < 30000; i++) {
		enum mime_canon_result result = MIME_CANON_SAME;
		const char *reason, *wrong;
		struct spool out;
		size_t n;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		for (n = seed >> 33 & 31; n > 0; n--) {
			seed =
			    seed * 6364136223846793005u + 1442695040888963407u;
			buf_add_text(
			    &body, pieces[(seed >> 33) %
					  (sizeof(pieces) / sizeof(*pieces))]);
		}
		if (i % 2)
			buf_add_text(&body, "\r\n--b--\r\n");
		spool_init(&out, &config);
		wrong = mime_check_canon(slice_text(header), buf_slice(&body),
		    &out, &result, &reason);
		if (wrong)
			fail_msg("%s: %s", wrong, buf_text(&body));
		seen[result]++;
		spool_fini(&out);
		buf_clear(&body);
	}
	assert_true(seen[MIME_CANON_SAME] > 100);
	assert_true(seen[MIME_CANON_TRANSCODED] > 100);
	assert_true(seen[MIME_CANON_OPAQUE] > 100);
	buf_fini(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clean_stays),
	    cmocka_unit_test(test_fragile_text),
	    cmocka_unit_test(test_smaller_encoding),
	    cmocka_unit_test(test_other_data),
	    cmocka_unit_test(test_bare_line_ends),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_multiparts),
	    cmocka_unit_test(test_messages),
	    cmocka_unit_test(test_partial_is_skipped),
	    cmocka_unit_test(test_protected_parts),
	    cmocka_unit_test(test_broken_multiparts),
	    cmocka_unit_test(test_bytes_outside_of_leaves),
	    cmocka_unit_test(test_malformed_headers),
	    cmocka_unit_test(test_encoded_again),
	    cmocka_unit_test(test_long_base64_line),
	    cmocka_unit_test(test_too_complex),
	    cmocka_unit_test(test_is_too_complex),
	    cmocka_unit_test(test_full_spool),
	    cmocka_unit_test(test_large_message_costs_no_memory),
	    cmocka_unit_test(test_random_messages),
	};

	return cmocka_run_group_tests_name("mime_canon", tests, NULL, NULL);
}
