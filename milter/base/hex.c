/* hex.c: see hex.h.  Pure functions. */
#include "base/hex.h"

#include <string.h>

void
hex_encode(const unsigned char *data, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*text++ = digits[data[i] >> 4];
		*text++ = digits[data[i] & 15];
	}
	*text = '\0';
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(const char *text, unsigned char *data, size_t len)
{
	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int high = digit(text[2 * i]);
		int low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		data[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}
