/*
 * mime_canon.c: see mime_canon.h.  RFC 8551 3.1, RFC 2045 6, rules S3 to S10.
 *
 * First everything is judged, then, only if something must change and may,
 * written: the entity is copied from its start to its end, with other labels
 * and bodies put in where leaves are encoded.  Two things are never done: to
 * change what a leaf decodes to, and to change a byte of what somebody else
 * has signed.
 *
 * Flaws are of two kinds.  What a mail server breaks for certain (8-bit, NUL,
 * bare CR or LF, long lines) must go, or the entity can only be signed
 * opaquely.  Blanks at the end of a line and "From " lines are broken by rare
 * gateways and by mailbox files: they go wherever a leaf can be encoded, and
 * are put up with in headers, preambles and inner signatures, because an
 * opaque signature would be the worse evil there.
 *
 * What a server on the road would put together differently after taking it
 * apart (mime_strict.h) has to go opaquely, too.
 *
 * Labels count as well as bytes: Postfix converts a part labelled 8bit for a
 * next hop without 8BITMIME even when it is plain ASCII (MTA.md 4e).
 *
 * Pure but for the spool; callable from any thread.
 */
#include "mail/mime_canon.h"

#include "mail/mime_codec.h"
#include "mail/mime_strict.h"

#define CTE_FIELD "Content-Transfer-Encoding"

enum plan {
	PLAN_KEEP,
	PLAN_RELABEL, /* 7bit instead of 8bit or binary */
	PLAN_ENCODE,
	PLAN_OPAQUE /* it must change and cannot */
};

/* Judging */

static bool
is_wide(enum mime_cte cte)
{
	return cte == MIME_CTE_8BIT || cte == MIME_CTE_BINARY;
}

/* Rules S5 and N1: somebody else's signature or ciphertext. */
static bool
is_protected(const struct mime_part *part)
{
	return mime_type_is(&part->type, "multipart", "signed") ||
	       mime_type_is(&part->type, "multipart", "encrypted") ||
	       mime_type_is(&part->type, "application", "pkcs7-mime") ||
	       mime_type_is(&part->type, "application", "x-pkcs7-mime");
}

/* Nothing in it may change, its own label included: protected, or a
 * multipart that two readers would take apart differently. */
static bool
is_frozen(const struct mime_part *part)
{
	return is_protected(part) || part->structure_malformed;
}

/* Can a part with all that is in it stay as it is? */
static bool
can_stay(const struct mime_part *part)
{
	const struct mime_part *end = mime_part_after(part);

	if (!mime_texture_survives(&part->header_texture) ||
	    !mime_texture_survives(&part->body_texture))
		return false;
	for (; part != end; part = mime_part_next(part))
		if (is_wide(part->cte))
			return false;
	return true;
}

/* Is there an empty line between header and body?  Without it another body
 * could become header fields, and a new field part of the body. */
static bool
has_separator(const struct mime_part *part)
{
	return part->separator.len > 0 || !part->parent;
}

/* Does everybody read the same label, and can it be changed? */
static bool
can_relabel(const struct mime_part *part)
{
	struct slice raw = part->header_raw;
	size_t labels = header_count(&part->header, CTE_FIELD);

	if (labels == 0)
		return has_separator(part) &&
		       (raw.len == 0 || raw.data[raw.len - 1] == '\n');
	return labels == 1;
}

/* RFC 2045 6.4 and 2046 5.2: a multipart or message must not be encoded, not
 * even one that is a leaf to us.  RFC 6532 and 6533 except message/global and
 * its kin, but there are readers that look for header fields in every message
 * type, whatever its encoding.  With two types, or none that can be read, it
 * might be one. */
static bool
can_encode(const struct mime_part *part)
{
	const struct mime_type *type = &part->type;

	if (!*type->type || !*type->subtype ||
	    header_count(&part->header, "Content-Type") > 1)
		return false;
	if (mime_type_is(type, "multipart", NULL) ||
	    mime_type_is(type, "message", NULL))
		return false;
	return has_separator(part) && can_relabel(part);
}

/* Does everybody decode it in the same way? */
static bool
decodes_strictly(const struct mime_part *part)
{
	struct err unused;
	bool strict;
	int rc;

	rc = part->cte == MIME_CTE_QP
		 ? qp_decode(part->body, NULL, &strict, &unused)
		 : base64_decode(part->body, NULL, &strict, &unused);
	return rc == 0 && strict;
}

static enum plan
plan_leaf(const struct mime_part *part)
{
	bool encoded = part->cte == MIME_CTE_QP || part->cte == MIME_CTE_BASE64;

	if (!mime_texture_is_robust(&part->body_texture) && can_encode(part) &&
	    part->cte != MIME_CTE_OTHER && (!encoded || decodes_strictly(part)))
		return PLAN_ENCODE;
	if (!mime_texture_survives(&part->body_texture))
		return PLAN_OPAQUE;
	if (!is_wide(part->cte))
		return PLAN_KEEP;
	return can_relabel(part) ? PLAN_RELABEL : PLAN_OPAQUE;
}

static enum plan
plan_part(const struct mime_part *part)
{
	if (is_frozen(part))
		return can_stay(part) ? PLAN_KEEP : PLAN_OPAQUE;
	if (!mime_texture_survives(&part->header_texture))
		return PLAN_OPAQUE;
	if (part->kind == MIME_LEAF)
		return plan_leaf(part);
	if (!mime_texture_survives(&part->glue_texture))
		return PLAN_OPAQUE;
	return is_wide(part->cte) ? PLAN_RELABEL : PLAN_KEEP;
}

/* Why the plan for the part is PLAN_OPAQUE: a word for the log. */
static const char *
opaque_reason(const struct mime_part *part)
{
	if (is_protected(part))
		return "inner-protected";
	if (!mime_texture_survives(&part->header_texture))
		return "header-not-7bit";
	if (part->structure_malformed)
		return "broken-multipart";
	if (part->kind == MIME_MULTIPART)
		return "preamble-not-7bit";
	return "part-not-encodable";
}

/* The next part that a plan is made for. */
static const struct mime_part *
next_planned(const struct mime_part *part)
{
	return is_frozen(part) ? mime_part_after(part) : mime_part_next(part);
}

bool
mime_canon_is_too_complex(const struct mime_tree *tree)
{
	const struct mime_part *root = tree->root;

	return tree->over_limit &&
	       !(mime_texture_survives(&root->header_texture) &&
		   mime_texture_survives(&root->body_texture));
}

static enum mime_canon_result
judge(const struct mime_tree *tree, const char **reason)
{
	const struct mime_part *part = tree->root;
	enum mime_canon_result result = MIME_CANON_SAME;
	enum plan plan;

	*reason = NULL;
	if (mime_type_is(&part->type, "message", "partial")) {
		*reason = "message-partial";
		return MIME_CANON_SKIP;
	}
	if (tree->over_limit) {
		*reason = "too-complex";
		return mime_canon_is_too_complex(tree) ? MIME_CANON_SKIP
						       : MIME_CANON_OPAQUE;
	}
	for (; part; part = next_planned(part)) {
		plan = plan_part(part);
		if (plan == PLAN_OPAQUE) {
			*reason = opaque_reason(part);
			return MIME_CANON_OPAQUE;
		}
		if (plan != PLAN_KEEP)
			result = MIME_CANON_TRANSCODED;
	}
	*reason = mime_strict_flaw(tree);
	return *reason ? MIME_CANON_OPAQUE : result;
}

/* Writing */

struct canon {
	struct spool *out;
	const unsigned char *pos; /* what lies before it has been written */
};

static int
write_text(struct canon *c, const char *text, struct err *err)
{
	struct slice s = slice_text(text);

	return spool_write(c->out, s.data, s.len, err);
}

static int
copy_until(struct canon *c, const unsigned char *end, struct err *err)
{
	const unsigned char *from = c->pos;

	c->pos = end;
	return spool_write(c->out, from, (size_t)(end - from), err);
}

/* The field keeps its place and the spelling of its name; a new one comes
 * last. */
static int
write_label(struct canon *c, const struct mime_part *part, const char *label,
    struct err *err)
{
	const struct header_field *field;
	const unsigned char *end;

	field = header_find(&part->header, CTE_FIELD, 0);
	if (!field) {
		end = part->header_raw.data + part->header_raw.len;
		if (copy_until(c, end, err) ||
		    write_text(c, CTE_FIELD ": ", err) ||
		    write_text(c, label, err))
			return -1;
		return write_text(c, "\r\n", err);
	}
	if (copy_until(c, field->body.data, err) || write_text(c, " ", err))
		return -1;
	c->pos = field->body.data + field->body.len;
	return write_text(c, label, err);
}

/* Text becomes what is smaller, other data base64.  Bare CR or LF in text
 * would look like line ends in quoted-printable. */
static enum mime_cte
choose_encoding(const struct mime_part *part)
{
	if (part->cte == MIME_CTE_QP || part->cte == MIME_CTE_BASE64)
		return part->cte;
	if (!mime_type_is(&part->type, "text", NULL) ||
	    part->body_texture.has_bare_cr_lf)
		return MIME_CTE_BASE64;
	return qp_size(part->body, true) <= base64_size(part->body.len)
		   ? MIME_CTE_QP
		   : MIME_CTE_BASE64;
}

static int
write_encoded(struct canon *c, struct slice data, enum mime_cte encoding,
    bool text, struct err *err)
{
	struct base64_encoder encoder;

	if (encoding == MIME_CTE_QP)
		return qp_encode(data, text, c->out, err);
	base64_encoder_init(&encoder, c->out);
	if (base64_encoder_write(&encoder, data, err))
		return -1;
	return base64_encoder_finish(&encoder, err);
}

/* Encoded before, but not so that it would survive. */
static int
write_again(struct canon *c, const struct mime_part *part, struct err *err)
{
	bool text = mime_type_is(&part->type, "text", NULL), strict;
	struct spool data;
	int rc;

	spool_init(&data, c->out->config);
	rc = part->cte == MIME_CTE_QP
		 ? qp_decode(part->body, &data, &strict, err)
		 : base64_decode(part->body, &data, &strict, err);
	if (rc == 0)
		rc = spool_finish(&data, err);
	if (rc == 0)
		rc = write_encoded(c, spool_slice(&data), part->cte, text, err);
	spool_fini(&data);
	return rc;
}

static int
write_body(struct canon *c, const struct mime_part *part,
    enum mime_cte encoding, struct err *err)
{
	bool text = mime_type_is(&part->type, "text", NULL);

	c->pos = part->body.data + part->body.len;
	if (part->cte == encoding)
		return write_again(c, part, err);
	return write_encoded(c, part->body, encoding, text, err);
}

/* The header of the root lies elsewhere than its body. */
static int
end_root_header(struct canon *c, const struct mime_part *root, struct err *err)
{
	struct slice raw = root->header_raw;

	if (copy_until(c, raw.data + raw.len, err) ||
	    write_text(c, "\r\n", err))
		return -1;
	c->pos = root->body.data;
	return 0;
}

static int
write_part(struct canon *c, const struct mime_part *part, struct err *err)
{
	enum plan plan = plan_part(part);
	enum mime_cte encoding = MIME_CTE_7BIT;
	const char *label = "7bit";

	if (plan == PLAN_ENCODE) {
		encoding = choose_encoding(part);
		label = encoding == MIME_CTE_QP ? "quoted-printable" : "base64";
	}
	if (plan != PLAN_KEEP && part->cte != encoding &&
	    write_label(c, part, label, err))
		return -1;
	if (!part->parent && end_root_header(c, part, err))
		return -1;
	if (plan != PLAN_ENCODE)
		return 0;
	if (copy_until(c, part->body.data, err))
		return -1;
	return write_body(c, part, encoding, err);
}

static int
write_tree(const struct mime_tree *tree, struct spool *out, struct err *err)
{
	const struct mime_part *root = tree->root, *part;
	struct canon c = {.out = out, .pos = root->header_raw.data};

	for (part = root; part; part = next_planned(part))
		if (write_part(&c, part, err))
			return -1;
	return copy_until(&c, root->body.data + root->body.len, err);
}

int
mime_canon_write(const struct mime_tree *tree, struct spool *out,
    enum mime_canon_result *result, const char **reason, struct err *err)
{
	enum mime_canon_result judged;
	const char *why;

	judged = judge(tree, &why);
	if (judged == MIME_CANON_TRANSCODED && write_tree(tree, out, err))
		return -1;
	if (spool_finish(out, err))
		return -1;
	*result = judged;
	*reason = why;
	return 0;
}
