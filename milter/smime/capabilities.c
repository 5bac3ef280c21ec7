/* capabilities.c: see capabilities.h.  Callable from any thread. */
#include "smime/capabilities.h"

#include <openssl/x509v3.h>

#include "base/limits.h"
#include "smime/der.h"
#include "smime/rsa_params.h"
#include "smime/tlv.h"

/* --- ours --- */

/* RFC 3560 section 5 gives these very octets for OAEP with SHA-256.  They
 * lack the tags [0] and [1] of the real parameters; but capabilities are
 * compared octet by octet, so that the published form is the right one. */
static void
oaep_sha256(struct buf *out)
{
	size_t whole = der_open(out, DER_SEQUENCE), params, mgf;

	der_oid(out, OID_RSA_OAEP);
	params = der_open(out, DER_SEQUENCE);
	der_algorithm_null(out, OID_SHA256);
	mgf = der_open(out, DER_SEQUENCE);
	der_oid(out, OID_MGF1);
	der_algorithm_null(out, OID_SHA256);
	der_close(out, mgf);
	der_close(out, params);
	der_close(out, whole);
}

/* RFC 3560 section 5: with every hash at its default, parameters empty. */
static void
oaep_sha1(struct buf *out)
{
	size_t whole = der_open(out, DER_SEQUENCE);

	der_oid(out, OID_RSA_OAEP);
	der_head(out, DER_SEQUENCE, 0);
	der_close(out, whole);
}

/* RFC 5753 section 6. */
static void
agreement(struct buf *out, enum oid scheme, enum oid wrap)
{
	size_t whole = der_open(out, DER_SEQUENCE);

	der_oid(out, scheme);
	der_algorithm(out, wrap);
	der_close(out, whole);
}

static void
key_management(struct buf *out, const struct certificate *certificate)
{
	if (!certificate->may_encrypt)
		return;
	if (certificate->key == CERTIFICATE_KEY_RSA) {
		oaep_sha256(out);
		oaep_sha1(out);
	} else if (certificate->key == CERTIFICATE_KEY_EC) {
		agreement(out, OID_STD_DH_SHA256, OID_AES256_WRAP);
		agreement(out, OID_STD_DH_SHA256, OID_AES128_WRAP);
	}
}

void
capabilities_write(struct buf *out, const struct certificate *certificate)
{
	size_t list = der_open(out, DER_SEQUENCE);

	/* In order of preference, grouped by class: CBC first because the
	 * owner's mail programs may hold the key too, and most of them
	 * cannot read GCM (rule E2). */
	der_algorithm(out, OID_AES256_CBC);
	der_algorithm(out, OID_AES128_CBC);
	der_algorithm(out, OID_AES256_GCM);
	der_algorithm(out, OID_AES128_GCM);
	key_management(out, certificate);
	der_close(out, list);
}

/* --- those of others --- */

/* As RFC 3560 section 5 prints it: hash and mask function without the tags
 * [0] and [1]. */
static int
untagged_read(struct slice params, struct rsa_params *out)
{
	struct tlv_algorithm hash, mgf, mgf_hash;
	struct tlv b, inside, mgf_params;

	tlv_init(&b, params);
	if (tlv_enter(&b, DER_SEQUENCE, &inside) ||
	    tlv_algorithm(&inside, &hash) || tlv_algorithm(&inside, &mgf) ||
	    tlv_leave(&b, &inside) || !tlv_at_end(&b) ||
	    !tlv_params_absent(hash.params) || mgf.oid != OID_MGF1)
		return -1;
	tlv_init(&mgf_params, mgf.params);
	if (tlv_algorithm(&mgf_params, &mgf_hash) || !tlv_at_end(&mgf_params) ||
	    !tlv_params_absent(mgf_hash.params))
		return -1;
	*out = (struct rsa_params){.hash = digest_algorithm_find(hash.oid),
	    .mgf_hash = digest_algorithm_find(mgf_hash.oid)};
	return out->hash && out->mgf_hash ? 0 : -1;
}

/* Parameters that we cannot do are none. */
static void
add_oaep(struct capabilities *c, struct slice params)
{
	struct rsa_params p;

	if (tlv_params_absent(params)) {
		c->oaep_sha1 = true; /* all hashes at their defaults */
		return;
	}
	if ((rsa_oaep_params_read(params, &p) && untagged_read(params, &p)) ||
	    p.hash != p.mgf_hash || p.label.len > 0)
		return;
	c->oaep_sha1 |= p.hash->oid == OID_SHA1;
	c->oaep_sha256 |= p.hash->oid == OID_SHA256;
}

static void
add(struct capabilities *c, const struct tlv_algorithm *algorithm, bool *cbc)
{
	bool plain = tlv_params_absent(algorithm->params);

	switch (algorithm->oid) {
	case OID_AES128_CBC:
	case OID_AES192_CBC:
	case OID_AES256_CBC:
		*cbc = true;
		break;
	case OID_AES128_GCM:
		c->aes128_gcm |= plain;
		break;
	case OID_AES256_GCM:
		c->aes256_gcm |= plain;
		c->prefers_gcm |= plain && !*cbc;
		break;
	case OID_RSA_OAEP:
		add_oaep(c, algorithm->params);
		break;
	default:
		break;
	}
}

int
capabilities_read(struct slice der, struct capabilities *out)
{
	struct capabilities c = {.aes256_gcm = false};
	struct tlv_algorithm algorithm;
	struct tlv b, list;
	bool cbc = false;

	tlv_init(&b, der);
	if (der.len > LIMIT_CAPABILITIES || tlv_enter(&b, DER_SEQUENCE, &list))
		return -1;
	while (!tlv_at_end(&list)) {
		if (tlv_algorithm(&list, &algorithm))
			return -1;
		add(&c, &algorithm, &cbc);
	}
	if (tlv_leave(&b, &list) || !tlv_at_end(&b))
		return -1;
	*out = c;
	return 0;
}

int
capabilities_of_certificate(
    const struct certificate *certificate, struct capabilities *out)
{
	int at =
	    X509_get_ext_by_NID(certificate->x509, NID_SMIMECapabilities, -1);
	const ASN1_OCTET_STRING *value;

	if (at < 0)
		return -1;
	value = X509_EXTENSION_get_data(X509_get_ext(certificate->x509, at));
	return capabilities_read(slice_make(ASN1_STRING_get0_data(value),
				     (size_t)ASN1_STRING_length(value)),
	    out);
}
