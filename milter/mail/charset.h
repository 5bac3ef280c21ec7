/*
 * charset.h: which characters unlabelled bytes stand for.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* RFC 3629: no surrogates, nothing overlong or above U+10FFFF.  True for
 * ASCII and for no bytes at all. */
bool charset_is_utf8(struct slice s);

/* Bytes of the character that s, which is not empty, begins with; 0 when it is
 * none.  A byte below 128 is one. */
size_t charset_utf8_length(struct slice s);

/* Bytes of the character that s, which is not empty, begins with if it is one
 * that nobody sees (Default_Ignorable_Code_Point of Unicode: soft hyphens, zero
 * width spaces and joiners, marks of direction, selectors of a variant); else
 * 0. */
size_t charset_hidden_length(struct slice s);

/* Writes text with capitals of Latin, Greek and Cyrillic made small, for
 * comparing; out has text.len bytes, and every character keeps its place.
 * What is no UTF-8 is copied. */
void charset_lower(struct slice text, unsigned char *out);

/*
 * The label that can be put on a text that has none without changing what a
 * reader makes of it: "us-ascii", "utf-8" when it has 8-bit bytes that are
 * nothing else, or NULL when readers would have to guess (other 8-bit bytes,
 * or the escape sequences of ISO 2022) and shall be left to it.
 */
const char *charset_guess(struct slice text);

#endif
