/* envelope.c: see envelope.h.  Belongs to one message. */
#include "gateway/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/address.h"

void
envelope_init(struct envelope *e)
{
	memset(e, 0, sizeof(*e));
}

static void
recipient_fini(struct envelope_recipient *r)
{
	free(r->path);
	free(r->address);
}

void
envelope_fini(struct envelope *e)
{
	for (size_t i = 0; i < e->count; i++)
		recipient_fini(&e->recipients[i]);
	free(e->recipients);
	free(e->sender);
	envelope_init(e);
}

/* NULL when it cannot be read: what to make of that is for the policy. */
static char *
canonical(const char *path)
{
	struct err ignored;
	char *address;

	if (address_canonical(slice_text(path), &address, &ignored) < 0)
		return NULL;
	return address;
}

void
envelope_set_sender(struct envelope *e, const char *path)
{
	free(e->sender);
	e->null_sender = address_is_null(slice_text(path));
	e->sender = e->null_sender ? NULL : canonical(path);
}

void
envelope_add_recipient(struct envelope *e, const char *path)
{
	if (e->count >= LIMIT_RECIPIENTS) {
		e->over_limit = true;
		return;
	}
	if (e->count == e->size) {
		e->size = e->size ? 2 * e->size : 4;
		e->recipients = xreallocarray(
		    e->recipients, e->size, sizeof(*e->recipients));
	}
	e->recipients[e->count++] = (struct envelope_recipient){
	    .path = xstrdup(path), .address = canonical(path)};
}

/* By address, the earlier one first. */
static int
compare(const void *a, const void *b)
{
	const struct envelope_recipient *const *x = a, *const *y = b;
	int difference = strcmp((*x)->address, (*y)->address);

	if (difference != 0)
		return difference;
	return *x < *y ? -1 : *x > *y;
}

void
envelope_unique(struct envelope *e)
{
	struct envelope_recipient **sorted;
	bool *twice;
	size_t n = 0, kept = 0;

	if (e->count < 2)
		return;
	sorted = xcalloc(e->count, sizeof(struct envelope_recipient *));
	twice = xcalloc(e->count, sizeof(*twice));
	for (size_t i = 0; i < e->count; i++)
		if (e->recipients[i].address)
			sorted[n++] = &e->recipients[i];
	qsort(sorted, n, sizeof(struct envelope_recipient *), compare);
	for (size_t i = 1; i < n; i++)
		if (strcmp(sorted[i]->address, sorted[i - 1]->address) == 0)
			twice[sorted[i] - e->recipients] = true;
	for (size_t i = 0; i < e->count; i++) {
		if (twice[i])
			recipient_fini(&e->recipients[i]);
		else
			e->recipients[kept++] = e->recipients[i];
	}
	e->count = kept;
	free(twice);
	free(sorted);
}
