/*
 * relay_wait.h: waiting up to a deadline, and telling somebody meanwhile that
 * we are still alive.
 */
#ifndef RELAY_RELAY_WAIT_H
#define RELAY_RELAY_WAIT_H

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct relay_wait {
	void (*progress)(void *arg); /* or NULL */
	void *arg;
	int64_t told_at;
};

void relay_wait_init(
    struct relay_wait *wait, void (*progress)(void *arg), void *arg);

/* Calls progress when that was LIMIT_RELAY_PROGRESS ago.  For long work;
 * whoever waits has it from the functions below. */
void relay_wait_tell(struct relay_wait *wait);

/* The moment to wait for: of the next relay_wait_tell, or the deadline when
 * that is earlier. */
deadline_t relay_wait_until(const struct relay_wait *wait, deadline_t deadline);

/* Waits until fd is ready for some of events (poll(2)); *ready tells for
 * which, or that it failed.  Temporary error at the deadline, and after it
 * even when fd is ready: a peer that keeps us busy gains nothing. */
int relay_wait_fd(struct relay_wait *wait, int fd, short events,
    deadline_t deadline, short *ready, struct err *err) MUST_USE;

#endif
