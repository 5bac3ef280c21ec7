/*
 * keyd_answer.h: a request in, a reply out; everything that keyd does.
 */
#ifndef KEYD_KEYD_ANSWER_H
#define KEYD_KEYD_ANSWER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "key/key_message.h"
#include "keyd/keyd_cache.h"
#include "keyd/keyd_crypto.h"

/* What all requests share. */
struct keyd {
	struct keyd_crypto crypto;
	struct keyd_cache *cache;
};

/* Is the packet a request that takes so long (making and checking keys: up to
 * seconds) that others should not wait behind it? */
bool keyd_is_slow(struct slice packet);

/*
 * Appends the reply to a packet to out, which the caller wipes; there always
 * is one.  False when the packet was no request of ours, and the connection
 * is better closed after the reply.
 */
bool keyd_answer(struct keyd *keyd, struct slice packet, struct buf *out);

#endif
