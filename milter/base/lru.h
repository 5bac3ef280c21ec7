/*
 * lru.h: a bounded map from text to counted objects, for caches.
 *
 * Thread-safe.  The map holds a reference of its own on every value; get
 * hands out another one.  What was used least recently goes first.
 */
#ifndef BASE_LRU_H
#define BASE_LRU_H

#include <stddef.h>

struct lru;

struct lru_ops {
	void *(*ref)(void *value);  /* one more reference; returns value */
	void (*unref)(void *value); /* one reference less */
};

/* At most max entries. */
struct lru *lru_new(size_t max, const struct lru_ops *ops);
void lru_free(struct lru *lru);

/* A new reference on the value, or NULL when key is not there. */
void *lru_get(struct lru *lru, const char *key);

/* Keeps a reference of its own on value; replaces what was there. */
void lru_put(struct lru *lru, const char *key, void *value);

void lru_remove(struct lru *lru, const char *key);
void lru_clear(struct lru *lru);

#endif
