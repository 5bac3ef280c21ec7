/*
 * tlv.h: reading BER (X.690), as far as CMS needs it.
 *
 * A cursor over borrowed bytes: nothing is copied or allocated, so that the
 * content of a large message stays where it is.  Definite and indefinite
 * lengths are read alike (OpenSSL -stream, NSS and many gateways write the
 * latter), in one pass, whatever the nesting, which is capped.
 *
 * All functions that read return -1, and leave the cursor where it was, when
 * the bytes are not what was asked for.
 */
#ifndef SMIME_TLV_H
#define SMIME_TLV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "smime/der.h"
#include "smime/oid.h"

struct tlv {
	const unsigned char *at;
	const unsigned char *end; /* of the value, or of what holds it */
	unsigned depth;
	bool open; /* indefinite length: ends with two zeros */
};

/* The elements in input, one after the other. */
void tlv_init(struct tlv *b, struct slice input);

/* Nothing is left.  Of an indefinite value whose end is missing this never
 * becomes true: the next read fails. */
bool tlv_at_end(const struct tlv *b);

/* The tag of the next element, 0 when there is none. */
unsigned char tlv_peek(const struct tlv *b);

/* Goes into the next element, which must be constructed and have this tag;
 * b stays before it until tlv_leave, which must find the end of inside. */
int tlv_enter(
    const struct tlv *b, unsigned char tag, struct tlv *inside) MUST_USE;
int tlv_leave(struct tlv *b, const struct tlv *inside) MUST_USE;

/* Content of the next element; it must have this tag and a definite length. */
int tlv_value(struct tlv *b, unsigned char tag, struct slice *content) MUST_USE;

/* Passes over the next element, whatever it is; *whole, when not NULL, is
 * all of it, head included. */
int tlv_skip(struct tlv *b, struct slice *whole) MUST_USE;

/* The same when the tag is the next one; nothing (and an empty slice)
 * otherwise.  For OPTIONAL fields. */
int tlv_skip_optional(
    struct tlv *b, unsigned char tag, struct slice *whole) MUST_USE;

/* An OBJECT IDENTIFIER, OID_UNKNOWN when it is not one of ours. */
int tlv_oid(struct tlv *b, enum oid *oid) MUST_USE;

/* A small non-negative INTEGER, at most 65535. */
int tlv_integer(struct tlv *b, unsigned *value) MUST_USE;

/* AlgorithmIdentifier; params is the whole element behind the identifier,
 * empty when there is none. */
struct tlv_algorithm {
	enum oid oid;
	struct slice params;
	struct slice whole;
};
int tlv_algorithm(struct tlv *b, struct tlv_algorithm *out) MUST_USE;
/* The same under another (implicit) tag. */
int tlv_algorithm_tagged(
    struct tlv *b, unsigned char tag, struct tlv_algorithm *out) MUST_USE;

/* Are there no parameters, or NULL ones? */
bool tlv_params_absent(struct slice params);

/*
 * An OCTET STRING of any size, which may be constructed of several pieces.
 * tag: DER_OCTET_STRING or an implicit DER_CONTEXT(n).
 */
struct tlv_octets {
	struct slice raw; /* the value, or all its pieces with their heads */
	bool constructed;
	size_t size; /* octets of content in all pieces */
};
int tlv_octets(
    struct tlv *b, unsigned char tag, struct tlv_octets *out) MUST_USE;

/* The pieces in order: start with *at 0, ends with false. */
bool tlv_octets_next(
    const struct tlv_octets *octets, size_t *at, struct slice *piece);

#endif
