/* handmade.c: see handmade.h.  One thread. */
#include "unit/unit.h"

#include "unit/handmade.h"

#include "base/limits.h"
#include "mail/mime_codec.h"
#include "smime/cms_id.h"
#include "smime/der.h"
#include "smime/signed_attrs.h"

const char handmade_entity[] =
    "Content-Type: text/plain\r\n\r\nHello, this is signed.\r\n";

/* --- messages --- */

void
handmade_base64(struct buf *out, struct slice data)
{
	unsigned char *at = buf_reserve(out, base64_size(data.len));

	assert_non_null(at);
	out->len += base64_encode(data, at);
}

void
handmade_detached(struct buf *out, struct slice content, struct slice der)
{
	buf_init(out, 64u << 20);
	buf_add_text(
	    out, "From: " HANDMADE_FROM "\r\n" HANDMADE_SIGNED "\r\n--b1\r\n");
	buf_add_slice(out, content);
	buf_add_text(out, HANDMADE_SIGNATURE);
	handmade_base64(out, der);
	buf_add_text(out, "\r\n--b1--\r\n");
}

void
handmade_opaque(struct buf *out, const char *type, struct slice der)
{
	buf_init(out, 64u << 20);
	buf_addf(
	    out, "From: " HANDMADE_FROM "\r\n%s" HANDMADE_BASE64 "\r\n", type);
	handmade_base64(out, der);
}

/* --- SignerInfos --- */

struct handmade
handmade(const struct fixture_cert *cert)
{
	struct handmade h = {.cert = cert,
	    .digest = OID_SHA256,
	    .algorithm = OID_RSA_SHA256,
	    .md = EVP_sha256(),
	    .content = slice_text(handmade_entity)};

	if (cert->certificate->key == CERTIFICATE_KEY_EC)
		h.algorithm = OID_ECDSA_SHA256;
	buf_init(&h.attrs, 65536);
	return h;
}

void
handmade_attrs(struct handmade *h)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;

	EVP_Digest(h->content.data, h->content.len, digest, &len, h->md, NULL);
	signed_attr_content_type(&h->attrs, OID_DATA);
	signed_attr_message_digest(&h->attrs, slice_make(digest, len));
}

static void
handmade_sign(const struct handmade *h, struct buf *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char bytes[1024];
	size_t len = sizeof(bytes);
	struct buf attrs;

	buf_init(&attrs, 65536);
	if (h->attrs.len > 0)
		der_put(&attrs, DER_SET, buf_slice(&h->attrs));
	else
		buf_add_slice(&attrs, h->content);
	assert_int_equal(
	    EVP_DigestSignInit(ctx, NULL, h->md, NULL, h->cert->key), 1);
	assert_int_equal(
	    EVP_DigestSign(ctx, bytes, &len, attrs.data, attrs.len), 1);
	if (h->break_signature)
		bytes[len - 1] ^= 1;
	buf_init(signature, 1024);
	buf_add(signature, bytes, len);
	buf_fini(&attrs);
	EVP_MD_CTX_free(ctx);
}

void
handmade_info(struct handmade *h, struct buf *infos)
{
	const struct fixture_cert *name =
	    h->signer_name ? h->signer_name : h->cert;
	size_t info = der_open(infos, DER_SEQUENCE);
	struct buf signature;

	handmade_sign(h, &signature);
	der_integer(infos, 1);
	assert_int_equal(cms_id_write(name->certificate, infos), 0);
	if (h->digest_whole.len > 0)
		buf_add_slice(infos, h->digest_whole);
	else
		der_algorithm(infos, h->digest);
	if (h->attrs.len > 0)
		der_put(infos, DER_CONSTRUCTED(0), buf_slice(&h->attrs));
	if (h->algorithm_whole.len > 0)
		buf_add_slice(infos, h->algorithm_whole);
	else
		der_algorithm(infos, h->algorithm);
	der_put(infos, DER_OCTET_STRING, buf_slice(&signature));
	der_close(infos, info);
	buf_fini(&signature);
	buf_fini(&h->attrs);
}

void
handmade_cms_init(struct handmade_cms *p)
{
	*p = (struct handmade_cms){.content_type = OID_DATA};
	buf_init(&p->infos, 16u << 20);
	buf_init(&p->certs, 16u << 20);
}

void
handmade_cms_cert(struct handmade_cms *p, const struct certificate *c)
{
	buf_add_slice(&p->certs, c->der);
}

void
handmade_cms_write(struct handmade_cms *p, struct buf *out)
{
	static unsigned char zeros[LIMIT_SIGNATURE];
	size_t whole, content, data, mark, inner;

	buf_init(out, 32u << 20);
	whole = der_open(out, DER_SEQUENCE);
	der_oid(out, OID_SIGNED_DATA);
	content = der_open(out, DER_CONSTRUCTED(0));
	data = der_open(out, DER_SEQUENCE);
	der_integer(out, 1);
	der_head(out, DER_SET, 0);
	mark = der_open(out, DER_SEQUENCE);
	der_oid(out, p->content_type);
	if (p->content.data) {
		inner = der_open(out, DER_CONSTRUCTED(0));
		der_put(out, DER_OCTET_STRING, p->content);
		der_close(out, inner);
	}
	der_close(out, mark);
	if (p->certs.len > 0)
		der_put(out, DER_CONSTRUCTED(0), buf_slice(&p->certs));
	if (p->crl_size > 0)
		der_put(
		    out, DER_CONSTRUCTED(1), slice_make(zeros, p->crl_size));
	der_put(out, DER_SET, buf_slice(&p->infos));
	der_close(out, data);
	der_close(out, content);
	der_close(out, whole);
	assert_true(buf_ok(out));
	buf_fini(&p->infos);
	buf_fini(&p->certs);
}

void
handmade_attribute(struct buf *attrs, enum oid type, struct slice values)
{
	size_t mark = der_open(attrs, DER_SEQUENCE);

	der_oid(attrs, type);
	der_put(attrs, DER_SET, values);
	der_close(attrs, mark);
}
