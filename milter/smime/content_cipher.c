/*
 * content_cipher.c: see content_cipher.h.
 *
 * All of the content goes through the cipher whatever the key, so that a
 * wrong one takes as long as the right one (rule X4).  Callable from any
 * thread.  RFC 5652 6.3, RFC 5083, RFC 5084, RFC 8103.
 */
#include "smime/content_cipher.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/limits.h"

/* RFC 5084 3.2; OpenSSL takes up to 128. */
#define GCM_NONCE_MAX 128
#define GCM_TAG_MIN   12
#define TAG_MAX	      16
/* RFC 8103 section 1: both are fixed. */
#define CHACHA20_NONCE 12
#define CHACHA20_TAG   16
/* Plaintext per call; lies on the stack. */
#define BLOCK 16384

int
content_cipher_refuse(struct err *err)
{
	ERR_clear_error();
	return err_set(err, ERR_PERMANENT, "the message cannot be decrypted");
}

/* --- parameters --- */

/* GCMParameters, RFC 5084 3.2.  The length of the tag is that of the mac
 * field: GnuPG omits aes-ICVlen, and RFC 8551 itself omits it with a tag of
 * 16 octets (rule X6).  One that is there must be true. */
static int
gcm_params_read(struct slice params, size_t tag, struct slice *nonce)
{
	struct tlv b, inside;
	unsigned len = (unsigned)tag;

	tlv_init(&b, params);
	if (tlv_enter(&b, DER_SEQUENCE, &inside) ||
	    tlv_value(&inside, DER_OCTET_STRING, nonce) ||
	    (!tlv_at_end(&inside) && tlv_integer(&inside, &len)) ||
	    tlv_leave(&b, &inside) || !tlv_at_end(&b))
		return -1;
	if (nonce->len == 0 || nonce->len > GCM_NONCE_MAX || len != tag)
		return -1;
	return tag >= GCM_TAG_MIN && tag <= TAG_MAX ? 0 : -1;
}

/* A bare OCTET STRING of that size: the IV of CBC, the nonce of ChaCha20. */
static int
octets_params_read(struct slice params, size_t size, struct slice *iv)
{
	struct tlv b;

	tlv_init(&b, params);
	if (tlv_value(&b, DER_OCTET_STRING, iv) || !tlv_at_end(&b))
		return -1;
	return iv->len == size ? 0 : -1;
}

/* An authenticated cipher stands only in AuthEnvelopedData and the reverse
 * (rule E3): otherwise a GCM message could be made one that nobody checks. */
int
content_cipher_choose(
    const struct envelope *envelope, struct content_cipher *out)
{
	const struct cipher_algorithm *a =
	    cipher_algorithm_find(envelope->cipher.oid);
	struct slice params = envelope->cipher.params;
	size_t tag = envelope->mac.len;

	out->algorithm = a;
	if (!a || !a->cipher || a->authenticated != envelope->authenticated ||
	    envelope->content_type != OID_DATA)
		return -1;
	if (a->oid == OID_CHACHA20_POLY1305)
		return tag == CHACHA20_TAG ? octets_params_read(params,
						 CHACHA20_NONCE, &out->iv)
					   : -1;
	if (a->authenticated)
		return gcm_params_read(params, tag, &out->iv);
	return octets_params_read(params, a->block, &out->iv);
}

/* --- the content --- */

/* RFC 5083 2.2: the attributes are authenticated under the tag of a
 * SET OF. */
static int
attributes_feed(EVP_CIPHER_CTX *ctx, struct slice attrs)
{
	static const unsigned char set_of[] = {DER_SET};
	int len;

	if (attrs.len == 0)
		return 0;
	if (attrs.len > (size_t)LIMIT_SIGNATURE ||
	    EVP_DecryptUpdate(ctx, NULL, &len, set_of, 1) != 1 ||
	    EVP_DecryptUpdate(
		ctx, NULL, &len, attrs.data + 1, (int)attrs.len - 1) != 1)
		return -1;
	return 0;
}

static int
cipher_start(const struct content_cipher *c, const struct envelope *envelope,
    const unsigned char *key, EVP_CIPHER_CTX *ctx)
{
	if (EVP_DecryptInit_ex2(ctx, c->algorithm->cipher, NULL, NULL, NULL) !=
	    1)
		return -1;
	if (c->algorithm->authenticated &&
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)c->iv.len, NULL) != 1)
		return -1;
	if (EVP_DecryptInit_ex2(ctx, NULL, key, c->iv.data, NULL) != 1)
		return -1;
	return attributes_feed(ctx, envelope->auth_attrs);
}

/* -1 with err filled when the spool fails, as content_cipher_refuse()
 * otherwise. */
static int
piece_decrypt(
    EVP_CIPHER_CTX *ctx, struct slice piece, struct spool *out, struct err *err)
{
	unsigned char block[BLOCK + EVP_MAX_BLOCK_LENGTH];
	struct slice part;
	int len, rc = 0;

	for (size_t at = 0; rc == 0 && at < piece.len; at += part.len) {
		part = slice_part(piece, at, at + BLOCK);
		if (EVP_DecryptUpdate(
			ctx, block, &len, part.data, (int)part.len) != 1)
			rc = content_cipher_refuse(err);
		else
			rc = spool_write(out, block, (size_t)len, err);
	}
	OPENSSL_cleanse(block, sizeof(block));
	return rc;
}

static int
last_decrypt(EVP_CIPHER_CTX *ctx, const struct envelope *envelope,
    struct spool *out, struct err *err)
{
	unsigned char block[EVP_MAX_BLOCK_LENGTH], tag[TAG_MAX];
	struct slice mac = envelope->mac;
	int len, rc;

	if (envelope->authenticated) {
		memcpy(tag, mac.data, mac.len);
		if (EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_AEAD_SET_TAG, (int)mac.len, tag) != 1)
			return content_cipher_refuse(err);
	}
	if (EVP_DecryptFinal_ex(ctx, block, &len) != 1)
		return content_cipher_refuse(err);
	rc = spool_write(out, block, (size_t)len, err);
	OPENSSL_cleanse(block, sizeof(block));
	return rc ? rc : spool_finish(out, err);
}

int
content_cipher_open(const struct content_cipher *cipher,
    const struct envelope *envelope, const unsigned char *key,
    struct spool *out, struct err *err)
{
	EVP_CIPHER_CTX *ctx;
	struct slice piece;
	size_t at = 0;
	int rc = -1;

	ERR_clear_error();
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx || cipher_start(cipher, envelope, key, ctx)) {
		content_cipher_refuse(err);
		goto out;
	}
	while (tlv_octets_next(&envelope->content, &at, &piece))
		if (piece_decrypt(ctx, piece, out, err))
			goto out;
	rc = last_decrypt(ctx, envelope, out, err);
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}
