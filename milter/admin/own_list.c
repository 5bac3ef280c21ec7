/* own_list.c: see own_list.h. */
#include "admin/own_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void
own_list_init(struct own_list *list)
{
	*list = (struct own_list){0};
}

void
own_list_fini(struct own_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		store_own_cert_fini(&list->at[i]);
	free(list->at);
	own_list_init(list);
}

static void
copy(struct store_own_cert *to, const struct store_own_cert *from)
{
	store_own_cert_init(to);
	to->address = xstrdup(from->address);
	memcpy(to->fingerprint, from->fingerprint, sizeof(to->fingerprint));
	to->certificate = certificate_ref(from->certificate);
	for (size_t i = 0; i < from->chain.count; i++)
		certificate_list_add(&to->chain, from->chain.at[i]);
	to->wrapped = xmalloc(from->wrapped_len + 1);
	memcpy(to->wrapped, from->wrapped, from->wrapped_len);
	to->wrapped_len = from->wrapped_len;
	to->added = from->added;
}

void
own_list_add(struct own_list *list, const struct store_own_cert *c)
{
	if (list->count == list->size) {
		list->size = list->size ? 2 * list->size : 4;
		list->at =
		    xreallocarray(list->at, list->size, sizeof(*list->at));
	}
	copy(&list->at[list->count++], c);
}

static int
add_each(const struct store_own_cert *c, void *arg)
{
	own_list_add(arg, c);
	return 0;
}

int
own_list_load(struct own_list *list, struct store *store, const char *address,
    struct err *err)
{
	return store_own_cert_each(store, address, add_each, list, err);
}
