/*
 * disclaimer_text.h: the text that a disclaimer adds to a message.
 *
 * A template is what the operator's files say; filled in for one sender it
 * becomes the disclaimer of one message.
 */
#ifndef MAIL_DISCLAIMER_TEXT_H
#define MAIL_DISCLAIMER_TEXT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* Bytes that stand for a placeholder in a template, in which no other control
 * characters but tabs and line ends occur. */
enum disclaimer_mark {
	DISCLAIMER_MARK_NAME = 1,
	DISCLAIMER_MARK_ADDRESS = 2
};

/* UTF-8, CRLF lines, the last one ended, no blank lines at either end, with
 * marks where placeholders are.  html is a fragment, in ASCII markup that is
 * XHTML, too, when it was made from the text. */
struct disclaimer_template {
	struct buf text;
	struct buf html;
};

/* The same for one message: no marks, every byte is to be written. */
struct disclaimer {
	struct buf text;
	struct buf html;
};

/*
 * Reads the bytes of the two files; html.len 0: there is none, and it is made
 * from the text.  Both are UTF-8 (with a byte order mark or without) of at
 * most LIMIT_DISCLAIMER bytes, with any line ends.  Placeholders are %{name}
 * and %{address}, at most LIMIT_DISCLAIMER_PLACEHOLDERS in a file; "%%{" is
 * "%{".  *out is the caller's, who frees it.  Permanent error, "text: line 3:
 * ..." or "html: ...": too large, not UTF-8, a control character, nothing but
 * white space, an unknown placeholder, or HTML that is a whole document
 * instead of a fragment, or ends inside markup.
 */
int disclaimer_template_new(struct slice text, struct slice html,
    struct disclaimer_template **out, struct err *err) MUST_USE;

/* NULL is nothing. */
void disclaimer_template_free(struct disclaimer_template *t);

/*
 * Fills the template in; the caller ends out with disclaimer_fini.  name is
 * foreign text in UTF-8, NULL or "" for the address instead; of both, what is
 * no UTF-8, control characters and those that change the direction of writing
 * are left out, and what is longer than LIMIT_DISCLAIMER_NAME or
 * LIMIT_ADDRESS bytes is cut between characters.  In html they are escaped.
 */
void disclaimer_fill(const struct disclaimer_template *t, const char *name,
    const char *address, struct disclaimer *out);

/* Of one that is filled in, or all zero. */
void disclaimer_fini(struct disclaimer *d);

#endif
