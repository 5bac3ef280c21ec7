/*
 * signed_attrs.h: the signed attributes of a SignerInfo (RFC 5652 section
 * 11, RFC 8551 2.5, rule D2): writing ours, reading anybody's.
 */
#ifndef SMIME_SIGNED_ATTRS_H
#define SMIME_SIGNED_ATTRS_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"
#include "smime/cms_id.h"
#include "smime/tlv.h"

/* --- writing: each appends one Attribute --- */

/* The type of what is signed (RFC 5652 11.1). */
void signed_attr_content_type(struct buf *out, enum oid type);
/* RFC 5652 11.2; digest as long as its algorithm makes it. */
void signed_attr_message_digest(struct buf *out, struct slice digest);
/* RFC 5652 11.3: seconds since 1970.  -1 when the time cannot be written. */
int signed_attr_signing_time(struct buf *out, time_t when) MUST_USE;
/* What mail to the owner of c may be encrypted with (RFC 8551 2.5.2). */
void signed_attr_capabilities(struct buf *out, const struct certificate *c);
/* ESSCertIDv2 with the SHA-256 of the certificate (RFC 5035). */
void signed_attr_signing_certificate(
    struct buf *out, const struct certificate *c);
/* RFC 6211; both whole AlgorithmIdentifiers. */
void signed_attr_algorithm_protection(
    struct buf *out, struct slice digest, struct slice signature);

/* --- reading --- */

/* RFC 8551 2.5.3: the certificate to encrypt to. */
struct key_preference {
	bool present;
	struct cms_id id;
};

struct signed_attrs {
	enum oid content_type;
	struct slice message_digest;
	time_t signing_time;	   /* 0 when absent or unreadable */
	struct slice capabilities; /* the SMIMECapabilities, or empty */
	struct key_preference preference;
	struct slice cert_hash; /* of ESSCertID(v2), or empty */
	enum oid cert_hash_algorithm;
	bool has_protection; /* CMSAlgorithmProtection */
	struct tlv_algorithm protected_digest;
	struct tlv_algorithm protected_signature;
};

/*
 * Reads the attributes (the content of SignedAttributes, without its head).
 * Slices borrow from it.  -1, with a static text in *why, when one that we
 * know breaks its grammar, comes twice or has not exactly one value, or when
 * contentType or messageDigest is missing (rule V5).  What is only a claim
 * of the signer (signingTime, SMIMECapabilities, key preference) counts as
 * absent when it cannot be read.
 */
int signed_attrs_read(
    struct slice attrs, struct signed_attrs *out, const char **why) MUST_USE;

#endif
