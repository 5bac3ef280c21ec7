/*
 * keyd_decoy.h: the content key that a wrong ciphertext "contains".
 *
 * An answer that cannot be told from a right one and that stays the same for
 * the same question takes the meaning out of asking (RFC 3218 2.3.2,
 * implicit rejection): the content simply fails to decrypt.
 */
#ifndef KEYD_KEYD_DECOY_H
#define KEYD_KEYD_DECOY_H

#include <stddef.h>

#include "base/err.h"
#include "key/key_message.h"
#include "keyd/keyd_crypto.h"

/* The longest content key: AES-256. */
#define KEYD_CONTENT_KEY_MAX 32

/* HMAC-SHA256, under a key that this process made up when it started, of all
 * of the request that decides about the answer; m->wanted bytes. */
int keyd_decoy_make(const struct keyd_crypto *c, const struct key_message *m,
    unsigned char out[KEYD_CONTENT_KEY_MAX], struct err *err) MUST_USE;

#endif
