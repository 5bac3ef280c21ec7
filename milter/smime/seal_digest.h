/*
 * seal_digest.h: the digests and sums of a fingerprint, for the seal_*.c
 * alone.
 *
 * The sum of a text is the value of the polynomial that has its letters for
 * coefficients, modulo 2^61 - 1, at a secret point.  Unlike a digest it can
 * be put together from the sums of pieces, so that all places where something
 * may have been inserted are tried in one pass.
 */
#ifndef SMIME_SEAL_DIGEST_H
#define SMIME_SEAL_DIGEST_H

#include <openssl/evp.h>

#include "smime/seal.h"

/* What a digest is of; no two kinds of things have the same one. */
enum seal_label {
	SEAL_LABEL_FIELD = 1,
	SEAL_LABEL_MESSAGE_KEY,
	SEAL_LABEL_POINT,
	SEAL_LABEL_WHOLE,
	SEAL_LABEL_TYPE,
	SEAL_LABEL_HEADER,
	SEAL_LABEL_BODY,
	SEAL_LABEL_GLUE,
	SEAL_LABEL_REST
};

/* Letters that are summed up at once. */
#define SEAL_BATCH 8

struct seal_digester {
	EVP_MAC_CTX *mac;
	EVP_MAC_CTX *once;   /* NULL until something has to be fast */
	EVP_MAC_CTX *fed_to; /* one of both: what is made at present */
	uint64_t point;
	uint64_t powers[SEAL_BATCH + 1]; /* of the point */
	uint64_t fed;			 /* bytes of the present digest */
	bool failed; /* libcrypto did; nothing that came out counts */
};

/* With the key itself, for a field; or with that of one message.  Error: out
 * of memory. */
int seal_digester_init(struct seal_digester *d, const struct seal_key *key,
    struct err *err) MUST_USE;
int seal_digester_init_message(struct seal_digester *d,
    const struct seal_key *key, const unsigned char nonce[8],
    struct err *err) MUST_USE;
void seal_digester_fini(struct seal_digester *d);
/* -1 with an error when anything failed. */
int seal_digester_check(
    const struct seal_digester *d, struct err *err) MUST_USE;

/* One digest: begin, bytes in pieces, end. */
void seal_digest_begin(struct seal_digester *d, enum seal_label label);
/* The same for large ones, of 16 bytes: Poly1305 (RFC 8439 2.5), which takes a
 * third of the time.  Its key, which comes from that of the message and the
 * label, is for one text: of two digests with one label somebody who sees both
 * could work out more. */
void seal_digest_begin_once(struct seal_digester *d, enum seal_label label);
void seal_digest_add(struct seal_digester *d, struct slice bytes);
void seal_digest_end(struct seal_digester *d, unsigned char *out, size_t len);
/* The same, with the number of bytes. */
void seal_digest_end_bytes(struct seal_digester *d, struct seal_bytes *out);

/* Adds the Content-* fields, without white space; returns nothing about
 * folds.  all: whether those that are no Content-Type count, too. */
void seal_digest_add_fields(
    struct seal_digester *d, const struct header *header, bool all);

/* Appends the letters of bytes to a text, and its blanks to a count. */
void seal_text_add(const struct seal_digester *d, struct slice bytes,
    struct seal_text *text, uint64_t *blanks);

/* Where a text has grown. */
enum seal_growth {
	SEAL_GROWTH_NONE = 0, /* not like that */
	SEAL_GROWTH_BEHIND,
	SEAL_GROWTH_BEFORE,
	SEAL_GROWTH_WITHIN
};

/* Is bytes, whose text is now, the text was and one more run of letters?  One
 * pass. */
enum seal_growth seal_text_growth(const struct seal_digester *d,
    const struct seal_text *was, struct slice bytes,
    const struct seal_text *now);

/* The same length, and the same digest or sum? */
bool seal_bytes_equal(const struct seal_bytes *a, const struct seal_bytes *b);
bool seal_text_equal(const struct seal_text *a, const struct seal_text *b);

/* --- parts (seal.c) --- */

/* What the root of a message is, by its header. */
enum seal_root seal_root_of(const struct header *header);

/* The digest of a part's header, as that of a loose part or not. */
void seal_header_take(struct seal_digester *d, const struct mime_part *part,
    bool loose, struct seal_bytes *out);
/* Of a Content-Type. */
void seal_type_take(struct seal_digester *d, const struct header *header,
    unsigned char out[SEAL_DIGEST]);
/* All about one part but what depends on its place: depth and loose stay.
 * Error: the spool's. */
int seal_part_take(struct seal_digester *d, const struct mime_part *part,
    const struct spool_config *spool, struct seal_part *out,
    struct err *err) MUST_USE;
/* Of part and all behind it in the document, but not of end. */
void seal_rest_take(struct seal_digester *d, const struct mime_part *part,
    const struct mime_part *end, struct seal_bytes *out);

/* The body of a leaf without its transfer encoding, in spool, which is
 * initialised, or in the message; error: the spool's. */
int seal_body_decode(const struct mime_part *part, struct spool *spool,
    struct slice *out, struct err *err) MUST_USE;

#endif
