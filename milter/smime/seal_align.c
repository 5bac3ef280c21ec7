/*
 * seal_align.c: see seal_align.h.
 *
 * The children of two containers are aligned: first what is the same, in
 * order; between those by likeness; then one after the other.  There are at
 * most LIMIT_SEAL_PARTS on one side, so that the whole is linear in the
 * message.  Any thread.
 */
#include "smime/seal_align.h"

#include <stdlib.h>

#include "base/alloc.h"

size_t
seal_was_child(const struct seal *was, size_t i)
{
	size_t next = i + 1;

	return next < was->count && was->parts[next].depth > was->parts[i].depth
		   ? next
		   : SEAL_NONE;
}

size_t
seal_was_next(const struct seal *was, size_t i)
{
	unsigned depth = was->parts[i].depth;

	while (++i < was->count && was->parts[i].depth > depth)
		;
	return i < was->count && was->parts[i].depth == depth ? i : SEAL_NONE;
}

size_t
seal_node_end(const struct seal_comparing *c, size_t i)
{
	unsigned depth = c->nodes[i].part->depth;

	while (++i < c->count && c->nodes[i].part->depth > depth)
		;
	return i;
}

void
seal_family_init(struct seal_family *f, const struct seal_comparing *c,
    size_t was, size_t node)
{
	size_t end = seal_node_end(c, node);

	*f = (struct seal_family){0};
	for (size_t i = seal_was_child(c->was, was); i != SEAL_NONE;
	     i = seal_was_next(c->was, i)) {
		f->mate[f->was_count] = SEAL_NONE;
		f->was[f->was_count++] = i;
	}
	f->now = xcalloc(end - node, sizeof(*f->now));
	for (size_t i = node + 1; i < end; i = seal_node_end(c, i))
		f->now[f->now_count++] = i;
}

void
seal_family_fini(struct seal_family *f)
{
	free(f->now);
}

/* Of a container, what is its own. */
static bool
is_same(struct seal_comparing *c, size_t was, size_t node)
{
	const struct seal_part *p = &c->was->parts[was];
	const struct seal_part *q = &c->nodes[node].now;

	return p->kind == q->kind && p->cte == q->cte &&
	       seal_bytes_equal(&p->raw, &q->raw) &&
	       (p->loose || seal_bytes_equal(&p->glue, &q->glue)) &&
	       seal_header_is_same(c, was, &c->nodes[node]);
}

bool
seal_is_like(struct seal_comparing *c, size_t was, size_t node)
{
	const struct seal_part *p = &c->was->parts[was];
	const struct seal_part *q = &c->nodes[node].now;

	if (p->kind == MIME_LEAF && q->kind == MIME_LEAF &&
	    p->decoded.len > 0 && seal_bytes_equal(&p->decoded, &q->decoded))
		return true;
	return seal_header_is_same(c, was, &c->nodes[node]);
}

typedef bool likeness(struct seal_comparing *c, size_t was, size_t node);

/* Runs of children between two that are mates. */
struct gap {
	size_t was, was_end;
	size_t now, now_end;
};

/* For each child that was there the first that is there and left. */
static void
candidates_find(struct seal_comparing *c, const struct seal_family *f,
    const struct gap *gap, likeness *fits, size_t *candidates)
{
	bool *taken = xcalloc(f->now_count + 1, sizeof(*taken));

	for (size_t i = gap->was; i < gap->was_end; i++) {
		size_t j = gap->now;

		while (j < gap->now_end &&
		       (taken[j] || !fits(c, f->was[i], f->now[j])))
			j++;
		candidates[i] = j < gap->now_end ? j : SEAL_NONE;
		taken[j < gap->now_end ? j : f->now_count] = true;
	}
	free(taken);
}

/* Mates the most candidates that are in order: the longest rising run, by the
 * book. */
static void
mate(struct seal_comparing *c, struct seal_family *f, const struct gap *gap,
    likeness *fits)
{
	size_t candidates[LIMIT_SEAL_PARTS], length[LIMIT_SEAL_PARTS];
	size_t before[LIMIT_SEAL_PARTS], best = SEAL_NONE;

	candidates_find(c, f, gap, fits, candidates);
	for (size_t i = gap->was; i < gap->was_end; i++) {
		length[i] = candidates[i] == SEAL_NONE ? 0 : 1;
		before[i] = SEAL_NONE;
		for (size_t k = gap->was; k < i; k++) {
			if (length[i] == 0 || length[k] < length[i] ||
			    candidates[k] > candidates[i])
				continue;
			length[i] = length[k] + 1;
			before[i] = k;
		}
		if (length[i] > 0 &&
		    (best == SEAL_NONE || length[i] > length[best]))
			best = i;
	}
	for (; best != SEAL_NONE; best = before[best])
		f->mate[best] = candidates[best];
}

/* Whatever is left: one after the other. */
static void
mate_rest(struct seal_comparing *c, struct seal_family *f,
    const struct gap *gap, likeness *unused)
{
	(void)c;
	(void)unused;
	for (size_t i = gap->was, j = gap->now;
	     i < gap->was_end && j < gap->now_end; i++, j++)
		f->mate[i] = j;
}

typedef void mating(struct seal_comparing *c, struct seal_family *f,
    const struct gap *gap, likeness *fits);

/* Mates within each run of children between two that are mates already. */
static void
mate_gaps(
    struct seal_comparing *c, struct seal_family *f, mating *by, likeness *fits)
{
	struct gap gap = {0};

	for (size_t i = 0; i <= f->was_count; i++) {
		if (i < f->was_count && f->mate[i] == SEAL_NONE)
			continue;
		gap.was_end = i;
		gap.now_end = i < f->was_count ? f->mate[i] : f->now_count;
		if (gap.was < gap.was_end && gap.now < gap.now_end)
			by(c, f, &gap, fits);
		gap.was = i + 1;
		gap.now = gap.now_end + 1;
	}
}

void
seal_family_align(struct seal_comparing *c, struct seal_family *f)
{
	mate_gaps(c, f, mate, is_same);
	mate_gaps(c, f, mate, seal_is_like);
	mate_gaps(c, f, mate_rest, NULL);
}
