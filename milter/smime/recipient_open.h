/*
 * recipient_open.h: the content key in a RecipientInfo, by smime-keyd.
 */
#ifndef SMIME_RECIPIENT_OPEN_H
#define SMIME_RECIPIENT_OPEN_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "cert/store.h"
#include "key/key_client.h"
#include "smime/recipient_info.h"

/* Exactly wanted octets of key.  With PKCS#1 v1.5 a key always comes back,
 * which may be a wrong one (RFC 3218); the content tells.  Errors: temporary
 * when keyd is away; permanent when it cannot open it, or when parameters are
 * broken or algorithms unknown. */
int recipient_open(struct key_client *keys, const struct store_own_cert *own,
    const struct recipient_info *info, size_t wanted, struct buf *key,
    struct err *err) MUST_USE;

#endif
