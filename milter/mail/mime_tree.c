/*
 * mime_tree.c: see mime_tree.h.  Pure functions, callable from any thread.
 */
#include "mail/mime_tree.h"

/* --- the order of the document --- */

static struct mime_part *
part_after(const struct mime_part *part)
{
	while (part && !part->next)
		part = part->parent;
	return part ? part->next : NULL;
}

static struct mime_part *
part_next(const struct mime_part *part)
{
	return part->child ? part->child : part_after(part);
}

const struct mime_part *
mime_part_next(const struct mime_part *part)
{
	return part_next(part);
}

const struct mime_part *
mime_part_after(const struct mime_part *part)
{
	return part_after(part);
}

/* --- textures --- */

static const unsigned char *
slice_end(struct slice s)
{
	return s.data + s.len;
}

/* Bytes of a multipart between two of its parts.  The CRLF that ends the
 * line of the part before it says nothing about them. */
static void
scan_glue(
    struct mime_part *part, const unsigned char *from, const unsigned char *to)
{
	struct slice glue;

	if (from >= to)
		return;
	glue = slice_make(from, (size_t)(to - from));
	if (slice_has_prefix(glue, "\r\n"))
		glue = slice_part(glue, 2, glue.len);
	mime_texture_scan(&part->glue_texture, glue);
}

static void
scan_own_bytes(struct mime_part *part)
{
	const unsigned char *from = part->body.data;

	mime_texture_scan(&part->header_texture,
	    slice_make(part->header_raw.data,
		part->header_raw.len + part->separator.len));
	if (part->kind == MIME_MESSAGE)
		return;
	if (part->kind == MIME_LEAF) {
		mime_texture_scan(&part->body_texture, part->body);
		return;
	}
	for (struct mime_part *c = part->child; c; c = c->next) {
		scan_glue(part, from, c->header_raw.data);
		from = slice_end(c->body);
	}
	if (part->body.len > 0)
		scan_glue(part, from, slice_end(part->body));
	mime_texture_add(&part->body_texture, &part->glue_texture);
}

void
mime_tree_add_textures(struct mime_tree *tree)
{
	struct mime_part *part, *above;

	for (part = tree->root; part; part = part_next(part)) {
		scan_own_bytes(part);
		for (above = part->parent; above; above = above->parent) {
			mime_texture_add(
			    &above->body_texture, &part->header_texture);
			mime_texture_add(
			    &above->body_texture, &part->body_texture);
		}
	}
}

/* --- ends --- */

void
mime_tree_collapse(struct mime_tree *tree)
{
	struct mime_part *root = tree->root, *part;

	for (part = part_next(root); part; part = part_next(part)) {
		header_fini(&part->header);
		mime_type_fini(&part->type);
	}
	root->kind = MIME_LEAF;
	root->structure_malformed = false;
	root->preamble = root->epilogue = slice_make(NULL, 0);
	root->child = NULL;
	tree->parts = 1;
	tree->depth = 0;
	tree->over_limit = true;
}

void
mime_tree_fini(struct mime_tree *tree)
{
	struct mime_part *part;

	for (part = tree->root; part; part = part_next(part)) {
		header_fini(&part->header);
		mime_type_fini(&part->type);
	}
	arena_fini(&tree->arena);
	*tree = (struct mime_tree){0};
}
