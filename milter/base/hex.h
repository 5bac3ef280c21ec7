/* hex.h: bytes as hexadecimal digits and back. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stddef.h>

#include "base/err.h"

/* Writes 2 * len lower-case digits and a NUL to text. */
void hex_encode(const unsigned char *data, size_t len, char *text);

/* Reads exactly len bytes from exactly 2 * len digits of either case;
 * -1 when text is anything else. */
int hex_decode(const char *text, unsigned char *data, size_t len) MUST_USE;

#endif
