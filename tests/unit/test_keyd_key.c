/* Keys in memory: written as they were read, and usable from many threads. */
#include "unit/unit.h"

#include <pthread.h>
#include <string.h>

#include <openssl/rsa.h>

#include "keyd/keyd_key.h"
#include "keyd/keyd_seal.h"
#include "unit/key_sample.h"

static struct keyd_crypto crypto;

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(keyd_crypto_init(&crypto, &err), 0);
	return secret_random(
	    &crypto.wrapping_key, KEYD_WRAPPING_KEY_SIZE, &err);
}

static int
tear_down(void **state)
{
	(void)state;
	keyd_crypto_fini(&crypto);
	return 0;
}

static struct keyd_key *
make(enum key_algorithm algorithm)
{
	struct keyd_key *key;
	struct err err;

	assert_int_equal(keyd_key_generate(&key, &crypto, algorithm, &err), 0);
	return key;
}

static void
test_written_and_read(void **state)
{
	static const enum key_algorithm algorithms[] = {
	    KEY_ALG_NEW_RSA2048, KEY_ALG_NEW_P256, KEY_ALG_NEW_ED25519};
	struct keyd_key *key, *again;
	struct buf first, second;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		key = make(algorithms[i]);
		assert_int_equal(keyd_key_check(key, &err), 0);
		buf_init(&first, LIMIT_PRIVATE_KEY);
		buf_init(&second, LIMIT_PRIVATE_KEY);
		assert_int_equal(keyd_key_write(key, &first, &err), 0);
		assert_int_equal(
		    keyd_key_parse(&again, &crypto, buf_slice(&first), &err),
		    0);
		assert_int_equal(again->kind, key->kind);
		assert_memory_equal(again->id, key->id, KEY_ID_SIZE);
		assert_true(slice_equal(
		    buf_slice(&again->spki), buf_slice(&key->spki)));
		assert_int_equal(keyd_key_write(again, &second, &err), 0);
		assert_true(slice_equal(buf_slice(&first), buf_slice(&second)));
		buf_wipe(&first);
		buf_wipe(&second);
		keyd_key_unref(key);
		keyd_key_unref(again);
	}
}

/* Keys at the largest accepted size, and one past it, which nobody has time
 * to make: only the number of bits is looked at. */
static void
test_largest_rsa(void **state)
{
	static const int bits[] = {LIMIT_RSA_BITS, LIMIT_RSA_BITS + 8};
	struct keyd_key *key;
	struct buf pkcs8;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
		sample_hollow_rsa(bits[i], &pkcs8);
		if (i == 0) {
			assert_int_equal(keyd_key_parse(&key, &crypto,
					     buf_slice(&pkcs8), &err),
			    0);
			assert_int_equal(keyd_key_check(key, &err), -1);
			assert_int_equal(err.class, ERR_POLICY);
			keyd_key_unref(key);
		} else {
			assert_int_equal(keyd_key_parse(&key, &crypto,
					     buf_slice(&pkcs8), &err),
			    -1);
			assert_int_equal(err.class, ERR_POLICY);
			assert_non_null(strstr(err.text, "8200 bits"));
		}
		buf_fini(&pkcs8);
	}
}

static int
set_up_signing(EVP_PKEY_CTX *ctx, const struct keyd_use *use)
{
	return EVP_PKEY_sign_init(ctx) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, use->md) == 1
		   ? 0
		   : -1;
}

static int
set_up_in_vain(EVP_PKEY_CTX *ctx, const struct keyd_use *use)
{
	(void)ctx;
	(void)use;
	return -1;
}

static struct keyd_use
ecdsa_use(void)
{
	return (struct keyd_use){KEY_ALG_ECDSA, KEY_HASH_SHA256,
	    crypto.hashes[KEY_HASH_SHA256], set_up_signing};
}

static bool
signs(struct keyd_key *key)
{
	unsigned char digest[32] = {1}, signature[128];
	struct keyd_use use = ecdsa_use();
	EVP_PKEY_CTX *ctx = keyd_key_context(key, &use), *verify;
	size_t len = sizeof(signature);
	bool good = ctx && EVP_PKEY_sign(ctx, signature, &len, digest, 32) == 1;

	EVP_PKEY_CTX_free(ctx);
	verify = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	good = good && EVP_PKEY_verify_init(verify) == 1 &&
	       EVP_PKEY_verify(verify, signature, len, digest, 32) == 1;
	EVP_PKEY_CTX_free(verify);
	return good;
}

static void *
sign_often(void *key)
{
	for (int i = 0; i < 50; i++)
		if (!signs(key))
			return key;
	return NULL;
}

static void
test_contexts_of_many_threads(void **state)
{
	struct keyd_key *key = make(KEY_ALG_NEW_P256);
	pthread_t threads[4];
	void *failed;

	(void)state;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, sign_often, key);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	keyd_key_unref(key);
}

/* What could not be set up is not kept. */
static void
test_context_that_fails(void **state)
{
	struct keyd_key *key = make(KEY_ALG_NEW_P256);
	struct keyd_use use = ecdsa_use();

	(void)state;
	use.set_up = set_up_in_vain;
	assert_null(keyd_key_context(key, &use));
	assert_true(signs(key));
	keyd_key_unref(key);
}

/* At the largest size that is sealed, and one past it. */
static void
test_seal_limit(void **state)
{
	static unsigned char plain[LIMIT_PRIVATE_KEY];
	const size_t most = LIMIT_PRIVATE_KEY - 16;
	struct buf sealed, opened;
	struct err err;

	(void)state;
	memset(plain, 'p', sizeof(plain));
	for (size_t len = most - 8; len <= most + 1; len++) {
		buf_init(&sealed, LIMIT_KEY_FIELD);
		buf_init(&opened, LIMIT_PRIVATE_KEY);
		if (len > most) {
			assert_int_equal(
			    keyd_seal(
				&crypto, slice_make(plain, len), &sealed, &err),
			    -1);
		} else {
			assert_int_equal(
			    keyd_seal(
				&crypto, slice_make(plain, len), &sealed, &err),
			    0);
			assert_int_equal(keyd_open(&crypto, buf_slice(&sealed),
					     &opened, &err),
			    0);
			assert_true(slice_equal(
			    buf_slice(&opened), slice_make(plain, len)));
		}
		buf_wipe(&sealed);
		buf_wipe(&opened);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_written_and_read),
	    cmocka_unit_test(test_largest_rsa),
	    cmocka_unit_test(test_contexts_of_many_threads),
	    cmocka_unit_test(test_context_that_fails),
	    cmocka_unit_test(test_seal_limit),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
