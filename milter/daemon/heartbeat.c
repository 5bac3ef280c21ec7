/*
 * heartbeat.c: see heartbeat.h.
 *
 * The lock is held during a beat: whoever ends the work then has the
 * connection for itself.  A beat writes six bytes into a socket that the mail
 * server reads, and does not wait.
 */
#include "daemon/heartbeat.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

struct heartbeat {
	int interval_ms;
	void (*beat)(void *arg);
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake; /* work where there was none, or the end */
	struct heartbeat_work *first;
	bool ending;
};

/* Beats for whom it is time, and returns when it is time again. */
static int64_t
beat_for_all(struct heartbeat *h)
{
	int64_t now = clock_monotonic_ms(), next = now + h->interval_ms;

	for (struct heartbeat_work *w = h->first; w; w = w->next) {
		if (w->due_ms <= now) {
			h->beat(w->arg);
			w->due_ms = now + h->interval_ms;
		}
		if (w->due_ms < next)
			next = w->due_ms;
	}
	return next;
}

static void
wait_until(struct heartbeat *h, int64_t moment)
{
	struct timespec until = {
	    .tv_sec = moment / 1000, .tv_nsec = moment % 1000 * 1000000};

	(void)pthread_cond_timedwait(&h->wake, &h->lock, &until);
}

static void *
run(void *arg)
{
	struct heartbeat *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->ending) {
		if (h->first)
			wait_until(h, beat_for_all(h));
		else
			pthread_cond_wait(&h->wake, &h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int
start(struct heartbeat *h)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, run, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static void
fini(struct heartbeat *h)
{
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

int
heartbeat_new(int interval_ms, void (*beat)(void *arg), struct heartbeat **out,
    struct err *err)
{
	struct heartbeat *h = xcalloc(1, sizeof(*h));
	pthread_condattr_t attributes;

	h->interval_ms = interval_ms;
	h->beat = beat;
	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&h->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	errno = start(h);
	if (errno) {
		fini(h);
		return err_set_errno(
		    err, ERR_TEMPORARY, "cannot start a thread");
	}
	*out = h;
	return 0;
}

void
heartbeat_free(struct heartbeat *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	fini(h);
}

void
heartbeat_begin(struct heartbeat *h, struct heartbeat_work *work, void *arg)
{
	work->arg = arg;
	work->due_ms = clock_monotonic_ms() + h->interval_ms;
	pthread_mutex_lock(&h->lock);
	if (!h->first)
		pthread_cond_signal(&h->wake);
	work->next = h->first;
	if (work->next)
		work->next->link = &work->next;
	work->link = &h->first;
	h->first = work;
	pthread_mutex_unlock(&h->lock);
}

void
heartbeat_end(struct heartbeat *h, struct heartbeat_work *work)
{
	pthread_mutex_lock(&h->lock);
	*work->link = work->next;
	if (work->next)
		work->next->link = work->link;
	pthread_mutex_unlock(&h->lock);
}
