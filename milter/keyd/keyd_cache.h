/*
 * keyd_cache.h: the keys that are loaded, by key id.
 *
 * Looking up is what every request does and runs in parallel.  When the
 * cache is full, a key that was not asked for lately makes room: its owner
 * hands it over again.
 */
#ifndef KEYD_KEYD_CACHE_H
#define KEYD_KEYD_CACHE_H

#include <stddef.h>

#include "keyd/keyd_key.h"

struct keyd_cache;

/* Holds at most max keys. */
struct keyd_cache *keyd_cache_new(size_t max);
void keyd_cache_free(struct keyd_cache *cache);

/* A reference to the key with that id, or NULL. */
struct keyd_key *keyd_cache_find(
    struct keyd_cache *cache, const unsigned char id[KEY_ID_SIZE]);

/* Takes a reference of its own, unless a key of the same id is there. */
void keyd_cache_add(struct keyd_cache *cache, struct keyd_key *key);

/* Keys in the cache. */
size_t keyd_cache_count(struct keyd_cache *cache);

#endif
