/*
 * gate_entity.c: see gate_entity.h.
 *
 * Reads the type and the delimiter lines as a receiver would; the CMS is for
 * gate_cms.c.  Every failure is ERR_BUG: these bytes are our own work.
 */
#include "gateway/gate_entity.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/armor.h"
#include "gateway/gate_cms.h"
#include "mail/mime_type.h"

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* Where a delimiter line begins and what stands behind the boundary. */
struct delimiter {
	size_t start; /* of the CRLF before it, which belongs to it */
	size_t next;  /* of the following line */
	bool is_last; /* close-delimiter */
};

/* The next delimiter line at or after from, RFC 2046 5.1.1; -1 when there is
 * none.  A line that only begins with the boundary is a gap, too. */
static int
find_delimiter(const struct slice_list *body, struct slice dash_boundary,
    size_t from, struct delimiter *out)
{
	size_t size = slice_list_size(body), at = from;
	char before[2], behind[4];

	for (;; at++) {
		at = slice_list_find(body, dash_boundary, at);
		if (at == size)
			return -1;
		if (at == 0)
			break;
		if (at >= 2 && slice_list_read(body, at - 2, before, 2) == 2 &&
		    memcmp(before, "\r\n", 2) == 0)
			break;
	}
	out->start = at == 0 ? 0 : at - 2;
	at += dash_boundary.len;
	out->is_last = slice_list_read(body, at, behind, 4) >= 2 &&
		       memcmp(behind, "--", 2) == 0;
	at += out->is_last ? 2 : 0;
	if (slice_list_read(body, at, behind, 2) != 2 ||
	    memcmp(behind, "\r\n", 2) != 0)
		return -1;
	out->next = at + 2;
	return 0;
}

/* The part with the signature: its header is ours, so compared as text. */
static int
check_signature_header(
    const struct slice_list *body, size_t from, size_t to, size_t *lines)
{
	static const char name[] = "Content-Type: application/pkcs7-signature";
	char text[sizeof(name) - 1];
	size_t end = slice_list_find(body, slice_text("\r\n\r\n"), from);

	if (end >= to ||
	    slice_list_read(body, from, text, sizeof(text)) != sizeof(text) ||
	    memcmp(text, name, sizeof(text)) != 0)
		return -1;
	*lines = end + 4;
	return 0;
}

/* Exactly two parts (rule S11); signature is opened at the second. */
static int
open_multipart(const struct slice_list *body, const char *boundary,
    struct armor *signature)
{
	char *text = xasprintf("--%s", boundary);
	struct slice dash = slice_text(text);
	struct delimiter first, middle, last;
	size_t lines;
	int rc = -1;

	if (find_delimiter(body, dash, 0, &first) < 0 || first.is_last ||
	    find_delimiter(body, dash, first.next, &middle) < 0 ||
	    middle.is_last ||
	    find_delimiter(body, dash, middle.next, &last) < 0 || !last.is_last)
		goto out;
	/* Nothing behind the close-delimiter that could be another part. */
	if (slice_list_find(body, dash, last.next) != slice_list_size(body))
		goto out;
	if (check_signature_header(body, middle.next, last.start, &lines) < 0)
		goto out;
	rc = armor_open(signature, body, lines, last.start);
out:
	free(text);
	return rc;
}

/* An attachment, where people see one. */
static bool
is_attachment(const struct gate_entity *e)
{
	return slice_equal_text_ci(
		   slice_trim(e->transfer_encoding), "base64") &&
	       slice_has_prefix_ci(slice_trim(e->disposition), "attachment;");
}

static int
check_detached(const struct gate_entity *e, const struct mime_type *type,
    const struct certificate *signer, struct err *err)
{
	const char *protocol = mime_type_param(type, "protocol");
	const char *boundary = mime_type_param(type, "boundary");
	struct armor a;

	if (!mime_type_is(type, "multipart", "signed"))
		return gap(err, "not signed detached");
	if (!protocol || !boundary || !mime_type_param(type, "micalg") ||
	    strcmp(protocol, "application/pkcs7-signature") != 0 ||
	    e->transfer_encoding.len > 0 || e->disposition.len > 0)
		return gap(err, "multipart/signed is not labelled right");
	if (open_multipart(&e->body, boundary, &a) < 0)
		return gap(err, "multipart/signed has not exactly two parts");
	return gate_cms_signed(&a, true, signer, err);
}

/* application/pkcs7-mime of one of these kinds, in base64. */
static int
open_pkcs7(const struct gate_entity *e, const struct mime_type *type,
    const char *wanted, struct armor *a)
{
	const char *kind = mime_type_param(type, "smime-type");

	if (!mime_type_is(type, "application", "pkcs7-mime") || !kind ||
	    strcmp(kind, wanted) != 0)
		return -1;
	if (!is_attachment(e) ||
	    armor_open(a, &e->body, 0, slice_list_size(&e->body)) < 0)
		a->size = 0;
	return 0;
}

static int
check_opaque(const struct gate_entity *e, const struct mime_type *type,
    const struct certificate *signer, struct err *err)
{
	struct armor a;

	if (open_pkcs7(e, type, "signed-data", &a) < 0)
		return gap(err, "not signed opaque");
	if (a.size == 0)
		return gap(err, "signed-data is not base64");
	return gate_cms_signed(&a, false, signer, err);
}

/* Every program reads these parameters alike. */
static int
read_type(struct mime_type *type, const struct gate_entity *e, struct err *err)
{
	mime_type_parse(type, e->content_type);
	if (type->malformed || type->duplicate || type->disputed)
		return gap(err, "malformed Content-Type");
	return 0;
}

int
gate_entity_signed(const struct gate_entity *e, bool opaque,
    const struct certificate *signer, struct err *err)
{
	struct mime_type type;
	int rc = read_type(&type, e, err);

	if (rc == 0)
		rc = opaque ? check_opaque(e, &type, signer, err)
			    : check_detached(e, &type, signer, err);
	mime_type_fini(&type);
	return rc;
}

int
gate_entity_enveloped(const struct gate_entity *e, bool authenticated,
    const struct certificate_list *to, struct err *err)
{
	const char *kind =
	    authenticated ? "authEnveloped-data" : "enveloped-data";
	struct mime_type type;
	struct armor a;
	int rc = read_type(&type, e, err);

	if (rc == 0 && open_pkcs7(e, &type, kind, &a) < 0)
		rc = gap(err, "not encrypted as planned");
	else if (rc == 0 && a.size == 0)
		rc = gap(err, "the envelope is not base64");
	else if (rc == 0)
		rc = gate_cms_enveloped(&a, authenticated, to, err);
	mime_type_fini(&type);
	return rc;
}
