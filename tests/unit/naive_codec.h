/*
 * naive_codec.h: decoders for tests, one byte at a time, that share nothing
 * with mail/mime_codec.c.
 *
 * For what a strict reader takes: on anything else they give some bytes, and
 * not necessarily the same ones.
 */
#ifndef TESTS_UNIT_NAIVE_CODEC_H
#define TESTS_UNIT_NAIVE_CODEC_H

#include "base/buf.h"
#include "base/slice.h"

/* RFC 2045 6.8; appended to out. */
void naive_base64(struct slice in, struct buf *out);

/* RFC 2045 6.7; appended to out. */
void naive_qp(struct slice in, struct buf *out);

#endif
