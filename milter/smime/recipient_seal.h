/*
 * recipient_seal.h: a RecipientInfo that gives a content key to the owner of
 * a certificate (RFC 5652 6.2, RFC 5753 3.1, rules E4 to E7).
 */
#ifndef SMIME_RECIPIENT_SEAL_H
#define SMIME_RECIPIENT_SEAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"
#include "smime/algorithms.h"

struct recipient_seal {
	const struct cipher_algorithm *cipher; /* of the content */
	struct slice content_key;
	bool oaep;	/* RSA: OAEP, not PKCS#1 v1.5 ... */
	bool oaep_sha1; /* ... with SHA-1, not SHA-256, where the key itself
	                 * does not say */
};

/* Appends the RecipientInfo.  Permanent error, naming the certificate, when
 * its key cannot be encrypted to or its usage forbids it. */
int recipient_seal(const struct recipient_seal *seal,
    const struct certificate *recipient, struct buf *out,
    struct err *err) MUST_USE;

/* Is it a KeyTransRecipientInfo version 0 (rule E9)? */
bool recipient_seal_is_transport(const struct certificate *recipient);

#endif
