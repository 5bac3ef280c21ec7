/*
 * seal_compare.c: see seal_compare.h.
 *
 * Both messages are walked container by container, from the root inwards;
 * which part is which, seal_align.c says, and what happened inside of a leaf,
 * seal_leaf.c.  A fingerprint has few parts, so that the walk is short and its
 * list of what to look at next has a fixed size.  Any thread.
 */
#include "smime/seal_compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "smime/seal_align.h"
#include "smime/seal_findings.h"

/* --- both messages --- */

/* All parts of what is compared. */
static int
nodes_take(
    struct seal_comparing *c, const struct mime_part *root, struct err *err)
{
	const struct mime_part *end = mime_part_after(root), *part;
	size_t count = 0;

	for (part = root; part != end; part = mime_part_next(part))
		count++;
	c->nodes = xcalloc(count, sizeof(*c->nodes));
	for (part = root; part != end; part = mime_part_next(part)) {
		struct seal_node *node = &c->nodes[c->count++];

		node->part = part;
		if (seal_part_take(
			&c->d, part, c->opts->spool, &node->now, err))
			return -1;
	}
	return 0;
}

static void
add_now(struct seal_comparing *c, enum seal_change change, size_t node,
    uint64_t bytes)
{
	seal_findings_add_part(c->out, change, c->nodes[node].part, bytes);
}

static void
add_lost(struct seal_comparing *c, enum seal_change change, size_t was,
    uint64_t bytes)
{
	seal_findings_add(
	    c->out, seal_finding_lost(change, c->was, was, bytes));
}

static void
add_lost_part(struct seal_comparing *c, size_t was)
{
	add_lost(c, SEAL_PART_REMOVED, was, c->was->parts[was].decoded.len);
}

static void
add_new_part(struct seal_comparing *c, size_t node)
{
	add_now(c, SEAL_PART_ADDED, node, c->nodes[node].now.decoded.len);
}

/* --- what is there on one side only --- */

/* The fingerprint ends within this container: it may have had more. */
static bool
is_open_ended(const struct seal *was, size_t i)
{
	unsigned depth = was->parts[i].depth;

	if (was->rest.len == 0)
		return false;
	while (++i < was->count)
		if (was->parts[i].depth <= depth)
			return false;
	return true;
}

/* true: there was any. */
static bool
strangers_find(
    struct seal_comparing *c, const struct seal_family *f, size_t was)
{
	bool *mated = xcalloc(f->now_count + 1, sizeof(*mated)), any = false;
	size_t end = f->now_count;

	if (is_open_ended(c->was, was))
		end = f->was_count > 0 && f->mate[f->was_count - 1] != SEAL_NONE
			  ? f->mate[f->was_count - 1]
			  : 0;
	for (size_t i = 0; i < f->was_count; i++) {
		if (f->mate[i] != SEAL_NONE) {
			mated[f->mate[i]] = true;
			continue;
		}
		add_lost_part(c, f->was[i]);
		any = true;
	}
	for (size_t j = 0; j < end; j++) {
		if (mated[j])
			continue;
		add_new_part(c, f->now[j]);
		any = true;
	}
	free(mated);
	return any;
}

/* --- containers --- */

/* What stands before the first part and behind the last.  true: something was
 * found.  Of the message itself, nobody is shown what is before. */
static bool
ends_find(struct seal_comparing *c, size_t was, size_t node)
{
	const struct seal_part *p = &c->was->parts[was];
	const struct seal_part *q = &c->nodes[node].now;
	const struct mime_part *part = c->nodes[node].part;
	bool moved = !seal_text_equal(&p->epilogue, &q->epilogue);
	bool started = !seal_text_equal(&p->preamble, &q->preamble);
	struct seal_finding finding;

	if (moved) {
		finding = seal_finding_make(SEAL_AFTER_END, part, 0);
		if (q->epilogue.len > p->epilogue.len)
			finding.bytes = slice_trim(part->epilogue).len;
		finding.benign = p->loose && finding.bytes == 0;
		seal_findings_add(c->out, finding);
	}
	if (started) {
		finding = seal_finding_make(SEAL_BEFORE_START, part, 0);
		finding.benign = p->loose;
		seal_findings_add(c->out, finding);
	}
	return moved || started;
}

/* Where to look next: pairs of parts. */
struct pair {
	size_t was;
	size_t node;
};

struct pairs {
	struct pair at[LIMIT_SEAL_PARTS];
	size_t count;
};

static void
pairs_add(struct pairs *pairs, size_t was, size_t node)
{
	if (pairs->count < LIMIT_SEAL_PARTS)
		pairs->at[pairs->count++] =
		    (struct pair){.was = was, .node = node};
}

/* A container without children has lost its delimiters, or what names them. */
static bool
is_in_ruins(const struct seal_comparing *c, const struct pair *pair)
{
	return seal_was_child(c->was, pair->was) != SEAL_NONE &&
	       !c->nodes[pair->node].part->child;
}

static void
container_compare(
    struct seal_comparing *c, const struct pair *pair, struct pairs *todo)
{
	const struct seal_part *was = &c->was->parts[pair->was];
	const struct seal_part *now = &c->nodes[pair->node].now;
	bool explained = false, ruins = is_in_ruins(c, pair);
	struct seal_finding header = seal_finding_make(
	    SEAL_HEADER_CHANGED, c->nodes[pair->node].part, 0);
	struct seal_family f;

	if (!seal_header_is_same(c, pair->was, &c->nodes[pair->node])) {
		header.benign = was->loose && !ruins;
		if (!was->loose || c->is_smime)
			seal_findings_add(c->out, header);
		explained = true;
	}
	if (ruins) {
		if (!explained)
			add_now(c, SEAL_TEXT_CHANGED, pair->node, 0);
		return;
	}
	seal_family_init(&f, c, pair->was, pair->node);
	seal_family_align(c, &f);
	explained = strangers_find(c, &f, pair->was) || explained;
	explained = ends_find(c, pair->was, pair->node) || explained;
	for (size_t i = 0; i < f.was_count; i++)
		if (f.mate[i] != SEAL_NONE)
			pairs_add(todo, f.was[i], f.now[f.mate[i]]);
	seal_family_fini(&f);
	if (explained || was->loose || seal_bytes_equal(&was->glue, &now->glue))
		return;
	/* Between parts that are not known one by one may be anything. */
	if (is_open_ended(c->was, pair->was))
		c->suspect = pair->node;
	else
		add_now(c, SEAL_WHITE_SPACE, pair->node, 0);
}

/* --- when a part became several, or several one --- */

/* Which leaf of a container a leaf became, or was; the first when none is
 * like it. */
static size_t
leaf_find_now(struct seal_comparing *c, size_t was, size_t node)
{
	size_t end = seal_node_end(c, node), first = SEAL_NONE;

	for (size_t i = node + 1; i < end; i++) {
		if (c->nodes[i].now.kind != MIME_LEAF)
			continue;
		if (seal_is_like(c, was, i))
			return i;
		if (first == SEAL_NONE)
			first = i;
	}
	return first;
}

static size_t
leaf_find_was(struct seal_comparing *c, size_t was, size_t node)
{
	unsigned depth = c->was->parts[was].depth;
	size_t first = SEAL_NONE;

	for (size_t i = was + 1;
	     i < c->was->count && c->was->parts[i].depth > depth; i++) {
		if (c->was->parts[i].kind != MIME_LEAF)
			continue;
		if (seal_is_like(c, i, node))
			return i;
		if (first == SEAL_NONE)
			first = i;
	}
	return first;
}

static void
spread_compare(
    struct seal_comparing *c, const struct pair *pair, struct pairs *todo)
{
	size_t found = leaf_find_now(c, pair->was, pair->node);
	size_t end = seal_node_end(c, pair->node);

	if (found == SEAL_NONE)
		add_now(c, SEAL_TEXT_CHANGED, pair->node, 0);
	else
		pairs_add(todo, pair->was, found);
	for (size_t i = pair->node + 1; i < end; i++)
		if (i != found && c->nodes[i].now.kind == MIME_LEAF)
			add_new_part(c, i);
}

static void
collapse_compare(
    struct seal_comparing *c, const struct pair *pair, struct pairs *todo)
{
	const struct seal *was = c->was;
	unsigned depth = was->parts[pair->was].depth;
	size_t found = leaf_find_was(c, pair->was, pair->node);

	/* The message still says what it was, but cannot be read so. */
	if (found == SEAL_NONE || (depth == 0 && c->is_smime)) {
		add_now(c,
		    seal_header_is_same(c, pair->was, &c->nodes[pair->node])
			? SEAL_TEXT_CHANGED
			: SEAL_HEADER_CHANGED,
		    pair->node, 0);
		return;
	}
	pairs_add(todo, found, pair->node);
	for (size_t i = pair->was + 1;
	     i < was->count && was->parts[i].depth > depth; i++)
		if (i != found && was->parts[i].kind == MIME_LEAF)
			add_lost_part(c, i);
}

/* --- the message --- */

static int
pair_compare(struct seal_comparing *c, const struct pair *pair,
    struct pairs *todo, struct err *err)
{
	bool was_leaf = c->was->parts[pair->was].kind == MIME_LEAF;
	bool is_leaf = c->nodes[pair->node].now.kind == MIME_LEAF;

	if (was_leaf && is_leaf)
		return seal_leaf_compare(
		    c, pair->was, &c->nodes[pair->node], err);
	if (was_leaf)
		spread_compare(c, pair, todo);
	else if (is_leaf)
		collapse_compare(c, pair, todo);
	else
		container_compare(c, pair, todo);
	return 0;
}

/* All beyond the parts of the fingerprint, and what holds the message
 * together, when nothing else is to blame. */
static void
rest_compare(struct seal_comparing *c)
{
	const struct mime_part *root = c->nodes[0].part;
	struct seal_bytes rest = {0};

	if (seal_findings_worst(c->out))
		return;
	if (c->was->rest.len > 0 && c->count > c->was->count) {
		seal_rest_take(&c->d, c->nodes[c->was->count].part,
		    mime_part_after(root), &rest);
		if (!seal_bytes_equal(&rest, &c->was->rest))
			add_now(c, SEAL_TEXT_CHANGED, c->was->count, 0);
	} else if (c->was->rest.len > 0) {
		add_now(c, SEAL_PART_REMOVED, c->count - 1, 0);
	}
	if (c->suspect > 0 && !seal_findings_worst(c->out))
		add_now(c, SEAL_TEXT_CHANGED, c->suspect, 0);
	if (root->structure_malformed && !c->was->parts[0].in_ruins)
		add_now(c, SEAL_TEXT_CHANGED, 0, 0);
}

static int
message_compare(struct seal_comparing *c, struct err *err)
{
	struct pairs todo = {.count = 1};

	/* The list grows while it is worked off. */
	for (size_t i = 0; i < todo.count; i++)
		if (pair_compare(c, &todo.at[i], &todo, err))
			return -1;
	rest_compare(c);
	return 0;
}

/* Our message among the parts of this one: by its Content-Type, with a boundary
 * that no other has; else the first that is S/MIME in the same way. */
static const struct mime_part *
message_find(struct seal_comparing *c, const struct mime_tree *tree)
{
	unsigned char type[SEAL_DIGEST];
	const struct mime_part *like = NULL;

	for (const struct mime_part *p = tree->root; p; p = mime_part_next(p)) {
		seal_type_take(&c->d, &p->header, type);
		if (memcmp(type, c->was->type, sizeof(type)) == 0)
			return p;
		if (!like && c->was->root != SEAL_ROOT_OTHER &&
		    seal_root_of(&p->header) == c->was->root)
			like = p;
	}
	return like ? like : tree->root;
}

/* Which part of the message is ours; what became of it as a whole. */
static const struct mime_part *
root_find(struct seal_comparing *c, const struct mime_tree *tree)
{
	const struct mime_part *part = message_find(c, tree);
	size_t around = tree->root->body.len - part->header_raw.len -
			part->separator.len - part->body.len;

	c->is_smime = seal_root_of(&part->header) == c->was->root;
	if (part != tree->root)
		seal_findings_add_part(c->out, SEAL_WRAPPED, part, around);
	else if (!c->is_smime)
		seal_findings_add_part(c->out, SEAL_UNPROTECTED, part, 0);
	return part;
}

int
seal_compare(const struct seal_opts *opts, const struct seal *was,
    const struct mime_tree *now, struct seal_findings *out, struct err *err)
{
	struct seal_comparing c = {.opts = opts, .was = was, .out = out};
	int rc = -1;

	*out = (struct seal_findings){0};
	if (seal_digester_init_message(&c.d, opts->key, was->nonce, err))
		return -1;
	if (nodes_take(&c, root_find(&c, now), err) ||
	    message_compare(&c, err) || seal_digester_check(&c.d, err))
		goto out;
	seal_findings_sort(out);
	rc = 0;
out:
	free(c.nodes);
	seal_digester_fini(&c.d);
	return rc;
}
