/*
 * content_guard.h: how many contents came under one content key.
 *
 * No honest program encrypts two contents with one key.  Whoever changes
 * somebody else's ciphertext in CBC and watches what becomes of it (Vaudenay
 * 2002: by the time, by a copy, by an answer) needs hundreds of them.  So only
 * the first LIMIT_CONTENTS_PER_KEY contents of a key are opened; the same one
 * may come again and again.
 *
 * What is remembered are hashes, of the LIMIT_GUARDED_KEYS keys seen last.
 * Thread-safe.
 */
#ifndef SMIME_CONTENT_GUARD_H
#define SMIME_CONTENT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "smime/content_cipher.h"
#include "smime/envelope.h"

struct content_guard;

/* Remembers nothing yet.  Nobody may ask any more when it is freed. */
struct content_guard *content_guard_new(void);
void content_guard_free(struct content_guard *guard);

/* Remembers the content of the envelope, and tells whether what the key makes
 * of it may be looked at.  Always for ciphers that authenticate, because
 * nobody else can make contents for them; and without a guard (NULL). */
bool content_guard_allows(struct content_guard *guard,
    const struct content_cipher *cipher, const struct envelope *envelope,
    const unsigned char *key);

#endif
