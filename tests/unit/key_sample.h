/*
 * key_sample.h: keys, signed attributes and certificate requests for tests
 * of the key process, made by OpenSSL alone.  Failures end the test.
 */
#ifndef TESTS_UNIT_KEY_SAMPLE_H
#define TESTS_UNIT_KEY_SAMPLE_H

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/slice.h"
#include "key/key_message.h"

/* "RSA-2048" (any size), "P-256", "P-384", "P-521", "ED25519" and whatever
 * else OpenSSL knows as a curve or key type. */
EVP_PKEY *sample_key(const char *kind);

/* The PKCS#8 form of an RSA key of that many bits whose numbers mean nothing,
 * for sizes that take too long to make. */
void sample_hollow_rsa(int bits, struct buf *out);

/* DER, appended. */
void sample_pkcs8(EVP_PKEY *pkey, struct buf *out);
void sample_spki(EVP_PKEY *pkey, struct buf *out);

/* A key from the DER of its SubjectPublicKeyInfo, as a certificate has it. */
EVP_PKEY *sample_public(struct slice spki);

/* Signed attributes of a mail: content type, signing time, digest of size
 * bytes. */
void sample_attrs(struct buf *out, size_t digest_size);

/* The CertificationRequestInfo of a request for CN=Alice. */
void sample_request_info(EVP_PKEY *pkey, struct buf *out);

/* Does OpenSSL take the signature? */
bool sample_verify(EVP_PKEY *pkey, enum key_algorithm algorithm,
    const char *hash, struct slice data, struct slice signature);

/* Ciphertexts for that key. */
void sample_encrypt_pkcs1(EVP_PKEY *pkey, struct slice plain, struct buf *out);

/* The public operation on bytes that are already padded. */
void sample_encrypt_raw(EVP_PKEY *pkey, struct slice padded, struct buf *out);

struct sample_oaep {
	const char *hash;
	const char *mgf_hash;
	struct slice label;
};
void sample_encrypt_oaep(EVP_PKEY *pkey, const struct sample_oaep *how,
    struct slice plain, struct buf *out);

#endif
