/*
 * keyd_sign.h: signatures on what keyd has looked at itself.
 */
#ifndef KEYD_KEYD_SIGN_H
#define KEYD_KEYD_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include "key/key_message.h"
#include "keyd/keyd_crypto.h"
#include "keyd/keyd_key.h"

/* SIGN_ATTRS and SIGN_REQUEST: check the first field of the request, hash
 * and sign it, and append the signature.  Errors: policy (not something that
 * is signed, or not with this kind of key), temporary. */
int keyd_sign_attrs(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *signature,
    struct err *err) MUST_USE;
int keyd_sign_request(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *signature,
    struct err *err) MUST_USE;

#endif
