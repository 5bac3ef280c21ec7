/*
 * harvester.h: learning certificates off the mail's path (B1, B8).
 *
 * What a verified message teaches, and who was sent a signed one, is queued
 * and written by a thread of its own.  The queue is bounded: what does not fit
 * is dropped and counted, and learned from the next mail instead.
 */
#ifndef GATEWAY_HARVESTER_H
#define GATEWAY_HARVESTER_H

#include "base/err.h"
#include "cert/store.h"
#include "cert/trust.h"
#include "smime/verify.h"

struct harvester;

/* Starts the thread.  Borrows both, which must outlive it. */
int harvester_new(struct store *store, struct trust *trust,
    struct harvester **out, struct err *err) MUST_USE;

/* Writes what is queued, then ends the thread; NULL is fine. */
void harvester_free(struct harvester *h);

struct harvest_source {
	const char *queue_id;
	const char *from;	/* canonical; the only mailbox of From */
	const char *message_id; /* as in the header; NULL when absent */
	unsigned used; /* a set of store_used: what the message was made
	                * with; 0 when nothing is known */
};

/* Queues what there is to learn from an intact signature: the sender's
 * certificates when it is valid; when only trust is missing the same, but as
 * untrusted ones, and the authority that nobody knows (B6).  Everything is
 * copied.  Never blocks for long. */
void harvester_add(struct harvester *h, const struct harvest_source *source,
    const struct smime_verdict *verdict);

/* Queues that a signed message of ours has been sent to these canonical
 * addresses (B7).  Each is written once a day at most, several at a time.
 * Everything is copied.  Never blocks for long. */
void harvester_sent(
    struct harvester *h, const char *const *addresses, size_t count);

#endif
