/* Encrypting: opened by OpenSSL's CMS with the recipients' keys. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "smime/encrypt.h"
#include "smime/envelope.h"
#include "unit/smime_fixture.h"

static struct smime_fixture fixture;
static struct fixture_cert rsa, p256, p384, p521;

static const enum smime_cipher ciphers[] = {SMIME_CIPHER_AES256_CBC,
    SMIME_CIPHER_AES128_CBC, SMIME_CIPHER_AES256_GCM, SMIME_CIPHER_AES128_GCM};

static void
leaf(struct fixture_cert *out, const char *key)
{
	fixture_leaf(out, &fixture.intermediate,
	    &(struct fixture_opts){
		.name = key, .address = "bob@example.net", .key = key});
}

static int
start(void **state)
{
	(void)state;
	smime_fixture_start(&fixture);
	leaf(&rsa, "RSA-2048");
	leaf(&p256, "P-256");
	leaf(&p384, "P-384");
	leaf(&p521, "P-521");
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	fixture_fini(&rsa);
	fixture_fini(&p256);
	fixture_fini(&p384);
	fixture_fini(&p521);
	smime_fixture_stop(&fixture);
	return 0;
}

/* The content, as the owner of cert finds it; NULL when it cannot be opened.
 * The caller frees the BIO. */
static BIO *
open_with(struct slice der, const struct fixture_cert *cert, bool by_cert)
{
	CMS_ContentInfo *cms = smime_cms_parse(der);
	BIO *out = BIO_new(BIO_s_mem());

	if (CMS_decrypt(cms, cert->key, by_cert ? cert->x509 : NULL, NULL, out,
		0) != 1) {
		BIO_free(out);
		out = NULL;
	}
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	return out;
}

static void
assert_opens(
    struct slice der, const struct fixture_cert *cert, struct slice content)
{
	BIO *out = open_with(der, cert, true);
	char *got;
	long len;

	assert_non_null(out);
	len = BIO_get_mem_data(out, &got);
	assert_int_equal(len, content.len);
	if (len > 0)
		assert_memory_equal(got, content.data, content.len);
	BIO_free(out);
}

static void
encrypt(const struct smime_encrypt_opts *opts, struct slice content,
    struct spool *out)
{
	struct slice_list list = {0};
	struct err err = {0};

	slice_list_add(&list, slice_part(content, 0, content.len / 3));
	slice_list_add(
	    &list, slice_part(content, content.len / 3, content.len));
	spool_init(out, &fixture.spool);
	if (smime_encrypt_der(opts, &list, out, &err))
		fail_msg("%s", err.text);
	assert_true(out->finished);
}

static void
test_every_cipher_and_size(void **state)
{
	static const size_t sizes[] = {
	    0, 1, 15, 16, 17, 8191, 16383, 16384, 16385, 200000};
	unsigned char *noise = smime_noise(200000);
	struct certificate *to[] = {rsa.certificate};
	struct spool out;

	(void)state;
	for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct smime_encrypt_opts opts = {
			    ciphers[c], to, 1, false, NULL};

			encrypt(&opts, slice_make(noise, sizes[i]), &out);
			assert_opens(spool_slice(&out), &rsa,
			    slice_make(noise, sizes[i]));
			spool_fini(&out);
		}
	free(noise);
}

static void
test_every_kind_of_recipient(void **state)
{
	const struct fixture_cert *all[] = {&rsa, &p256, &p384, &p521};
	struct slice content = slice_text("Hello");
	struct spool out;

	(void)state;
	for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++)
		for (size_t i = 0; i < 4; i++) {
			struct certificate *to[] = {all[i]->certificate};
			struct smime_encrypt_opts opts = {
			    ciphers[c], to, 1, false, NULL};

			encrypt(&opts, content, &out);
			assert_opens(spool_slice(&out), all[i], content);
			/* Nobody else. */
			assert_null(open_with(
			    spool_slice(&out), all[(i + 1) % 4], true));
			spool_fini(&out);
		}
}

static void
test_several_recipients(void **state)
{
	const struct fixture_cert *all[] = {&rsa, &p256, &p384, &p521};
	struct certificate *to[] = {p521.certificate, rsa.certificate,
	    p384.certificate, p256.certificate};
	struct smime_encrypt_opts opts = {
	    .recipients = to, .recipient_count = 4};
	struct slice content = slice_text("Hello, all of you");
	struct spool out;

	(void)state;
	encrypt(&opts, content, &out);
	for (size_t i = 0; i < 4; i++)
		assert_opens(spool_slice(&out), all[i], content);
	spool_fini(&out);
}

static enum oid
key_algorithm(struct slice der)
{
	struct envelope envelope;
	struct tlv_algorithm algorithm;
	struct tlv b, set, info;

	assert_int_equal(envelope_read(der, &envelope), 0);
	tlv_init(&b, envelope.recipients);
	assert_int_equal(tlv_enter(&b, DER_SET, &set), 0);
	assert_int_equal(tlv_enter(&set, DER_SEQUENCE, &info), 0);
	assert_int_equal(tlv_skip(&info, NULL), 0);
	assert_int_equal(tlv_skip(&info, NULL), 0);
	assert_int_equal(tlv_algorithm(&info, &algorithm), 0);
	return algorithm.oid;
}

static void
test_oaep(void **state)
{
	struct certificate *to[] = {rsa.certificate};
	struct smime_encrypt_opts opts = {
	    .recipients = to, .recipient_count = 1, .oaep = true};
	struct slice content = slice_text("Hello");
	struct spool out;

	(void)state;
	encrypt(&opts, content, &out);
	assert_int_equal(key_algorithm(spool_slice(&out)), OID_RSA_OAEP);
	assert_opens(spool_slice(&out), &rsa, content);
	spool_fini(&out);
	opts.oaep = false;
	encrypt(&opts, content, &out);
	assert_int_equal(key_algorithm(spool_slice(&out)), OID_RSA);
	spool_fini(&out);
}

/* Each with the hash that he announced: to whom SHA-1 is everything, rule E4,
 * all fields at their defaults and left out. */
static void
test_oaep_hashes(void **state)
{
	static const unsigned char defaults[] =
	    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x00";
	static const bool sha1[] = {false, true};
	struct fixture_cert other;
	struct certificate *to[2] = {rsa.certificate};
	struct smime_encrypt_opts opts = {.recipients = to,
	    .recipient_count = 2,
	    .oaep = true,
	    .oaep_sha1 = sha1};
	struct slice content = slice_text("Hello");
	struct spool out;

	(void)state;
	leaf(&other, "RSA-3072");
	to[1] = other.certificate;
	encrypt(&opts, content, &out);
	assert_opens(spool_slice(&out), &rsa, content);
	assert_opens(spool_slice(&out), &other, content);
	(void)smime_find(
	    spool_slice(&out), slice_make(defaults, sizeof(defaults) - 1));
	spool_fini(&out);
	fixture_fini(&other);
	/* With PKCS#1 v1.5 there is no hash. */
	opts.oaep = false;
	opts.recipient_count = 1;
	opts.oaep_sha1 = sha1 + 1;
	encrypt(&opts, content, &out);
	assert_int_equal(key_algorithm(spool_slice(&out)), OID_RSA);
	assert_opens(spool_slice(&out), &rsa, content);
	spool_fini(&out);
}

/* A certificate whose key is id-RSAES-OAEP, with these parameters. */
static void
oaep_leaf(struct fixture_cert *out, ASN1_STRING *params)
{
	const unsigned char *bytes;
	unsigned char *copy;
	X509_PUBKEY *spki;
	struct err err;
	int len;

	leaf(out, "RSA-2048");
	spki = X509_get_X509_PUBKEY(out->x509);
	X509_PUBKEY_get0_param(NULL, &bytes, &len, NULL, spki);
	copy = OPENSSL_memdup(bytes, (size_t)len);
	assert_int_equal(
	    X509_PUBKEY_set0_param(spki, OBJ_nid2obj(NID_rsaesOaep),
		params ? V_ASN1_SEQUENCE : V_ASN1_UNDEF, params, copy, len),
	    1);
	assert_true(
	    X509_sign(out->x509, fixture.intermediate.key, EVP_sha256()) > 0);
	certificate_unref(&out->certificate);
	assert_int_equal(
	    certificate_from_x509(out->x509, &out->certificate, &err), 0);
	assert_int_equal(out->certificate->key, CERTIFICATE_KEY_RSA_OAEP);
}

/* RFC 3560 section 4: such a key allows nothing else. */
static void
test_oaep_key(void **state)
{
	/* hashAlgorithm SHA-384, maskGenAlgorithm at its default. */
	static const unsigned char sha384[] =
	    "\x30\x0f\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
	    "\x02";
	struct slice content = slice_text("Hello");

	(void)state;
	for (int with_params = 0; with_params < 2; with_params++) {
		struct smime_encrypt_opts opts = {.recipient_count = 1};
		ASN1_STRING *params = NULL;
		struct certificate *to[1];
		struct fixture_cert bob;
		struct spool out;
		BIO *opened;

		if (with_params) {
			params = ASN1_STRING_new();
			ASN1_STRING_set(
			    params, sha384, (int)sizeof(sha384) - 1);
		}
		oaep_leaf(&bob, params);
		to[0] = bob.certificate;
		opts.recipients = to;
		encrypt(&opts, content, &out);
		assert_int_equal(
		    key_algorithm(spool_slice(&out)), OID_RSA_OAEP);
		opened = open_with(spool_slice(&out), &bob, false);
		assert_non_null(opened);
		BIO_free(opened);
		if (with_params)
			(void)smime_find(spool_slice(&out),
			    slice_make(sha384 + 6, sizeof(sha384) - 7));
		spool_fini(&out);
		fixture_fini(&bob);
	}
}

/* Everything is DER: what OpenSSL writes after reading is the same. */
static void
test_der(void **state)
{
	struct certificate *to[] = {
	    rsa.certificate, p256.certificate, p384.certificate};

	(void)state;
	for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++) {
		struct smime_encrypt_opts opts = {
		    ciphers[c], to, 3, c % 2, NULL};
		CMS_ContentInfo *cms;
		struct buf again;
		struct spool out;

		encrypt(&opts, slice_text("Hello"), &out);
		cms = smime_cms_parse(spool_slice(&out));
		buf_init(&again, 1u << 20);
		smime_cms_der(cms, &again);
		assert_true(slice_equal(spool_slice(&out), buf_slice(&again)));
		buf_fini(&again);
		CMS_ContentInfo_free(cms);
		spool_fini(&out);
	}
}

static unsigned
version(const struct smime_encrypt_opts *opts)
{
	struct tlv b, info, content, data;
	struct spool out;
	unsigned number;

	encrypt(opts, slice_text("Hello"), &out);
	tlv_init(&b, spool_slice(&out));
	assert_int_equal(tlv_enter(&b, DER_SEQUENCE, &info), 0);
	assert_int_equal(tlv_skip(&info, NULL), 0);
	assert_int_equal(tlv_enter(&info, DER_CONSTRUCTED(0), &content), 0);
	assert_int_equal(tlv_enter(&content, DER_SEQUENCE, &data), 0);
	assert_int_equal(tlv_integer(&data, &number), 0);
	spool_fini(&out);
	return number;
}

/* Rule E9, and RFC 5083 2.1. */
static void
test_versions(void **state)
{
	struct certificate *to[] = {rsa.certificate, p256.certificate};
	struct smime_encrypt_opts opts = {
	    .recipients = to, .recipient_count = 1};

	(void)state;
	assert_int_equal(version(&opts), 0);
	opts.recipient_count = 2;
	assert_int_equal(version(&opts), 2);
	opts.cipher = SMIME_CIPHER_AES256_GCM;
	assert_int_equal(version(&opts), 0);
}

/* The same content twice: neither key nor nonce repeats. */
static void
test_fresh_every_time(void **state)
{
	struct certificate *to[] = {p256.certificate};

	(void)state;
	for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++) {
		struct smime_encrypt_opts opts = {
		    ciphers[c], to, 1, false, NULL};
		struct envelope one, other;
		struct spool a, b;

		encrypt(&opts, slice_text("Hello"), &a);
		encrypt(&opts, slice_text("Hello"), &b);
		assert_int_equal(envelope_read(spool_slice(&a), &one), 0);
		assert_int_equal(envelope_read(spool_slice(&b), &other), 0);
		assert_false(
		    slice_equal(one.cipher.params, other.cipher.params));
		assert_false(slice_equal(one.recipients, other.recipients));
		assert_false(slice_equal(one.content.raw, other.content.raw));
		spool_fini(&a);
		spool_fini(&b);
	}
}

static void
test_entity(void **state)
{
	static const char *const kinds[] = {"smime-type=enveloped-data",
	    "smime-type=enveloped-data", "smime-type=authEnveloped-data",
	    "smime-type=authEnveloped-data"};
	struct certificate *to[] = {rsa.certificate};
	unsigned char *noise = smime_noise(100000);
	struct slice content = slice_make(noise, 100000);
	struct slice_list list = {.at = {content}, .count = 1};

	(void)state;
	for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++) {
		struct smime_encrypt_opts opts = {
		    ciphers[c], to, 1, false, NULL};
		struct smime_entity e;
		CMS_ContentInfo *cms;
		struct buf text, der;
		struct err err;
		BIO *in;

		smime_entity_init(&e, &fixture.spool);
		assert_int_equal(smime_encrypt(&opts, &list, &e, &err), 0);
		buf_init(&text, 1u << 20);
		smime_entity_header(&e, &text);
		assert_non_null(strstr(buf_text(&text), kinds[c]));
		assert_int_equal(e.body.count, 1);
		buf_add_slice(&text, e.body.at[0]);
		in = BIO_new_mem_buf(text.data, (int)text.len);
		/* SMIME_read_CMS of 3.0 knows no authEnveloped-data. */
		if (ciphers[c] == SMIME_CIPHER_AES256_CBC) {
			cms = SMIME_read_CMS(in, NULL);
			assert_non_null(cms);
			buf_init(&der, 1u << 20);
			smime_cms_der(cms, &der);
			assert_opens(buf_slice(&der), &rsa, content);
			buf_fini(&der);
			CMS_ContentInfo_free(cms);
		}
		BIO_free(in);
		buf_fini(&text);
		smime_entity_fini(&e);
	}
	free(noise);
}

/* Rule E10: nobody is left out silently; the error names who it is. */
static void
test_recipient_that_cannot(void **state)
{
	static const struct fixture_opts cases[] = {
	    {.name = "Eddie", .address = "e@example.net", .key = "ED25519"},
	    {.name = "Eddie",
		.address = "e@example.net",
		.key = "RSA-2048",
		.usage = "digitalSignature"},
	    {.name = "Eddie",
		.address = "e@example.net",
		.key = "RSA-2048",
		.extended_usage = "serverAuth"},
	    {.name = "Eddie", .address = "e@example.net", .key = "secp256k1"},
	};
	struct slice_list list = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certificate *to[2] = {rsa.certificate};
		struct smime_encrypt_opts opts = {
		    .recipients = to, .recipient_count = 2};
		struct fixture_cert eddie;
		struct smime_entity e;
		struct err err = {0};
		struct spool out;

		fixture_leaf(&eddie, &fixture.intermediate, &cases[i]);
		to[1] = eddie.certificate;
		spool_init(&out, &fixture.spool);
		smime_entity_init(&e, &fixture.spool);
		assert_int_equal(
		    smime_encrypt_der(&opts, &list, &out, &err), -1);
		assert_int_equal(err.class, ERR_PERMANENT);
		assert_non_null(strstr(err.text, "CN=Eddie"));
		assert_int_equal(out.size, 0);
		assert_int_equal(smime_encrypt(&opts, &list, &e, &err), -1);
		assert_int_equal(e.body.count, 0);
		assert_int_equal(e.spool.size, 0);
		smime_entity_fini(&e);
		spool_fini(&out);
		fixture_fini(&eddie);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void
test_no_recipient(void **state)
{
	struct smime_encrypt_opts opts = {.recipient_count = 0};
	struct slice_list list = {0};
	struct spool out;
	struct err err;

	(void)state;
	spool_init(&out, &fixture.spool);
	assert_int_equal(smime_encrypt_der(&opts, &list, &out, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(out.size, 0);
	spool_fini(&out);
}

static void
test_recipient_limit(void **state)
{
	struct certificate **to =
	    xcalloc(LIMIT_RECIPIENTS + 1, sizeof(struct certificate *));
	struct smime_encrypt_opts opts = {
	    .recipients = to, .recipient_count = LIMIT_RECIPIENTS + 1};
	struct slice_list list = {0};
	struct spool out;
	struct err err;

	(void)state;
	for (size_t i = 0; i <= LIMIT_RECIPIENTS; i++)
		to[i] = rsa.certificate;
	spool_init(&out, &fixture.spool);
	assert_int_equal(smime_encrypt_der(&opts, &list, &out, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	opts.recipient_count--;
	assert_int_equal(smime_encrypt_der(&opts, &list, &out, &err), 0);
	spool_fini(&out);
	free(to);
}

static void
test_spool_full(void **state)
{
	struct spool_config tiny = fixture.spool;
	struct certificate *to[] = {rsa.certificate};
	struct smime_encrypt_opts opts = {
	    .recipients = to, .recipient_count = 1};
	unsigned char *noise = smime_noise(5000);
	struct slice_list list = {.at = {slice_make(noise, 5000)}, .count = 1};
	struct spool out;
	struct err err;

	(void)state;
	tiny.max = 5000;
	spool_init(&out, &tiny);
	assert_int_equal(smime_encrypt_der(&opts, &list, &out, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	spool_fini(&out);
	free(noise);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_cipher_and_size),
	    cmocka_unit_test(test_every_kind_of_recipient),
	    cmocka_unit_test(test_several_recipients),
	    cmocka_unit_test(test_oaep),
	    cmocka_unit_test(test_oaep_hashes),
	    cmocka_unit_test(test_oaep_key),
	    cmocka_unit_test(test_der),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_fresh_every_time),
	    cmocka_unit_test(test_entity),
	    cmocka_unit_test(test_recipient_that_cannot),
	    cmocka_unit_test(test_no_recipient),
	    cmocka_unit_test(test_recipient_limit),
	    cmocka_unit_test(test_spool_full),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
