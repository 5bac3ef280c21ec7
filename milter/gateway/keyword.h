/*
 * keyword.h: keywords in a Subject, found and taken out.
 *
 * A keyword stands there as it is or in encoded words (RFC 2047), and whatever
 * is in it that nobody sees, as zero width spaces; at the start
 * also behind "Re:" and the like, and behind other keywords.  Letter case does
 * not matter; where a keyword begins or ends with a letter or digit it is a
 * word of its own.
 */
#ifndef GATEWAY_KEYWORD_H
#define GATEWAY_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "gateway/gateway.h"
#include "mail/encoded_text.h"

struct keyword {
	const char *text; /* "": none */
	enum gateway_position position;
	bool keep; /* do not take it out */
};

/* A look for several of them, in one subject after another. */
struct keywords {
	const struct keyword *words; /* borrowed */
	size_t count;
	bool *matched; /* of each: it was there in some subject */
	/* the rest is private */
	struct buf *keys; /* each in small letters */
	struct encoded_text text;
	unsigned char *small; /* the text in small letters, blanks as ' ' */
	bool *gone;	      /* of each byte of the text */
	size_t *left;	      /* bytes that are not inside other keywords */
	size_t left_count;
};

void keywords_init(
    struct keywords *s, const struct keyword *words, size_t count);
void keywords_fini(struct keywords *s);

/* Is there anything to take out of a Subject with this body? */
bool keywords_find(struct keywords *s, struct slice body);

/* The body without keywords, with its leading blank, or NULL when it has none
 * that is to go; the caller frees it. */
char *keywords_cut(struct keywords *s, struct slice body);

#endif
