/*
 * keyd_cache.c: see keyd_cache.h.  Any thread.
 *
 * A hash table with chains.  Time is the number of keys that were added: a
 * look-up notes it in the entry, most often it is there already, and needs no
 * more than the read lock.  The oldest of a few entries makes room, which is
 * as good as the oldest of all.  Key ids are SHA-256 sums; their first bytes
 * are the hash.
 */
#include "keyd/keyd_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Entries that are looked at to find an old one. */
#define SAMPLE 32

struct entry {
	struct keyd_key *key;
	struct entry *next; /* in the chain */
	_Atomic uint64_t last_used;
};

struct keyd_cache {
	pthread_rwlock_t lock;
	size_t max;
	size_t count;
	size_t hand;	/* where the next sample begins */
	uint64_t added; /* the clock */
	size_t mask;
	struct entry **chains;
	struct entry *entries; /* the first count are in use */
};

/* A power of two of at least n. */
static size_t
table_size(size_t n)
{
	size_t size = 16;

	while (size < n)
		size *= 2;
	return size;
}

struct keyd_cache *
keyd_cache_new(size_t max)
{
	struct keyd_cache *cache = xcalloc(1, sizeof(*cache));
	size_t size = table_size(max);

	pthread_rwlock_init(&cache->lock, NULL);
	cache->max = max;
	cache->mask = size - 1;
	cache->chains = xcalloc(size, sizeof(struct entry *));
	cache->entries = xcalloc(max, sizeof(*cache->entries));
	return cache;
}

void
keyd_cache_free(struct keyd_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->count; i++)
		keyd_key_unref(cache->entries[i].key);
	pthread_rwlock_destroy(&cache->lock);
	free(cache->entries);
	free(cache->chains);
	free(cache);
}

static struct entry **
chain_of(struct keyd_cache *cache, const unsigned char *id)
{
	uint64_t hash;

	memcpy(&hash, id, sizeof(hash));
	return &cache->chains[hash & cache->mask];
}

static struct entry *
find_entry(struct keyd_cache *cache, const unsigned char *id)
{
	struct entry *e = *chain_of(cache, id);

	while (e && memcmp(e->key->id, id, KEY_ID_SIZE) != 0)
		e = e->next;
	return e;
}

struct keyd_key *
keyd_cache_find(struct keyd_cache *cache, const unsigned char id[KEY_ID_SIZE])
{
	struct keyd_key *key = NULL;
	struct entry *e;

	pthread_rwlock_rdlock(&cache->lock);
	e = find_entry(cache, id);
	if (e) {
		/* Writing only when needed keeps the line shared. */
		if (atomic_load_explicit(&e->last_used, memory_order_relaxed) !=
		    cache->added)
			atomic_store_explicit(
			    &e->last_used, cache->added, memory_order_relaxed);
		key = keyd_key_ref(e->key);
	}
	pthread_rwlock_unlock(&cache->lock);
	return key;
}

/* Empties the entry of a key that was not used for long. */
static struct entry *
evict(struct keyd_cache *cache)
{
	struct entry *victim = &cache->entries[cache->hand], **link;

	for (size_t i = 0; i < SAMPLE; i++) {
		struct entry *e = &cache->entries[cache->hand];

		if (atomic_load(&e->last_used) <
		    atomic_load(&victim->last_used))
			victim = e;
		cache->hand = (cache->hand + 1) % cache->max;
	}
	link = chain_of(cache, victim->key->id);
	while (*link != victim)
		link = &(*link)->next;
	*link = victim->next;
	keyd_key_unref(victim->key);
	return victim;
}

void
keyd_cache_add(struct keyd_cache *cache, struct keyd_key *key)
{
	struct entry *e, **chain;

	pthread_rwlock_wrlock(&cache->lock);
	if (!find_entry(cache, key->id)) {
		e = cache->count < cache->max ? &cache->entries[cache->count++]
					      : evict(cache);
		chain = chain_of(cache, key->id);
		e->key = keyd_key_ref(key);
		e->next = *chain;
		atomic_store(&e->last_used, ++cache->added);
		*chain = e;
	}
	pthread_rwlock_unlock(&cache->lock);
}

size_t
keyd_cache_count(struct keyd_cache *cache)
{
	size_t count;

	pthread_rwlock_rdlock(&cache->lock);
	count = cache->count;
	pthread_rwlock_unlock(&cache->lock);
	return count;
}
