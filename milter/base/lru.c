/*
 * lru.c: see lru.h.  A chained hash table whose entries also hang on a list
 * in order of use.  One lock, never held while a value is made or freed by
 * its last user.
 */
#include "base/lru.h"

#include <pthread.h>
#include <stdbool.h>
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
	size_t weight;
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
	size_t weight; /* of all values */
	struct lru_scale scale;
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

static size_t
no_weight(const void *value)
{
	(void)value;
	return 0;
}

struct lru *
lru_new(size_t max, const struct lru_ops *ops)
{
	static const struct lru_scale unlimited = {no_weight, SIZE_MAX};

	return lru_new_weighed(max, ops, &unlimited);
}

struct lru *
lru_new_weighed(
    size_t max, const struct lru_ops *ops, const struct lru_scale *scale)
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
	lru->scale = *scale;
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

/* Takes the entry out of the map; it is dropped after unlocking. */
static struct entry *
take_out(struct lru *lru, struct entry **place)
{
	struct entry *e = *place;

	*place = e->next;
	e->next = NULL;
	TAILQ_REMOVE(&lru->order, e, order);
	lru->count--;
	lru->weight -= e->weight;
	return e;
}

/* All that hang on one another, which are no longer in the map. */
static void
drop(const struct lru *lru, struct entry *gone)
{
	struct entry *e;

	while ((e = gone)) {
		gone = e->next;
		lru->ops->unref(e->value);
		free(e);
	}
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

static struct entry *
evict_last(struct lru *lru)
{
	struct entry *last = TAILQ_LAST(&lru->order, entry_list);

	return take_out(lru, find_place(lru, last->key, last->hash));
}

/* What has to go for one more of that weight, before gone. */
static struct entry *
make_room(struct lru *lru, size_t weight, struct entry *gone)
{
	struct entry *e;

	while (
	    lru->count == lru->max || lru->weight > lru->scale.max - weight) {
		e = evict_last(lru);
		e->next = gone;
		gone = e;
	}
	return gone;
}

static void
put_in(struct lru *lru, struct entry *e)
{
	struct entry **place = &lru->buckets[e->hash & lru->mask];

	e->next = *place;
	*place = e;
	TAILQ_INSERT_HEAD(&lru->order, e, order);
	lru->count++;
	lru->weight += e->weight;
}

static struct entry *
make_entry(const struct lru *lru, const char *key, void *value, size_t weight)
{
	size_t size = strlen(key) + 1;
	struct entry *e = xmalloc(sizeof(*e) + size);

	memcpy(e->key, key, size);
	e->hash = hash_key(lru, key);
	e->weight = weight;
	e->value = lru->ops->ref(value);
	return e;
}

void
lru_put(struct lru *lru, const char *key, void *value)
{
	size_t weight = lru->scale.weight(value);
	struct entry *e, **place, *gone = NULL;

	if (weight > lru->scale.max) {
		lru_remove(lru, key);
		return;
	}
	e = make_entry(lru, key, value, weight);
	pthread_mutex_lock(&lru->lock);
	place = find_place(lru, key, e->hash);
	if (*place)
		gone = take_out(lru, place);
	gone = make_room(lru, weight, gone);
	put_in(lru, e);
	pthread_mutex_unlock(&lru->lock);
	drop(lru, gone);
}

void
lru_remove(struct lru *lru, const char *key)
{
	uint64_t hash = hash_key(lru, key);
	struct entry **place, *gone = NULL;

	pthread_mutex_lock(&lru->lock);
	place = find_place(lru, key, hash);
	if (*place)
		gone = take_out(lru, place);
	pthread_mutex_unlock(&lru->lock);
	drop(lru, gone);
}

void
lru_clear(struct lru *lru)
{
	struct entry *gone;
	bool any;

	do {
		pthread_mutex_lock(&lru->lock);
		any = lru->count > 0;
		gone = any ? evict_last(lru) : NULL;
		pthread_mutex_unlock(&lru->lock);
		drop(lru, gone);
	} while (any);
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

/* --- sets --- */

/* What every text of a set stands for. */
static char present;

static void *
ref_nothing(void *value)
{
	return value;
}

static void
unref_nothing(void *value)
{
	(void)value;
}

struct lru *
lru_new_set(size_t max)
{
	static const struct lru_ops ops = {ref_nothing, unref_nothing};

	return lru_new(max, &ops);
}

void
lru_add(struct lru *set, const char *key)
{
	lru_put(set, key, &present);
}

bool
lru_has(struct lru *set, const char *key)
{
	return lru_get(set, key) != NULL;
}
