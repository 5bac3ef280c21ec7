/*
 * gate_cms.c: see gate_cms.h.
 *
 * Walks along the DER to the few fields that matter (RFC 5652 5.1, 5.3, 6.1,
 * 6.2); decodes nothing else, so that a large message costs no more than a
 * small one.  Any thread.
 */
#include "gateway/gate_cms.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/alloc.h"

#define TAG_INTEGER    0x02
#define TAG_OID	       0x06
#define TAG_SEQUENCE   0x30
#define TAG_SET	       0x31
#define TAG_CONTEXT(n) (0xa0 | (n))

/* An IssuerAndSerialNumber; names are a few hundred bytes. */
#define NAME_MAX_BYTES 16384u

/* Contents of the object identifiers of RFC 5652 and RFC 5083. */
static const unsigned char oid_data[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const unsigned char oid_signed[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const unsigned char oid_enveloped[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03};
static const unsigned char oid_auth_enveloped[] = {
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17};

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* The bytes of a whole element; the caller frees them. */
static unsigned char *
element_bytes(struct armor *a, const struct armor_element *e)
{
	size_t len = e->end - e->start;
	unsigned char *bytes;

	if (len > NAME_MAX_BYTES)
		return NULL;
	bytes = xmalloc(len);
	if (armor_read(a, e->start, bytes, len) == 0)
		return bytes;
	free(bytes);
	return NULL;
}

static bool
has_oid(struct armor *a, const struct armor_element *e,
    const unsigned char *oid, size_t len)
{
	unsigned char bytes[16];

	return e->tag == TAG_OID && e->end - e->value == len &&
	       len <= sizeof(bytes) &&
	       armor_read(a, e->value, bytes, len) == 0 &&
	       memcmp(bytes, oid, len) == 0;
}

/* ContentInfo that fills all of a: its type, and the SEQUENCE in it. */
static int
open_content(
    struct armor *a, struct armor_element *type, struct armor_element *content)
{
	struct armor_element outer, wrapper;

	if (armor_expect(a, 0, a->size, TAG_SEQUENCE, &outer) < 0 ||
	    outer.end != a->size ||
	    armor_expect(a, outer.value, outer.end, TAG_OID, type) < 0 ||
	    armor_expect(a, type->end, outer.end, TAG_CONTEXT(0), &wrapper) <
		0 ||
	    wrapper.end != outer.end ||
	    armor_expect(a, wrapper.value, wrapper.end, TAG_SEQUENCE, content) <
		0 ||
	    content->end != wrapper.end)
		return -1;
	return 0;
}

/* IssuerAndSerialNumber of a certificate; the caller frees *out. */
static int
certificate_id(const struct certificate *c, unsigned char **out, size_t *len)
{
	const X509_NAME *name = X509_get_issuer_name(c->x509);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x509);
	int name_len = i2d_X509_NAME(name, NULL);
	int serial_len = i2d_ASN1_INTEGER(serial, NULL);
	unsigned char *p;
	int content;

	if (name_len <= 0 || serial_len <= 0)
		return -1;
	content = name_len + serial_len;
	*len = (size_t)ASN1_object_size(1, content, V_ASN1_SEQUENCE);
	p = *out = xmalloc(*len);
	ASN1_put_object(&p, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_X509_NAME(name, &p);
	i2d_ASN1_INTEGER(serial, &p);
	return 0;
}

static bool
is_certificate(
    struct armor *a, const struct armor_element *e, const struct certificate *c)
{
	unsigned char *id = NULL, *bytes = NULL;
	size_t len;
	bool same = false;

	if (certificate_id(c, &id, &len) == 0 && len == e->end - e->start &&
	    (bytes = element_bytes(a, e)))
		same = memcmp(id, bytes, len) == 0;
	free(bytes);
	free(id);
	return same;
}

/* EncapsulatedContentInfo: id-data, and eContent only where the content is
 * inside (rule S14). */
static bool
is_encapsulated(
    struct armor *a, const struct armor_element *encap, bool detached)
{
	struct armor_element type, content;

	if (armor_element(a, encap->value, encap->end, &type) < 0 ||
	    !has_oid(a, &type, oid_data, sizeof(oid_data)))
		return false;
	if (detached)
		return type.end == encap->end;
	return armor_expect(
		   a, type.end, encap->end, TAG_CONTEXT(0), &content) == 0 &&
	       content.end == encap->end;
}

/* The last element of SignedData, SignerInfos: exactly one, of signer. */
static int
check_signer_infos(struct armor *a, const struct armor_element *infos,
    const struct certificate *signer, struct err *err)
{
	struct armor_element info, version, id;

	if (infos->tag != TAG_SET ||
	    armor_expect(a, infos->value, infos->end, TAG_SEQUENCE, &info) <
		0 ||
	    info.end != infos->end)
		return gap(err, "not exactly one signature");
	if (armor_expect(a, info.value, info.end, TAG_INTEGER, &version) < 0 ||
	    armor_element(a, version.end, info.end, &id) < 0 ||
	    !is_certificate(a, &id, signer))
		return gap(err, "signed by another certificate");
	return 0;
}

int
gate_cms_signed(struct armor *a, bool detached,
    const struct certificate *signer, struct err *err)
{
	struct armor_element type, data, digests, encap, e;

	if (open_content(a, &type, &data) < 0 ||
	    !has_oid(a, &type, oid_signed, sizeof(oid_signed)))
		return gap(err, "the signature is no SignedData");
	if (armor_expect(a, data.value, data.end, TAG_INTEGER, &e) < 0 ||
	    armor_expect(a, e.end, data.end, TAG_SET, &digests) < 0 ||
	    armor_expect(a, digests.end, data.end, TAG_SEQUENCE, &encap) < 0 ||
	    !is_encapsulated(a, &encap, detached))
		return gap(err, "the signature is not about the content");
	/* Certificates and revocation lists stand between. */
	for (e = encap; e.end < data.end;)
		if (armor_element(a, e.end, data.end, &e) < 0)
			return gap(err, "the signature cannot be read");
	return check_signer_infos(a, &e, signer, err);
}

/* --- recipients --- */

/* What we expect to find, in order of bytes. */
struct expected {
	unsigned char *id;
	size_t len;
	size_t left; /* how often it has still to be met */
	const struct certificate *certificate;
};

static int
compare_bytes(
    const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

static int
compare_expected(const void *a, const void *b)
{
	const struct expected *x = a, *y = b;

	return compare_bytes(x->id, x->len, y->id, y->len);
}

/* The same certificate beside its twin. */
static int
compare_certificates(const void *a, const void *b)
{
	const struct expected *x = a, *y = b;
	int difference = compare_expected(a, b);

	return difference ? difference
			  : memcmp(x->certificate->fingerprint,
				y->certificate->fingerprint, FINGERPRINT_SIZE);
}

struct roll {
	struct expected *at;
	size_t count;
	size_t missing; /* RecipientInfos not met yet */
};

/* One entry for each name; authorities are known to give the same name to
 * several certificates, and then it is met as often as there are such. */
static void
roll_join(struct roll *roll)
{
	size_t n = roll->count, kept = 0;

	qsort(roll->at, n, sizeof(*roll->at), compare_certificates);
	for (size_t i = 0; i < n; i++) {
		struct expected *e = &roll->at[i];
		struct expected *last = kept > 0 ? &roll->at[kept - 1] : NULL;

		if (!last || compare_expected(last, e) != 0) {
			e->left = 1;
			roll->missing++;
			roll->at[kept++] = *e;
			continue;
		}
		if (compare_certificates(last, e) != 0) {
			last->certificate = e->certificate;
			last->left++;
			roll->missing++;
		}
		free(e->id);
	}
	roll->count = kept;
}

static int
roll_init(struct roll *roll, const struct certificate_list *to)
{
	*roll = (struct roll){0};
	roll->at = xcalloc(to->count + 1, sizeof(*roll->at));
	for (; roll->count < to->count; roll->count++) {
		struct expected *e = &roll->at[roll->count];

		e->certificate = to->at[roll->count];
		if (certificate_id(e->certificate, &e->id, &e->len) < 0)
			return -1;
	}
	roll_join(roll);
	return 0;
}

static void
roll_fini(struct roll *roll)
{
	for (size_t i = 0; i < roll->count; i++)
		free(roll->at[i].id);
	free(roll->at);
}

/* One recipient of the envelope: expected, and not met before? */
static int
roll_call(struct roll *roll, struct armor *a, const struct armor_element *rid)
{
	struct expected key = {.len = rid->end - rid->start}, *found;

	key.id = element_bytes(a, rid);
	if (!key.id)
		return -1;
	found = bsearch(
	    &key, roll->at, roll->count, sizeof(*roll->at), compare_expected);
	free(key.id);
	if (!found || found->left == 0)
		return -1;
	found->left--;
	roll->missing--;
	return 0;
}

/* KeyTransRecipientInfo: version, rid, ... */
static int
call_ktri(struct roll *roll, struct armor *a, const struct armor_element *info)
{
	struct armor_element version, rid;

	if (armor_expect(a, info->value, info->end, TAG_INTEGER, &version) <
		0 ||
	    armor_element(a, version.end, info->end, &rid) < 0)
		return -1;
	return roll_call(roll, a, &rid);
}

/* KeyAgreeRecipientInfo: the last element holds rid and key of each. */
static int
call_kari(struct roll *roll, struct armor *a, const struct armor_element *info)
{
	struct armor_element keys = *info, one, rid;
	size_t at;

	for (at = info->value; at < info->end; at = keys.end)
		if (armor_element(a, at, info->end, &keys) < 0)
			return -1;
	if (keys.tag != TAG_SEQUENCE)
		return -1;
	for (at = keys.value; at < keys.end; at = one.end) {
		if (armor_expect(a, at, keys.end, TAG_SEQUENCE, &one) < 0 ||
		    armor_element(a, one.value, one.end, &rid) < 0 ||
		    roll_call(roll, a, &rid) < 0)
			return -1;
	}
	return 0;
}

static int
call_all(struct roll *roll, struct armor *a, const struct armor_element *infos)
{
	struct armor_element info;

	for (size_t at = infos->value; at < infos->end; at = info.end) {
		int rc;

		if (armor_element(a, at, infos->end, &info) < 0)
			return -1;
		if (info.tag == TAG_SEQUENCE)
			rc = call_ktri(roll, a, &info);
		else if (info.tag == TAG_CONTEXT(1))
			rc = call_kari(roll, a, &info);
		else
			rc = -1;
		if (rc < 0)
			return -1;
	}
	return roll->missing == 0 ? 0 : -1;
}

/* (Auth)EnvelopedData: version, originatorInfo OPTIONAL, recipientInfos. */
static int
find_recipient_infos(
    struct armor *a, bool authenticated, struct armor_element *infos)
{
	struct armor_element type, data, e;
	bool right;

	if (open_content(a, &type, &data) < 0)
		return -1;
	right = authenticated
		    ? has_oid(a, &type, oid_auth_enveloped,
			  sizeof(oid_auth_enveloped))
		    : has_oid(a, &type, oid_enveloped, sizeof(oid_enveloped));
	if (!right)
		return -1;
	if (armor_expect(a, data.value, data.end, TAG_INTEGER, &e) < 0)
		return -1;
	return armor_expect(a, e.end, data.end, TAG_SET, infos);
}

int
gate_cms_enveloped(struct armor *a, bool authenticated,
    const struct certificate_list *to, struct err *err)
{
	struct armor_element infos;
	struct roll roll;
	int rc = -1;

	if (find_recipient_infos(a, authenticated, &infos) < 0)
		return gap(err, "not an envelope with recipients");
	if (roll_init(&roll, to) < 0 || call_all(&roll, a, &infos) < 0)
		gap(err, "encrypted to other recipients than planned");
	else
		rc = 0;
	roll_fini(&roll);
	return rc;
}
