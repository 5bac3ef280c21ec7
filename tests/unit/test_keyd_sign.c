/*
 * What the key process signs, judged by OpenSSL with the key that it was
 * given; and all that it does not sign.
 */
#include "unit/unit.h"

#include <string.h>

#include <openssl/x509.h>

#include "unit/key_identity.h"
#include "unit/key_sample.h"
#include "unit/keyd_fixture.h"

static struct keyd_fixture keyd;
static struct key_client *client;
static struct key_identity rsa, p256, p384, p521, ed25519;

static const struct key_signing ecdsa = {KEY_ALG_ECDSA, KEY_HASH_SHA256};

static int
set_up(void **state)
{
	(void)state;
	keyd_fixture_start(&keyd);
	client = key_client_new(keyd.socket, 4, KEY_TIMEOUT_MS);
	key_identity_open(&rsa, client, "RSA-2048");
	key_identity_open(&p256, client, "P-256");
	key_identity_open(&p384, client, "P-384");
	key_identity_open(&p521, client, "P-521");
	key_identity_open(&ed25519, client, "ED25519");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	key_identity_close(&rsa);
	key_identity_close(&p256);
	key_identity_close(&p384);
	key_identity_close(&p521);
	key_identity_close(&ed25519);
	key_client_free(client);
	keyd_fixture_stop(&keyd);
	return 0;
}

static const struct way {
	struct key_identity *identity;
	enum key_algorithm algorithm;
	enum key_hash hash;
	const char *name; /* for OpenSSL */
	size_t size;	  /* of the digest */
} ways[] = {
    {&rsa, KEY_ALG_RSA_PKCS1, KEY_HASH_SHA256, "SHA256", 32},
    {&rsa, KEY_ALG_RSA_PKCS1, KEY_HASH_SHA384, "SHA384", 48},
    {&rsa, KEY_ALG_RSA_PKCS1, KEY_HASH_SHA512, "SHA512", 64},
    {&rsa, KEY_ALG_RSA_PSS, KEY_HASH_SHA256, "SHA256", 32},
    {&rsa, KEY_ALG_RSA_PSS, KEY_HASH_SHA384, "SHA384", 48},
    {&rsa, KEY_ALG_RSA_PSS, KEY_HASH_SHA512, "SHA512", 64},
    {&p256, KEY_ALG_ECDSA, KEY_HASH_SHA256, "SHA256", 32},
    {&p256, KEY_ALG_ECDSA, KEY_HASH_SHA512, "SHA512", 64},
    {&p384, KEY_ALG_ECDSA, KEY_HASH_SHA384, "SHA384", 48},
    {&p521, KEY_ALG_ECDSA, KEY_HASH_SHA512, "SHA512", 64},
    {&ed25519, KEY_ALG_ED25519, KEY_HASH_SHA512, NULL, 64},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* Twice, because the second signature takes a prepared context. */
static void
check_signature(const struct way *way, struct slice data, bool request)
{
	struct key_signing how = {way->algorithm, way->hash};
	const struct key_ref *ref = &way->identity->ref;
	struct buf signature, changed;
	struct err err;

	buf_init(&signature, 1024);
	buf_init(&changed, LIMIT_REQUEST_INFO);
	buf_add_slice(&changed, data);
	changed.data[changed.len - 1] ^= 1;
	for (int i = 0; i < 2; i++) {
		buf_clear(&signature);
		must_work(request ? key_sign_request(client, ref, how, data,
					&signature, &err)
				  : key_sign_attrs(client, ref, how, data,
					&signature, &err),
		    &err);
		assert_true(sample_verify(way->identity->pkey, way->algorithm,
		    way->name, data, buf_slice(&signature)));
		assert_false(sample_verify(way->identity->pkey, way->algorithm,
		    way->name, buf_slice(&changed), buf_slice(&signature)));
	}
	buf_fini(&signature);
	buf_fini(&changed);
}

static void
test_attrs_are_signed(void **state)
{
	struct buf attrs;

	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		buf_init(&attrs, LIMIT_SIGNED_ATTRS);
		sample_attrs(&attrs, ways[i].size);
		check_signature(&ways[i], buf_slice(&attrs), false);
		buf_fini(&attrs);
	}
}

static void
test_requests_are_signed(void **state)
{
	struct buf info;

	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		buf_init(&info, LIMIT_REQUEST_INFO);
		sample_request_info(ways[i].identity->pkey, &info);
		check_signature(&ways[i], buf_slice(&info), true);
		buf_fini(&info);
	}
}

/* Every way with every key that it is not for, and with weaker hashes. */
static void
test_algorithm_must_fit(void **state)
{
	struct key_identity *const keys[] = {&rsa, &p256, &ed25519};
	struct buf attrs, signature;
	struct err err;

	(void)state;
	buf_init(&attrs, LIMIT_SIGNED_ATTRS);
	buf_init(&signature, 1024);
	sample_attrs(&attrs, 64);
	for (size_t k = 0; k < 3; k++) {
		for (int a = 0; a <= KEY_ALG_LAST; a++) {
			struct key_signing how = {
			    (enum key_algorithm)a, KEY_HASH_SHA512};
			bool fits = (k == 0 && (a == KEY_ALG_RSA_PKCS1 ||
						   a == KEY_ALG_RSA_PSS)) ||
				    (k == 1 && a == KEY_ALG_ECDSA) ||
				    (k == 2 && a == KEY_ALG_ED25519);

			buf_clear(&signature);
			if (fits)
				continue;
			must_fail(key_sign_attrs(client, &keys[k]->ref, how,
				      buf_slice(&attrs), &signature, &err),
			    &err, ERR_POLICY, "smime-keyd");
			assert_int_equal(signature.len, 0);
		}
	}
	buf_fini(&attrs);
	buf_fini(&signature);
}

static void
test_weak_hashes_are_refused(void **state)
{
	static const struct {
		enum key_hash hash;
		size_t size;
	} weak[] = {
	    {KEY_HASH_NONE, 32}, {KEY_HASH_SHA1, 20}, {KEY_HASH_SHA224, 28}};
	struct buf attrs, signature;
	struct err err;

	(void)state;
	buf_init(&signature, 1024);
	for (size_t i = 0; i < 3; i++) {
		struct key_signing pkcs1 = {KEY_ALG_RSA_PKCS1, weak[i].hash};
		struct key_signing ec = {KEY_ALG_ECDSA, weak[i].hash};

		buf_init(&attrs, LIMIT_SIGNED_ATTRS);
		sample_attrs(&attrs, weak[i].size);
		must_fail(key_sign_attrs(client, &rsa.ref, pkcs1,
			      buf_slice(&attrs), &signature, &err),
		    &err, ERR_POLICY, "hash");
		must_fail(key_sign_attrs(client, &p256.ref, ec,
			      buf_slice(&attrs), &signature, &err),
		    &err, ERR_POLICY, "hash");
		buf_fini(&attrs);
	}
	buf_init(&attrs, LIMIT_SIGNED_ATTRS);
	sample_attrs(&attrs, 32);
	must_fail(key_sign_attrs(client, &ed25519.ref,
		      (struct key_signing){KEY_ALG_ED25519, KEY_HASH_SHA256},
		      buf_slice(&attrs), &signature, &err),
	    &err, ERR_POLICY, "hash");
	buf_fini(&attrs);
	buf_fini(&signature);
}

static void
must_not_sign(struct slice attrs, const char *text)
{
	struct buf signature;
	struct err err;

	buf_init(&signature, 1024);
	must_fail(
	    key_sign_attrs(client, &p256.ref, ecdsa, attrs, &signature, &err),
	    &err, ERR_POLICY, text);
	assert_int_equal(signature.len, 0);
	buf_fini(&signature);
}

/* The details are in test_keyd_attrs; here that they are asked for. */
static void
test_nothing_else_is_signed(void **state)
{
	static const unsigned char digest[32] = {1};
	struct buf attrs, info;

	(void)state;
	buf_init(&attrs, LIMIT_KEY_FIELD);
	buf_init(&info, LIMIT_KEY_FIELD);
	sample_attrs(&attrs, 32);
	sample_request_info(p256.pkey, &info);
	must_not_sign(slice_make(digest, 32), "not a SET OF");
	must_not_sign(buf_slice(&info), "not a SET OF");
	must_not_sign(
	    slice_part(buf_slice(&attrs), 0, attrs.len - 1), "not a SET OF");
	buf_add_char(&attrs, 0);
	must_not_sign(buf_slice(&attrs), "not a SET OF");
	attrs.len--;
	attrs.data[0] = 0x30;
	must_not_sign(buf_slice(&attrs), "not a SET OF");
	attrs.data[0] = 0x31;
	attrs.data[27]++;
	must_not_sign(buf_slice(&attrs), "content type");
	buf_fini(&attrs);
	buf_fini(&info);
}

static void
test_digest_must_have_the_hash_size(void **state)
{
	struct buf attrs;

	(void)state;
	for (size_t size = 16; size <= 64; size += 16) {
		if (size == 32)
			continue;
		buf_init(&attrs, LIMIT_SIGNED_ATTRS);
		sample_attrs(&attrs, size);
		must_not_sign(buf_slice(&attrs), "32 bytes");
		buf_fini(&attrs);
	}
}

static void
test_request_for_another_key(void **state)
{
	struct buf info, signature;
	struct err err;

	(void)state;
	buf_init(&info, LIMIT_REQUEST_INFO);
	buf_init(&signature, 1024);
	sample_request_info(p384.pkey, &info);
	must_fail(key_sign_request(client, &p256.ref, ecdsa, buf_slice(&info),
		      &signature, &err),
	    &err, ERR_POLICY, "not a certificate request for this key");
	assert_int_equal(signature.len, 0);
	buf_fini(&info);
	buf_fini(&signature);
}

/* A certificate for our own key is the prize of a captured mail process. */
static void
test_certificate_is_not_signed(void **state)
{
	X509 *cert = X509_new();
	unsigned char *der = NULL;
	struct buf signature;
	struct err err;
	int len;

	(void)state;
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 0), 1);
	assert_int_equal(X509_set_pubkey(cert, p256.pkey), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 1000));
	assert_true(X509_sign(cert, p256.pkey, EVP_sha256()) > 0);
	len = i2d_re_X509_tbs(cert, &der);
	assert_true(len > 0);
	buf_init(&signature, 1024);
	must_fail(key_sign_request(client, &p256.ref, ecdsa,
		      slice_make(der, (size_t)len), &signature, &err),
	    &err, ERR_POLICY, "not a certificate request");
	must_not_sign(slice_make(der, (size_t)len), "not a SET OF");
	OPENSSL_free(der);
	X509_free(cert);
	buf_fini(&signature);
}

static void
test_size_at_the_limit(void **state)
{
	static unsigned char attrs[LIMIT_SIGNED_ATTRS + 1];
	struct way way = ways[6];
	struct buf small;
	size_t pad;

	(void)state;
	/* One more attribute, 1.2.3 with an OCTET STRING, fills it up. */
	buf_init(&small, LIMIT_SIGNED_ATTRS);
	sample_attrs(&small, 32);
	for (size_t extra = 0; extra < 2; extra++) {
		size_t total = LIMIT_SIGNED_ATTRS + extra;
		size_t body = total - 4, at = 4;

		attrs[0] = 0x31;
		attrs[1] = 0x82;
		attrs[2] = (unsigned char)(body >> 8);
		attrs[3] = (unsigned char)body;
		memcpy(attrs + at, small.data + 2, small.len - 2);
		at += small.len - 2;
		pad = total - at;
		attrs[at] = 0x30;
		attrs[at + 1] = 0x82;
		attrs[at + 2] = (unsigned char)((pad - 4) >> 8);
		attrs[at + 3] = (unsigned char)(pad - 4);
		memcpy(attrs + at + 4, "\x06\x02\x2a\x03\x31\x82", 6);
		attrs[at + 10] = (unsigned char)((pad - 12) >> 8);
		attrs[at + 11] = (unsigned char)(pad - 12);
		attrs[at + 12] = 0x04;
		attrs[at + 13] = 0x82;
		attrs[at + 14] = (unsigned char)((pad - 16) >> 8);
		attrs[at + 15] = (unsigned char)(pad - 16);
		if (extra == 0)
			check_signature(&way, slice_make(attrs, total), false);
		else
			must_not_sign(
			    slice_make(attrs, total), "the limit is 1024");
	}
	buf_fini(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attrs_are_signed),
	    cmocka_unit_test(test_requests_are_signed),
	    cmocka_unit_test(test_algorithm_must_fit),
	    cmocka_unit_test(test_weak_hashes_are_refused),
	    cmocka_unit_test(test_nothing_else_is_signed),
	    cmocka_unit_test(test_digest_must_have_the_hash_size),
	    cmocka_unit_test(test_request_for_another_key),
	    cmocka_unit_test(test_certificate_is_not_signed),
	    cmocka_unit_test(test_size_at_the_limit),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
