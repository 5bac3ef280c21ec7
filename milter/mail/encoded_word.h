/*
 * encoded_word.h: encoded words (RFC 2047): reading one, and writing a text
 * with as many as it takes.  What a whole field says: encoded_text.h.
 */
#ifndef MAIL_ENCODED_WORD_H
#define MAIL_ENCODED_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* A line that is longer should be folded (RFC 2047 2). */
#define ENCODED_WORD_LINE 76u

struct charset; /* mail/charset.h */

struct encoded_word {
	const struct charset *charset;
	bool base64;	   /* else "Q" */
	struct slice text; /* still encoded; borrowed */
	size_t end;	   /* where the word ends in what it was read from */
};

/* Reads the word that begins at pos of s and ends at a blank, a line end or
 * the end of s.  False, and *out is unchanged, when there is none, or none in a
 * charset that we know. */
bool encoded_word_read(struct slice s, size_t pos, struct encoded_word *out);

/* Appends the bytes of a word, in its charset.  False, and nothing is
 * appended, when it is no base64. */
bool encoded_word_decode(const struct encoded_word *word, struct buf *out);

/*
 * Appends a text in UTF-8 (other bytes become U+FFFD), for a line on which
 * column bytes stand already: as it is when it is plain ASCII, else as encoded
 * words of at most 75 bytes, each of whole characters.  Where a line would get
 * longer than 76 it is folded: a blank at the end of out then becomes the fold.
 */
void encoded_word_write(struct slice text, size_t column, struct buf *out);

#endif
