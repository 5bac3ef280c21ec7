/*
 * arena.h: memory that is released all at once.
 *
 * For trees whose size a message decides: the cap bounds them, and one call
 * frees them, whatever ended the message.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes handed out */
	size_t max;  /* cap of used */
};

/* An arena that hands out at most max bytes. */
void arena_init(struct arena *a, size_t max);

/* Releases everything that was handed out. */
void arena_fini(struct arena *a);

/* Zeroed memory, aligned for any object; NULL when the cap is reached. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of len bytes with a NUL behind them; NULL when the cap is reached. */
char *arena_dup(struct arena *a, const void *data, size_t len);

#endif
