/*
 * Decrypting: what OpenSSL's CMS writes, what it cannot write (short tags,
 * long nonces, foreign RecipientInfos), and everything that must be refused
 * in the same words (rules X1 to X6).
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_codec.h"
#include "smime/cms_id.h"
#include "smime/decrypt.h"
#include "smime/encrypt.h"
#include "smime/envelope.h"
#include "smime/recipient_seal.h"
#include "smime/rsa_params.h"
#include "unit/envelope_sample.h"
#include "unit/smime_fixture.h"

#define REFUSED "the message cannot be decrypted"

static struct smime_fixture fixture;
static struct smime_user rsa, p256, p384, p521;
static struct store_own_cert own[4]; /* borrowed from the users */

static const char text[] = HANDMADE_TEXT;

static void
user(struct smime_user *out, const char *key, struct store_own_cert *as)
{
	smime_user_make(&fixture, out,
	    &(struct fixture_opts){
		.name = key, .address = "alice@example.org", .key = key});
	*as = out->own;
}

static int
start(void **state)
{
	(void)state;
	smime_fixture_start(&fixture);
	user(&rsa, "RSA-2048", &own[0]);
	user(&p256, "P-256", &own[1]);
	user(&p384, "P-384", &own[2]);
	user(&p521, "P-521", &own[3]);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	smime_user_fini(&rsa);
	smime_user_fini(&p256);
	smime_user_fini(&p384);
	smime_user_fini(&p521);
	smime_fixture_stop(&fixture);
	return 0;
}

/* --- asking --- */

struct result {
	int rc;
	struct err err;
	struct smime_decrypted facts;
	struct spool out;
};

static void
decrypt_as(struct slice der, const struct store_own_cert *certs, size_t count,
    struct result *r)
{
	struct smime_decrypt_opts opts = {fixture.keys, certs, count};

	*r = (struct result){0};
	spool_init(&r->out, &fixture.spool);
	r->rc = smime_decrypt_der(&opts, der, &r->out, &r->facts, &r->err);
	assert_int_equal(ERR_peek_error(), 0);
	/* Rule X2. */
	if (r->rc)
		assert_int_equal(r->out.size, 0);
}

static void
assert_opens(struct slice der, struct slice content)
{
	struct result r;

	decrypt_as(der, own, 4, &r);
	if (r.rc)
		fail_msg("%s", r.err.text);
	assert_true(slice_equal(spool_slice(&r.out), content));
	spool_fini(&r.out);
}

/* Under a random key, which takes the place of one that cannot be unwrapped,
 * one text in 256 ends as if it were padded; not four times in a row. */
#define LUCK 4

static void
assert_refused(struct slice der)
{
	struct result r;

	for (int i = 0; i < LUCK; i++) {
		decrypt_as(der, own, 4, &r);
		if (r.rc != 0)
			break;
		spool_fini(&r.out);
	}
	if (r.rc == 0)
		fail_msg("it was opened");
	assert_int_equal(r.err.class, ERR_PERMANENT);
	assert_string_equal(r.err.text, REFUSED);
	spool_fini(&r.out);
}

/* --- what OpenSSL writes --- */

struct sample_opts {
	const EVP_CIPHER *cipher;
	unsigned flags;
	const EVP_MD *oaep; /* RSA-OAEP with this hash */
	const EVP_MD *mgf;
	const char *label;
	const EVP_MD *kdf; /* EC: X9.63 with this hash */
	int cofactor;
};

static void
recipient_setup(EVP_PKEY_CTX *ctx, const struct sample_opts *opts)
{
	if (opts->oaep) {
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING);
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, opts->oaep);
		EVP_PKEY_CTX_set_rsa_mgf1_md(
		    ctx, opts->mgf ? opts->mgf : opts->oaep);
	}
	if (opts->label)
		EVP_PKEY_CTX_set0_rsa_oaep_label(
		    ctx, OPENSSL_strdup(opts->label), (int)strlen(opts->label));
	if (opts->kdf)
		EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, opts->kdf);
	if (opts->cofactor)
		EVP_PKEY_CTX_set_ecdh_cofactor_mode(ctx, 1);
}

static void
sample(const struct smime_user *to, const struct sample_opts *opts,
    struct slice content, struct buf *der)
{
	unsigned flags = opts->flags | CMS_BINARY | CMS_PARTIAL;
	BIO *in = BIO_new_mem_buf(content.data, (int)content.len);
	BIO *out = BIO_new(BIO_s_mem());
	CMS_RecipientInfo *info;
	CMS_ContentInfo *cms;
	char *bytes;
	long len;

	cms = CMS_encrypt(NULL, NULL, opts->cipher, flags);
	assert_non_null(cms);
	info =
	    CMS_add1_recipient_cert(cms, to->cert.x509, flags | CMS_KEY_PARAM);
	assert_non_null(info);
	recipient_setup(CMS_RecipientInfo_get0_pkey_ctx(info), opts);
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
test_every_cipher(void **state)
{
	const struct {
		const EVP_CIPHER *cipher;
		const char *name;
		bool authenticated;
	} cases[] = {
	    {EVP_aes_128_cbc(), "aes128-cbc", false},
	    {EVP_aes_192_cbc(), "aes192-cbc", false},
	    {EVP_aes_256_cbc(), "aes256-cbc", false},
	    {EVP_des_ede3_cbc(), "3des-cbc", false},
	    {EVP_aes_128_gcm(), "aes128-gcm", true},
	    {EVP_aes_192_gcm(), "aes192-gcm", true},
	    {EVP_aes_256_gcm(), "aes256-gcm", true},
	};
	const struct smime_user *users[] = {&rsa, &p256, &p384, &p521};
	struct result r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t u = 0; u < 4; u++) {
			struct buf der;

			/* OpenSSL wraps keys for 3DES with 3DES, which
			 * nobody should write any more. */
			if (u > 0 &&
			    EVP_CIPHER_is_a(cases[i].cipher, "DES-EDE3-CBC"))
				continue;
			sample(users[u],
			    &(struct sample_opts){.cipher = cases[i].cipher},
			    slice_text(text), &der);
			decrypt_as(buf_slice(&der), own, 4, &r);
			if (r.rc)
				fail_msg("%s to user %zu: %s", cases[i].name, u,
				    r.err.text);
			assert_true(
			    slice_equal(spool_slice(&r.out), slice_text(text)));
			assert_string_equal(r.facts.cipher, cases[i].name);
			assert_int_equal(
			    r.facts.authenticated, cases[i].authenticated);
			assert_ptr_equal(r.facts.used, &own[u]);
			assert_int_equal(r.facts.recipients, 1);
			spool_fini(&r.out);
			buf_fini(&der);
		}
}

static void
assert_sample_opens(const struct smime_user *to, const struct sample_opts *opts)
{
	struct buf der;

	sample(to, opts, slice_text(text), &der);
	assert_opens(buf_slice(&der), slice_text(text));
	buf_fini(&der);
}

/* Rule X6: both forms of identifiers. */
static void
test_key_identifier(void **state)
{
	(void)state;
	assert_sample_opens(
	    &rsa, &(struct sample_opts){
		      .cipher = EVP_aes_256_cbc(), .flags = CMS_USE_KEYID});
	assert_sample_opens(
	    &p256, &(struct sample_opts){
		       .cipher = EVP_aes_256_cbc(), .flags = CMS_USE_KEYID});
}

static void
test_oaep(void **state)
{
	const EVP_MD *hashes[] = {
	    EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct sample_opts opts = {
		    .cipher = EVP_aes_256_cbc(), .oaep = hashes[i]};

		assert_sample_opens(&rsa, &opts);
		opts.mgf = hashes[(i + 1) % 5];
		assert_sample_opens(&rsa, &opts);
		opts.label = "a label";
		assert_sample_opens(&rsa, &opts);
	}
}

static void
test_agreement_hashes(void **state)
{
	const EVP_MD *hashes[] = {
	    EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (int cofactor = 0; cofactor < 2; cofactor++) {
			struct sample_opts opts = {.cipher = EVP_aes_256_gcm(),
			    .kdf = hashes[i],
			    .cofactor = cofactor};

			assert_sample_opens(&p256, &opts);
			assert_sample_opens(&p521, &opts);
		}
}

/* What "openssl cms -stream", NSS and many gateways write: indefinite
 * lengths, and the content in pieces. */
static void
test_streamed(void **state)
{
	static const size_t sizes[] = {0, 1, 4096, 70000, 1000000};
	unsigned char *noise = smime_noise(1000000);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct slice content = slice_make(noise, sizes[i]);
		struct envelope envelope;
		struct buf der;

		sample(&rsa,
		    &(struct sample_opts){
			.cipher = EVP_aes_256_cbc(), .flags = CMS_STREAM},
		    content, &der);
		assert_int_equal(envelope_read(buf_slice(&der), &envelope), 0);
		assert_true(envelope.content.constructed);
		assert_opens(buf_slice(&der), content);
		buf_fini(&der);
	}
	free(noise);
}

static void
test_sizes(void **state)
{
	static const size_t sizes[] = {
	    0, 1, 15, 16, 17, 16383, 16384, 16385, 65536, 500000};
	const EVP_CIPHER *ciphers[] = {EVP_aes_128_cbc(), EVP_aes_128_gcm()};
	unsigned char *noise = smime_noise(500000);

	(void)state;
	for (size_t c = 0; c < 2; c++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct slice content = slice_make(noise, sizes[i]);
			struct buf der;

			sample(&p256,
			    &(struct sample_opts){.cipher = ciphers[c]},
			    content, &der);
			assert_opens(buf_slice(&der), content);
			buf_fini(&der);
		}
	free(noise);
}

static void
test_our_own(void **state)
{
	static const enum smime_cipher ciphers[] = {SMIME_CIPHER_AES256_CBC,
	    SMIME_CIPHER_AES128_CBC, SMIME_CIPHER_AES256_GCM,
	    SMIME_CIPHER_AES128_GCM};
	struct certificate *to[] = {rsa.cert.certificate, p256.cert.certificate,
	    p384.cert.certificate, p521.cert.certificate};
	struct slice_list list = {.at = {slice_text(text)}, .count = 1};
	struct result r;

	(void)state;
	for (size_t c = 0; c < 4; c++) {
		struct smime_encrypt_opts opts = {
		    ciphers[c], to, 4, c % 2, NULL};
		struct spool der;
		struct err err;

		spool_init(&der, &fixture.spool);
		assert_int_equal(
		    smime_encrypt_der(&opts, &list, &der, &err), 0);
		for (size_t u = 0; u < 4; u++) {
			decrypt_as(spool_slice(&der), &own[u], 1, &r);
			assert_int_equal(r.rc, 0);
			assert_true(
			    slice_equal(spool_slice(&r.out), slice_text(text)));
			assert_int_equal(r.facts.recipients, 4);
			assert_ptr_equal(r.facts.used, &own[u]);
			spool_fini(&r.out);
		}
		spool_fini(&der);
	}
}

/* --- what nobody here writes, made by hand --- */

static void
check_gcm(const struct gcm *gcm, bool opens)
{
	struct handmade h;
	struct buf der;

	handmade_init(&h, OID_AUTH_ENVELOPED_DATA, OID_AES256_GCM);
	handmade_recipient(&h, &p256);
	handmade_gcm(&h, gcm);
	handmade_write(&h, &der);
	if (opens)
		assert_opens(buf_slice(&der), slice_text(text));
	else
		assert_refused(buf_slice(&der));
	buf_fini(&der);
	handmade_fini(&h);
}

/* Rule X6: the length of the tag is that of the mac field, 12 to 16. */
static void
test_gcm_tags(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 17; len++) {
		bool good = len >= 12 && len <= 16;

		check_gcm(&(struct gcm){12, len, -1, {0}}, good);
		check_gcm(&(struct gcm){12, len, (int)len, {0}}, good);
	}
	/* One that is there must be true. */
	check_gcm(&(struct gcm){12, 12, 16, {0}}, false);
	check_gcm(&(struct gcm){12, 16, 12, {0}}, false);
}

static void
test_gcm_nonces(void **state)
{
	static const size_t good[] = {1, 7, 8, 11, 12, 13, 16, 64, 128};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check_gcm(&(struct gcm){good[i], 16, 16, {0}}, true);
	check_gcm(&(struct gcm){129, 16, 16, {0}}, false);
}

/* RFC 8103: nonce and tag have one size only. */
static void
test_chacha20(void **state)
{
	(void)state;
	for (size_t nonce = 11; nonce <= 13; nonce++)
		for (size_t tag = 15; tag <= 17; tag++) {
			struct handmade h;
			struct buf der;

			handmade_init(
			    &h, OID_AUTH_ENVELOPED_DATA, OID_CHACHA20_POLY1305);
			handmade_recipient(&h, &p256);
			handmade_chacha20(&h, nonce, tag);
			handmade_write(&h, &der);
			if (nonce == 12 && tag == 16) {
				assert_opens(buf_slice(&der), slice_text(text));
				der.data[der.len - 1] ^= 1;
			}
			assert_refused(buf_slice(&der));
			buf_fini(&der);
			handmade_fini(&h);
		}
}

/* RFC 5083 2.2: authenticated under the tag of a SET OF. */
static void
test_authenticated_attributes(void **state)
{
	static const unsigned char attribute[] =
	    "\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0b\x06"
	    "\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
	struct gcm gcm = {
	    12, 16, 16, slice_make(attribute, sizeof(attribute) - 1)};
	struct handmade h;
	struct buf der;
	size_t at;

	(void)state;
	check_gcm(&gcm, true);
	handmade_init(&h, OID_AUTH_ENVELOPED_DATA, OID_AES256_GCM);
	handmade_recipient(&h, &p256);
	handmade_gcm(&h, &gcm);
	handmade_write(&h, &der);
	at = smime_find(buf_slice(&der), gcm.aad);
	der.data[at + gcm.aad.len - 1] ^= 2;
	assert_refused(buf_slice(&der));
	buf_fini(&der);
	handmade_fini(&h);
}

/* Applies change to a good CBC message to p256 and wants it refused. */
static void
refuse_changed(void (*change)(struct handmade *))
{
	struct handmade h;
	struct buf der;

	handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_CBC);
	handmade_cbc(&h);
	handmade_recipient(&h, &p256);
	handmade_write(&h, &der);
	assert_opens(buf_slice(&der), slice_text(text));
	buf_fini(&der);
	change(&h);
	handmade_write(&h, &der);
	assert_refused(buf_slice(&der));
	buf_fini(&der);
	handmade_fini(&h);
}

static void
change_type(struct handmade *h)
{
	h->type = OID_SIGNED_DATA;
}

static void
change_to_authenticated(struct handmade *h)
{
	unsigned char mac[16] = {0};

	h->type = OID_AUTH_ENVELOPED_DATA;
	der_put(&h->rest, DER_OCTET_STRING, slice_make(mac, sizeof(mac)));
}

static void
change_content_type(struct handmade *h)
{
	h->content_type = OID_SIGNED_DATA;
}

static void
change_cipher(struct handmade *h)
{
	h->cipher = OID_SHA256;
}

static void
change_key_size(struct handmade *h)
{
	h->cipher = OID_AES128_CBC;
}

static void
change_no_content(struct handmade *h)
{
	buf_clear(&h->content);
}

static void
change_no_params(struct handmade *h)
{
	buf_clear(&h->params);
}

static void
change_short_iv(struct handmade *h)
{
	unsigned char iv[15] = {0};

	buf_clear(&h->params);
	der_put(&h->params, DER_OCTET_STRING, slice_make(iv, sizeof(iv)));
}

static void
change_no_block(struct handmade *h)
{
	buf_clear(&h->content);
	der_head(&h->content, DER_CONTEXT(0), 0);
}

static void
change_half_block(struct handmade *h)
{
	unsigned char half[24] = {0};

	buf_clear(&h->content);
	der_put(&h->content, DER_CONTEXT(0), slice_make(half, sizeof(half)));
}

static void
change_two_contents(struct handmade *h)
{
	der_head(&h->content, DER_CONTEXT(0), 0);
}

static void
change_unknown_rest(struct handmade *h)
{
	der_null(&h->rest);
}

static void
test_refused(void **state)
{
	(void)state;
	refuse_changed(change_type);
	refuse_changed(change_to_authenticated);
	refuse_changed(change_content_type);
	refuse_changed(change_cipher);
	refuse_changed(change_key_size);
	refuse_changed(change_no_content);
	refuse_changed(change_no_params);
	refuse_changed(change_short_iv);
	refuse_changed(change_no_block);
	refuse_changed(change_half_block);
	refuse_changed(change_two_contents);
	refuse_changed(change_unknown_rest);
}

/* Rule E3: nobody would look at the tag. */
static void
test_gcm_in_enveloped_data(void **state)
{
	struct handmade h;
	struct buf der;

	(void)state;
	handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_GCM);
	handmade_recipient(&h, &p256);
	handmade_gcm(&h, &(struct gcm){12, 16, 16, {0}});
	buf_clear(&h.rest);
	handmade_write(&h, &der);
	assert_refused(buf_slice(&der));
	buf_fini(&der);
	handmade_fini(&h);
}

/* --- RecipientInfos --- */

/* Replaces the one algorithm in RecipientInfos by other bytes of any
 * length. */
static void
replace_algorithm(struct handmade *h, struct slice algorithm)
{
	struct tlv b, info;
	struct slice id, key;
	struct tlv_algorithm old;
	struct buf out;
	size_t mark;

	tlv_init(&b, buf_slice(&h->recipients));
	assert_int_equal(tlv_enter(&b, DER_SEQUENCE, &info), 0);
	assert_int_equal(tlv_skip(&info, NULL), 0);
	assert_int_equal(tlv_skip(&info, &id), 0);
	assert_int_equal(tlv_algorithm(&info, &old), 0);
	assert_int_equal(tlv_value(&info, DER_OCTET_STRING, &key), 0);
	buf_init(&out, 65536);
	mark = der_open(&out, DER_SEQUENCE);
	der_integer(&out, 0);
	buf_add_slice(&out, id);
	buf_add_slice(&out, algorithm);
	der_put(&out, DER_OCTET_STRING, key);
	der_close(&out, mark);
	buf_fini(&h->recipients);
	h->recipients = out;
}

/* OpenSSL's CMS would open each of these as PKCS#1 v1.5. */
static void
test_broken_oaep_parameters(void **state)
{
#define OAEP_ID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07"
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
	    {"\x30\x0b" OAEP_ID, 13},
	    {"\x30\x0d" OAEP_ID "\x05\x00", 15},
	    {"\x30\x0f" OAEP_ID "\x30\x02\x05\x00", 17},
	    {"\x30\x16" OAEP_ID "\x30\x09\xa0\x07\x30\x05\x06\x03\x2b\x65\x7f",
		24},
	    /* rsaEncryption with parameters that are not NULL */
	    {"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x30\x00",
		15},
	    /* an algorithm that nobody knows */
	    {"\x30\x05\x06\x03\x2b\x65\x7f", 7},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct handmade h;
		struct buf der;

		handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_CBC);
		handmade_cbc(&h);
		handmade_recipient(&h, &rsa);
		replace_algorithm(&h, slice_make(cases[i].bytes, cases[i].len));
		handmade_write(&h, &der);
		assert_refused(buf_slice(&der));
		buf_fini(&der);
		handmade_fini(&h);
	}
	/* The same way with the right algorithm does open it. */
	{
		static const unsigned char right[] =
		    "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
		struct handmade h;
		struct buf der;

		handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_CBC);
		handmade_cbc(&h);
		handmade_recipient(&h, &rsa);
		replace_algorithm(&h, slice_make(right, sizeof(right) - 1));
		handmade_write(&h, &der);
		assert_opens(buf_slice(&der), slice_text(text));
		buf_fini(&der);
		handmade_fini(&h);
	}
}

/* Rule Q1: a KEM among the recipients; passwords, too. */
static void
test_other_recipients(void **state)
{
	static const unsigned char others[] =
	    "\xa4\x11\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x0d\x03\x30"
	    "\x02\x05\x00"
	    "\xa3\x03\x02\x01\x00\xa2\x03\x02\x01\x04";
	struct handmade h;
	struct result r;
	struct buf der;

	(void)state;
	handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_CBC);
	handmade_cbc(&h);
	buf_add(&h.recipients, others, sizeof(others) - 1);
	handmade_recipient(&h, &p256);
	handmade_recipient(&h, &rsa);
	handmade_write(&h, &der);
	decrypt_as(buf_slice(&der), own, 1, &r);
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.facts.recipients, 5);
	spool_fini(&r.out);
	buf_fini(&der);
	handmade_fini(&h);
}

static void
check_recipient_count(size_t count, bool opens)
{
	struct handmade h;
	struct buf der;

	handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_CBC);
	handmade_cbc(&h);
	for (size_t i = 1; i < count; i++)
		buf_add(&h.recipients, "\xa4\x03\x02\x01\x00", 5);
	handmade_recipient(&h, &p256);
	handmade_write(&h, &der);
	if (opens)
		assert_opens(buf_slice(&der), slice_text(text));
	else
		assert_refused(buf_slice(&der));
	buf_fini(&der);
	handmade_fini(&h);
}

static void
test_recipient_limit(void **state)
{
	(void)state;
	check_recipient_count(LIMIT_RECIPIENT_INFOS, true);
	check_recipient_count(LIMIT_RECIPIENT_INFOS + 1, false);
}

/* bad RecipientInfos of ours before a good one. */
static void
check_tries(unsigned bad, bool opens)
{
	struct handmade h;
	struct buf der;

	handmade_init(&h, OID_AUTH_ENVELOPED_DATA, OID_AES256_GCM);
	handmade_gcm(&h, &(struct gcm){12, 16, 16, {0}});
	for (unsigned i = 0; i < bad; i++) {
		handmade_recipient(&h, &rsa);
		h.recipients.data[h.recipients.len - 1] ^= 1;
	}
	handmade_recipient(&h, &p256);
	handmade_write(&h, &der);
	if (opens)
		assert_opens(buf_slice(&der), slice_text(text));
	else
		assert_refused(buf_slice(&der));
	buf_fini(&der);
	handmade_fini(&h);
}

static void
test_tries_limit(void **state)
{
	(void)state;
	check_tries(1, true);
	check_tries(LIMIT_DECRYPT_TRIES - 1, true);
	check_tries(LIMIT_DECRYPT_TRIES, false);
}

/* ECC-CMS-SharedInfo of RFC 5753 7.2 for AES-256 key wrap. */
static void
shared_info(struct buf *out, struct slice ukm)
{
	static const unsigned char bits[] = {0, 0, 1, 0};
	size_t whole = der_open(out, DER_SEQUENCE), field;

	der_algorithm(out, OID_AES256_WRAP);
	field = der_open(out, DER_CONSTRUCTED(0));
	der_put(out, DER_OCTET_STRING, ukm);
	der_close(out, field);
	field = der_open(out, DER_CONSTRUCTED(2));
	der_put(out, DER_OCTET_STRING, slice_make(bits, sizeof(bits)));
	der_close(out, field);
	der_close(out, whole);
}

/* The content key, wrapped for the owner of to and the ephemeral key. */
static void
agree(const struct handmade *h, const struct smime_user *to,
    EVP_PKEY *ephemeral, struct slice ukm, unsigned char *wrapped)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ephemeral, NULL);
	EVP_CIPHER_CTX *wrap = EVP_CIPHER_CTX_new();
	unsigned char kek[32];
	size_t len = sizeof(kek);
	struct buf info;
	int got;

	buf_init(&info, 65536);
	shared_info(&info, ukm);
	EVP_PKEY_derive_init(ctx);
	EVP_PKEY_CTX_set_ecdh_kdf_type(ctx, EVP_PKEY_ECDH_KDF_X9_63);
	EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256());
	EVP_PKEY_CTX_set_ecdh_kdf_outlen(ctx, sizeof(kek));
	EVP_PKEY_CTX_set0_ecdh_kdf_ukm(
	    ctx, OPENSSL_memdup(info.data, info.len), (int)info.len);
	EVP_PKEY_derive_set_peer(ctx, to->cert.key);
	assert_int_equal(EVP_PKEY_derive(ctx, kek, &len), 1);
	EVP_CIPHER_CTX_set_flags(wrap, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	EVP_EncryptInit_ex2(wrap, EVP_aes_256_wrap(), kek, NULL, NULL);
	assert_int_equal(
	    EVP_EncryptUpdate(wrap, wrapped, &got, h->key, (int)h->key_len), 1);
	EVP_CIPHER_CTX_free(wrap);
	EVP_PKEY_CTX_free(ctx);
	buf_fini(&info);
}

/* A KeyAgreeRecipientInfo with the sender's keying material. */
static void
handmade_agreement(
    struct handmade *h, const struct smime_user *to, struct slice ukm)
{
	EVP_PKEY *ephemeral = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	unsigned char wrapped[40], *point;
	size_t len = EVP_PKEY_get1_encoded_public_key(ephemeral, &point);
	struct buf *out = &h->recipients;
	size_t whole, one, two;

	agree(h, to, ephemeral, ukm, wrapped);
	whole = der_open(out, DER_CONSTRUCTED(1));
	der_integer(out, 3);
	one = der_open(out, DER_CONSTRUCTED(0));
	two = der_open(out, DER_CONSTRUCTED(1));
	/* RFC 5753 3.1.1 allows NULL. */
	der_algorithm_null(out, OID_EC);
	der_head(out, DER_BIT_STRING, len + 1);
	buf_add_char(out, 0);
	buf_add(out, point, len);
	der_close(out, two);
	der_close(out, one);
	one = der_open(out, DER_CONSTRUCTED(1));
	der_put(out, DER_OCTET_STRING, ukm);
	der_close(out, one);
	one = der_open(out, DER_SEQUENCE);
	der_oid(out, OID_STD_DH_SHA256);
	der_algorithm(out, OID_AES256_WRAP);
	der_close(out, one);
	one = der_open(out, DER_SEQUENCE);
	two = der_open(out, DER_SEQUENCE);
	assert_int_equal(cms_id_write(to->cert.certificate, out), 0);
	der_put(out, DER_OCTET_STRING, slice_make(wrapped, sizeof(wrapped)));
	der_close(out, two);
	der_close(out, one);
	der_close(out, whole);
	OPENSSL_free(point);
	EVP_PKEY_free(ephemeral);
}

/* OpenSSL reads the sender's keying material but cannot write it: it judges
 * that what is made here is right. */
static void
test_keying_material(void **state)
{
	CMS_ContentInfo *cms;
	struct handmade h;
	struct buf der;
	BIO *out;

	(void)state;
	handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_CBC);
	handmade_cbc(&h);
	handmade_agreement(&h, &p256, slice_text("salt of the sender"));
	handmade_write(&h, &der);
	cms = smime_cms_parse(buf_slice(&der));
	out = BIO_new(BIO_s_mem());
	assert_int_equal(
	    CMS_decrypt(cms, p256.cert.key, p256.cert.x509, NULL, out, 0), 1);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	assert_opens(buf_slice(&der), slice_text(text));
	buf_fini(&der);
	handmade_fini(&h);
}

/* --- tampering --- */

static void
test_one_bit_of_gcm(void **state)
{
	struct buf der;

	(void)state;
	sample(&p256, &(struct sample_opts){.cipher = EVP_aes_256_gcm()},
	    slice_text(text), &der);
	for (size_t i = 0; i < der.len; i++) {
		struct result r;

		der.data[i] ^= 1;
		decrypt_as(buf_slice(&der), own, 4, &r);
		/* A version, which says nothing, may have changed. */
		if (r.rc == 0)
			assert_true(
			    slice_equal(spool_slice(&r.out), slice_text(text)));
		else if (r.err.class != ERR_NOT_FOUND)
			assert_string_equal(r.err.text, REFUSED);
		spool_fini(&r.out);
		der.data[i] ^= 1;
	}
	assert_opens(buf_slice(&der), slice_text(text));
	buf_fini(&der);
}

static void
test_content_of_gcm(void **state)
{
	struct envelope envelope;
	struct buf der;
	size_t at;

	(void)state;
	sample(&rsa, &(struct sample_opts){.cipher = EVP_aes_128_gcm()},
	    slice_text(text), &der);
	assert_int_equal(envelope_read(buf_slice(&der), &envelope), 0);
	at = (size_t)(envelope.content.raw.data - der.data);
	for (size_t i = at; i < at + envelope.content.size; i++) {
		der.data[i] ^= 0x80;
		assert_refused(buf_slice(&der));
		der.data[i] ^= 0x80;
	}
	buf_fini(&der);
}

/* A wrong content key, wrong padding and a broken structure sound alike
 * (rule X4). */
static void
test_last_block_of_cbc(void **state)
{
	struct buf der;

	(void)state;
	sample(&rsa, &(struct sample_opts){.cipher = EVP_aes_256_cbc()},
	    slice_text(text), &der);
	for (int bit = 1; bit < 256; bit *= 2) {
		struct result r;

		/* The octet before the last block decides on the padding. */
		der.data[der.len - 17] ^= (unsigned char)bit;
		decrypt_as(buf_slice(&der), own, 4, &r);
		if (r.rc)
			assert_string_equal(r.err.text, REFUSED);
		else
			assert_false(r.facts.authenticated);
		spool_fini(&r.out);
		der.data[der.len - 17] ^= (unsigned char)bit;
	}
	buf_fini(&der);
}

static void
test_cut(void **state)
{
	struct buf der;

	(void)state;
	for (int streamed = 0; streamed < 2; streamed++) {
		sample(&rsa,
		    &(struct sample_opts){.cipher = EVP_aes_256_cbc(),
			.flags = streamed ? CMS_STREAM : 0},
		    slice_text(text), &der);
		for (size_t len = 0; len < der.len; len++)
			assert_refused(slice_make(der.data, len));
		buf_add_char(&der, 0);
		assert_refused(buf_slice(&der));
		buf_fini(&der);
	}
}

/* --- who may --- */

static void
test_not_for_us(void **state)
{
	struct handmade h;
	struct result r;
	struct buf der;

	(void)state;
	sample(&p384, &(struct sample_opts){.cipher = EVP_aes_256_cbc()},
	    slice_text(text), &der);
	decrypt_as(buf_slice(&der), own, 2, &r);
	assert_int_equal(r.rc, -1);
	assert_int_equal(r.err.class, ERR_NOT_FOUND);
	spool_fini(&r.out);
	decrypt_as(buf_slice(&der), NULL, 0, &r);
	assert_int_equal(r.err.class, ERR_NOT_FOUND);
	spool_fini(&r.out);
	buf_fini(&der);
	/* What it is encrypted with is then none of our business. */
	handmade_init(&h, OID_ENVELOPED_DATA, OID_AES256_CBC);
	handmade_cbc(&h);
	handmade_recipient(&h, &p384);
	h.cipher = OID_SHA256;
	handmade_write(&h, &der);
	decrypt_as(buf_slice(&der), own, 2, &r);
	assert_int_equal(r.err.class, ERR_NOT_FOUND);
	spool_fini(&r.out);
	buf_fini(&der);
	handmade_fini(&h);
}

static void
test_keyd_away(void **state)
{
	struct key_client *nobody = key_client_new("/nowhere/keyd", 1, 100);
	struct smime_decrypt_opts opts = {nobody, own, 4};
	struct smime_decrypted facts = {0};
	struct spool out;
	struct err err;
	struct buf der;

	(void)state;
	sample(&rsa, &(struct sample_opts){.cipher = EVP_aes_256_cbc()},
	    slice_text(text), &der);
	spool_init(&out, &fixture.spool);
	assert_int_equal(
	    smime_decrypt_der(&opts, buf_slice(&der), &out, &facts, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_int_equal(out.size, 0);
	spool_fini(&out);
	buf_fini(&der);
	key_client_free(nobody);
}

/* What shows that the key was right: a tag, or that an entity came out. */
static void
test_proven(void **state)
{
	static const char entity[] = "Content-Type: text/plain\r\n\r\nx\r\n";
	const struct {
		const EVP_CIPHER *cipher;
		const char *content;
		bool proven;
	} cases[] = {
	    {EVP_aes_256_cbc(), entity, true},
	    {EVP_aes_256_cbc(), "no mail\r\n", false},
	    {EVP_aes_256_cbc(), "", true}, /* an entity of nothing */
	    {EVP_aes_256_gcm(), "no mail\r\n", true},
	};
	struct result r;
	struct buf der;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sample(&rsa, &(struct sample_opts){.cipher = cases[i].cipher},
		    slice_text(cases[i].content), &der);
		decrypt_as(buf_slice(&der), own, 4, &r);
		assert_int_equal(r.rc, 0);
		assert_true(slice_equal(
		    spool_slice(&r.out), slice_text(cases[i].content)));
		assert_int_equal(r.facts.proven, cases[i].proven);
		spool_fini(&r.out);
		buf_fini(&der);
	}
}

/* --- whole messages --- */

static int
decrypt_message(const char *fields, struct slice body, struct result *r)
{
	struct smime_decrypt_opts opts = {fixture.keys, own, 4};
	struct smime_message m;
	struct buf all;

	buf_init(&all, 16u << 20);
	buf_add_text(&all, fields);
	buf_add_text(&all, "\r\n");
	buf_add_slice(&all, body);
	smime_message_parse(&m, buf_slice(&all));
	*r = (struct result){0};
	spool_init(&r->out, &fixture.spool);
	r->rc = smime_decrypt(
	    &opts, &m.header, m.body, &r->out, &r->facts, &r->err);
	if (r->rc == 0)
		assert_true(
		    slice_equal(spool_slice(&r->out), slice_text(text)));
	else
		assert_int_equal(r->out.size, 0);
	spool_fini(&r->out);
	smime_message_fini(&m);
	buf_fini(&all);
	return r->rc;
}

#define PKCS7	 "Content-Type: application/pkcs7-mime; "
#define ENVELOPE PKCS7 "smime-type=enveloped-data\r\n"
#define BASE64	 "Content-Transfer-Encoding: base64\r\n"

static void
test_message(void **state)
{
	struct slice base64;
	unsigned char *encoded;
	struct result r;
	struct buf der;

	(void)state;
	sample(&rsa, &(struct sample_opts){.cipher = EVP_aes_256_cbc()},
	    slice_text(text), &der);
	encoded = xmalloc(base64_size(der.len));
	base64 = slice_make(encoded, base64_encode(buf_slice(&der), encoded));

	assert_int_equal(decrypt_message(ENVELOPE BASE64, base64, &r), 0);
	assert_int_equal(
	    decrypt_message(PKCS7 "name=smime.p7m\r\n" BASE64, base64, &r), 0);
	assert_int_equal(
	    decrypt_message("Content-Type: application/octet-stream; "
			    "name=smime.p7m\r\n" BASE64,
		base64, &r),
	    0);
	assert_int_equal(
	    decrypt_message(ENVELOPE "Content-Transfer-Encoding: binary\r\n",
		buf_slice(&der), &r),
	    0);
	/* Cut in the middle of a character group. */
	assert_int_equal(decrypt_message(ENVELOPE BASE64,
			     slice_part(base64, 0, base64.len / 2 + 1), &r),
	    -1);
	assert_string_equal(r.err.text, REFUSED);
	/* Signed, says the header. */
	assert_int_equal(
	    decrypt_message(
		PKCS7 "smime-type=signed-data\r\n" BASE64, base64, &r),
	    -1);
	assert_string_equal(r.err.text, REFUSED);
	assert_int_equal(
	    decrypt_message(
		ENVELOPE "Content-Transfer-Encoding: x-uu\r\n", base64, &r),
	    -1);
	assert_string_equal(r.err.text, REFUSED);
	assert_int_equal(decrypt_message("Subject: x\r\n", base64, &r), -1);
	free(encoded);
	buf_fini(&der);
}

static void
test_spool_too_small(void **state)
{
	struct spool_config tiny = fixture.spool;
	struct smime_decrypt_opts opts = {fixture.keys, own, 4};
	struct smime_decrypted facts;
	struct spool out;
	struct err err;
	struct buf der;

	(void)state;
	sample(&rsa, &(struct sample_opts){.cipher = EVP_aes_256_cbc()},
	    slice_text(text), &der);
	tiny.max = strlen(text) - 1;
	spool_init(&out, &tiny);
	assert_int_equal(
	    smime_decrypt_der(&opts, buf_slice(&der), &out, &facts, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(out.size, 0);
	tiny.max++;
	assert_int_equal(
	    smime_decrypt_der(&opts, buf_slice(&der), &out, &facts, &err), 0);
	spool_fini(&out);
	buf_fini(&der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_cipher),
	    cmocka_unit_test(test_key_identifier),
	    cmocka_unit_test(test_oaep),
	    cmocka_unit_test(test_agreement_hashes),
	    cmocka_unit_test(test_streamed),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_our_own),
	    cmocka_unit_test(test_gcm_tags),
	    cmocka_unit_test(test_gcm_nonces),
	    cmocka_unit_test(test_chacha20),
	    cmocka_unit_test(test_authenticated_attributes),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_gcm_in_enveloped_data),
	    cmocka_unit_test(test_broken_oaep_parameters),
	    cmocka_unit_test(test_other_recipients),
	    cmocka_unit_test(test_recipient_limit),
	    cmocka_unit_test(test_tries_limit),
	    cmocka_unit_test(test_keying_material),
	    cmocka_unit_test(test_one_bit_of_gcm),
	    cmocka_unit_test(test_content_of_gcm),
	    cmocka_unit_test(test_last_block_of_cbc),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_not_for_us),
	    cmocka_unit_test(test_keyd_away),
	    cmocka_unit_test(test_proven),
	    cmocka_unit_test(test_message),
	    cmocka_unit_test(test_spool_too_small),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
