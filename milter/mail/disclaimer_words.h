/*
 * disclaimer_words.h: exactly what is put into a text.
 */
#ifndef MAIL_DISCLAIMER_WORDS_H
#define MAIL_DISCLAIMER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct words_opts {
	bool lf;	 /* lines end with LF instead of CRLF */
	bool flowed;	 /* RFC 3676 */
	bool references; /* HTML: ASCII only */
};

/*
 * Writes to out, which it initialises, what goes behind the text to add the
 * lines to it: a line end if its last line has none, an empty line unless it
 * is empty or ends with one, the lines.  Bytes from 128 on may be of any
 * charset in text, and stay as they are in lines.  lines: CRLF, the last one
 * ended.
 */
void words_of_text(struct slice text, struct slice lines,
    const struct words_opts *opts, struct buf *out);

/* The same for HTML in UTF-8 that goes where before ends: a line end unless it
 * ends with one or is empty, then html. */
void words_of_html(struct slice before, struct slice html,
    const struct words_opts *opts, struct buf *out);

#endif
