/*
 * mime_codec.c: see mime_codec.h.  RFC 2045 6.7 and 6.8.
 *
 * Decoding what was encoded here gives the same bytes, whatever they are.
 * Decoders never fail on content.  Everything is one pass over the input in
 * constant memory; the objects belong to one thread.
 */
#include "mail/mime_codec.h"

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/hex.h"

#define BASE64_IN   57u /* bytes of a full line */
#define BASE64_LINE 78u /* its encoded size with CRLF */
#define BLOCK_LINES ((size_t)128)

/* A block on its way to a spool, or nowhere. */
struct block {
	struct spool *out; /* NULL: bytes are only counted */
	size_t used;
	size_t total;
	unsigned char data[BLOCK_LINES * BASE64_LINE];
};

static void
block_init(struct block *b, struct spool *out)
{
	b->out = out;
	b->used = b->total = 0;
}

static int
block_flush(struct block *b, struct err *err)
{
	size_t used = b->used;

	b->used = 0;
	b->total += used;
	return b->out ? spool_write(b->out, b->data, used, err) : 0;
}

/* Makes room for len bytes, which are less than a block. */
static int
block_reserve(struct block *b, size_t len, struct err *err)
{
	if (len <= sizeof(b->data) - b->used)
		return 0;
	return block_flush(b, err);
}

/* base64 */

size_t
base64_size(size_t len)
{
	size_t lines = len / BASE64_IN, rest = len % BASE64_IN;

	return lines * BASE64_LINE + (rest ? (rest + 2) / 3 * 4 + 2 : 0);
}

size_t
base64_encode(struct slice in, unsigned char *out)
{
	unsigned char *p = out;
	size_t n;

	for (; in.len > 0; in = slice_part(in, n, in.len)) {
		n = in.len < BASE64_IN ? in.len : BASE64_IN;
		/* Its final NUL lands where the CR goes. */
		p += EVP_EncodeBlock(p, in.data, (int)n);
		*p++ = '\r';
		*p++ = '\n';
	}
	return (size_t)(p - out);
}

void
base64_encoder_init(struct base64_encoder *e, struct spool *out)
{
	e->out = out;
	e->rest_len = 0;
}

/* Whole lines, or the last one. */
static int
write_base64(struct base64_encoder *e, struct slice in, struct err *err)
{
	unsigned char data[BLOCK_LINES * BASE64_LINE];

	return spool_write(e->out, data, base64_encode(in, data), err);
}

int
base64_encoder_write(struct base64_encoder *e, struct slice in, struct err *err)
{
	const size_t most = BLOCK_LINES * BASE64_IN;
	size_t n;

	if (in.len == 0)
		return 0;
	if (e->rest_len > 0) {
		n = sizeof(e->rest) - e->rest_len;
		n = in.len < n ? in.len : n;
		memcpy(e->rest + e->rest_len, in.data, n);
		e->rest_len += n;
		in = slice_part(in, n, in.len);
		if (e->rest_len < sizeof(e->rest))
			return 0;
		e->rest_len = 0;
		if (write_base64(e, slice_make(e->rest, BASE64_IN), err))
			return -1;
	}
	for (; in.len >= BASE64_IN; in = slice_part(in, n, in.len)) {
		n = in.len < most ? in.len / BASE64_IN * BASE64_IN : most;
		if (write_base64(e, slice_part(in, 0, n), err))
			return -1;
	}
	if (in.len > 0)
		memcpy(e->rest, in.data, in.len);
	e->rest_len = in.len;
	return 0;
}

int
base64_encoder_finish(struct base64_encoder *e, struct err *err)
{
	size_t n = e->rest_len;

	e->rest_len = 0;
	return write_base64(e, slice_make(e->rest, n), err);
}

enum {
	CHAR_BLANK = 64,
	CHAR_PAD = 65,
	CHAR_JUNK = 66
};

static unsigned
char_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	switch (c) {
	case '+':
		return 62;
	case '/':
		return 63;
	case '=':
		return CHAR_PAD;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return CHAR_BLANK;
	default:
		return CHAR_JUNK;
	}
}

static void
fill_values(unsigned char values[256])
{
	for (unsigned c = 0; c < 256; c++)
		values[c] = (unsigned char)char_value((unsigned char)c);
}

/* The four characters of a group, as far as they came. */
struct group {
	uint32_t bits;
	unsigned count;
	bool strict;
};

/* The bytes of an incomplete last group; pads is what followed it. */
static void
end_group(struct group *g, struct block *b, unsigned pads)
{
	unsigned unused = g->count == 2 ? 4 : 2;

	if (g->count == 0) {
		g->strict = g->strict && pads == 0;
		return;
	}
	if (g->count == 1 || pads != 4 - g->count ||
	    (g->bits & ((1u << unused) - 1)) != 0)
		g->strict = false;
	if (g->count >= 2)
		b->data[b->used++] =
		    (unsigned char)(g->bits >> (g->count == 2 ? 4 : 10));
	if (g->count == 3)
		b->data[b->used++] = (unsigned char)(g->bits >> 2);
}

/* Padding and whatever follows it; returns the number of pads. */
static unsigned
read_padding(struct slice in, const unsigned char values[256], bool *strict)
{
	unsigned pads = 0;

	for (size_t i = 0; i < in.len; i++) {
		unsigned char value = values[in.data[i]];

		if (value == CHAR_PAD && pads < 3)
			pads++;
		else if (value != CHAR_BLANK)
			*strict = false;
	}
	return pads;
}

static void
add_group(struct block *b, uint32_t bits)
{
	b->data[b->used++] = (unsigned char)(bits >> 16);
	b->data[b->used++] = (unsigned char)(bits >> 8);
	b->data[b->used++] = (unsigned char)bits;
}

/* Whole groups without anything between them, the bulk of real data. */
static size_t
decode_run(struct slice in, const unsigned char values[256], struct block *b)
{
	const unsigned char *p = in.data;
	size_t i = 0;

	while (i + 4 <= in.len && sizeof(b->data) - b->used >= 3) {
		uint32_t v0 = values[p[i]], v1 = values[p[i + 1]];
		uint32_t v2 = values[p[i + 2]], v3 = values[p[i + 3]];

		if ((v0 | v1 | v2 | v3) >= CHAR_BLANK)
			break;
		add_group(b, v0 << 18 | v1 << 12 | v2 << 6 | v3);
		i += 4;
	}
	return i;
}

int
base64_decode(struct slice in, struct spool *out, bool *strict, struct err *err)
{
	struct group group = {.strict = true};
	unsigned char values[256], value;
	unsigned pads = 0;
	struct block block;
	size_t i = 0;

	fill_values(values);
	block_init(&block, out);
	while (i < in.len && pads == 0) {
		if (block_reserve(&block, 3, err))
			return -1;
		if (group.count == 0)
			i += decode_run(
			    slice_part(in, i, in.len), values, &block);
		if (i == in.len)
			break;
		value = values[in.data[i]];
		if (value == CHAR_PAD) {
			pads = read_padding(
			    slice_part(in, i, in.len), values, &group.strict);
		} else if (value == CHAR_JUNK) {
			group.strict = false;
		} else if (value < CHAR_BLANK) {
			group.bits = group.bits << 6 | value;
			group.count++;
		}
		i++;
		if (group.count == 4) {
			if (block_reserve(&block, 3, err))
				return -1;
			add_group(&block, group.bits);
			group.count = 0;
			group.bits = 0;
		}
	}
	if (block_reserve(&block, 2, err))
		return -1;
	end_group(&group, &block, pads);
	if (block_flush(&block, err))
		return -1;
	*strict = group.strict;
	return 0;
}

/* quoted-printable */

/* Longest encoded line without a soft line break's "=". */
#define QP_LINE 76u

struct qp_encoder {
	struct slice in;
	bool text;
	size_t pos;
	size_t column; /* of the encoded line */
	struct block block;
};

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static bool
qp_crlf_at(const struct qp_encoder *e, size_t pos)
{
	return e->text && e->in.len - pos >= 2 && e->in.data[pos] == '\r' &&
	       e->in.data[pos + 1] == '\n';
}

/* Does the encoded line end at this offset of the input anyway? */
static bool
qp_line_ends(const struct qp_encoder *e, size_t pos)
{
	return pos == e->in.len || qp_crlf_at(e, pos);
}

/* Some characters are safe, but not where a line begins: "From " becomes
 * ">From " in mailboxes, a dot may be doubled, and "--" after a soft line
 * break could be taken for the delimiter that it was not before. */
static bool
qp_start_needs_escape(struct slice rest)
{
	return rest.data[0] == '.' || slice_has_prefix(rest, "From ") ||
	       slice_has_prefix(rest, "--");
}

static bool
qp_needs_escape(const struct qp_encoder *e)
{
	unsigned char c = e->in.data[e->pos];

	if (is_blank(c))
		return qp_line_ends(e, e->pos + 1);
	if (c <= ' ' || c > '~' || c == '=')
		return true;
	return e->column == 0 &&
	       qp_start_needs_escape(slice_part(e->in, e->pos, e->in.len));
}

static void
qp_add(struct qp_encoder *e, const char *text, size_t len)
{
	memcpy(e->block.data + e->block.used, text, len);
	e->block.used += len;
	e->column += len;
}

static void
qp_end_line(struct qp_encoder *e, const char *end, size_t len)
{
	qp_add(e, end, len);
	e->column = 0;
}

/* One byte of the input, or one line end. */
static void
qp_encode_next(struct qp_encoder *e)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char c = e->in.data[e->pos];
	char escape[3] = {'=', digits[c >> 4], digits[c & 15]};
	size_t len, room;

	if (qp_crlf_at(e, e->pos)) {
		qp_end_line(e, "\r\n", 2);
		e->pos += 2;
		return;
	}
	len = qp_needs_escape(e) ? 3 : 1;
	room = qp_line_ends(e, e->pos + 1) ? QP_LINE : QP_LINE - 1;
	if (e->column + len > room) {
		qp_end_line(e, "=\r\n", 3);
		len = qp_needs_escape(e) ? 3 : 1;
	}
	if (len == 3)
		qp_add(e, escape, 3);
	else
		qp_add(e, (const char *)&e->in.data[e->pos], 1);
	e->pos++;
}

static int
qp_run(struct qp_encoder *e, struct err *err)
{
	while (e->pos < e->in.len) {
		if (block_reserve(&e->block, 6, err))
			return -1;
		qp_encode_next(e);
	}
	return block_flush(&e->block, err);
}

static void
qp_init(struct qp_encoder *e, struct slice in, bool text, struct spool *out)
{
	e->in = in;
	e->text = text;
	e->pos = e->column = 0;
	block_init(&e->block, out);
}

size_t
qp_size(struct slice in, bool text)
{
	struct qp_encoder e;
	struct err unused;

	qp_init(&e, in, text, NULL);
	if (qp_run(&e, &unused)) /* cannot fail: it writes nowhere */
		return SIZE_MAX;
	return e.block.total;
}

int
qp_encode(struct slice in, bool text, struct spool *out, struct err *err)
{
	struct qp_encoder e;

	qp_init(&e, in, text, out);
	return qp_run(&e, err);
}

/* A character of an encoded line, or an escape; returns the bytes used. */
static size_t
qp_decode_next(struct slice line, struct block *b, bool *strict)
{
	unsigned char c = line.data[0];
	char digits[3] = "";

	if (c == '=' && line.len >= 3) {
		digits[0] = (char)line.data[1];
		digits[1] = (char)line.data[2];
	}
	if (hex_decode(digits, &b->data[b->used], 1) == 0) {
		b->used++;
		return 3;
	}
	if ((c < ' ' && c != '\t') || c > '~' || c == '=')
		*strict = false;
	b->data[b->used++] = c;
	return 1;
}

/* One line, with its line end, which is CRLF or LF. */
static int
qp_decode_line(
    struct slice line, struct block *b, bool *strict, struct err *err)
{
	size_t end = line.len, next;
	bool ended = end > 0 && line.data[end - 1] == '\n';

	if (ended)
		end -= end > 1 && line.data[end - 2] == '\r' ? 2 : 1;
	next = end;
	while (end > 0 && is_blank(line.data[end - 1]))
		end--;
	if (end > 0 && line.data[end - 1] == '=') {
		if (!ended)
			*strict = false;
		next = line.len;
		end--;
	}
	for (size_t i = 0; i < end;) {
		if (block_reserve(b, 1, err))
			return -1;
		i += qp_decode_next(slice_part(line, i, end), b, strict);
	}
	for (; next < line.len; next++) {
		if (block_reserve(b, 1, err))
			return -1;
		b->data[b->used++] = line.data[next];
	}
	return 0;
}

int
qp_decode(struct slice in, struct spool *out, bool *strict, struct err *err)
{
	struct block block;
	bool clean = true;
	size_t end;

	block_init(&block, out);
	for (size_t pos = 0; pos < in.len; pos = end) {
		end = slice_find(in, '\n', pos);
		end = end < in.len ? end + 1 : end;
		if (qp_decode_line(
			slice_part(in, pos, end), &block, &clean, err))
			return -1;
	}
	if (block_flush(&block, err))
		return -1;
	*strict = clean;
	return 0;
}
