/* partner_certs.c: see partner_certs.h.  Belongs to one thread. */
#include "cert/partner_certs.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void
partner_certs_init(struct partner_certs *list)
{
	*list = (struct partner_certs){0};
}

void
partner_certs_fini(struct partner_certs *list)
{
	for (size_t i = 0; i < list->count; i++)
		store_partner_cert_fini(&list->at[i]);
	free(list->at);
	partner_certs_init(list);
}

static void
copy(struct store_partner_cert *to, const struct store_partner_cert *from)
{
	*to = *from;
	to->address = xstrdup(from->address);
	to->evidence = xstrdup(from->evidence ? from->evidence : "");
	to->last_evidence =
	    xstrdup(from->last_evidence ? from->last_evidence : "");
	to->certificate = certificate_ref(from->certificate);
	certificate_list_init(&to->chain);
	for (size_t i = 0; i < from->chain.count; i++)
		certificate_list_add(&to->chain, from->chain.at[i]);
	to->capabilities = NULL;
	if (from->capabilities_len == 0)
		return;
	to->capabilities = xmalloc(from->capabilities_len);
	memcpy(to->capabilities, from->capabilities, from->capabilities_len);
}

void
partner_certs_add(
    struct partner_certs *list, const struct store_partner_cert *c)
{
	list->at = xreallocarray(list->at, list->count + 1, sizeof(*list->at));
	copy(&list->at[list->count++], c);
}

static int
collect(const struct store_partner_cert *c, void *arg)
{
	partner_certs_add(arg, c);
	return 0;
}

int
partner_certs_load(struct partner_certs *list, struct store *store,
    const char *address, struct err *err)
{
	return store_partner_cert_each(store, address, collect, list, err);
}

const struct store_partner_cert *
partner_certs_find(
    const struct partner_certs *list, const struct certificate *certificate)
{
	for (size_t i = 0; i < list->count; i++)
		if (certificate_is_same(list->at[i].certificate, certificate))
			return &list->at[i];
	return NULL;
}
