/* keyd_attrs.c: see keyd_attrs.h.  Pure functions on bytes that nobody has
 * checked yet. */
#include "keyd/keyd_attrs.h"

#include <string.h>

#include "base/limits.h"
#include "keyd/keyd_der.h"

/* Contents of the object identifiers. */
static const unsigned char oid_content_type[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const unsigned char oid_message_digest[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
/* RFC 8551 2.4.1: mail is always id-data.  Code signing and time stamps use
 * content types of their own and are kept out by this. */
static const unsigned char oid_data[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

struct attribute {
	struct slice whole;
	struct slice type;
	struct slice values; /* contents of the SET OF */
};

/* Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF } */
static bool
next_attribute(struct slice *rest, struct attribute *a)
{
	struct keyd_der sequence, type, values;

	if (!keyd_der_next(rest, DER_SEQUENCE, &sequence) ||
	    !keyd_der_next(&sequence.contents, DER_OID, &type) ||
	    !keyd_der_only(sequence.contents, DER_SET, &values) ||
	    type.contents.len == 0 || values.contents.len == 0)
		return false;
	a->whole = sequence.whole;
	a->type = type.contents;
	a->values = values.contents;
	return true;
}

/* X.690 11.6: ascending, the shorter padded with zeros.  No element is the
 * beginning of another one, so that the padding never decides. */
static bool
is_before(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	return memcmp(a.data, b.data, n) < 0;
}

static bool
is_content_type(const struct attribute *a)
{
	struct keyd_der oid;

	return slice_equal(a->type,
		   slice_make(oid_content_type, sizeof(oid_content_type))) &&
	       keyd_der_only(a->values, DER_OID, &oid) &&
	       slice_equal(
		   oid.contents, slice_make(oid_data, sizeof(oid_data)));
}

static bool
is_digest_of(const struct attribute *a, size_t size)
{
	struct keyd_der digest;

	return keyd_der_only(a->values, DER_OCTET_STRING, &digest) &&
	       digest.contents.len == size;
}

static bool
has_type(const struct attribute *a, const unsigned char *oid, size_t len)
{
	return slice_equal(a->type, slice_make(oid, len));
}

/* The attributes behind the first one. */
static int
check_rest(
    struct slice rest, struct slice before, size_t digest_size, struct err *err)
{
	struct attribute a;
	unsigned digests = 0;

	for (; rest.len > 0; before = a.whole) {
		if (!next_attribute(&rest, &a))
			return err_set(
			    err, ERR_POLICY, "signed attributes are not DER");
		if (!is_before(before, a.whole))
			return err_set(err, ERR_POLICY,
			    "signed attributes are not in DER's order");
		if (has_type(&a, oid_content_type, sizeof(oid_content_type)))
			return err_set(err, ERR_POLICY,
			    "signed attributes with two content types");
		if (!has_type(
			&a, oid_message_digest, sizeof(oid_message_digest)))
			continue;
		digests++;
		if (!is_digest_of(&a, digest_size))
			return err_set(err, ERR_POLICY,
			    "message digest is not %zu bytes", digest_size);
	}
	if (digests != 1)
		return err_set(err, ERR_POLICY,
		    "signed attributes with %u message digests", digests);
	return 0;
}

int
keyd_attrs_check(struct slice attrs, size_t digest_size, struct err *err)
{
	struct attribute first;
	struct keyd_der set;

	if (attrs.len > LIMIT_SIGNED_ATTRS)
		return err_set(err, ERR_POLICY,
		    "signed attributes of %zu bytes, the limit is %u",
		    attrs.len, LIMIT_SIGNED_ATTRS);
	if (!keyd_der_only(attrs, DER_SET, &set))
		return err_set(err, ERR_POLICY,
		    "not a SET OF signed attributes; nothing else is signed");
	if (!next_attribute(&set.contents, &first) || !is_content_type(&first))
		return err_set(err, ERR_POLICY,
		    "signed attributes do not begin with the content type of "
		    "mail");
	return check_rest(set.contents, first.whole, digest_size, err);
}
