/*
 * content_cipher.h: the content of an envelope, by its content key.
 */
#ifndef SMIME_CONTENT_CIPHER_H
#define SMIME_CONTENT_CIPHER_H

#include "base/err.h"
#include "base/slice.h"
#include "mail/spool.h"
#include "smime/algorithms.h"
#include "smime/envelope.h"

/* The longest content key of all ciphers. */
#define CONTENT_KEY_MAX 32

struct content_cipher {
	const struct cipher_algorithm *algorithm;
	struct slice iv; /* or nonce; borrowed from the envelope */
};

/* How the content is encrypted.  -1: by an algorithm or with parameters that
 * we cannot do, or a content that is no id-data. */
int content_cipher_choose(
    const struct envelope *envelope, struct content_cipher *out) MUST_USE;

/* Decrypts all of the content with a key of algorithm->key_size octets and
 * finishes out.  Errors are those of the spool, and one and the same
 * permanent one for everything that is wrong with key or content.  What was
 * written to out before an error must be thrown away (rule X2). */
int content_cipher_open(const struct content_cipher *cipher,
    const struct envelope *envelope, const unsigned char *key,
    struct spool *out, struct err *err) MUST_USE;

/* The one error that is told about a message which does not open (rule X4);
 * returns -1. */
int content_cipher_refuse(struct err *err);

#endif
