/*
 * address_list.h: the mailboxes of address fields.
 *
 * All are in the canonical form of address.h.
 */
#ifndef MAIL_ADDRESS_LIST_H
#define MAIL_ADDRESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

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
