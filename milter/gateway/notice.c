/* notice.c: see notice.h. */
#include "gateway/notice.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/lru.h"

struct notice {
	int refs;
	char *what;
	time_t said;
};

struct notices {
	struct lru *said; /* by subject */
	/* Of two threads that ask at once only one is told to speak. */
	pthread_mutex_t lock;
};

static void *
notice_ref(void *value)
{
	struct notice *notice = value;

	__atomic_add_fetch(&notice->refs, 1, __ATOMIC_RELAXED);
	return notice;
}

static void
notice_unref(void *value)
{
	struct notice *notice = value;

	if (__atomic_sub_fetch(&notice->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free(notice->what);
	free(notice);
}

static const struct lru_ops notice_ops = {notice_ref, notice_unref};

struct notices *
notices_new(void)
{
	struct notices *n = xcalloc(1, sizeof(*n));

	n->said = lru_new(LIMIT_CACHED_SENDERS, &notice_ops);
	pthread_mutex_init(&n->lock, NULL);
	return n;
}

void
notices_free(struct notices *n)
{
	if (!n)
		return;
	lru_free(n->said);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

static bool
is_said(struct notices *n, const char *subject, const char *what, time_t now)
{
	struct notice *last = lru_get(n->said, subject);
	bool said;

	if (!last)
		return false;
	said = strcmp(last->what, what) == 0 &&
	       now - last->said < LIMIT_REMINDER_SECONDS;
	notice_unref(last);
	return said;
}

bool
notices_due(
    struct notices *n, const char *subject, const char *what, time_t now)
{
	struct notice *notice;
	bool due;

	pthread_mutex_lock(&n->lock);
	due = !is_said(n, subject, what, now);
	if (due) {
		notice = xcalloc(1, sizeof(*notice));
		*notice = (struct notice){
		    .refs = 1, .what = xstrdup(what), .said = now};
		lru_put(n->said, subject, notice);
		notice_unref(notice);
	}
	pthread_mutex_unlock(&n->lock);
	return due;
}
