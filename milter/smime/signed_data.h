/*
 * signed_data.h: reading SignedData and its SignerInfos (RFC 5652 section
 * 5).  Slices borrow from the message.
 */
#ifndef SMIME_SIGNED_DATA_H
#define SMIME_SIGNED_DATA_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "smime/cms_id.h"
#include "smime/tlv.h"

struct signed_data {
	enum oid content_type;
	bool has_content; /* eContent is there */
	struct tlv_octets content;
	struct slice certificates; /* [0] CertificateSet, whole, or empty */
	struct slice signers;	   /* SET OF SignerInfo, whole */
};

/* The content type of a ContentInfo; OID_UNKNOWN when it is none. */
enum oid signed_data_type(struct slice der);

/* Reads a whole ContentInfo; -1 when it is no SignedData, or when something
 * follows it. */
int signed_data_read(struct slice der, struct signed_data *out) MUST_USE;

/* The next X.509 certificate in whole, other kinds (rule H5) are passed
 * over: 1, 0 behind the last, -1 when the grammar is broken.  set is the
 * inside of the CertificateSet, by signed_data_certificates. */
int signed_data_certificates(
    const struct signed_data *data, struct tlv *set) MUST_USE;
int signed_data_certificate_next(
    struct tlv *set, struct slice *certificate) MUST_USE;

struct signer_info {
	struct cms_id id;
	struct tlv_algorithm digest;
	bool has_attrs;
	struct slice attrs; /* content of SignedAttributes */
	struct tlv_algorithm algorithm;
	struct slice signature;
};

/* The SignerInfos in the same way. */
int signed_data_signers(
    const struct signed_data *data, struct tlv *set) MUST_USE;
int signed_data_signer_next(struct tlv *set, struct signer_info *out) MUST_USE;

#endif
