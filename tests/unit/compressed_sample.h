/*
 * compressed_sample.h: compressed-data as RFC 3274 has it, by zlib.
 */
#ifndef TESTS_UNIT_COMPRESSED_SAMPLE_H
#define TESTS_UNIT_COMPRESSED_SAMPLE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* A zlib stream, appended. */
void compressed_sample_deflate(struct slice content, struct buf *out);

/* Deflate blocks alone, on an octet's edge, that another may follow. */
void compressed_sample_flush(struct slice content, struct buf *out);

/* DER of ContentInfo CompressedData around a zlib stream, or what should be
 * one; pieces: in a constructed OCTET STRING of pieces of at most 1000. */
void compressed_sample_wrap(struct slice stream, bool pieces, struct buf *out);

/* Both. */
void compressed_sample(struct slice content, struct buf *out);

#endif
