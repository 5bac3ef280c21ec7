/*
 * envelope.h: reading EnvelopedData and AuthEnvelopedData (RFC 5652 6.1,
 * RFC 5083 2.1).
 *
 * Everything stays where it is in the message: a large content is neither
 * copied nor joined.
 */
#ifndef SMIME_ENVELOPE_H
#define SMIME_ENVELOPE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "smime/tlv.h"

struct envelope {
	bool authenticated;	     /* AuthEnvelopedData */
	struct slice recipients;     /* SET OF RecipientInfo, whole */
	enum oid content_type;	     /* of what is encrypted */
	struct tlv_algorithm cipher; /* contentEncryptionAlgorithm */
	struct tlv_octets content;
	/* AuthEnvelopedData only */
	struct slice auth_attrs; /* [1] authAttrs, whole, or empty */
	struct slice mac;
};

/* Reads a whole ContentInfo; -1 when it is anything else, or when something
 * follows it. */
int envelope_read(struct slice der, struct envelope *out) MUST_USE;

#endif
