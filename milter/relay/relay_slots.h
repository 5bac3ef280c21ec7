/*
 * relay_slots.h: how many connections there may be, shared by all threads.
 *
 * A message needs one for each of its copies at the same time.  It gets all
 * of them at once or none: two messages that each hold half of what they need
 * would wait for each other.  Who comes first is served first, so that a
 * message with many copies gets its turn.
 */
#ifndef RELAY_RELAY_SLOTS_H
#define RELAY_RELAY_SLOTS_H

#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"
#include "relay/relay_wait.h"

/* Lives on the stack of the thread that waits. */
struct relay_waiter {
	struct relay_waiter *next;
};

struct relay_slots {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned free, max;
	struct relay_waiter *first; /* who waits, the oldest first */
};

/* max: how many there are. */
void relay_slots_init(struct relay_slots *slots, unsigned max);
/* Nobody waits or holds any. */
void relay_slots_fini(struct relay_slots *slots);

/* Waits for n slots, which are then the caller's.  Permanent error when there
 * are not so many, temporary at the deadline. */
int relay_slots_take(struct relay_slots *slots, unsigned n,
    struct relay_wait *wait, deadline_t deadline, struct err *err) MUST_USE;

/* Gives back n of those that were taken; whoever waits is woken. */
void relay_slots_give(struct relay_slots *slots, unsigned n);

#endif
