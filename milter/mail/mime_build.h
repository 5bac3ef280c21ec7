/*
 * mime_build.h: the MIME around signatures and ciphertexts (rules S11 to
 * S15).
 */
#ifndef MAIL_MIME_BUILD_H
#define MAIL_MIME_BUILD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "mail/header.h"

/* A fresh boundary of 128 random bits; size at least MIME_BOUNDARY_SIZE. */
#define MIME_BOUNDARY_SIZE 48
int mime_boundary_make(char *text, size_t size, struct err *err) MUST_USE;

/*
 * The header block of the entity to protect, taken from a message's header:
 * all Content-* fields in order and spelling, CRLF line ends, no empty line
 * at the end.  Without any Content-Type, "Content-Type: text/plain" is put
 * first (rule S2): with charset=us-ascii or utf-8 when body is nothing else,
 * without a charset when readers have to guess.
 */
void mime_entity_header(
    const struct header *message, struct slice body, struct buf *out);

/* The field bodies (with leading blank, folds as LF + tab, as a milter sends
 * them) of the new outer Content-Type. */
void mime_signed_type(
    struct buf *out, const char *boundary, const char *micalg);
/* kind: "signed-data" or "enveloped-data" ... (rule S15), also the name. */
void mime_pkcs7_type(struct buf *out, const char *kind, const char *name);
void mime_attachment_disposition(struct buf *out, const char *name);

/* What stands before the first part, between the signed part and the
 * signature (with that part's header), and behind the signature. */
void mime_signed_head(struct buf *out, const char *boundary);
void mime_signed_middle(struct buf *out, const char *boundary);
void mime_signed_tail(struct buf *out, const char *boundary);

#endif
