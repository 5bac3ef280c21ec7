/*
 * keyd_unwrap.h: content keys out of RecipientInfos.
 *
 * What depends on the private key never shows: not in the status, not in the
 * length, not in the time.  A content key is 16, 24 or 32 bytes, which is
 * AES and Triple-DES; other lengths belong to other protocols (48 bytes are
 * a TLS premaster secret) and are refused.
 */
#ifndef KEYD_KEYD_UNWRAP_H
#define KEYD_KEYD_UNWRAP_H

#include "base/buf.h"
#include "base/err.h"
#include "key/key_message.h"
#include "keyd/keyd_crypto.h"
#include "keyd/keyd_key.h"

/*
 * UNWRAP_RSA: RFC 8017 7.1.2 (OAEP) and 7.2.2 (PKCS#1 v1.5).  Appends
 * m->wanted bytes: the content key, or for any ciphertext that does not hold
 * one of that length the decoy.  Errors: policy, for what is wrong with the
 * request whatever the key.
 */
int keyd_unwrap_rsa(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *content_key,
    struct err *err) MUST_USE;

/* UNWRAP_ECDH: RFC 5753 3.1 with the X9.63 KDF and AES key wrap, as large
 * as the shared info says.  Appends the content key or the decoy.  Errors:
 * policy (another curve, a point that is not on it, other shared info). */
int keyd_unwrap_ecdh(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *content_key,
    struct err *err) MUST_USE;

#endif
