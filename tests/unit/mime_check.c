/* mime_check.c: see mime_check.h.  Slow and simple on purpose: it shares no
 * shortcut with the code that it judges. */
#include "unit/mime_check.h"

#include <string.h>

#include "base/limits.h"
#include "mail/mime_codec.h"

void
mime_check_split(
    struct slice entity, struct slice *header_raw, struct slice *body)
{
	struct header header;
	size_t offset, end;
	bool complete;

	header_init(&header);
	end = offset = header_parse(&header, entity, &complete);
	header_fini(&header);
	if (complete)
		end -= end > 1 && entity.data[end - 2] == '\r' ? 2 : 1;
	else if (end > 0 && entity.data[end - 1] != '\n')
		end = offset = 0; /* a header is made of whole lines */
	*header_raw = slice_part(entity, 0, end);
	*body = slice_part(entity, offset, entity.len);
}

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

/* Canonical form */

static bool
is_same_texture(const struct mime_texture *a, const struct mime_texture *b)
{
	return texture_has(a, b) && texture_has(b, a);
}

static bool
is_cte(const struct header_field *field)
{
	return slice_equal_text_ci(field->name, "Content-Transfer-Encoding");
}

/* All fields but the transfer encoding, byte for byte. */
static bool
has_same_fields(const struct header *a, const struct header *b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a->count && is_cte(&a->fields[i]))
			i++;
		while (k < b->count && is_cte(&b->fields[k]))
			k++;
		if (i == a->count || k == b->count)
			return i == a->count && k == b->count;
		if (!slice_equal(a->fields[i].name, b->fields[k].name) ||
		    !slice_equal(a->fields[i].body, b->fields[k].body))
			return false;
		i++, k++;
	}
}

static const char *
decode(const struct mime_part *part, struct spool *out)
{
	struct err err;
	bool strict;
	int rc;

	switch (part->cte) {
	case MIME_CTE_BASE64:
		rc = base64_decode(part->body, out, &strict, &err);
		break;
	case MIME_CTE_QP:
		rc = qp_decode(part->body, out, &strict, &err);
		break;
	default:
		rc = spool_write(out, part->body.data, part->body.len, &err);
		break;
	}
	if (rc || spool_finish(out, &err))
		return "cannot decode";
	return NULL;
}

static const char *
check_leaf(const struct mime_part *a, const struct mime_part *b,
    const struct spool_config *config)
{
	struct spool one, two;
	const char *wrong;

	spool_init(&one, config);
	spool_init(&two, config);
	wrong = decode(a, &one);
	if (!wrong)
		wrong = decode(b, &two);
	if (!wrong && !slice_equal(spool_slice(&one), spool_slice(&two)))
		wrong = "a leaf decodes to other bytes";
	spool_fini(&one);
	spool_fini(&two);
	return wrong;
}

/* Is the part inside one that must stay as it is, or such a one itself? */
static bool
is_frozen(const struct mime_part *part)
{
	for (; part; part = part->parent)
		if (part->structure_malformed ||
		    mime_type_is(&part->type, "multipart", "signed") ||
		    mime_type_is(&part->type, "multipart", "encrypted") ||
		    mime_type_is(&part->type, "application", "pkcs7-mime"))
			return true;
	return false;
}

/* Nothing that a mail server breaks may be left; blanks and "From " lines may
 * in what cannot be changed. */
static bool
survives(const struct mime_texture *t)
{
	return !t->has_8bit && !t->has_nul && !t->has_bare_cr_lf &&
	       !t->has_long_line;
}

static const char *
check_pair(const struct mime_part *a, const struct mime_part *b,
    const struct spool_config *config)
{
	if (a->kind != b->kind || a->depth != b->depth ||
	    a->structure_malformed != b->structure_malformed ||
	    strcmp(a->type.type, b->type.type) != 0 ||
	    strcmp(a->type.subtype, b->type.subtype) != 0)
		return "the tree changed";
	if (!has_same_fields(&a->header, &b->header))
		return "a field changed";
	if (b->cte == MIME_CTE_8BIT || b->cte == MIME_CTE_BINARY)
		return "a label says that it is not 7bit";
	if (is_frozen(a) && (!slice_equal(a->header_raw, b->header_raw) ||
				!slice_equal(a->body, b->body)))
		return "something protected changed";
	if (a->kind == MIME_LEAF)
		return check_leaf(a, b, config);
	if (!slice_equal(a->preamble, b->preamble) ||
	    !slice_equal(a->epilogue, b->epilogue) ||
	    !is_same_texture(&a->glue_texture, &b->glue_texture))
		return "preamble, delimiter or epilogue changed";
	return NULL;
}

static const char *
check_same_message(const struct mime_tree *before,
    const struct mime_tree *after, const struct spool_config *config)
{
	const struct mime_part *a = before->root, *b = after->root;
	const char *wrong;

	for (; a && b; a = mime_part_next(a), b = mime_part_next(b)) {
		wrong = check_pair(a, b, config);
		if (wrong)
			return wrong;
	}
	if (a || b)
		return "the number of parts changed";
	if (!survives(&after->root->header_texture) ||
	    !survives(&after->root->body_texture))
		return "the result would not survive";
	return NULL;
}

/* What was transcoded is canonical, and the same message as before. */
static const char *
check_transcoded(const struct mime_tree *before, const struct spool *out)
{
	struct slice header_raw, body;
	struct mime_tree after;
	struct spool again;
	enum mime_canon_result result;
	const char *wrong, *reason;
	struct err err;

	spool_init(&again, out->config);
	mime_check_split(spool_slice(out), &header_raw, &body);
	mime_scan(&after, header_raw, body);
	wrong = mime_check_tree(&after, header_raw, body);
	if (!wrong)
		wrong = check_same_message(before, &after, out->config);
	if (!wrong &&
	    (mime_canon_write(&after, &again, &result, &reason, &err) ||
		result != MIME_CANON_SAME))
		wrong = "the canonical form is not canonical";
	mime_tree_fini(&after);
	spool_fini(&again);
	return wrong;
}

const char *
mime_check_canon(struct slice header_raw, struct slice body, struct spool *out,
    enum mime_canon_result *result, const char **reason)
{
	struct mime_tree tree;
	const char *wrong;
	struct err err;

	mime_scan(&tree, header_raw, body);
	wrong = mime_check_tree(&tree, header_raw, body);
	if (!wrong && mime_canon_write(&tree, out, result, reason, &err))
		wrong = "no canonical form";
	if (!wrong && *result == MIME_CANON_TRANSCODED)
		wrong = check_transcoded(&tree, out);
	else if (!wrong && spool_slice(out).len > 0)
		wrong = "bytes without a reason";
	if (!wrong && *result == MIME_CANON_SAME)
		wrong = check_same_message(&tree, &tree, out->config);
	mime_tree_fini(&tree);
	return wrong;
}
