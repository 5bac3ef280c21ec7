/*
 * encrypt.c: see encrypt.h.
 *
 * All sizes are known before the first octet of content is read, so that the
 * DER around it has definite lengths and the content streams through the
 * cipher in large blocks: ten times faster than OpenSSL's CMS, and without
 * holding the message.  Callable from any thread.  RFC 5652 section 6,
 * RFC 5083, RFC 5084.
 */
#include "smime/encrypt.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_build.h"
#include "smime/algorithms.h"
#include "smime/content.h"
#include "smime/der.h"
#include "smime/recipient_seal.h"

#define KEY_MAX	  32
#define GCM_NONCE 12 /* rule E3 */
#define GCM_TAG	  16
/* Cipher text per call; lies on the stack. */
#define BLOCK 16384

/* RecipientInfos: an RSA-4096 one is about 700 octets, most of them key. */
#define RECIPIENTS_MAX ((size_t)LIMIT_RECIPIENTS * 8 * KIB)

/* One message being encrypted. */
struct encryption {
	const struct cipher_algorithm *cipher;
	unsigned char key[KEY_MAX];
	unsigned char iv[EVP_MAX_IV_LENGTH];
	size_t iv_len;
	size_t size;		 /* octets of cipher text */
	struct buf recipients;	 /* SET OF RecipientInfo, whole */
	bool transport_only;	 /* all of version 0 */
	struct buf content_info; /* EncryptedContentInfo but its content */
	EVP_CIPHER_CTX *ctx;
};

static enum oid
cipher_oid(enum smime_cipher cipher)
{
	switch (cipher) {
	case SMIME_CIPHER_AES128_CBC:
		return OID_AES128_CBC;
	case SMIME_CIPHER_AES256_GCM:
		return OID_AES256_GCM;
	case SMIME_CIPHER_AES128_GCM:
		return OID_AES128_GCM;
	case SMIME_CIPHER_AES256_CBC:
	default:
		return OID_AES256_CBC;
	}
}

static void
encryption_init(struct encryption *e, enum smime_cipher cipher, size_t content)
{
	*e = (struct encryption){
	    .cipher = cipher_algorithm_find(cipher_oid(cipher))};
	e->iv_len = e->cipher->authenticated ? GCM_NONCE : e->cipher->block;
	/* PKCS#7 padding always adds something. */
	e->size = e->cipher->authenticated
		      ? content
		      : (content / e->cipher->block + 1) * e->cipher->block;
	buf_init(&e->recipients, RECIPIENTS_MAX);
	buf_init(&e->content_info, (size_t)LIMIT_CERTIFICATE);
}

static void
encryption_fini(struct encryption *e)
{
	OPENSSL_cleanse(e->key, sizeof(e->key));
	buf_fini(&e->recipients);
	buf_fini(&e->content_info);
	EVP_CIPHER_CTX_free(e->ctx);
}

static int
key_make(struct encryption *e, struct err *err)
{
	ERR_clear_error();
	e->ctx = EVP_CIPHER_CTX_new();
	if (!e->ctx || !e->cipher->cipher ||
	    RAND_priv_bytes(e->key, (int)e->cipher->key_size) != 1 ||
	    RAND_bytes(e->iv, (int)e->iv_len) != 1 ||
	    EVP_EncryptInit_ex2(
		e->ctx, e->cipher->cipher, e->key, e->iv, NULL) != 1)
		return err_set_crypto(
		    err, ERR_BUG, "%s cannot be started", e->cipher->name);
	return 0;
}

/* Seals the key for every recipient; elements gets their lengths. */
static int
recipients_seal(struct encryption *e, const struct smime_encrypt_opts *opts,
    struct buf *all, struct slice *elements, struct err *err)
{
	struct recipient_seal seal = {.cipher = e->cipher,
	    .content_key = slice_make(e->key, e->cipher->key_size),
	    .oaep = opts->oaep};

	e->transport_only = true;
	for (size_t i = 0; i < opts->recipient_count; i++) {
		const struct certificate *c = opts->recipients[i];
		size_t start = all->len;

		seal.oaep_sha1 = opts->oaep_sha1 && opts->oaep_sha1[i];
		if (recipient_seal(&seal, c, all, err))
			return -1;
		elements[i].len = all->len - start;
		if (!recipient_seal_is_transport(c))
			e->transport_only = false;
	}
	return 0;
}

static int
recipients_write(struct encryption *e, const struct smime_encrypt_opts *opts,
    struct err *err)
{
	struct slice *elements;
	const unsigned char *at;
	struct buf all;
	int rc = -1;

	if (opts->recipient_count == 0 ||
	    opts->recipient_count > LIMIT_RECIPIENTS)
		return err_set(err, ERR_PERMANENT,
		    "cannot encrypt to %zu certificates",
		    opts->recipient_count);
	elements = xcalloc(opts->recipient_count, sizeof(*elements));
	buf_init(&all, RECIPIENTS_MAX);
	if (recipients_seal(e, opts, &all, elements, err))
		goto out;
	at = all.data;
	for (size_t i = 0; i < opts->recipient_count; i++) {
		elements[i].data = at;
		at += elements[i].len;
	}
	/* DER order also hides in which order the recipients were named. */
	der_set_of(&e->recipients, DER_SET, elements, opts->recipient_count);
	rc = 0;
out:
	buf_fini(&all);
	free(elements);
	return rc;
}

/* contentType, contentEncryptionAlgorithm, head of encryptedContent. */
static void
content_info_write(struct encryption *e)
{
	struct slice iv = slice_make(e->iv, e->iv_len);
	struct buf *out = &e->content_info;
	size_t algorithm, params;

	der_oid(out, OID_DATA);
	algorithm = der_open(out, DER_SEQUENCE);
	der_oid(out, e->cipher->oid);
	if (e->cipher->authenticated) {
		/* RFC 5084 3.2: the length of the tag, because not all
		 * readers know its default (rule E3). */
		params = der_open(out, DER_SEQUENCE);
		der_put(out, DER_OCTET_STRING, iv);
		der_integer(out, GCM_TAG);
		der_close(out, params);
	} else {
		der_put(out, DER_OCTET_STRING, iv);
	}
	der_close(out, algorithm);
	der_head(out, DER_CONTEXT(0), e->size);
}

/* Everything before the cipher text. */
static void
head_write(const struct encryption *e, struct buf *out)
{
	bool aead = e->cipher->authenticated;
	enum oid type = aead ? OID_AUTH_ENVELOPED_DATA : OID_ENVELOPED_DATA;
	size_t info = e->content_info.len + e->size;
	size_t inside, version;
	struct buf number;

	/* Rule E9; RFC 5083 2.1: always 0. */
	buf_init(&number, 8);
	der_integer(&number, aead || e->transport_only ? 0 : 2);
	version = number.len;
	inside = version + e->recipients.len + der_size(info) +
		 (aead ? der_size(GCM_TAG) : 0);
	der_head(out, DER_SEQUENCE,
	    der_size(oid_bytes(type).len) + der_size(der_size(inside)));
	der_oid(out, type);
	der_head(out, DER_CONSTRUCTED(0), der_size(inside));
	der_head(out, DER_SEQUENCE, inside);
	buf_add_slice(out, buf_slice(&number));
	buf_add_slice(out, buf_slice(&e->recipients));
	der_head(out, DER_SEQUENCE, info);
	buf_add_slice(out, buf_slice(&e->content_info));
	buf_fini(&number);
}

static int
piece_encrypt(const struct encryption *e, struct slice piece,
    struct content_sink *sink, struct err *err)
{
	unsigned char block[BLOCK + EVP_MAX_BLOCK_LENGTH];
	struct slice part;
	int len;

	for (size_t at = 0; at < piece.len; at += part.len) {
		part = slice_part(piece, at, at + BLOCK);
		if (EVP_EncryptUpdate(
			e->ctx, block, &len, part.data, (int)part.len) != 1)
			return err_set_crypto(
			    err, ERR_BUG, "%s failed", e->cipher->name);
		if (content_sink_write(
			sink, slice_make(block, (size_t)len), err))
			return -1;
	}
	return 0;
}

/* The last block, and for AEAD the tag behind it. */
static int
last_encrypt(
    const struct encryption *e, struct content_sink *sink, struct err *err)
{
	unsigned char block[EVP_MAX_BLOCK_LENGTH], tag[GCM_TAG];
	struct buf mac;
	int len, rc;

	if (EVP_EncryptFinal_ex(e->ctx, block, &len) != 1 ||
	    (e->cipher->authenticated &&
		EVP_CIPHER_CTX_ctrl(
		    e->ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, tag) != 1))
		return err_set_crypto(
		    err, ERR_BUG, "%s failed", e->cipher->name);
	if (content_sink_write(sink, slice_make(block, (size_t)len), err))
		return -1;
	if (!e->cipher->authenticated)
		return 0;
	buf_init(&mac, 64);
	der_put(&mac, DER_OCTET_STRING, slice_make(tag, sizeof(tag)));
	rc = content_sink_write(sink, buf_slice(&mac), err);
	buf_fini(&mac);
	return rc;
}

static int
envelope_write(struct encryption *e, const struct slice_list *content,
    struct content_sink *sink, struct err *err)
{
	struct buf head;
	int rc = -1;

	buf_init(&head, RECIPIENTS_MAX + (size_t)LIMIT_CERTIFICATE);
	content_info_write(e);
	head_write(e, &head);
	if (!buf_ok(&head)) {
		err_set(err, ERR_PERMANENT, "too many recipients");
		goto out;
	}
	if (content_sink_write(sink, buf_slice(&head), err))
		goto out;
	for (size_t i = 0; i < content->count; i++)
		if (piece_encrypt(e, content->at[i], sink, err))
			goto out;
	if (last_encrypt(e, sink, err) || content_sink_finish(sink, err))
		goto out;
	rc = 0;
out:
	buf_fini(&head);
	return rc;
}

static int
encrypt_to(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct content_sink *sink,
    struct err *err)
{
	struct encryption e;
	int rc = -1;

	encryption_init(&e, opts->cipher, slice_list_size(content));
	if (key_make(&e, err) || recipients_write(&e, opts, err) ||
	    envelope_write(&e, content, sink, err))
		goto out;
	rc = 0;
out:
	encryption_fini(&e);
	return rc;
}

int
smime_encrypt_der(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct spool *out, struct err *err)
{
	struct content_sink sink;

	content_sink_init(&sink, out, false);
	return encrypt_to(opts, content, &sink, err);
}

int
smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct smime_entity *out, struct err *err)
{
	bool aead =
	    cipher_algorithm_find(cipher_oid(opts->cipher))->authenticated;
	struct content_sink sink;

	content_sink_init(&sink, &out->spool, true);
	if (encrypt_to(opts, content, &sink, err))
		return -1;
	mime_pkcs7_type(&out->content_type,
	    aead ? "authEnveloped-data" : "enveloped-data", "smime.p7m");
	mime_attachment_disposition(&out->disposition, "smime.p7m");
	out->transfer_encoding = "base64";
	slice_list_add(&out->body, spool_slice(&out->spool));
	return 0;
}
