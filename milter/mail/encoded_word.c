/*
 * encoded_word.c: see encoded_word.h.  RFC 2047, with the language of RFC 2231
 * 5.  Everything is linear in the bytes.  Pure functions, any thread.
 */
#include "mail/encoded_word.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "mail/charset.h"
#include "mail/charset_convert.h"

/* RFC 2047 2 */
#define WORD_MAX   75u
#define WORD_HEAD  "=?utf-8?q?"
#define WORD_TAIL  "?="
#define WORD_FRAME (sizeof(WORD_HEAD) - 1 + sizeof(WORD_TAIL) - 1)

/* --- reading --- */

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

bool
encoded_word_read(struct slice s, size_t pos, struct encoded_word *out)
{
	struct encoded_word word = {0};
	struct slice label, encoding;

	if (!slice_has_prefix(slice_part(s, pos, s.len), "=?"))
		return false;
	pos += 2;
	if (!read_token(s, &pos, &label) || !read_token(s, &pos, &encoding) ||
	    !read_token(s, &pos, &word.text))
		return false;
	if (pos == s.len || s.data[pos] != '=')
		return false;
	word.end = pos + 1;
	if (word.end < s.len && !ascii_is_blank(s.data[word.end]) &&
	    slice_line_end(s, word.end) == 0)
		return false;
	word.charset = charset_find(label);
	word.base64 = slice_equal_text_ci(encoding, "b");
	if (!word.charset ||
	    !(word.base64 || slice_equal_text_ci(encoding, "q")))
		return false;
	*out = word;
	return true;
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

bool
encoded_word_decode(const struct encoded_word *word, struct buf *out)
{
	if (word->base64)
		return decode_b(word->text, out);
	decode_q(word->text, out);
	return true;
}

/* --- writing --- */

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
		if (column > 1 && column + end - pos > ENCODED_WORD_LINE) {
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
		room = column + WORD_FRAME < ENCODED_WORD_LINE
			   ? ENCODED_WORD_LINE - column - WORD_FRAME
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
