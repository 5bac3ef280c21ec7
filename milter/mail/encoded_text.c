/*
 * encoded_text.c: see encoded_text.h.  RFC 2047.
 *
 * Characters that a sender cut in two are read across words of one charset.
 * Everything is linear in the bytes.  Pure functions, any thread.
 */
#include "mail/encoded_text.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "mail/charset.h"
#include "mail/charset_convert.h"
#include "mail/encoded_word.h"

/* --- reading --- */

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
	struct encoded_word w;

	buf_init(&bytes, t->body.len);
	while (encoded_word_read(t->body, next, &w)) {
		if (charset && w.charset != charset) {
			charset_add_utf8(charset, buf_slice(&bytes), &t->text);
			buf_clear(&bytes);
		}
		if (!encoded_word_decode(&w, &bytes))
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

/* --- writing what is left of it --- */

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
	return len > 1 &&
	       column_of(&w->out, w->column) + len > ENCODED_WORD_LINE;
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
