/*
 * decrypt.c: see decrypt.h.
 *
 * The sender of a message may try to learn from how it fails: whatever goes
 * wrong behind the choice of a recipient ends in refuse(), with one text
 * (rule X4).  Plaintext goes to a spool of its own, which is handed over only
 * when all of it is there and checked (rule X2).  Callable from any thread.
 * RFC 5652 section 6, RFC 5083, RFC 5084.
 */
#include "smime/decrypt.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/limits.h"
#include "smime/algorithms.h"
#include "smime/cms_body.h"
#include "smime/detect.h"
#include "smime/envelope.h"
#include "smime/recipient_info.h"
#include "smime/recipient_open.h"

#define KEY_MAX 32
/* RFC 5084 3.2; OpenSSL takes up to 128. */
#define NONCE_MAX 128
#define TAG_MIN	  12
#define TAG_MAX	  16
/* Plaintext per call; lies on the stack. */
#define BLOCK 16384

/* A RecipientInfo that one of our certificates fits. */
struct fit {
	const struct store_own_cert *own;
	struct recipient_info info;
};

struct decryption {
	struct envelope envelope;
	const struct cipher_algorithm *cipher;
	struct slice iv;
	struct fit fits[LIMIT_DECRYPT_TRIES];
	size_t fit_count;
	size_t recipients;
};

/* The one answer to everything that is wrong with a message. */
static int
refuse(struct err *err)
{
	ERR_clear_error();
	return err_set(err, ERR_PERMANENT, "the message cannot be decrypted");
}

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
	if (nonce->len == 0 || nonce->len > NONCE_MAX || len != tag)
		return -1;
	return tag >= TAG_MIN && tag <= TAG_MAX ? 0 : -1;
}

static int
cbc_params_read(struct slice params, size_t block, struct slice *iv)
{
	struct tlv b;

	tlv_init(&b, params);
	if (tlv_value(&b, DER_OCTET_STRING, iv) || !tlv_at_end(&b))
		return -1;
	return iv->len == block ? 0 : -1;
}

/* An authenticated cipher stands only in AuthEnvelopedData and the reverse
 * (rule E3): otherwise a GCM message could be made one that nobody checks. */
static int
cipher_choose(struct decryption *d)
{
	const struct envelope *e = &d->envelope;

	d->cipher = cipher_algorithm_find(e->cipher.oid);
	if (!d->cipher || !d->cipher->cipher ||
	    d->cipher->authenticated != e->authenticated ||
	    e->content_type != OID_DATA)
		return -1;
	if (e->authenticated)
		return gcm_params_read(e->cipher.params, e->mac.len, &d->iv);
	return cbc_params_read(e->cipher.params, d->cipher->block, &d->iv);
}

static void
fits_add(struct decryption *d, const struct smime_decrypt_opts *opts,
    const struct recipient_info *info)
{
	if (info->kind == RECIPIENT_OTHER)
		return;
	for (size_t i = 0; i < opts->own_count; i++) {
		if (d->fit_count == LIMIT_DECRYPT_TRIES)
			return;
		if (cms_id_matches(&info->id, opts->own[i].certificate))
			d->fits[d->fit_count++] =
			    (struct fit){&opts->own[i], *info};
	}
}

/* All RecipientInfos are read: a broken one behind ours counts. */
static int
fits_find(struct decryption *d, const struct smime_decrypt_opts *opts)
{
	struct recipient_reader reader;
	struct recipient_info info;
	int more;

	if (recipient_reader_init(&reader, d->envelope.recipients))
		return -1;
	while ((more = recipient_reader_next(&reader, &info)) == 1) {
		d->recipients++;
		fits_add(d, opts, &info);
	}
	return more;
}

static int
cipher_start(
    const struct decryption *d, const unsigned char *key, EVP_CIPHER_CTX *ctx)
{
	static const unsigned char set_of[] = {DER_SET};
	struct slice attrs = d->envelope.auth_attrs;
	int len;

	if (EVP_DecryptInit_ex2(ctx, d->cipher->cipher, NULL, NULL, NULL) != 1)
		return -1;
	if (d->envelope.authenticated &&
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)d->iv.len, NULL) != 1)
		return -1;
	if (EVP_DecryptInit_ex2(ctx, NULL, key, d->iv.data, NULL) != 1)
		return -1;
	if (attrs.len == 0)
		return 0;
	/* RFC 5083 2.2: the attributes are authenticated under the tag of a
	 * SET OF. */
	if (attrs.len > (size_t)LIMIT_SIGNATURE ||
	    EVP_DecryptUpdate(ctx, NULL, &len, set_of, 1) != 1 ||
	    EVP_DecryptUpdate(
		ctx, NULL, &len, attrs.data + 1, (int)attrs.len - 1) != 1)
		return -1;
	return 0;
}

/* -1 with err filled when the spool fails, with refuse() otherwise. */
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
			rc = refuse(err);
		else
			rc = spool_write(out, block, (size_t)len, err);
	}
	OPENSSL_cleanse(block, sizeof(block));
	return rc;
}

static int
last_decrypt(const struct decryption *d, EVP_CIPHER_CTX *ctx, struct spool *out,
    struct err *err)
{
	unsigned char block[EVP_MAX_BLOCK_LENGTH], tag[TAG_MAX];
	struct slice mac = d->envelope.mac;
	int len, rc;

	if (d->envelope.authenticated) {
		memcpy(tag, mac.data, mac.len);
		if (EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_AEAD_SET_TAG, (int)mac.len, tag) != 1)
			return refuse(err);
	}
	if (EVP_DecryptFinal_ex(ctx, block, &len) != 1)
		return refuse(err);
	rc = spool_write(out, block, (size_t)len, err);
	OPENSSL_cleanse(block, sizeof(block));
	return rc ? rc : spool_finish(out, err);
}

static int
content_decrypt(const struct decryption *d, const unsigned char *key,
    struct spool *out, struct err *err)
{
	EVP_CIPHER_CTX *ctx;
	struct slice piece;
	size_t at = 0;
	int rc = -1;

	ERR_clear_error();
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx || cipher_start(d, key, ctx)) {
		refuse(err);
		goto out;
	}
	while (tlv_octets_next(&d->envelope.content, &at, &piece))
		if (piece_decrypt(ctx, piece, out, err))
			goto out;
	rc = last_decrypt(d, ctx, out, err);
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

/* One RecipientInfo of ours: its key, then the content. */
static int
fit_try(const struct decryption *d, struct key_client *keys,
    const struct fit *fit, struct spool *out, struct err *err)
{
	size_t wanted = d->cipher->key_size;
	struct buf key;
	int rc = -1;

	buf_init(&key, KEY_MAX);
	if (recipient_open(keys, fit->own, &fit->info, wanted, &key, err))
		goto out;
	if (!buf_ok(&key) || key.len != wanted) {
		refuse(err);
		goto out;
	}
	rc = content_decrypt(d, key.data, out, err);
out:
	buf_wipe(&key);
	return rc;
}

static int
fits_try(const struct decryption *d, const struct smime_decrypt_opts *opts,
    struct spool *out, struct smime_decrypted *result, struct err *err)
{
	struct spool plain;
	int rc = -1;

	spool_init(&plain, out->config);
	for (size_t i = 0; i < d->fit_count && rc; i++) {
		spool_reset(&plain);
		rc = fit_try(d, opts->keys, &d->fits[i], &plain, err);
		if (rc && err->class == ERR_TEMPORARY)
			break;
		if (rc == 0)
			result->used = d->fits[i].own;
		else
			refuse(err);
	}
	if (rc) {
		spool_fini(&plain);
		return -1;
	}
	spool_fini(out);
	*out = plain;
	result->authenticated = d->envelope.authenticated;
	result->cipher = d->cipher->name;
	result->recipients = d->recipients;
	return 0;
}

int
smime_decrypt_der(const struct smime_decrypt_opts *opts, struct slice der,
    struct spool *out, struct smime_decrypted *result, struct err *err)
{
	struct decryption d = {.fit_count = 0};

	if (envelope_read(der, &d.envelope) || fits_find(&d, opts))
		return refuse(err);
	if (d.fit_count == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "the message is encrypted to none of our certificates");
	if (cipher_choose(&d))
		return refuse(err);
	return fits_try(&d, opts, out, result, err);
}

int
smime_decrypt(const struct smime_decrypt_opts *opts,
    const struct header *header, struct slice body, struct spool *out,
    struct smime_decrypted *result, struct err *err)
{
	enum smime_kind kind = smime_detect_header(header);
	struct cms_body cms;
	int rc = -1;

	/* Without a smime-type the CMS says what it is. */
	if (kind != SMIME_ENVELOPED && kind != SMIME_AUTH_ENVELOPED &&
	    kind != SMIME_PKCS7)
		return refuse(err);
	if (cms_body_decode(&cms, header, body, out->config, err) == 0)
		rc = smime_decrypt_der(opts, cms.der, out, result, err);
	else if (err->class != ERR_TEMPORARY)
		refuse(err);
	cms_body_fini(&cms);
	return rc;
}

int
smime_recipient_names(struct slice der, struct buf *out, struct err *err)
{
	struct recipient_reader reader;
	struct recipient_info info;
	struct envelope envelope;
	int more;

	if (envelope_read(der, &envelope) ||
	    recipient_reader_init(&reader, envelope.recipients))
		return err_set(err, ERR_PERMANENT, "not an encrypted message");
	while ((more = recipient_reader_next(&reader, &info)) == 1) {
		if (info.kind == RECIPIENT_OTHER)
			buf_add_text(out, "other");
		else
			cms_id_text(&info.id, out);
		buf_add_char(out, '\n');
	}
	if (more < 0)
		return err_set(
		    err, ERR_PERMANENT, "the recipients are malformed");
	return 0;
}
