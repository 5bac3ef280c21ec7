/*
 * own_listing.c: see own_listing.h.
 */
#include "admin/own_listing.h"

#include <stdlib.h>

struct walk {
	const struct own_listing *how;
	struct listing *listing;
	time_t now;
};

static int
list_one(const struct store_own_cert *c, void *arg)
{
	struct walk *walk = arg;

	listing_add(walk->listing, walk->how->row(c, walk->now));
	return 0;
}

enum verb_result
own_listing_run(struct admin *a, const struct args *args,
    const struct own_listing *listing, struct err *err)
{
	const char *text = args_operand(args, 0);
	struct walk walk = {.how = listing, .now = a->now};
	enum verb_result rc = VERB_DONE;
	struct store *store;
	char *address = NULL;

	if (text)
		rc = admin_address(text, &address, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err))
		goto out;
	walk.listing = listing_begin(&a->output, listing->columns);
	if (store_own_cert_each(store, address, list_one, &walk, err) == 0)
		rc = VERB_DONE;
	listing_end(walk.listing, rc ? NULL : listing->none);
out:
	free(address);
	return rc;
}
