/*
 * algorithms.h: what this project can compute, each algorithm once.
 *
 * Fetching an algorithm by name takes a lock and is slow (DESIGN.md 8):
 * everything here is fetched when the first message needs it and kept for
 * good.  An algorithm that the installed OpenSSL does not offer is found,
 * but its md or cipher is NULL.
 */
#ifndef SMIME_ALGORITHMS_H
#define SMIME_ALGORITHMS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "key/key_message.h"
#include "smime/oid.h"

struct digest_algorithm {
	enum oid oid;
	enum key_hash key_hash; /* KEY_HASH_NONE: keyd does not do it */
	const char *name;	/* "sha256" */
	const char *micalg;	/* "sha-256" (rule S12) */
	bool weak;		/* read, but proves nothing any more */
	const EVP_MD *md;
};

/* NULL when it is none that we know. */
const struct digest_algorithm *digest_algorithm_find(enum oid oid);
const struct digest_algorithm *digest_algorithm_for(enum key_hash hash);

/* How a SignerInfo's signature is made. */
enum signature_scheme {
	SIGNATURE_UNKNOWN = 0,
	SIGNATURE_RSA_PKCS1,
	SIGNATURE_RSA_PSS,
	SIGNATURE_ECDSA,
	SIGNATURE_ED25519
};

struct signature_algorithm {
	enum oid oid;
	enum signature_scheme scheme;
	enum oid digest; /* OID_UNKNOWN: the SignerInfo's digestAlgorithm or
	                  * the parameters say */
};

/* NULL when it is none that we know. */
const struct signature_algorithm *signature_algorithm_find(enum oid oid);
/* The identifier that we write. */
enum oid signature_algorithm_oid(enum key_algorithm algorithm, enum oid digest);

struct cipher_algorithm {
	enum oid oid;
	const char *name; /* "aes256-cbc" */
	size_t key_size;
	size_t block;	    /* of CBC, and the size of its IV; 0: AEAD */
	bool authenticated; /* only in AuthEnvelopedData, and the reverse */
	enum oid wrap;	    /* key wrap of this strength (rule E5) */
	const EVP_CIPHER *cipher;
	const EVP_CIPHER *wrap_cipher;
};

/* NULL when it is none that we read. */
const struct cipher_algorithm *cipher_algorithm_find(enum oid oid);

/* Octets of a key encryption key, by OID_AESn_WRAP; 0 for anything else. */
size_t wrap_key_size(enum oid wrap);

/* KDF of a key agreement (RFC 5753 7.1.4); KEY_HASH_NONE when it is none
 * that we know. */
enum key_hash agreement_hash(enum oid agreement);

#endif
