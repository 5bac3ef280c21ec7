/*
 * rate.c: see rate.h.
 *
 * A token bucket for each identity, kept as the moment at which it will be
 * full again (the generic cell rate algorithm): each message moves that moment
 * by a share of an hour, and none may move it further ahead than an hour.  So
 * an entry whose moment has passed says nothing, and may be forgotten.
 */
#include "gateway/rate.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/lru.h"

#define HOUR_US INT64_C(3600000000)

struct bucket {
	int refs;
	int64_t full_us; /* when it is full again */
};

struct rates {
	int64_t share_us; /* of an hour, for one message; 0: no limit */
	struct lru *buckets;
	/* Of two threads that take the last token only one gets it. */
	pthread_mutex_t lock;
};

static void *
bucket_ref(void *value)
{
	struct bucket *bucket = value;

	__atomic_add_fetch(&bucket->refs, 1, __ATOMIC_RELAXED);
	return bucket;
}

static void
bucket_unref(void *value)
{
	struct bucket *bucket = value;

	if (__atomic_sub_fetch(&bucket->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(bucket);
}

static const struct lru_ops bucket_ops = {bucket_ref, bucket_unref};

struct rates *
rates_new(unsigned per_hour)
{
	struct rates *r = xcalloc(1, sizeof(*r));

	r->share_us = per_hour > 0 ? HOUR_US / per_hour : 0;
	r->buckets = lru_new(LIMIT_RATED_IDENTITIES, &bucket_ops);
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void
rates_free(struct rates *r)
{
	if (!r)
		return;
	lru_free(r->buckets);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct bucket *
find_bucket(struct rates *r, const char *identity)
{
	struct bucket *bucket = lru_get(r->buckets, identity);

	if (bucket)
		return bucket;
	bucket = xcalloc(1, sizeof(*bucket));
	bucket->refs = 1;
	lru_put(r->buckets, identity, bucket);
	return bucket;
}

static bool
take(const struct rates *r, struct bucket *bucket, int64_t now_us)
{
	int64_t full = bucket->full_us > now_us ? bucket->full_us : now_us;

	if (full + r->share_us - now_us > HOUR_US)
		return false;
	bucket->full_us = full + r->share_us;
	return true;
}

bool
rates_take(struct rates *r, const char *identity, int64_t now_ms)
{
	struct bucket *bucket;
	bool taken;

	if (r->share_us == 0)
		return true;
	pthread_mutex_lock(&r->lock);
	bucket = find_bucket(r, identity);
	taken = take(r, bucket, now_ms * 1000);
	pthread_mutex_unlock(&r->lock);
	bucket_unref(bucket);
	return taken;
}
