/* armor.c: see armor.h.  Holds nothing but borrowed bytes; any thread. */
#include "gateway/armor.h"

#include <string.h>

#include <openssl/evp.h>

#define LINE_CHARS 76u
#define LINE_TEXT  78u /* with CRLF */

/* Decodes the characters at that offset of the text; how many bytes, or -1. */
static int
decode(const struct armor *a, size_t from, size_t chars,
    unsigned char bytes[ARMOR_LINE_BYTES])
{
	unsigned char line[LINE_TEXT];
	size_t n;
	int decoded;

	/* The last line may be one without its end, and then longer. */
	if (chars == 0 || chars > LINE_CHARS || chars % 4 != 0)
		return -1;
	n = slice_list_read(a->text, from, line, chars + 2);
	if (n < chars)
		return -1;
	/* EVP_DecodeBlock passes over blanks at the ends; we do not. */
	if (memchr(line, ' ', chars) || memchr(line, '\n', chars) ||
	    memchr(line, '\r', chars) || memchr(line, '\t', chars))
		return -1;
	if (n == chars + 2 && memcmp(line + chars, "\r\n", 2) != 0)
		return -1;
	decoded = EVP_DecodeBlock(bytes, line, (int)chars);
	if (decoded < 0)
		return -1;
	decoded -= line[chars - 1] == '=';
	decoded -= line[chars - 2] == '=';
	return decoded;
}

int
armor_open(
    struct armor *a, const struct slice_list *text, size_t from, size_t to)
{
	unsigned char end[2];
	size_t last;
	int decoded;

	if (to > slice_list_size(text) || to < from + 4)
		return -1;
	slice_list_read(text, to - 2, end, 2);
	if (memcmp(end, "\r\n", 2) == 0)
		to -= 2;
	*a = (struct armor){.text = text, .start = from};
	a->line = (to - from) / LINE_TEXT;
	last = (to - from) % LINE_TEXT;
	decoded = decode(a, to - last, last, a->bytes);
	if (decoded <= 0)
		return -1;
	a->line_len = (size_t)decoded;
	a->size = a->line * ARMOR_LINE_BYTES + a->line_len;
	return 0;
}

/* Makes that line the decoded one. */
static int
select_line(struct armor *a, size_t line)
{
	size_t left = a->size - line * ARMOR_LINE_BYTES;
	size_t len = left < ARMOR_LINE_BYTES ? left : ARMOR_LINE_BYTES;
	int decoded;

	if (a->line_len > 0 && a->line == line)
		return 0;
	a->line_len = 0;
	decoded =
	    decode(a, a->start + line * LINE_TEXT, (len + 2) / 3 * 4, a->bytes);
	if (decoded < 0 || (size_t)decoded != len)
		return -1;
	a->line = line;
	a->line_len = len;
	return 0;
}

int
armor_read(struct armor *a, size_t at, void *out, size_t len)
{
	unsigned char *to = out;

	if (at > a->size || len > a->size - at)
		return -1;
	while (len > 0) {
		size_t skip = at % ARMOR_LINE_BYTES, n;

		if (select_line(a, at / ARMOR_LINE_BYTES) < 0)
			return -1;
		n = a->line_len - skip < len ? a->line_len - skip : len;
		memcpy(to, a->bytes + skip, n);
		to += n;
		at += n;
		len -= n;
	}
	return 0;
}

int
armor_element(
    struct armor *a, size_t at, size_t limit, struct armor_element *out)
{
	unsigned char head[2], octets[8];
	size_t len, count = 0;

	if (limit > a->size || armor_read(a, at, head, 2) < 0)
		return -1;
	/* One octet of tag (X.690 8.1.2.3), a definite length. */
	if ((head[0] & 0x1f) == 0x1f || head[1] == 0x80)
		return -1;
	len = head[1];
	if (len > 0x80) {
		count = head[1] & 0x7f;
		if (count > sizeof(octets) ||
		    armor_read(a, at + 2, octets, count) < 0)
			return -1;
		len = 0;
		for (size_t i = 0; i < count; i++)
			len = len << 8 | octets[i];
	}
	*out = (struct armor_element){
	    .tag = head[0], .start = at, .value = at + 2 + count};
	if (out->value > limit || len > limit - out->value)
		return -1;
	out->end = out->value + len;
	return 0;
}

int
armor_expect(struct armor *a, size_t at, size_t limit, unsigned char tag,
    struct armor_element *out)
{
	if (armor_element(a, at, limit, out) < 0 || out->tag != tag)
		return -1;
	return 0;
}
