/*
 * charset_convert.h: text of the charsets that mail is written in, to UTF-8
 * and back.
 */
#ifndef MAIL_CHARSET_CONVERT_H
#define MAIL_CHARSET_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* How text of a charset can be put together with ASCII. */
enum charset_kind {
	CHARSET_ASCII, /* nothing else in it */
	CHARSET_UTF8,
	CHARSET_BYTES,	 /* ASCII bytes that begin a character are ASCII */
	CHARSET_ESCAPES, /* ISO 2022: they are, unless an escape sequence says
	                  * otherwise, at the latest until the next one */
	CHARSET_OTHER	 /* nothing of the kind */
};

struct charset;

/* The charset of that label (any case, a language of RFC 2231 5 behind it), or
 * NULL: unknown.  Static. */
const struct charset *charset_find(struct slice label);

/* What its bytes are like; c is not NULL. */
enum charset_kind charset_kind_of(const struct charset *c);

/* Appends text of that charset (NULL: UTF-8) to out as UTF-8; what is not valid
 * in it is U+FFFD. */
void charset_add_utf8(
    const struct charset *c, struct slice in, struct buf *out);

/* Takes pieces of UTF-8, whole characters each, in order. */
struct charset_sink {
	int (*take)(void *context, struct slice utf8, struct err *err);
	void *context;
};

/* As charset_add_utf8, in constant memory.  sink NULL: only looks.  *exact:
 * was everything valid?  -1 is an error of the sink. */
int charset_read(const struct charset *c, struct slice in,
    const struct charset_sink *sink, bool *exact, struct err *err) MUST_USE;

/*
 * Appends UTF-8 text to out in that charset; false, and nothing is appended,
 * when it has no such characters, would be read as others (letter and accent
 * apart, where the charset has them in one), or readers do not agree about
 * them: what is labelled ISO-8859-1 is Windows-1252 to many, but not to all.
 * Text of
 * CHARSET_ESCAPES begins and ends, and ends each line, in ASCII.
 */
bool charset_write(const struct charset *c, struct slice utf8, struct buf *out);

/* Is text of CHARSET_ESCAPES, up to its end, back in ASCII there? */
bool charset_ends_in_ascii(struct slice text);

/* Is valid UTF-8 text the same after it was written in that charset and read
 * again?  In constant memory. */
bool charset_gives_back(const struct charset *c, struct slice utf8);

#endif
