/*
 * Every operation of the key process, asked for over its socket and judged
 * by OpenSSL with keys that were made here.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "key/key_client.h"
#include "unit/key_sample.h"
#include "unit/keyd_fixture.h"

#define TIMEOUT_MS 60000

static struct keyd_fixture keyd;
static struct key_client *client;

static int
set_up(void **state)
{
	(void)state;
	keyd_fixture_start(&keyd);
	client = key_client_new(keyd.socket, 4, TIMEOUT_MS);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	key_client_free(client);
	keyd_fixture_stop(&keyd);
	return 0;
}

/* A call that must succeed; what went wrong is worth reading. */
static void
must(int rc, const struct err *err)
{
	if (rc)
		fail_msg("%s", err->text);
}

static void
must_not(int rc, const struct err *err, enum err_class class, const char *text)
{
	assert_int_equal(rc, -1);
	if (err->class != class || !strstr(err->text, text))
		fail_msg("class %d: %s", err->class, err->text);
}

/* A key that OpenSSL made and keyd sealed. */
struct identity {
	EVP_PKEY *pkey;
	struct key_sealed sealed;
	struct key_ref ref;
};

static void
identity_open(struct identity *identity, const char *kind)
{
	struct buf pkcs8;
	struct err err;

	identity->pkey = sample_key(kind);
	buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
	sample_pkcs8(identity->pkey, &pkcs8);
	key_sealed_init(&identity->sealed);
	must(
	    key_wrap(client, buf_slice(&pkcs8), &identity->sealed, &err), &err);
	memcpy(identity->ref.id, identity->sealed.id, KEY_ID_SIZE);
	identity->ref.wrapped = buf_slice(&identity->sealed.wrapped);
	buf_wipe(&pkcs8);
}

static void
identity_close(struct identity *identity)
{
	EVP_PKEY_free(identity->pkey);
	key_sealed_fini(&identity->sealed);
}

static void
test_hello(void **state)
{
	char *version = NULL;
	struct err err;

	(void)state;
	must(key_hello(client, &version, &err), &err);
	assert_true(strncmp(version, "smime-keyd ", 11) == 0);
	free(version);
}

static const struct {
	const char *kind;
	enum key_algorithm algorithm;
	enum key_hash hash;
	const char *name;
	size_t size;
} signings[] = {
    {"RSA-2048", KEY_ALG_RSA_PKCS1, KEY_HASH_SHA256, "SHA256", 32},
    {"RSA-2048", KEY_ALG_RSA_PKCS1, KEY_HASH_SHA384, "SHA384", 48},
    {"RSA-2048", KEY_ALG_RSA_PKCS1, KEY_HASH_SHA512, "SHA512", 64},
    {"RSA-2048", KEY_ALG_RSA_PSS, KEY_HASH_SHA256, "SHA256", 32},
    {"RSA-2048", KEY_ALG_RSA_PSS, KEY_HASH_SHA512, "SHA512", 64},
    {"P-256", KEY_ALG_ECDSA, KEY_HASH_SHA256, "SHA256", 32},
    {"P-384", KEY_ALG_ECDSA, KEY_HASH_SHA384, "SHA384", 48},
    {"P-521", KEY_ALG_ECDSA, KEY_HASH_SHA512, "SHA512", 64},
    {"ED25519", KEY_ALG_ED25519, KEY_HASH_SHA512, NULL, 64},
};

static void
test_sign_attrs(void **state)
{
	struct key_signing how;
	struct identity identity;
	struct buf attrs, signature;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(signings) / sizeof(signings[0]); i++) {
		identity_open(&identity, signings[i].kind);
		buf_init(&attrs, LIMIT_SIGNED_ATTRS);
		buf_init(&signature, 1024);
		sample_attrs(&attrs, signings[i].size);
		how.algorithm = signings[i].algorithm;
		how.hash = signings[i].hash;
		must(key_sign_attrs(client, &identity.ref, how,
			 buf_slice(&attrs), &signature, &err),
		    &err);
		assert_true(sample_verify(identity.pkey, how.algorithm,
		    signings[i].name, buf_slice(&attrs),
		    buf_slice(&signature)));
		attrs.data[attrs.len - 1] ^= 1;
		assert_false(sample_verify(identity.pkey, how.algorithm,
		    signings[i].name, buf_slice(&attrs),
		    buf_slice(&signature)));
		buf_fini(&attrs);
		buf_fini(&signature);
		identity_close(&identity);
	}
}

static void
test_digest_is_not_signed(void **state)
{
	struct key_signing how = {KEY_ALG_ECDSA, KEY_HASH_SHA256};
	unsigned char digest[32] = {0};
	struct identity identity;
	struct buf signature;
	struct err err;

	(void)state;
	identity_open(&identity, "P-256");
	buf_init(&signature, 1024);
	must_not(key_sign_attrs(client, &identity.ref, how,
		     slice_make(digest, sizeof(digest)), &signature, &err),
	    &err, ERR_POLICY, "not a SET OF");
	assert_int_equal(signature.len, 0);
	buf_fini(&signature);
	identity_close(&identity);
}

static void
test_crash_and_restart(void **state)
{
	char *version = NULL;
	struct err err;

	(void)state;
	must(key_hello(client, &version, &err), &err);
	free(version);
	keyd_fixture_kill(&keyd);
	must_not(key_hello(client, &version, &err), &err, ERR_TEMPORARY,
	    "smime-keyd");
	keyd_fixture_restart(&keyd);
	must(key_hello(client, &version, &err), &err);
	free(version);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hello),
	    cmocka_unit_test(test_sign_attrs),
	    cmocka_unit_test(test_digest_is_not_signed),
	    cmocka_unit_test(test_crash_and_restart),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
