/*
 * mime_strict.c: see mime_strict.h.  What Sendmail 8.17 was seen to change;
 * its limits: 20 boundaries, 20 parameters, 2048 octets of a field.  And what
 * Postfix 3.7 was: it looks for parts in all mail, corrects "Name :", and
 * encodes what is labelled 8bit for a next hop without 8BITMIME.
 *
 * It errs towards a flaw: the price is an opaque signature, that of an
 * oversight a broken one.  Pure functions, callable from any thread.
 */
#include "mail/mime_strict.h"

#include <string.h>

#include "base/limits.h"

static const unsigned char *
end_of(struct slice s)
{
	return s.data + s.len;
}

/* --- the lines of a header --- */

/* RFC 5322 2.2: printable, and the colon follows at once.  What looks like a
 * delimiter is no field to Sendmail. */
static bool
is_field_line(struct slice line)
{
	size_t colon = slice_find(line, ':', 0);

	if (slice_has_prefix(line, "--"))
		return false;
	for (size_t i = 0; i < colon; i++)
		if (line.data[i] <= ' ' || line.data[i] > '~')
			return false;
	return colon > 0 && colon < line.len;
}

static bool
is_regular_header(struct slice raw)
{
	struct slice line;
	size_t end;

	for (size_t pos = 0; pos < raw.len; pos = end + 1) {
		end = slice_find(raw, '\n', pos);
		line = slice_part(raw, pos, end);
		if (pos > 0 && ascii_is_blank(raw.data[pos]))
			continue;
		if (!is_field_line(line))
			return false;
	}
	return true;
}

/* Is there an empty line behind the header?  For a part without body it may
 * be the line break that belongs to the next delimiter. */
static bool
has_empty_line(const struct mime_part *part)
{
	const unsigned char *end = end_of(part->header_raw), *outer;

	if (!part->parent || part->separator.len > 0)
		return true;
	outer = part->parent->body.data;
	if (part->body.len > 0 || (end > outer && end[-1] != '\n'))
		return false;
	/* One line break does not end two headers. */
	if (part->parent->kind == MIME_MESSAGE)
		return !part->parent->parent || part->parent->separator.len > 0;
	return slice_has_prefix(
	    slice_make(end, (size_t)(end_of(part->parent->body) - end)),
	    "\r\n");
}

/* --- fields that are looked into --- */

static bool
is_shortened(const struct header_field *field)
{
	static const char *const names[] = {"Content-Type",
	    "Content-Disposition", "Content-Transfer-Encoding", "Content-ID",
	    "Content-Description", "MIME-Version"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_text_ci(field->name, names[i]))
			return true;
	return false;
}

/* Quotes count inside comments, too: so does Sendmail. */
static bool
is_balanced(struct slice body)
{
	bool quoted = false, escaped = false;
	size_t comments = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = body.data[i];

		if (escaped)
			escaped = false;
		else if (c == '\\')
			escaped = true;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '(' && !quoted)
			comments++;
		else if (c == ')' && !quoted && comments > 0)
			comments--;
	}
	return !quoted && !escaped && comments == 0;
}

static bool
is_regular_field(const struct header_field *field)
{
	if (field->body.len > LIMIT_MIME_STRICT_ANY_FIELD)
		return false;
	if (!is_shortened(field))
		return true;
	if (field->body.len > LIMIT_MIME_STRICT_FIELD)
		return false;
	/* Free text may hold a quote or two. */
	return slice_equal_text_ci(field->name, "Content-Description") ||
	       is_balanced(field->body);
}

static bool
has_regular_fields(const struct header *header)
{
	for (size_t i = 0; i < header->count; i++)
		if (!is_regular_field(&header->fields[i]))
			return false;
	/* The last one counts to Postfix, and may be "8bit". */
	return header_count(header, "Content-Transfer-Encoding") < 2;
}

/* --- what a part is to a simple reader --- */

/* Does text with the case of ASCII letters ignored stand in s? */
static bool
mentions(struct slice s, const char *text)
{
	for (size_t i = 0; i < s.len; i++)
		if (slice_has_prefix_ci(slice_part(s, i, s.len), text))
			return true;
	return false;
}

/* Whoever reads types, encodings and limits differently would find parts in
 * this leaf. */
static bool
hides_parts(const struct mime_part *part)
{
	const struct header_field *field;
	struct slice type;

	if (mime_type_is(&part->type, "multipart", NULL) ||
	    mime_type_is(&part->type, "message", "rfc822"))
		return true;
	for (size_t n = 0; n < part->header.count; n++) {
		field = &part->header.fields[n];
		if (!slice_equal_text_ci(field->name, "Content-Type"))
			continue;
		type =
		    slice_part(field->body, 0, slice_find(field->body, ';', 0));
		if (mentions(type, "multipart") ||
		    (mentions(type, "message") && mentions(type, "rfc822")))
			return true;
	}
	return false;
}

/* RFC 2231 forms of it are known to few, and not everybody takes a value that
 * lacks its quotes. */
static bool
has_simple_boundary(const struct mime_part *part)
{
	return mime_type_param_is_plain(&part->type, "boundary") &&
	       part->type.count <= LIMIT_MIME_STRICT_PARAMS;
}

/* Ends the line before next, its line break left out, with a blank? */
static bool
is_padded(const struct mime_part *part, const unsigned char *next)
{
	const unsigned char *from = part->body.data;

	while (next > from && (next[-1] == '\n' || next[-1] == '\r'))
		next--;
	return next > from && ascii_is_blank(next[-1]);
}

static bool
has_padded_delimiter(const struct mime_part *part)
{
	const struct mime_part *child = part->child;
	const unsigned char *end;

	for (; child; child = child->next)
		if (is_padded(part, child->header_raw.data))
			return true;
	end = part->epilogue.len > 0 ? part->epilogue.data : end_of(part->body);
	return is_padded(part, end);
}

static const char *
part_flaw(const struct mime_part *part)
{
	if (part->depth > LIMIT_MIME_STRICT_DEPTH)
		return "too-deep";
	if (!is_regular_header(part->header_raw) || !has_empty_line(part))
		return "irregular-header";
	if (!has_regular_fields(&part->header))
		return "irregular-field";
	if (part->kind == MIME_LEAF)
		return hides_parts(part) ? "hidden-parts" : NULL;
	if (part->kind == MIME_MESSAGE)
		return NULL;
	if (part->structure_malformed || !has_simple_boundary(part))
		return "broken-multipart";
	return has_padded_delimiter(part) ? "padded-delimiter" : NULL;
}

const char *
mime_strict_flaw(const struct mime_tree *tree)
{
	const struct mime_part *part;
	const char *flaw;

	for (part = tree->root; part; part = mime_part_next(part)) {
		flaw = part_flaw(part);
		if (flaw)
			return flaw;
	}
	return NULL;
}
