/*
 * key_request.h: a certificate request (PKCS#10, RFC 2986) for a key that
 * only smime-keyd has.
 */
#ifndef ADMIN_KEY_REQUEST_H
#define ADMIN_KEY_REQUEST_H

#include <openssl/x509.h>

#include "admin/key_type.h"
#include "base/err.h"
#include "key/key_client.h"

struct key_request_opts {
	struct key_client *keys;
	const struct key_sealed *key; /* made by key_generate */
	const struct key_type *type;  /* what it was made as */
	const char *address;	      /* canonical */
	const char *person;	      /* name, or "" */
};

/* The request, signed by the key process and verified here.  The caller
 * frees *out. */
int key_request_make(const struct key_request_opts *opts, X509_REQ **out,
    struct err *err) MUST_USE;

#endif
