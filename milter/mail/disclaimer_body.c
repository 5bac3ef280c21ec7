/*
 * disclaimer_body.c: see disclaimer_body.h.  RFC 2046 5.1, RFC 2183, RFC 2387
 * 3.2, RFC 9580 6.2; rule N1.
 *
 * Looks only as far as the first body: what comes behind it, signed or
 * broken, is an attachment that nobody touches.  On the way there nothing may
 * be open to dispute, or the text would stand somewhere else for some
 * readers.  Linear; recursion goes as deep as the message, at most
 * LIMIT_MIME_DEPTH.  Pure but for the spool; callable from any thread.
 */
#include "mail/disclaimer_body.h"

#include <string.h>

#include "mail/charset.h"
#include "mail/mime_codec.h"

#define ESCAPE 0x1b

/* What a part is to whoever looks for bodies. */
enum role {
	ROLE_OTHER, /* neither a body nor leading to one */
	ROLE_BODY,
	ROLE_ALL,   /* alternative: the bodies of all its children */
	ROLE_ROOT,  /* related: those of one of them */
	ROLE_FIRST, /* those of the first that has any */
	ROLE_REFUSED
};

/* --- attachments --- */

enum disposition {
	DISPOSITION_BODY,
	DISPOSITION_ATTACHED,
	DISPOSITION_UNCLEAR
};

static enum disposition
read_disposition(const struct header_field *field)
{
	enum disposition disposition = DISPOSITION_BODY;
	const char *name;
	struct mime_type d;

	mime_disposition_parse(&d, field->body);
	name = mime_type_param(&d, "filename");
	if (mime_type_is(&d, "attachment", NULL) || (name && *name))
		disposition = DISPOSITION_ATTACHED;
	else if (d.malformed || d.duplicate || d.disputed)
		disposition = DISPOSITION_UNCLEAR;
	mime_type_fini(&d);
	return disposition;
}

/* If any reader would take it for an attachment, it is one. */
static enum disposition
find_disposition(const struct mime_part *part)
{
	const char *name = mime_type_param(&part->type, "name");
	enum disposition result = DISPOSITION_BODY, one;
	const struct header_field *field;

	if (name && *name && part->kind == MIME_LEAF)
		return DISPOSITION_ATTACHED;
	for (size_t i = 0; i < part->header.count; i++) {
		field = &part->header.fields[i];
		if (!slice_equal_text_ci(field->name, "Content-Disposition"))
			continue;
		one = read_disposition(field);
		if (one == DISPOSITION_ATTACHED)
			return one;
		if (one == DISPOSITION_UNCLEAR)
			result = one;
	}
	if (header_count(&part->header, "Content-Disposition") > 1)
		result = DISPOSITION_UNCLEAR;
	return result;
}

/* --- roles --- */

static bool
is_type(const struct mime_part *part, const char *type, const char *subtype)
{
	return mime_type_is(&part->type, type, subtype);
}

/* Somebody else's signature or ciphertext; ADDED: none. */
static enum disclaimer_result
find_protection(const struct mime_part *part)
{
	const char *kind = mime_type_param(&part->type, "smime-type");

	if (is_type(part, "multipart", "signed"))
		return DISCLAIMER_INNER_SIGNED;
	if (is_type(part, "multipart", "encrypted") ||
	    is_type(part, "application", "pgp-encrypted"))
		return DISCLAIMER_INNER_ENCRYPTED;
	if (!is_type(part, "application", "pkcs7-mime") &&
	    !is_type(part, "application", "x-pkcs7-mime"))
		return DISCLAIMER_ADDED;
	return kind && slice_equal_text_ci(slice_text(kind), "signed-data")
		   ? DISCLAIMER_INNER_SIGNED
		   : DISCLAIMER_INNER_ENCRYPTED;
}

static bool
is_disputed(const struct mime_part *part)
{
	static const char *const names[] = {
	    "charset", "format", "delsp", "start", "name"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (mime_type_param_is_disputed(&part->type, names[i]))
			return true;
	return part->type.disputed;
}

/* Without an empty line behind it a header has no place for a new field, and
 * a digest (RFC 1864) would be wrong. */
static bool
is_changeable(const struct mime_part *part)
{
	return (part->separator.len > 0 || !part->parent) &&
	       part->cte != MIME_CTE_OTHER &&
	       header_count(&part->header, "Content-MD5") == 0;
}

/* A blank before the colon (RFC 5322 4.5): to some readers that is no field,
 * and the body begins there. */
static bool
has_obsolete_field(const struct mime_part *part)
{
	for (size_t i = 0; i < part->header.count; i++) {
		struct slice name = part->header.fields[i].name;

		if (name.data[name.len] != ':')
			return true;
	}
	return false;
}

static enum role
multipart_role(const struct mime_part *part)
{
	if (is_type(part, "multipart", "report") ||
	    is_type(part, "multipart", "digest") ||
	    is_type(part, "multipart", "appledouble"))
		return ROLE_OTHER;
	if (is_type(part, "multipart", "alternative"))
		return ROLE_ALL;
	if (is_type(part, "multipart", "related"))
		return ROLE_ROOT;
	return ROLE_FIRST;
}

/* The role by name alone, as if nothing were wrong with the part. */
static enum role
named_role(const struct mime_part *part)
{
	if (is_type(part, "multipart", NULL))
		return multipart_role(part);
	return is_type(part, "text", "plain") || is_type(part, "text", "html")
		   ? ROLE_BODY
		   : ROLE_OTHER;
}

static enum role
find_role(const struct mime_part *part, enum disclaimer_result *why)
{
	enum disposition disposition = find_disposition(part);
	enum role role = named_role(part);

	*why = find_protection(part);
	if (disposition == DISPOSITION_ATTACHED && part->parent)
		return ROLE_OTHER;
	if (*why != DISCLAIMER_ADDED)
		return ROLE_REFUSED;
	*why = DISCLAIMER_BROKEN;
	if (part->header_malformed || has_obsolete_field(part))
		return ROLE_REFUSED;
	if (role == ROLE_OTHER || disposition == DISPOSITION_ATTACHED)
		return ROLE_OTHER;
	if (is_disputed(part) || disposition == DISPOSITION_UNCLEAR ||
	    part->structure_malformed)
		return ROLE_REFUSED;
	if (role == ROLE_BODY)
		return is_changeable(part) ? role : ROLE_REFUSED;
	return part->kind == MIME_MULTIPART ? role : ROLE_REFUSED;
}

/* --- the way to the bodies --- */

struct search {
	struct disclaimer_bodies *found;
	enum disclaimer_result why; /* ADDED as long as nothing is wrong */
};

static void
add_body(struct search *s, const struct mime_part *part)
{
	struct disclaimer_bodies *b = s->found;

	if (b->count == LIMIT_DISCLAIMER_BODIES) {
		s->why = DISCLAIMER_TOO_COMPLEX;
		return;
	}
	b->at[b->count++] = (struct disclaimer_body){
	    .part = part, .html = is_type(part, "text", "html")};
}

/* RFC 2045 7: "<" addr-spec ">" with blanks around it. */
static bool
has_content_id(const struct mime_part *part, const char *id)
{
	const struct header_field *field =
	    header_find(&part->header, "Content-ID", 0);

	return field &&
	       slice_equal(slice_trim(field->body), slice_trim(slice_text(id)));
}

/* RFC 2387 3.2: the one that start= names, else the first.  NULL: several are
 * named so. */
static const struct mime_part *
related_root(const struct mime_part *part)
{
	const char *start = mime_type_param(&part->type, "start");
	const struct mime_part *root = NULL, *c;

	for (c = start ? part->child : NULL; c; c = c->next) {
		if (!has_content_id(c, start))
			continue;
		if (root)
			return NULL;
		root = c;
	}
	return root ? root : part->child;
}

static void search_part(struct search *s, const struct mime_part *part);

/* all: of each of them, else of the first that has any. */
static void
search_children(struct search *s, const struct mime_part *part, bool all)
{
	size_t before = s->found->count;
	const struct mime_part *c;

	for (c = part->child; c && s->why == DISCLAIMER_ADDED; c = c->next) {
		search_part(s, c);
		if (!all && s->found->count > before)
			break;
	}
}

static void
search_root(struct search *s, const struct mime_part *part)
{
	const struct mime_part *root = related_root(part);

	if (root)
		search_part(s, root);
	else if (part->child)
		s->why = DISCLAIMER_BROKEN;
}

static void
search_part(struct search *s, const struct mime_part *part)
{
	enum disclaimer_result why;

	switch (find_role(part, &why)) {
	case ROLE_OTHER:
		break;
	case ROLE_BODY:
		add_body(s, part);
		break;
	case ROLE_ALL:
		search_children(s, part, true);
		break;
	case ROLE_ROOT:
		search_root(s, part);
		break;
	case ROLE_FIRST:
		search_children(s, part, false);
		break;
	case ROLE_REFUSED:
		s->why = why;
		break;
	}
}

/* --- what they say --- */

/* A text without a label is what readers would take it for.  Where they would
 * have to guess it is ASCII with bytes that are not, as long as that much is
 * certain. */
static const char *
guess_label(struct slice text)
{
	const char *label = charset_guess(text);

	if (!label && slice_find(text, ESCAPE, 0) == text.len)
		label = "us-ascii";
	return label;
}

/* Text with NULs is UTF-16, whatever it is called, or no text. */
static void
find_charset(struct disclaimer_body *b)
{
	const char *label = mime_type_param(&b->part->type, "charset");

	/* The default of RFC 2045 5.2 is nobody's word. */
	b->labelled = label && *label &&
		      header_count(&b->part->header, "Content-Type") > 0;
	if (!b->labelled)
		label = guess_label(b->text);
	if (label && slice_find(b->text, '\0', 0) == b->text.len)
		b->charset = charset_find(slice_text(label));
}

static int
decode(struct disclaimer_body *b, struct err *err)
{
	int rc;

	b->text = b->part->body;
	b->strict = true;
	if (b->part->cte != MIME_CTE_QP && b->part->cte != MIME_CTE_BASE64)
		return 0;
	rc = b->part->cte == MIME_CTE_QP
		 ? qp_decode(b->part->body, &b->plain, &b->strict, err)
		 : base64_decode(b->part->body, &b->plain, &b->strict, err);
	if (rc || spool_finish(&b->plain, err))
		return -1;
	b->text = spool_slice(&b->plain);
	return 0;
}

/* RFC 9580 6.2 and 7: a line of its own.  A public key protects nothing. */
static bool
has_armor(struct slice text)
{
	static const char begin[] = "-----BEGIN PGP ";
	struct slice line;
	size_t end;

	for (size_t pos = 0; pos < text.len; pos = end + 1) {
		end = slice_find(text, '\n', pos);
		line = slice_part(text, pos, end);
		if (!slice_has_prefix(line, begin))
			continue;
		line = slice_part(line, sizeof(begin) - 1, line.len);
		if (slice_has_prefix(line, "MESSAGE-----") ||
		    slice_has_prefix(line, "SIGNED MESSAGE-----"))
			return true;
	}
	return false;
}

static int
read_bodies(struct search *s, struct err *err)
{
	for (size_t i = 0; i < s->found->count; i++) {
		struct disclaimer_body *b = &s->found->at[i];

		if (decode(b, err))
			return -1;
		find_charset(b);
		if (has_armor(b->text))
			s->why = DISCLAIMER_INLINE_PGP;
	}
	return 0;
}

int
disclaimer_bodies_read(const struct mime_tree *tree,
    const struct spool_config *config, struct disclaimer_bodies *out,
    enum disclaimer_result *result, struct err *err)
{
	struct search s = {.found = out, .why = DISCLAIMER_ADDED};

	out->count = 0;
	if (tree->over_limit) {
		*result = DISCLAIMER_TOO_COMPLEX;
		return 0;
	}
	search_part(&s, tree->root);
	for (size_t i = 0; i < out->count; i++)
		spool_init(&out->at[i].plain, config);
	if (s.why == DISCLAIMER_ADDED && read_bodies(&s, err))
		return -1;
	if (s.why == DISCLAIMER_ADDED && out->count == 0)
		s.why = DISCLAIMER_NO_BODY;
	*result = s.why;
	return 0;
}

void
disclaimer_bodies_fini(struct disclaimer_bodies *b)
{
	for (size_t i = 0; i < b->count; i++)
		spool_fini(&b->at[i].plain);
	b->count = 0;
}
