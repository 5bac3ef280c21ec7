/*
 * readers.h: which recipients of a message from outside are ours, what they
 * want, and every certificate that each of them ever had: what was encrypted
 * to an old one, or to somebody who has left, is read, too (F6).
 */
#ifndef GATEWAY_READERS_H
#define GATEWAY_READERS_H

#include <stddef.h>

#include "base/err.h"
#include "gateway/directory.h"
#include "gateway/envelope.h"
#include "policy/inbound.h"
#include "smime/layers.h"

/* Both arrays in the order of the envelope, whose strings are borrowed. */
struct readers {
	struct inbound_recipient *recipients; /* reads: false */
	struct smime_reader *at; /* their certificates; none of one who gets
	                          * no plaintext anyway */
	size_t count;
	size_t certificates; /* of all of them */
};

void readers_init(struct readers *r);
void readers_fini(struct readers *r);

/* When nobody can say whose addresses these are: none of them is ours. */
void readers_unknown(struct readers *r, const struct envelope *envelope);

/* Who they are and what they want.  Errors are those of the store, here and
 * below; what was found so far stays. */
int readers_find(struct readers *r, const struct directory_view *view,
    const struct envelope *envelope, struct err *err) MUST_USE;

/* Their certificates: LIMIT_READER_CERTIFICATES of all recipients together;
 * whose come behind that read nothing.  Once. */
int readers_load(struct readers *r, struct store *store,
    const struct envelope *envelope, struct err *err) MUST_USE;

#endif
