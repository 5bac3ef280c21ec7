/*
 * The gate has nothing against what mail/disclaimer makes of all kinds of
 * messages, and something against every other change.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/gate_disclaimer.h"
#include "mail/disclaimer.h"
#include "mail/mime_build.h"

static const struct spool_config config = {
    .memory = MIB, .max = 64u * MIB, .folder = "/tmp"};

#define QP     "Content-Transfer-Encoding: quoted-printable\r\n"
#define BASE64 "Content-Transfer-Encoding: base64\r\n"

/* "Name: body" lines with CRLF. */
static void
read_header(struct header *h, const char *text)
{
	bool complete;

	header_init(h);
	assert_int_equal(
	    header_parse(h, slice_text(text), &complete), strlen(text));
}

/* --- messages --- */

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
	struct disclaimer_opts opts;
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
	opts = (struct disclaimer_opts){t, &m->text, next_random(seed) % 2};
	assert_int_equal(disclaimer_insert(&tree, &opts, &m->out, &header_len,
			     &m->result, &err),
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
