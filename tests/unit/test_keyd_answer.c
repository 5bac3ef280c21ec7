/* A reply to every packet: what a request may have, and what it may not. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "keyd/keyd_answer.h"
#include "unit/key_sample.h"

static struct keyd keyd;

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	(void)log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, "test", NULL);
	assert_int_equal(keyd_crypto_init(&keyd.crypto, &err), 0);
	assert_int_equal(secret_random(&keyd.crypto.wrapping_key,
			     KEYD_WRAPPING_KEY_SIZE, &err),
	    0);
	keyd.cache = keyd_cache_new(10);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keyd_cache_free(keyd.cache);
	keyd_crypto_fini(&keyd.crypto);
	return 0;
}

static enum key_status
ask(const struct key_message *request)
{
	struct buf packet, reply;
	struct key_message m;
	struct err err;

	buf_init(&packet, KEY_MESSAGE_MAX);
	buf_init(&reply, KEY_MESSAGE_MAX);
	assert_int_equal(key_message_encode(request, &packet, &err), 0);
	assert_true(keyd_answer(&keyd, buf_slice(&packet), &reply));
	assert_int_equal(key_message_decode(&m, buf_slice(&reply), &err), 0);
	assert_int_equal(m.operation, request->operation);
	assert_int_equal(m.sequence, request->sequence);
	if (m.status != KEY_OK)
		assert_true(m.fields[0].len > 0);
	buf_wipe(&packet);
	buf_wipe(&reply);
	return m.status;
}

static void
test_garbage(void **state)
{
	unsigned char noise[KEY_HEAD_SIZE] = {0};
	struct key_message m;
	struct buf reply;
	struct err err;

	(void)state;
	for (size_t len = 0; len <= sizeof(noise); len++) {
		buf_init(&reply, KEY_MESSAGE_MAX);
		assert_false(
		    keyd_answer(&keyd, slice_make(noise, len), &reply));
		assert_int_equal(
		    key_message_decode(&m, buf_slice(&reply), &err), 0);
		assert_int_equal(m.status, KEY_BAD_MESSAGE);
		buf_fini(&reply);
	}
}

/* For every operation, each part of a request that it must not have. */
static void
test_parts_that_do_not_belong(void **state)
{
	static const struct key_message plain[] = {
	    {.operation = KEY_HELLO},
	    {.operation = KEY_LOAD, .fields[0] = {(const void *)"x", 1}},
	    {.operation = KEY_WRAP, .fields[0] = {(const void *)"x", 1}},
	    {.operation = KEY_GENERATE, .algorithm = KEY_ALG_NEW_P256},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct key_message m;

		assert_int_not_equal(ask(&plain[i]), KEY_REFUSED);
		m = plain[i];
		m.hash = KEY_HASH_SHA256;
		assert_int_equal(ask(&m), KEY_REFUSED);
		m = plain[i];
		m.hash2 = KEY_HASH_SHA256;
		assert_int_equal(ask(&m), KEY_REFUSED);
		m = plain[i];
		m.wanted = 16;
		assert_int_equal(ask(&m), KEY_REFUSED);
		m = plain[i];
		m.status = KEY_FAILED;
		assert_int_equal(ask(&m), KEY_REFUSED);
		m = plain[i];
		m.algorithm = KEY_ALG_RSA_PKCS1;
		assert_int_equal(ask(&m), KEY_REFUSED);
		for (int f = 0; f < 3; f++) {
			m = plain[i];
			if (m.fields[f].len > 0)
				m.fields[f] = (struct slice){0};
			else
				m.fields[f] = slice_text("x");
			assert_int_equal(ask(&m), KEY_REFUSED);
		}
	}
}

static void
test_unknown_key(void **state)
{
	const struct key_message requests[] = {
	    {.operation = KEY_SIGN_ATTRS,
		.algorithm = KEY_ALG_ECDSA,
		.hash = KEY_HASH_SHA256,
		.fields[0] = slice_text("x")},
	    {.operation = KEY_SIGN_REQUEST,
		.algorithm = KEY_ALG_ECDSA,
		.hash = KEY_HASH_SHA256,
		.fields[0] = slice_text("x")},
	    {.operation = KEY_UNWRAP_RSA,
		.algorithm = KEY_ALG_RSA_PKCS1,
		.wanted = 16,
		.fields[0] = slice_text("x")},
	    {.operation = KEY_UNWRAP_ECDH,
		.algorithm = KEY_ALG_ECDH,
		.hash2 = KEY_HASH_SHA256,
		.wanted = 16,
		.fields = {slice_text("x"), slice_text("x"), slice_text("x")}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		assert_int_equal(ask(&requests[i]), KEY_UNKNOWN);
}

/* Making and checking keys does not hold up signatures. */
static void
test_slow_requests(void **state)
{
	(void)state;
	for (int op = KEY_HELLO; op <= KEY_OPERATION_LAST; op++) {
		struct key_message m = {.operation = (enum key_operation)op};
		struct buf packet;
		struct err err;

		buf_init(&packet, KEY_MESSAGE_MAX);
		assert_int_equal(key_message_encode(&m, &packet, &err), 0);
		assert_int_equal(keyd_is_slow(buf_slice(&packet)),
		    op == KEY_WRAP || op == KEY_GENERATE);
		buf_fini(&packet);
	}
	assert_false(keyd_is_slow(slice_text("garbage")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_parts_that_do_not_belong),
	    cmocka_unit_test(test_unknown_key),
	    cmocka_unit_test(test_slow_requests),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
