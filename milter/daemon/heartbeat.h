/*
 * heartbeat.h: the sign of life that a mail server wants while its message is
 * worked on.
 *
 * Sendmail gives up a milter that says nothing for a few seconds (R of its
 * T=, 10 by default), Postfix after milter_content_timeout.  One thread says
 * it for all messages, so that nothing else needs to think of it: neither who
 * waits for smime-keyd or the store, nor who works on 150 MB.
 */
#ifndef DAEMON_HEARTBEAT_H
#define DAEMON_HEARTBEAT_H

#include <stdint.h>

#include "base/err.h"

struct heartbeat;

/* A message that is worked on; the caller's storage, from begin to end. */
struct heartbeat_work {
	struct heartbeat_work *next;
	struct heartbeat_work **link; /* what points to this one */
	void *arg;
	int64_t due_ms; /* of the monotonic clock */
};

/* Starts the thread; beat is called by it, never for two works at once, every
 * interval_ms for each work.  Temporary error: there can be no thread. */
int heartbeat_new(int interval_ms, void (*beat)(void *arg),
    struct heartbeat **out, struct err *err) MUST_USE;

/* There must be no work left.  NULL is ignored. */
void heartbeat_free(struct heartbeat *h);

/* Between the two, beat(arg) is called now and then.  The first time is an
 * interval from now; after the end it is not called any more, nor is it in
 * the middle of a call.  Any thread. */
void heartbeat_begin(
    struct heartbeat *h, struct heartbeat_work *work, void *arg);
void heartbeat_end(struct heartbeat *h, struct heartbeat_work *work);

#endif
