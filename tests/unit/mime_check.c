/* mime_check.c: see mime_check.h.  Slow and simple on purpose: it shares no
 * shortcut with the code that it judges. */
#include "unit/mime_check.h"

#include <string.h>

#include "base/limits.h"
#include "unit/naive_codec.h"

#define LEAF_MAX ((size_t)64 * MIB)
/* RFC 2045 6.7 and 6.8. */
#define ENCODED_LINE_MAX 76u

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

/* CRLF "--" boundary ["--"] blanks CRLF, where the first CRLF may be missing,
 * at the start of a body, and the last one may, at the end of the entity. */
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

static bool
is_inside(struct slice inner, struct slice outer)
{
	return inner.data >= outer.data && end_of(inner) <= end_of(outer);
}

/* Fields in order, one behind the other. */
static const char *
check_fields(const struct mime_part *part)
{
	const unsigned char *pos = part->header_raw.data;

	for (size_t i = 0; i < part->header.count; i++) {
		const struct header_field *field = &part->header.fields[i];

		if (field->name.data < pos || field->name.len == 0 ||
		    field->body.data <= end_of(field->name) ||
		    end_of(field->body) > end_of(part->header_raw))
			return "a field outside its header";
		pos = end_of(field->body);
	}
	return NULL;
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
		if (part->preamble.data != pos ||
		    !is_inside(part->preamble, part->body))
			return "preamble does not begin the body";
		pos = end_of(part->preamble);
	}
	if (part->epilogue.len > 0 &&
	    (end_of(part->epilogue) != end_of(part->body) ||
		!is_inside(part->epilogue, part->body)))
		return "epilogue does not end the body";
	for (; child; child = child->next) {
		if (child->header_raw.data < pos)
			return "parts overlap";
		if (pos > part->body.data && (pos[0] != '\r' || pos[1] != '\n'))
			return "no CRLF before a delimiter";
		if (!is_delimiter(between(pos, child->header_raw.data),
			boundary, &close) ||
		    close)
			return "no delimiter before a part";
		pos = end_of(child->body);
	}
	rest = between(pos, end_of(part->body));
	if (part->epilogue.len > 0)
		rest.len -= part->epilogue.len;
	if (part->structure_malformed && rest.len == 0)
		return NULL;
	if (!slice_has_prefix(rest, "\r\n") ||
	    !is_delimiter(rest, boundary, &close) || !close)
		return "no close-delimiter";
	return NULL;
}

/* Is what begins at this offset a line of its own, between CRLFs or the ends
 * of the entity? */
static bool
is_whole_line(struct slice entity, size_t start, size_t end)
{
	if (start > 0 && (start < 2 || entity.data[start - 2] != '\r'))
		return false;
	return end == entity.len || (end > 0 && entity.data[end - 1] == '\r');
}

/* Would the line have been a delimiter of a multipart from above on? */
static bool
is_anyones_delimiter(const struct mime_part *above, struct slice line)
{
	const char *boundary;
	bool close;

	if (!slice_has_prefix(line, "--"))
		return false;
	for (; above; above = above->parent) {
		if (above->kind != MIME_MULTIPART || !above->child)
			continue;
		boundary = mime_type_param(&above->type, "boundary");
		if (is_delimiter(line, boundary, &close))
			return true;
	}
	return false;
}

/* The text would have ended there. */
static const char *
check_no_delimiter(const struct mime_part *above, struct slice text)
{
	const struct mime_part *root = above;
	size_t start, end, last;

	while (root && root->parent)
		root = root->parent;
	if (!root || text.len == 0)
		return NULL;
	start = (size_t)(text.data - root->body.data);
	for (last = start + text.len; start < last; start = end + 1) {
		end = slice_find(root->body, '\n', start);
		if (is_whole_line(root->body, start, end) &&
		    is_anyones_delimiter(
			above, slice_part(root->body, start, end + 1)))
			return "a delimiter was not seen";
	}
	return NULL;
}

static const char *
check_delimiters(const struct mime_part *part)
{
	const char *wrong = NULL;

	if (part->parent)
		wrong = check_no_delimiter(part->parent,
		    between(part->header_raw.data, part->body.data));
	if (!wrong && part->kind == MIME_LEAF)
		wrong = check_no_delimiter(part->parent, part->body);
	if (!wrong && part->kind == MIME_MULTIPART)
		wrong = check_no_delimiter(part, part->preamble);
	if (!wrong && part->kind == MIME_MULTIPART)
		wrong = check_no_delimiter(part->parent, part->epilogue);
	return wrong;
}

static const char *
check_kind(const struct mime_part *part)
{
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

static const char *
check_place(const struct mime_part *part)
{
	const struct mime_part *child;

	if (part->parent) {
		if (end_of(part->header_raw) != part->separator.data)
			return "header and separator do not touch";
		if (end_of(part->separator) != part->body.data)
			return "separator and body do not touch";
		if (part->separator.len > 2)
			return "a separator is an empty line";
		if (part->header_raw.data < part->parent->body.data ||
		    end_of(part->body) > end_of(part->parent->body))
			return "part outside its parent";
		if (part->depth != part->parent->depth + 1)
			return "wrong depth";
	}
	for (child = part->child; child; child = child->next)
		if (child->parent != part)
			return "wrong parent";
	return check_fields(part);
}

/* Textures */

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* What mime_texture_scan sees, one byte at a time. */
static struct mime_texture
look_at(struct slice s)
{
	struct mime_texture t = {0};
	size_t start = 0, end;

	for (size_t i = 0; i <= s.len; i++) {
		bool lf = i < s.len && s.data[i] == '\n';

		t.has_8bit |= i < s.len && s.data[i] > 0x7f;
		t.has_nul |= i < s.len && s.data[i] == '\0';
		if (i < s.len && s.data[i] == '\r' &&
		    (i + 1 == s.len || s.data[i + 1] != '\n'))
			t.has_bare_cr_lf = true;
		if (!lf && i < s.len)
			continue;
		end = lf && i > start && s.data[i - 1] == '\r' ? i - 1 : i;
		t.has_bare_cr_lf |= lf && end == i;
		t.has_long_line |= end - start > LIMIT_LINE;
		t.has_trailing_blank |=
		    end > start && is_blank(s.data[end - 1]);
		t.has_from_line |=
		    slice_has_prefix(slice_part(s, start, end), "From ");
		start = i + 1;
	}
	return t;
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

static bool
is_same_texture(const struct mime_texture *a, const struct mime_texture *b)
{
	return texture_has(a, b) && texture_has(b, a);
}

/* Exactly, for bytes that stand together.  Of containers only the root is
 * looked at as a whole, or deep trees would take their time. */
static const char *
check_texture(const struct mime_part *part)
{
	struct mime_texture seen = look_at(between(part->header_raw.data,
	    part->parent ? part->body.data : end_of(part->header_raw)));

	if (!is_same_texture(&part->header_texture, &seen))
		return "a header looks otherwise";
	if (part->kind != MIME_LEAF && part->parent)
		return NULL;
	seen = look_at(part->body);
	if (part->kind == MIME_LEAF &&
	    !is_same_texture(&part->body_texture, &seen))
		return "a leaf looks otherwise";
	if (!texture_has(&part->body_texture, &seen))
		return "something odd was not seen";
	return NULL;
}

static const char *
check_part(const struct mime_part *part)
{
	const char *wrong = check_place(part);

	if (!wrong)
		wrong = check_kind(part);
	if (!wrong)
		wrong = check_delimiters(part);
	return wrong ? wrong : check_texture(part);
}

const char *
mime_check_tree(
    const struct mime_tree *tree, struct slice header_raw, struct slice body)
{
	const struct mime_part *part;
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
	return NULL;
}

/* Canonical form */

static bool
is_cte(const struct header_field *field)
{
	return slice_equal_text_ci(field->name, "Content-Transfer-Encoding");
}

/* The bytes of the next field from *i on that is no transfer encoding, with
 * its line end; false behind the last. */
static bool
next_field(const struct mime_part *part, size_t *i, struct slice *bytes)
{
	const struct header *h = &part->header;
	const unsigned char *end;

	while (*i < h->count && is_cte(&h->fields[*i]))
		++*i;
	if (*i == h->count)
		return false;
	end = *i + 1 < h->count ? h->fields[*i + 1].name.data
				: end_of(part->header_raw);
	*bytes = between(h->fields[*i].name.data, end);
	++*i;
	return true;
}

/* All fields but the transfer encoding, byte for byte. */
static bool
has_same_fields(const struct mime_part *a, const struct mime_part *b)
{
	struct slice one, two;
	size_t i = 0, k = 0;

	while (next_field(a, &i, &one))
		if (!next_field(b, &k, &two) || !slice_equal(one, two))
			return false;
	return !next_field(b, &k, &two);
}

/* Names in their spelling and order.  A label that was missing comes last. */
static bool
has_same_names(const struct header *a, const struct header *b)
{
	size_t added = b->count - a->count;

	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (!slice_equal(a->fields[i].name, b->fields[i].name))
			return false;
	return added == 0 ||
	       (added == 1 && is_cte(&b->fields[a->count]) &&
		   header_count(b, "Content-Transfer-Encoding") == 1);
}

static void
decode(const struct mime_part *part, struct buf *out)
{
	if (part->cte == MIME_CTE_BASE64)
		naive_base64(part->body, out);
	else if (part->cte == MIME_CTE_QP)
		naive_qp(part->body, out);
	else
		buf_add_slice(out, part->body);
}

static bool
decodes_to_same(const struct mime_part *a, const struct mime_part *b)
{
	struct buf one, two;
	bool same;

	buf_init(&one, LEAF_MAX);
	buf_init(&two, LEAF_MAX);
	decode(a, &one);
	decode(b, &two);
	same = buf_ok(&one) && buf_ok(&two) &&
	       slice_equal(buf_slice(&one), buf_slice(&two));
	buf_fini(&one);
	buf_fini(&two);
	return same;
}

/* What we encode survives even mailboxes and rare gateways. */
static const char *
check_encoded(const struct mime_part *part)
{
	struct mime_texture t = look_at(part->body);
	size_t start = 0, end;

	if (part->cte != MIME_CTE_BASE64 && part->cte != MIME_CTE_QP)
		return "a leaf changed without being encoded";
	if (!mime_texture_is_robust(&t))
		return "what was encoded is not robust";
	for (; start < part->body.len; start = end + 1) {
		end = slice_find(part->body, '\n', start);
		if (end - start > ENCODED_LINE_MAX + 1)
			return "a line of what was encoded is too long";
	}
	return NULL;
}

static const char *
check_leaf(const struct mime_part *a, const struct mime_part *b)
{
	if (slice_equal(a->body, b->body)) {
		if (a->cte != b->cte &&
		    !(b->cte == MIME_CTE_7BIT && a->cte <= MIME_CTE_BINARY) &&
		    a->body.len > 0)
			return "another label for the same bytes";
		return NULL;
	}
	if (!decodes_to_same(a, b))
		return "a leaf decodes to other bytes";
	return check_encoded(b);
}

/* Is the part inside one that must stay as it is, or such a one itself? */
static bool
is_frozen(const struct mime_part *part)
{
	for (; part; part = part->parent)
		if (part->structure_malformed ||
		    mime_type_is(&part->type, "multipart", "signed") ||
		    mime_type_is(&part->type, "multipart", "encrypted") ||
		    mime_type_is(&part->type, "application", "pkcs7-mime") ||
		    mime_type_is(&part->type, "application", "x-pkcs7-mime"))
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
check_pair(const struct mime_part *a, const struct mime_part *b)
{
	if (a->kind != b->kind || a->depth != b->depth ||
	    a->structure_malformed != b->structure_malformed ||
	    strcmp(a->type.type, b->type.type) != 0 ||
	    strcmp(a->type.subtype, b->type.subtype) != 0)
		return "the tree changed";
	if (!has_same_fields(a, b) || !has_same_names(&a->header, &b->header))
		return "a field changed";
	if (b->cte == MIME_CTE_8BIT || b->cte == MIME_CTE_BINARY)
		return "a label says that it is not 7bit";
	if (is_frozen(a) && (!slice_equal(a->header_raw, b->header_raw) ||
				!slice_equal(a->body, b->body)))
		return "something protected changed";
	if (a->kind == MIME_LEAF)
		return check_leaf(a, b);
	if (!slice_equal(a->preamble, b->preamble) ||
	    !slice_equal(a->epilogue, b->epilogue) ||
	    !is_same_texture(&a->glue_texture, &b->glue_texture))
		return "preamble, delimiter or epilogue changed";
	return NULL;
}

const char *
mime_check_same(const struct mime_tree *before, const struct mime_tree *after)
{
	const struct mime_part *a = before->root, *b = after->root;
	const char *wrong;

	for (; a && b; a = mime_part_next(a), b = mime_part_next(b)) {
		wrong = check_pair(a, b);
		if (wrong)
			return wrong;
	}
	return a || b ? "the number of parts changed" : NULL;
}

static const char *
check_survives(const struct mime_tree *tree)
{
	const struct mime_part *root = tree->root;
	struct mime_texture header = look_at(root->header_raw);
	struct mime_texture body = look_at(root->body);

	return survives(&header) && survives(&body)
		   ? NULL
		   : "the result would not survive";
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
		wrong = mime_check_same(before, &after);
	if (!wrong)
		wrong = check_survives(&after);
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
		wrong = mime_check_same(&tree, &tree);
	if (!wrong && *result == MIME_CANON_SAME)
		wrong = check_survives(&tree);
	mime_tree_fini(&tree);
	return wrong;
}
