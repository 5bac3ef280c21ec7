/*
 * plaintext.h: what was inside a ciphertext, as an entity that can take the
 * place of the message's own (rules X7, X8).
 */
#ifndef SMIME_PLAINTEXT_H
#define SMIME_PLAINTEXT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "mail/header.h"
#include "mail/spool.h"

struct plaintext {
	struct spool bytes;   /* all of the entity */
	struct header header; /* borrowed from bytes */
	struct slice body;    /* borrowed from bytes */
};

void plaintext_init(struct plaintext *p, const struct spool_config *config);
void plaintext_fini(struct plaintext *p);

/* Does it begin as an entity must: fields, if any, and an empty line? */
bool plaintext_is_entity(struct slice bytes);

/*
 * Reads bytes, which are finished: by the grammar a header block (it may have
 * no field) and an empty line, with nothing in the Content-* fields that the
 * road or a mail program could take for something else, each of them once.
 * What has bare LF for line ends gets CRLF (rule S3), and a CMS object in
 * binary gets base64, so that no signature is looked at in another form than
 * is delivered.  Permanent error: it is no such entity; else those of the
 * spool.
 */
int plaintext_read(struct plaintext *p, struct err *err) MUST_USE;

/*
 * Makes it one that travels: 7-bit, short lines, no NUL.  is_signed: not an
 * octet may change.  takes_8bit: what must not be encoded, or cannot, may be
 * 8-bit.  Permanent error when it cannot travel; else those of the spool.
 */
int plaintext_settle(struct plaintext *p, bool is_signed, bool takes_8bit,
    struct err *err) MUST_USE;

/*
 * What is signed in it takes its place, without the signature, and is settled:
 * content is the part of it, of the bytes of p, that is signed.  On errors,
 * as above, p stays as it is.
 */
int plaintext_unwrap(struct plaintext *p, struct slice content, bool takes_8bit,
    struct err *err) MUST_USE;

/* The Content-* fields, appended to out. */
int plaintext_fields(
    const struct plaintext *p, struct header *out, struct err *err) MUST_USE;

#endif
