/*
 * Keys at rest: the openssl command line opens what the key process seals;
 * and the key process takes and makes only the keys that mail should have.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/io.h"
#include "unit/key_identity.h"
#include "unit/key_sample.h"
#include "unit/keyd_fixture.h"

static struct keyd_fixture keyd;
static struct key_client *client;

static int
set_up(void **state)
{
	(void)state;
	keyd_fixture_start(&keyd);
	client = key_client_new(keyd.socket, 2, KEY_TIMEOUT_MS);
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

/* Opens sealed with the command line of the manual page, as an operator
 * without any of our programs would. */
static void
open_by_command(const struct key_sealed *sealed, struct buf *plain)
{
	char *in = xasprintf("%s/sealed", keyd.folder);
	char *out = xasprintf("%s/plain", keyd.folder);
	char *command = xasprintf(
	    "openssl enc -d -id-aes256-wrap-pad -K $(cat %s) -iv A65959A6 "
	    "-in %s -out %s && "
	    "openssl pkey -inform DER -in %s -check -noout >/dev/null 2>&1",
	    keyd.key_file, in, out, out);
	struct err err;

	must_work(
	    io_write_file(in, buf_slice(&sealed->wrapped), 0600, &err), &err);
	assert_int_equal(system(command), 0);
	buf_init(plain, LIMIT_PRIVATE_KEY);
	must_work(io_read_file(out, plain, &err), &err);
	unlink(in);
	unlink(out);
	free(in);
	free(out);
	free(command);
}

static void
test_sealed_keys_open_without_us(void **state)
{
	static const char *const kinds[] = {
	    "RSA-2048", "RSA-3072", "P-256", "P-384", "P-521", "ED25519"};
	struct key_identity identity;
	struct buf plain, pkcs8;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		key_identity_open(&identity, client, kinds[i]);
		buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
		sample_pkcs8(identity.pkey, &pkcs8);
		open_by_command(&identity.sealed, &plain);
		assert_true(slice_equal(buf_slice(&plain), buf_slice(&pkcs8)));
		assert_null(memmem(identity.sealed.wrapped.data,
		    identity.sealed.wrapped.len, pkcs8.data + pkcs8.len - 16,
		    16));
		buf_wipe(&plain);
		buf_wipe(&pkcs8);
		key_identity_close(&identity);
	}
}

static void
test_id_and_public_key(void **state)
{
	static const char *const kinds[] = {"RSA-2048", "P-256", "ED25519"};
	unsigned char id[SHA256_DIGEST_LENGTH];
	struct key_identity identity;
	struct buf spki;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		key_identity_open(&identity, client, kinds[i]);
		buf_init(&spki, 1000);
		sample_spki(identity.pkey, &spki);
		assert_true(slice_equal(
		    buf_slice(&spki), buf_slice(&identity.sealed.spki)));
		SHA256(spki.data, spki.len, id);
		assert_memory_equal(id, identity.ref.id, sizeof(id));
		buf_fini(&spki);
		key_identity_close(&identity);
	}
}

static const struct {
	enum key_algorithm algorithm;
	const char *type;
	int bits;
	enum key_algorithm signs;
	const char *hash;
} generated[] = {
    {KEY_ALG_NEW_RSA2048, "RSA", 2048, KEY_ALG_RSA_PKCS1, "SHA512"},
    {KEY_ALG_NEW_RSA3072, "RSA", 3072, KEY_ALG_RSA_PKCS1, "SHA512"},
    {KEY_ALG_NEW_RSA4096, "RSA", 4096, KEY_ALG_RSA_PKCS1, "SHA512"},
    {KEY_ALG_NEW_P256, "EC", 256, KEY_ALG_ECDSA, "SHA512"},
    {KEY_ALG_NEW_P384, "EC", 384, KEY_ALG_ECDSA, "SHA512"},
    {KEY_ALG_NEW_P521, "EC", 521, KEY_ALG_ECDSA, "SHA512"},
    {KEY_ALG_NEW_ED25519, "ED25519", 256, KEY_ALG_ED25519, NULL},
};

static void
check_generated(size_t i, const struct key_sealed *sealed)
{
	struct key_ref ref = {.wrapped = buf_slice(&sealed->wrapped)};
	struct key_signing how = {generated[i].signs, KEY_HASH_SHA512};
	EVP_PKEY *public = sample_public(buf_slice(&sealed->spki));
	struct buf plain, attrs, signature;
	struct err err;

	memcpy(ref.id, sealed->id, KEY_ID_SIZE);
	assert_true(EVP_PKEY_is_a(public, generated[i].type));
	assert_in_range(EVP_PKEY_get_bits(public), generated[i].bits - 3,
	    generated[i].bits);
	open_by_command(sealed, &plain);
	buf_init(&attrs, LIMIT_SIGNED_ATTRS);
	buf_init(&signature, 1024);
	sample_attrs(&attrs, 64);
	must_work(key_sign_attrs(
		      client, &ref, how, buf_slice(&attrs), &signature, &err),
	    &err);
	assert_true(sample_verify(public, generated[i].signs, generated[i].hash,
	    buf_slice(&attrs), buf_slice(&signature)));
	buf_fini(&attrs);
	buf_fini(&signature);
	buf_wipe(&plain);
	EVP_PKEY_free(public);
}

static void
test_generated_keys(void **state)
{
	struct key_sealed sealed;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(generated) / sizeof(generated[0]); i++) {
		key_sealed_init(&sealed);
		must_work(
		    key_generate(client, generated[i].algorithm, &sealed, &err),
		    &err);
		check_generated(i, &sealed);
		key_sealed_fini(&sealed);
	}
	key_sealed_init(&sealed);
	for (int a = 0; a < KEY_ALG_NEW_RSA2048; a++)
		must_fail(
		    key_generate(client, (enum key_algorithm)a, &sealed, &err),
		    &err, ERR_POLICY, "parameters");
	key_sealed_fini(&sealed);
}

static void
must_not_wrap(struct slice pkcs8, enum err_class class, const char *text)
{
	struct key_sealed sealed;
	struct err err;

	key_sealed_init(&sealed);
	must_fail(key_wrap(client, pkcs8, &sealed, &err), &err, class, text);
	assert_int_equal(sealed.wrapped.len, 0);
	assert_int_equal(sealed.spki.len, 0);
	key_sealed_fini(&sealed);
}

static void
test_other_keys_are_refused(void **state)
{
	static const struct {
		const char *kind, *text;
	} others[] = {{"RSA-1024", "RSA key of 1024 bits"},
	    {"RSA-2047", "RSA key of 2047 bits"},
	    {"secp256k1", "EC key on secp256k1"}, {"P-192", "EC key on"},
	    {"P-224", "EC key on"}, {"brainpoolP256r1", "EC key on"},
	    {"X25519", "key of type X25519"}, {"ED448", "key of type ED448"}};
	struct buf pkcs8;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		EVP_PKEY *pkey = sample_key(others[i].kind);

		buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
		sample_pkcs8(pkey, &pkcs8);
		must_not_wrap(buf_slice(&pkcs8), ERR_POLICY, others[i].text);
		buf_wipe(&pkcs8);
		EVP_PKEY_free(pkey);
	}
}

/* A curve that is spelt out, byte by byte, even when it is P-256. */
static void
test_unnamed_curve_is_refused(void **state)
{
	EVP_PKEY *pkey = sample_key("P-256");
	struct buf pkcs8;

	(void)state;
	assert_int_equal(
	    EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit"), 1);
	buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
	sample_pkcs8(pkey, &pkcs8);
	assert_true(pkcs8.len > 300);
	must_not_wrap(buf_slice(&pkcs8), ERR_POLICY, "without a named curve");
	buf_wipe(&pkcs8);
	EVP_PKEY_free(pkey);
}

static void
test_garbage_is_refused(void **state)
{
	EVP_PKEY *pkey = sample_key("P-256");
	struct buf pkcs8;

	(void)state;
	buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
	sample_pkcs8(pkey, &pkcs8);
	must_not_wrap(slice_text("garbage"), ERR_PERMANENT, "PKCS#8");
	must_not_wrap(slice_part(buf_slice(&pkcs8), 0, pkcs8.len - 1),
	    ERR_PERMANENT, "PKCS#8");
	buf_add_char(&pkcs8, 0);
	must_not_wrap(buf_slice(&pkcs8), ERR_PERMANENT, "PKCS#8");
	must_not_wrap(slice_make(NULL, 0), ERR_POLICY, "fields");
	buf_wipe(&pkcs8);
	EVP_PKEY_free(pkey);
}

/* One bit of each private number, and of the public ones. */
static void
test_damaged_keys_are_refused(void **state)
{
	EVP_PKEY *key = sample_key("RSA-2048");
	struct key_sealed sealed;
	struct buf pkcs8;
	struct err err;
	unsigned refused = 0, tried = 0;

	(void)state;
	buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
	sample_pkcs8(key, &pkcs8);
	for (size_t at = 60; at < pkcs8.len; at += 113) {
		pkcs8.data[at] ^= 0x04;
		key_sealed_init(&sealed);
		tried++;
		if (key_wrap(client, buf_slice(&pkcs8), &sealed, &err))
			refused++;
		key_sealed_fini(&sealed);
		pkcs8.data[at] ^= 0x04;
	}
	assert_true(tried >= 10);
	assert_int_equal(refused, tried);
	buf_wipe(&pkcs8);
	EVP_PKEY_free(key);
}

/* The private number of one EC key and the point of another. */
static void
test_mixed_keys_are_refused(void **state)
{
	EVP_PKEY *a = sample_key("P-256"), *b = sample_key("P-256");
	struct buf first, second;

	(void)state;
	buf_init(&first, LIMIT_PRIVATE_KEY);
	buf_init(&second, LIMIT_PRIVATE_KEY);
	sample_pkcs8(a, &first);
	sample_pkcs8(b, &second);
	assert_int_equal(first.len, second.len);
	memcpy(first.data + first.len - 64, second.data + second.len - 64, 64);
	must_not_wrap(buf_slice(&first), ERR_POLICY, "does not fit");
	buf_wipe(&first);
	buf_wipe(&second);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}

static void
must_not_load(const struct key_ref *ref, const char *text)
{
	struct key_signing how = {KEY_ALG_ECDSA, KEY_HASH_SHA256};
	struct buf attrs, signature;
	struct err err;

	buf_init(&attrs, LIMIT_SIGNED_ATTRS);
	buf_init(&signature, 1024);
	sample_attrs(&attrs, 32);
	must_fail(key_sign_attrs(
		      client, ref, how, buf_slice(&attrs), &signature, &err),
	    &err, ERR_PERMANENT, text);
	assert_int_equal(signature.len, 0);
	buf_fini(&attrs);
	buf_fini(&signature);
}

static void
test_wrong_sealed_keys_are_not_loaded(void **state)
{
	struct key_identity one, two;
	struct key_ref mixed;

	(void)state;
	key_identity_open(&one, client, "P-256");
	key_identity_open(&two, client, "P-256");
	/* Nothing is loaded now. */
	keyd_fixture_kill(&keyd);
	keyd_fixture_restart(&keyd);
	mixed = one.ref;
	mixed.wrapped = two.ref.wrapped;
	must_not_load(&mixed, "not the one of this key id");
	for (size_t at = 0; at < one.sealed.wrapped.len; at += 16) {
		one.sealed.wrapped.data[at] ^= 1;
		must_not_load(&one.ref, "not sealed with this wrapping key");
		one.sealed.wrapped.data[at] ^= 1;
	}
	mixed.wrapped = slice_part(one.ref.wrapped, 0, 8);
	must_not_load(&mixed, "not sealed with this wrapping key");
	mixed.wrapped = slice_part(one.ref.wrapped, 0, 17);
	must_not_load(&mixed, "not sealed with this wrapping key");
	key_identity_close(&one);
	key_identity_close(&two);
}

static void
test_other_wrapping_key(void **state)
{
	struct key_identity identity;
	struct keyd_fixture other;
	struct key_client *stranger;
	struct buf attrs, signature;
	struct err err;

	(void)state;
	key_identity_open(&identity, client, "P-256");
	keyd_fixture_start(&other);
	stranger = key_client_new(other.socket, 1, KEY_TIMEOUT_MS);
	buf_init(&attrs, LIMIT_SIGNED_ATTRS);
	buf_init(&signature, 1024);
	sample_attrs(&attrs, 32);
	must_fail(key_sign_attrs(stranger, &identity.ref,
		      (struct key_signing){KEY_ALG_ECDSA, KEY_HASH_SHA256},
		      buf_slice(&attrs), &signature, &err),
	    &err, ERR_PERMANENT, "not sealed with this wrapping key");
	buf_fini(&attrs);
	buf_fini(&signature);
	key_client_free(stranger);
	keyd_fixture_stop(&other);
	key_identity_close(&identity);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sealed_keys_open_without_us),
	    cmocka_unit_test(test_id_and_public_key),
	    cmocka_unit_test(test_generated_keys),
	    cmocka_unit_test(test_other_keys_are_refused),
	    cmocka_unit_test(test_unnamed_curve_is_refused),
	    cmocka_unit_test(test_garbage_is_refused),
	    cmocka_unit_test(test_damaged_keys_are_refused),
	    cmocka_unit_test(test_mixed_keys_are_refused),
	    cmocka_unit_test(test_wrong_sealed_keys_are_not_loaded),
	    cmocka_unit_test(test_other_wrapping_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
