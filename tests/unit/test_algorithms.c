/* The table of algorithms: complete, and fetched. */
#include "unit/unit.h"

#include <string.h>

#include "smime/algorithms.h"

static void
test_digests(void **state)
{
	static const struct {
		enum oid oid;
		enum key_hash hash;
		const char *micalg;
		int size;
		bool weak;
	} cases[] = {
	    {OID_MD5, KEY_HASH_NONE, "md5", 16, true},
	    {OID_SHA1, KEY_HASH_SHA1, "sha-1", 20, true},
	    {OID_SHA224, KEY_HASH_SHA224, "sha-224", 28, false},
	    {OID_SHA256, KEY_HASH_SHA256, "sha-256", 32, false},
	    {OID_SHA384, KEY_HASH_SHA384, "sha-384", 48, false},
	    {OID_SHA512, KEY_HASH_SHA512, "sha-512", 64, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct digest_algorithm *d =
		    digest_algorithm_find(cases[i].oid);

		assert_non_null(d);
		assert_non_null(d->md);
		assert_int_equal(EVP_MD_get_size(d->md), cases[i].size);
		assert_int_equal(d->weak, cases[i].weak);
		assert_string_equal(d->micalg, cases[i].micalg);
		if (cases[i].hash != KEY_HASH_NONE)
			assert_ptr_equal(
			    digest_algorithm_for(cases[i].hash), d);
	}
	assert_null(digest_algorithm_find(OID_UNKNOWN));
	assert_null(digest_algorithm_find(OID_RSA_SHA256));
	assert_null(digest_algorithm_for(KEY_HASH_NONE));
}

static void
test_ciphers(void **state)
{
	static const enum oid ciphers[] = {OID_AES128_CBC, OID_AES192_CBC,
	    OID_AES256_CBC, OID_AES128_GCM, OID_AES192_GCM, OID_AES256_GCM,
	    OID_DES_EDE3_CBC, OID_CHACHA20_POLY1305};

	(void)state;
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		const struct cipher_algorithm *c =
		    cipher_algorithm_find(ciphers[i]);

		assert_non_null(c);
		assert_non_null(c->cipher);
		assert_non_null(c->wrap_cipher);
		assert_int_equal(
		    EVP_CIPHER_get_key_length(c->cipher), c->key_size);
		assert_int_equal(
		    c->authenticated, (EVP_CIPHER_get_flags(c->cipher) &
					  EVP_CIPH_FLAG_AEAD_CIPHER) != 0);
		if (!c->authenticated)
			assert_int_equal(
			    EVP_CIPHER_get_block_size(c->cipher), c->block);
		/* Rule E5: a wrapping key as long as what it wraps. */
		assert_int_equal(wrap_key_size(c->wrap), c->key_size);
		assert_int_equal(
		    EVP_CIPHER_get_key_length(c->wrap_cipher), c->key_size);
	}
	assert_null(cipher_algorithm_find(OID_UNKNOWN));
	assert_null(cipher_algorithm_find(OID_AES128_WRAP));
	assert_int_equal(wrap_key_size(OID_AES128_CBC), 0);
}

static void
test_signatures(void **state)
{
	(void)state;
	/* What we write is what we read. */
	assert_int_equal(
	    signature_algorithm_find(
		signature_algorithm_oid(KEY_ALG_RSA_PKCS1, OID_SHA256))
		->scheme,
	    SIGNATURE_RSA_PKCS1);
	assert_int_equal(
	    signature_algorithm_oid(KEY_ALG_RSA_PSS, OID_SHA384), OID_RSA_PSS);
	assert_int_equal(
	    signature_algorithm_oid(KEY_ALG_ED25519, OID_SHA512), OID_ED25519);
	assert_int_equal(signature_algorithm_oid(KEY_ALG_ECDSA, OID_SHA256),
	    OID_ECDSA_SHA256);
	assert_int_equal(signature_algorithm_oid(KEY_ALG_ECDSA, OID_SHA384),
	    OID_ECDSA_SHA384);
	assert_int_equal(signature_algorithm_oid(KEY_ALG_ECDSA, OID_SHA512),
	    OID_ECDSA_SHA512);
	assert_int_equal(
	    signature_algorithm_oid(KEY_ALG_ECDSA, OID_MD5), OID_UNKNOWN);
	assert_null(signature_algorithm_find(OID_UNKNOWN));
	assert_null(signature_algorithm_find(OID_RSA_OAEP));
}

static void
test_agreements(void **state)
{
	static const enum key_hash hashes[] = {KEY_HASH_SHA1, KEY_HASH_SHA224,
	    KEY_HASH_SHA256, KEY_HASH_SHA384, KEY_HASH_SHA512};

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
		    agreement_hash((enum oid)(OID_STD_DH_SHA1 + i)), hashes[i]);
		assert_int_equal(
		    agreement_hash((enum oid)(OID_COFACTOR_DH_SHA1 + i)),
		    hashes[i]);
	}
	assert_int_equal(agreement_hash(OID_RSA), KEY_HASH_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_digests),
	    cmocka_unit_test(test_ciphers),
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_agreements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
