/* xtext.c: see xtext.h.  Pure functions, callable from any thread. */
#include "mail/xtext.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hex.h"

/* The byte at a "+" of text; 0 when there is none. */
static unsigned char
decode_one(const char *text)
{
	char digits[3] = "";
	unsigned char byte;

	memcpy(digits, text + 1, strnlen(text + 1, 2));
	return hex_decode(digits, &byte, 1) == 0 ? byte : 0;
}

char *
xtext_decode(const char *text)
{
	char *out = xmalloc(strlen(text) + 1), *end = out;
	unsigned char byte;

	for (; *text; text++) {
		if (*text != '+') {
			*end++ = *text;
			continue;
		}
		byte = decode_one(text);
		if (byte == 0) {
			free(out);
			return NULL;
		}
		memcpy(end++, &byte, 1);
		text += 2;
	}
	*end = '\0';
	return out;
}
