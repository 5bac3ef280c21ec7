/*
 * notice.h: what the operator is told once, and not with every message.
 *
 * Bounded and in memory only: after a reload, and a day later, what is still
 * so is said again.  Thread-safe.
 */
#ifndef GATEWAY_NOTICE_H
#define GATEWAY_NOTICE_H

#include <stdbool.h>
#include <time.h>

struct notices;

/* Never fails.  Nobody may ask any more when they are freed. */
struct notices *notices_new(void);
void notices_free(struct notices *n);

/* Is this to be said about subject now: for the first time, after something
 * else was said of it, or LIMIT_REMINDER_SECONDS later?  Then it counts as
 * said.  At most LIMIT_CACHED_SENDERS subjects are remembered. */
bool notices_due(
    struct notices *n, const char *subject, const char *what, time_t now);

#endif
