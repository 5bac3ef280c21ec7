/*
 * mime_qp.c: see mime_codec.h.  RFC 2045 6.7.
 *
 * Decoding what was encoded here gives the same bytes, whatever they are.
 * Decoders never fail on content.  Everything is one pass over the input in
 * constant memory; the objects belong to one thread.
 */
#include <stdint.h>
#include <string.h>

#include "base/hex.h"
#include "mail/mime_block.h"
#include "mail/mime_codec.h"

/* Longest encoded line without a soft line break's "=". */
#define QP_LINE 76u

struct qp_encoder {
	struct slice in;
	bool text;
	size_t pos;
	size_t column; /* of the encoded line */
	struct mime_block block;
};

/* Stands for itself in quoted-printable, wherever it is but at the start of a
 * line. */
static bool
is_plain(unsigned char c)
{
	return c > ' ' && c <= '~' && c != '=';
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

	if (ascii_is_blank(c))
		return qp_line_ends(e, e->pos + 1);
	if (!is_plain(c))
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

/* Characters that stand for themselves, and fit whatever follows them. */
static void
qp_copy_plain(struct qp_encoder *e)
{
	while (e->column > 0 && e->column < QP_LINE - 1 && e->pos < e->in.len &&
	       is_plain(e->in.data[e->pos])) {
		e->block.data[e->block.used++] = e->in.data[e->pos++];
		e->column++;
	}
}

static int
qp_run(struct qp_encoder *e, struct err *err)
{
	while (e->pos < e->in.len) {
		if (mime_block_reserve(&e->block, QP_LINE + 6, err))
			return -1;
		qp_copy_plain(e);
		if (e->pos < e->in.len)
			qp_encode_next(e);
	}
	return mime_block_flush(&e->block, err);
}

static void
qp_init(struct qp_encoder *e, struct slice in, bool text, struct spool *out)
{
	e->in = in;
	e->text = text;
	e->pos = e->column = 0;
	mime_block_init(&e->block, out);
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
qp_decode_next(struct slice line, struct mime_block *b, bool *strict)
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
	if (!is_plain(c) && !ascii_is_blank(c))
		*strict = false;
	b->data[b->used++] = c;
	return 1;
}

static int
qp_decode_chars(
    struct slice line, struct mime_block *b, bool *strict, struct err *err)
{
	size_t i = 0, most;

	while (i < line.len) {
		if (mime_block_reserve(b, 1, err))
			return -1;
		most = sizeof(b->data) - b->used;
		while (
		    most > 1 && i < line.len &&
		    (is_plain(line.data[i]) || ascii_is_blank(line.data[i]))) {
			b->data[b->used++] = line.data[i++];
			most--;
		}
		if (i < line.len)
			i += qp_decode_next(
			    slice_part(line, i, line.len), b, strict);
	}
	return 0;
}

/* An encoded line: what stands for characters, and the line end that it has
 * when it is decoded. */
struct qp_line {
	struct slice chars, end;
	bool strict;
};

/* line has its line end, which is CRLF or LF, unless it is the last one. */
static struct qp_line
qp_read_line(struct slice line)
{
	size_t end = line.len, next;
	bool ended = end > 0 && line.data[end - 1] == '\n', strict;

	if (ended)
		end -= end > 1 && line.data[end - 2] == '\r' ? 2 : 1;
	next = end;
	while (end > 0 && ascii_is_blank(line.data[end - 1]))
		end--;
	strict = end == next; /* not every reader drops them */
	if (end > 0 && line.data[end - 1] == '=') {
		strict = strict && ended;
		next = line.len;
		end--;
	}
	return (struct qp_line){
	    slice_part(line, 0, end), slice_part(line, next, line.len), strict};
}

static int
qp_decode_line(
    struct slice in, struct mime_block *b, bool *strict, struct err *err)
{
	struct qp_line line = qp_read_line(in);

	*strict = *strict && line.strict;
	if (qp_decode_chars(line.chars, b, strict, err) ||
	    mime_block_reserve(b, 2, err))
		return -1;
	for (size_t i = 0; i < line.end.len; i++)
		b->data[b->used++] = line.end.data[i];
	return 0;
}

int
qp_decode(struct slice in, struct spool *out, bool *strict, struct err *err)
{
	struct mime_block block;
	bool clean = true;
	size_t end;

	mime_block_init(&block, out);
	for (size_t pos = 0; pos < in.len; pos = end) {
		end = slice_find(in, '\n', pos);
		end = end < in.len ? end + 1 : end;
		if (qp_decode_line(
			slice_part(in, pos, end), &block, &clean, err))
			return -1;
	}
	if (mime_block_flush(&block, err))
		return -1;
	*strict = clean;
	return 0;
}

/* Bytes that stand for the first one of s. */
static size_t
qp_char_length(struct slice s)
{
	char digits[3] = "";
	unsigned char byte;

	if (s.data[0] == '=' && s.len >= 3)
		memcpy(digits, s.data + 1, 2);
	return hex_decode(digits, &byte, 1) == 0 ? 3 : 1;
}

/* NULL when it is not in this line; then *offset is less by what is. */
static const unsigned char *
qp_find_in_line(const struct qp_line *line, size_t *offset)
{
	struct slice chars = line->chars;
	size_t n;

	for (; chars.len > 0; chars = slice_part(chars, n, chars.len)) {
		n = qp_char_length(chars);
		if ((*offset)-- == 0)
			return chars.data;
	}
	if (*offset < line->end.len)
		return line->end.data + *offset;
	*offset -= line->end.len;
	return NULL;
}

size_t
qp_find(struct slice in, size_t offset)
{
	const unsigned char *found;
	struct qp_line line;
	size_t end;

	for (size_t pos = 0; pos < in.len; pos = end) {
		end = slice_find(in, '\n', pos);
		end = end < in.len ? end + 1 : end;
		line = qp_read_line(slice_part(in, pos, end));
		found = qp_find_in_line(&line, &offset);
		if (found)
			return (size_t)(found - in.data);
	}
	return in.len;
}
