/*
 * detect.c: see detect.h.
 *
 * Runs on every message, so it looks at the header first and at nothing
 * else when that says enough.  Callable from any thread.
 */
#include "smime/detect.h"

#include <string.h>
#include <strings.h>

#include "mail/mime_codec.h"
#include "mail/mime_type.h"
#include "mail/spool.h"
#include "smime/cms_body.h"

/* Base64 that is looked into for armor.  Armor stands at the start of a
 * text, or behind a few lines of greeting. */
#define ARMOR_BASE64_MAX ((size_t)64 * 1024)

const char *
smime_kind_name(enum smime_kind kind)
{
	switch (kind) {
	case SMIME_SIGNED_DETACHED:
		return "multipart-signed";
	case SMIME_PKCS7:
		return "pkcs7-mime";
	case SMIME_SIGNED_OPAQUE:
		return "signed-data";
	case SMIME_ENVELOPED:
		return "enveloped-data";
	case SMIME_AUTH_ENVELOPED:
		return "authEnveloped-data";
	case SMIME_COMPRESSED:
		return "compressed-data";
	case SMIME_CERTS_ONLY:
		return "certs-only";
	case SMIME_PGP_SIGNED:
		return "pgp-signed";
	case SMIME_PGP_ENCRYPTED:
		return "pgp-encrypted";
	case SMIME_PGP_INLINE:
		return "pgp-inline";
	case SMIME_OTHER_SIGNED:
		return "other-signed";
	case SMIME_NONE:
	default:
		return "none";
	}
}

/* Which of the words is value, whatever the case?  SMIME_NONE: none. */
struct word {
	const char *text;
	enum smime_kind kind;
};

static enum smime_kind
word_find(const char *value, const struct word *words)
{
	for (; value && words->text; words++)
		if (strcasecmp(value, words->text) == 0)
			return words->kind;
	return SMIME_NONE;
}

/* RFC 1847 2.1; the x- form is what agents wrote before RFC 2311. */
static enum smime_kind
signed_kind(const struct mime_type *type)
{
	static const struct word protocols[] = {
	    {"application/pkcs7-signature", SMIME_SIGNED_DETACHED},
	    {"application/x-pkcs7-signature", SMIME_SIGNED_DETACHED},
	    {"application/pgp-signature", SMIME_PGP_SIGNED},
	    {NULL, SMIME_NONE},
	};
	enum smime_kind kind =
	    word_find(mime_type_param(type, "protocol"), protocols);

	return kind == SMIME_NONE ? SMIME_OTHER_SIGNED : kind;
}

/* RFC 8551 3.2.2.  An unknown smime-type says nothing: the CMS does. */
static enum smime_kind
pkcs7_kind(const struct mime_type *type)
{
	static const struct word kinds[] = {
	    {"signed-data", SMIME_SIGNED_OPAQUE},
	    {"enveloped-data", SMIME_ENVELOPED},
	    {"authEnveloped-data", SMIME_AUTH_ENVELOPED},
	    {"compressed-data", SMIME_COMPRESSED},
	    {"certs-only", SMIME_CERTS_ONLY},
	    {NULL, SMIME_NONE},
	};
	enum smime_kind kind =
	    word_find(mime_type_param(type, "smime-type"), kinds);

	return kind == SMIME_NONE ? SMIME_PKCS7 : kind;
}

static enum smime_kind
suffix_kind(const char *name)
{
	static const struct word suffixes[] = {
	    {".p7m", SMIME_PKCS7},
	    {".p7s", SMIME_PKCS7},
	    {".p7c", SMIME_CERTS_ONLY},
	    {".p7z", SMIME_COMPRESSED},
	    {NULL, SMIME_NONE},
	};
	const char *dot = name ? strrchr(name, '.') : NULL;

	return word_find(dot, suffixes);
}

/* RFC 8551 3.10: gateways that do not know pkcs7-mime make it this. */
static enum smime_kind
octet_stream_kind(const struct header *header, const struct mime_type *type)
{
	enum smime_kind kind = suffix_kind(mime_type_param(type, "name"));
	const struct header_field *field =
	    header_find(header, "Content-Disposition", 0);
	struct mime_type disposition;

	if (kind != SMIME_NONE || !field)
		return kind;
	mime_disposition_parse(&disposition, field->body);
	kind = suffix_kind(mime_type_param(&disposition, "filename"));
	mime_type_fini(&disposition);
	return kind;
}

static enum smime_kind
pgp_kind(const struct mime_type *type)
{
	static const struct word subtypes[] = {
	    {"pgp", SMIME_PGP_ENCRYPTED},
	    {"pgp-encrypted", SMIME_PGP_ENCRYPTED},
	    {"pgp-signature", SMIME_PGP_SIGNED},
	    {NULL, SMIME_NONE},
	};

	return word_find(type->subtype, subtypes);
}

static enum smime_kind
type_kind(const struct header *header, const struct mime_type *type)
{
	if (mime_type_is(type, "multipart", "signed"))
		return signed_kind(type);
	if (mime_type_is(type, "multipart", "encrypted"))
		return SMIME_PGP_ENCRYPTED;
	if (mime_type_is(type, "application", "pkcs7-mime") ||
	    mime_type_is(type, "application", "x-pkcs7-mime"))
		return pkcs7_kind(type);
	if (mime_type_is(type, "application", "octet-stream"))
		return octet_stream_kind(header, type);
	if (mime_type_is(type, "application", NULL))
		return pgp_kind(type);
	return SMIME_NONE;
}

enum smime_kind
smime_detect_header(const struct header *header)
{
	const struct header_field *field =
	    header_find(header, "Content-Type", 0);
	struct mime_type type;
	enum smime_kind kind;

	if (!field)
		return SMIME_NONE;
	mime_type_parse(&type, field->body);
	kind = type_kind(header, &type);
	mime_type_fini(&type);
	return kind;
}

/* RFC 9580 6.2: a header line of signed or encrypted text.  A public key in
 * a mail protects nothing. */
static bool
has_armor(struct slice text)
{
	static const char begin[] = "-----BEGIN PGP ";
	const unsigned char *at = text.data, *end;
	struct slice rest;

	if (text.len == 0)
		return false;
	end = text.data + text.len;
	while (at < end && (at = memmem(at, (size_t)(end - at), begin,
				sizeof(begin) - 1))) {
		rest = slice_make(at, (size_t)(end - at));
		rest = slice_part(rest, sizeof(begin) - 1, rest.len);
		if ((at == text.data || at[-1] == '\n') &&
		    (slice_has_prefix(rest, "MESSAGE-----") ||
			slice_has_prefix(rest, "SIGNED MESSAGE-----")))
			return true;
		at += sizeof(begin) - 1;
	}
	return false;
}

static bool
has_armor_base64(struct slice body)
{
	static const struct spool_config in_memory = {
	    .memory = ARMOR_BASE64_MAX, .max = ARMOR_BASE64_MAX};
	struct spool text;
	struct err err;
	bool strict, found;

	spool_init(&text, &in_memory);
	body = slice_part(body, 0, ARMOR_BASE64_MAX);
	found = base64_decode(body, &text, &strict, &err) == 0 &&
		spool_finish(&text, &err) == 0 && has_armor(spool_slice(&text));
	spool_fini(&text);
	return found;
}

/* Is the whole message one text? */
static bool
is_text(const struct header *header)
{
	const struct header_field *field =
	    header_find(header, "Content-Type", 0);
	struct mime_type type;
	bool text;

	if (!field)
		return true;
	mime_type_parse(&type, field->body);
	text = mime_type_is(&type, "text", NULL);
	mime_type_fini(&type);
	return text;
}

enum smime_kind
smime_detect(const struct header *header, struct slice body)
{
	enum smime_kind kind = smime_detect_header(header);

	if (kind != SMIME_NONE || !is_text(header))
		return kind;
	/* Quoted-printable leaves armor lines as they are. */
	if (cms_body_encoding(header) == MIME_CTE_BASE64
		? has_armor_base64(body)
		: has_armor(body))
		return SMIME_PGP_INLINE;
	return SMIME_NONE;
}

bool
smime_kind_is_cms(enum smime_kind kind)
{
	switch (kind) {
	case SMIME_PKCS7:
	case SMIME_SIGNED_OPAQUE:
	case SMIME_ENVELOPED:
	case SMIME_AUTH_ENVELOPED:
	case SMIME_COMPRESSED:
	case SMIME_CERTS_ONLY:
		return true;
	default:
		return false;
	}
}

bool
smime_kind_is_layer(enum smime_kind kind)
{
	return kind == SMIME_SIGNED_DETACHED || smime_kind_is_cms(kind);
}

bool
smime_kind_is_encrypted(enum smime_kind kind)
{
	return kind == SMIME_ENVELOPED || kind == SMIME_AUTH_ENVELOPED ||
	       kind == SMIME_PGP_ENCRYPTED;
}

/* RFC 8551 3.5.3.1; some agents and gateways use other names for it. */
bool
smime_is_signature(const struct mime_part *part)
{
	if (mime_type_is(&part->type, "application", "pkcs7-signature") ||
	    mime_type_is(&part->type, "application", "x-pkcs7-signature"))
		return true;
	return smime_detect_header(&part->header) == SMIME_PKCS7 &&
	       mime_type_is(&part->type, "application", "octet-stream");
}
