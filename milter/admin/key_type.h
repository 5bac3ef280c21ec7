/*
 * key_type.h: the kinds of key that can be made, by the words of --key.
 */
#ifndef ADMIN_KEY_TYPE_H
#define ADMIN_KEY_TYPE_H

#include <openssl/evp.h>

#include "base/err.h"
#include "base/setting.h"
#include "key/key_client.h"

struct key_type {
	const char *name;	      /* "rsa3072" */
	enum key_algorithm algorithm; /* KEY_ALG_NEW_* */
	const char *group;	      /* EC: its curve; NULL otherwise */
	int bits;		      /* RSA */
	struct key_signing request;   /* how it signs its own request */
};

/* All names, for help texts. */
#define KEY_TYPE_NAMES "rsa2048, rsa3072, rsa4096, p256, p384, p521 or ed25519"

/* RSA because every mail client reads mail encrypted to it; 3072 bits
 * because 2048 are not recommended beyond 2030 (NIST SP 800-57). */
#define KEY_TYPE_DEFAULT "rsa3072"

/* The type of key that signs in that way; any: the default. */
const struct key_type *key_type_for(enum setting_algorithm algorithm);

/* The type of that name; name NULL: the default.  Permanent error that
 * lists them when there is none. */
int key_type_find(
    const char *name, const struct key_type **out, struct err *err) MUST_USE;

/* Makes a key pair in this process: for authorities only, the keys of users
 * are made by smime-keyd.  The caller frees *out. */
int key_type_generate(
    const struct key_type *type, EVP_PKEY **out, struct err *err) MUST_USE;

/* The hash for signatures of that key: NULL for Ed25519, which has its own;
 * EC: as long as the curve; else SHA-256. */
const EVP_MD *key_type_digest(const EVP_PKEY *key);

#endif
