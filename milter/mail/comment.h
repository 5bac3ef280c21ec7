/*
 * comment.h: comments in the fields of a header (RFC 5322 section 3.2.2).
 */
#ifndef MAIL_COMMENT_H
#define MAIL_COMMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * Moves *pos, where text has a '(', behind the comment that begins there.
 * Comments nest, and a backslash takes away what the next octet means.  False
 * when it has no end: then *pos is at the end of text.
 */
bool comment_skip(struct slice text, size_t *pos);

#endif
