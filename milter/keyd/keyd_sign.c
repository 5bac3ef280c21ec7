/*
 * keyd_sign.c: see keyd_sign.h.  Any thread.  There is no way to a signature
 * on a digest that came from outside.
 */
#include "keyd/keyd_sign.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "keyd/keyd_attrs.h"
#include "keyd/keyd_request_info.h"

/* Rule D1 and RFC 8551 2.1: SHA-1 and shorter ones sign nothing.  Ed25519
 * goes with SHA-512 in the attributes (RFC 8419 2.3). */
static int
check_how(
    const struct keyd_key *key, const struct key_message *m, struct err *err)
{
	bool fits = false;

	switch (m->algorithm) {
	case KEY_ALG_RSA_PKCS1:
	case KEY_ALG_RSA_PSS:
		fits = key->kind == KEYD_RSA;
		break;
	case KEY_ALG_ECDSA:
		fits = key->kind == KEYD_EC;
		break;
	case KEY_ALG_ED25519:
		fits = key->kind == KEYD_ED25519;
		break;
	default:
		break;
	}
	if (!fits)
		return err_set(err, ERR_POLICY,
		    "the signature algorithm is not for this kind of key");
	if (m->hash < KEY_HASH_SHA256 ||
	    (m->algorithm == KEY_ALG_ED25519 && m->hash != KEY_HASH_SHA512))
		return err_set(err, ERR_POLICY,
		    "the hash is not for this signature algorithm");
	return 0;
}

static int
set_up(EVP_PKEY_CTX *ctx, const struct keyd_use *use)
{
	if (EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, use->md) != 1)
		return -1;
	if (use->algorithm == KEY_ALG_RSA_PKCS1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		return -1;
	if (use->algorithm == KEY_ALG_RSA_PSS &&
	    (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) !=
		    1 ||
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, use->md) != 1))
		return -1;
	return 0;
}

/* RSA and ECDSA: hash, then sign the hash. */
static int
sign_hashed(const EVP_MD *md, struct keyd_key *key, const struct key_message *m,
    unsigned char *out, size_t *len)
{
	struct keyd_use use = {m->algorithm, m->hash, md, set_up};
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len;
	EVP_PKEY_CTX *ctx;
	int rc = -1;

	if (EVP_Digest(m->fields[0].data, m->fields[0].len, digest, &digest_len,
		md, NULL) != 1)
		return -1;
	ctx = keyd_key_context(key, &use);
	if (ctx && EVP_PKEY_sign(ctx, out, len, digest, digest_len) == 1)
		rc = 0;
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

/* Ed25519 signs the bytes themselves (RFC 8032 5.1.6). */
static int
sign_pure(
    struct keyd_key *key, struct slice data, unsigned char *out, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = -1;

	if (ctx &&
	    EVP_DigestSignInit_ex(
		ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
	    EVP_DigestSign(ctx, out, len, data.data, data.len) == 1)
		rc = 0;
	EVP_MD_CTX_free(ctx);
	return rc;
}

static int
sign(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *signature, struct err *err)
{
	size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
	unsigned char *room = buf_reserve(signature, len);
	int rc;

	if (!room)
		return err_set(err, ERR_BUG, "no room for a signature");
	ERR_clear_error();
	rc = key->kind == KEYD_ED25519
		 ? sign_pure(key, m->fields[0], room, &len)
		 : sign_hashed(c->hashes[m->hash], key, m, room, &len);
	if (rc)
		return err_set_crypto(err, ERR_TEMPORARY, "cannot sign");
	signature->len += len;
	return 0;
}

int
keyd_sign_attrs(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *signature, struct err *err)
{
	size_t digest_size;

	if (check_how(key, m, err))
		return -1;
	digest_size = (size_t)EVP_MD_get_size(c->hashes[m->hash]);
	if (keyd_attrs_check(m->fields[0], digest_size, err))
		return -1;
	return sign(c, key, m, signature, err);
}

int
keyd_sign_request(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *signature, struct err *err)
{
	if (check_how(key, m, err) ||
	    keyd_request_info_check(m->fields[0], buf_slice(&key->spki), err))
		return -1;
	return sign(c, key, m, signature, err);
}
