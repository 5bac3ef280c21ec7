/*
 * relay_slots.c: see relay_slots.h.  Any number of threads; the lock is held
 * for a few pointer moves, never while somebody is told anything.
 */
#include "relay/relay_slots.h"

#include <stdbool.h>

void
relay_slots_init(struct relay_slots *slots, unsigned max)
{
	pthread_condattr_t attributes;

	*slots = (struct relay_slots){.free = max, .max = max};
	pthread_mutex_init(&slots->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&slots->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

void
relay_slots_fini(struct relay_slots *slots)
{
	pthread_cond_destroy(&slots->changed);
	pthread_mutex_destroy(&slots->lock);
}

static struct relay_waiter **
find(struct relay_slots *slots, const struct relay_waiter *waiter)
{
	struct relay_waiter **p = &slots->first;

	while (*p != waiter)
		p = &(*p)->next;
	return p;
}

/* It is our turn, and there is enough: takes it. */
static bool
try(struct relay_slots *slots, const struct relay_waiter *self, unsigned n)
{
	if (slots->first != self || slots->free < n)
		return false;
	slots->free -= n;
	return true;
}

/* Waits, locked, until something changes or a second has passed. */
static void
doze(struct relay_slots *slots, struct relay_wait *wait, deadline_t deadline)
{
	deadline_t moment = relay_wait_until(wait, deadline);
	struct timespec until = {
	    .tv_sec = moment / 1000, .tv_nsec = moment % 1000 * 1000000};

	pthread_cond_timedwait(&slots->changed, &slots->lock, &until);
	pthread_mutex_unlock(&slots->lock);
	relay_wait_tell(wait);
	pthread_mutex_lock(&slots->lock);
}

int
relay_slots_take(struct relay_slots *slots, unsigned n, struct relay_wait *wait,
    deadline_t deadline, struct err *err)
{
	struct relay_waiter self = {.next = NULL};
	bool taken;

	if (n > slots->max)
		return err_set(err, ERR_PERMANENT,
		    "%u copies, but only %u connections", n, slots->max);
	pthread_mutex_lock(&slots->lock);
	*find(slots, NULL) = &self;
	while (!(taken = try(slots, &self, n)) && deadline_left(deadline) > 0)
		doze(slots, wait, deadline);
	*find(slots, &self) = self.next;
	pthread_cond_broadcast(&slots->changed);
	pthread_mutex_unlock(&slots->lock);
	if (!taken)
		return err_set(err, ERR_TEMPORARY,
		    "all %u connections are in use", slots->max);
	return 0;
}

void
relay_slots_give(struct relay_slots *slots, unsigned n)
{
	pthread_mutex_lock(&slots->lock);
	slots->free += n;
	pthread_cond_broadcast(&slots->changed);
	pthread_mutex_unlock(&slots->lock);
}
