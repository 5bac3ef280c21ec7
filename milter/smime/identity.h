/*
 * identity.h: with what one user signs.
 *
 * Everything that does not depend on the message is encoded once: the
 * certificates of the SignedData, the signer's identifier, the constant
 * attributes.  Immutable, used by all threads.  Holds no private
 * key, only its name and its sealed form for smime-keyd.
 */
#ifndef SMIME_IDENTITY_H
#define SMIME_IDENTITY_H

#include "base/err.h"
#include "base/setting.h"
#include "cert/certificate.h"
#include "cert/store.h"
#include "key/key_client.h"
#include "smime/algorithms.h"

struct smime_identity;

/* How the key of that certificate signs in the way that is asked for; -1 when
 * it is none of that kind.  RSA with SHA-256 (PSS: a salt of 32), the P curves
 * and Ed25519 with the hash that goes with them.  Any: what the key does by
 * default; -1 when it does not sign at all. */
int smime_signing_choose(const struct certificate *c,
    enum setting_algorithm wish, struct key_signing *how) MUST_USE;

/* how: NULL for the default of the certificate's key (RSA: PKCS#1 v1.5 with
 * SHA-256; P-256 SHA-256, P-384 SHA-384, P-521 SHA-512; Ed25519 SHA-512). */
int smime_identity_new(const struct store_own_cert *own,
    const struct key_signing *how, struct smime_identity **out,
    struct err *err) MUST_USE;
void smime_identity_release(struct smime_identity **identity);

/* Borrowed. */
struct certificate *smime_identity_certificate(
    const struct smime_identity *identity);
const struct key_ref *smime_identity_key(const struct smime_identity *identity);

/* The word for the micalg parameter: "sha-256" ... (rule S12) */
const char *smime_identity_micalg(const struct smime_identity *identity);

/* For the log: "rsa-sha256", "rsa-pss-sha256", "ecdsa-p384-sha384",
 * "ed25519". */
const char *smime_identity_algorithm(const struct smime_identity *identity);

/* For sign.c: how to sign, and the DER of all that is the same in every
 * signature of this identity.  Borrowed. */
#define SMIME_CONSTANT_ATTRS 4
struct smime_identity_der {
	struct key_signing how;
	const struct digest_algorithm *digest;
	struct slice digest_algorithm;	  /* AlgorithmIdentifier */
	struct slice signature_algorithm; /* AlgorithmIdentifier */
	struct slice signer;		  /* IssuerAndSerialNumber */
	struct slice certificates;	  /* [0] IMPLICIT CertificateSet */
	struct slice attributes[SMIME_CONSTANT_ATTRS]; /* Attribute each */
};
const struct smime_identity_der *smime_identity_der(
    const struct smime_identity *identity);

#endif
