/*
 * own_listing.h: "list [ADDRESS]" of what our users have: their certificates,
 * or the keys of these.
 */
#ifndef ADMIN_OWN_LISTING_H
#define ADMIN_OWN_LISTING_H

#include <time.h>

#include <jansson.h>

#include "admin/admin.h"
#include "admin/command.h"
#include "admin/output.h"
#include "cert/store.h"

struct own_listing {
	const struct column *columns;
	/* What is shown of one; the list takes it. */
	json_t *(*row)(const struct store_own_cert *c, time_t now);
	const char *none; /* said to people when there is nothing to list */
};

/* Lists those of the address that is the first operand, or all. */
enum verb_result own_listing_run(struct admin *a, const struct args *args,
    const struct own_listing *listing, struct err *err);

#endif
