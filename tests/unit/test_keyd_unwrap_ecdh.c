/*
 * Key agreement: a sender that is put together from OpenSSL's primitives, as
 * RFC 5753 says, and the key process as the recipient.
 */
#include "unit/unit.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "unit/key_identity.h"
#include "unit/key_sample.h"
#include "unit/keyd_fixture.h"

static struct keyd_fixture keyd;
static struct key_client *client;
static struct key_identity p256, p384, p521, rsa;
static unsigned char plain[32];

static int
set_up(void **state)
{
	(void)state;
	keyd_fixture_start(&keyd);
	client = key_client_new(keyd.socket, 2, KEY_TIMEOUT_MS);
	key_identity_open(&p256, client, "P-256");
	key_identity_open(&p384, client, "P-384");
	key_identity_open(&p521, client, "P-521");
	key_identity_open(&rsa, client, "RSA-2048");
	RAND_bytes(plain, sizeof(plain));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	key_identity_close(&p256);
	key_identity_close(&p384);
	key_identity_close(&p521);
	key_identity_close(&rsa);
	key_client_free(client);
	keyd_fixture_stop(&keyd);
	return 0;
}

/* Everything that a KeyAgreeRecipientInfo says. */
struct sent {
	struct buf ephemeral;
	struct buf info;
	struct buf wrapped;
};

/* What a sender chooses. */
struct choice {
	const char *curve;
	EVP_PKEY *recipient;
	enum key_hash hash;
	const char *hash_name;
	size_t kek_size;
	const char *ukm; /* or NULL */
	struct slice content_key;
};

static void
add_tlv(struct buf *out, unsigned char tag, struct slice contents)
{
	assert_true(contents.len < 0x80);
	buf_add_char(out, (char)tag);
	buf_add_char(out, (char)contents.len);
	buf_add_slice(out, contents);
}

/* ECC-CMS-SharedInfo, RFC 5753 7.2. */
static void
make_info(const struct choice *c, struct buf *out)
{
	unsigned char oid[] = {
	    0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0};
	unsigned char bits[] = {0, 0, (unsigned char)(c->kek_size >> 5),
	    (unsigned char)(c->kek_size << 3)};
	struct buf algorithm, inner, body;

	oid[8] = c->kek_size == 16 ? 0x05 : c->kek_size == 24 ? 0x19 : 0x2d;
	buf_init(&algorithm, 100);
	buf_init(&inner, 100);
	buf_init(&body, 100);
	add_tlv(&algorithm, 0x06, slice_make(oid, sizeof(oid)));
	add_tlv(&body, 0x30, buf_slice(&algorithm));
	if (c->ukm) {
		add_tlv(&inner, 0x04, slice_text(c->ukm));
		add_tlv(&body, 0xa0, buf_slice(&inner));
		buf_clear(&inner);
	}
	add_tlv(&inner, 0x04, slice_make(bits, sizeof(bits)));
	add_tlv(&body, 0xa2, buf_slice(&inner));
	buf_init(out, 200);
	add_tlv(out, 0x30, buf_slice(&body));
	buf_fini(&algorithm);
	buf_fini(&inner);
	buf_fini(&body);
}

static void
make_kek(const struct choice *c, EVP_PKEY *ephemeral, struct slice info,
    unsigned char *kek)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ephemeral, NULL);
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "X963KDF", NULL);
	EVP_KDF_CTX *kctx = EVP_KDF_CTX_new(kdf);
	unsigned char z[66];
	size_t len = sizeof(z);
	OSSL_PARAM params[4], *p = params;

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, c->recipient), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, z, &len), 1);
	*p++ = OSSL_PARAM_construct_utf8_string(
	    OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)c->hash_name, 0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, z, len);
	*p++ = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.data, info.len);
	*p = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_KDF_derive(kctx, kek, c->kek_size, params), 1);
	EVP_KDF_CTX_free(kctx);
	EVP_KDF_free(kdf);
	EVP_PKEY_CTX_free(ctx);
}

static void
wrap(const struct choice *c, const unsigned char *kek, struct buf *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *room;
	int len;

	buf_init(out, 100);
	room = buf_reserve(out, c->content_key.len + 8);
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(EVP_EncryptInit_ex(ctx,
			     c->kek_size == 16	 ? EVP_aes_128_wrap()
			     : c->kek_size == 24 ? EVP_aes_192_wrap()
						 : EVP_aes_256_wrap(),
			     NULL, kek, NULL),
	    1);
	assert_int_equal(EVP_EncryptUpdate(ctx, room, &len, c->content_key.data,
			     (int)c->content_key.len),
	    1);
	out->len = (size_t)len;
	EVP_CIPHER_CTX_free(ctx);
}

static void
sender(const struct choice *c, struct sent *sent)
{
	EVP_PKEY *ephemeral = sample_key(c->curve);
	unsigned char kek[32];

	buf_init(&sent->ephemeral, 1000);
	sample_spki(ephemeral, &sent->ephemeral);
	make_info(c, &sent->info);
	make_kek(c, ephemeral, buf_slice(&sent->info), kek);
	wrap(c, kek, &sent->wrapped);
	EVP_PKEY_free(ephemeral);
}

static void
sent_fini(struct sent *sent)
{
	buf_fini(&sent->ephemeral);
	buf_fini(&sent->info);
	buf_fini(&sent->wrapped);
}

static struct key_agreement
agreement_of(const struct sent *sent, enum key_hash hash)
{
	return (struct key_agreement){.kdf_hash = hash,
	    .ephemeral = buf_slice(&sent->ephemeral),
	    .shared_info = buf_slice(&sent->info),
	    .wrapped_key = buf_slice(&sent->wrapped)};
}

static void
unwrap(const struct key_identity *identity, const struct key_agreement *how,
    size_t wanted, unsigned char *out)
{
	struct buf key;
	struct err err;

	buf_init(&key, 64);
	must_work(
	    key_unwrap_ecdh(client, &identity->ref, how, wanted, &key, &err),
	    &err);
	assert_int_equal(key.len, wanted);
	memcpy(out, key.data, wanted);
	buf_wipe(&key);
}

static void
must_be_decoy(const struct key_identity *identity,
    const struct key_agreement *how, size_t wanted)
{
	unsigned char first[32], second[32];

	unwrap(identity, how, wanted, first);
	unwrap(identity, how, wanted, second);
	assert_memory_equal(first, second, wanted);
	for (size_t i = 0; i + 8 <= wanted; i++)
		assert_null(memmem(plain, sizeof(plain), first + i, 8));
}

static void
must_refuse(const struct key_identity *identity,
    const struct key_agreement *how, size_t wanted, const char *text)
{
	struct buf key;
	struct err err;

	buf_init(&key, 64);
	must_fail(
	    key_unwrap_ecdh(client, &identity->ref, how, wanted, &key, &err),
	    &err, ERR_POLICY, text);
	assert_int_equal(key.len, 0);
	buf_fini(&key);
}

static const struct {
	struct key_identity *identity;
	const char *curve;
} curves[] = {{&p256, "P-256"}, {&p384, "P-384"}, {&p521, "P-521"}};

static const struct {
	enum key_hash hash;
	const char *name;
} hashes[] = {{KEY_HASH_SHA1, "SHA1"}, {KEY_HASH_SHA224, "SHA224"},
    {KEY_HASH_SHA256, "SHA256"}, {KEY_HASH_SHA384, "SHA384"},
    {KEY_HASH_SHA512, "SHA512"}};

static const size_t sizes[] = {16, 24, 32};

/* Every curve, hash, size of both keys, with and without UKM. */
static void
test_agreement(void **state)
{
	unsigned char out[32];
	struct sent sent;

	(void)state;
	for (size_t i = 0; i < 3 * 5 * 3 * 3 * 2; i++) {
		size_t curve = i % 3, hash = i / 3 % 5;
		struct choice choice = {curves[curve].curve,
		    curves[curve].identity->pkey, hashes[hash].hash,
		    hashes[hash].name, sizes[i / 15 % 3],
		    i / 135 ? "user keying material" : NULL,
		    slice_make(plain, sizes[i / 45 % 3])};
		struct key_agreement how;

		sender(&choice, &sent);
		how = agreement_of(&sent, choice.hash);
		unwrap(
		    curves[curve].identity, &how, choice.content_key.len, out);
		assert_memory_equal(out, plain, choice.content_key.len);
		sent_fini(&sent);
	}
}

static struct choice
usual_choice(size_t len)
{
	return (struct choice){"P-256", p256.pkey, KEY_HASH_SHA256, "SHA256",
	    32, "ukm", slice_make(plain, len)};
}

static void
test_wrong_wrapped_key(void **state)
{
	unsigned char decoys[48][32];
	struct choice choice = usual_choice(sizeof(plain));
	struct key_agreement how;
	struct sent sent;

	(void)state;
	sender(&choice, &sent);
	how = agreement_of(&sent, KEY_HASH_SHA256);
	for (size_t at = 0; at < sent.wrapped.len; at++) {
		sent.wrapped.data[at] ^= 0x10;
		must_be_decoy(&p256, &how, sizeof(plain));
		unwrap(&p256, &how, sizeof(plain), decoys[at]);
		if (at > 0)
			assert_memory_not_equal(
			    decoys[at], decoys[at - 1], sizeof(plain));
		sent.wrapped.data[at] ^= 0x10;
	}
	/* Lengths that cannot be. */
	must_be_decoy(&p256, &how, 16);
	how.wrapped_key.len -= 1;
	must_be_decoy(&p256, &how, 32);
	how.wrapped_key.len -= 7;
	must_be_decoy(&p256, &how, 32);
	how.wrapped_key.len = 1;
	must_be_decoy(&p256, &how, 32);
	sent_fini(&sent);
}

static void
test_wrong_derivation(void **state)
{
	struct choice choice = usual_choice(sizeof(plain));
	struct key_agreement how;
	EVP_PKEY *other;
	struct buf spki;
	struct sent sent;

	(void)state;
	sender(&choice, &sent);
	how = agreement_of(&sent, KEY_HASH_SHA512);
	must_be_decoy(&p256, &how, sizeof(plain));
	how = agreement_of(&sent, KEY_HASH_SHA256);
	/* Another ephemeral key on the curve, other keying material. */
	other = sample_key("P-256");
	buf_init(&spki, 1000);
	sample_spki(other, &spki);
	how.ephemeral = buf_slice(&spki);
	must_be_decoy(&p256, &how, sizeof(plain));
	how = agreement_of(&sent, KEY_HASH_SHA256);
	*(unsigned char *)memmem(sent.info.data, sent.info.len, "ukm", 3) ^= 1;
	must_be_decoy(&p256, &how, sizeof(plain));
	buf_fini(&spki);
	EVP_PKEY_free(other);
	sent_fini(&sent);
}

static void
test_other_originators_are_refused(void **state)
{
	static const char *const kinds[] = {
	    "P-384", "secp256k1", "brainpoolP256r1", "X25519", "RSA-2048"};
	struct choice choice = usual_choice(sizeof(plain));
	struct key_agreement how;
	struct buf spki;
	struct sent sent;

	(void)state;
	sender(&choice, &sent);
	how = agreement_of(&sent, KEY_HASH_SHA256);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		EVP_PKEY *other = sample_key(kinds[i]);

		buf_init(&spki, 1000);
		sample_spki(other, &spki);
		how.ephemeral = buf_slice(&spki);
		must_refuse(&p256, &how, 32, "not on our curve");
		buf_fini(&spki);
		EVP_PKEY_free(other);
	}
	sent_fini(&sent);
}

/* A point that is not on the curve would give the private key away, a few
 * bits at a time. */
static void
test_invalid_points_are_refused(void **state)
{
	struct choice choice = usual_choice(sizeof(plain));
	struct key_agreement how;
	struct sent sent;
	unsigned char *spki;
	size_t len;

	(void)state;
	sender(&choice, &sent);
	spki = sent.ephemeral.data;
	len = sent.ephemeral.len;
	how = agreement_of(&sent, KEY_HASH_SHA256);
	for (size_t at = 27; at < len; at += 8) {
		spki[at] ^= 1;
		must_refuse(&p256, &how, 32, "not on our curve");
		spki[at] ^= 1;
	}
	spki[26] = 0x05;
	must_refuse(&p256, &how, 32, "not on our curve");
	spki[26] = 0x04;
	how.ephemeral = slice_make(spki, len - 1);
	must_refuse(&p256, &how, 32, "not on our curve");
	buf_add_char(&sent.ephemeral, 0);
	how.ephemeral = buf_slice(&sent.ephemeral);
	must_refuse(&p256, &how, 32, "not on our curve");
	/* Infinity is one zero byte. */
	sent.ephemeral.len = 27;
	sent.ephemeral.data[1] = 25;
	sent.ephemeral.data[24] = 2;
	sent.ephemeral.data[26] = 0;
	how.ephemeral = buf_slice(&sent.ephemeral);
	must_refuse(&p256, &how, 32, "not on our curve");
	sent_fini(&sent);
}

static void
test_compressed_point(void **state)
{
	unsigned char out[16];
	struct choice choice = usual_choice(16);
	struct key_agreement how;
	struct sent sent;
	unsigned char *spki;

	(void)state;
	sender(&choice, &sent);
	spki = sent.ephemeral.data;
	spki[26] = 2 + (spki[sent.ephemeral.len - 1] & 1);
	spki[24] = 34;
	spki[1] = 57;
	sent.ephemeral.len = 59;
	how = agreement_of(&sent, KEY_HASH_SHA256);
	unwrap(&p256, &how, 16, out);
	assert_memory_equal(out, plain, 16);
	sent_fini(&sent);
}

/* Each byte of the structure, changed: refused, or it was a value and the
 * derived key is another one; never the content key. */
static void
test_shared_info_is_checked(void **state)
{
	unsigned char out[32];
	struct choice choice = usual_choice(sizeof(plain));
	struct key_agreement how;
	struct sent sent;
	struct buf key;
	struct err err;
	unsigned refused = 0;

	(void)state;
	sender(&choice, &sent);
	how = agreement_of(&sent, KEY_HASH_SHA256);
	for (size_t at = 0; at < sent.info.len; at++) {
		buf_init(&key, 64);
		sent.info.data[at] ^= 1;
		if (key_unwrap_ecdh(client, &p256.ref, &how, 32, &key, &err)) {
			must_fail(-1, &err, ERR_POLICY, "shared info");
			refused++;
		} else {
			assert_memory_not_equal(key.data, plain, 32);
		}
		sent.info.data[at] ^= 1;
		buf_fini(&key);
	}
	/* All but the three bytes of keying material. */
	assert_int_equal(refused, sent.info.len - 3);
	how.shared_info.len--;
	must_refuse(&p256, &how, 32, "shared info");
	how.shared_info = slice_text("anything");
	must_refuse(&p256, &how, 32, "shared info");
	how = agreement_of(&sent, KEY_HASH_SHA256);
	unwrap(&p256, &how, sizeof(plain), out);
	assert_memory_equal(out, plain, sizeof(plain));
	sent_fini(&sent);
}

static void
test_other_requests_are_refused(void **state)
{
	struct choice choice = usual_choice(sizeof(plain));
	struct key_agreement how;
	struct sent sent;

	(void)state;
	sender(&choice, &sent);
	how = agreement_of(&sent, KEY_HASH_SHA256);
	for (size_t wanted = 1; wanted < 80; wanted++)
		if (wanted != 16 && wanted != 24 && wanted != 32)
			must_refuse(&p256, &how, wanted, "content key");
	must_refuse(&rsa, &how, 32, "not an EC key");
	how.kdf_hash = KEY_HASH_NONE;
	must_refuse(&p256, &how, 32, "not a way");
	how = agreement_of(&sent, KEY_HASH_SHA256);
	how.wrapped_key.len = 0;
	must_refuse(&p256, &how, 32, "fields");
	sent_fini(&sent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_agreement),
	    cmocka_unit_test(test_wrong_wrapped_key),
	    cmocka_unit_test(test_wrong_derivation),
	    cmocka_unit_test(test_other_originators_are_refused),
	    cmocka_unit_test(test_invalid_points_are_refused),
	    cmocka_unit_test(test_compressed_point),
	    cmocka_unit_test(test_shared_info_is_checked),
	    cmocka_unit_test(test_other_requests_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
