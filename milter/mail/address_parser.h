/*
 * address_parser.h: mail addresses as they are written (RFC 5322 3.4 and 4.4,
 * RFC 5321 4.1.2), token by token; only for address.c and address_list.c.
 *
 * One lexer serves envelope and header.  It never goes back, so all work is
 * linear.  What is not plainly an address is none: a display name, comment or
 * encoded word must never be taken for one (rule V9).
 */
#ifndef MAIL_ADDRESS_PARSER_H
#define MAIL_ADDRESS_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

enum address_token {
	ADDRESS_TOKEN_END,
	ADDRESS_TOKEN_ERROR, /* unterminated; the input is used up */
	ADDRESS_TOKEN_ATOM,
	ADDRESS_TOKEN_QUOTED, /* text: between the quotes, escapes as they came */
	ADDRESS_TOKEN_LITERAL, /* text: with the brackets */
	ADDRESS_TOKEN_SPECIAL
};

struct address_parser {
	struct slice in;
	size_t pos;
	enum address_token kind; /* the token that pos is behind */
	struct slice text;
	unsigned char special;
	struct buf local;  /* words and dots just read, unquoted */
	struct buf domain; /* as written, white space and comments gone */
};

/* Has the text only control characters that an address may have: folds and
 * tabs?  Ask before anything else. */
bool address_parser_accepts(struct slice text);

/* Begins with the first token of in, which must outlive the parser. */
void address_parser_init(struct address_parser *p, struct slice in);
void address_parser_fini(struct address_parser *p);

/* Goes to the next token, over white space and comments. */
void address_parser_next(struct address_parser *p);

static inline bool
address_parser_at(const struct address_parser *p, unsigned char special)
{
	return p->kind == ADDRESS_TOKEN_SPECIAL && p->special == special;
}

/* Goes behind words and dots: a display name or a local part, what follows
 * will tell.  Returns whether they may be a local part, which local then is;
 * dots at its ends or in a row occur in the wild and become a quoted string. */
bool address_parser_words(struct address_parser *p);

/* From "@" to behind the domain; false when there is none. */
bool address_parser_domain(struct address_parser *p);

/* From "<" to behind ">", over a source route; false when no address stands
 * between them. */
bool address_parser_angle(struct address_parser *p);

/* The local part and domain that were read last in the canonical form of
 * address.h, which the caller frees; NULL, with a constant text in *reason,
 * when they are too long or not valid. */
char *address_parser_canonical(struct address_parser *p, const char **reason);

#endif
