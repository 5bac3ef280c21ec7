/*
 * own_list.h: copies of own certificates, which outlive the walk through the
 * store.
 */
#ifndef ADMIN_OWN_LIST_H
#define ADMIN_OWN_LIST_H

#include "base/err.h"
#include "cert/store.h"

struct own_list {
	struct store_own_cert *at;
	size_t count;
	size_t size;
};

void own_list_init(struct own_list *list);
void own_list_fini(struct own_list *list);

/* Appends a copy. */
void own_list_add(struct own_list *list, const struct store_own_cert *c);

/* Appends all of one address, newest notBefore first. */
int own_list_load(struct own_list *list, struct store *store,
    const char *address, struct err *err) MUST_USE;

#endif
