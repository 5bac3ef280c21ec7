/*
 * sign.c: see sign.h.
 *
 * The SignedData is put together here, not by OpenSSL's CMS: most of it is
 * the same in every signature of an identity and encoded once, the content
 * goes through no BIO chain, and Ed25519, which OpenSSL 3.0's CMS lacks,
 * needs nothing special.  Callable from any thread.  RFC 5652 section 5.
 */
#include "smime/sign.h"

#include "base/limits.h"
#include "mail/mime_build.h"
#include "mail/mime_codec.h"
#include "smime/content.h"
#include "smime/der.h"
#include "smime/signed_attrs.h"

/* All SignedData but content: LIMIT_CHAIN certificates are the bulk. */
#define SIGNED_DATA_MAX ((LIMIT_CHAIN + 2) * (size_t)LIMIT_CERTIFICATE)
/* An RSA signature is as long as the key; DER of an ECDSA one is shorter. */
#define SIGNATURE_MAX 2048

/* SignedAttributes as a SET OF: what is signed (RFC 5652 5.4). */
static int
attributes_write(const struct smime_sign_opts *opts, struct slice digest,
    struct buf *out, struct err *err)
{
	const struct smime_identity_der *der =
	    smime_identity_der(opts->identity);
	struct slice all[SMIME_CONSTANT_ATTRS + 2];
	struct buf message_digest, signing_time;
	size_t n = 0;
	int rc = -1;

	buf_init(&message_digest, LIMIT_SIGNED_ATTRS);
	buf_init(&signing_time, LIMIT_SIGNED_ATTRS);
	signed_attr_message_digest(&message_digest, digest);
	if (signed_attr_signing_time(&signing_time, opts->signing_time)) {
		err_set(err, ERR_BUG, "the signing time cannot be written");
		goto out;
	}
	for (; n < SMIME_CONSTANT_ATTRS; n++)
		all[n] = der->attributes[n];
	all[n++] = buf_slice(&message_digest);
	all[n++] = buf_slice(&signing_time);
	der_set_of(out, DER_SET, all, n);
	rc = 0;
out:
	buf_fini(&message_digest);
	buf_fini(&signing_time);
	return rc;
}

/* Everything behind the content: certificates and the one SignerInfo. */
static void
tail_write(const struct smime_identity_der *der, struct slice attributes,
    struct slice signature, struct buf *out)
{
	size_t infos, info;

	buf_add_slice(out, der->certificates);
	infos = der_open(out, DER_SET);
	info = der_open(out, DER_SEQUENCE);
	/* Version 1: the signer is named by issuer and serial number. */
	der_integer(out, 1);
	buf_add_slice(out, der->signer);
	buf_add_slice(out, der->digest_algorithm);
	/* [0] IMPLICIT: the signed octets under another tag. */
	buf_add_char(out, (char)DER_CONSTRUCTED(0));
	buf_add_slice(out, slice_part(attributes, 1, attributes.len));
	buf_add_slice(out, der->signature_algorithm);
	der_put(out, DER_OCTET_STRING, signature);
	der_close(out, info);
	der_close(out, infos);
}

static int
signer_write(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct buf *tail, struct err *err)
{
	const struct smime_identity_der *der =
	    smime_identity_der(opts->identity);
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct buf attributes, signature;
	size_t digest_len;
	int rc = -1;

	buf_init(&attributes, LIMIT_SIGNED_ATTRS);
	buf_init(&signature, SIGNATURE_MAX);
	if (content_digest(der->digest, content, digest, &digest_len, err) ||
	    attributes_write(
		opts, slice_make(digest, digest_len), &attributes, err))
		goto out;
	if (!buf_ok(&attributes)) {
		err_set(err, ERR_BUG, "signed attributes over %u octets",
		    LIMIT_SIGNED_ATTRS);
		goto out;
	}
	if (key_sign_attrs(opts->keys, smime_identity_key(opts->identity),
		der->how, buf_slice(&attributes), &signature, err))
		goto out;
	tail_write(der, buf_slice(&attributes), buf_slice(&signature), tail);
	rc = 0;
out:
	buf_fini(&attributes);
	buf_fini(&signature);
	return rc;
}

/* Everything before the content.  encapsulated: octets of [0] eContent with
 * its head, 0 when it is absent. */
static void
head_write(const struct smime_identity_der *der, size_t encapsulated,
    size_t tail, struct buf *out)
{
	static const unsigned char version[] = {DER_INTEGER, 1, 1};
	size_t digests = der_size(der->digest_algorithm.len);
	size_t content_info = der_size(oid_bytes(OID_DATA).len) + encapsulated;
	size_t signed_data =
	    sizeof(version) + digests + der_size(content_info) + tail;
	size_t whole = der_size(oid_bytes(OID_SIGNED_DATA).len) +
		       der_size(der_size(signed_data));

	der_head(out, DER_SEQUENCE, whole);
	der_oid(out, OID_SIGNED_DATA);
	der_head(out, DER_CONSTRUCTED(0), der_size(signed_data));
	der_head(out, DER_SEQUENCE, signed_data);
	buf_add(out, version, sizeof(version));
	der_put(out, DER_SET, der->digest_algorithm);
	der_head(out, DER_SEQUENCE, content_info);
	der_oid(out, OID_DATA);
}

int
smime_sign_detached(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct buf *cms, struct err *err)
{
	struct buf tail;
	int rc = -1;

	buf_init(&tail, SIGNED_DATA_MAX);
	if (signer_write(opts, content, &tail, err))
		goto out;
	head_write(smime_identity_der(opts->identity), 0, tail.len, cms);
	buf_add_slice(cms, buf_slice(&tail));
	rc = 0;
	if (!buf_ok(&tail) || !buf_ok(cms))
		rc = err_set(err, ERR_BUG, "the signature does not fit");
out:
	buf_fini(&tail);
	return rc;
}

static void
base64_add(struct buf *out, struct slice data)
{
	unsigned char *at = buf_reserve(out, base64_size(data.len));

	if (at)
		out->len += base64_encode(data, at);
}

int
smime_sign(const struct smime_sign_opts *opts, const struct slice_list *content,
    struct smime_entity *out, struct err *err)
{
	struct buf *head = &out->parts[0], *rest = &out->parts[1];
	char boundary[MIME_BOUNDARY_SIZE];
	struct buf cms;
	int rc = -1;

	buf_init(&cms, SIGNED_DATA_MAX);
	if (smime_sign_detached(opts, content, &cms, err) ||
	    mime_boundary_make(boundary, sizeof(boundary), err))
		goto out;
	mime_signed_type(&out->content_type, boundary,
	    smime_identity_micalg(opts->identity));
	mime_signed_head(head, boundary);
	mime_signed_middle(rest, boundary);
	base64_add(rest, buf_slice(&cms));
	mime_signed_tail(rest, boundary);
	if (!buf_ok(&out->content_type) || !buf_ok(head) || !buf_ok(rest)) {
		err_set(err, ERR_PERMANENT, "the signature does not fit");
		goto out;
	}
	slice_list_add(&out->body, buf_slice(head));
	slice_list_add_all(&out->body, content);
	slice_list_add(&out->body, buf_slice(rest));
	rc = 0;
out:
	buf_fini(&cms);
	return rc;
}

/* ContentInfo with eContent, as base64. */
static int
opaque_write(const struct smime_identity_der *der,
    const struct slice_list *content, struct slice tail, struct spool *out,
    struct err *err)
{
	size_t size = slice_list_size(content);
	struct content_sink sink;
	struct buf head;
	int rc = -1;

	buf_init(&head, (size_t)LIMIT_CERTIFICATE);
	head_write(der, der_size(der_size(size)), tail.len, &head);
	der_head(&head, DER_CONSTRUCTED(0), der_size(size));
	der_head(&head, DER_OCTET_STRING, size);
	content_sink_init(&sink, out, true);
	if (content_sink_write(&sink, buf_slice(&head), err))
		goto out;
	for (size_t i = 0; i < content->count; i++)
		if (content_sink_write(&sink, content->at[i], err))
			goto out;
	if (content_sink_write(&sink, tail, err) ||
	    content_sink_finish(&sink, err))
		goto out;
	rc = 0;
out:
	buf_fini(&head);
	return rc;
}

int
smime_sign_opaque(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct smime_entity *out, struct err *err)
{
	struct buf tail;
	int rc = -1;

	buf_init(&tail, SIGNED_DATA_MAX);
	if (signer_write(opts, content, &tail, err) ||
	    opaque_write(smime_identity_der(opts->identity), content,
		buf_slice(&tail), &out->spool, err))
		goto out;
	mime_pkcs7_type(&out->content_type, "signed-data", "smime.p7m");
	mime_attachment_disposition(&out->disposition, "smime.p7m");
	out->transfer_encoding = "base64";
	slice_list_add(&out->body, spool_slice(&out->spool));
	rc = 0;
out:
	buf_fini(&tail);
	return rc;
}
