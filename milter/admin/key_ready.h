/*
 * key_ready.h: can this user sign with this certificate, now?
 *
 * Answered by doing it: a small message is signed through the key process,
 * as the gateway signs, and judged by the verifier that judges everybody
 * else's mail.
 */
#ifndef ADMIN_KEY_READY_H
#define ADMIN_KEY_READY_H

#include <jansson.h>

#include "admin/admin.h"
#include "cert/store.h"

struct key_ready {
	bool ready;
	bool signature;	   /* the key process signed, the signature verifies */
	bool trusted;	   /* path to a trusted root or to the local one */
	bool owns_address; /* the certificate names the user */
	bool usage_fits;
	bool in_time;
	char *result; /* "ready", or why not, for people; owned */
};

void key_ready_fini(struct key_ready *r);

/* Errors: temporary when the key process is away.  Everything else is a
 * result. */
int key_ready_test(struct admin *a, const struct store_own_cert *own,
    struct key_ready *out, struct err *err) MUST_USE;

/* Members signature, trusted, owns_address, usage_fits, in_time, ready and
 * result. */
void key_ready_set(json_t *object, const struct key_ready *r);

#endif
