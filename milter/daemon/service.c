/* service.c: see service.h.  Any thread; the lock is held for a few
 * instructions only, never while a gateway is made or freed. */
#include "daemon/service.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"

struct service {
	pthread_mutex_t lock;
	pthread_cond_t changed;	 /* a message has left */
	struct gateway *gateway; /* NULL: ended */
	unsigned in_flight;
	unsigned connections;
};

struct service *
service_new(struct gateway *gateway)
{
	struct service *s = xcalloc(1, sizeof(*s));
	pthread_condattr_t attributes;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	s->gateway = gateway;
	return s;
}

void
service_free(struct service *s)
{
	gateway_unref(&s->gateway);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct gateway *
service_gateway(struct service *s)
{
	struct gateway *gateway;

	pthread_mutex_lock(&s->lock);
	gateway = s->gateway ? gateway_ref(s->gateway) : NULL;
	pthread_mutex_unlock(&s->lock);
	return gateway;
}

static void
exchange(struct service *s, struct gateway *gateway)
{
	struct gateway *old;

	pthread_mutex_lock(&s->lock);
	old = s->gateway;
	s->gateway = gateway;
	pthread_mutex_unlock(&s->lock);
	gateway_unref(&old);
}

void
service_replace(struct service *s, struct gateway *gateway)
{
	exchange(s, gateway);
}

bool
service_enter(struct service *s)
{
	bool is_open;

	pthread_mutex_lock(&s->lock);
	is_open = s->gateway != NULL;
	if (is_open)
		s->in_flight++;
	pthread_mutex_unlock(&s->lock);
	return is_open;
}

void
service_leave(struct service *s)
{
	pthread_mutex_lock(&s->lock);
	s->in_flight--;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void
service_connected(struct service *s)
{
	pthread_mutex_lock(&s->lock);
	s->connections++;
	pthread_mutex_unlock(&s->lock);
}

void
service_disconnected(struct service *s)
{
	pthread_mutex_lock(&s->lock);
	s->connections--;
	pthread_mutex_unlock(&s->lock);
}

unsigned
service_end(struct service *s, deadline_t deadline)
{
	struct timespec until = {
	    .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};
	unsigned left;

	exchange(s, NULL);
	pthread_mutex_lock(&s->lock);
	while (s->in_flight > 0)
		if (pthread_cond_timedwait(&s->changed, &s->lock, &until) ==
		    ETIMEDOUT)
			break;
	left = s->in_flight;
	pthread_mutex_unlock(&s->lock);
	return left;
}

bool
service_is_idle(struct service *s)
{
	bool idle;

	pthread_mutex_lock(&s->lock);
	idle = s->in_flight == 0 && s->connections == 0;
	pthread_mutex_unlock(&s->lock);
	return idle;
}
