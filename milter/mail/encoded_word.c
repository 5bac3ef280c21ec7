/*
 * encoded_word.c: see encoded_word.h.  RFC 2047, with the language of RFC 2231
 * 5.
 *
 * Characters that a sender cut in two are read across words of one charset.
 * Everything is linear in the bytes.  Pure functions, any thread.
 */
#include "mail/encoded_word.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "mail/charset.h"
#include "mail/charset_convert.h"

/* RFC 2047 2 */
#define WORD_MAX   75u
#define FOLD_AT	   76u
#define WORD_HEAD  "=?utf-8?q?"
#define WORD_TAIL  "?="
#define WORD_FRAME (sizeof(WORD_HEAD) - 1 + sizeof(WORD_TAIL) - 1)

/* Where the next thing that is neither blank nor line end begins. */
static size_t
skip_space(struct slice s, size_t pos)
{
	size_t len;

	for (; pos < s.len; pos += len) {
		len = slice_line_end(s, pos);
		if (len == 0 && ascii_is_blank(s.data[pos]))
			len = 1;
		if (len == 0)
			break;
	}
	return pos;
}

/* --- one word --- */

struct word {
	const struct charset *charset;
	bool base64;
	struct slice text; /* still encoded */
	size_t end;
};

/* Up to the next "?" at or after pos, or false: not in this token. */
static bool
read_token(struct slice s, size_t *pos, struct slice *token)
{
	size_t end = *pos;

	while (end < s.len && s.data[end] > ' ' && s.data[end] < 0x7f &&
	       s.data[end] != '?')
		end++;
	*token = slice_part(s, *pos, end);
	*pos = end + 1;
	return end < s.len && s.data[end] == '?';
}

/* Is there a word at pos, up to a blank or the end? */
static bool
read_word(struct slice s, size_t pos, struct word *w)
{
	struct slice label, encoding;

	if (!slice_has_prefix(slice_part(s, pos, s.len), "=?"))
		return false;
	pos += 2;
	if (!read_token(s, &pos, &label) || !read_token(s, &pos, &encoding) ||
	    !read_token(s, &pos, &w->text))
		return false;
	if (pos == s.len || s.data[pos] != '=')
		return false;
	w->end = pos + 1;
	if (w->end < s.len && !ascii_is_blank(s.data[w->end]) &&
	    slice_line_end(s, w->end) == 0)
		return false;
	w->charset = charset_find(label);
	w->base64 = slice_equal_text_ci(encoding, "b");
	return w->charset && (w->base64 || slice_equal_text_ci(encoding, "q"));
}

/* "=C3" at the start of s. */
static bool
read_byte(struct slice s, unsigned char *byte)
{
	char digits[3] = "";

	if (s.len < 3 || s.data[0] != '=')
		return false;
	memcpy(digits, s.data + 1, 2);
	return hex_decode(digits, byte, 1) == 0;
}

static void
decode_q(struct slice in, struct buf *out)
{
	for (size_t i = 0; i < in.len; i++) {
		unsigned char byte = in.data[i];

		if (byte == '_')
			byte = ' ';
		else if (read_byte(slice_part(in, i, in.len), &byte))
			i += 2;
		buf_add(out, &byte, 1);
	}
}

/* False, and nothing is added, when it is no base64; only its padding may be
 * missing. */
static bool
decode_b(struct slice in, struct buf *out)
{
	size_t pad = (4 - in.len % 4) % 4, digits = in.len;
	unsigned char *data;
	int len = -1;

	while (digits > 0 && in.data[digits - 1] == '=')
		digits--;
	if (pad == 3 || in.len + pad - digits > 2 || in.len > INT_MAX / 2)
		return false;
	data = xmalloc(in.len + pad + 1);
	memcpy(data, in.data, in.len);
	memset(data + in.len, '=', pad);
	/* Three bytes for each four; in place. */
	len = EVP_DecodeBlock(data, data, (int)(in.len + pad));
	if (len >= 0)
		buf_add(out, data, (size_t)len - (in.len + pad - digits));
	free(data);
	return len >= 0;
}

static bool
decode_word(const struct word *w, struct buf *out)
{
	if (w->base64)
		return decode_b(w->text, out);
	decode_q(w->text, out);
	return true;
}

/* --- reading --- */

/* A run that turns out to be empty is none. */
static void
add_run(struct encoded_text *t, size_t text, size_t raw, bool encoded)
{
	if (t->count > 0 && t->runs[t->count - 1].raw == raw)
		t->count--;
	if (t->count == t->size) {
		t->size = t->size ? 2 * t->size : 8;
		t->runs = xreallocarray(t->runs, t->size, sizeof(*t->runs));
	}
	t->runs[t->count++] =
	    (struct encoded_run){.text = text, .raw = raw, .encoded = encoded};
}

/* The words from the one at pos on, with nothing but blanks between them;
 * returns where they end, or pos when there is none.  Bytes of neighbours in
 * one charset are put together first: there are senders that cut characters. */
static size_t
read_words(struct encoded_text *t, size_t pos)
{
	const struct charset *charset = NULL;
	size_t end = pos, next = pos;
	struct buf bytes;
	struct word w;

	buf_init(&bytes, t->body.len);
	while (read_word(t->body, next, &w)) {
		if (charset && w.charset != charset) {
			charset_add_utf8(charset, buf_slice(&bytes), &t->text);
			buf_clear(&bytes);
		}
		if (!decode_word(&w, &bytes))
			break;
		charset = w.charset;
		end = w.end;
		next = skip_space(t->body, end);
	}
	charset_add_utf8(charset, buf_slice(&bytes), &t->text);
	buf_fini(&bytes);
	return end;
}

/* Words at pos, or else one character that stands for itself. */
static size_t
read_piece(struct encoded_text *t, size_t pos, bool *between)
{
	size_t text = t->text.len, end = slice_line_end(t->body, pos);

	if (end > 0)
		return pos + end;
	end = *between ? read_words(t, pos) : pos;
	if (end > pos) {
		add_run(t, text, pos, true);
		add_run(t, t->text.len, end, false);
		return end;
	}
	*between = ascii_is_blank(t->body.data[pos]);
	buf_add(&t->text, &t->body.data[pos], 1);
	return pos + 1;
}

void
encoded_text_read(struct encoded_text *t, struct slice body)
{
	bool between = true; /* blank, or nothing: a word may begin */
	size_t pos = 0;

	*t = (struct encoded_text){.body = body};
	buf_init(&t->text, 4 * body.len);
	add_run(t, 0, 0, false);
	while (pos < body.len)
		pos = read_piece(t, pos, &between);
}

void
encoded_text_fini(struct encoded_text *t)
{
	free(t->runs);
	buf_fini(&t->text);
	*t = (struct encoded_text){0};
}

/* --- writing words --- */

/* On the line that out ends with; before: what stands before out. */
static size_t
column_of(const struct buf *out, size_t before)
{
	size_t pos = out->len;

	while (pos > 0 && out->data[pos - 1] != '\n')
		pos--;
	return pos > 0 ? out->len - pos : out->len + before;
}

static void
fold(struct buf *out)
{
	if (out->len > 0 && ascii_is_blank(out->data[out->len - 1]))
		out->len--;
	buf_add_text(out, "\n ");
}

/* Can it stand for itself, in lines that are short enough?  Blanks that a
 * reader or a relay might drop can not. */
static bool
is_plain(struct slice text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.data[i];
		unsigned char next = i + 1 < text.len ? text.data[i + 1] : ' ';

		if (c < ' ' || c > '~' || (c == ' ' && next == ' ') ||
		    (c == '=' && next == '?'))
			return false;
		run = c == ' ' ? 0 : run + 1;
		if (run >= WORD_MAX)
			return false;
	}
	return true;
}

static void
write_plain(struct slice text, size_t column, struct buf *out)
{
	size_t pos = 0, end;

	for (; pos < text.len; pos = end) {
		end = slice_find(text, ' ', pos + 1);
		if (column > 1 && column + end - pos > FOLD_AT) {
			if (text.data[pos] != ' ')
				fold(out);
			else
				buf_add_char(out, '\n');
			column = text.data[pos] != ' ';
		}
		buf_add_slice(out, slice_part(text, pos, end));
		column += end - pos;
	}
}

/* As RFC 2047 4.2 has it for unstructured fields. */
static bool
is_safe(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '=' && c != '?' && c != '_';
}

static size_t
q_size(struct slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += is_safe(text.data[i]) || text.data[i] == ' ' ? 1 : 3;
	return n;
}

static size_t
b_size(size_t len)
{
	return (len + 2) / 3 * 4;
}

/* How many bytes of text, whole characters of it, fit into room. */
static size_t
count_fitting(struct slice text, bool base64, size_t room)
{
	size_t used = 0, len = 0, n, size;

	while (len < text.len) {
		n = charset_utf8_length(slice_part(text, len, text.len));
		size = q_size(slice_part(text, len, len + n));
		used = base64 ? b_size(len + n) : used + size;
		if (used > room)
			break;
		len += n;
	}
	return len;
}

static void
write_word(struct slice text, bool base64, struct buf *out)
{
	unsigned char *room;

	buf_add_text(out, base64 ? "=?utf-8?b?" : WORD_HEAD);
	if (base64) {
		room = buf_reserve(out, b_size(text.len) + 1);
		if (room)
			out->len += (size_t)EVP_EncodeBlock(
			    room, text.data, (int)text.len);
	}
	for (size_t i = 0; !base64 && i < text.len; i++) {
		unsigned char c = text.data[i];

		if (c == ' ')
			buf_add_char(out, '_');
		else if (is_safe(c))
			buf_add(out, &c, 1);
		else
			buf_addf(out, "=%02X", c);
	}
	buf_add_text(out, WORD_TAIL);
}

static void
write_words(struct slice text, size_t column, struct buf *out)
{
	/* RFC 2047 4: people can read "Q" where most of it is ASCII. */
	bool base64 = q_size(text) > 2 * text.len;
	size_t room, len;

	while (text.len > 0) {
		room = column + WORD_FRAME < FOLD_AT
			   ? FOLD_AT - column - WORD_FRAME
			   : 0;
		if (room > WORD_MAX - WORD_FRAME)
			room = WORD_MAX - WORD_FRAME;
		len = count_fitting(text, base64, room);
		column = 1;
		if (len == 0) {
			fold(out);
			continue;
		}
		write_word(slice_part(text, 0, len), base64, out);
		text = slice_part(text, len, text.len);
		if (text.len > 0)
			buf_add_text(out, "\n ");
	}
}

void
encoded_word_write(struct slice text, size_t column, struct buf *out)
{
	struct buf valid;

	buf_init(&valid, 3 * text.len);
	charset_add_utf8(NULL, text, &valid);
	if (is_plain(buf_slice(&valid)))
		write_plain(buf_slice(&valid), column, out);
	else
		write_words(buf_slice(&valid), column, out);
	buf_fini(&valid);
}

/* --- writing what is left of a text --- */

enum piece {
	PIECE_LITERAL,
	PIECE_SAME, /* words that stay as they are */
	PIECE_WORDS /* to be encoded anew, or blanks between such */
};

struct writer {
	const struct encoded_text *t;
	const bool *gone;
	enum piece *pieces; /* of each run */
	struct buf words;   /* text that waits to be encoded */
	bool after_words;   /* that were */
	size_t column;
	struct buf out;
};

static struct encoded_run
run_end(const struct encoded_text *t, size_t r)
{
	if (r + 1 < t->count)
		return t->runs[r + 1];
	return (struct encoded_run){t->text.len, t->body.len, false};
}

/* What of a run stays: is it all of it, anything, anything but blanks? */
struct rest {
	bool all, any, visible;
};

static struct rest
rest_of(const struct writer *w, size_t r)
{
	struct rest rest = {.all = true};

	for (size_t i = w->t->runs[r].text; i < run_end(w->t, r).text; i++) {
		rest.all &= !w->gone[i];
		rest.any |= !w->gone[i];
		rest.visible |=
		    !w->gone[i] && !ascii_is_blank(w->t->text.data[i]);
	}
	return rest;
}

/* Blanks between words are not seen: where nothing else is left between two
 * runs of words, they become one. */
static void
plan_pieces(struct writer *w)
{
	size_t last = SIZE_MAX; /* words with nothing visible behind them */

	for (size_t r = 0; r < w->t->count; r++) {
		struct rest rest = rest_of(w, r);

		w->pieces[r] = PIECE_LITERAL;
		if (!w->t->runs[r].encoded) {
			last = rest.visible ? SIZE_MAX : last;
			continue;
		}
		w->pieces[r] = rest.all ? PIECE_SAME : PIECE_WORDS;
		if (!rest.any)
			continue;
		for (size_t k = last; k < r; k++)
			w->pieces[k] = w->pieces[r] = PIECE_WORDS;
		last = r;
	}
}

static void
flush_words(struct writer *w)
{
	if (w->words.len == 0)
		return;
	encoded_word_write(
	    buf_slice(&w->words), column_of(&w->out, w->column), &w->out);
	w->after_words = true;
	buf_clear(&w->words);
}

static void
put_words(struct writer *w, size_t r)
{
	for (size_t i = w->t->runs[r].text; i < run_end(w->t, r).text; i++)
		if (!w->gone[i])
			buf_add(&w->words, &w->t->text.data[i], 1);
}

/* Does the line get too long with what follows words encoded anew? */
static bool
wants_fold(const struct writer *w, struct slice rest)
{
	size_t len = 1;

	if (!w->after_words || !ascii_is_blank(rest.data[0]))
		return false;
	while (len < rest.len && rest.data[len] > ' ')
		len++;
	return len > 1 && column_of(&w->out, w->column) + len > FOLD_AT;
}

/* CR LF becomes LF, and another CR nothing: a mail server would put a second
 * one in front of its own, or take it for the end of the line. */
static void
put_byte(struct writer *w, unsigned char c)
{
	if (c != '\r')
		buf_add(&w->out, &c, 1);
}

/* The bytes as they stand.  A fold stays where a blank still follows. */
static void
put_literal(struct writer *w, size_t r)
{
	struct slice body = w->t->body;
	size_t pos = w->t->runs[r].raw, text = w->t->runs[r].text, len;
	bool folded = false;

	for (; pos < run_end(w->t, r).raw; pos++) {
		len = slice_line_end(body, pos);
		if (len > 0) {
			folded = true;
			pos += len - 1;
			continue;
		}
		if (w->gone[text++])
			continue;
		if ((folded && ascii_is_blank(body.data[pos])) ||
		    wants_fold(w, slice_part(body, pos, body.len)))
			buf_add_char(&w->out, '\n');
		put_byte(w, body.data[pos]);
		folded = w->after_words = false;
	}
}

static void
put_run(struct writer *w, size_t r)
{
	if (w->pieces[r] == PIECE_WORDS) {
		put_words(w, r);
		return;
	}
	flush_words(w);
	if (w->pieces[r] == PIECE_LITERAL) {
		put_literal(w, r);
		return;
	}
	for (size_t i = w->t->runs[r].raw; i < run_end(w->t, r).raw; i++)
		put_byte(w, w->t->body.data[i]);
}

void
encoded_text_write(const struct encoded_text *t, const bool *gone,
    size_t column, struct buf *out)
{
	struct writer w = {.t = t, .gone = gone, .column = column};

	w.pieces = xcalloc(t->count + 1, sizeof(*w.pieces));
	buf_init(&w.words, t->text.len);
	buf_init(&w.out, out->max);
	plan_pieces(&w);
	for (size_t r = 0; r < t->count; r++)
		put_run(&w, r);
	flush_words(&w);
	if (w.out.len == 0 ||
	    (!ascii_is_blank(w.out.data[0]) && w.out.data[0] != '\n'))
		buf_add_char(out, ' ');
	buf_add_slice(out, buf_slice(&w.out));
	out->overflow |= w.out.overflow;
	buf_fini(&w.out);
	buf_fini(&w.words);
	free(w.pieces);
}
