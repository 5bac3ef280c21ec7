/*
 * cms_id.h: whom a SignerInfo or RecipientInfo means: a certificate by
 * issuer and serial number, or a key by its identifier (RFC 5652 10.2.4,
 * 5.3, 6.2).
 */
#ifndef SMIME_CMS_ID_H
#define SMIME_CMS_ID_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"
#include "smime/tlv.h"

struct cms_id {
	struct slice issuer; /* Name with its head; empty: by key id */
	struct slice serial; /* content of the INTEGER */
	struct slice key_id;
};

/* IssuerAndSerialNumber, the next element of b.  The slices borrow from
 * what b reads. */
int cms_id_issuer_serial_read(struct tlv *b, struct cms_id *out) MUST_USE;

/* SignerIdentifier or RecipientIdentifier: the same, or an implicit [0]
 * SubjectKeyIdentifier. */
int cms_id_read(struct tlv *b, struct cms_id *out) MUST_USE;

/* Does the identifier name this certificate?  By key identifier only when
 * the certificate bears one. */
bool cms_id_matches(const struct cms_id *id, const struct certificate *c);

/* IssuerAndSerialNumber of the certificate.  -1 when OpenSSL cannot tell. */
int cms_id_write(const struct certificate *c, struct buf *out) MUST_USE;

/* "issuer serial" for people, or the key identifier in hex. */
void cms_id_text(const struct cms_id *id, struct buf *out);

#endif
