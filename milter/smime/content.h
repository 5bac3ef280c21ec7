/*
 * content.h: the content of a message in pieces, on its way through digests,
 * ciphers and into spools.
 *
 * Everything goes through in large blocks; nothing is held in memory whole.
 */
#ifndef SMIME_CONTENT_H
#define SMIME_CONTENT_H

#include "base/err.h"
#include "base/slice.h"
#include "mail/mime_codec.h"
#include "mail/spool.h"
#include "smime/algorithms.h"

/* Digest of the pieces in order; out has EVP_MAX_MD_SIZE octets. */
int content_digest(const struct digest_algorithm *algorithm,
    const struct slice_list *content, unsigned char *out, size_t *out_len,
    struct err *err) MUST_USE;

/* Where encoded CMS goes: a spool, as it is or as base64. */
struct content_sink {
	struct spool *spool;
	struct base64_encoder encoder;
	bool base64;
};
void content_sink_init(
    struct content_sink *sink, struct spool *spool, bool base64);
int content_sink_write(
    struct content_sink *sink, struct slice data, struct err *err) MUST_USE;
/* Finishes the spool too. */
int content_sink_finish(struct content_sink *sink, struct err *err) MUST_USE;

#endif
