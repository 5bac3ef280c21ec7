/*
 * harvester.c: see harvester.h.
 *
 * harvester_add and harvester_sent run in the threads of mail and only count
 * references and copy addresses; everything else is done by the one thread
 * here, which takes all that is queued at a time.  A store that is away costs
 * what was queued, never mail.
 */
#include "gateway/harvester.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/lru.h"
#include "gateway/lesson.h"

#define DAY ((time_t)24 * 3600)

/* One of the two. */
struct item {
	struct item *next;
	size_t weight; /* in bytes */
	struct lesson *lesson;
	char **sent; /* to whom; behind the last one NULL */
};

struct harvester {
	struct store *store;
	struct trust *trust;
	struct lru *told; /* see was_told; day and address */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct item *queue; /* in order of arrival */
	struct item **last; /* where the next one is put */
	size_t count;
	size_t weight;
	bool stopping;
	unsigned long dropped; /* since the last line about it */
	int64_t complained_ms;
};

static void
item_free(struct item *item)
{
	if (item->lesson)
		lesson_free(item->lesson);
	for (char **address = item->sent; address && *address; address++)
		free(*address);
	free(item->sent);
	free(item);
}

/* --- to whom we wrote (B7) --- */

/* Has the store been told of this address today? */
static bool
was_told(struct harvester *h, time_t now, const char *address)
{
	char *key = xasprintf("%lld %s", (long long)(now / DAY), address);
	bool told = lru_has(h->told, key);

	free(key);
	return told;
}

static void
remember(struct harvester *h, time_t now, const char *address)
{
	char *key = xasprintf("%lld %s", (long long)(now / DAY), address);

	lru_add(h->told, key);
	free(key);
}

/* A store that is away will be told with the next mail. */
static void
tell(struct harvester *h, const char *const *addresses, size_t count)
{
	time_t now = clock_now();
	struct err err;

	if (count == 0)
		return;
	if (store_contacts_sent(h->store, addresses, count, now, &err) < 0) {
		log_warning("cannot remember to whom we wrote: %s", err.text);
		return;
	}
	for (size_t i = 0; i < count; i++)
		remember(h, now, addresses[i]);
}

/* All of a batch, some at a time: nobody else can write meanwhile. */
static void
tell_of_batch(struct harvester *h, const struct item *batch)
{
	const char *addresses[LIMIT_CONTACTS_AT_ONCE];
	size_t count = 0;

	for (; batch; batch = batch->next)
		for (char **a = batch->sent; a && *a; a++) {
			if (was_told(h, clock_now(), *a))
				continue;
			addresses[count++] = *a;
			if (count < LIMIT_CONTACTS_AT_ONCE)
				continue;
			tell(h, addresses, count);
			count = 0;
		}
	tell(h, addresses, count);
}

/* --- the thread --- */

static void
work(struct harvester *h, struct item *batch)
{
	struct item *item;

	tell_of_batch(h, batch);
	while ((item = batch)) {
		batch = item->next;
		if (item->lesson)
			lesson_learn(
			    item->lesson, h->store, h->trust, clock_now());
		item_free(item);
	}
}

/* Waits for a batch; false when it is the last one. */
static bool
wait_for_batch(struct harvester *h, struct item **batch)
{
	bool more;

	pthread_mutex_lock(&h->lock);
	while (!h->queue && !h->stopping)
		pthread_cond_wait(&h->wake, &h->lock);
	*batch = h->queue;
	h->queue = NULL;
	h->last = &h->queue;
	h->count = 0;
	h->weight = 0;
	more = !h->stopping;
	pthread_mutex_unlock(&h->lock);
	return more;
}

static void *
run(void *arg)
{
	struct harvester *h = arg;
	struct item *batch;
	bool more = true;

	while (more) {
		more = wait_for_batch(h, &batch);
		work(h, batch);
	}
	return NULL;
}

/* Signals belong to the threads that wait for them. */
static int
start(struct harvester *h)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, run, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

int
harvester_new(struct store *store, struct trust *trust, struct harvester **out,
    struct err *err)
{
	struct harvester *h = xcalloc(1, sizeof(*h));

	h->store = store;
	h->trust = trust;
	h->last = &h->queue;
	h->told = lru_new_set(LIMIT_CONTACTS_TOLD);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->wake, NULL);
	errno = start(h);
	if (errno != 0) {
		pthread_cond_destroy(&h->wake);
		pthread_mutex_destroy(&h->lock);
		lru_free(h->told);
		free(h);
		return err_set_errno(err, ERR_TEMPORARY, "no thread");
	}
	*out = h;
	return 0;
}

void
harvester_free(struct harvester *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	lru_free(h->told);
	free(h);
}

/* One line a minute at most, however much is dropped. */
static unsigned long
count_dropped(struct harvester *h)
{
	int64_t now = clock_monotonic_ms();
	unsigned long dropped = ++h->dropped;

	if (h->complained_ms != 0 &&
	    now - h->complained_ms < (int64_t)LIMIT_COMPLAINT_MS)
		return 0;
	h->complained_ms = now;
	h->dropped = 0;
	return dropped;
}

static void
add(struct harvester *h, struct item *item)
{
	unsigned long dropped = 0;

	pthread_mutex_lock(&h->lock);
	if (h->count < LIMIT_HARVEST_QUEUE &&
	    h->weight + item->weight <= (size_t)LIMIT_HARVEST_BYTES) {
		*h->last = item;
		h->last = &item->next;
		h->count++;
		h->weight += item->weight;
		item = NULL;
		pthread_cond_signal(&h->wake);
	} else {
		dropped = count_dropped(h);
	}
	pthread_mutex_unlock(&h->lock);
	if (item)
		item_free(item);
	if (dropped > 0)
		log_warning("certificates of %lu messages were not learned: "
			    "the store is slower than the mail",
		    dropped);
}

void
harvester_add(struct harvester *h, const struct harvest_source *source,
    const struct smime_verdict *verdict)
{
	struct item *item = xcalloc(1, sizeof(*item));

	item->lesson = lesson_new(source, verdict);
	item->weight = lesson_weight(item->lesson);
	add(h, item);
}

void
harvester_sent(struct harvester *h, const char *const *addresses, size_t count)
{
	struct item *item = xcalloc(1, sizeof(*item));
	size_t n = 0;

	item->sent = xcalloc(count + 1, sizeof(*item->sent));
	for (size_t i = 0; i < count; i++) {
		if (was_told(h, clock_now(), addresses[i]))
			continue;
		item->sent[n] = xstrdup(addresses[i]);
		item->weight += strlen(item->sent[n++]);
	}
	if (n > 0)
		add(h, item);
	else
		item_free(item);
}
