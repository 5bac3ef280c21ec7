/*
 * address.h: mail addresses, from the envelope and from header fields.
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
#include <stddef.h>

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

/* The mailboxes of an address field (RFC 5322 3.4, obsolete forms too). */
struct address_list {
	char **addresses; /* canonical; owned */
	size_t count;
	bool has_group; /* a group was met; its members are in the list */
	bool malformed; /* something could not be read as an address */
	bool sorted;	/* nothing was added behind address_list_sort */
};

void address_list_init(struct address_list *list);
void address_list_fini(struct address_list *list);

/* Adds the mailboxes of one field body.  Display names, comments and encoded
 * words never count as addresses.  What cannot be read sets malformed and is
 * passed over; more than LIMIT_ADDRESSES mailboxes do the same. */
void address_list_add(struct address_list *list, struct slice field_body);

/* Adds an address in canonical form, which now belongs to the list; over
 * LIMIT_ADDRESSES it sets malformed. */
void address_list_take(struct address_list *list, char *canonical);

/*
 * Adds what programs more forgiving than this one may show as mailboxes in a
 * field body: whatever stands around an "@", encoded words read and control
 * characters left out; with a local part of "?" where it is no local part.
 * For the question who is named in a field that cannot be read, never for the
 * question whom to believe.
 */
void address_list_salvage(struct address_list *list, struct slice field_body);

/* Puts the addresses into order, for address_list_has. */
void address_list_sort(struct address_list *list);

/* Is the canonical address in the list, which must be sorted?  Strangers
 * choose how many there are, and how often somebody asks. */
bool address_list_has(const struct address_list *list, const char *canonical);

#endif
