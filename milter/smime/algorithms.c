/*
 * algorithms.c: see algorithms.h.  Callable from any thread; the tables are
 * filled once and only read afterwards.
 */
#include "smime/algorithms.h"

#include <pthread.h>

#include <openssl/err.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct digest_algorithm digests[] = {
    {OID_SHA256, KEY_HASH_SHA256, "sha256", "sha-256", false, NULL},
    {OID_SHA384, KEY_HASH_SHA384, "sha384", "sha-384", false, NULL},
    {OID_SHA512, KEY_HASH_SHA512, "sha512", "sha-512", false, NULL},
    {OID_SHA224, KEY_HASH_SHA224, "sha224", "sha-224", false, NULL},
    {OID_SHA1, KEY_HASH_SHA1, "sha1", "sha-1", true, NULL},
    {OID_MD5, KEY_HASH_NONE, "md5", "md5", true, NULL},
};

static struct cipher_algorithm ciphers[] = {
    {OID_AES256_CBC, "aes256-cbc", 32, 16, false, OID_AES256_WRAP, NULL, NULL},
    {OID_AES128_CBC, "aes128-cbc", 16, 16, false, OID_AES128_WRAP, NULL, NULL},
    {OID_AES192_CBC, "aes192-cbc", 24, 16, false, OID_AES192_WRAP, NULL, NULL},
    {OID_AES256_GCM, "aes256-gcm", 32, 0, true, OID_AES256_WRAP, NULL, NULL},
    {OID_AES128_GCM, "aes128-gcm", 16, 0, true, OID_AES128_WRAP, NULL, NULL},
    {OID_AES192_GCM, "aes192-gcm", 24, 0, true, OID_AES192_WRAP, NULL, NULL},
    {OID_CHACHA20_POLY1305, "chacha20-poly1305", 32, 0, true, OID_AES256_WRAP,
	NULL, NULL},
    {OID_DES_EDE3_CBC, "3des-cbc", 24, 8, false, OID_AES192_WRAP, NULL, NULL},
};

static const struct signature_algorithm signatures[] = {
    {OID_RSA, SIGNATURE_RSA_PKCS1, OID_UNKNOWN},
    {OID_RSA_SHA256, SIGNATURE_RSA_PKCS1, OID_SHA256},
    {OID_RSA_SHA384, SIGNATURE_RSA_PKCS1, OID_SHA384},
    {OID_RSA_SHA512, SIGNATURE_RSA_PKCS1, OID_SHA512},
    {OID_RSA_SHA224, SIGNATURE_RSA_PKCS1, OID_SHA224},
    {OID_RSA_SHA1, SIGNATURE_RSA_PKCS1, OID_SHA1},
    {OID_RSA_MD5, SIGNATURE_RSA_PKCS1, OID_MD5},
    {OID_RSA_PSS, SIGNATURE_RSA_PSS, OID_UNKNOWN},
    {OID_ECDSA_SHA256, SIGNATURE_ECDSA, OID_SHA256},
    {OID_ECDSA_SHA384, SIGNATURE_ECDSA, OID_SHA384},
    {OID_ECDSA_SHA512, SIGNATURE_ECDSA, OID_SHA512},
    {OID_ECDSA_SHA224, SIGNATURE_ECDSA, OID_SHA224},
    {OID_ECDSA_SHA1, SIGNATURE_ECDSA, OID_SHA1},
    {OID_ED25519, SIGNATURE_ED25519, OID_SHA512},
};

/* The names by which OpenSSL's providers know them. */
static const char *
cipher_fetch_name(enum oid oid)
{
	switch (oid) {
	case OID_AES128_CBC:
		return "AES-128-CBC";
	case OID_AES192_CBC:
		return "AES-192-CBC";
	case OID_AES256_CBC:
		return "AES-256-CBC";
	case OID_AES128_GCM:
		return "AES-128-GCM";
	case OID_AES192_GCM:
		return "AES-192-GCM";
	case OID_AES256_GCM:
		return "AES-256-GCM";
	case OID_CHACHA20_POLY1305:
		return "ChaCha20-Poly1305";
	case OID_AES128_WRAP:
		return "AES-128-WRAP";
	case OID_AES192_WRAP:
		return "AES-192-WRAP";
	case OID_AES256_WRAP:
		return "AES-256-WRAP";
	default:
		return "DES-EDE3-CBC";
	}
}

static void
fetch_all(void)
{
	for (size_t i = 0; i < COUNT(digests); i++)
		digests[i].md = EVP_MD_fetch(NULL, digests[i].name, NULL);
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		struct cipher_algorithm *c = &ciphers[i];

		c->cipher =
		    EVP_CIPHER_fetch(NULL, cipher_fetch_name(c->oid), NULL);
		c->wrap_cipher =
		    EVP_CIPHER_fetch(NULL, cipher_fetch_name(c->wrap), NULL);
	}
	/* What is missing shows as NULL; the queue must not keep it. */
	ERR_clear_error();
}

static void
need_all(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, fetch_all);
}

const struct digest_algorithm *
digest_algorithm_find(enum oid oid)
{
	need_all();
	for (size_t i = 0; i < COUNT(digests); i++)
		if (digests[i].oid == oid)
			return &digests[i];
	return NULL;
}

const struct digest_algorithm *
digest_algorithm_for(enum key_hash hash)
{
	need_all();
	for (size_t i = 0; i < COUNT(digests); i++)
		if (hash != KEY_HASH_NONE && digests[i].key_hash == hash)
			return &digests[i];
	return NULL;
}

const struct signature_algorithm *
signature_algorithm_find(enum oid oid)
{
	for (size_t i = 0; i < COUNT(signatures); i++)
		if (signatures[i].oid == oid)
			return &signatures[i];
	return NULL;
}

enum oid
signature_algorithm_oid(enum key_algorithm algorithm, enum oid digest)
{
	if (algorithm == KEY_ALG_RSA_PSS)
		return OID_RSA_PSS;
	if (algorithm == KEY_ALG_ED25519)
		return OID_ED25519;
	/* RFC 5754 3.2: every receiver knows rsaEncryption. */
	if (algorithm == KEY_ALG_RSA_PKCS1)
		return OID_RSA;
	for (size_t i = 0; i < COUNT(signatures); i++)
		if (signatures[i].scheme == SIGNATURE_ECDSA &&
		    signatures[i].digest == digest)
			return signatures[i].oid;
	return OID_UNKNOWN;
}

const struct cipher_algorithm *
cipher_algorithm_find(enum oid oid)
{
	need_all();
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (ciphers[i].oid == oid)
			return &ciphers[i];
	return NULL;
}

size_t
wrap_key_size(enum oid wrap)
{
	switch (wrap) {
	case OID_AES128_WRAP:
		return 16;
	case OID_AES192_WRAP:
		return 24;
	case OID_AES256_WRAP:
		return 32;
	default:
		return 0;
	}
}

enum key_hash
agreement_hash(enum oid agreement)
{
	switch (agreement) {
	case OID_STD_DH_SHA1:
	case OID_COFACTOR_DH_SHA1:
		return KEY_HASH_SHA1;
	case OID_STD_DH_SHA224:
	case OID_COFACTOR_DH_SHA224:
		return KEY_HASH_SHA224;
	case OID_STD_DH_SHA256:
	case OID_COFACTOR_DH_SHA256:
		return KEY_HASH_SHA256;
	case OID_STD_DH_SHA384:
	case OID_COFACTOR_DH_SHA384:
		return KEY_HASH_SHA384;
	case OID_STD_DH_SHA512:
	case OID_COFACTOR_DH_SHA512:
		return KEY_HASH_SHA512;
	default:
		return KEY_HASH_NONE;
	}
}
