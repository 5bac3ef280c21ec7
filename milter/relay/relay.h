/*
 * relay.h: hands finished copies of a message to the mail server's
 * reinjection listener, by SMTP, in two steps.
 *
 *   relay_batch_prepare   each copy on a connection of its own: everything
 *                         but the final dot
 *   relay_batch_commit    the final dots
 *
 * Between them the caller makes sure that his own edits of the message are
 * accepted.  Until its dot has gone out the server keeps nothing of a copy:
 * relay_batch_free, or the death of the process, closes the connections, and
 * every trace of it is gone.
 *
 * The bytes of all copies must be ready before the first step: while a copy
 * waits for its dot the server's own time-out runs (Postfix: smtpd_timeout,
 * 300 s; Sendmail: Timeout.datablock, an hour).
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "relay/relay_copy.h"

/* Where to, and how long to wait. */
struct relay_config {
	/* "smtp://127.0.0.1:10026", "smtp://[::1]:10026", or a host name. */
	const char *reinject;
	/* At a time, by all messages together; at most LIMIT_RELAY_COPIES,
	 * and fewer than the listener has processes. */
	unsigned connections;
	int connect_ms; /* to connect, be greeted and hear the extensions */
	/* No final dot is sent when less than this is left for its answer:
	 * a dot without an answer is the one thing nobody can repair. */
	int answer_ms;
};

/* The listener, and who may talk to it; shared by all threads. */
struct relay;

/* Looks up a host name, which may wait for DNS: call this when the
 * configuration is read, never while there is mail.  Permanent error when
 * config is not usable, temporary when the name cannot be looked up.  config
 * is not needed afterwards. */
int relay_new(const struct relay_config *config, struct relay **out,
    struct err *err) MUST_USE;
/* Every batch must have been freed.  NULL is fine. */
void relay_free(struct relay *relay);

/* The caller's patience with all copies of one message. */
struct relay_patience {
	deadline_t deadline; /* over everything, both steps */
	/* When not NULL, called from the caller's thread at least once a
	 * second while there is anything to wait for. */
	void (*progress)(void *arg);
	void *arg;
};

/* All copies of one message; belongs to one thread. */
struct relay_batch;

/* Does nothing yet.  Borrows all arguments but patience, and the bytes that
 * copies point to, until relay_batch_free. */
struct relay_batch *relay_batch_new(struct relay *relay,
    const struct relay_copy *copies, size_t count,
    const struct relay_patience *patience);

/* Before the second step, when somebody wants to know at once: each copy that
 * the server has taken over is told, by its number, before the next dot. */
void relay_batch_tell(struct relay_batch *batch,
    void (*committed)(void *arg, size_t n), void *arg);

/* Gives up what has not been committed: the server keeps nothing of it.
 * NULL is fine. */
void relay_batch_free(struct relay_batch *batch);

/* The first step: all or nothing.  Waits for as many free connections as
 * there are copies, then sends one copy after the other.  -1 when one of
 * them cannot be sent as it is, in time and to each of its recipients; then
 * nothing of any copy is left anywhere, and the outcomes tell which one, and
 * why.  The class of err is permanent when trying again would not help. */
int relay_batch_prepare(struct relay_batch *batch, struct err *err) MUST_USE;

/*
 * The second step, once, after a prepare that succeeded: the dots, one copy
 * after the other, in their order, each only after the answer to the one
 * before.  Ends at the first that is not accepted; so at most one copy is
 * RELAY_UNKNOWN, and nothing behind it has been sent.  0 when all copies are
 * RELAY_COMMITTED; otherwise the outcomes tell of each.
 */
int relay_batch_commit(struct relay_batch *batch, struct err *err) MUST_USE;

/* What became of copy number n; valid until relay_batch_free. */
const struct relay_outcome *relay_batch_outcome(
    const struct relay_batch *batch, size_t n);

#endif
