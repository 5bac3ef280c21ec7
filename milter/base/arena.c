/* arena.c: see arena.h.  One arena belongs to one thread. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define ARENA_BLOCK_SIZE 8192

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

void
arena_fini(struct arena *a)
{
	struct arena_block *block, *next;

	for (block = a->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	arena_init(a, a->max);
}

static struct arena_block *
add_block(struct arena *a, size_t size)
{
	struct arena_block *block;

	if (size < ARENA_BLOCK_SIZE)
		size = ARENA_BLOCK_SIZE;
	block = xmalloc(sizeof(*block) + size);
	block->used = 0;
	block->size = size;
	block->next = a->blocks;
	a->blocks = block;
	return block;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *block = a->blocks;
	void *p;

	if (size > a->max - a->used)
		return NULL;
	size = (size + align - 1) / align * align;
	if (!block || size > block->size - block->used)
		block = add_block(a, size);
	p = memset(block->data + block->used, 0, size);
	block->used += size;
	a->used += size > a->max - a->used ? a->max - a->used : size;
	return p;
}

char *
arena_dup(struct arena *a, const void *data, size_t len)
{
	char *copy;

	if (len == (size_t)-1 || !(copy = arena_alloc(a, len + 1)))
		return NULL;
	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}
