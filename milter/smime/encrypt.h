/*
 * encrypt.h: application/pkcs7-mime; smime-type=enveloped-data (rules E1 to
 * E9).
 */
#ifndef SMIME_ENCRYPT_H
#define SMIME_ENCRYPT_H

#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"
#include "smime/entity.h"

enum smime_cipher {
	SMIME_CIPHER_AES256_CBC = 0, /* EnvelopedData; every client reads it */
	SMIME_CIPHER_AES128_CBC,
	SMIME_CIPHER_AES256_GCM, /* AuthEnvelopedData */
	SMIME_CIPHER_AES128_GCM
};

struct smime_encrypt_opts {
	enum smime_cipher cipher;
	struct certificate *const *recipients; /* each gets a RecipientInfo */
	size_t recipient_count;
	bool oaep; /* RSA-OAEP instead of PKCS#1 v1.5; always for certificates
	            * that allow nothing else */
	const bool *oaep_sha1; /* whether the hash is SHA-1, for each of the
	                        * recipients; NULL: SHA-256 for all */
};

/* DER of ContentInfo around the encrypted pieces, streamed to out (finished
 * on success).  Permanent error when one recipient's key cannot be used:
 * nobody is ever left out silently (rule E10). */
int smime_encrypt_der(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct spool *out,
    struct err *err) MUST_USE;

/* The same as a MIME entity, base64 in out's spool.  content is a MIME
 * entity: header block, empty line, body. */
int smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct smime_entity *out,
    struct err *err) MUST_USE;

#endif
