/*
 * sign.h: multipart/signed (rules S11 to S14, D1 to D8).
 *
 * The content's digest is computed here, the attributes are encoded here,
 * and smime-keyd signs them; no private key is in this process.
 */
#ifndef SMIME_SIGN_H
#define SMIME_SIGN_H

#include <time.h>

#include "base/err.h"
#include "base/slice.h"
#include "key/key_client.h"
#include "smime/entity.h"
#include "smime/identity.h"

struct smime_sign_opts {
	struct key_client *keys;
	const struct smime_identity *identity;
	time_t signing_time;
};

/* DER of a detached ContentInfo SignedData over the pieces in order. */
int smime_sign_detached(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct buf *cms,
    struct err *err) MUST_USE;

/* The multipart/signed entity around content, which is a canonical MIME
 * entity (mail/mime_canon.h) and must outlive out. */
int smime_sign(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct smime_entity *out,
    struct err *err) MUST_USE;

/* The application/pkcs7-mime; smime-type=signed-data entity (rule S16); the
 * content is copied into out's spool. */
int smime_sign_opaque(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct smime_entity *out,
    struct err *err) MUST_USE;

#endif
