/*
 * signed_attrs.c: see signed_attrs.h.
 *
 * What is read comes from the network and is not yet authenticated.
 * Callable from any thread.
 */
#include "smime/signed_attrs.h"

#include <time.h>

#include "base/limits.h"
#include "smime/capabilities.h"
#include "smime/der.h"

/* Attribute ::= SEQUENCE { type, values SET OF } with one value. */
struct attribute {
	size_t whole;
	size_t values;
};

static struct attribute
attribute_open(struct buf *out, enum oid type)
{
	struct attribute a;

	a.whole = der_open(out, DER_SEQUENCE);
	der_oid(out, type);
	a.values = der_open(out, DER_SET);
	return a;
}

static void
attribute_close(struct buf *out, struct attribute a)
{
	der_close(out, a.values);
	der_close(out, a.whole);
}

void
signed_attr_content_type(struct buf *out, enum oid type)
{
	struct attribute a = attribute_open(out, OID_CONTENT_TYPE);

	der_oid(out, type);
	attribute_close(out, a);
}

void
signed_attr_message_digest(struct buf *out, struct slice digest)
{
	struct attribute a = attribute_open(out, OID_MESSAGE_DIGEST);

	der_put(out, DER_OCTET_STRING, digest);
	attribute_close(out, a);
}

int
signed_attr_signing_time(struct buf *out, time_t when)
{
	struct attribute a;
	char text[32];
	struct tm tm;
	bool utc;
	size_t len;

	if (!gmtime_r(&when, &tm))
		return -1;
	/* RFC 5652 11.3: UTCTime means 1950 to 2049 (rule D3). */
	utc = tm.tm_year >= 50 && tm.tm_year < 150;
	len = strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	if (len == 0)
		return -1;
	a = attribute_open(out, OID_SIGNING_TIME);
	der_put(out, utc ? DER_UTC_TIME : DER_GENERAL_TIME,
	    slice_part(slice_make(text, len), utc ? 2 : 0, len));
	attribute_close(out, a);
	return 0;
}

void
signed_attr_capabilities(struct buf *out, const struct certificate *c)
{
	struct attribute a = attribute_open(out, OID_SMIME_CAPABILITIES);

	capabilities_write(out, c);
	attribute_close(out, a);
}

void
signed_attr_signing_certificate(struct buf *out, const struct certificate *c)
{
	struct attribute a = attribute_open(out, OID_SIGNING_CERTIFICATE_V2);
	size_t value = der_open(out, DER_SEQUENCE);
	size_t certs = der_open(out, DER_SEQUENCE);
	size_t cert = der_open(out, DER_SEQUENCE);

	/* hashAlgorithm is at its default, SHA-256, and so left out; the
	 * hash alone identifies the certificate. */
	der_put(out, DER_OCTET_STRING,
	    slice_make(c->fingerprint, FINGERPRINT_SIZE));
	der_close(out, cert);
	der_close(out, certs);
	der_close(out, value);
	attribute_close(out, a);
}

void
signed_attr_algorithm_protection(
    struct buf *out, struct slice digest, struct slice signature)
{
	struct attribute a = attribute_open(out, OID_CMS_ALGORITHM_PROTECTION);
	size_t value = der_open(out, DER_SEQUENCE);

	buf_add_slice(out, digest);
	/* [1] IMPLICIT: the same octets under another tag. */
	buf_add_char(out, (char)DER_CONSTRUCTED(1));
	buf_add_slice(out, slice_part(signature, 1, signature.len));
	der_close(out, value);
	attribute_close(out, a);
}

/* --- reading --- */

static int
content_type_read(struct tlv *value, struct signed_attrs *out)
{
	return tlv_oid(value, &out->content_type);
}

static int
message_digest_read(struct tlv *value, struct signed_attrs *out)
{
	return tlv_value(value, DER_OCTET_STRING, &out->message_digest);
}

/* "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ": RFC 5652 11.3 allows nothing else. */
static int
time_parse(struct slice text, size_t year_digits, time_t *out)
{
	int number[6] = {0};
	struct tm tm = {0};
	size_t at = 0;

	if (text.len != year_digits + 11 || text.data[text.len - 1] != 'Z')
		return -1;
	for (size_t i = 0; i < 6; i++)
		for (size_t n = i == 0 ? year_digits : 2; n > 0; n--, at++) {
			if (text.data[at] < '0' || text.data[at] > '9')
				return -1;
			number[i] = number[i] * 10 + (text.data[at] - '0');
		}
	if (year_digits == 2)
		number[0] += number[0] < 50 ? 2000 : 1900;
	if (number[1] < 1 || number[1] > 12 || number[2] < 1 ||
	    number[2] > 31 || number[3] > 23 || number[4] > 59 ||
	    number[5] > 60)
		return -1;
	tm.tm_year = number[0] - 1900;
	tm.tm_mon = number[1] - 1;
	tm.tm_mday = number[2];
	tm.tm_hour = number[3];
	tm.tm_min = number[4];
	tm.tm_sec = number[5];
	*out = timegm(&tm);
	return 0;
}

static int
signing_time_read(struct tlv *value, struct signed_attrs *out)
{
	bool utc = tlv_peek(value) == DER_UTC_TIME;
	struct slice text;

	if (tlv_value(value, utc ? DER_UTC_TIME : DER_GENERAL_TIME, &text))
		return -1;
	return time_parse(text, utc ? 2 : 4, &out->signing_time);
}

static int
capability_list_read(struct tlv *value, struct signed_attrs *out)
{
	if (tlv_peek(value) != DER_SEQUENCE)
		return -1;
	return tlv_skip(value, &out->capabilities);
}

/* RFC 8551 2.5.3: [0] issuerAndSerialNumber, [1] receipentKeyId (sic) or [2]
 * subjectAltKeyIdentifier, all implicit. */
static int
key_preference_read(struct tlv *value, struct signed_attrs *out)
{
	struct cms_id id = {0};
	struct tlv inside;

	if (tlv_peek(value) == DER_CONTEXT(2)) {
		if (tlv_value(value, DER_CONTEXT(2), &id.key_id))
			return -1;
	} else if (tlv_peek(value) == DER_CONSTRUCTED(0)) {
		if (tlv_enter(value, DER_CONSTRUCTED(0), &inside) ||
		    tlv_skip(&inside, &id.issuer) ||
		    tlv_value(&inside, DER_INTEGER, &id.serial))
			return -1;
	} else if (tlv_enter(value, DER_CONSTRUCTED(1), &inside) ||
		   tlv_value(&inside, DER_OCTET_STRING, &id.key_id)) {
		return -1;
	}
	out->preference = (struct key_preference){true, id};
	return 0;
}

/* What the signer only claims, and nobody relies on to judge the signature:
 * agents that write it wrongly are read as if they had not written it. */
static int
claim_read(struct tlv *value, enum oid type, struct signed_attrs *out)
{
	struct tlv walk = *value;

	if (type == OID_SIGNING_TIME)
		(void)!signing_time_read(&walk, out);
	else if (type == OID_SMIME_CAPABILITIES)
		(void)!capability_list_read(&walk, out);
	else
		(void)!key_preference_read(&walk, out);
	return tlv_skip(value, NULL);
}

/* The first ESSCertID(v2) of SigningCertificate(V2): that of the signer.
 * The others name its issuers, and policies follow; neither counts here. */
static int
signing_certificate_read(struct tlv *value, struct signed_attrs *out, bool v2)
{
	struct tlv_algorithm hash = {.oid = v2 ? OID_SHA256 : OID_SHA1};
	struct tlv inside, certs, cert;

	if (tlv_enter(value, DER_SEQUENCE, &inside) ||
	    tlv_enter(&inside, DER_SEQUENCE, &certs) ||
	    tlv_enter(&certs, DER_SEQUENCE, &cert))
		return -1;
	if (v2 && tlv_peek(&cert) == DER_SEQUENCE &&
	    tlv_algorithm(&cert, &hash))
		return -1;
	if (tlv_value(&cert, DER_OCTET_STRING, &out->cert_hash) ||
	    out->cert_hash.len == 0)
		return -1;
	out->cert_hash_algorithm = hash.oid;
	return tlv_skip(value, NULL);
}

/* RFC 6211 section 2; [2] macAlgorithm belongs to AuthenticatedData. */
static int
protection_read(struct tlv *value, struct signed_attrs *out)
{
	struct tlv inside;

	out->has_protection = true;
	if (tlv_enter(value, DER_SEQUENCE, &inside) ||
	    tlv_algorithm(&inside, &out->protected_digest) ||
	    tlv_algorithm_tagged(
		&inside, DER_CONSTRUCTED(1), &out->protected_signature))
		return -1;
	return tlv_leave(value, &inside);
}

static int
value_read(struct tlv *value, enum oid type, struct signed_attrs *out)
{
	switch (type) {
	case OID_CONTENT_TYPE:
		return content_type_read(value, out);
	case OID_MESSAGE_DIGEST:
		return message_digest_read(value, out);
	case OID_SIGNING_TIME:
	case OID_SMIME_CAPABILITIES:
	case OID_ENCRYPTION_KEY_PREFERENCE:
		return claim_read(value, type, out);
	case OID_SIGNING_CERTIFICATE:
		/* Both may be there (RFC 5035 section 5): the stronger hash
		 * counts, whichever comes first. */
		if (out->cert_hash.len > 0)
			return tlv_skip(value, NULL);
		return signing_certificate_read(value, out, false);
	case OID_SIGNING_CERTIFICATE_V2:
		return signing_certificate_read(value, out, true);
	case OID_CMS_ALGORITHM_PROTECTION:
		return protection_read(value, out);
	default:
		return tlv_skip(value, NULL);
	}
}

/* seen: which types were met, by OID. */
static int
attribute_read(
    struct tlv *b, struct signed_attrs *out, bool *seen, const char **why)
{
	struct tlv attribute, values;
	enum oid type;

	*why = "signed attributes are malformed";
	if (tlv_enter(b, DER_SEQUENCE, &attribute) ||
	    tlv_oid(&attribute, &type) ||
	    tlv_enter(&attribute, DER_SET, &values))
		return -1;
	if (type == OID_UNKNOWN)
		return tlv_skip(b, NULL);
	if (seen[type]) {
		*why = "a signed attribute comes twice";
		return -1;
	}
	seen[type] = true;
	if (value_read(&values, type, out) || tlv_leave(&attribute, &values) ||
	    tlv_leave(b, &attribute))
		return -1;
	return 0;
}

int
signed_attrs_read(
    struct slice attrs, struct signed_attrs *out, const char **why)
{
	bool seen[OID_COUNT] = {false};
	size_t count = 0;
	struct tlv b;

	*out = (struct signed_attrs){0};
	for (tlv_init(&b, attrs); !tlv_at_end(&b); count++) {
		if (count >= LIMIT_ATTRIBUTES) {
			*why = "too many signed attributes";
			return -1;
		}
		if (attribute_read(&b, out, seen, why))
			return -1;
	}
	if (!seen[OID_CONTENT_TYPE] || !seen[OID_MESSAGE_DIGEST]) {
		*why = "contentType or messageDigest is missing";
		return -1;
	}
	return 0;
}
