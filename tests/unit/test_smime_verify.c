/*
 * Verifying: what OpenSSL's CMS signs, what we sign, and everything that
 * must not pass (rules V1 to V13), most of it made by hand because no
 * well-behaved program writes it.
 */
#include "unit/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_codec.h"
#include "smime/cms_id.h"
#include "smime/rsa_params.h"
#include "smime/sign.h"
#include "smime/signed_attrs.h"
#include "smime/verify.h"
#include "unit/handmade.h"
#include "unit/smime_fixture.h"

#define ALICE HANDMADE_FROM
#define BOB   "bob@example.net"

static struct smime_fixture fixture;
static struct smime_user alice, bob; /* RSA-2048, P-256 */
static struct trust *trust;
static struct certificate_cache *cache;

static struct trust *
trust_in(struct certificate *anchor)
{
	struct trust_config none = {0};
	struct trust *t = NULL;
	struct err err = {0};

	if (trust_load(&none, &t, &err) || trust_add_anchor(t, anchor, &err))
		fail_msg("%s", err.text);
	return t;
}

static int
start(void **state)
{
	(void)state;
	smime_fixture_start(&fixture);
	smime_user_make(&fixture, &alice,
	    &(struct fixture_opts){.address = ALICE, .key = "RSA-2048"});
	smime_user_make(&fixture, &bob,
	    &(struct fixture_opts){.address = BOB, .key = "P-256"});
	trust = trust_in(fixture.root.certificate);
	cache = certificate_cache_new();
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	certificate_cache_free(cache);
	trust_release(&trust);
	smime_user_fini(&alice);
	smime_user_fini(&bob);
	smime_fixture_stop(&fixture);
	return 0;
}

/* --- asking --- */

struct asking {
	struct trust *trust;
	const char *from;
	time_t now;
};

static void
verify_as(
    struct slice message, const struct asking *as, struct smime_verdict *v)
{
	struct smime_verify_opts opts = {.trust = as->trust ? as->trust : trust,
	    .cache = cache,
	    .now = as->now,
	    .from = as->from};
	struct smime_message m;
	struct err err = {0};

	if (opts.now == 0)
		opts.now = fixture_now();
	smime_message_parse(&m, message);
	smime_verdict_init(v, &fixture.spool);
	if (smime_verify(&opts, &m.header, m.body, v, &err))
		fail_msg("%s", err.text);
	smime_message_fini(&m);
	assert_int_equal(ERR_peek_error(), 0);
	/* A word that promises everything has every fact behind it. */
	if (v->status == SMIME_VALID)
		assert_true(v->intact && v->trusted && v->owns_from &&
			    v->usage_fits && v->in_time && v->signer);
	else
		assert_false(v->intact && v->trusted && v->owns_from &&
			     v->usage_fits && v->in_time);
}

static void
verify(struct slice message, const char *from, struct smime_verdict *v)
{
	verify_as(message, &(struct asking){.from = from}, v);
}

static void
assert_status_text(struct slice message, const struct asking *as,
    enum smime_status status, const char *detail)
{
	struct smime_verdict v;

	verify_as(message, as, &v);
	if (v.status != status)
		fail_msg("%s (%s) instead of %s", smime_status_name(v.status),
		    v.detail, smime_status_name(status));
	if (detail && !strstr(v.detail, detail))
		fail_msg("\"%s\" instead of \"%s\"", v.detail, detail);
	smime_verdict_fini(&v);
}

static void
assert_status(struct slice message, enum smime_status status)
{
	assert_status_text(
	    message, &(struct asking){.from = ALICE}, status, NULL);
}

/* The same for a detached signature over the usual entity. */
static void
assert_detached(struct slice der, enum smime_status status, const char *detail)
{
	struct buf message;

	handmade_detached(&message, slice_text(handmade_entity), der);
	assert_status_text(buf_slice(&message), &(struct asking){.from = ALICE},
	    status, detail);
	buf_fini(&message);
}

/* --- what OpenSSL signs --- */

struct theirs {
	const EVP_MD *md;
	unsigned flags;
	bool opaque;
	bool pss;
};

static void
sign_theirs(struct slice content, const struct fixture_cert *cert,
    const struct theirs *how, struct buf *der)
{
	unsigned flags =
	    how->flags | CMS_BINARY | (how->opaque ? 0 : CMS_DETACHED);
	BIO *in = BIO_new_mem_buf(content.data, (int)content.len);
	BIO *out = BIO_new(BIO_s_mem());
	CMS_SignerInfo *info;
	CMS_ContentInfo *cms;
	char *bytes;
	long len;

	cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	assert_non_null(cms);
	info = CMS_add1_signer(cms, cert->x509, cert->key,
	    how->md ? how->md : EVP_sha256(),
	    flags | (how->pss ? CMS_KEY_PARAM : 0));
	assert_non_null(info);
	if (how->pss)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(
				     CMS_SignerInfo_get0_pkey_ctx(info),
				     RSA_PKCS1_PSS_PADDING),
		    1);
	assert_int_equal(CMS_add1_cert(cms, fixture.intermediate.x509), 1);
	if (flags & CMS_STREAM) {
		assert_int_equal(
		    i2d_CMS_bio_stream(out, cms, in, (int)flags), 1);
	} else {
		assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
		assert_int_equal(i2d_CMS_bio(out, cms), 1);
	}
	len = BIO_get_mem_data(out, &bytes);
	buf_init(der, 16u << 20);
	buf_add(der, bytes, (size_t)len);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
	ERR_clear_error();
}

static void
check_theirs(const struct fixture_cert *cert, const struct theirs *how)
{
	struct buf der, message;
	struct smime_verdict v;

	sign_theirs(slice_text(handmade_entity), cert, how, &der);
	if (how->opaque)
		handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
	else
		handmade_detached(
		    &message, slice_text(handmade_entity), buf_slice(&der));
	verify(buf_slice(&message), ALICE, &v);
	if (v.status != SMIME_VALID)
		fail_msg("%s: %s", smime_status_name(v.status), v.detail);
	assert_int_equal(v.signers, 1);
	assert_string_equal(v.detail, "");
	assert_int_equal(memcmp(v.signer->fingerprint,
			     cert->certificate->fingerprint, FINGERPRINT_SIZE),
	    0);
	if (how->opaque)
		assert_true(slice_equal(
		    spool_slice(&v.content), slice_text(handmade_entity)));
	smime_verdict_fini(&v);
	buf_fini(&message);
	buf_fini(&der);
}

static void
test_openssl_signs(void **state)
{
	static const char *const keys[] = {
	    "RSA-2048", "P-256", "P-384", "P-521", "RSA-PSS-2048"};
	const EVP_MD *hashes[] = {
	    EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()};

	(void)state;
	for (size_t k = 0; k < 5; k++) {
		struct fixture_cert cert;

		fixture_leaf(&cert, &fixture.intermediate,
		    &(struct fixture_opts){.address = ALICE, .key = keys[k]});
		for (size_t h = 0; h < 4; h++)
			for (int o = 0; o < 2; o++)
				check_theirs(
				    &cert, &(struct theirs){.md = hashes[h],
					       .opaque = o,
					       .pss = k == 4});
		fixture_fini(&cert);
	}
}

static void
test_openssl_signs_oddly(void **state)
{
	const struct fixture_cert *cert = &alice.cert;

	(void)state;
	check_theirs(cert, &(struct theirs){.pss = true});
	check_theirs(cert, &(struct theirs){.pss = true, .md = EVP_sha512()});
	check_theirs(cert, &(struct theirs){.flags = CMS_USE_KEYID});
	check_theirs(cert, &(struct theirs){.flags = CMS_NOATTR});
	check_theirs(
	    cert, &(struct theirs){.flags = CMS_NOATTR, .opaque = true});
	check_theirs(cert, &(struct theirs){.flags = CMS_CADES});
	/* Indefinite lengths, the content in pieces. */
	check_theirs(
	    cert, &(struct theirs){.flags = CMS_STREAM, .opaque = true});
}

static void
test_large_opaque(void **state)
{
	unsigned char *noise = smime_noise(3000000);
	struct slice content = slice_make(noise, 3000000);

	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		struct theirs how = {
		    .opaque = true, .flags = stream ? CMS_STREAM : 0};
		struct buf der, message;
		struct smime_verdict v;

		sign_theirs(content, &alice.cert, &how, &der);
		handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
		verify(buf_slice(&message), ALICE, &v);
		assert_int_equal(v.status, SMIME_VALID);
		assert_true(slice_equal(spool_slice(&v.content), content));
		smime_verdict_fini(&v);
		buf_fini(&message);
		buf_fini(&der);
	}
	free(noise);
}

/* --- what we sign --- */

static void
test_we_sign(void **state)
{
	static const char *const keys[] = {
	    "RSA-2048", "P-256", "P-384", "P-521", "ED25519"};
	static const char *const digests[] = {
	    "sha256", "sha256", "sha384", "sha512", "sha512"};
	struct slice_list list = {
	    .at = {slice_text(handmade_entity)}, .count = 1};

	(void)state;
	for (size_t k = 0; k < 5; k++) {
		struct smime_sign_opts opts = {
		    .keys = fixture.keys, .signing_time = 1700000000};
		struct smime_entity e;
		struct smime_user user;
		struct smime_verdict v;
		struct buf message;
		struct err err;

		smime_user_make(&fixture, &user,
		    &(struct fixture_opts){.address = ALICE, .key = keys[k]});
		opts.identity = user.identity;
		for (int o = 0; o < 2; o++) {
			smime_entity_init(&e, &fixture.spool);
			assert_int_equal(
			    o ? smime_sign_opaque(&opts, &list, &e, &err)
			      : smime_sign(&opts, &list, &e, &err),
			    0);
			buf_init(&message, 1u << 20);
			smime_entity_header(&e, &message);
			for (size_t i = 0; i < e.body.count; i++)
				buf_add_slice(&message, e.body.at[i]);
			verify(buf_slice(&message), ALICE, &v);
			if (v.status != SMIME_VALID)
				fail_msg("%s: %s %s", keys[k],
				    smime_status_name(v.status), v.detail);
			assert_int_equal(v.signing_time, 1700000000);
			assert_string_equal(v.digest, digests[k]);
			assert_int_equal(v.certificates.count, 2);
			assert_true(v.capabilities.len > 0);
			assert_int_equal(v.capabilities.data[0], DER_SEQUENCE);
			assert_null(v.preferred);
			assert_false(v.revocation_checked);
			smime_verdict_fini(&v);
			buf_fini(&message);
			smime_entity_fini(&e);
		}
		smime_user_fini(&user);
	}
}

/* --- who it is --- */

static void
signed_by(const struct fixture_cert *cert, struct buf *message)
{
	struct buf der;

	sign_theirs(
	    slice_text(handmade_entity), cert, &(struct theirs){0}, &der);
	handmade_detached(
	    message, slice_text(handmade_entity), buf_slice(&der));
	buf_fini(&der);
}

static void
test_from(void **state)
{
	struct buf message;
	struct smime_verdict v;

	(void)state;
	signed_by(&alice.cert, &message);
	verify(buf_slice(&message), BOB, &v);
	assert_int_equal(v.status, SMIME_MISMATCH);
	assert_true(v.intact && v.trusted && v.usage_fits && v.in_time);
	assert_false(v.owns_from);
	smime_verdict_fini(&v);
	/* From is missing, or there are several. */
	verify(buf_slice(&message), NULL, &v);
	assert_int_equal(v.status, SMIME_MISMATCH);
	smime_verdict_fini(&v);
	buf_fini(&message);
}

static void
check_certificate(const struct fixture_opts *opts, enum smime_status status)
{
	struct fixture_cert cert;
	struct smime_verdict v;
	struct buf message;

	fixture_leaf(&cert, &fixture.intermediate, opts);
	signed_by(&cert, &message);
	verify(buf_slice(&message), ALICE, &v);
	if (v.status != status)
		fail_msg("%s: %s", smime_status_name(v.status), v.detail);
	assert_true(strlen(v.detail) > 0);
	if (status == SMIME_EXPIRED)
		assert_true(v.intact && !v.in_time && !v.trusted);
	smime_verdict_fini(&v);
	buf_fini(&message);
	fixture_fini(&cert);
}

static void
test_certificate(void **state)
{
	(void)state;
	check_certificate(&(struct fixture_opts){.address = ALICE,
			      .not_before = -3 * FIXTURE_DAY,
			      .not_after = -2 * FIXTURE_DAY},
	    SMIME_EXPIRED);
	check_certificate(&(struct fixture_opts){.address = ALICE,
			      .not_before = FIXTURE_DAY,
			      .not_after = 2 * FIXTURE_DAY},
	    SMIME_EXPIRED);
	check_certificate(&(struct fixture_opts){.address = ALICE,
			      .extended_usage = "serverAuth"},
	    SMIME_UNTRUSTED);
	check_certificate(&(struct fixture_opts){.address = ALICE,
			      .key = "RSA-2048",
			      .usage = "keyEncipherment"},
	    SMIME_UNTRUSTED);
	check_certificate(
	    &(struct fixture_opts){.address = ALICE, .key = "RSA-1024"},
	    SMIME_WEAK);
	check_certificate(
	    &(struct fixture_opts){.address = ALICE, .digest = "SHA1"},
	    SMIME_WEAK);
	check_certificate(
	    &(struct fixture_opts){.address = ALICE, .key = "secp256k1"},
	    SMIME_UNSUPPORTED);
}

/* The judge's clock decides, not the signer's (rule D3). */
static void
test_now(void **state)
{
	struct asking as = {.from = ALICE};
	struct buf message;

	(void)state;
	signed_by(&alice.cert, &message);
	as.now = fixture_now() + 2 * 365 * FIXTURE_DAY;
	assert_status_text(buf_slice(&message), &as, SMIME_EXPIRED, NULL);
	as.now = fixture_now() - 30 * FIXTURE_DAY;
	assert_status_text(buf_slice(&message), &as, SMIME_EXPIRED, NULL);
	buf_fini(&message);
}

static void
test_other_root(void **state)
{
	struct fixture_cert root;
	struct asking as = {.from = ALICE};
	struct smime_verdict v;
	struct buf message;

	(void)state;
	fixture_ca(&root, &(struct fixture_opts){.name = "Other"});
	as.trust = trust_in(root.certificate);
	signed_by(&alice.cert, &message);
	verify_as(buf_slice(&message), &as, &v);
	assert_int_equal(v.status, SMIME_UNTRUSTED);
	assert_true(v.intact && v.owns_from && !v.trusted);
	smime_verdict_fini(&v);
	buf_fini(&message);
	trust_release(&as.trust);
	fixture_fini(&root);
}

static void
test_self_signed(void **state)
{
	struct fixture_cert cert;
	struct buf message;

	(void)state;
	fixture_leaf(&cert, NULL, &(struct fixture_opts){.address = ALICE});
	signed_by(&cert, &message);
	assert_status(buf_slice(&message), SMIME_UNTRUSTED);
	buf_fini(&message);
	fixture_fini(&cert);
}

/* An authority that signs mail itself. */
static void
test_authority_signs(void **state)
{
	struct fixture_cert cert;
	struct smime_verdict v;
	struct buf message;

	(void)state;
	fixture_intermediate(&cert, &fixture.root,
	    &(struct fixture_opts){
		.address = ALICE, .usage = "digitalSignature,keyCertSign"});
	signed_by(&cert, &message);
	verify(buf_slice(&message), ALICE, &v);
	assert_int_equal(v.status, SMIME_UNTRUSTED);
	assert_false(v.usage_fits);
	smime_verdict_fini(&v);
	buf_fini(&message);
	fixture_fini(&cert);
}

/* --- altered --- */

static void
test_every_octet_of_the_content(void **state)
{
	struct buf message;
	size_t at;

	(void)state;
	signed_by(&alice.cert, &message);
	at = smime_find(buf_slice(&message), slice_text(handmade_entity));
	for (size_t i = at; i < at + strlen(handmade_entity); i++) {
		struct smime_verdict v;

		message.data[i] ^= 1;
		verify(buf_slice(&message), ALICE, &v);
		assert_int_equal(v.status, SMIME_ALTERED);
		assert_string_equal(v.detail, "the content was changed");
		assert_false(v.intact);
		assert_int_equal(v.signing_time, 0);
		smime_verdict_fini(&v);
		message.data[i] ^= 1;
	}
	buf_fini(&message);
}

static void
test_content_longer_or_shorter(void **state)
{
	struct buf der, message;

	(void)state;
	sign_theirs(slice_text(handmade_entity), &alice.cert,
	    &(struct theirs){0}, &der);
	handmade_detached(&message,
	    slice_part(
		slice_text(handmade_entity), 0, strlen(handmade_entity) - 2),
	    buf_slice(&der));
	assert_status(buf_slice(&message), SMIME_ALTERED);
	buf_fini(&message);
	handmade_detached(&message,
	    slice_text("Content-Type: text/plain\r\n\r\nHello, this is "
		       "signed.\r\n\r\nA disclaimer.\r\n"),
	    buf_slice(&der));
	assert_status(buf_slice(&message), SMIME_ALTERED);
	buf_fini(&message);
	buf_fini(&der);
}

/* One bit anywhere in the SignedData.  What is not covered by the signature
 * (versions, the list of digests) may pass, but then nothing that we report
 * has changed. */
static void
test_every_octet_of_the_signature(void **state)
{
	struct buf der, message;
	unsigned valid = 0;

	(void)state;
	sign_theirs(slice_text(handmade_entity), &alice.cert,
	    &(struct theirs){0}, &der);
	for (size_t i = 0; i < der.len; i++) {
		struct asking as = {.from = ALICE};
		struct smime_verdict v;

		/* A fresh one: the path of the signer is not known yet. */
		as.trust = trust_in(fixture.root.certificate);
		der.data[i] ^= 1;
		handmade_detached(
		    &message, slice_text(handmade_entity), buf_slice(&der));
		verify_as(buf_slice(&message), &as, &v);
		if (v.status == SMIME_VALID) {
			valid++;
			assert_memory_equal(v.signer->fingerprint,
			    alice.cert.certificate->fingerprint,
			    FINGERPRINT_SIZE);
		}
		smime_verdict_fini(&v);
		buf_fini(&message);
		trust_release(&as.trust);
		der.data[i] ^= 1;
	}
	assert_in_range(valid, 1, 24);
	buf_fini(&der);
}

static void
test_cut_and_trailing(void **state)
{
	struct buf der;

	(void)state;
	sign_theirs(slice_text(handmade_entity), &alice.cert,
	    &(struct theirs){0}, &der);
	for (size_t len = 0; len < der.len; len++)
		assert_detached(
		    slice_make(der.data, len), SMIME_MALFORMED, NULL);
	assert_detached(buf_slice(&der), SMIME_VALID, NULL);
	buf_add_char(&der, 0);
	assert_detached(buf_slice(&der), SMIME_MALFORMED, NULL);
	buf_fini(&der);
}

/* A detached signature by this one signer, with both certificates. */
static void
assert_handmade(
    struct handmade *h, enum smime_status status, const char *detail)
{
	const struct fixture_cert *cert = h->cert;
	struct handmade_cms p;
	struct buf der;

	handmade_cms_init(&p);
	handmade_cms_cert(&p, cert->certificate);
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	handmade_info(h, &p.infos);
	handmade_cms_write(&p, &der);
	assert_detached(buf_slice(&der), status, detail);
	buf_fini(&der);
}

static void
test_handmade_is_good(void **state)
{
	struct handmade h = handmade(&alice.cert);

	(void)state;
	handmade_attrs(&h);
	assert_handmade(&h, SMIME_VALID, "");
	h = handmade(&alice.cert);
	assert_handmade(&h, SMIME_VALID, "");
	h = handmade(&alice.cert);
	handmade_attrs(&h);
	h.break_signature = true;
	assert_handmade(&h, SMIME_ALTERED, "the signature is wrong");
}

/* Rule V5. */
static void
test_attributes(void **state)
{
	static const unsigned char zeros[32];
	struct slice wrong = slice_make(zeros, sizeof(zeros));
	struct handmade h;

	(void)state;
	h = handmade(&alice.cert);
	handmade_attrs(&h);
	signed_attr_message_digest(&h.attrs, wrong);
	assert_handmade(&h, SMIME_MALFORMED, "twice");

	h = handmade(&alice.cert);
	handmade_attrs(&h);
	signed_attr_content_type(&h.attrs, OID_DATA);
	assert_handmade(&h, SMIME_MALFORMED, "twice");

	h = handmade(&alice.cert);
	signed_attr_content_type(&h.attrs, OID_DATA);
	assert_handmade(&h, SMIME_MALFORMED, "missing");

	h = handmade(&alice.cert);
	signed_attr_message_digest(&h.attrs, wrong);
	assert_handmade(&h, SMIME_MALFORMED, "missing");

	h = handmade(&alice.cert);
	signed_attr_content_type(&h.attrs, OID_DATA);
	signed_attr_message_digest(&h.attrs, wrong);
	assert_handmade(&h, SMIME_ALTERED, "the content was changed");

	h = handmade(&alice.cert);
	signed_attr_content_type(&h.attrs, OID_SIGNED_DATA);
	signed_attr_message_digest(&h.attrs, wrong);
	assert_handmade(&h, SMIME_MALFORMED, "contentType");

	h = handmade(&alice.cert);
	handmade_attrs(&h);
	signed_attr_capabilities(&h.attrs, alice.cert.certificate);
	signed_attr_capabilities(&h.attrs, alice.cert.certificate);
	assert_handmade(&h, SMIME_MALFORMED, "twice");
}

#define B(text) slice_make(text, sizeof(text) - 1)

static void
test_attribute_values(void **state)
{
	static const struct {
		enum oid type;
		const char *bytes;
		size_t len;
		enum smime_status status;
	} cases[] = {
	    /* What only is claimed may be wrong, */
	    {OID_SIGNING_TIME, "\x17\x03xyz", 5, SMIME_VALID},
	    {OID_SIGNING_TIME,
		"\x17\x0d"
		"259915150640Z",
		15, SMIME_VALID},
	    {OID_SMIME_CAPABILITIES, "\x05\x00", 2, SMIME_VALID},
	    {OID_ENCRYPTION_KEY_PREFERENCE, "\x05\x00", 2, SMIME_VALID},
	    /* what the judgement rests on may not. */
	    {OID_SIGNING_CERTIFICATE_V2, "\x05\x00", 2, SMIME_MALFORMED},
	    {OID_SIGNING_CERTIFICATE, "\x30\x02\x30\x00", 4, SMIME_MALFORMED},
	    {OID_CMS_ALGORITHM_PROTECTION, "\x30\x00", 2, SMIME_MALFORMED},
	    /* Not exactly one value. */
	    {OID_SIGNING_TIME, "", 0, SMIME_MALFORMED},
	    {OID_SIGNING_TIME,
		"\x17\x0d"
		"250615150640Z\x17\x0d"
		"250615150640Z",
		30, SMIME_MALFORMED},
	    /* One that we do not know. */
	    {OID_SHA224, "\x05\x00\x05\x00", 4, SMIME_MALFORMED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct handmade h = handmade(&alice.cert);

		handmade_attrs(&h);
		handmade_attribute(&h.attrs, cases[i].type,
		    slice_make(cases[i].bytes, cases[i].len));
		assert_handmade(&h, cases[i].status, NULL);
	}
}

static void
check_attribute_count(unsigned count, enum smime_status status)
{
	struct handmade h = handmade(&alice.cert);

	handmade_attrs(&h);
	for (unsigned i = 2; i < count; i++)
		buf_add(&h.attrs, "\x30\x07\x06\x03\x2b\x65\x7f\x31\x00", 9);
	assert_handmade(&h, status, NULL);
}

static void
test_attribute_limit(void **state)
{
	(void)state;
	check_attribute_count(LIMIT_ATTRIBUTES, SMIME_VALID);
	check_attribute_count(LIMIT_ATTRIBUTES + 1, SMIME_MALFORMED);
}

/* What would not be kept anyway is not taken over. */
static void
check_capabilities(size_t len, bool taken)
{
	struct handmade h = handmade(&alice.cert);
	unsigned char *noise = smime_noise(len);
	struct buf value, der, message;
	struct smime_verdict v;
	struct handmade_cms p;

	buf_init(&value, 65536);
	der_put(&value, DER_SEQUENCE, slice_make(noise, len - 4));
	assert_int_equal(value.len, len);
	handmade_attrs(&h);
	handmade_attribute(&h.attrs, OID_SMIME_CAPABILITIES, buf_slice(&value));
	handmade_cms_init(&p);
	handmade_cms_cert(&p, alice.cert.certificate);
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_detached(
	    &message, slice_text(handmade_entity), buf_slice(&der));
	verify(buf_slice(&message), ALICE, &v);
	assert_int_equal(v.status, SMIME_VALID);
	assert_int_equal(v.capabilities.len, taken ? len : 0);
	smime_verdict_fini(&v);
	buf_fini(&message);
	buf_fini(&der);
	buf_fini(&value);
	free(noise);
}

static void
test_capabilities_limit(void **state)
{
	(void)state;
	check_capabilities(LIMIT_CAPABILITIES, true);
	check_capabilities(LIMIT_CAPABILITIES + 1, false);
}

/* RFC 6211: the algorithms inside and outside must be the same. */
static void
test_algorithm_protection(void **state)
{
	static const enum oid digests[] = {OID_SHA256, OID_SHA512, OID_SHA256};
	static const enum oid algorithms[] = {
	    OID_RSA_SHA256, OID_RSA_SHA256, OID_RSA};
	static const enum smime_status status[] = {
	    SMIME_VALID, SMIME_ALTERED, SMIME_ALTERED};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct handmade h = handmade(&alice.cert);
		struct buf digest, algorithm;

		buf_init(&digest, 64);
		buf_init(&algorithm, 64);
		/* NULL and absent parameters are the same. */
		der_algorithm_null(&digest, digests[i]);
		der_algorithm_null(&algorithm, algorithms[i]);
		handmade_attrs(&h);
		signed_attr_algorithm_protection(
		    &h.attrs, buf_slice(&digest), buf_slice(&algorithm));
		assert_handmade(&h, status[i],
		    i == 0 ? "" : "the algorithms were exchanged");
		buf_fini(&digest);
		buf_fini(&algorithm);
	}
}

/* Rule V12. */
static void
test_signing_certificate(void **state)
{
	struct handmade h;
	struct buf value;
	unsigned char sha1[20];

	(void)state;
	h = handmade(&alice.cert);
	handmade_attrs(&h);
	signed_attr_signing_certificate(&h.attrs, alice.cert.certificate);
	assert_handmade(&h, SMIME_VALID, "");

	h = handmade(&alice.cert);
	handmade_attrs(&h);
	signed_attr_signing_certificate(&h.attrs, bob.cert.certificate);
	assert_handmade(
	    &h, SMIME_ALTERED, "the signer names another certificate");

	/* The old form, with SHA-1. */
	for (int wrong = 0; wrong < 2; wrong++) {
		EVP_Digest(alice.cert.certificate->der.data,
		    alice.cert.certificate->der.len, sha1, NULL, EVP_sha1(),
		    NULL);
		sha1[0] ^= (unsigned char)wrong;
		buf_init(&value, 64);
		buf_add(&value, "\x30\x1a\x30\x18\x30\x16\x04\x14", 8);
		buf_add(&value, sha1, sizeof(sha1));
		h = handmade(&alice.cert);
		handmade_attrs(&h);
		handmade_attribute(
		    &h.attrs, OID_SIGNING_CERTIFICATE, buf_slice(&value));
		assert_handmade(&h, wrong ? SMIME_ALTERED : SMIME_VALID, NULL);
		buf_fini(&value);
	}
}

static void
test_algorithms(void **state)
{
	static const struct {
		enum oid digest;
		enum oid algorithm;
		enum smime_status status;
	} cases[] = {
	    {OID_SHA256, OID_RSA, SMIME_VALID},
	    {OID_SHA256, OID_RSA_SHA512, SMIME_MALFORMED},
	    {OID_SHA256, OID_ECDSA_SHA256, SMIME_MALFORMED},
	    {OID_SHA256, OID_ED25519, SMIME_MALFORMED},
	    {OID_AES128_CBC, OID_RSA, SMIME_UNSUPPORTED},
	    {OID_SHA256, OID_AES128_CBC, SMIME_UNSUPPORTED},
	    {OID_SHA256, OID_RSA_PSS, SMIME_MALFORMED}, /* no parameters */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct handmade h = handmade(&alice.cert);

		h.digest = cases[i].digest;
		h.algorithm = cases[i].algorithm;
		handmade_attrs(&h);
		assert_handmade(&h, cases[i].status, NULL);
	}
}

/* ML-DSA-65 (rule Q2), and a digest that nobody knows. */
static void
test_unknown_algorithms(void **state)
{
	struct slice ml_dsa =
	    B("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x12");
	struct handmade h = handmade(&alice.cert);

	(void)state;
	h.algorithm_whole = ml_dsa;
	handmade_attrs(&h);
	assert_handmade(&h, SMIME_UNSUPPORTED, "signature algorithm");
	h = handmade(&alice.cert);
	h.digest_whole = ml_dsa;
	handmade_attrs(&h);
	assert_handmade(&h, SMIME_UNSUPPORTED, "digest algorithm");
}

static void
test_weak_digests(void **state)
{
	(void)state;
	for (int md5 = 0; md5 < 2; md5++) {
		struct handmade h = handmade(&alice.cert);

		h.md = md5 ? EVP_md5() : EVP_sha1();
		h.digest = md5 ? OID_MD5 : OID_SHA1;
		h.algorithm = OID_RSA;
		handmade_attrs(&h);
		assert_handmade(&h, SMIME_WEAK, "digest algorithm");
		/* Altered is worse than weak. */
		h = handmade(&alice.cert);
		h.md = md5 ? EVP_md5() : EVP_sha1();
		h.digest = md5 ? OID_MD5 : OID_SHA1;
		h.algorithm = OID_RSA;
		h.content = slice_text("Something else");
		handmade_attrs(&h);
		assert_handmade(&h, SMIME_ALTERED, NULL);
	}
}

/* RFC 5652 signs attributes and contents in the same way: attributes that
 * alice signed must not become a message. */
static void
test_attributes_as_content(void **state)
{
	struct handmade h = handmade(&alice.cert), evil;
	struct buf content, message, der;
	struct handmade_cms p;

	(void)state;
	handmade_attrs(&h);
	buf_init(&content, 65536);
	der_put(&content, DER_SET, buf_slice(&h.attrs));
	evil = handmade(&alice.cert);
	evil.content = buf_slice(&content);
	handmade_cms_init(&p);
	handmade_cms_cert(&p, alice.cert.certificate);
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	p.content = buf_slice(&content);
	handmade_info(&evil, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
	assert_status(buf_slice(&message), SMIME_ALTERED);
	buf_fini(&message);
	buf_fini(&der);
	buf_fini(&content);
	buf_fini(&h.attrs);
}

/* --- several signers, several certificates --- */

static void
two_signers(bool first_bad, bool second_bad, struct buf *message)
{
	struct handmade one = handmade(&bob.cert);
	struct handmade two = handmade(&alice.cert);
	struct handmade_cms p;
	struct buf der;

	handmade_attrs(&one);
	handmade_attrs(&two);
	one.break_signature = first_bad;
	two.break_signature = second_bad;
	handmade_cms_init(&p);
	handmade_cms_cert(&p, bob.cert.certificate);
	handmade_cms_cert(&p, alice.cert.certificate);
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	handmade_info(&one, &p.infos);
	handmade_info(&two, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_detached(
	    message, slice_text(handmade_entity), buf_slice(&der));
	buf_fini(&der);
}

/* Rule V5: one must own From, and none may fail. */
static void
test_two_signers(void **state)
{
	struct smime_verdict v;
	struct buf message;

	(void)state;
	two_signers(false, false, &message);
	verify(buf_slice(&message), ALICE, &v);
	assert_int_equal(v.status, SMIME_VALID);
	assert_int_equal(v.signers, 2);
	assert_string_equal(v.signer->serial, alice.cert.certificate->serial);
	smime_verdict_fini(&v);
	verify(buf_slice(&message), BOB, &v);
	assert_int_equal(v.status, SMIME_VALID);
	assert_string_equal(v.signer->serial, bob.cert.certificate->serial);
	smime_verdict_fini(&v);
	verify(buf_slice(&message), "carol@example.com", &v);
	assert_int_equal(v.status, SMIME_MISMATCH);
	assert_string_equal(v.signer->serial, bob.cert.certificate->serial);
	smime_verdict_fini(&v);
	buf_fini(&message);

	two_signers(true, false, &message);
	verify(buf_slice(&message), ALICE, &v);
	assert_int_equal(v.status, SMIME_ALTERED);
	assert_false(v.intact);
	smime_verdict_fini(&v);
	buf_fini(&message);
	two_signers(false, true, &message);
	assert_status(buf_slice(&message), SMIME_ALTERED);
	buf_fini(&message);
}

static void
check_signers(unsigned count, enum smime_status status)
{
	struct handmade_cms p;
	struct buf der;

	handmade_cms_init(&p);
	handmade_cms_cert(&p, alice.cert.certificate);
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	for (unsigned i = 0; i < count; i++) {
		struct handmade h = handmade(&alice.cert);

		handmade_attrs(&h);
		handmade_info(&h, &p.infos);
	}
	handmade_cms_write(&p, &der);
	assert_detached(buf_slice(&der), status, NULL);
	buf_fini(&der);
}

static void
test_signer_limit(void **state)
{
	(void)state;
	check_signers(LIMIT_SIGNERS, SMIME_VALID);
	check_signers(LIMIT_SIGNERS + 1, SMIME_MALFORMED);
}

/* Rule V4: certificates alone sign nothing. */
static void
test_no_signer(void **state)
{
	struct buf der, message;
	struct smime_verdict v;

	(void)state;
	for (int with_content = 0; with_content < 2; with_content++) {
		struct handmade_cms p;

		handmade_cms_init(&p);
		handmade_cms_cert(&p, alice.cert.certificate);
		if (with_content)
			p.content = slice_text(handmade_entity);
		handmade_cms_write(&p, &der);
		if (!with_content) {
			assert_detached(buf_slice(&der), SMIME_UNSIGNED, NULL);
			handmade_opaque(&message,
			    "Content-Type: application/pkcs7-mime; "
			    "smime-type=certs-only\r\n",
			    buf_slice(&der));
			assert_status(buf_slice(&message), SMIME_UNSIGNED);
			buf_fini(&message);
		}
		handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
		verify(buf_slice(&message), ALICE, &v);
		assert_int_equal(v.status, SMIME_UNSIGNED);
		assert_int_equal(v.signers, 0);
		assert_null(v.signer);
		assert_int_equal(v.certificates.count, 1);
		smime_verdict_fini(&v);
		buf_fini(&message);
		buf_fini(&der);
	}
}

static void
check_certificates(unsigned count, enum smime_status status)
{
	struct handmade h = handmade(&alice.cert);
	struct handmade_cms p;
	struct buf der;

	handmade_cms_init(&p);
	/* An attribute certificate is passed over (rule H5); what cannot be
	 * read counts. */
	buf_add(&p.certs, "\xa1\x02\x05\x00\x30\x02\x05\x00", 8);
	for (unsigned i = 3; i < count; i++)
		handmade_cms_cert(&p, bob.cert.certificate);
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	handmade_cms_cert(&p, alice.cert.certificate);
	handmade_attrs(&h);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	assert_detached(buf_slice(&der), status, NULL);
	buf_fini(&der);
}

static void
test_certificate_limit(void **state)
{
	(void)state;
	check_certificates(LIMIT_CERTIFICATES_PER_MESSAGE, SMIME_VALID);
	check_certificates(LIMIT_CERTIFICATES_PER_MESSAGE + 1, SMIME_MALFORMED);
}

/* Certificates with alice's issuer and number, but other keys, before hers
 * (rule D8). */
static void
check_candidates(unsigned others, enum smime_status status)
{
	struct handmade h = handmade(&alice.cert);
	struct fixture_cert fake;
	struct handmade_cms p;
	struct buf der;

	handmade_cms_init(&p);
	fixture_leaf(&fake, &fixture.intermediate,
	    &(struct fixture_opts){.address = ALICE, .key = "RSA-3072"});
	X509_set_serialNumber(
	    fake.x509, X509_get_serialNumber(alice.cert.x509));
	X509_sign(fake.x509, fixture.intermediate.key, EVP_sha256());
	for (unsigned i = 0; i < others; i++) {
		unsigned char *bytes = NULL;
		int len = i2d_X509(fake.x509, &bytes);

		buf_add(&p.certs, bytes, (size_t)len);
		OPENSSL_free(bytes);
	}
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	handmade_cms_cert(&p, alice.cert.certificate);
	handmade_attrs(&h);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	assert_detached(buf_slice(&der), status, NULL);
	buf_fini(&der);
	fixture_fini(&fake);
}

static void
test_candidate_limit(void **state)
{
	(void)state;
	check_candidates(LIMIT_SIGNER_CANDIDATES - 1, SMIME_VALID);
	check_candidates(LIMIT_SIGNER_CANDIDATES, SMIME_ALTERED);
}

static void
test_missing_certificate(void **state)
{
	struct handmade h = handmade(&alice.cert);
	struct smime_verdict v;
	struct buf der, message;
	struct handmade_cms p;

	(void)state;
	handmade_cms_init(&p);
	handmade_cms_cert(&p, bob.cert.certificate);
	handmade_attrs(&h);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_detached(
	    &message, slice_text(handmade_entity), buf_slice(&der));
	verify(buf_slice(&message), ALICE, &v);
	assert_int_equal(v.status, SMIME_UNTRUSTED);
	assert_string_equal(v.detail, "the signer's certificate is missing");
	assert_false(v.intact);
	assert_null(v.signer);
	smime_verdict_fini(&v);
	buf_fini(&message);
	buf_fini(&der);
}

/* RFC 8551 section 6: refused before any operation with the key. */
static void
check_rsa_size(int bits, enum smime_status status, const char *detail)
{
	struct handmade h = handmade(&alice.cert);
	struct fixture_cert big;
	EVP_PKEY *key = fixture_public_rsa(bits, 65537);
	struct handmade_cms p;
	struct buf der;
	struct err err;

	fixture_leaf(&big, &fixture.intermediate,
	    &(struct fixture_opts){.address = ALICE, .key = "RSA-2048"});
	X509_set_pubkey(big.x509, key);
	X509_set_serialNumber(big.x509, X509_get_serialNumber(alice.cert.x509));
	X509_sign(big.x509, fixture.intermediate.key, EVP_sha256());
	certificate_unref(&big.certificate);
	assert_int_equal(
	    certificate_from_x509(big.x509, &big.certificate, &err), 0);
	handmade_cms_init(&p);
	handmade_cms_cert(&p, big.certificate);
	handmade_cms_cert(&p, fixture.intermediate.certificate);
	handmade_attrs(&h);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	assert_detached(buf_slice(&der), status, detail);
	buf_fini(&der);
	fixture_fini(&big);
	EVP_PKEY_free(key);
}

static void
test_rsa_limit(void **state)
{
	(void)state;
	check_rsa_size(LIMIT_RSA_BITS, SMIME_ALTERED, "the signature is wrong");
	check_rsa_size(
	    LIMIT_RSA_BITS + 1, SMIME_UNSUPPORTED, "kind or size of the key");
}

/* --- SMIMEEncryptionKeyPreference --- */

static void
test_key_preference(void **state)
{
	struct fixture_cert second;

	(void)state;
	fixture_leaf(&second, &fixture.intermediate,
	    &(struct fixture_opts){.address = ALICE, .key = "P-256"});
	for (int form = 0; form < 3; form++) {
		struct handmade h = handmade(&alice.cert);
		const ASN1_OCTET_STRING *id =
		    X509_get0_subject_key_id(second.x509);
		struct slice key_id = slice_make(
		    ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
		struct buf value, der, message;
		struct smime_verdict v;
		struct handmade_cms p;
		size_t mark;

		buf_init(&value, 1024);
		if (form == 0) {
			assert_int_equal(
			    cms_id_write(second.certificate, &value), 0);
			value.data[0] = DER_CONSTRUCTED(0);
		} else if (form == 1) {
			mark = der_open(&value, DER_CONSTRUCTED(1));
			der_put(&value, DER_OCTET_STRING, key_id);
			der_close(&value, mark);
		} else {
			der_put(&value, DER_CONTEXT(2), key_id);
		}
		handmade_attrs(&h);
		handmade_attribute(
		    &h.attrs, OID_ENCRYPTION_KEY_PREFERENCE, buf_slice(&value));
		handmade_cms_init(&p);
		handmade_cms_cert(&p, alice.cert.certificate);
		handmade_cms_cert(&p, second.certificate);
		handmade_cms_cert(&p, fixture.intermediate.certificate);
		handmade_info(&h, &p.infos);
		handmade_cms_write(&p, &der);
		handmade_detached(
		    &message, slice_text(handmade_entity), buf_slice(&der));
		verify(buf_slice(&message), ALICE, &v);
		assert_int_equal(v.status, SMIME_VALID);
		assert_non_null(v.preferred);
		assert_string_equal(
		    v.preferred->serial, second.certificate->serial);
		assert_string_equal(
		    v.signer->serial, alice.cert.certificate->serial);
		smime_verdict_fini(&v);
		buf_fini(&message);
		buf_fini(&der);
		buf_fini(&value);
	}
	fixture_fini(&second);
}

/* --- the structure around it --- */

/* Rule V3: some programs would show eContent, others part 1. */
static void
test_content_confusion(void **state)
{
	struct buf der;

	(void)state;
	sign_theirs(slice_text(handmade_entity), &alice.cert,
	    &(struct theirs){.opaque = true}, &der);
	assert_detached(buf_slice(&der), SMIME_MALFORMED, "its own content");
	buf_fini(&der);
}

static void
test_opaque_without_content(void **state)
{
	struct buf der, message;
	struct smime_verdict v;

	(void)state;
	sign_theirs(slice_text(handmade_entity), &alice.cert,
	    &(struct theirs){0}, &der);
	handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
	verify(buf_slice(&message), ALICE, &v);
	assert_int_equal(v.status, SMIME_MALFORMED);
	assert_false(v.intact);
	smime_verdict_fini(&v);
	buf_fini(&message);
	buf_fini(&der);
}

static void
test_content_type(void **state)
{
	struct handmade h = handmade(&alice.cert);
	struct buf der, message;
	struct handmade_cms p;

	(void)state;
	handmade_cms_init(&p);
	handmade_cms_cert(&p, alice.cert.certificate);
	p.content = slice_text(handmade_entity);
	p.content_type = OID_ENVELOPED_DATA;
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
	assert_status(buf_slice(&message), SMIME_UNSUPPORTED);
	buf_fini(&message);
	buf_fini(&der);
}

/* DER of exactly len octets. */
static void
padded(size_t len, bool with_content, struct buf *der)
{
	struct slice content = slice_text(handmade_entity);
	size_t crl = 1000;

	for (;;) {
		struct handmade h = handmade(&bob.cert);
		struct handmade_cms p;

		/* ECDSA signatures differ in length: try again. */
		handmade_attrs(&h);
		handmade_cms_init(&p);
		handmade_cms_cert(&p, bob.cert.certificate);
		handmade_cms_cert(&p, fixture.intermediate.certificate);
		p.crl_size = crl;
		if (with_content)
			p.content = content;
		handmade_info(&h, &p.infos);
		handmade_cms_write(&p, der);
		if (der->len == len)
			return;
		crl += len - der->len;
		buf_fini(der);
	}
}

static void
test_signature_limit(void **state)
{
	struct asking as = {.from = BOB};
	struct buf der, message;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		enum smime_status status = more ? SMIME_MALFORMED : SMIME_VALID;

		padded(LIMIT_SIGNATURE + more, false, &der);
		handmade_detached(
		    &message, slice_text(handmade_entity), buf_slice(&der));
		assert_status_text(buf_slice(&message), &as, status, NULL);
		buf_fini(&message);
		buf_fini(&der);
		/* The content of an opaque one does not count. */
		padded(LIMIT_SIGNATURE + strlen(handmade_entity) + more, true,
		    &der);
		handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
		assert_status_text(buf_slice(&message), &as, status, NULL);
		buf_fini(&message);
		buf_fini(&der);
	}
}

/* --- threads --- */

static void *
verify_often(void *arg)
{
	const struct buf *message = arg;
	struct smime_verdict v;
	size_t valid = 0;

	for (int i = 0; i < 100; i++) {
		verify(buf_slice(message), ALICE, &v);
		valid += v.status == SMIME_VALID;
		smime_verdict_fini(&v);
	}
	return (void *)(uintptr_t)valid;
}

/* Trust and parsed certificates are shared. */
static void
test_threads(void **state)
{
	pthread_t threads[4];
	struct buf message;
	void *valid;

	(void)state;
	signed_by(&alice.cert, &message);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, verify_often, &message),
		    0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &valid), 0);
		assert_int_equal((uintptr_t)valid, 100);
	}
	buf_fini(&message);
}

/* --- MIME --- */

/* The message with the one place of old replaced by new. */
static void
replaced(const struct buf *message, const char *old, const char *new,
    struct buf *out)
{
	struct slice all = buf_slice(message);
	size_t at = smime_find(all, slice_text(old));

	buf_init(out, 64u << 20);
	buf_add_slice(out, slice_part(all, 0, at));
	buf_add_text(out, new);
	buf_add_slice(out, slice_part(all, at + strlen(old), all.len));
}

static void
test_mime(void **state)
{
	static const struct {
		const char *old;
		const char *new;
		enum smime_status status;
	} cases[] = {
	    /* spelling, and what agents and gateways make of it */
	    {"multipart/signed", "Multipart/SIGNED", SMIME_VALID},
	    {"protocol=\"application/pkcs7-signature\"",
		"protocol=application/x-pkcs7-signature", SMIME_VALID},
	    {"micalg=sha-256", "micalg=sha1", SMIME_VALID},
	    {"micalg=sha-256", "micalg=unheard-of", SMIME_VALID},
	    {"application/pkcs7-signature; name",
		"application/x-pkcs7-signature; name", SMIME_VALID},
	    {"application/pkcs7-signature; name",
		"application/octet-stream; name", SMIME_VALID},
	    {"\r\n\r\n--b1\r\n", "\r\n\r\nA preamble.\r\n--b1\r\n",
		SMIME_VALID},
	    {"--b1--\r\n", "--b1--\r\nAn epilogue.\r\n", SMIME_VALID},
	    {"--b1--\r\n", "--b1--", SMIME_VALID},
	    /* what two programs could read in two ways */
	    {"application/pkcs7-signature; name", "text/plain; name",
		SMIME_MALFORMED},
	    {"application/pkcs7-signature; name",
		"application/octet-stream; nom", SMIME_MALFORMED},
	    {"--b1--\r\n", "--b1\r\n\r\nMore\r\n--b1--\r\n", SMIME_MALFORMED},
	    {"--b1--\r\n", "--b1--\r\n--b1\r\n\r\nMore\r\n--b1--\r\n",
		SMIME_MALFORMED},
	    {"--b1--\r\n", "", SMIME_MALFORMED},
	    {"--b1--\r\n", "--b2--\r\n", SMIME_MALFORMED},
	    {"boundary=\"b1\"", "boundary=\"b1\"; boundary=\"b2\"",
		SMIME_MALFORMED},
	    {"boundary=\"b1\"", "x=y", SMIME_MALFORMED},
	    {"boundary=\"b1\"\r\n",
		"boundary=\"b1\"\r\nContent-Type: text/plain\r\n",
		SMIME_MALFORMED},
	    {"boundary=\"b1\"\r\n",
		"boundary=\"b1\"\r\nContent-Transfer-Encoding: base64\r\n",
		SMIME_MALFORMED},
	    {"Content-Transfer-Encoding: base64",
		"Content-Transfer-Encoding: uuencode", SMIME_MALFORMED},
	    /* not a message that is signed */
	    {"multipart/signed", "multipart/mixed", SMIME_UNSIGNED},
	    {"protocol=\"application/pkcs7-signature\"",
		"protocol=\"application/pgp-signature\"", SMIME_UNSIGNED},
	    /* the signed part */
	    {"\r\n--b1\r\nContent-Type: text/plain",
		"\r\n--b1\r\n\r\nContent-Type: text/plain", SMIME_ALTERED},
	    {"signed.\r\n\r\n--b1", "signed.\r\n--b1", SMIME_ALTERED},
	    {"signed.\r\n\r\n--b1", "signed.\r\n\r\n\r\n--b1", SMIME_ALTERED},
	    {"this is", "this  is", SMIME_ALTERED},
	};
	struct buf message, changed;

	(void)state;
	signed_by(&alice.cert, &message);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smime_verdict v;

		replaced(&message, cases[i].old, cases[i].new, &changed);
		verify(buf_slice(&changed), ALICE, &v);
		if (v.status != cases[i].status)
			fail_msg("%s -> %s: %s (%s)", cases[i].old,
			    cases[i].new, smime_status_name(v.status),
			    v.detail);
		smime_verdict_fini(&v);
		buf_fini(&changed);
	}
	buf_fini(&message);
}

static void
test_one_part(void **state)
{
	struct buf message;

	(void)state;
	buf_init(&message, 4096);
	buf_add_text(&message, HANDMADE_SIGNED "\r\n--b1\r\n");
	buf_add_text(&message, handmade_entity);
	buf_add_text(&message, "\r\n--b1--\r\n");
	assert_status(buf_slice(&message), SMIME_MALFORMED);
	buf_fini(&message);
}

/* Rule V7: a signature deeper in the message says nothing about it. */
static void
test_not_at_the_root(void **state)
{
	struct buf inner, message;

	(void)state;
	signed_by(&alice.cert, &inner);
	buf_init(&message, 1u << 20);
	buf_add_text(&message,
	    "From: " HANDMADE_FROM
	    "\r\nContent-Type: multipart/mixed; boundary=o\r\n"
	    "\r\n--o\r\n");
	buf_add_slice(&message, buf_slice(&inner));
	buf_add_text(&message, "\r\n--o\r\n\r\nfooter of a list\r\n--o--\r\n");
	assert_status(buf_slice(&message), SMIME_UNSIGNED);
	buf_fini(&message);
	buf_fini(&inner);
}

static void
test_opaque_types(void **state)
{
	static const struct {
		const char *type;
		enum smime_status status;
	} cases[] = {
	    {HANDMADE_OPAQUE, SMIME_VALID},
	    {"Content-Type: application/x-pkcs7-mime; "
	     "smime-type=\"Signed-Data\"\r\n",
		SMIME_VALID},
	    {"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n",
		SMIME_VALID},
	    {"Content-Type: application/octet-stream\r\n"
	     "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n",
		SMIME_VALID},
	    {"Content-Type: application/pkcs7-mime; "
	     "smime-type=enveloped-data\r\n",
		SMIME_UNSIGNED},
	    {HANDMADE_OPAQUE HANDMADE_OPAQUE, SMIME_MALFORMED},
	};
	struct buf der, message;

	(void)state;
	sign_theirs(slice_text(handmade_entity), &alice.cert,
	    &(struct theirs){.opaque = true}, &der);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		handmade_opaque(&message, cases[i].type, buf_slice(&der));
		assert_status(buf_slice(&message), cases[i].status);
		buf_fini(&message);
	}
	buf_fini(&der);
}

static void
test_opaque_encodings(void **state)
{
	struct buf der, message, noisy;
	struct spool qp;
	struct err err;

	(void)state;
	sign_theirs(slice_text(handmade_entity), &alice.cert,
	    &(struct theirs){.opaque = true}, &der);
	buf_init(&message, 1u << 20);
	buf_add_text(&message,
	    HANDMADE_OPAQUE "Content-Transfer-Encoding: binary\r\n\r\n");
	buf_add_slice(&message, buf_slice(&der));
	assert_status(buf_slice(&message), SMIME_VALID);
	buf_fini(&message);

	spool_init(&qp, &fixture.spool);
	assert_int_equal(qp_encode(buf_slice(&der), false, &qp, &err), 0);
	assert_int_equal(spool_finish(&qp, &err), 0);
	buf_init(&message, 1u << 20);
	buf_add_text(&message, HANDMADE_OPAQUE
	    "Content-Transfer-Encoding: Quoted-Printable\r\n\r\n");
	buf_add_slice(&message, spool_slice(&qp));
	assert_status(buf_slice(&message), SMIME_VALID);
	buf_fini(&message);
	spool_fini(&qp);

	/* Junk between base64 lines, which RFC 2045 says to pass over. */
	handmade_opaque(&message, HANDMADE_OPAQUE, buf_slice(&der));
	buf_init(&noisy, 1u << 20);
	for (size_t i = 0; i < message.len; i++) {
		buf_add_char(&noisy, (char)message.data[i]);
		if (i > 200 && message.data[i] == '\n')
			buf_add_text(&noisy, "!\r\n\t");
	}
	assert_status(buf_slice(&noisy), SMIME_VALID);
	buf_fini(&noisy);
	buf_fini(&message);
	buf_fini(&der);
}

static void
test_not_signed(void **state)
{
	static const char *const messages[] = {
	    "Subject: x\r\n\r\nHello\r\n",
	    "\r\n",
	    "Content-Type: application/pkcs7-mime; "
	    "smime-type=enveloped-data\r\n\r\nx",
	    "Content-Type: application/pkcs7-mime; "
	    "smime-type=compressed-data\r\n\r\nx",
	    "Content-Type: multipart/encrypted; "
	    "protocol=\"application/pgp-encrypted\"\r\n\r\nx",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		assert_status(slice_text(messages[i]), SMIME_UNSIGNED);
	assert_status(
	    slice_text(HANDMADE_OPAQUE HANDMADE_BASE64 "\r\nnot CMS\r\n"),
	    SMIME_MALFORMED);
	assert_status(slice_text(HANDMADE_OPAQUE HANDMADE_BASE64 "\r\n"),
	    SMIME_MALFORMED);
	assert_status(slice_text(HANDMADE_OPAQUE
			  "Content-Transfer-Encoding: x-uu\r\n\r\nx"),
	    SMIME_MALFORMED);
}

/* A verdict that nobody filled in trusts nobody. */
static void
test_zero_is_nothing(void **state)
{
	struct smime_verdict v = {0};

	(void)state;
	assert_int_equal(v.status, SMIME_UNSIGNED);
	assert_string_equal(smime_status_name(v.status), "unsigned");
	for (int i = SMIME_UNSIGNED; i <= SMIME_MALFORMED; i++)
		for (int j = SMIME_UNSIGNED; j < i; j++)
			assert_string_not_equal(
			    smime_status_name((enum smime_status)i),
			    smime_status_name((enum smime_status)j));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_openssl_signs),
	    cmocka_unit_test(test_openssl_signs_oddly),
	    cmocka_unit_test(test_large_opaque),
	    cmocka_unit_test(test_we_sign),
	    cmocka_unit_test(test_from),
	    cmocka_unit_test(test_certificate),
	    cmocka_unit_test(test_now),
	    cmocka_unit_test(test_other_root),
	    cmocka_unit_test(test_self_signed),
	    cmocka_unit_test(test_authority_signs),
	    cmocka_unit_test(test_every_octet_of_the_content),
	    cmocka_unit_test(test_content_longer_or_shorter),
	    cmocka_unit_test(test_every_octet_of_the_signature),
	    cmocka_unit_test(test_cut_and_trailing),
	    cmocka_unit_test(test_handmade_is_good),
	    cmocka_unit_test(test_attributes),
	    cmocka_unit_test(test_attribute_values),
	    cmocka_unit_test(test_attribute_limit),
	    cmocka_unit_test(test_capabilities_limit),
	    cmocka_unit_test(test_algorithm_protection),
	    cmocka_unit_test(test_signing_certificate),
	    cmocka_unit_test(test_algorithms),
	    cmocka_unit_test(test_unknown_algorithms),
	    cmocka_unit_test(test_weak_digests),
	    cmocka_unit_test(test_attributes_as_content),
	    cmocka_unit_test(test_two_signers),
	    cmocka_unit_test(test_signer_limit),
	    cmocka_unit_test(test_no_signer),
	    cmocka_unit_test(test_certificate_limit),
	    cmocka_unit_test(test_candidate_limit),
	    cmocka_unit_test(test_missing_certificate),
	    cmocka_unit_test(test_rsa_limit),
	    cmocka_unit_test(test_key_preference),
	    cmocka_unit_test(test_content_confusion),
	    cmocka_unit_test(test_opaque_without_content),
	    cmocka_unit_test(test_content_type),
	    cmocka_unit_test(test_signature_limit),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_mime),
	    cmocka_unit_test(test_one_part),
	    cmocka_unit_test(test_not_at_the_root),
	    cmocka_unit_test(test_opaque_types),
	    cmocka_unit_test(test_opaque_encodings),
	    cmocka_unit_test(test_not_signed),
	    cmocka_unit_test(test_zero_is_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
