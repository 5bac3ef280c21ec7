/* envelope.c: see envelope.h.  Belongs to one message. */
#include "gateway/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/address.h"
#include "mail/esmtp.h"

void
envelope_init(struct envelope *e)
{
	memset(e, 0, sizeof(*e));
}

static void
recipient_fini(struct envelope_recipient *r)
{
	for (size_t i = 0; i < r->alias_count; i++)
		free(r->aliases[i]);
	free(r->aliases);
	free(r->parameters);
	free(r->resolved);
	free(r->name);
	free(r->address);
	free(r->path);
}

void
envelope_fini(struct envelope *e)
{
	for (size_t i = 0; i < e->count; i++)
		recipient_fini(&e->recipients[i]);
	free(e->recipients);
	free(e->parameters);
	free(e->sender_name);
	free(e->sender_path);
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

static char *
name_of(const char *address, const char *path)
{
	if (address)
		return xstrdup(address);
	return slice_dup_text(address_bare_path(slice_text(path)));
}

static char *
copy_or_empty(const char *text)
{
	return xstrdup(text ? text : "");
}

void
envelope_set_sender(
    struct envelope *e, const char *path, const char *parameters)
{
	free(e->sender);
	free(e->sender_path);
	free(e->sender_name);
	free(e->parameters);
	e->null_sender = address_is_null(slice_text(path));
	e->sender = e->null_sender ? NULL : canonical(path);
	e->sender_path = xstrdup(path);
	e->sender_name = name_of(e->sender, path);
	e->parameters = copy_or_empty(parameters);
}

/* Without what the mail server makes of it, which another one of its
 * listeners may not. */
static char *
name_as_told(const char *path)
{
	char *address = canonical(path), *name = name_of(address, path);

	free(address);
	return name;
}

/* RFC 5321 4.1.1.3: "<@relay.example:bob@example.net>" */
static bool
is_source_route(const char *path)
{
	return path[0] == '@' || (path[0] == '<' && path[1] == '@');
}

/* Does it say more than where it goes?  Postfix and Sendmail take a local part
 * apart whose domain is theirs, and send on: "bob%example.net@example.org". */
static bool
is_rerouted(const char *address)
{
	size_t local = (size_t)(address_domain(address) - address) - 1;

	return strcspn(address, "%!@") < local;
}

/* The address that the mail goes to.  What nobody can read, "bob" or
 * "example.net!bob", is one to the mail server all the same. */
static char *
destination(const char *path, const char *resolved)
{
	char *address = canonical(path), *better;

	if (!resolved || (address && !is_rerouted(address)))
		return address;
	better = canonical(resolved);
	if (!better)
		return address;
	free(address);
	return better;
}

/* Another address than that one, or NULL. */
static char *
other_address(const char *resolved, const char *address)
{
	char *other = resolved ? canonical(resolved) : NULL;

	if (other && address && strcmp(other, address) == 0) {
		free(other);
		return NULL;
	}
	return other;
}

/* Doubles at powers of two.  Takes name. */
static void
add_alias(struct envelope_recipient *r, char *name)
{
	size_t n = r->alias_count;

	if (strcmp(name, r->path) == 0) {
		free(name);
		return;
	}
	if ((n & (n - 1)) == 0)
		r->aliases =
		    xreallocarray(r->aliases, n ? 2 * n : 1, sizeof(char *));
	r->aliases[r->alias_count++] = name;
}

void
envelope_add_recipient(struct envelope *e, const char *path,
    const char *parameters, const char *resolved)
{
	struct envelope_recipient *r;

	if (e->count >= LIMIT_RECIPIENTS) {
		e->over_limit = true;
		return;
	}
	if (e->count == e->size) {
		e->size = e->size ? 2 * e->size : 4;
		e->recipients = xreallocarray(
		    e->recipients, e->size, sizeof(*e->recipients));
	}
	r = &e->recipients[e->count++];
	*r = (struct envelope_recipient){.path = xstrdup(path),
	    .address = destination(path, resolved),
	    .parameters = copy_or_empty(parameters)};
	r->name = name_as_told(path);
	r->resolved = other_address(resolved, r->address);
	if (resolved && is_source_route(path))
		add_alias(r, xstrdup(resolved));
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

/* The later one's names go to the earlier one. */
static void
join(struct envelope_recipient *first, struct envelope_recipient *twin)
{
	add_alias(first, xstrdup(twin->path));
	for (size_t i = 0; i < twin->alias_count; i++)
		add_alias(first, xstrdup(twin->aliases[i]));
	recipient_fini(twin);
	twin->path = NULL;
}

bool
envelope_takes_8bit(const struct envelope *e)
{
	struct slice words = slice_text(e->parameters ? e->parameters : "");

	return !esmtp_has(words, "BODY=7BIT");
}

static int
compare_aliases(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Each once: somebody may be named a thousand times in two spellings, and all
 * that is done with a name would be done as often. */
static void
unique_aliases(struct envelope_recipient *r)
{
	size_t kept = 1;

	if (r->alias_count < 2)
		return;
	qsort(r->aliases, r->alias_count, sizeof(char *), compare_aliases);
	for (size_t i = 1; i < r->alias_count; i++) {
		if (strcmp(r->aliases[kept - 1], r->aliases[i]) == 0)
			free(r->aliases[i]);
		else
			r->aliases[kept++] = r->aliases[i];
	}
	r->alias_count = kept;
}

static bool
is_same(const struct envelope_recipient *a, const struct envelope_recipient *b)
{
	return strcmp(a->address, b->address) == 0;
}

void
envelope_unique(struct envelope *e)
{
	struct envelope_recipient **sorted;
	size_t n = 0, kept = 0, next;

	if (e->count < 2)
		return;
	sorted = xcalloc(e->count, sizeof(struct envelope_recipient *));
	for (size_t i = 0; i < e->count; i++)
		if (e->recipients[i].address)
			sorted[n++] = &e->recipients[i];
	qsort(sorted, n, sizeof(struct envelope_recipient *), compare);
	for (size_t i = 0; i < n; i = next) {
		for (next = i + 1; next < n && is_same(sorted[i], sorted[next]);
		     next++)
			join(sorted[i], sorted[next]);
		unique_aliases(sorted[i]);
	}
	for (size_t i = 0; i < e->count; i++)
		if (e->recipients[i].path)
			e->recipients[kept++] = e->recipients[i];
	e->count = kept;
	free(sorted);
}
