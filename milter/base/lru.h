/*
 * lru.h: a bounded map from text to counted objects, for caches.
 *
 * Thread-safe.  The map holds a reference of its own on every value; get
 * hands out another one.  What was used least recently goes first.  Where
 * values differ much in size, their number is no bound for memory: such a map
 * counts their weights, too.
 */
#ifndef BASE_LRU_H
#define BASE_LRU_H

#include <stdbool.h>
#include <stddef.h>

struct lru;

struct lru_ops {
	void *(*ref)(void *value);  /* one more reference; returns value */
	void (*unref)(void *value); /* one reference less */
};

/* At most max entries. */
struct lru *lru_new(size_t max, const struct lru_ops *ops);

/* What values weigh, each always the same, and may weigh together. */
struct lru_scale {
	size_t (*weight)(const void *value);
	size_t max;
};

/* At most max entries, and no more than the scale allows. */
struct lru *lru_new_weighed(
    size_t max, const struct lru_ops *ops, const struct lru_scale *scale);

/* At most max texts, which stand for nothing but themselves: for lru_add and
 * lru_has, and not for lru_put and lru_get. */
struct lru *lru_new_set(size_t max);

void lru_free(struct lru *lru);

/* A new reference on the value, or NULL when key is not there. */
void *lru_get(struct lru *lru, const char *key);

/* Keeps a reference of its own on value; replaces what was there.  A value
 * that alone weighs too much is not kept. */
void lru_put(struct lru *lru, const char *key, void *value);

/* Of a set.  Whether a text is there counts as using it. */
void lru_add(struct lru *set, const char *key);
bool lru_has(struct lru *set, const char *key);

void lru_remove(struct lru *lru, const char *key);
void lru_clear(struct lru *lru);

#endif
