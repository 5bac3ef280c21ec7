/*
 * encoded_text.h: what an unstructured header field says (RFC 2047).
 *
 * Reading tells the text, and where in the body each piece of it stands, so
 * that some of it can be taken out while the rest keeps its bytes.
 */
#ifndef MAIL_ENCODED_TEXT_H
#define MAIL_ENCODED_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* A run of characters that stand for themselves, or of encoded words. */
struct encoded_run {
	size_t text; /* where it begins in the text */
	size_t raw;  /* and in the body; it ends where the next one begins */
	bool encoded;
};

struct encoded_text {
	struct slice body; /* borrowed */
	struct buf text;
	struct encoded_run *runs;
	size_t count;
	size_t size; /* allocated */
};

/*
 * Reads a body (its leading blank and folds as in mail/header.h), which must
 * outlive t.  The text is unfolded, has the blanks of the body, and is UTF-8
 * but for 8-bit bytes outside encoded words that are none: they stay as they
 * are.  What is not valid in an encoded word's charset is U+FFFD.  Encoded
 * words that are malformed or of a charset that we do not know stand for
 * themselves.  The text is at most four times as long as the body.
 */
void encoded_text_read(struct encoded_text *t, struct slice body);
void encoded_text_fini(struct encoded_text *t);

/*
 * Appends to out the body without those bytes of the text that are marked in
 * gone (one for each, whole characters).  Begins with a blank or a fold;
 * folds are LF and blank, and no CR is left.  Only encoded words of which
 * something goes are encoded anew; everything else keeps its bytes.  column:
 * how much stands on the first line already ("Subject:").
 */
void encoded_text_write(const struct encoded_text *t, const bool *gone,
    size_t column, struct buf *out);

#endif
