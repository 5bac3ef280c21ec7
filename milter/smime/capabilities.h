/*
 * capabilities.h: SMIMECapabilities (RFC 8551 2.5.2, rule D7): what may be
 * sent to the owner of a certificate.
 *
 * Only what smime/decrypt.h reads.  OpenSSL's own list announces RC2 and
 * DES.
 */
#ifndef SMIME_CAPABILITIES_H
#define SMIME_CAPABILITIES_H

#include "base/buf.h"
#include "cert/certificate.h"

/* DER of the SMIMECapabilities for mail to this certificate. */
void capabilities_write(struct buf *out, const struct certificate *certificate);

#endif
