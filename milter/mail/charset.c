/*
 * charset.c: see charset.h.  RFC 3629, RFC 1468.
 *
 * Texts of other charsets are UTF-8 by chance so rarely that browsers and
 * mail programs rely on it, too.  Linear; pure functions, callable from any
 * thread.
 */
#include "mail/charset.h"

#include <string.h>

#define ESCAPE 0x1b

/* How many bytes below 128 s begins with. */
static size_t
count_ascii(struct slice s)
{
	size_t i = 0;

	while (i < s.len && s.data[i] < 0x80)
		i++;
	return i;
}

/* Of the character, not below 128, that s begins with; 0: it is none. */
static size_t
long_length(struct slice s)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t len;
	} forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
	    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
	size_t i = 0;

	while (s.data[0] > forms[i].last)
		if (++i == sizeof(forms) / sizeof(forms[0]))
			return 0;
	if (s.data[0] < forms[i].first || s.len < forms[i].len)
		return 0;
	for (size_t k = 1; k < forms[i].len; k++) {
		unsigned char low = k == 1 ? forms[i].low : 0x80;
		unsigned char high = k == 1 ? forms[i].high : 0xbf;

		if (s.data[k] < low || s.data[k] > high)
			return 0;
	}
	return forms[i].len;
}

size_t
charset_utf8_length(struct slice s)
{
	return s.data[0] < 0x80 ? 1 : long_length(s);
}

/* Of a character of so many bytes. */
static unsigned long
code_of(struct slice s, size_t len)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned long code = s.data[0] & first[len];

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (s.data[i] & 0x3fu);
	return code;
}

size_t
charset_hidden_length(struct slice s)
{
	static const struct {
		unsigned long from, to;
	} hidden[] = {{0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c},
	    {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
	    {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},
	    {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
	    {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3},
	    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};
	size_t len = charset_utf8_length(s);
	unsigned long code;

	if (len < 2)
		return 0;
	code = code_of(s, len);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (code >= hidden[i].from && code <= hidden[i].to)
			return len;
	return 0;
}

bool
charset_is_utf8(struct slice s)
{
	size_t pos = count_ascii(s), n;

	while (pos < s.len) {
		n = long_length(slice_part(s, pos, s.len));
		if (n == 0)
			return false;
		pos += n;
		pos += count_ascii(slice_part(s, pos, s.len));
	}
	return true;
}

const char *
charset_guess(struct slice text)
{
	if (slice_find(text, ESCAPE, 0) < text.len || !charset_is_utf8(text))
		return NULL;
	return count_ascii(text) == text.len ? "us-ascii" : "utf-8";
}

/* The letters with two bytes whose small form is that many code points
 * further on and has two bytes, too: Latin-1, Greek, Cyrillic. */
static unsigned
small_distance(unsigned code)
{
	if ((code >= 0xc0 && code <= 0xde && code != 0xd7) ||
	    (code >= 0x391 && code <= 0x3a9 && code != 0x3a2) ||
	    (code >= 0x410 && code <= 0x42f))
		return 32;
	if (code >= 0x400 && code <= 0x40f)
		return 80;
	/* Latin Extended-A is in pairs; dotted capital I, and capital Y with
	 * diaeresis, have their small forms elsewhere. */
	if ((code >= 0x100 && code <= 0x137 && code != 0x130) ||
	    (code >= 0x14a && code <= 0x177))
		return code % 2 == 0;
	if ((code >= 0x139 && code <= 0x148) ||
	    (code >= 0x179 && code <= 0x17e))
		return code % 2 == 1;
	return 0;
}

void
charset_lower(struct slice text, unsigned char *out)
{
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		n = charset_utf8_length(slice_part(text, i, text.len));
		n = n > 0 ? n : 1;
		memcpy(out + i, text.data + i, n);
		if (n == 1) {
			out[i] = ascii_lower(out[i]);
		} else if (n == 2) {
			unsigned code =
			    (out[i] & 0x1fu) << 6 | (out[i + 1] & 0x3fu);

			code += small_distance(code);
			out[i] = (unsigned char)(0xc0 | code >> 6);
			out[i + 1] = (unsigned char)(0x80 | (code & 0x3f));
		}
	}
}
