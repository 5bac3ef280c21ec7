/*
 * capabilities.h: SMIMECapabilities (RFC 8551 2.5.2, rule D7): what may be
 * sent to the owner of a certificate.
 *
 * We announce only what smime/decrypt.h reads (OpenSSL's own list has RC2 and
 * DES), and read of what others announce only what smime/encrypt.h can make
 * beyond that which every client understands.
 */
#ifndef SMIME_CAPABILITIES_H
#define SMIME_CAPABILITIES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "cert/certificate.h"

/* DER of the SMIMECapabilities for mail to this certificate. */
void capabilities_write(struct buf *out, const struct certificate *certificate);

/* What somebody announced; nothing when all are false. */
struct capabilities {
	bool aes256_gcm;
	bool aes128_gcm;
	/* AES-256-GCM is there, and no AES-CBC before it: the list is in
	 * order of preference (rule E2).  Who reads both, but has programs
	 * that do not, puts CBC first. */
	bool prefers_gcm;
	bool oaep_sha1;
	bool oaep_sha256;
};

/*
 * Reads DER or BER of at most LIMIT_CAPABILITIES octets.  Algorithms that we
 * do not know are passed over, parameters may be absent or NULL where there
 * are none, and OAEP with SHA-256 is understood as RFC 3560 section 5 prints
 * it and as RFC 4055 defines it.  -1, and *out is untouched, when it is no
 * list of algorithms.
 */
int capabilities_read(struct slice der, struct capabilities *out) MUST_USE;

/* What the certificate itself says (RFC 4262); -1 when it says nothing, or
 * nothing that can be read. */
int capabilities_of_certificate(
    const struct certificate *certificate, struct capabilities *out) MUST_USE;

#endif
