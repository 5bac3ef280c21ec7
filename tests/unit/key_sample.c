/* key_sample.c: see key_sample.h. */
#include "unit/unit.h"

#include "unit/key_pool.h"
#include "unit/key_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

EVP_PKEY *
sample_key(const char *kind)
{
	EVP_PKEY *pkey = NULL;

	if (strncmp(kind, "RSA-", 4) == 0)
		pkey = key_pool_rsa((unsigned)atoi(kind + 4));
	else if (OBJ_txt2nid(kind) == NID_ED25519 ||
		 OBJ_txt2nid(kind) == NID_X25519 ||
		 OBJ_txt2nid(kind) == NID_ED448)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	else
		pkey = EVP_EC_gen(kind);
	if (!pkey)
		fail_msg("cannot make a key of kind %s", kind);
	return pkey;
}

/* Takes der. */
static void
add_der(struct buf *out, unsigned char *der, int len)
{
	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	assert_true(buf_ok(out));
	OPENSSL_free(der);
}

/* Every number is the same, odd and of the size that it should have; d and n
 * of bits, the others of half. */
static void
push_numbers(OSSL_PARAM_BLD *build, BIGNUM *whole, BIGNUM *half)
{
	static const char *const halves[] = {OSSL_PKEY_PARAM_RSA_FACTOR1,
	    OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
	    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, whole);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, whole);
	OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_RSA_E, 65537);
	for (size_t i = 0; i < 5; i++)
		OSSL_PARAM_BLD_push_BN(build, halves[i], half);
}

void
sample_hollow_rsa(int bits, struct buf *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *whole = BN_new(), *half = BN_new();
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;

	BN_set_bit(whole, bits - 1);
	BN_set_bit(whole, 0);
	BN_set_bit(half, bits / 2 - 1);
	BN_set_bit(half, 0);
	push_numbers(build, whole, half);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params), 1);
	sample_pkcs8(pkey, out);
	EVP_PKEY_free(pkey);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(whole);
	BN_free(half);
	EVP_PKEY_CTX_free(ctx);
}

void
sample_pkcs8(EVP_PKEY *pkey, struct buf *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	unsigned char *der = NULL;
	int len;

	assert_non_null(info);
	len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	add_der(out, der, len);
	PKCS8_PRIV_KEY_INFO_free(info);
}

void
sample_spki(EVP_PKEY *pkey, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	add_der(out, der, len);
}

EVP_PKEY *
sample_public(struct slice spki)
{
	const unsigned char *p = spki.data;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);

	assert_non_null(pkey);
	assert_true(p == spki.data + spki.len);
	return pkey;
}

void
sample_attrs(struct buf *out, size_t digest_size)
{
	/* SEQUENCE { contentType, SET { id-data } } */
	static const unsigned char content_type[] = {0x30, 0x18, 0x06, 0x09,
	    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x0b,
	    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
	/* SEQUENCE { signingTime, SET { UTCTime } } */
	static const unsigned char signing_time[] = {0x30, 0x1c, 0x06, 0x09,
	    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05, 0x31, 0x0f,
	    0x17, 0x0d, '2', '5', '0', '1', '0', '1', '0', '0', '0', '0', '0',
	    '0', 'Z'};
	/* SEQUENCE { messageDigest, SET { OCTET STRING } }, without digest */
	unsigned char digest[] = {0x30, 0, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	    0xf7, 0x0d, 0x01, 0x09, 0x04, 0x31, 0, 0x04, 0};
	unsigned char body[64];

	assert_true(digest_size <= sizeof(body));
	memset(body, 'd', sizeof(body));
	digest[1] = (unsigned char)(sizeof(digest) - 2 + digest_size);
	digest[14] = (unsigned char)(2 + digest_size);
	digest[16] = (unsigned char)digest_size;
	buf_add_char(out, 0x31);
	buf_add_char(out, (char)(sizeof(content_type) + sizeof(signing_time) +
				 sizeof(digest) + digest_size));
	if (out->data[out->len - 1] >= 0x80) {
		unsigned char length = out->data[out->len - 1];

		out->data[out->len - 1] = 0x81;
		buf_add(out, &length, 1);
	}
	buf_add(out, content_type, sizeof(content_type));
	buf_add(out, signing_time, sizeof(signing_time));
	buf_add(out, digest, sizeof(digest));
	buf_add(out, body, digest_size);
}

void
sample_request_info(EVP_PKEY *pkey, struct buf *out)
{
	X509_REQ *req = X509_REQ_new();
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	int len;

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			     (const unsigned char *)"Alice", -1, -1, 0),
	    1);
	assert_int_equal(X509_REQ_set_version(req, 0), 1);
	assert_int_equal(X509_REQ_set_subject_name(req, name), 1);
	assert_int_equal(X509_REQ_set_pubkey(req, pkey), 1);
	len = i2d_re_X509_REQ_tbs(req, &der);
	add_der(out, der, len);
	X509_NAME_free(name);
	X509_REQ_free(req);
}

bool
sample_verify(EVP_PKEY *pkey, enum key_algorithm algorithm, const char *hash,
    struct slice data, struct slice signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how = NULL;
	int rc;

	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, &how,
			     algorithm == KEY_ALG_ED25519 ? NULL : hash, NULL,
			     NULL, pkey, NULL),
	    1);
	if (algorithm == KEY_ALG_RSA_PSS) {
		assert_int_equal(
		    EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING),
		    1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(
				     how, RSA_PSS_SALTLEN_DIGEST),
		    1);
	}
	rc = EVP_DigestVerify(
	    ctx, signature.data, signature.len, data.data, data.len);
	EVP_MD_CTX_free(ctx);
	return rc == 1;
}

/* With a context that is set up. */
static void
encrypt(EVP_PKEY_CTX *ctx, struct slice plain, struct buf *out)
{
	unsigned char *room;
	size_t len;

	assert_int_equal(
	    EVP_PKEY_encrypt(ctx, NULL, &len, plain.data, plain.len), 1);
	room = buf_reserve(out, len);
	assert_non_null(room);
	assert_int_equal(
	    EVP_PKEY_encrypt(ctx, room, &len, plain.data, plain.len), 1);
	out->len += len;
	EVP_PKEY_CTX_free(ctx);
}

static EVP_PKEY_CTX *
new_context(EVP_PKEY *pkey, int padding)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
	return ctx;
}

void
sample_encrypt_pkcs1(EVP_PKEY *pkey, struct slice plain, struct buf *out)
{
	encrypt(new_context(pkey, RSA_PKCS1_PADDING), plain, out);
}

void
sample_encrypt_raw(EVP_PKEY *pkey, struct slice padded, struct buf *out)
{
	encrypt(new_context(pkey, RSA_NO_PADDING), padded, out);
}

void
sample_encrypt_oaep(EVP_PKEY *pkey, const struct sample_oaep *how,
    struct slice plain, struct buf *out)
{
	EVP_PKEY_CTX *ctx = new_context(pkey, RSA_PKCS1_OAEP_PADDING);

	assert_int_equal(
	    EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, how->hash, NULL), 1);
	assert_int_equal(
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, how->mgf_hash, NULL), 1);
	if (how->label.len > 0)
		assert_int_equal(
		    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx,
			OPENSSL_memdup(how->label.data, how->label.len),
			(int)how->label.len),
		    1);
	encrypt(ctx, plain, out);
}
