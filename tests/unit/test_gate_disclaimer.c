/*
 * What the gate says of a text that has a disclaimer: nothing against what
 * mail/disclaimer makes of all kinds of messages, and something against every
 * other change.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/gate_disclaimer.h"
#include "mail/disclaimer.h"
#include "mail/mime_build.h"

static const struct spool_config config = {
    .memory = MIB, .max = 64u * MIB, .folder = "/tmp"};

/* --- one message --- */

/* "Name: body" lines with CRLF. */
static void
read_header(struct header *h, const char *text)
{
	bool complete;

	header_init(h);
	assert_int_equal(
	    header_parse(h, slice_text(text), &complete), strlen(text));
}

struct scene {
	struct header header; /* of the message */
	struct slice body;
	struct disclaimer text;
	struct gate_disclaimer d;
};

static void
scene_init(struct scene *s, const char *header, const char *body,
    const char *text, const char *html)
{
	memset(s, 0, sizeof(*s));
	read_header(&s->header, header);
	s->body = slice_text(body);
	buf_init(&s->text.text, MIB);
	buf_init(&s->text.html, MIB);
	buf_add_text(&s->text.text, text);
	buf_add_text(&s->text.html, html);
	s->d.text = &s->text;
	s->d.spool = &config;
}

static void
scene_fini(struct scene *s)
{
	disclaimer_fini(&s->text);
	header_fini(&s->header);
}

static int
check(struct scene *s, const char *head, const char *body, struct err *err)
{
	char *block = NULL;
	int rc;

	assert_true(asprintf(&block, "%s\r\n", head) > 0);
	s->d.head = slice_text(block);
	s->d.body = slice_text(body);
	rc = gate_disclaimer_check(&s->d, &s->header, s->body, err);
	free(block);
	return rc;
}

/* --- by hand --- */

#define PLAIN	"Content-Type: text/plain\r\n"
#define UTF8	"Content-Type: text/plain; charset=utf-8\r\n"
#define LATIN	"Content-Type: text/plain; charset=iso-8859-1\r\n"
#define QP	"Content-Transfer-Encoding: quoted-printable\r\n"
#define BASE64	"Content-Transfer-Encoding: base64\r\n"
#define HTML	"Content-Type: text/html; charset=us-ascii\r\n"
#define MIXED	"Content-Type: multipart/mixed; boundary=b\r\n"
#define FILE_	"--b\r\nContent-Type: text/plain; name=f.txt\r\n\r\nfile\r\n"
#define PICTURE "--b\r\nContent-Type: image/png\r\n\r\nAAAA\r\n"
#define END	"--b--\r\n"
#define FIRST	"--b\r\n\r\nHi\r\n"
#define CHANGED "--b\r\n\r\nHi\r\n\r\nlegal text\r\n"

struct row {
	const char *header, *body;     /* as it came */
	const char *is_head, *is_body; /* as it is */
	const char *wrong;	       /* NULL: nothing */
};

static const struct row rows[] = {
    /* One part. */
    {"", "Hi\r\n", "", "Hi\r\n\r\nlegal text\r\n", NULL},
    {PLAIN, "Hi\r\n", PLAIN, "Hi\r\n\r\nlegal text\r\n", NULL},
    {PLAIN, "Hi\r\n", PLAIN, "Hi\r\n\r\nlegal\r\ntext\r\n", NULL},
    {PLAIN, "", PLAIN, "legal text\r\n", NULL},
    {PLAIN, "Hi", PLAIN, "Hi\r\n\r\nlegal text\r\n", NULL},
    {PLAIN, "Hi\r\n", PLAIN, "Hi\r\n", "a text has not become longer"},
    {PLAIN, "Hi\r\n", PLAIN, "Hi\r\n\r\nother text\r\n",
	"something else than the disclaimer was added"},
    {PLAIN, "Hi\r\n", PLAIN, "Hi\r\n\r\nlegal text\r\nlegal text\r\n",
	"something else than the disclaimer was added"},
    {PLAIN, "Hi\r\n", PLAIN, "Hi\r\n\r\nlegal tex\r\n",
	"something else than the disclaimer was added"},
    {PLAIN, "Hi\r\n", PLAIN, "Ho\r\n\r\nlegal text\r\n",
	"a text is not what it was"},
    {PLAIN, "Hi\r\nyou\r\n", PLAIN, "Hi\r\n\r\nlegal text\r\n",
	"a text is not what it was"},
    {PLAIN, "Hi\r\n", PLAIN, "legal text\r\nHi\r\n",
	"a text is not what it was"},
    {PLAIN, "Hi", PLAIN, "Hilegal text\r\n",
	"a disclaimer in the last line of a text"},
    {PLAIN, "Hi\r\n", HTML, "Hi\r\n\r\nlegal text\r\n",
	"a text has become something else"},
    {"Content-Type: text/plain; format=flowed\r\n", "Hi\r\n", PLAIN,
	"Hi\r\n\r\nlegal text\r\n", "a text has become something else"},
    {PLAIN "Content-ID: <1@x>\r\n", "Hi\r\n", PLAIN, "Hi\r\n\r\nlegal text\r\n",
	"a field of a part is not as it came"},
    {PLAIN, "Hi\r\n", PLAIN "Content-ID: <1@x>\r\n", "Hi\r\n\r\nlegal text\r\n",
	"a field of a part is not as it came"},
    {PLAIN, "Hi\r\n", PLAIN PLAIN, "Hi\r\n\r\nlegal text\r\n",
	"a field of a part is not as it came"},
    {"Content-Type: image/png\r\n", "AA\r\n", "Content-Type: image/png\r\n",
	"AA\r\nlegal text\r\n", "a part without text has changed"},
    {PLAIN "Content-Disposition: attachment\r\n", "Hi\r\n",
	PLAIN "Content-Disposition: attachment\r\n", "Hi\r\n\r\nlegal text\r\n",
	"a part without text has changed"},
    /* Encodings and charsets. */
    {PLAIN, "Hi\r\n", PLAIN QP, "Hi\r\n\r\nlegal=20text\r\n", NULL},
    {PLAIN "Content-Transfer-Encoding: 8bit\r\n", "Hi\r\n", PLAIN,
	"Hi\r\n\r\nlegal text\r\n", "a text has lost its label"},
    {PLAIN, "Hi\r\n", PLAIN QP, "Hi\r\n\r\nlegal te=\r\nxt\r\n", NULL},
    {PLAIN QP, "H=69\r\n", PLAIN QP, "H=69\r\n\r\nlegal text\r\n", NULL},
    {PLAIN QP, "H=69\r\n", PLAIN, "Hi\r\n\r\nlegal text\r\n", NULL},
    {PLAIN QP, "H=69  \r\n", PLAIN QP, "Hi\r\n\r\nlegal text\r\n", NULL},
    {PLAIN QP, "H=69=20\r\n", PLAIN QP, "Hi\r\n\r\nlegal text\r\n",
	"a text is not what it was"},
    {PLAIN QP, "H=69\r\n", PLAIN, "H=69\r\n\r\nlegal text\r\n",
	"a text is not what it was"},
    {PLAIN BASE64, "SGkNCg==\r\n", PLAIN BASE64, "SGkNCg0KbGVnYWwgdGV4dA0K\r\n",
	NULL},
    {PLAIN BASE64, "SGkNCg==\r\n", PLAIN BASE64, "SGkNCg0KbGVnYWwgdGV4\r\n",
	"something else than the disclaimer was added"},
    {PLAIN BASE64, "SGkNCg==\r\n", PLAIN, "SGkNCg==\r\n\r\nlegal text\r\n",
	"a text is not what it was"},
    {PLAIN "Content-Transfer-Encoding: base64 (of it)\r\n", "SGkNCg==\r\n",
	PLAIN "Content-Transfer-Encoding: base64 (of it)\r\n",
	"SGkNCg0KbGVnYWwgdGV4dA0K\r\n", NULL},
    {PLAIN "Content-Transfer-Encoding: x-uue\r\n", "Hi\r\n",
	PLAIN "Content-Transfer-Encoding: x-uue\r\n",
	"Hi\r\n\r\nlegal text\r\n", "a text in an unknown encoding"},
    {LATIN, "\xfc\r\n", UTF8, "\xc3\xbc\r\n\r\nlegal text\r\n", NULL},
    {LATIN, "\xfc\r\n", UTF8, "\xfc\r\n\r\nlegal text\r\n",
	"a text is not what it was"},
    {LATIN, "\xfc\r\n", UTF8, "\xc3\xa4\r\n\r\nlegal text\r\n",
	"a text is not what it was"},
    {LATIN, "\xfc\r\n", PLAIN, "\xfc\r\n\r\nlegal text\r\n",
	"a text was converted to another charset"},
    {UTF8, "\xc3\xbc\r\n", LATIN, "\xfc\r\n\r\nlegal text\r\n",
	"a text was converted to another charset"},
    /* HTML. */
    {HTML, "<p>Hi</body></html>\r\n", HTML,
	"<p>Hi\r\n<p>legal text</p>\r\n</body></html>\r\n", NULL},
    {HTML, "<p>Hi", HTML, "<p>Hi\r\n<p>legal text</p>\r\n", NULL},
    {HTML, "<p>Hi</html>", HTML, "<p>Hi<p>legal text</p></html>", NULL},
    {HTML, "<p>legal text</p></body>", HTML,
	"<p>legal text</p><p>legal text</p></body>", NULL},
    {HTML, "<p>Hi</body>", HTML, "<p>Hi<p>&#108;egal text</p></body>",
	"something else than the disclaimer was added"},
    {HTML, "<p title=\"x\">Hi</body>", HTML,
	"<p title=\"<p>legal text</p>x\">Hi</body>",
	"something else than the disclaimer was added"},
    {HTML, "<p>Hi</body>", HTML, "<p>Hi<p>legal text</p><img src=x></body>",
	"something else than the disclaimer was added"},
    {HTML, "<p>Hi</body>", HTML, "<p>Hi<p>legal text</p></body",
	"a text is not what it was"},
    /* Several parts. */
    {MIXED, FIRST FILE_ END, MIXED, CHANGED FILE_ END, NULL},
    {MIXED, PICTURE FIRST END, MIXED, PICTURE CHANGED END, NULL},
    {MIXED, FIRST FILE_ END, MIXED, FIRST FILE_ END, "no disclaimer was added"},
    {MIXED, FIRST FILE_ END, MIXED, CHANGED END,
	"a part is missing, or too many"},
    {MIXED, FIRST END, MIXED, CHANGED PICTURE END,
	"a part is missing, or too many"},
    {MIXED, FIRST FIRST END, MIXED, FIRST CHANGED END,
	"another part than the text has changed"},
    {MIXED, FIRST FIRST END, MIXED, CHANGED CHANGED END,
	"another part than the text has changed"},
    {MIXED, FILE_ FIRST END, MIXED,
	"--b\r\nContent-Type: text/plain; name=f.txt\r\n\r\nfile\r\n\r\n"
	"legal text\r\n" FIRST END,
	"a part without text has changed"},
    {MIXED, FIRST PICTURE END, MIXED,
	CHANGED "--b\r\nContent-Type: image/png\r\n\r\nAAAB\r\n" END,
	"another part than the text has changed"},
    {MIXED, FIRST END, MIXED, "legal text\r\n" FIRST END,
	"what stands between parts has changed"},
    {MIXED, FIRST END, MIXED, FIRST END "legal text\r\n",
	"what stands between parts has changed"},
    {MIXED, FIRST END, MIXED, "--b \r\n\r\nHi\r\n\r\nlegal text\r\n" END,
	"what stands between parts has changed"},
    {MIXED, FIRST END, MIXED, CHANGED, "a multipart cannot be read any more"},
    {MIXED, FIRST, MIXED, CHANGED,
	"a multipart that cannot be read has changed"},
    {MIXED, FIRST END, "Content-Type: multipart/related; boundary=b\r\n",
	CHANGED END, "a multipart has become another one"},
    {MIXED, FIRST END, MIXED QP, CHANGED END,
	"a multipart has become another one"},
    {"Content-Type: multipart/report; boundary=b\r\n", FIRST END,
	"Content-Type: multipart/report; boundary=b\r\n", CHANGED END,
	"a part without text has changed"},
    {"Content-Type: multipart/signed; boundary=b\r\n", FIRST END,
	"Content-Type: multipart/signed; boundary=b\r\n", CHANGED END,
	"a part without text has changed"},
    {MIXED,
	"--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n"
	"--c\r\n\r\nHi\r\n--c--\r\n" END,
	MIXED,
	"--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n"
	"--c\r\n\r\nHi\r\n\r\nlegal text\r\n--c--\r\n" END,
	"a part without text has changed"},
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct err err = {.class = ERR_NONE};
		struct scene s;
		int rc;

		scene_init(&s, r->header, r->body, "legal text\r\n",
		    "<p>legal text</p>\r\n");
		rc = check(&s, r->is_head, r->is_body, &err);
		if (rc == 0 && r->wrong)
			fail_msg("row %zu: not seen: %s", i, r->wrong);
		if (rc < 0 && !r->wrong)
			fail_msg("row %zu: %s", i, err.text);
		if (rc < 0 && strcmp(err.text + strlen("gate: "), r->wrong))
			fail_msg("row %zu: %s, not %s", i, err.text, r->wrong);
		if (rc < 0)
			assert_int_equal(err.class, ERR_BUG);
		scene_fini(&s);
	}
}

/* --- copies in clear --- */

static void
test_carried(void **state)
{
	static const struct {
		const char *original, *head, *copy;
		bool good;
	} cases[] = {
	    {PLAIN, PLAIN, PLAIN, true},
	    {"From: a\r\n" PLAIN, PLAIN, "From: a\r\n" PLAIN, true},
	    {"", PLAIN, "", true},
	    {"", UTF8, "MIME-Version: 1.0\r\n" UTF8, true},
	    {"", UTF8, UTF8, false},
	    {PLAIN, UTF8, PLAIN, false},
	    {PLAIN, UTF8, "MIME-Version: 1.0\r\n" UTF8, true},
	    {PLAIN, UTF8, "MIME-Version: 1.0\r\n" UTF8 UTF8, false},
	    {PLAIN, PLAIN QP, "MIME-Version: 1.0\r\n" PLAIN QP, true},
	    {PLAIN, PLAIN QP, "MIME-Version: 1.0\r\n" PLAIN, false},
	    {PLAIN, PLAIN, PLAIN QP, false},
	    {PLAIN QP, PLAIN, PLAIN QP, false},
	    {"", "Content-Type: image/png\r\n", "", false},
	    {PLAIN "Content-ID: <1@x>\r\n", PLAIN "Content-ID: <1@x>\r\n",
		PLAIN, false},
	    {"MIME-Version: 1.0\r\n" PLAIN, PLAIN, PLAIN, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice_list body = {.count = 0};
		struct gate_header h;
		struct header copy;
		struct scene s;
		struct err err;
		char *block;
		int rc;

		scene_init(&s, cases[i].original, "Hi\r\n", "x", "x");
		assert_true(asprintf(&block, "%s\r\n", cases[i].head) > 0);
		s.d.head = slice_text(block);
		s.d.body = slice_text("Hi\r\nx\r\n");
		slice_list_add(&body, slice_text("Hi\r\n"));
		slice_list_add(&body, slice_text("x\r\n"));
		read_header(&copy, cases[i].copy);
		gate_header_init(&h);
		h.count = copy.count;
		h.fields = calloc(copy.count + 1, sizeof(*h.fields));
		for (size_t k = 0; k < copy.count; k++)
			h.fields[k] = copy.fields[k];
		rc = gate_disclaimer_carried(&s.d, &s.header, &h, &body, &err);
		if ((rc == 0) != cases[i].good)
			fail_msg("copy %zu: %s", i, rc ? err.text : "taken");
		body.at[1] = slice_text("y\r\n");
		assert_int_equal(
		    gate_disclaimer_carried(&s.d, &s.header, &h, &body, &err),
		    -1);
		body.count = 1;
		assert_int_equal(
		    gate_disclaimer_carried(&s.d, &s.header, &h, &body, &err),
		    -1);
		gate_header_fini(&h);
		header_fini(&copy);
		free(block);
		scene_fini(&s);
	}
}

/* --- what mail/disclaimer makes --- */

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static const char *
one_of(uint32_t *seed, const char *const *list, size_t count)
{
	return list[next_random(seed) % count];
}
#define ONE_OF(seed, list) one_of(seed, list, sizeof(list) / sizeof(*(list)))

/* A text part: its header block and body. */
static void
random_text(uint32_t *seed, struct buf *head, struct buf *body)
{
	static const char *const types[] = {"",
	    "Content-Type: text/plain; charset=us-ascii\r\n",
	    "Content-Type: text/plain; charset=\"UTF-8\"; format=flowed\r\n",
	    "Content-Type: text/plain;\r\n charset=ISO-8859-1\r\n",
	    "Content-Type: text/plain; charset=windows-1252\r\n",
	    "Content-Type: text/plain; charset=iso-2022-jp\r\n",
	    "Content-Type: text/html; charset=us-ascii\r\n",
	    "Content-Type: text/html; charset=utf-8\r\n",
	    "Content-Type: text/html; charset=iso-8859-15\r\n",
	    "Content-Type: TEXT/HTML\r\n"};
	static const char *const encodings[] = {"", "",
	    "Content-Transfer-Encoding: 7bit\r\n",
	    "Content-Transfer-Encoding: 8bit\r\n", QP, BASE64};
	static const char *const identity[] = {"", "Hi", "Hi\r\n",
	    "Hi\r\n\r\n-- \r\nAnna\r\n", "<p>Hi</p>\r\n",
	    "<html><body><p>Hi</p>\r\n</body>\r\n</html>\r\n",
	    "<p>a</p></BODY></HTML>", "\r\n\r\n", "=41 a=\r\n",
	    "> legal\r\n> text\r\n", "From here\r\n.\r\n"};
	static const char *const base64[] = {"", "SGkNCg==\r\n",
	    "PHA+SGk8L3A+PC9ib2R5Pg==\r\n", "SGkKCkFubmEK\r\n"};
	const char *encoding = ONE_OF(seed, encodings);

	buf_add_text(head, ONE_OF(seed, types));
	buf_add_text(head, encoding);
	if (strcmp(encoding, BASE64) == 0)
		buf_add_text(body, ONE_OF(seed, base64));
	else
		buf_add_text(body, ONE_OF(seed, identity));
}

static void add_part(uint32_t *seed, unsigned depth, struct buf *out);

static void
random_entity(
    uint32_t *seed, unsigned depth, struct buf *head, struct buf *body)
{
	static const char *const subtypes[] = {
	    "mixed", "mixed", "alternative", "related", "parallel"};
	static const char *const attached[] = {"Content-Type: image/png\r\n",
	    "Content-Type: text/plain; name=a.txt\r\n",
	    "Content-Type: text/html\r\nContent-Disposition: attachment\r\n",
	    "Content-Type: message/rfc822\r\n"};

	if (depth > 0 && next_random(seed) % 4 == 0) {
		buf_add_text(head, ONE_OF(seed, attached));
		buf_add_text(body, "\r\nbytes\r\n");
		return;
	}
	if (depth > 3 || next_random(seed) % 2 == 0) {
		random_text(seed, head, body);
		return;
	}
	buf_addf(head, "Content-Type: multipart/%s; boundary=\"b%u\"\r\n",
	    ONE_OF(seed, subtypes), depth);
	if (next_random(seed) % 3 == 0)
		buf_add_text(body, "preamble\r\n");
	for (unsigned n = 1 + next_random(seed) % 3; n > 0; n--) {
		buf_addf(body, "--b%u\r\n", depth);
		add_part(seed, depth + 1, body);
		buf_add_text(body, "\r\n");
	}
	buf_addf(body, "--b%u--\r\n", depth);
	if (next_random(seed) % 3 == 0)
		buf_add_text(body, "epilogue\r\n");
}

static void
add_part(uint32_t *seed, unsigned depth, struct buf *out)
{
	struct buf head, body;

	buf_init(&head, MIB);
	buf_init(&body, MIB);
	random_entity(seed, depth, &head, &body);
	buf_add_slice(out, buf_slice(&head));
	buf_add_text(out, "\r\n");
	buf_add_slice(out, buf_slice(&body));
	buf_fini(&body);
	buf_fini(&head);
}

/* A message, and what mail/disclaimer makes of it. */
struct made {
	struct buf head, body, entity_head;
	struct header header;
	struct spool out;
	struct disclaimer text;
	struct gate_disclaimer d;
	enum disclaimer_result result;
};

static void
made_init(struct made *m, uint32_t *seed, const struct disclaimer_template *t)
{
	struct mime_tree tree;
	size_t header_len;
	struct err err;

	buf_init(&m->head, MIB);
	buf_init(&m->body, MIB);
	buf_init(&m->entity_head, MIB);
	random_entity(seed, 0, &m->head, &m->body);
	buf_add_char(&m->head, '\0');
	read_header(&m->header, (const char *)m->head.data);
	mime_entity_header(&m->header, buf_slice(&m->body), &m->entity_head);
	mime_scan(&tree, buf_slice(&m->entity_head), buf_slice(&m->body));
	disclaimer_fill(t, "Anna", "anna@example.org", &m->text);
	spool_init(&m->out, &config);
	assert_int_equal(
	    disclaimer_insert(&tree, t, &m->text, next_random(seed) % 2,
		&m->out, &header_len, &m->result, &err),
	    0);
	mime_tree_fini(&tree);
	m->d = (struct gate_disclaimer){.text = &m->text, .spool = &config};
	if (m->result != DISCLAIMER_ADDED)
		return;
	m->d.head = slice_part(spool_slice(&m->out), 0, header_len + 2);
	m->d.body =
	    slice_part(spool_slice(&m->out), header_len + 2, m->out.size);
}

static void
made_fini(struct made *m)
{
	disclaimer_fini(&m->text);
	spool_fini(&m->out);
	header_fini(&m->header);
	buf_fini(&m->entity_head);
	buf_fini(&m->body);
	buf_fini(&m->head);
}

/* No byte of what is not blank can be another one, no part of it missing.  In
 * base64 some are of no meaning; nor is a soft line break. */
static void
check_manipulated(struct made *m, uint32_t *seed)
{
	size_t len = m->d.body.len, at, cut;
	unsigned char *bytes = malloc(len + 1);
	struct slice good = m->d.body;
	bool visible = false, soft = false;
	struct err err;

	assert_non_null(bytes);
	memcpy(bytes, good.data, len);
	at = next_random(seed) % len;
	if (bytes[at] > ' ') {
		bytes[at] ^= 1;
		m->d.body = slice_make(bytes, len);
		if (gate_disclaimer_check(
			&m->d, &m->header, buf_slice(&m->body), &err) == 0)
			fail_msg("taken with another byte at %zu:\n%.*s", at,
			    (int)len, bytes);
	}
	memcpy(bytes, good.data, len);
	cut = 1 + next_random(seed) % (len - at);
	for (size_t i = at; i < at + cut; i++) {
		visible |= good.data[i] > ' ';
		soft |= good.data[i] == '=';
	}
	if (visible && !soft) {
		memmove(bytes + at, bytes + at + cut, len - at - cut);
		m->d.body = slice_make(bytes, len - cut);
		if (gate_disclaimer_check(
			&m->d, &m->header, buf_slice(&m->body), &err) == 0)
			fail_msg("taken without %zu bytes at %zu:\n%.*s", cut,
			    at, (int)(len - cut), bytes);
	}
	m->d.body = good;
	free(bytes);
}

/* Are there bytes that can be missing: in base64, and where ISO 2022 goes back
 * to ASCII at the very end? */
static bool
is_forgiving(const struct made *m)
{
	struct slice_list list = {.count = 0};
	size_t size = m->out.size;

	slice_list_add(&list, spool_slice(&m->out));
	return slice_list_find(&list, slice_text("base64"), 0) < size ||
	       slice_list_find(&list, slice_text("\x1b"), 0) < size;
}

#define ROUNDS 6000

static void
run(const char *text, const char *html, uint32_t seed)
{
	struct disclaimer_template *t;
	size_t added = 0;
	struct err err;

	assert_int_equal(disclaimer_template_new(
			     slice_text(text), slice_text(html), &t, &err),
	    0);
	for (int i = 0; i < ROUNDS; i++) {
		struct made m;

		made_init(&m, &seed, t);
		if (m.result == DISCLAIMER_ADDED) {
			added++;
			if (gate_disclaimer_check(
				&m.d, &m.header, buf_slice(&m.body), &err) < 0)
				fail_msg("%s:\n%s\n%.*s\nbecame\n%.*s%.*s",
				    err.text, (const char *)m.head.data,
				    (int)m.body.len, m.body.data,
				    (int)m.d.head.len, m.d.head.data,
				    (int)m.d.body.len, m.d.body.data);
			if (!is_forgiving(&m))
				check_manipulated(&m, &seed);
		}
		made_fini(&m);
	}
	assert_true(added > ROUNDS / 2);
	disclaimer_template_free(t);
}

static void
test_made(void **state)
{
	(void)state;
	run("legal text\n", "", 1);
	run("Gr\xc3\xbc\xc3\x9f"
	    "e \xe2\x82\xac\n\nFrom us:\n> %{name} <%{address}>  \n",
	    "", 2);
	run("\xe6\x97\xa5\xe6\x9c\xac\n",
	    "<div>&copy; <b>\xe6\x97\xa5\xe6\x9c\xac</b> %{name}</div>", 3);
}

/* --- large --- */

/* In constant memory: what is behind the text is compared, not read. */
static void
test_large(void **state)
{
	const size_t size = 8u * MIB;
	char *was = malloc(size + 64), *is = malloc(size + 64);
	struct err err;
	struct scene s;

	(void)state;
	assert_non_null(was);
	assert_non_null(is);
	memset(was, 'a', size);
	for (size_t i = 70; i < size; i += 72)
		memcpy(was + i, "\r\n", 2);
	memcpy(was + size - 2, "\r\n", 3);
	memcpy(is, was, size);
	strcpy(is + size, "\r\nlegal text\r\n");
	scene_init(&s, PLAIN, was, "legal text\r\n", "");
	assert_int_equal(check(&s, PLAIN QP, is, &err), 0);
	is[size / 2] ^= 1;
	assert_int_equal(check(&s, PLAIN QP, is, &err), -1);
	scene_fini(&s);
	free(was);
	free(is);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_carried),
	    cmocka_unit_test(test_made),
	    cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
