/*
 * partner_certs.h: the certificates of one correspondent, in memory.
 *
 * What a walk over the store shows is gone when it ends; whoever compares
 * several certificates collects them here first.
 */
#ifndef CERT_PARTNER_CERTS_H
#define CERT_PARTNER_CERTS_H

#include <stddef.h>

#include "cert/store.h"

struct partner_certs {
	struct store_partner_cert *at;
	size_t count;
};
void partner_certs_init(struct partner_certs *list);
void partner_certs_fini(struct partner_certs *list);

/* A copy of all that there is about a certificate. */
void partner_certs_add(
    struct partner_certs *list, const struct store_partner_cert *c);

/* Appends all that the store has of an address, newest notBefore first. */
int partner_certs_load(struct partner_certs *list, struct store *store,
    const char *address, struct err *err) MUST_USE;

/* NULL when it is not there. */
const struct store_partner_cert *partner_certs_find(
    const struct partner_certs *list, const struct certificate *certificate);

#endif
