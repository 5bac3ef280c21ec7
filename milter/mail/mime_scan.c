/*
 * mime_scan.c: see mime_scan.h.  RFC 2045 5 and 6, RFC 2046 5.1 and 5.2.1.
 *
 * One walk over the lines of the body.  A stack holds the multiparts that are
 * open; a line that begins "--" is compared with the boundary of each of
 * them, innermost first, so a line costs at most LIMIT_MIME_DEPTH comparisons
 * of lengths.  No recursion: the depth of the message is not the depth of our
 * stack.  Pure functions, callable from any thread.
 */
#include "mail/mime_scan.h"

#include <string.h>

#include "base/limits.h"

#define MEMORY_MAX ((size_t)LIMIT_MIME_MEMORY)

/* A multipart whose end was not reached yet. */
struct frame {
	struct mime_part *part;
	struct slice boundary;
	bool started;  /* its first delimiter was found */
	bool closed;   /* its close-delimiter was found: the epilogue */
	bool disputed; /* others may have found one where we did not */
};

struct scan {
	struct mime_tree *tree;
	struct slice body;	   /* of the root */
	struct mime_part *current; /* innermost part that is open */
	/* The last child so far of the open part of each depth. */
	struct mime_part *last_child[LIMIT_MIME_DEPTH + 1];
	struct frame frames[LIMIT_MIME_DEPTH + 1];
	size_t open;   /* frames in use, outermost first */
	size_t memory; /* of headers and types; the arena counts its own */
	bool full;     /* no more parts: the tree will be one leaf */
};

/* A line of the body: [start, end) without its line end. */
struct line {
	size_t start;
	size_t end;
	size_t next;
	bool is_crlf; /* ended by CRLF, or by the end of the body */
};

/* What a delimiter line says. */
struct delimiter {
	struct frame *frame;
	bool close;
};

/* The order of the document */

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

/* Lines */

static struct line
read_line(struct slice s, size_t start)
{
	size_t lf = slice_find(s, '\n', start);
	struct line line = {start, lf, lf, true};

	if (lf == s.len)
		return line;
	line.next = lf + 1;
	line.is_crlf = lf > start && s.data[lf - 1] == '\r';
	if (line.is_crlf)
		line.end--;
	return line;
}

static const unsigned char *
slice_end(struct slice s)
{
	return s.data + s.len;
}

/* Textures */

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

/* Every byte is looked at once, in the innermost part that it belongs to. */
static void
scan_textures(struct mime_part *root)
{
	struct mime_part *part, *above;

	for (part = root; part; part = part_next(part)) {
		scan_own_bytes(part);
		for (above = part->parent; above; above = above->parent) {
			mime_texture_add(
			    &above->body_texture, &part->header_texture);
			mime_texture_add(
			    &above->body_texture, &part->body_texture);
		}
	}
}

/* Headers */

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

/* Multiparts and their delimiters */

/* Printable and not ending in a blank, which would be padding.  Senders use
 * more characters than RFC 2046 5.1.1 grants. */
static bool
is_boundary(struct slice s)
{
	if (s.len == 0 || s.len > LIMIT_BOUNDARY || s.data[s.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] > '~')
			return false;
	return true;
}

/* Could one line be a delimiter of both? */
static bool
boundaries_clash(struct slice a, struct slice b)
{
	struct slice longer = a.len > b.len ? a : b;
	struct slice shorter = a.len > b.len ? b : a;

	return slice_equal(a, b) ||
	       (longer.len == shorter.len + 2 &&
		   slice_equal(slice_part(longer, 0, shorter.len), shorter) &&
		   slice_equal(slice_part(longer, shorter.len, longer.len),
		       slice_text("--")));
}

static void
open_multipart(struct scan *s, struct mime_part *part)
{
	const char *text = mime_type_param(&part->type, "boundary");
	struct slice boundary = slice_text(text ? text : "");

	part->structure_malformed = true; /* until it is closed properly */
	part->preamble = part->body;
	if (!is_boundary(boundary) ||
	    mime_type_param_is_disputed(&part->type, "boundary"))
		return;
	for (size_t i = 0; i < s->open; i++)
		if (!s->frames[i].closed &&
		    boundaries_clash(s->frames[i].boundary, boundary))
			return;
	s->frames[s->open++] =
	    (struct frame){.part = part, .boundary = boundary};
}

enum match {
	MATCH_NONE,
	MATCH_PREFIX, /* begins like one, which is enough for Postfix */
	MATCH_DELIMITER,
	MATCH_CLOSE
};

/* line begins "--" and has no padding. */
static enum match
match_line(struct slice line, struct slice boundary)
{
	const unsigned char *text = line.data + 2;
	size_t len = line.len - 2;

	if (len < boundary.len ||
	    memcmp(text, boundary.data, boundary.len) != 0)
		return MATCH_NONE;
	if (len == boundary.len)
		return MATCH_DELIMITER;
	if (len == boundary.len + 2 && memcmp(text + len - 2, "--", 2) == 0)
		return MATCH_CLOSE;
	return MATCH_PREFIX;
}

/* "--" boundary ["--"] padding, of an open multipart. */
static bool
match_open(struct scan *s, struct slice text, struct delimiter *d)
{
	enum match match;

	if (text.len < 2 || text.data[0] != '-' || text.data[1] != '-')
		return false;
	while (ascii_is_blank(text.data[text.len - 1]))
		text.len--;
	for (size_t i = s->open; i-- > 0;) {
		d->frame = &s->frames[i];
		match = d->frame->closed ? MATCH_NONE
					 : match_line(text, d->frame->boundary);
		if (match == MATCH_PREFIX)
			d->frame->disputed = true;
		d->close = match == MATCH_CLOSE;
		if (match > MATCH_PREFIX)
			return true;
	}
	return false;
}

/* A bare CR is a line end to some programs. */
static void
find_disputed(struct scan *s, struct slice text)
{
	struct delimiter d;
	size_t start = 0, end;

	while (start < text.len) {
		end = slice_find(text, '\r', start);
		if (match_open(s, slice_part(text, start, end), &d))
			d.frame->disputed = true;
		start = end + 1;
	}
}

/* RFC 2046 5.1.1: CRLF, then what match_open wants, then CRLF. */
static bool
find_delimiter(struct scan *s, const struct line *line, struct delimiter *d)
{
	struct slice text = slice_part(s->body, line->start, line->end);
	bool begins =
	    line->start == 0 ||
	    (line->start >= 2 && s->body.data[line->start - 2] == '\r');

	if (slice_find(text, '\r', 0) < text.len) {
		find_disputed(s, text);
		return false;
	}
	if (!match_open(s, text, d))
		return false;
	if (!begins || !line->is_crlf)
		d->frame->disputed = true;
	return begins && line->is_crlf;
}

/* Parts */

/* Up to the delimiter, the empty line or the end, whichever comes first. */
static size_t
find_header_end(struct scan *s, size_t start)
{
	struct delimiter unused;
	struct line line;
	size_t pos = start;

	while (pos < s->body.len) {
		line = read_line(s->body, pos);
		if (find_delimiter(s, &line, &unused))
			return pos;
		pos = line.next;
		if (line.end == line.start)
			break;
	}
	return pos;
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
			return s->body.len;
		raw = slice_part(s->body, start, find_header_end(s, start));
		len = header_parse(&part->header, raw, &complete);
		separator = !complete				   ? 0
			    : len > 1 && raw.data[len - 2] == '\r' ? 2
								   : 1;
		part->header_raw = slice_part(raw, 0, len - separator);
		part->separator = slice_part(raw, len - separator, len);
		part->body = slice_part(s->body, start + len, s->body.len);
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
	root->body = s->body;
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
	else if (slice_end(*s) > end)
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
	if (s->open > 0 && s->frames[s->open - 1].part == part)
		s->open--;
}

/* Ends all parts inside keep, or all when it is NULL.  The CRLF before a
 * delimiter line belongs to it, even when it also ends the header of a part
 * without body, or the delimiter line before. */
static void
end_parts(struct scan *s, const struct mime_part *keep, size_t end)
{
	for (; s->current != keep; s->current = s->current->parent)
		end_part(s, s->current, s->body.data + end);
}

/* Returns where the next line to be looked at begins. */
static size_t
take_delimiter(
    struct scan *s, const struct line *line, const struct delimiter *d)
{
	struct mime_part *part = d->frame->part;
	size_t end = line->start >= 2 ? line->start - 2 : 0;

	end_parts(s, part, end);
	if (!d->frame->started)
		cut(&part->preamble, s->body.data + end);
	if (!d->close) {
		d->frame->started = true;
		return open_part(s, part, line->next);
	}
	d->frame->closed = true;
	part->structure_malformed = !d->frame->started || d->frame->disputed;
	part->epilogue = slice_part(s->body, line->next, s->body.len);
	return line->next;
}

/* Trees */

/* One leaf instead of a tree that would be too large. */
static void
collapse(struct mime_tree *tree)
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

static const unsigned char none[1];

void
mime_scan(struct mime_tree *tree, struct slice header_raw, struct slice body)
{
	struct scan s = {.tree = tree};
	struct delimiter delimiter;
	struct line line;
	size_t pos;

	/* Offsets are counted from real pointers. */
	s.body = body = slice_make(body.data ? body.data : none, body.len);
	if (!header_raw.data)
		header_raw = slice_make(none, 0);
	*tree = (struct mime_tree){0};
	arena_init(&tree->arena, MEMORY_MAX);
	pos = open_root(&s, header_raw);
	while (pos < body.len && s.open > 0 && !s.full) {
		line = read_line(body, pos);
		pos = find_delimiter(&s, &line, &delimiter)
			  ? take_delimiter(&s, &line, &delimiter)
			  : line.next;
	}
	end_parts(&s, NULL, body.len);
	if (s.full)
		collapse(tree);
	scan_textures(tree->root);
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
