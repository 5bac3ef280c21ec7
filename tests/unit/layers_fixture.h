/*
 * layers_fixture.h: messages of several layers, built from the inside out.
 *
 * A message is a MIME entity in a buffer; each function puts one layer around
 * it.  Failures end the test.
 */
#ifndef TESTS_UNIT_LAYERS_FIXTURE_H
#define TESTS_UNIT_LAYERS_FIXTURE_H

#include "base/buf.h"
#include "smime/encrypt.h"
#include "unit/smime_fixture.h"

/* A new message with that entity in it. */
void layers_begin(struct buf *message, const char *entity);

void layers_begin_bytes(struct buf *message, struct slice entity);

/* multipart/signed or application/pkcs7-mime, by our own code. */
void layers_sign(struct buf *message, struct smime_fixture *f,
    const struct smime_user *by, bool opaque);

/* For each of the users. */
void layers_encrypt(struct buf *message, struct smime_fixture *f,
    enum smime_cipher cipher, const struct smime_user *const *to, size_t count);

/* DER of the same ciphertext, before it becomes a message. */
void layers_encrypt_der(const struct buf *message, struct smime_fixture *f,
    enum smime_cipher cipher, const struct smime_user *const *to, size_t count,
    struct buf *der);

/* AES-256-CBC, the content key by RSA-OAEP. */
void layers_encrypt_oaep(const struct buf *message, struct smime_fixture *f,
    const struct smime_user *const *to, size_t count, struct buf *der);

void layers_compress(struct buf *message);

/* Any DER as application/pkcs7-mime in base64; replaces the message.  kind is
 * the smime-type, or NULL for none. */
void layers_cms(struct buf *message, const char *kind, struct slice der);

/* The entity as a whole message from that address. */
void layers_finish(struct buf *message, const char *from);

#endif
