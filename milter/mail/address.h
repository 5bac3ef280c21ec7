/*
 * address.h: one mail address, from the envelope or an option; those of a
 * header field: address_list.h.
 *
 * Everything else in the project compares addresses only in the canonical
 * form made here: no angle brackets, comments, source route, white space or
 * unneeded quotes; the domain as lower-case A-label without final dot
 * (RFC 5891, by libidn2); the local part in lower case when it is ASCII
 * (RFC 8550 section 3), byte for byte when it is not (RFC 8398 section 5).
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"

/* The canonical form of one addr-spec or SMTP path, with or without angle
 * brackets.  *out is a C string that the caller frees.  An address without
 * domain, of the null sender, or longer than LIMIT_ADDRESS is a permanent
 * error. */
int address_canonical(struct slice text, char **out, struct err *err) MUST_USE;

/* Is this SMTP path the null sender: "<>" or nothing? */
bool address_is_null(struct slice text);

/* A path as in MAIL or RCPT without its angle brackets and what is blank around
 * it: for people, when there is no canonical form. */
struct slice address_bare_path(struct slice path);

/* The domain of a canonical address: the text behind its last "@". */
const char *address_domain(const char *canonical);

/* A domain in canonical form (lower-case A-label, no final dot); the caller
 * frees *out.  Permanent error when it is no host name. */
int address_domain_canonical(
    struct slice text, char **out, struct err *err) MUST_USE;

/* The canonical domain with U-labels instead of A-labels, for people and
 * certificates; NULL when libidn2 refuses it.  The caller frees it. */
char *address_domain_unicode(const char *canonical);

/* "Alice", "Alice@Example.ORG" as logins are compared: an address in canonical
 * form, anything else in lower case.  The caller frees it. */
char *address_login(const char *login);

#endif
