/*
 * signer.c: see signer.h.
 *
 * The signature is verified with EVP over the attributes as they stand in
 * the message, not with OpenSSL's CMS, which cannot do Ed25519 in 3.0 and
 * takes the certificates apart again for each message.  Callable from any
 * thread.  RFC 5652 5.4 to 5.6.
 */
#include "smime/signer.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "smime/content.h"
#include "smime/rsa_params.h"

/* One SignerInfo on its way to a judgement. */
struct judging {
	struct signer_context *context;
	const struct signer_info *info;
	struct signer_judgement *out;
	const struct digest_algorithm *digest;
	const struct signature_algorithm *algorithm;
	struct rsa_params pss;
	const struct signer_digest *content;
	struct slice signed_bytes; /* attributes, or the content */
};

/* Ends the judgement; returns -1 so that it is one statement. */
static int
judge(struct signer_judgement *out, enum smime_status status, const char *why)
{
	out->status = status;
	out->detail = why;
	return -1;
}

/* --- what is signed --- */

static const struct signer_digest *
content_digest_get(
    struct signer_context *context, const struct digest_algorithm *algorithm)
{
	struct slice_list content = {.at = {context->content}, .count = 1};
	struct signer_digest *d;
	struct err err;

	for (size_t i = 0; i < context->digest_count; i++)
		if (context->digests[i].algorithm == algorithm)
			return &context->digests[i];
	if (context->digest_count == LIMIT_SIGNERS)
		return NULL;
	d = &context->digests[context->digest_count];
	if (content_digest(algorithm, &content, d->value, &d->len, &err))
		return NULL;
	d->algorithm = algorithm;
	context->digest_count++;
	return d;
}

/* Rule D4: one digest algorithm for attributes, parameters and signature. */
static int
algorithms_choose(struct judging *j)
{
	const struct signer_info *info = j->info;

	j->digest = digest_algorithm_find(info->digest.oid);
	if (!j->digest || !j->digest->md)
		return judge(j->out, SMIME_UNSUPPORTED, "digest algorithm");
	j->out->digest = j->digest;
	j->algorithm = signature_algorithm_find(info->algorithm.oid);
	if (!j->algorithm)
		return judge(j->out, SMIME_UNSUPPORTED, "signature algorithm");
	if (j->algorithm->digest != OID_UNKNOWN &&
	    j->algorithm->digest != j->digest->oid)
		return judge(j->out, SMIME_MALFORMED,
		    "digest and signature algorithm disagree");
	if (j->algorithm->scheme != SIGNATURE_RSA_PSS)
		return 0;
	j->out->pss = true;
	if (rsa_pss_params_read(info->algorithm.params, &j->pss) ||
	    j->pss.hash != j->digest)
		return judge(j->out, SMIME_MALFORMED, "PSS parameters");
	return 0;
}

static bool
algorithm_same(const struct tlv_algorithm *a, const struct tlv_algorithm *b)
{
	return a->oid == b->oid && (slice_equal(a->params, b->params) ||
				       (tlv_params_absent(a->params) &&
					   tlv_params_absent(b->params)));
}

static int
attrs_check(struct judging *j)
{
	const struct signed_attrs *attrs = &j->out->attrs;
	const char *why;

	if (signed_attrs_read(j->info->attrs, &j->out->attrs, &why))
		return judge(j->out, SMIME_MALFORMED, why);
	if (attrs->content_type != j->context->content_type)
		return judge(j->out, SMIME_MALFORMED,
		    "contentType is not that of the content");
	/* RFC 6211 section 3 */
	if (attrs->has_protection &&
	    (!algorithm_same(&attrs->protected_digest, &j->info->digest) ||
		!algorithm_same(
		    &attrs->protected_signature, &j->info->algorithm)))
		return judge(
		    j->out, SMIME_ALTERED, "the algorithms were exchanged");
	if (!slice_equal(attrs->message_digest,
		slice_make(j->content->value, j->content->len)))
		return judge(j->out, SMIME_ALTERED, "the content was changed");
	return 0;
}

/* Attributes that somebody signed, presented as a content without any, would
 * verify, because RFC 5652 5.4 signs both in the same way ("ForgedAttributes",
 * Strenzke 2023).  No MIME entity looks like a set of them, be they such as
 * we would accept or not. */
static bool
content_is_attributes(struct slice content)
{
	struct tlv b, attribute;
	struct slice set;

	tlv_init(&b, content);
	if (tlv_value(&b, DER_SET, &set) || !tlv_at_end(&b))
		return false;
	for (tlv_init(&b, set); !tlv_at_end(&b);)
		if (tlv_enter(&b, DER_SEQUENCE, &attribute) ||
		    tlv_peek(&attribute) != DER_OID || tlv_skip(&b, NULL))
			return false;
	return true;
}

/* The attributes under the tag of a SET OF (RFC 5652 5.4), or the content
 * itself when there are none. */
static int
signed_bytes_make(struct judging *j, struct buf *attributes)
{
	j->content = content_digest_get(j->context, j->digest);
	if (!j->content)
		return judge(j->out, SMIME_UNSUPPORTED, "digest algorithm");
	if (!j->info->has_attrs) {
		j->signed_bytes = j->context->content;
		if (!content_is_attributes(j->signed_bytes))
			return 0;
		return judge(j->out, SMIME_ALTERED,
		    "the content is the attributes of a signature");
	}
	if (attrs_check(j))
		return -1;
	der_put(attributes, DER_SET, j->info->attrs);
	if (!buf_ok(attributes))
		return judge(
		    j->out, SMIME_MALFORMED, "the attributes are too large");
	j->signed_bytes = buf_slice(attributes);
	return 0;
}

/* --- the signature --- */

static bool
key_fits(enum signature_scheme scheme, const struct certificate *c)
{
	switch (scheme) {
	case SIGNATURE_RSA_PKCS1:
		return c->key == CERTIFICATE_KEY_RSA;
	case SIGNATURE_RSA_PSS:
		return c->key == CERTIFICATE_KEY_RSA ||
		       c->key == CERTIFICATE_KEY_RSA_PSS;
	case SIGNATURE_ECDSA:
		return c->key == CERTIFICATE_KEY_EC;
	case SIGNATURE_ED25519:
		return c->key == CERTIFICATE_KEY_ED25519;
	case SIGNATURE_UNKNOWN:
	default:
		return false;
	}
}

static int
verify_setup(const struct judging *j, EVP_PKEY_CTX *ctx)
{
	if (EVP_PKEY_verify_init(ctx) != 1)
		return -1;
	if (j->algorithm->scheme == SIGNATURE_RSA_PKCS1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		return -1;
	if (j->algorithm->scheme == SIGNATURE_RSA_PSS &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1)
		return -1;
	if (EVP_PKEY_CTX_set_signature_md(ctx, j->digest->md) != 1)
		return -1;
	if (j->algorithm->scheme == SIGNATURE_RSA_PSS &&
	    (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, j->pss.mgf_hash->md) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)j->pss.salt) != 1))
		return -1;
	return 0;
}

/* RSA and ECDSA: over a digest. */
static bool
verify_digest(const struct judging *j, EVP_PKEY *key)
{
	struct slice_list attributes = {.at = {j->signed_bytes}, .count = 1};
	unsigned char computed[EVP_MAX_MD_SIZE];
	struct slice signature = j->info->signature;
	const unsigned char *value = j->content->value;
	size_t len = j->content->len;
	EVP_PKEY_CTX *ctx;
	struct err err;
	bool good;

	if (j->info->has_attrs) {
		if (content_digest(
			j->digest, &attributes, computed, &len, &err))
			return false;
		value = computed;
	}
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	good = ctx && verify_setup(j, ctx) == 0 &&
	       EVP_PKEY_verify(
		   ctx, signature.data, signature.len, value, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* Ed25519: over the bytes (RFC 8419 section 3). */
static bool
verify_bytes(const struct judging *j, EVP_PKEY *key)
{
	struct slice signature = j->info->signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx &&
	       EVP_DigestVerifyInit_ex(
		   ctx, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
	       EVP_DigestVerify(ctx, signature.data, signature.len,
		   j->signed_bytes.data, j->signed_bytes.len) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static bool
signature_is_good(const struct judging *j, const struct certificate *c)
{
	EVP_PKEY *key = X509_get0_pubkey(c->x509);
	bool good;

	ERR_clear_error();
	good = key && (j->algorithm->scheme == SIGNATURE_ED25519
			      ? verify_bytes(j, key)
			      : verify_digest(j, key));
	ERR_clear_error();
	return good;
}

/* --- the certificate --- */

/* Rule V12: an ESSCertID(v2) settles which certificate was meant. */
static bool
is_named_by_hash(const struct signed_attrs *attrs, const struct certificate *c)
{
	const struct digest_algorithm *hash =
	    digest_algorithm_find(attrs->cert_hash_algorithm);
	struct slice_list der = {.at = {c->der}, .count = 1};
	unsigned char value[EVP_MAX_MD_SIZE];
	struct err err;
	size_t len;

	if (attrs->cert_hash.len == 0)
		return true;
	return hash && content_digest(hash, &der, value, &len, &err) == 0 &&
	       slice_equal(attrs->cert_hash, slice_make(value, len));
}

/* Tries one certificate that bears the signer's name.  true: this is it. */
static bool
certificate_try(struct judging *j, const struct certificate *c)
{
	if (!is_named_by_hash(&j->out->attrs, c)) {
		judge(j->out, SMIME_ALTERED,
		    "the signer names another certificate");
		return false;
	}
	/* RFC 8551 section 6: before any operation with the key. */
	if (c->key == CERTIFICATE_KEY_OTHER || c->key_bits > LIMIT_RSA_BITS) {
		judge(j->out, SMIME_UNSUPPORTED, "kind or size of the key");
		return false;
	}
	if (!key_fits(j->algorithm->scheme, c)) {
		judge(j->out, SMIME_MALFORMED,
		    "the signature is of another kind than the key");
		return false;
	}
	if (!signature_is_good(j, c)) {
		judge(j->out, SMIME_ALTERED, "the signature is wrong");
		return false;
	}
	return true;
}

/* Rule D8: every certificate with a matching name is tried. */
static int
certificate_find(struct judging *j)
{
	const struct certificate_list *all = j->context->certificates;
	unsigned tried = 0;

	judge(j->out, SMIME_UNTRUSTED, "the signer's certificate is missing");
	for (size_t i = 0; i < all->count && tried < LIMIT_SIGNER_CANDIDATES;
	     i++) {
		if (!cms_id_matches(&j->info->id, all->at[i]))
			continue;
		tried++;
		j->out->certificate = all->at[i];
		if (certificate_try(j, all->at[i]))
			return 0;
	}
	return -1;
}

static int
strength_check(struct judging *j)
{
	if (j->digest->weak)
		return judge(j->out, SMIME_WEAK, "digest algorithm");
	if (!certificate_is_strong(j->out->certificate))
		return judge(j->out, SMIME_WEAK, "key or certificate");
	return 0;
}

static enum smime_status
trust_status(enum trust_verdict verdict)
{
	switch (verdict) {
	case TRUST_OK:
		return SMIME_VALID;
	case TRUST_EXPIRED:
	case TRUST_NOT_YET:
		return SMIME_EXPIRED;
	case TRUST_WEAK:
		return SMIME_WEAK;
	case TRUST_REVOKED:
	case TRUST_BROKEN:
	case TRUST_UNKNOWN_CA:
	default:
		return SMIME_UNTRUSTED;
	}
}

static void
trust_judge(struct judging *j)
{
	const struct smime_verify_opts *opts = j->context->opts;
	struct signer_judgement *out = j->out;
	struct certificate *c = out->certificate;
	const char *reason = "";
	enum smime_status status = trust_status(trust_check(
	    opts->trust, c, j->context->certificates, opts->now, &reason));

	out->trusted = status == SMIME_VALID;
	out->in_time = status != SMIME_EXPIRED && c->not_before <= opts->now &&
		       opts->now <= c->not_after;
	out->usage_fits = c->may_sign;
	out->owns_from = opts->from && certificate_has_address(c, opts->from);
	if (status == SMIME_VALID && !out->usage_fits)
		judge(out, SMIME_UNTRUSTED,
		    "the certificate is not for signing mail");
	else
		judge(out, status, status == SMIME_VALID ? "" : reason);
}

void
signer_judge(struct signer_context *context, const struct signer_info *info,
    struct signer_judgement *out)
{
	struct judging j = {.context = context, .info = info, .out = out};
	struct buf attributes;

	*out = (struct signer_judgement){.detail = ""};
	buf_init(&attributes, (size_t)LIMIT_SIGNATURE);
	if (algorithms_choose(&j) == 0 &&
	    signed_bytes_make(&j, &attributes) == 0 &&
	    certificate_find(&j) == 0 && strength_check(&j) == 0) {
		out->intact = true;
		if (context->opts->trust)
			trust_judge(&j);
		else
			judge(out, SMIME_UNTRUSTED, "nobody is trusted");
	}
	buf_fini(&attributes);
}
