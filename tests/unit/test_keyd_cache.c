/* The cache of keys: bounded, and what is used stays. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keyd/keyd_cache.h"
#include "unit/key_sample.h"

static struct keyd_crypto crypto;
static struct slice pkcs8;
static struct buf der;

static int
set_up(void **state)
{
	EVP_PKEY *pkey;
	struct err err;

	(void)state;
	assert_int_equal(keyd_crypto_init(&crypto, &err), 0);
	pkey = sample_key("P-256");
	buf_init(&der, LIMIT_PRIVATE_KEY);
	sample_pkcs8(pkey, &der);
	pkcs8 = buf_slice(&der);
	EVP_PKEY_free(pkey);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_wipe(&der);
	keyd_crypto_fini(&crypto);
	return 0;
}

static void
make_id(unsigned n, unsigned char id[KEY_ID_SIZE])
{
	/* The first bytes choose the chain: let some share one. */
	memset(id, 0, KEY_ID_SIZE);
	id[0] = (unsigned char)(n % 3);
	id[30] = (unsigned char)(n >> 8);
	id[31] = (unsigned char)n;
}

/* A key that goes by that number. */
static void
add(struct keyd_cache *cache, unsigned n)
{
	struct keyd_key *key;
	struct err err;

	assert_int_equal(keyd_key_parse(&key, &crypto, pkcs8, &err), 0);
	make_id(n, key->id);
	keyd_cache_add(cache, key);
	keyd_key_unref(key);
}

static bool
has(struct keyd_cache *cache, unsigned n)
{
	unsigned char id[KEY_ID_SIZE];
	struct keyd_key *key;

	make_id(n, id);
	key = keyd_cache_find(cache, id);
	if (!key)
		return false;
	assert_memory_equal(key->id, id, KEY_ID_SIZE);
	keyd_key_unref(key);
	return true;
}

static void
test_found_by_id(void **state)
{
	struct keyd_cache *cache = keyd_cache_new(100);

	(void)state;
	assert_false(has(cache, 1));
	for (unsigned i = 0; i < 50; i++)
		add(cache, i);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(has(cache, i), i < 50);
	assert_int_equal(keyd_cache_count(cache), 50);
	keyd_cache_free(cache);
}

static void
test_same_key_twice(void **state)
{
	struct keyd_cache *cache = keyd_cache_new(10);

	(void)state;
	add(cache, 1);
	add(cache, 1);
	assert_int_equal(keyd_cache_count(cache), 1);
	keyd_cache_free(cache);
}

static void
test_full(void **state)
{
	struct keyd_cache *cache = keyd_cache_new(10);
	unsigned left = 0;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		add(cache, i);
	for (unsigned i = 0; i < 10; i++)
		assert_true(has(cache, i));
	add(cache, 10);
	assert_int_equal(keyd_cache_count(cache), 10);
	assert_true(has(cache, 10));
	for (unsigned i = 0; i < 10; i++)
		left += has(cache, i);
	assert_int_equal(left, 9);
	keyd_cache_free(cache);
}

/* One key in use outlives a crowd that is not. */
static void
test_used_keys_stay(void **state)
{
	struct keyd_cache *cache = keyd_cache_new(10);

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		add(cache, i);
		assert_true(has(cache, i));
		assert_true(has(cache, 0));
	}
	assert_int_equal(keyd_cache_count(cache), 10);
	keyd_cache_free(cache);
}

static void
test_key_in_use_survives_eviction(void **state)
{
	struct keyd_cache *cache = keyd_cache_new(1);
	unsigned char id[KEY_ID_SIZE];
	struct keyd_key *key;

	(void)state;
	add(cache, 1);
	make_id(1, id);
	key = keyd_cache_find(cache, id);
	add(cache, 2);
	assert_false(has(cache, 1));
	assert_true(has(cache, 2));
	assert_true(EVP_PKEY_get_bits(key->pkey) == 256);
	keyd_cache_free(cache);
	assert_true(EVP_PKEY_get_bits(key->pkey) == 256);
	keyd_key_unref(key);
}

static void *
find_and_add(void *arg)
{
	struct keyd_cache *cache = arg;

	for (unsigned i = 0; i < 200; i++) {
		(void)has(cache, i % 20);
		if (i % 10 == 0)
			add(cache, i / 10 % 20);
	}
	return NULL;
}

static void
test_many_threads(void **state)
{
	struct keyd_cache *cache = keyd_cache_new(8);
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, find_and_add, cache);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(keyd_cache_count(cache), 8);
	keyd_cache_free(cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_found_by_id),
	    cmocka_unit_test(test_same_key_twice),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_used_keys_stay),
	    cmocka_unit_test(test_key_in_use_survives_eviction),
	    cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
