/*
 * key_pool.h: connections to smime-keyd.  Private to key/.
 *
 * At most a fixed number, one request in flight on each.  A connection on
 * which anything went wrong is closed, never used again: its next packet
 * could be the answer to an earlier question.
 */
#ifndef KEY_KEY_POOL_H
#define KEY_KEY_POOL_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "key/key_message.h"

struct key_pool;

/* At most so many connections, at least one; none is opened before the first
 * request. */
struct key_pool *key_pool_new(const char *socket_path, unsigned connections);

/* No request may be in flight. */
void key_pool_free(struct key_pool *pool);

/* One question and its answer. */
struct key_exchange {
	struct key_message request; /* the pool sets its sequence */
	size_t reply_max;	    /* bytes the reply may have */
	deadline_t deadline;
	struct key_message reply; /* points into packet */
	struct buf packet;	  /* owned */
};

/* An empty request for that operation. */
void key_exchange_init(
    struct key_exchange *x, enum key_operation operation, deadline_t deadline);

/* Wipes what was received. */
void key_exchange_fini(struct key_exchange *x);

/*
 * Sends the request and receives its reply, whatever its status.  When the
 * connection turns out to be lost it asks once more on a new one.  May be
 * called again.  Error: temporary (away, slow), bug (the reply does not fit
 * the request).
 */
int key_pool_ask(
    struct key_pool *pool, struct key_exchange *x, struct err *err) MUST_USE;

#endif
