/* gate_text.c: see gate_text.h.  RFC 2045 6.7, 6.8.  Pure; any thread. */
#include "gateway/gate_text.h"

#include <string.h>

#include "mail/mime_type.h"

#define BLOCK 4096u

/* Decoded bytes, a block at a time. */
struct reader {
	const struct gate_text *text;
	size_t pos;		  /* in the raw bytes */
	size_t blanks_end;	  /* up to here blanks are part of the text */
	unsigned bits, bit_count; /* of base64 */
	unsigned char block[BLOCK];
	struct slice ready; /* and not taken yet */
};

/* One token, with comments around it. */
int
gate_text_encoding(struct slice body, enum gate_encoding *out)
{
	static const struct {
		const char *word;
		enum gate_encoding encoding;
	} known[] = {{"7bit", GATE_IDENTITY}, {"8bit", GATE_IDENTITY},
	    {"binary", GATE_IDENTITY}, {"quoted-printable", GATE_QP},
	    {"base64", GATE_BASE64}};
	struct mime_type word;
	int rc = -1;

	*out = GATE_IDENTITY;
	if (slice_trim(body).len == 0)
		return 0;
	mime_disposition_parse(&word, body);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (mime_type_is(&word, known[i].word, NULL)) {
			*out = known[i].encoding;
			rc = 0;
		}
	mime_type_fini(&word);
	return rc;
}

/* --- decoding --- */

/* Length of the line end at pos; at the end of all it is 0, and one. */
static bool
is_line_end(struct slice s, size_t pos, size_t *len)
{
	*len = 0;
	if (pos == s.len)
		return true;
	*len =
	    s.data[pos] == '\n' ? 1
	    : s.data[pos] == '\r' && pos + 1 < s.len && s.data[pos + 1] == '\n'
		? 2
		: 0;
	return *len > 0;
}

static size_t
skip_blanks(struct slice s, size_t pos)
{
	while (pos < s.len && ascii_is_blank(s.data[pos]))
		pos++;
	return pos;
}

static int
digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a "=": a byte, a line that goes on (-1), or a "=" that stands for
 * itself. */
static int
read_escape(struct reader *r)
{
	struct slice s = r->text->raw;
	size_t end = skip_blanks(s, r->pos), len;
	int high = r->pos + 2 <= s.len ? digit(s.data[r->pos]) : -1;
	int low = high < 0 ? -1 : digit(s.data[r->pos + 1]);

	if (low >= 0) {
		r->pos += 2;
		return high << 4 | low;
	}
	if (!is_line_end(s, end, &len))
		return '=';
	r->pos = end + len;
	return -1;
}

/* Blanks before a line end are none of the text (RFC 2045 6.7 rule 3). */
static bool
drops_blanks(struct reader *r)
{
	size_t end, len;

	if (r->pos < r->blanks_end)
		return false;
	end = skip_blanks(r->text->raw, r->pos);
	if (!is_line_end(r->text->raw, end, &len)) {
		r->blanks_end = end;
		return false;
	}
	r->pos = end;
	return true;
}

static size_t
fill_qp(struct reader *r)
{
	struct slice s = r->text->raw;
	size_t n = 0;

	while (n < BLOCK && r->pos < s.len) {
		int c = s.data[r->pos];

		if (ascii_is_blank((unsigned char)c) && drops_blanks(r))
			continue;
		r->pos++;
		if (c == '=')
			c = read_escape(r);
		if (c >= 0)
			r->block[n++] = (unsigned char)c;
	}
	return n;
}

/* The value of a character of base64, or -1. */
static int
sextet(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t
fill_base64(struct reader *r)
{
	struct slice s = r->text->raw;
	size_t n = 0;

	while (n < BLOCK && r->pos < s.len && s.data[r->pos] != '=') {
		int value = sextet(s.data[r->pos++]);

		if (value < 0)
			continue;
		r->bits = (r->bits << 6 | (unsigned)value) & 0xffff;
		r->bit_count += 6;
		if (r->bit_count < 8)
			continue;
		r->bit_count -= 8;
		r->block[n++] = (unsigned char)(r->bits >> r->bit_count);
	}
	return n;
}

static void
reader_init(struct reader *r, const struct gate_text *text)
{
	r->text = text;
	r->pos = r->blanks_end = 0;
	r->bits = r->bit_count = 0;
	r->ready = (struct slice){NULL, 0};
}

/* What comes next; empty at the end. */
static struct slice
peek(struct reader *r)
{
	struct slice raw = r->text->raw;

	if (r->ready.len > 0)
		return r->ready;
	if (r->text->encoding == GATE_IDENTITY) {
		r->ready = slice_part(raw, r->pos, raw.len);
		r->pos = raw.len;
	} else {
		size_t n =
		    r->text->encoding == GATE_QP ? fill_qp(r) : fill_base64(r);

		r->ready = slice_make(r->block, n);
	}
	return r->ready;
}

static void
take(struct reader *r, size_t n)
{
	r->ready = slice_part(r->ready, n, r->ready.len);
}

/* False: there are not that many. */
static bool
skip(struct reader *r, size_t n)
{
	while (n > 0) {
		struct slice s = peek(r);
		size_t step = s.len < n ? s.len : n;

		if (step == 0)
			return false;
		take(r, step);
		n -= step;
	}
	return true;
}

/* --- questions --- */

size_t
gate_text_size(const struct gate_text *t)
{
	struct reader r;
	size_t size = 0;

	reader_init(&r, t);
	for (struct slice s = peek(&r); s.len > 0; s = peek(&r)) {
		size += s.len;
		take(&r, s.len);
	}
	return size;
}

/* Of two that are not empty. */
static size_t
common(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len, i = 0;

	if (memcmp(a.data, b.data, n) == 0)
		return n;
	while (a.data[i] == b.data[i])
		i++;
	return i;
}

/* Reads on while both are the same. */
static size_t
run(struct reader *a, struct reader *b)
{
	size_t size = 0, n;

	for (;;) {
		struct slice x = peek(a), y = peek(b);

		if (x.len == 0 || y.len == 0)
			return size;
		n = common(x, y);
		size += n;
		if (n < x.len && n < y.len)
			return size;
		take(a, n);
		take(b, n);
	}
}

size_t
gate_text_common(const struct gate_text *a, const struct gate_text *b)
{
	struct reader x, y;

	reader_init(&x, a);
	reader_init(&y, b);
	return run(&x, &y);
}

bool
gate_text_same(const struct gate_text *a, size_t a_from,
    const struct gate_text *b, size_t b_from)
{
	struct reader x, y;

	reader_init(&x, a);
	reader_init(&y, b);
	if (!skip(&x, a_from) || !skip(&y, b_from))
		return false;
	run(&x, &y);
	return peek(&x).len == 0 && peek(&y).len == 0;
}

void
gate_text_read(
    const struct gate_text *t, size_t from, size_t to, struct buf *out)
{
	struct reader r;

	reader_init(&r, t);
	if (!skip(&r, from))
		return;
	while (from < to) {
		struct slice s = slice_part(peek(&r), 0, to - from);

		if (s.len == 0)
			return;
		buf_add_slice(out, s);
		take(&r, s.len);
		from += s.len;
	}
}

int
gate_text_write(const struct gate_text *t, struct spool *out, struct err *err)
{
	struct reader r;

	reader_init(&r, t);
	for (struct slice s = peek(&r); s.len > 0; s = peek(&r)) {
		if (spool_write(out, s.data, s.len, err) < 0)
			return -1;
		take(&r, s.len);
	}
	return spool_finish(out, err);
}
