/*
 * address_list.c: see address_list.h.  RFC 5322 3.4 and 4.4.  Pure functions,
 * callable from any thread.
 */
#include "mail/address_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/address_parser.h"

void
address_list_init(struct address_list *list)
{
	*list = (struct address_list){0};
}

void
address_list_fini(struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->addresses[i]);
	free(list->addresses);
	address_list_init(list);
}

/* Room is doubled whenever the count is a power of two. */
void
address_list_take(struct address_list *list, char *canonical)
{
	if (list->count >= LIMIT_ADDRESSES) {
		list->malformed = true;
		free(canonical);
		return;
	}
	if ((list->count & (list->count - 1)) == 0)
		list->addresses = xreallocarray(list->addresses,
		    list->count ? 2 * list->count : 1,
		    sizeof(*list->addresses));
	list->addresses[list->count++] = canonical;
	list->sorted = false;
}

static void
list_append(struct address_list *list, struct address_parser *p)
{
	const char *reason;
	char *address;

	address = list->count < LIMIT_ADDRESSES
		      ? address_parser_canonical(p, &reason)
		      : NULL;
	if (address)
		address_list_take(list, address);
	else
		list->malformed = true;
}

static bool
at_separator(const struct address_parser *p)
{
	return p->kind == ADDRESS_TOKEN_END || address_parser_at(p, ',') ||
	       address_parser_at(p, ';');
}

static void
skip_to_angle(struct address_parser *p)
{
	while (!at_separator(p) && !address_parser_at(p, '<'))
		address_parser_next(p);
}

/* A mailbox, or the name of a group up to its colon. */
static void
read_element(
    struct address_parser *p, struct address_list *list, bool *in_group)
{
	bool is_local = address_parser_words(p), found = false;

	if (address_parser_at(p, ':') && !*in_group) {
		*in_group = list->has_group = true;
		address_parser_next(p);
		return;
	}
	if (address_parser_at(p, '@'))
		found = is_local && address_parser_domain(p);
	if (!at_separator(p) && !address_parser_at(p, '<')) {
		found = false;
		list->malformed = true;
		skip_to_angle(p);
	}
	if (address_parser_at(p, '<')) {
		/* "a@x.org <b@y.org>": an unquoted display name. */
		if (found)
			list->malformed = true;
		found = address_parser_angle(p);
	}
	if (found && at_separator(p))
		list_append(list, p);
	else
		list->malformed = true;
	while (!at_separator(p))
		address_parser_next(p);
}

void
address_list_add(struct address_list *list, struct slice field_body)
{
	bool in_group = false;
	struct address_parser p;

	if (!address_parser_accepts(field_body)) {
		list->malformed = true;
		return;
	}
	address_parser_init(&p, field_body);
	while (p.kind != ADDRESS_TOKEN_END) {
		if (address_parser_at(&p, ';')) {
			if (!in_group)
				list->malformed = true;
			in_group = false;
			address_parser_next(&p);
		} else if (address_parser_at(&p, ',')) {
			address_parser_next(&p);
		} else {
			read_element(&p, list, &in_group);
		}
	}
	if (in_group)
		list->malformed = true;
	address_parser_fini(&p);
}

static int
compare_addresses(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

void
address_list_sort(struct address_list *list)
{
	if (list->count > 1)
		qsort(list->addresses, list->count, sizeof(*list->addresses),
		    compare_addresses);
	list->sorted = true;
}

bool
address_list_has(const struct address_list *list, const char *canonical)
{
	assert(list->sorted || list->count < 2);
	return list->count > 0 &&
	       bsearch(&canonical, list->addresses, list->count,
		   sizeof(*list->addresses), compare_addresses) != NULL;
}
