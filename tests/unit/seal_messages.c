/* seal_messages.c: see seal_messages.h. */
#include "unit/unit.h"

#include "unit/seal_messages.h"

#include <string.h>

#include "mail/header.h"
#include "mail/mime_codec.h"

/* Containers in each other. */
#define DEPTH_MAX 5u

struct maker {
	struct buf *out;
	uint32_t state;
	unsigned boundaries;
};

/* Marsaglia's xorshift: the same everywhere. */
static uint32_t
chance(struct maker *m, uint32_t of)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 17;
	m->state ^= m->state << 5;
	return m->state % of;
}

static void
maker_init(struct maker *m, unsigned number, struct buf *out)
{
	*m = (struct maker){.out = out, .state = number * 2654435761u + 1};
	for (int i = 0; i < 8; i++)
		(void)chance(m, 2);
}

/* --- leaves --- */

static void
add_words(struct maker *m, struct buf *out, unsigned lines)
{
	static const char *const words[] = {"contract", "Dear Bob,", "--", "\t",
	    "From here", ".", "=", "Gr=C3=BC=C3=9Fe", "<p>", "</body>",
	    "----- Forwarded -----", "a  b", "0123456789", ""};

	for (; lines > 0; lines--) {
		for (uint32_t n = chance(m, 8); n > 0; n--)
			buf_addf(out, "%s ",
			    words[chance(m, sizeof(words) / sizeof(words[0]))]);
		buf_add_text(out, chance(m, 3) ? "x\r\n" : "\r\n");
	}
}

static void
add_text(struct maker *m)
{
	static const char *const types[] = {"text/plain; charset=us-ascii",
	    "text/html", "text/plain;\r\n format=flowed", "text/calendar"};

	if (chance(m, 5))
		buf_addf(m->out, "Content-Type: %s\r\n", types[chance(m, 4)]);
	if (chance(m, 3) == 0)
		buf_add_text(
		    m->out, "Content-Transfer-Encoding: quoted-printable\r\n");
	buf_add_text(m->out, "\r\n");
	add_words(m, m->out, chance(m, 12));
}

static void
add_attachment(struct maker *m)
{
	unsigned char *at;
	struct buf bytes;

	buf_init(&bytes, 1 << 16);
	for (uint32_t n = chance(m, 1500); n > 0; n--)
		buf_add_char(&bytes, (char)chance(m, 256));
	buf_addf(m->out,
	    "Content-Type: application/octet-stream; name=\"%u.bin\"\r\n"
	    "Content-Disposition: attachment\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    chance(m, 1000));
	at = buf_reserve(m->out, base64_size(bytes.len));
	assert_non_null(at);
	m->out->len += base64_encode(buf_slice(&bytes), at);
	buf_fini(&bytes);
}

/* --- containers --- */

static void add_entity(struct maker *m, unsigned depth);

static void
add_multipart(struct maker *m, unsigned depth)
{
	static const char *const types[] = {
	    "mixed", "alternative", "related", "report", "digest"};
	unsigned boundary = m->boundaries++;

	buf_addf(m->out,
	    "Content-Type: multipart/%s; boundary=\"b%u_\"\r\n\r\n",
	    types[chance(m, 5)], boundary);
	if (chance(m, 4) == 0)
		add_words(m, m->out, 1);
	for (uint32_t n = 1 + chance(m, 5); n > 0; n--) {
		buf_addf(m->out, "\r\n--b%u_%s\r\n", boundary,
		    chance(m, 9) == 0 ? " " : "");
		add_entity(m, depth + 1);
	}
	buf_addf(m->out, "\r\n--b%u_--\r\n", boundary);
	if (chance(m, 4) == 0)
		add_words(m, m->out, 1);
}

static void
add_message(struct maker *m, unsigned depth)
{
	buf_add_text(m->out,
	    "Content-Type: message/rfc822\r\n\r\n"
	    "From: carol@example.com\r\nSubject: forwarded\r\n");
	add_entity(m, depth + 1);
}

static void
add_entity(struct maker *m, unsigned depth)
{
	uint32_t kind = chance(m, depth < DEPTH_MAX ? 8 : 4);

	if (kind < 3)
		add_text(m);
	else if (kind == 3)
		add_attachment(m);
	else if (kind < 7)
		add_multipart(m, depth);
	else
		add_message(m, depth);
}

void
seal_entity_make(unsigned number, struct buf *out)
{
	struct maker m;

	maker_init(&m, number, out);
	add_entity(&m, 0);
}

/* --- on the road --- */

/* Where there is white space, other white space. */
static void
add_folded(struct maker *m, struct slice body)
{
	static const char *const folds[] = {"\r\n ", "\r\n\t", " ", "  "};
	bool was_white = false, white;

	for (size_t i = 0; i < body.len; i++) {
		white = strchr(" \t\r\n", body.data[i]) != NULL;
		if (white && !was_white)
			buf_add_text(m->out, folds[chance(m, 4)]);
		else if (!white)
			buf_add(m->out, &body.data[i], 1);
		was_white = white;
	}
}

/* In small letters, as some servers write all names. */
static void
add_name(struct maker *m, struct slice name)
{
	bool small = chance(m, 4) == 0;

	for (size_t i = 0; i < name.len; i++)
		buf_add_char(m->out,
		    (char)(small ? ascii_lower(name.data[i]) : name.data[i]));
	buf_add_char(m->out, ':');
}

void
seal_message_carry(unsigned number, struct slice message, struct buf *out)
{
	static const char *const ends[] = {
	    "", "\r\n", "\r\n\r\n\r\n", " \r\n", "\t"};
	struct header header;
	struct maker m;
	bool complete;
	size_t body;

	maker_init(&m, number, out);
	header_init(&header);
	body = header_parse(&header, message, &complete);
	buf_add_text(out, "Received: by mx.example.net; today\r\n");
	for (size_t i = 0; i < header.count; i++) {
		const struct header_field *field = &header.fields[i];

		add_name(&m, field->name);
		if (chance(&m, 2))
			add_folded(&m, field->body);
		else
			buf_add_slice(out, field->body);
		buf_add_text(out, "\r\n");
	}
	buf_add_text(out, "\r\n");
	buf_add_slice(out, slice_part(message, body, message.len));
	buf_add_text(out, ends[chance(&m, 5)]);
	header_fini(&header);
}
