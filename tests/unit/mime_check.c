/* mime_check.c: see mime_check.h.  Slow and simple on purpose: it shares no
 * shortcut with the code that it judges. */
#include "unit/mime_check.h"

#include <string.h>

#include "base/limits.h"

static const unsigned char *
end_of(struct slice s)
{
	return s.data + s.len;
}

static struct slice
between(const unsigned char *from, const unsigned char *to)
{
	return slice_make(from, (size_t)(to - from));
}

/* CRLF "--" boundary ["--"] blanks CRLF, where the first CRLF may be missing
 * and the last one may, at the end of the entity. */
static bool
is_delimiter(struct slice s, const char *boundary, bool *close)
{
	if (slice_has_prefix(s, "\r\n"))
		s = slice_part(s, 2, s.len);
	if (!slice_has_prefix(s, "--"))
		return false;
	s = slice_part(s, 2, s.len);
	if (!slice_has_prefix(s, boundary))
		return false;
	s = slice_part(s, strlen(boundary), s.len);
	*close = slice_has_prefix(s, "--");
	if (*close)
		s = slice_part(s, 2, s.len);
	while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
		s = slice_part(s, 1, s.len);
	return s.len == 0 || slice_equal(s, slice_text("\r\n"));
}

/* What stands outside the children of a multipart. */
static const char *
check_glue(const struct mime_part *part)
{
	const char *boundary = mime_type_param(&part->type, "boundary");
	const unsigned char *pos = part->body.data;
	const struct mime_part *child = part->child;
	struct slice rest;
	bool close;

	if (!child)
		return NULL;
	if (part->preamble.len > 0) {
		if (part->preamble.data != pos)
			return "preamble does not begin the body";
		pos = end_of(part->preamble);
	}
	for (; child; child = child->next) {
		if (child->header_raw.data < pos)
			return "parts overlap";
		if (!is_delimiter(between(pos, child->header_raw.data),
			boundary, &close) ||
		    close)
			return "no delimiter before a part";
		pos = end_of(child->body);
	}
	rest = between(pos, end_of(part->body));
	if (part->epilogue.len > 0)
		rest.len -= part->epilogue.len;
	if (part->structure_malformed)
		return rest.len > 0 ? "bytes belong to nobody" : NULL;
	if (!is_delimiter(rest, boundary, &close) || !close)
		return "no close-delimiter";
	return NULL;
}

static const char *
check_part(const struct mime_part *part)
{
	const struct mime_part *child;

	if (part->parent) {
		if (end_of(part->header_raw) != part->separator.data)
			return "header and separator do not touch";
		if (end_of(part->separator) != part->body.data)
			return "separator and body do not touch";
		if (part->header_raw.data < part->parent->body.data ||
		    end_of(part->body) > end_of(part->parent->body))
			return "part outside its parent";
		if (part->depth != part->parent->depth + 1)
			return "wrong depth";
	}
	for (child = part->child; child; child = child->next)
		if (child->parent != part)
			return "wrong parent";
	switch (part->kind) {
	case MIME_LEAF:
		return part->child ? "a leaf with children" : NULL;
	case MIME_MESSAGE:
		if (!part->child || part->child->next)
			return "a message has one child";
		if (part->child->header_raw.data != part->body.data ||
		    end_of(part->child->body) != end_of(part->body))
			return "a message is not its child";
		return NULL;
	case MIME_MULTIPART:
		return check_glue(part);
	}
	return "wrong kind";
}

static bool
texture_has(const struct mime_texture *t, const struct mime_texture *u)
{
	return t->has_8bit >= u->has_8bit && t->has_nul >= u->has_nul &&
	       t->has_bare_cr_lf >= u->has_bare_cr_lf &&
	       t->has_long_line >= u->has_long_line &&
	       t->has_trailing_blank >= u->has_trailing_blank &&
	       t->has_from_line >= u->has_from_line;
}

const char *
mime_check_tree(
    const struct mime_tree *tree, struct slice header_raw, struct slice body)
{
	const struct mime_part *part;
	struct mime_texture whole = {0};
	const char *wrong;
	size_t parts = 0;
	unsigned depth = 0;

	if (!slice_equal(tree->root->header_raw, header_raw) ||
	    !slice_equal(tree->root->body, body))
		return "the root is not the entity";
	for (part = tree->root; part; part = mime_part_next(part)) {
		wrong = check_part(part);
		if (wrong)
			return wrong;
		parts++;
		depth = part->depth > depth ? part->depth : depth;
	}
	if (parts != tree->parts || depth != tree->depth)
		return "wrong count";
	if (parts > LIMIT_MIME_PARTS || depth > LIMIT_MIME_DEPTH)
		return "over a limit";
	mime_texture_scan(&whole, body);
	if (!texture_has(&tree->root->body_texture, &whole))
		return "something odd was not seen";
	return NULL;
}
