/*
 * Key transport: right ciphertexts give the content key, every wrong one
 * gives something that looks the same and always is the same.
 */
#include "unit/unit.h"

#include <string.h>

#include <openssl/rand.h>

#include "unit/key_identity.h"
#include "unit/key_sample.h"
#include "unit/keyd_fixture.h"

#define RSA_SIZE 256

static struct keyd_fixture keyd;
static struct key_client *client;
static struct key_identity rsa, ec;

static const struct key_transport pkcs1 = {.algorithm = KEY_ALG_RSA_PKCS1};
static const size_t sizes[] = {16, 24, 32};

static int
set_up(void **state)
{
	(void)state;
	keyd_fixture_start(&keyd);
	client = key_client_new(keyd.socket, 2, KEY_TIMEOUT_MS);
	key_identity_open(&rsa, client, "RSA-2048");
	key_identity_open(&ec, client, "P-256");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	key_identity_close(&rsa);
	key_identity_close(&ec);
	key_client_free(client);
	keyd_fixture_stop(&keyd);
	return 0;
}

static void
unwrap(const struct key_transport *how, struct slice encrypted, size_t wanted,
    unsigned char *out)
{
	struct key_transport asked = *how;
	struct buf key;
	struct err err;

	asked.encrypted = encrypted;
	buf_init(&key, 64);
	must_work(
	    key_unwrap_rsa(client, &rsa.ref, &asked, wanted, &key, &err), &err);
	assert_int_equal(key.len, wanted);
	memcpy(out, key.data, wanted);
	buf_wipe(&key);
}

/* What comes out is of the wanted length, the same each time, and not any
 * part of what was encrypted. */
static void
must_be_decoy(const struct key_transport *how, struct slice encrypted,
    size_t wanted, struct slice plain)
{
	unsigned char first[64], second[64];

	unwrap(how, encrypted, wanted, first);
	unwrap(how, encrypted, wanted, second);
	assert_memory_equal(first, second, wanted);
	assert_null(memmem(plain.data, plain.len, first, wanted));
	for (size_t i = 0; i + 8 <= wanted; i++)
		assert_null(memmem(plain.data, plain.len, first + i, 8));
}

static void
test_pkcs1(void **state)
{
	unsigned char plain[32], out[32];
	struct buf encrypted;

	(void)state;
	RAND_bytes(plain, sizeof(plain));
	for (size_t i = 0; i < 3; i++) {
		buf_init(&encrypted, RSA_SIZE);
		sample_encrypt_pkcs1(
		    rsa.pkey, slice_make(plain, sizes[i]), &encrypted);
		unwrap(&pkcs1, buf_slice(&encrypted), sizes[i], out);
		assert_memory_equal(out, plain, sizes[i]);
		buf_fini(&encrypted);
	}
}

/* 00 02 PS 00 M for a key of len bytes, encrypted as it is. */
static void
encrypt_padded(const unsigned char *padded, struct buf *out)
{
	buf_init(out, RSA_SIZE);
	sample_encrypt_raw(rsa.pkey, slice_make(padded, RSA_SIZE), out);
}

static void
make_padded(unsigned char *padded, const unsigned char *plain, size_t len)
{
	memset(padded, 0xa5, RSA_SIZE);
	padded[0] = 0;
	padded[1] = 2;
	padded[RSA_SIZE - len - 1] = 0;
	memcpy(padded + RSA_SIZE - len, plain, len);
}

/* Each byte of the padding, wrong on its own. */
static void
test_pkcs1_every_fault(void **state)
{
	unsigned char plain[16], padded[RSA_SIZE], out[16];
	struct buf encrypted;

	(void)state;
	RAND_bytes(plain, sizeof(plain));
	make_padded(padded, plain, sizeof(plain));
	encrypt_padded(padded, &encrypted);
	unwrap(&pkcs1, buf_slice(&encrypted), sizeof(plain), out);
	assert_memory_equal(out, plain, sizeof(plain));
	buf_fini(&encrypted);
	for (size_t at = 1; at < RSA_SIZE - sizeof(plain); at++) {
		unsigned char saved = padded[at];

		/* The type and the separator get another value, the padding
		 * string a zero. */
		padded[at] = at == 1 || saved == 0 ? 1 : 0;
		encrypt_padded(padded, &encrypted);
		must_be_decoy(&pkcs1, buf_slice(&encrypted), sizeof(plain),
		    slice_make(plain, sizeof(plain)));
		buf_fini(&encrypted);
		padded[at] = saved;
	}
}

/* The first byte can be no other than 0 for a number below the modulus, but
 * for a small one. */
static void
test_pkcs1_first_byte(void **state)
{
	unsigned char plain[16], padded[RSA_SIZE];
	struct buf encrypted;

	(void)state;
	RAND_bytes(plain, sizeof(plain));
	make_padded(padded, plain, sizeof(plain));
	padded[0] = 1;
	encrypt_padded(padded, &encrypted);
	must_be_decoy(&pkcs1, buf_slice(&encrypted), sizeof(plain),
	    slice_make(plain, sizeof(plain)));
	buf_fini(&encrypted);
}

static void
test_pkcs1_other_length_than_wanted(void **state)
{
	unsigned char plain[48];
	struct buf encrypted;

	(void)state;
	RAND_bytes(plain, sizeof(plain));
	for (size_t len = 0; len <= sizeof(plain); len++) {
		buf_init(&encrypted, RSA_SIZE);
		sample_encrypt_pkcs1(
		    rsa.pkey, slice_make(plain, len), &encrypted);
		for (size_t i = 0; i < 3; i++)
			if (len != sizes[i])
				must_be_decoy(&pkcs1, buf_slice(&encrypted),
				    sizes[i], slice_make(plain, len));
		buf_fini(&encrypted);
	}
}

/* Numbers that are no ciphertexts, which everybody can see. */
static void
test_pkcs1_not_a_number_below_the_modulus(void **state)
{
	static const unsigned char none[1];
	unsigned char big[RSA_SIZE + 1];

	(void)state;
	memset(big, 0xff, sizeof(big));
	must_be_decoy(
	    &pkcs1, slice_make(big, RSA_SIZE), 16, slice_make(none, 0));
	must_be_decoy(
	    &pkcs1, slice_make(big, RSA_SIZE + 1), 16, slice_make(none, 0));
	memset(big, 0, sizeof(big));
	must_be_decoy(
	    &pkcs1, slice_make(big, RSA_SIZE), 16, slice_make(none, 0));
	must_be_decoy(&pkcs1, slice_make(big, 1), 16, slice_make(none, 0));
}

/* Another ciphertext or another length has another decoy. */
static void
test_decoys_differ(void **state)
{
	unsigned char noise[RSA_SIZE] = {0}, a[32], b[32], c[32];

	(void)state;
	RAND_bytes(noise + 1, sizeof(noise) - 1);
	unwrap(&pkcs1, slice_make(noise, sizeof(noise)), 32, a);
	unwrap(&pkcs1, slice_make(noise, sizeof(noise)), 16, b);
	noise[RSA_SIZE - 1] ^= 1;
	unwrap(&pkcs1, slice_make(noise, sizeof(noise)), 32, c);
	assert_memory_not_equal(a, b, 16);
	assert_memory_not_equal(a, c, 32);
}

/* Each process has its own: what one run gave says nothing in the next. */
static void
test_decoys_of_another_run(void **state)
{
	unsigned char noise[RSA_SIZE] = {0}, a[32], b[32];

	(void)state;
	RAND_bytes(noise + 1, sizeof(noise) - 1);
	unwrap(&pkcs1, slice_make(noise, sizeof(noise)), 32, a);
	keyd_fixture_kill(&keyd);
	keyd_fixture_restart(&keyd);
	unwrap(&pkcs1, slice_make(noise, sizeof(noise)), 32, b);
	assert_memory_not_equal(a, b, 32);
}

static const struct {
	enum key_hash hash;
	const char *name;
} hashes[] = {{KEY_HASH_SHA1, "SHA1"}, {KEY_HASH_SHA224, "SHA224"},
    {KEY_HASH_SHA256, "SHA256"}, {KEY_HASH_SHA384, "SHA384"},
    {KEY_HASH_SHA512, "SHA512"}};

static struct key_transport
oaep(enum key_hash hash, enum key_hash mgf_hash, struct slice label)
{
	return (struct key_transport){.algorithm = KEY_ALG_RSA_OAEP,
	    .hash = hash,
	    .mgf_hash = mgf_hash,
	    .label = label};
}

static void
test_oaep(void **state)
{
	unsigned char plain[32], out[32];
	struct buf encrypted;

	(void)state;
	RAND_bytes(plain, sizeof(plain));
	for (size_t i = 0; i < 5 * 5 * 2; i++) {
		size_t h = i % 5, g = i / 5 % 5;
		struct slice label = slice_text(i / 25 ? "label" : "");
		struct sample_oaep theirs = {
		    hashes[h].name, hashes[g].name, label};
		struct key_transport ours =
		    oaep(hashes[h].hash, hashes[g].hash, label);

		buf_init(&encrypted, RSA_SIZE);
		sample_encrypt_oaep(rsa.pkey, &theirs,
		    slice_make(plain, sizes[i % 3]), &encrypted);
		unwrap(&ours, buf_slice(&encrypted), sizes[i % 3], out);
		assert_memory_equal(out, plain, sizes[i % 3]);
		buf_fini(&encrypted);
	}
}

static void
test_oaep_faults(void **state)
{
	struct sample_oaep theirs = {"SHA256", "SHA256", slice_text("label")};
	const struct key_transport others[] = {
	    oaep(KEY_HASH_SHA1, KEY_HASH_SHA256, slice_text("label")),
	    oaep(KEY_HASH_SHA256, KEY_HASH_SHA1, slice_text("label")),
	    oaep(KEY_HASH_SHA256, KEY_HASH_SHA256, slice_text("lab")),
	    oaep(KEY_HASH_SHA256, KEY_HASH_SHA256, slice_text("")), pkcs1};
	struct key_transport right =
	    oaep(KEY_HASH_SHA256, KEY_HASH_SHA256, slice_text("label"));
	unsigned char bytes[32];
	struct slice plain = slice_make(bytes, sizeof(bytes));
	struct buf encrypted;

	(void)state;
	RAND_bytes(bytes, sizeof(bytes));
	buf_init(&encrypted, RSA_SIZE);
	sample_encrypt_oaep(rsa.pkey, &theirs, plain, &encrypted);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		must_be_decoy(
		    &others[i], buf_slice(&encrypted), sizeof(bytes), plain);
	must_be_decoy(&right, buf_slice(&encrypted), 16, plain);
	encrypted.data[RSA_SIZE / 2] ^= 1;
	must_be_decoy(&right, buf_slice(&encrypted), sizeof(bytes), plain);
	buf_fini(&encrypted);
}

static void
must_not_unwrap(const struct key_identity *identity,
    const struct key_transport *how, size_t wanted, const char *text)
{
	unsigned char encrypted[RSA_SIZE] = {0};
	struct key_transport asked = *how;
	struct buf key;
	struct err err;

	asked.encrypted = slice_make(encrypted, sizeof(encrypted));
	buf_init(&key, 65536);
	must_fail(
	    key_unwrap_rsa(client, &identity->ref, &asked, wanted, &key, &err),
	    &err, ERR_POLICY, text);
	assert_int_equal(key.len, 0);
	buf_fini(&key);
}

static void
test_other_requests_are_refused(void **state)
{
	const struct key_transport half =
	    oaep(KEY_HASH_SHA256, KEY_HASH_NONE, slice_text(""));
	const struct key_transport pss = {.algorithm = KEY_ALG_RSA_PSS};
	const struct key_transport ecdh = {.algorithm = KEY_ALG_ECDH};

	(void)state;
	for (size_t wanted = 1; wanted < 300; wanted++)
		if (wanted != 16 && wanted != 24 && wanted != 32)
			must_not_unwrap(&rsa, &pkcs1, wanted, "content key");
	must_not_unwrap(&ec, &pkcs1, 16, "not an RSA key");
	must_not_unwrap(&rsa, &half, 16, "OAEP without hashes");
	must_not_unwrap(&rsa, &pss, 16, "not a way");
	must_not_unwrap(&rsa, &ecdh, 16, "parameters");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pkcs1),
	    cmocka_unit_test(test_pkcs1_every_fault),
	    cmocka_unit_test(test_pkcs1_first_byte),
	    cmocka_unit_test(test_pkcs1_other_length_than_wanted),
	    cmocka_unit_test(test_pkcs1_not_a_number_below_the_modulus),
	    cmocka_unit_test(test_decoys_differ),
	    cmocka_unit_test(test_decoys_of_another_run),
	    cmocka_unit_test(test_oaep),
	    cmocka_unit_test(test_oaep_faults),
	    cmocka_unit_test(test_other_requests_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
