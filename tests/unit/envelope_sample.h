/*
 * envelope_sample.h: envelopes made by hand, every part of which can be
 * wrong.
 */
#ifndef TESTS_UNIT_ENVELOPE_SAMPLE_H
#define TESTS_UNIT_ENVELOPE_SAMPLE_H

#include "base/buf.h"
#include "base/slice.h"
#include "smime/algorithms.h"
#include "smime/der.h"
#include "smime/oid.h"
#include "unit/smime_fixture.h"

/* What is in all of them. */
#define HANDMADE_TEXT "Content-Type: text/plain\r\n\r\nA secret.\r\n"

/* An envelope whose every part can be wrong. */
struct handmade {
	enum oid type; /* of the ContentInfo */
	enum oid content_type;
	enum oid cipher;
	struct buf recipients; /* RecipientInfos */
	struct buf params;     /* of the cipher */
	struct buf content;    /* element(s) of encryptedContent */
	struct buf rest;       /* behind EncryptedContentInfo */
	unsigned char key[32];
	size_t key_len;
};

void handmade_init(struct handmade *h, enum oid type, enum oid cipher);
void handmade_fini(struct handmade *h);

/* Adds a RecipientInfo with the content key; or with another one of the same
 * length. */
void handmade_recipient(struct handmade *h, const struct smime_user *to);
void handmade_recipient_key(
    struct handmade *h, const struct smime_user *to, const unsigned char *key);

/* The ContentInfo; out is initialised. */
void handmade_write(const struct handmade *h, struct buf *out);

struct gcm {
	size_t nonce_len;
	size_t tag_len;
	int icv_len;	  /* -1: omitted */
	struct slice aad; /* authAttrs: content of the SET OF */
};

/* Fills params, content and mac. */
void handmade_gcm(struct handmade *h, const struct gcm *gcm);
void handmade_chacha20(struct handmade *h, size_t nonce_len, size_t tag_len);

/* Fills params and content. */
void handmade_cbc(struct handmade *h);

#endif
