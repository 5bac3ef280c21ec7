/* envelope_sample.c: see envelope_sample.h. */
#include "unit/unit.h"

#include "unit/envelope_sample.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "smime/recipient_seal.h"

static const char text[] = HANDMADE_TEXT;

void
handmade_init(struct handmade *h, enum oid type, enum oid cipher)
{
	*h = (struct handmade){
	    .type = type, .content_type = OID_DATA, .cipher = cipher};
	h->key_len = cipher_algorithm_find(cipher)->key_size;
	RAND_bytes(h->key, (int)h->key_len);
	buf_init(&h->recipients, 16u << 20);
	buf_init(&h->params, 65536);
	buf_init(&h->content, 65536);
	buf_init(&h->rest, 65536);
}

void
handmade_fini(struct handmade *h)
{
	buf_fini(&h->recipients);
	buf_fini(&h->params);
	buf_fini(&h->content);
	buf_fini(&h->rest);
}

void
handmade_recipient_key(
    struct handmade *h, const struct smime_user *to, const unsigned char *key)
{
	struct recipient_seal seal = {
	    .cipher = cipher_algorithm_find(h->cipher),
	    .content_key = slice_make(key, h->key_len)};
	struct err err;

	assert_int_equal(
	    recipient_seal(&seal, to->cert.certificate, &h->recipients, &err),
	    0);
}

void
handmade_recipient(struct handmade *h, const struct smime_user *to)
{
	handmade_recipient_key(h, to, h->key);
}

void
handmade_write(const struct handmade *h, struct buf *out)
{
	size_t whole, content, data, info, mark;

	buf_init(out, 32u << 20);
	whole = der_open(out, DER_SEQUENCE);
	der_oid(out, h->type);
	content = der_open(out, DER_CONSTRUCTED(0));
	data = der_open(out, DER_SEQUENCE);
	der_integer(out, 0);
	mark = der_open(out, DER_SET);
	buf_add_slice(out, buf_slice(&h->recipients));
	der_close(out, mark);
	info = der_open(out, DER_SEQUENCE);
	der_oid(out, h->content_type);
	mark = der_open(out, DER_SEQUENCE);
	der_oid(out, h->cipher);
	buf_add_slice(out, buf_slice(&h->params));
	der_close(out, mark);
	buf_add_slice(out, buf_slice(&h->content));
	der_close(out, info);
	buf_add_slice(out, buf_slice(&h->rest));
	der_close(out, data);
	der_close(out, content);
	der_close(out, whole);
	assert_true(buf_ok(out));
}

void
handmade_gcm(struct handmade *h, const struct gcm *gcm)
{
	unsigned char nonce[200] = {1, 2, 3}, cipher_text[sizeof(text)];
	unsigned char tag[17] = {0};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct buf attrs;
	size_t mark;
	int len;

	buf_init(&attrs, 65536);
	EVP_EncryptInit_ex2(
	    ctx, cipher_algorithm_find(h->cipher)->cipher, NULL, NULL, NULL);
	/* OpenSSL does no longer nonces; with one the message is refused. */
	assert_int_equal(
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
		gcm->nonce_len > 128 ? 128 : (int)gcm->nonce_len, NULL),
	    1);
	EVP_EncryptInit_ex2(ctx, NULL, h->key, nonce, NULL);
	if (gcm->aad.len > 0) {
		der_put(&attrs, DER_SET, gcm->aad);
		EVP_EncryptUpdate(ctx, NULL, &len, attrs.data, (int)attrs.len);
		der_put(&h->rest, DER_CONSTRUCTED(1), gcm->aad);
	}
	EVP_EncryptUpdate(ctx, cipher_text, &len, (const unsigned char *)text,
	    (int)strlen(text));
	EVP_EncryptFinal_ex(ctx, cipher_text + len, &len);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag);
	EVP_CIPHER_CTX_free(ctx);
	buf_fini(&attrs);

	mark = der_open(&h->params, DER_SEQUENCE);
	der_put(
	    &h->params, DER_OCTET_STRING, slice_make(nonce, gcm->nonce_len));
	if (gcm->icv_len >= 0)
		der_integer(&h->params, (unsigned)gcm->icv_len);
	der_close(&h->params, mark);
	der_put(
	    &h->content, DER_CONTEXT(0), slice_make(cipher_text, strlen(text)));
	der_put(&h->rest, DER_OCTET_STRING, slice_make(tag, gcm->tag_len));
}

void
handmade_cbc(struct handmade *h)
{
	const EVP_CIPHER *cipher = cipher_algorithm_find(h->cipher)->cipher;
	unsigned char iv[16] = {0}, cipher_text[sizeof(text) + 16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len, last;

	EVP_EncryptInit_ex2(ctx, cipher, h->key, iv, NULL);
	EVP_EncryptUpdate(ctx, cipher_text, &len, (const unsigned char *)text,
	    (int)strlen(text));
	EVP_EncryptFinal_ex(ctx, cipher_text + len, &last);
	der_put(&h->params, DER_OCTET_STRING,
	    slice_make(iv, (size_t)EVP_CIPHER_CTX_get_iv_length(ctx)));
	der_put(&h->content, DER_CONTEXT(0),
	    slice_make(cipher_text, (size_t)(len + last)));
	EVP_CIPHER_CTX_free(ctx);
}

void
handmade_chacha20(struct handmade *h, size_t nonce_len, size_t tag_len)
{
	unsigned char nonce[16] = {1, 2, 3}, cipher_text[sizeof(text)];
	unsigned char tag[17] = {0};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	EVP_EncryptInit_ex2(
	    ctx, cipher_algorithm_find(h->cipher)->cipher, h->key, nonce, NULL);
	EVP_EncryptUpdate(ctx, cipher_text, &len, (const unsigned char *)text,
	    (int)strlen(text));
	EVP_EncryptFinal_ex(ctx, cipher_text + len, &len);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag);
	EVP_CIPHER_CTX_free(ctx);
	der_put(&h->params, DER_OCTET_STRING, slice_make(nonce, nonce_len));
	der_put(
	    &h->content, DER_CONTEXT(0), slice_make(cipher_text, strlen(text)));
	der_put(&h->rest, DER_OCTET_STRING, slice_make(tag, tag_len));
}
