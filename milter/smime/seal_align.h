/*
 * seal_align.h: which part of the message as it is now is which of those that
 * were; for seal_compare.c alone.
 */
#ifndef SMIME_SEAL_ALIGN_H
#define SMIME_SEAL_ALIGN_H

#include "smime/seal_comparing.h"

#define SEAL_NONE SIZE_MAX

/* The first child of a part that was there, or its next sibling, or
 * SEAL_NONE. */
size_t seal_was_child(const struct seal *was, size_t i);
size_t seal_was_next(const struct seal *was, size_t i);

/* The first node behind a node and all in it. */
size_t seal_node_end(const struct seal_comparing *c, size_t i);

/* Header or content is the same. */
bool seal_is_like(struct seal_comparing *c, size_t was, size_t node);

/* The children of one container, then and now. */
struct seal_family {
	size_t was[LIMIT_SEAL_PARTS];
	size_t was_count;
	size_t *now; /* nodes */
	size_t now_count;
	size_t mate[LIMIT_SEAL_PARTS]; /* place in now, or SEAL_NONE */
};

/* The children of the part was and of the node, nobody's mate yet; the caller
 * ends it with seal_family_fini. */
void seal_family_init(struct seal_family *f, const struct seal_comparing *c,
    size_t was, size_t node);
void seal_family_fini(struct seal_family *f);

/* Finds the mates of all that have one. */
void seal_family_align(struct seal_comparing *c, struct seal_family *f);

#endif
