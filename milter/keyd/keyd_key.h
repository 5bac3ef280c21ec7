/*
 * keyd_key.h: one private key in memory.
 */
#ifndef KEYD_KEYD_KEY_H
#define KEYD_KEYD_KEY_H

#include <stdatomic.h>
#include <stdbool.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "keyd/keyd_crypto.h"

enum keyd_key_kind {
	KEYD_RSA,
	KEYD_EC,
	KEYD_ED25519
};

/* A way to use a key: what it is told apart by, and how a context for it is
 * made ready. */
struct keyd_use {
	enum key_algorithm algorithm; /* not one of KEY_ALG_NEW_* */
	enum key_hash hash;
	const EVP_MD *md; /* of that hash */
	int (*set_up)(EVP_PKEY_CTX *ctx, const struct keyd_use *use);
};
#define KEYD_USES ((KEY_ALG_ED25519 + 1u) * (KEY_HASH_LAST + 1u))

struct keyd_key {
	atomic_uint refs;
	unsigned char id[KEY_ID_SIZE]; /* SHA-256 of spki */
	enum keyd_key_kind kind;
	EVP_PKEY *pkey;
	struct buf spki; /* SubjectPublicKeyInfo, DER */
	_Atomic(EVP_PKEY_CTX *) contexts[KEYD_USES]; /* keyd_key_context */
};

/*
 * Reads a PKCS#8 PrivateKeyInfo, all of it.  Only what the limits of a mail
 * key allow: RSA of LIMIT_RSA_BITS_MIN to LIMIT_RSA_BITS bits, P-256, P-384
 * or P-521 by name, Ed25519; anything else is refused (policy).  Returns one
 * reference in *out.
 */
int keyd_key_parse(struct keyd_key **out, const struct keyd_crypto *c,
    struct slice pkcs8, struct err *err) MUST_USE;

/* Makes a key pair; algorithm is one of KEY_ALG_NEW_*. */
int keyd_key_generate(struct keyd_key **out, const struct keyd_crypto *c,
    enum key_algorithm algorithm, struct err *err) MUST_USE;

/* Do private and public part fit, are the primes prime?  Slow. */
int keyd_key_check(const struct keyd_key *key, struct err *err) MUST_USE;

/* Appends the PKCS#8 PrivateKeyInfo. */
int keyd_key_write(
    const struct keyd_key *key, struct buf *out, struct err *err) MUST_USE;

/* A context for that use, which the caller frees; NULL with OpenSSL's error
 * queue.  The first one is kept and copied from then on: setting one up
 * fetches algorithms under a lock, which costs a quarter of a signature with
 * P-256. */
EVP_PKEY_CTX *keyd_key_context(
    struct keyd_key *key, const struct keyd_use *use);

/* References may be taken and dropped by any thread; key may be NULL. */
struct keyd_key *keyd_key_ref(struct keyd_key *key);
void keyd_key_unref(struct keyd_key *key);

#endif
