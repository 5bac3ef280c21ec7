/*
 * tilde.h: messages that can be read in a table.
 */
#ifndef TESTS_UNIT_TILDE_H
#define TESTS_UNIT_TILDE_H

#include "base/buf.h"
#include "base/limits.h"

/* The bytes of a text in which "~" is CRLF; the caller frees them. */
static inline char *
tilde_bytes(const char *text)
{
	struct buf out;

	buf_init(&out, MIB);
	for (; *text; text++)
		if (*text == '~')
			buf_add_text(&out, "\r\n");
		else
			buf_add_char(&out, *text);
	return buf_take_text(&out);
}

#endif
