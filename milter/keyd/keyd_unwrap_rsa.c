/*
 * keyd_unwrap_rsa.c: see keyd_unwrap.h.  Any thread.
 *
 * PKCS#1 v1.5 (Bleichenbacher; RFC 3218, RFC 8017 7.2): the padding is
 * checked here in constant time against the one place where a key of the
 * wanted length begins, after a raw decryption, and the decoy is computed in
 * any case.  Never returns early because of what the decryption gave.
 */
#include "keyd/keyd_unwrap.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/limits.h"
#include "keyd/keyd_constant_time.h"
#include "keyd/keyd_decoy.h"

#define RSA_BYTES_MAX (LIMIT_RSA_BITS / 8)

static bool
is_content_key_size(size_t wanted)
{
	return wanted == 16 || wanted == 24 || wanted == 32;
}

static int
check_request(
    const struct keyd_key *key, const struct key_message *m, struct err *err)
{
	if (key->kind != KEYD_RSA)
		return err_set(err, ERR_POLICY, "not an RSA key");
	if (!is_content_key_size(m->wanted))
		return err_set(err, ERR_POLICY,
		    "a content key of %u bytes; 16, 24 and 32 are unwrapped",
		    m->wanted);
	if (m->algorithm == KEY_ALG_RSA_OAEP) {
		if (m->hash == KEY_HASH_NONE || m->hash2 == KEY_HASH_NONE)
			return err_set(err, ERR_POLICY, "OAEP without hashes");
		return 0;
	}
	if (m->algorithm != KEY_ALG_RSA_PKCS1 || m->hash != KEY_HASH_NONE ||
	    m->hash2 != KEY_HASH_NONE || m->fields[1].len > 0)
		return err_set(err, ERR_POLICY, "not a way to unwrap with RSA");
	return 0;
}

static int
set_up_raw(EVP_PKEY_CTX *ctx, const struct keyd_use *use)
{
	(void)use;
	return EVP_PKEY_decrypt_init(ctx) == 1 &&
		       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1
		   ? 0
		   : -1;
}

static int
set_up_oaep(EVP_PKEY_CTX *ctx, const struct keyd_use *use)
{
	return EVP_PKEY_decrypt_init(ctx) == 1 &&
		       EVP_PKEY_CTX_set_rsa_padding(
			   ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, use->md) == 1
		   ? 0
		   : -1;
}

/* What each message may choose anew.  The context takes the label. */
static int
set_oaep_choices(EVP_PKEY_CTX *ctx, const EVP_MD *mgf_md, struct slice label)
{
	void *copy;

	if (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mgf_md) != 1)
		return -1;
	if (label.len == 0)
		return 0;
	copy = OPENSSL_memdup(label.data, label.len);
	if (copy &&
	    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label.len) == 1)
		return 0;
	OPENSSL_free(copy);
	return -1;
}

static EVP_PKEY_CTX *
new_context(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m)
{
	bool oaep = m->algorithm == KEY_ALG_RSA_OAEP;
	struct keyd_use use = {m->algorithm, m->hash, c->hashes[m->hash],
	    oaep ? set_up_oaep : set_up_raw};
	EVP_PKEY_CTX *ctx = keyd_key_context(key, &use);

	if (!ctx || !oaep ||
	    set_oaep_choices(ctx, c->hashes[m->hash2], m->fields[1]) == 0)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* EM = 00 || 02 || PS || 00 || M with no zero in PS (RFC 8017 7.2.2).  The
 * length of M is known, so is where each of them must be.  size is at least
 * 256, so that PS has its eight bytes. */
static uint32_t
is_padded(const unsigned char *em, size_t size, size_t wanted)
{
	size_t separator = size - wanted - 1;
	uint32_t good = ct_is_zero(em[0]) & ct_equal(em[1], 2);

	for (size_t i = 2; i < separator; i++)
		good &= ~ct_is_zero(em[i]);
	return good & ct_is_zero(em[separator]);
}

/* A ciphertext that is not a number below the modulus leaves zeros, which is
 * no padding; anybody can see that it is not. */
static uint32_t
decrypt_pkcs1(EVP_PKEY_CTX *ctx, const struct key_message *m, size_t size,
    unsigned char *em)
{
	size_t len = RSA_BYTES_MAX;

	if (EVP_PKEY_decrypt(
		ctx, em, &len, m->fields[0].data, m->fields[0].len) != 1 ||
	    len != size)
		memset(em, 0, size);
	return is_padded(em, size, m->wanted);
}

/* OpenSSL checks OAEP in constant time (Manger).  The key is moved to where
 * decrypt_pkcs1 leaves it. */
static uint32_t
decrypt_oaep(EVP_PKEY_CTX *ctx, const struct key_message *m, size_t size,
    unsigned char *em)
{
	unsigned char plain[RSA_BYTES_MAX] = {0};
	size_t len = sizeof(plain);
	uint32_t good;
	int rc;

	rc = EVP_PKEY_decrypt(
	    ctx, plain, &len, m->fields[0].data, m->fields[0].len);
	good = ct_equal((uint32_t)rc, 1) &
	       ct_equal((uint32_t)len, (uint32_t)m->wanted);
	memcpy(em + size - m->wanted, plain, m->wanted);
	OPENSSL_cleanse(plain, sizeof(plain));
	return good;
}

int
keyd_unwrap_rsa(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *content_key, struct err *err)
{
	unsigned char em[RSA_BYTES_MAX] = {0}, decoy[KEYD_CONTENT_KEY_MAX];
	size_t size = (size_t)EVP_PKEY_get_size(key->pkey);
	unsigned char *room;
	EVP_PKEY_CTX *ctx;
	uint32_t good;

	if (check_request(key, m, err) || keyd_decoy_make(c, m, decoy, err))
		return -1;
	ERR_clear_error();
	room = buf_reserve(content_key, m->wanted);
	ctx = new_context(c, key, m);
	if (!ctx || !room) {
		EVP_PKEY_CTX_free(ctx);
		return err_set_crypto(err, ERR_TEMPORARY, "cannot decrypt");
	}
	if (m->algorithm == KEY_ALG_RSA_OAEP)
		good = decrypt_oaep(ctx, m, size, em);
	else
		good = decrypt_pkcs1(ctx, m, size, em);
	ct_select(good, room, em + size - m->wanted, decoy, m->wanted);
	content_key->len += m->wanted;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	OPENSSL_cleanse(em, sizeof(em));
	OPENSSL_cleanse(decoy, sizeof(decoy));
	return 0;
}
