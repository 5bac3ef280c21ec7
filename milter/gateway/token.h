/*
 * token.h: how a copy of ours is known again when it comes back through the
 * reinjection listener (MTA.md h).
 *
 * Every copy carries one header field with a token that only this process
 * can make and that counts once: a message authentication code, under a key
 * that never leaves memory, about when it was made, who sends the copy, who
 * gets it, and its Message-ID.  The milter that meets it removes the field;
 * a field of that name proves nothing unless token_check says so.
 */
#ifndef GATEWAY_TOKEN_H
#define GATEWAY_TOKEN_H

#include <stddef.h>
#include <time.h>

#include "base/err.h"
#include "base/slice.h"

#define TOKEN_FIELD "X-SMIME-Milter-Copy"

/* Room for a token and its NUL: one line, printable ASCII. */
#define TOKEN_TEXT 128

/* The key and the memory of what was used; for all threads. */
struct tokens;

/* Once in a process: tokens made before it are worth nothing.  Temporary
 * error when there is no memory that can be locked, or no randomness. */
int tokens_new(struct tokens **out, struct err *err) MUST_USE;
/* NULL is fine. */
void tokens_free(struct tokens *tokens);

/* Which copy it is.  Addresses are canonical, or as they came where they
 * cannot be read; borrowed. */
struct token_subject {
	const char *sender;	       /* "" or NULL: null sender */
	const char *const *recipients; /* any order; twice is once */
	size_t recipient_count;
	/* Body of the first Message-ID field, blanks and folds do not count.
	 * len 0: there is none, and then the mail server may add one before
	 * it asks us again (Postfix does, for local clients). */
	struct slice message_id;
};

/* Writes the body of the field, without leading blank; sorts a copy of the
 * recipients. */
int token_make(struct tokens *tokens, const struct token_subject *subject,
    time_t now, char text[TOKEN_TEXT], struct err *err) MUST_USE;

enum token_verdict {
	TOKEN_FORGED = 0, /* not made here, or for another copy */
	TOKEN_OLD,	  /* made more than LIMIT_TOKEN_SECONDS away from now,
	                   * or more than LIMIT_TOKENS tokens ago */
	TOKEN_USED,
	TOKEN_GOOD
};

/* The one time that says TOKEN_GOOD is the last one.  body: of the field as
 * it came. */
enum token_verdict token_check(struct tokens *tokens, struct slice body,
    const struct token_subject *subject, time_t now);

/* "forged", "old", "used", "good": for the log. */
const char *token_verdict_name(enum token_verdict verdict);

#endif
