/*
 * mime_scan.c: see mime_scan.h.  RFC 2045 5 and 6, RFC 2046 5.1 and 5.2.1.
 *
 * One walk over the lines of the body (mime_delimiter.h).  No recursion: the
 * depth of the message is not the depth of our stack.  Pure functions,
 * callable from any thread.
 */
#include "mail/mime_scan.h"

#include <string.h>

#include "base/limits.h"
#include "mail/mime_delimiter.h"

#define MEMORY_MAX ((size_t)LIMIT_MIME_MEMORY)

struct scan {
	struct mime_tree *tree;
	struct mime_frames frames; /* multiparts that are open, and the body */
	struct mime_part *current; /* innermost part that is open */
	/* The last child so far of the open part of each depth. */
	struct mime_part *last_child[LIMIT_MIME_DEPTH + 1];
	size_t memory; /* of headers and types; the arena counts its own */
	bool full;     /* no more parts: the tree will be one leaf */
};

/* --- what a header says --- */

/* RFC 2045 5.2; RFC 2046 5.1.5 for the parts of a digest. */
static const char *
default_type(const struct mime_part *part)
{
	if (part->parent &&
	    mime_type_is(&part->parent->type, "multipart", "digest"))
		return "message/rfc822";
	return "text/plain; charset=us-ascii";
}

static void
read_type(struct mime_part *part)
{
	const struct header_field *field;

	field = header_find(&part->header, "Content-Type", 0);
	mime_type_parse(
	    &part->type, field ? field->body : slice_text(default_type(part)));
	if (part->type.malformed || part->type.duplicate ||
	    header_find(&part->header, "Content-Type", 1))
		part->header_malformed = true;
}

/* Whatever stands behind such a word, the body stands for itself. */
static bool
is_identity(enum mime_cte cte)
{
	return cte == MIME_CTE_7BIT || cte == MIME_CTE_8BIT ||
	       cte == MIME_CTE_BINARY;
}

static void
read_cte(struct mime_part *part)
{
	static const struct {
		const char *name;
		enum mime_cte cte;
	} known[] = {{"7bit", MIME_CTE_7BIT}, {"8bit", MIME_CTE_8BIT},
	    {"binary", MIME_CTE_BINARY}, {"quoted-printable", MIME_CTE_QP},
	    {"base64", MIME_CTE_BASE64}};
	const char *name = "Content-Transfer-Encoding";
	const struct header_field *field = header_find(&part->header, name, 0);
	struct mime_type word;

	part->cte = MIME_CTE_7BIT;
	if (!field)
		return;
	/* One token with comments around it: a disposition's grammar. */
	mime_disposition_parse(&word, field->body);
	part->cte = MIME_CTE_OTHER;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (mime_type_is(&word, known[i].name, NULL) &&
		    (word.count == 0 || is_identity(known[i].cte)))
			part->cte = known[i].cte;
	if (word.malformed || header_find(&part->header, name, 1))
		part->header_malformed = true;
	mime_type_fini(&word);
}

/* RFC 2045 6.4: what contains parts is not itself encoded. */
static enum mime_kind
choose_kind(struct scan *s, struct mime_part *part)
{
	bool multipart = mime_type_is(&part->type, "multipart", NULL);
	bool message = mime_type_is(&part->type, "message", "rfc822") ||
		       mime_type_is(&part->type, "message", "global");

	if (multipart && !is_identity(part->cte))
		part->header_malformed = true;
	if ((multipart || message) && part->type.disputed)
		part->header_malformed = true;
	if (part->header_malformed || !is_identity(part->cte) ||
	    !(multipart || message))
		return MIME_LEAF;
	if (part->depth == LIMIT_MIME_DEPTH) {
		s->tree->over_limit = true;
		return MIME_LEAF;
	}
	return multipart ? MIME_MULTIPART : MIME_MESSAGE;
}

/* A header that was cut at a limit may hide anything. */
static void
count_memory(struct scan *s, const struct mime_part *part)
{
	s->memory += part->header.size * sizeof(*part->header.fields) +
		     part->type.count * sizeof(*part->type.params);
	for (size_t i = 0; i < part->type.count; i++)
		s->memory += strlen(part->type.params[i].name) +
			     strlen(part->type.params[i].value);
	if (part->header.over_limit ||
	    s->memory + s->tree->arena.used > MEMORY_MAX)
		s->full = true;
}

static void
read_header(struct scan *s, struct mime_part *part)
{
	read_type(part);
	read_cte(part);
	part->kind = choose_kind(s, part);
	count_memory(s, part);
}

/* --- parts --- */

static void
open_multipart(struct scan *s, struct mime_part *part)
{
	const char *text = mime_type_param(&part->type, "boundary");

	part->structure_malformed = true; /* until it is closed properly */
	part->preamble = part->body;
	if (text && !mime_type_param_is_disputed(&part->type, "boundary"))
		(void)mime_frames_open(&s->frames, part, slice_text(text));
}

static struct mime_part *
add_part(struct scan *s, struct mime_part *parent)
{
	struct mime_part *part = NULL, **link;

	if (s->tree->parts < LIMIT_MIME_PARTS)
		part = arena_alloc(&s->tree->arena, sizeof(*part));
	if (!part) {
		s->full = true;
		return NULL;
	}
	s->tree->parts++;
	header_init(&part->header);
	part->parent = parent;
	part->depth = parent ? parent->depth + 1 : 0;
	if (part->depth > s->tree->depth)
		s->tree->depth = part->depth;
	if (parent) {
		link = parent->child ? &s->last_child[parent->depth]->next
				     : &parent->child;
		*link = part;
		s->last_child[parent->depth] = part;
	}
	return part;
}

/* A part that starts there; when it is a message, the one inside, too.
 * Returns where the body of the innermost begins. */
static size_t
open_part(struct scan *s, struct mime_part *parent, size_t start)
{
	struct mime_part *part;
	struct slice raw;
	size_t len, separator;
	bool complete;

	do {
		part = add_part(s, parent);
		if (!part)
			return s->frames.body.len;
		raw = slice_part(s->frames.body, start,
		    mime_delimiter_header_end(&s->frames, start));
		len = header_parse(&part->header, raw, &complete);
		separator = !complete				   ? 0
			    : len > 1 && raw.data[len - 2] == '\r' ? 2
								   : 1;
		part->header_raw = slice_part(raw, 0, len - separator);
		part->separator = slice_part(raw, len - separator, len);
		part->body =
		    slice_part(s->frames.body, start + len, s->frames.body.len);
		read_header(s, part);
		if (part->kind == MIME_MULTIPART)
			open_multipart(s, part);
		s->current = parent = part;
		start += len;
	} while (part->kind == MIME_MESSAGE);
	return start;
}

static size_t
open_root(struct scan *s, struct slice header_raw)
{
	struct mime_part *root = add_part(s, NULL);
	bool complete;
	size_t len;

	s->tree->root = s->current = root;
	len = header_parse(&root->header, header_raw, &complete);
	if (len < header_raw.len || complete)
		root->header_malformed = true;
	root->header_raw = header_raw;
	root->separator = slice_part(header_raw, len, len);
	root->body = s->frames.body;
	read_header(s, root);
	if (root->kind == MIME_MULTIPART)
		open_multipart(s, root);
	return root->kind == MIME_MESSAGE ? open_part(s, root, 0) : 0;
}

static void
cut(struct slice *s, const unsigned char *end)
{
	if (!s->data)
		return;
	if (s->data > end)
		*s = slice_make(end, 0);
	else if (s->data + s->len > end)
		s->len = (size_t)(end - s->data);
}

static void
end_part(struct scan *s, struct mime_part *part, const unsigned char *end)
{
	if (part->parent) {
		cut(&part->header_raw, end);
		cut(&part->separator, end);
	}
	cut(&part->body, end);
	cut(&part->preamble, end);
	cut(&part->epilogue, end);
	if (s->frames.count > 0 &&
	    s->frames.at[s->frames.count - 1].part == part)
		s->frames.count--;
}

/* Ends all parts inside keep, or all when it is NULL.  The CRLF before a
 * delimiter line belongs to it, even when it also ends the header of a part
 * without body, or the delimiter line before. */
static void
end_parts(struct scan *s, const struct mime_part *keep, size_t end)
{
	for (; s->current != keep; s->current = s->current->parent)
		end_part(s, s->current, s->frames.body.data + end);
}

/* Returns where the next line to be looked at begins. */
static size_t
take_delimiter(struct scan *s, const struct mime_delimiter *d)
{
	struct mime_part *part = d->frame->part;
	size_t end = d->start >= 2 ? d->start - 2 : 0;

	end_parts(s, part, end);
	if (!d->frame->started)
		cut(&part->preamble, s->frames.body.data + end);
	if (!d->close) {
		d->frame->started = true;
		return open_part(s, part, d->next);
	}
	d->frame->closed = true;
	part->structure_malformed = !d->frame->started || d->frame->disputed;
	part->epilogue =
	    slice_part(s->frames.body, d->next, s->frames.body.len);
	return d->next;
}

static const unsigned char none[1];

void
mime_scan(struct mime_tree *tree, struct slice header_raw, struct slice body)
{
	struct scan s = {.tree = tree};
	struct mime_delimiter delimiter;
	size_t pos;

	/* Offsets are counted from real pointers. */
	s.frames.body = slice_make(body.data ? body.data : none, body.len);
	if (!header_raw.data)
		header_raw = slice_make(none, 0);
	*tree = (struct mime_tree){0};
	arena_init(&tree->arena, MEMORY_MAX);
	pos = open_root(&s, header_raw);
	while (s.frames.count > 0 && !s.full &&
	       mime_delimiter_find(&s.frames, pos, &delimiter))
		pos = take_delimiter(&s, &delimiter);
	end_parts(&s, NULL, body.len);
	if (s.full)
		mime_tree_collapse(tree);
	mime_tree_add_textures(tree);
}
