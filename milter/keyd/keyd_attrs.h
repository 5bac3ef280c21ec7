/*
 * keyd_attrs.h: is this what a mail signature signs, and nothing else?
 */
#ifndef KEYD_KEYD_ATTRS_H
#define KEYD_KEYD_ATTRS_H

#include "base/err.h"
#include "base/slice.h"

/*
 * The DER of SignedAttributes (RFC 5652 5.3, 5.4) of a mail: a SET OF at
 * most LIMIT_SIGNED_ATTRS bytes in DER's order, contentType first and
 * id-data, one messageDigest of digest_size bytes.  A digest, a certificate,
 * a TLS handshake, code or a time stamp are none of this.  Error: policy.
 */
int keyd_attrs_check(
    struct slice attrs, size_t digest_size, struct err *err) MUST_USE;

#endif
