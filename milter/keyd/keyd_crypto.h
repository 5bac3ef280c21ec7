/*
 * keyd_crypto.h: the algorithms that keyd uses, fetched once.
 *
 * Fetching by name takes locks and is slow; nothing is fetched per request.
 * Only OpenSSL's built-in provider is used and openssl.cnf is not read: what
 * runs next to the keys is not for a configuration file to say.
 */
#ifndef KEYD_KEYD_CRYPTO_H
#define KEYD_KEYD_CRYPTO_H

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/err.h"
#include "base/secret.h"
#include "key/key_message.h"

#define KEYD_WRAPPING_KEY_SIZE 32 /* AES-256 */

struct keyd_crypto {
	EVP_MD *hashes[KEY_HASH_LAST + 1]; /* [KEY_HASH_NONE] is NULL */
	EVP_CIPHER *seal;		   /* RFC 5649, 256 bits */
	EVP_CIPHER *unwrap[3];		   /* RFC 3394, 128, 192, 256 bits */
	EVP_KDF *x963;
	EVP_MAC *hmac;
	struct secret wrapping_key;
	struct secret decoy_key; /* random, of this process; keyd_decoy.h */
};

/* Initialises OpenSSL; before anything else of it is used. */
int keyd_crypto_init(struct keyd_crypto *c, struct err *err) MUST_USE;
void keyd_crypto_fini(struct keyd_crypto *c);

/* What OpenSSL sets up when a thread first needs it: the thread's random
 * number generators.  For threads that will not be able to later. */
int keyd_crypto_start_thread(struct err *err) MUST_USE;

#endif
