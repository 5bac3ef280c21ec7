/*
 * ciphertext.h: is a message that says it is encrypted really ciphertext?
 */
#ifndef SMIME_CIPHERTEXT_H
#define SMIME_CIPHERTEXT_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/header.h"
#include "mail/spool.h"

/*
 * Reads the body of a message whose header says that it is encrypted: CMS
 * must be a whole EnvelopedData or AuthEnvelopedData (RFC 8551 3.3, 3.4), the
 * multipart/encrypted of PGP must hold an armored message (RFC 3156 section
 * 4).  Whether anybody can open it is not known here.  False when it cannot
 * be read, for whatever reason.
 */
bool smime_is_ciphertext(const struct header *header, struct slice body,
    const struct spool_config *config);

#endif
