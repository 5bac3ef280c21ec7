/*
 * keyd_key.c: see keyd_key.h.  A key does not change once it is made, but for
 * contexts that appear; any number of threads may use it.  Private numbers live in OpenSSL's objects,
 * which wipe them when freed; the DER around them is wiped here.  OpenSSL's
 * secure heap is not used: it is one fixed arena behind one lock, too small
 * for the keys of a large site, and a key that does not fit fails to load.
 * Locking and hiding all memory of the process (keyd_service.c) does more.
 */
#include "keyd/keyd_key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/limits.h"

/* The largest names of OpenSSL's groups are below 40 characters. */
#define GROUP_NAME_MAX 80

static int
check_rsa(EVP_PKEY *pkey, struct err *err)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (bits < LIMIT_RSA_BITS_MIN || bits > LIMIT_RSA_BITS)
		return err_set(err, ERR_POLICY,
		    "RSA key of %d bits; %d to %d bits are accepted", bits,
		    LIMIT_RSA_BITS_MIN, LIMIT_RSA_BITS);
	return 0;
}

/* A curve that is spelt out instead of named would appear so in the
 * SubjectPublicKeyInfo, and few can read that (RFC 5480 2.1.1). */
static int
check_ec(EVP_PKEY *pkey, struct err *err)
{
	char name[GROUP_NAME_MAX] = "", encoding[GROUP_NAME_MAX] = "";

	if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) != 1 ||
	    EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
		encoding, sizeof(encoding), NULL) != 1 ||
	    strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) != 0) {
		ERR_clear_error();
		return err_set(err, ERR_POLICY, "EC key without a named curve");
	}
	if (strcmp(name, SN_X9_62_prime256v1) != 0 &&
	    strcmp(name, SN_secp384r1) != 0 && strcmp(name, SN_secp521r1) != 0)
		return err_set(err, ERR_POLICY,
		    "EC key on %s; P-256, P-384 and P-521 are accepted", name);
	return 0;
}

static int
check_kind(EVP_PKEY *pkey, enum keyd_key_kind *kind, struct err *err)
{
	const char *name;

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		*kind = KEYD_RSA;
		return check_rsa(pkey, err);
	}
	if (EVP_PKEY_is_a(pkey, "EC")) {
		*kind = KEYD_EC;
		return check_ec(pkey, err);
	}
	if (EVP_PKEY_is_a(pkey, "ED25519")) {
		*kind = KEYD_ED25519;
		return 0;
	}
	name = EVP_PKEY_get0_type_name(pkey);
	return err_set(err, ERR_POLICY,
	    "key of type %s; RSA, EC and Ed25519 are accepted",
	    name ? name : "unknown");
}

static int
write_spki(struct keyd_key *key, const struct keyd_crypto *c, struct err *err)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);

	if (len <= 0)
		return err_set_crypto(
		    err, ERR_PERMANENT, "cannot write the public key");
	buf_add(&key->spki, der, (size_t)len);
	OPENSSL_free(der);
	if (!buf_ok(&key->spki))
		return err_set(err, ERR_PERMANENT, "public key too large");
	if (EVP_Digest(key->spki.data, key->spki.len, key->id, NULL,
		c->hashes[KEY_HASH_SHA256], NULL) != 1)
		return err_set_crypto(err, ERR_TEMPORARY, "SHA-256");
	return 0;
}

/* Takes pkey, also when it fails. */
static int
make_key(struct keyd_key **out, const struct keyd_crypto *c, EVP_PKEY *pkey,
    struct err *err)
{
	struct keyd_key *key = xcalloc(1, sizeof(*key));

	atomic_init(&key->refs, 1);
	buf_init(&key->spki, LIMIT_KEY_FIELD);
	key->pkey = pkey;
	if (check_kind(pkey, &key->kind, err) || write_spki(key, c, err)) {
		keyd_key_unref(key);
		return -1;
	}
	*out = key;
	return 0;
}

int
keyd_key_parse(struct keyd_key **out, const struct keyd_crypto *c,
    struct slice pkcs8, struct err *err)
{
	const unsigned char *p = pkcs8.data;
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *pkey = NULL;

	ERR_clear_error();
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)pkcs8.len);
	if (info && p == pkcs8.data + pkcs8.len)
		pkey = EVP_PKCS82PKEY_ex(info, NULL, NULL);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (!pkey)
		return err_set_crypto(err, ERR_PERMANENT,
		    "not a private key in PKCS#8 form (DER)");
	/* The decoder tries several formats and leaves its misses there. */
	ERR_clear_error();
	return make_key(out, c, pkey, err);
}

static EVP_PKEY *
generate(enum key_algorithm algorithm)
{
	switch (algorithm) {
	case KEY_ALG_NEW_RSA2048:
		return EVP_RSA_gen(2048);
	case KEY_ALG_NEW_RSA3072:
		return EVP_RSA_gen(3072);
	case KEY_ALG_NEW_RSA4096:
		return EVP_RSA_gen(4096);
	case KEY_ALG_NEW_P256:
		return EVP_EC_gen(SN_X9_62_prime256v1);
	case KEY_ALG_NEW_P384:
		return EVP_EC_gen(SN_secp384r1);
	case KEY_ALG_NEW_P521:
		return EVP_EC_gen(SN_secp521r1);
	case KEY_ALG_NEW_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return NULL;
	}
}

int
keyd_key_generate(struct keyd_key **out, const struct keyd_crypto *c,
    enum key_algorithm algorithm, struct err *err)
{
	EVP_PKEY *pkey;

	ERR_clear_error();
	pkey = generate(algorithm);
	if (!pkey)
		return err_set_crypto(
		    err, ERR_TEMPORARY, "cannot generate a key");
	ERR_clear_error();
	return make_key(out, c, pkey, err);
}

int
keyd_key_check(const struct keyd_key *key, struct err *err)
{
	EVP_PKEY_CTX *ctx;
	int rc = -1;

	ERR_clear_error();
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (ctx && EVP_PKEY_check(ctx) == 1)
		rc = 0;
	else
		err_set_crypto(err, ERR_POLICY,
		    "the private key is damaged or does not fit its public "
		    "key");
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

int
keyd_key_write(const struct keyd_key *key, struct buf *out, struct err *err)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	int len = 0;

	ERR_clear_error();
	info = EVP_PKEY2PKCS8(key->pkey);
	if (info)
		len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (len <= 0)
		return err_set_crypto(
		    err, ERR_PERMANENT, "cannot write the private key");
	buf_add(out, der, (size_t)len);
	OPENSSL_clear_free(der, (size_t)len);
	if (!buf_ok(out))
		return err_set(
		    err, ERR_PERMANENT, "private key over %zu bytes", out->max);
	return 0;
}

EVP_PKEY_CTX *
keyd_key_context(struct keyd_key *key, const struct keyd_use *use)
{
	unsigned slot = (unsigned)use->algorithm * (KEY_HASH_LAST + 1) +
			(unsigned)use->hash;
	EVP_PKEY_CTX *ctx, *none = NULL;

	ctx = atomic_load(&key->contexts[slot]);
	if (ctx)
		return EVP_PKEY_CTX_dup(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (!ctx || use->set_up(ctx, use)) {
		EVP_PKEY_CTX_free(ctx);
		return NULL;
	}
	/* Another thread may have been first: then this one is its own. */
	if (!atomic_compare_exchange_strong(&key->contexts[slot], &none, ctx))
		return ctx;
	return EVP_PKEY_CTX_dup(ctx);
}

struct keyd_key *
keyd_key_ref(struct keyd_key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void
keyd_key_unref(struct keyd_key *key)
{
	if (!key || atomic_fetch_sub(&key->refs, 1) != 1)
		return;
	for (unsigned i = 0; i < KEYD_USES; i++)
		EVP_PKEY_CTX_free(atomic_load(&key->contexts[i]));
	EVP_PKEY_free(key->pkey);
	buf_fini(&key->spki);
	free(key);
}
