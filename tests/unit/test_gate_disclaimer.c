/*
 * What the gate says of a text that has a disclaimer, and of everything else
 * that could have happened to it.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/gate_disclaimer.h"

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

#define PLAIN	 "Content-Type: text/plain\r\n"
#define UTF8	 "Content-Type: text/plain; charset=utf-8\r\n"
#define LATIN	 "Content-Type: text/plain; charset=iso-8859-1\r\n"
#define QP	 "Content-Transfer-Encoding: quoted-printable\r\n"
#define BASE64	 "Content-Transfer-Encoding: base64\r\n"
#define HTML	 "Content-Type: text/html; charset=us-ascii\r\n"
#define NAMELESS "Content-Type: text/html; charset=\"\"\r\n"
#define MIXED	 "Content-Type: multipart/mixed; boundary=b\r\n"
#define FILE_	 "--b\r\nContent-Type: text/plain; name=f.txt\r\n\r\nfile\r\n"
#define PICTURE	 "--b\r\nContent-Type: image/png\r\n\r\nAAAA\r\n"
#define END	 "--b--\r\n"
#define FIRST	 "--b\r\n\r\nHi\r\n"
#define CHANGED	 "--b\r\n\r\nHi\r\n\r\nlegal text\r\n"

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
    {NAMELESS, "<p>Hi", NAMELESS, "<p>Hi\r\n<p>legal text</p>\r\n", NULL},
    {LATIN, "\xfc\r\n", "Content-Type: text/plain; charset=\"\"\r\n",
	"\xfc\r\n\r\nlegal text\r\n",
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
    /* What goes with its field, so that there is no header, or half of one. */
    {MIXED, "--b\r\n" QP "\r\nHi\r\n" END, MIXED,
	"--b\r\n\r\nHi\r\n\r\nlegal text\r\n" END, NULL},
    {MIXED, "--b\r\n" QP "\r\nHi\r\n" END, MIXED,
	"--b\r\nHi\r\n\r\nlegal text\r\n" END,
	"a header has lost the line behind it"},
    {MIXED, "--b\r\n" PLAIN QP "\r\nHi\r\n" END, MIXED,
	"--b\r\n" PLAIN "Hi\r\n\r\nlegal text\r\n" END,
	"a header has lost the line behind it"},
    {MIXED, "--b\r\n" PLAIN QP "Hi\r\n" END, MIXED,
	"--b\r\n" PLAIN "Hi\r\n\r\nlegal text\r\n" END,
	"a header has lost the line behind it"},
    {MIXED, "--b\r\nHi\r\n" END, MIXED, "--b\r\nHi\r\n\r\nlegal text\r\n" END,
	NULL},
    {MIXED, "--b\r\n" PLAIN "Hi\r\n" END, MIXED,
	"--b\r\n" PLAIN "\r\nHi\r\n\r\nlegal text\r\n" END, NULL},
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

/* --- the whole gate --- */

/* An unsigned message to bob, on its way out; every test changes something. */
struct departure {
	struct scene s;
	struct plan_group group;
	struct plan_recipient recipient;
	struct plan plan;
	struct recipient_facts bob;
	struct policy_facts facts;
	struct envelope envelope;
	struct edits edits;
	struct gate_copy copy;
	struct gate_case c;
};

static void
departure_init(struct departure *d)
{
	memset(d, 0, sizeof(*d));
	scene_init(&d->s, "From: a\r\n" PLAIN, "Hi\r\n", "legal text\r\n", "");
	d->s.d.head = slice_text(PLAIN "\r\n");
	d->s.d.body = slice_text("Hi\r\n\r\nlegal text\r\n");
	d->group.count = 1;
	d->plan = (struct plan){.direction = PLAN_OUTBOUND,
	    .action = PLAN_PROTECT,
	    .disclaimer = PLAN_DISCLAIMER_ADD,
	    .recipient = PLAN_NO_RECIPIENT,
	    .groups = &d->group,
	    .group_count = 1,
	    .recipients = &d->recipient,
	    .recipient_count = 1};
	d->bob = (struct recipient_facts){
	    .address = "bob@example.net", .visible = true};
	d->facts =
	    (struct policy_facts){.recipients = &d->bob, .recipient_count = 1};
	envelope_init(&d->envelope);
	envelope_set_sender(&d->envelope, "<a@example.org>", NULL);
	envelope_add_recipient(&d->envelope, "<bob@example.net>", NULL, NULL);
	edits_init(&d->edits);
	d->edits.replace_body = true;
	slice_list_add(&d->edits.body, d->s.d.body);
	d->copy.edits = &d->edits;
	d->c = (struct gate_case){.plan = &d->plan,
	    .facts = &d->facts,
	    .envelope = &d->envelope,
	    .header = &d->s.header,
	    .body = d->s.body,
	    .disclaimer = &d->s.d,
	    .copies = &d->copy,
	    .copy_count = 1};
}

static void
departure_fini(struct departure *d)
{
	edits_fini(&d->edits);
	envelope_fini(&d->envelope);
	scene_fini(&d->s);
}

static void
do_nothing(struct departure *d)
{
	(void)d;
}

static void
plan_none(struct departure *d)
{
	d->plan.disclaimer = PLAN_DISCLAIMER_NONE;
}

static void
carry_none(struct departure *d)
{
	d->c.disclaimer = NULL;
}

static void
protect_before(struct departure *d)
{
	d->facts.protection = PROTECTION_SIGNED;
}

static void
keep_body(struct departure *d)
{
	d->edits.replace_body = false;
}

static void
take_old_body(struct departure *d)
{
	d->edits.body.at[0] = d->s.body;
}

static void
change_subject(struct departure *d)
{
	edits_set_header(&d->edits, "Subject", 1, " x");
}

static void
change_type(struct departure *d)
{
	edits_set_header(&d->edits, "Content-Type", 1, " text/html");
}

static void
change_nothing(struct departure *d)
{
	edits_set_header(&d->edits, "Content-Type", 1, " text/plain");
}

static void
shadow(struct departure *d)
{
	d->plan.shadow = true;
}

static void
pass(struct departure *d)
{
	d->plan.action = PLAN_PASS;
}

static void
encrypt_for(struct departure *d)
{
	d->bob.level.encrypt = RECEIVE_REQUIRED;
}

static void
test_gate(void **state)
{
	static const struct {
		void (*change)(struct departure *);
		const char *wrong;
	} cases[] = {
	    {do_nothing, NULL},
	    {change_nothing, NULL},
	    {plan_none, "a disclaimer is not where it was planned"},
	    {carry_none, "protected without a reason"},
	    {protect_before, "a disclaimer in a protected message"},
	    {keep_body, "the body is not replaced"},
	    {take_old_body, "a copy has another text than was looked at"},
	    {change_subject, "a field is edited that is none of ours"},
	    {change_type, "a copy is labelled as something else"},
	    {shadow, "must not be changed in shadow mode"},
	    {pass, "must not be changed"},
	    {encrypt_for, "must be encrypted and is not"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct departure d;
		struct err err;
		int rc;

		departure_init(&d);
		cases[i].change(&d);
		rc = gate_check(&d.c, &err);
		if (rc == 0 && cases[i].wrong)
			fail_msg("not seen: %s", cases[i].wrong);
		if (rc < 0 && !cases[i].wrong)
			fail_msg("%s", err.text);
		if (rc < 0)
			assert_string_equal(
			    err.text + strlen("gate: "), cases[i].wrong);
		departure_fini(&d);
	}
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
	    cmocka_unit_test(test_gate),
	    cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
