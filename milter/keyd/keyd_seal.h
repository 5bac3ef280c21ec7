/*
 * keyd_seal.h: private keys as they are stored.
 *
 * AES-256 key wrap with padding (RFC 5649) of the PKCS#8 form under the
 * wrapping key.  Without this program:
 *   openssl enc -d -id-aes256-wrap-pad -K KEYHEX -iv A65959A6
 */
#ifndef KEYD_KEYD_SEAL_H
#define KEYD_KEYD_SEAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "keyd/keyd_crypto.h"

/* Appends the sealed form of plain, at most LIMIT_PRIVATE_KEY bytes. */
int keyd_seal(const struct keyd_crypto *c, struct slice plain, struct buf *out,
    struct err *err) MUST_USE;

/* Appends what was sealed, which the caller wipes.  Error, permanent: not
 * sealed with this wrapping key, or altered. */
int keyd_open(const struct keyd_crypto *c, struct slice sealed, struct buf *out,
    struct err *err) MUST_USE;

#endif
