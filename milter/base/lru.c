/*
 * lru.c: see lru.h.  A chained hash table whose entries also hang on a list
 * in order of use.  One lock, never held while a value is made or freed by
 * its last user.
 */
#include "base/lru.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "base/alloc.h"

struct entry {
	TAILQ_ENTRY(entry) order; /* most recently used first */
	struct entry *next;	  /* same bucket */
	uint64_t hash;
	void *value;
	char key[];
};

TAILQ_HEAD(entry_list, entry);

struct lru {
	pthread_mutex_t lock;
	const struct lru_ops *ops;
	struct entry_list order;
	struct entry **buckets;
	size_t mask;
	size_t count;
	size_t max;
	uint64_t seed;
};

/* FNV-1a from a random start: keys are addresses that strangers choose, and
 * a bounded map keeps chains short even against chosen collisions. */
static uint64_t
hash_key(const struct lru *lru, const char *key)
{
	uint64_t hash = lru->seed;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

struct lru *
lru_new(size_t max, const struct lru_ops *ops)
{
	struct lru *lru = xcalloc(1, sizeof(*lru));
	size_t buckets = 16;

	while (buckets < max)
		buckets *= 2;
	pthread_mutex_init(&lru->lock, NULL);
	TAILQ_INIT(&lru->order);
	lru->ops = ops;
	lru->buckets = xcalloc(buckets, sizeof(*lru->buckets));
	lru->mask = buckets - 1;
	lru->max = max;
	lru->seed = UINT64_C(0xcbf29ce484222325);
	if (getrandom(&lru->seed, sizeof(lru->seed), 0) < 0)
		lru->seed ^= (uintptr_t)lru;
	return lru;
}

static struct entry **
find_place(struct lru *lru, const char *key, uint64_t hash)
{
	struct entry **place = &lru->buckets[hash & lru->mask];

	while (*place &&
	       ((*place)->hash != hash || strcmp((*place)->key, key) != 0))
		place = &(*place)->next;
	return place;
}

/* Takes the entry out and returns its value, whose reference the caller
 * drops after unlocking. */
static void *
take_out(struct lru *lru, struct entry **place)
{
	struct entry *e = *place;
	void *value = e->value;

	*place = e->next;
	TAILQ_REMOVE(&lru->order, e, order);
	lru->count--;
	free(e);
	return value;
}

void *
lru_get(struct lru *lru, const char *key)
{
	uint64_t hash = hash_key(lru, key);
	struct entry *e;
	void *value = NULL;

	pthread_mutex_lock(&lru->lock);
	e = *find_place(lru, key, hash);
	if (e) {
		value = lru->ops->ref(e->value);
		TAILQ_REMOVE(&lru->order, e, order);
		TAILQ_INSERT_HEAD(&lru->order, e, order);
	}
	pthread_mutex_unlock(&lru->lock);
	return value;
}

static void *
evict_last(struct lru *lru)
{
	struct entry *last = TAILQ_LAST(&lru->order, entry_list);

	return take_out(lru, find_place(lru, last->key, last->hash));
}

void
lru_put(struct lru *lru, const char *key, void *value)
{
	size_t size = strlen(key) + 1;
	struct entry *e = xmalloc(sizeof(*e) + size), **place;
	void *dropped = NULL;

	memcpy(e->key, key, size);
	e->hash = hash_key(lru, key);
	e->value = lru->ops->ref(value);
	pthread_mutex_lock(&lru->lock);
	place = find_place(lru, key, e->hash);
	if (*place)
		dropped = take_out(lru, place);
	else if (lru->count == lru->max)
		dropped = evict_last(lru);
	place = &lru->buckets[e->hash & lru->mask];
	e->next = *place;
	*place = e;
	TAILQ_INSERT_HEAD(&lru->order, e, order);
	lru->count++;
	pthread_mutex_unlock(&lru->lock);
	if (dropped)
		lru->ops->unref(dropped);
}

void
lru_remove(struct lru *lru, const char *key)
{
	uint64_t hash = hash_key(lru, key);
	struct entry **place;
	void *dropped = NULL;

	pthread_mutex_lock(&lru->lock);
	place = find_place(lru, key, hash);
	if (*place)
		dropped = take_out(lru, place);
	pthread_mutex_unlock(&lru->lock);
	if (dropped)
		lru->ops->unref(dropped);
}

void
lru_clear(struct lru *lru)
{
	void *dropped;

	do {
		dropped = NULL;
		pthread_mutex_lock(&lru->lock);
		if (lru->count > 0)
			dropped = evict_last(lru);
		pthread_mutex_unlock(&lru->lock);
		if (dropped)
			lru->ops->unref(dropped);
	} while (dropped);
}

void
lru_free(struct lru *lru)
{
	if (!lru)
		return;
	lru_clear(lru);
	pthread_mutex_destroy(&lru->lock);
	free(lru->buckets);
	free(lru);
}
