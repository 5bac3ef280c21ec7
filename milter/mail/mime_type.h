/*
 * mime_type.h: Content-Type and Content-Disposition (RFC 2045, 2183, 2231).
 */
#ifndef MAIL_MIME_TYPE_H
#define MAIL_MIME_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct mime_param {
	char *name;    /* lower case */
	char *value;   /* unquoted; RFC 2231 pieces joined and decoded, charset
	              * label dropped */
	bool disputed; /* by the grammar, yet there are programs that read
	                * another value: a comment beside it, a fold or a
	                * needless backslash within its quotes */
	bool plain;    /* a token, or in quotes without any backslash or blank
	                * at an end; by no means RFC 2231: what every program
	                * that takes a message apart reads alike */
};

struct mime_type {
	char *type;    /* lower case; for a disposition the only word */
	char *subtype; /* lower case; "" for a disposition */
	struct mime_param *params;
	size_t count;
	bool malformed; /* not by the grammar; the fields hold what could be
	                 * read, "" where nothing could */
	bool duplicate; /* a parameter came twice; the first one counts, and
	                 * an RFC 2231 form before the plain one */
	bool disputed;	/* the same for type and subtype: a comment before or
	                 * within, blanks around the slash */
};

/* Reads a field body (folded or not, comments anywhere).  Never fails: what
 * it cannot read is malformed.  The caller ends it with mime_type_fini. */
void mime_type_parse(struct mime_type *t, struct slice field_body);

/* Reads a Content-Disposition field body in the same way. */
void mime_disposition_parse(struct mime_type *t, struct slice field_body);

void mime_type_fini(struct mime_type *t);

/* The parameter's value, or NULL.  name in lower case. */
const char *mime_type_param(const struct mime_type *t, const char *name);

/* Is the parameter there and disputed? */
bool mime_type_param_is_disputed(const struct mime_type *t, const char *name);

/* Is the parameter there and plain? */
bool mime_type_param_is_plain(const struct mime_type *t, const char *name);

/* Is it type/subtype?  subtype NULL: any. */
bool mime_type_is(
    const struct mime_type *t, const char *type, const char *subtype);

#endif
