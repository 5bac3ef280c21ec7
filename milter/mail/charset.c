/*
 * charset.c: see charset.h.  RFC 3629, RFC 1468.
 *
 * Texts of other charsets are UTF-8 by chance so rarely that browsers and
 * mail programs rely on it, too.  Linear; pure functions, callable from any
 * thread.
 */
#include "mail/charset.h"

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
utf8_length(struct slice s)
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

bool
charset_is_utf8(struct slice s)
{
	size_t pos = count_ascii(s), n;

	while (pos < s.len) {
		n = utf8_length(slice_part(s, pos, s.len));
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
