/* recipient_seal.c: see recipient_seal.h.  Callable from any thread. */
#include "smime/recipient_seal.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "smime/cms_id.h"
#include "smime/der.h"
#include "smime/rsa_params.h"

#define WRAP_KEY_MAX 32
/* RFC 3394: 8 octets more than what it wraps. */
#define WRAPPED_MAX (WRAP_KEY_MAX + 8)

bool
recipient_seal_is_transport(const struct certificate *recipient)
{
	return recipient->key == CERTIFICATE_KEY_RSA ||
	       recipient->key == CERTIFICATE_KEY_RSA_OAEP;
}

/* --- RSA: KeyTransRecipientInfo --- */

/* RFC 4055 section 4: an id-RSAES-OAEP key may prescribe its parameters.
 * OpenSSL does not know such keys; the RSA key inside is an ordinary one. */
static EVP_PKEY *
oaep_key(const struct certificate *c, struct rsa_params *params)
{
	const unsigned char *key;
	const void *value;
	X509_ALGOR *algorithm;
	int len, type;

	if (X509_PUBKEY_get0_param(NULL, &key, &len, &algorithm,
		X509_get_X509_PUBKEY(c->x509)) != 1)
		return NULL;
	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type == V_ASN1_SEQUENCE) {
		const ASN1_STRING *s = value;

		if (rsa_oaep_params_read(slice_make(ASN1_STRING_get0_data(s),
					     (size_t)ASN1_STRING_length(s)),
			params) ||
		    params->label.len > 0)
			return NULL;
	}
	return d2i_PublicKey(EVP_PKEY_RSA, NULL, &key, len);
}

/* The key, and what OAEP uses with it; hash NULL: PKCS#1 v1.5. */
static EVP_PKEY *
transport_key(const struct recipient_seal *seal, const struct certificate *c,
    struct rsa_params *params)
{
	enum oid hash = seal->oaep_sha1 ? OID_SHA1 : OID_SHA256;
	EVP_PKEY *key;

	*params = (struct rsa_params){0};
	if (seal->oaep || c->key == CERTIFICATE_KEY_RSA_OAEP)
		params->hash = params->mgf_hash = digest_algorithm_find(hash);
	if (c->key == CERTIFICATE_KEY_RSA_OAEP)
		return oaep_key(c, params);
	key = X509_get0_pubkey(c->x509);
	if (key && EVP_PKEY_up_ref(key) != 1)
		return NULL;
	return key;
}

static int
transport_setup(EVP_PKEY_CTX *ctx, const struct rsa_params *params)
{
	if (EVP_PKEY_encrypt_init(ctx) != 1)
		return -1;
	if (!params->hash)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1
			   ? 0
			   : -1;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, params->hash->md) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, params->mgf_hash->md) != 1)
		return -1;
	return 0;
}

/* LIMIT_RSA_BITS bounds the result. */
struct encrypted_key {
	unsigned char data[LIMIT_RSA_BITS / 8];
	size_t len;
};

static int
transport_encrypt(const struct recipient_seal *seal,
    const struct certificate *c, struct rsa_params *params,
    struct encrypted_key *out)
{
	EVP_PKEY *key = transport_key(seal, c, params);
	EVP_PKEY_CTX *ctx = NULL;
	int rc = -1;

	out->len = sizeof(out->data);
	if (key && EVP_PKEY_get_bits(key) <= LIMIT_RSA_BITS &&
	    (ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL)) &&
	    transport_setup(ctx, params) == 0 &&
	    EVP_PKEY_encrypt(ctx, out->data, &out->len, seal->content_key.data,
		seal->content_key.len) == 1)
		rc = 0;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

static int
transport_write(const struct recipient_seal *seal, const struct certificate *c,
    struct buf *out)
{
	struct encrypted_key encrypted;
	struct rsa_params params;
	size_t info;

	if (transport_encrypt(seal, c, &params, &encrypted))
		return -1;
	info = der_open(out, DER_SEQUENCE);
	der_integer(out, 0);
	if (cms_id_write(c, out))
		return -1;
	if (params.hash)
		rsa_oaep_write(out, &params);
	else
		der_algorithm_null(out, OID_RSA);
	der_put(
	    out, DER_OCTET_STRING, slice_make(encrypted.data, encrypted.len));
	der_close(out, info);
	return 0;
}

/* --- EC: KeyAgreeRecipientInfo with an ephemeral key --- */

static EVP_PKEY *
ephemeral_new(EVP_PKEY *recipient)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, recipient, NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_generate(ctx, &key) != 1)
		goto out;
	/* Rule E5: whatever form the certificate has. */
	if (EVP_PKEY_set_utf8_string_param(key,
		OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
out:
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* ECC-CMS-SharedInfo, RFC 5753 7.2. */
static void
shared_info_write(struct buf *out, enum oid wrap)
{
	size_t bits = wrap_key_size(wrap) * 8, info, field;
	unsigned char number[4] = {
	    0, 0, (unsigned char)(bits >> 8), (unsigned char)bits};

	info = der_open(out, DER_SEQUENCE);
	der_algorithm(out, wrap);
	field = der_open(out, DER_CONSTRUCTED(2));
	der_put(out, DER_OCTET_STRING, slice_make(number, sizeof(number)));
	der_close(out, field);
	der_close(out, info);
}

/* The key encryption key: ECDH, then the X9.63 KDF with SHA-256. */
static int
agree(EVP_PKEY *ephemeral, EVP_PKEY *recipient, struct slice shared_info,
    unsigned char *out, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ephemeral, NULL);
	const EVP_MD *md = digest_algorithm_find(OID_SHA256)->md;
	unsigned char *ukm = OPENSSL_memdup(shared_info.data, shared_info.len);
	size_t got = len;
	int rc = -1;

	if (!ctx || !ukm || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_ecdh_kdf_type(ctx, EVP_PKEY_ECDH_KDF_X9_63) != 1 ||
	    EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, md) != 1 ||
	    EVP_PKEY_CTX_set_ecdh_kdf_outlen(ctx, (int)len) != 1 ||
	    EVP_PKEY_CTX_set0_ecdh_kdf_ukm(ctx, ukm, (int)shared_info.len) != 1)
		goto out;
	ukm = NULL; /* ctx owns it now */
	if (EVP_PKEY_derive_set_peer(ctx, recipient) == 1 &&
	    EVP_PKEY_derive(ctx, out, &got) == 1 && got == len)
		rc = 0;
out:
	OPENSSL_free(ukm);
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

/* RFC 3394. */
static int
wrap(const EVP_CIPHER *cipher, const unsigned char *kek, struct slice key,
    unsigned char *out, size_t *out_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, rc = -1;

	if (!ctx || !cipher)
		goto out;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_EncryptInit_ex2(ctx, cipher, kek, NULL, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &len, key.data, (int)key.len) != 1)
		goto out;
	*out_len = (size_t)len;
	rc = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

/* The wrapped content key, for the owner of recipient and the ephemeral. */
static int
agreement_encrypt(const struct recipient_seal *seal, EVP_PKEY *recipient,
    EVP_PKEY *ephemeral, struct encrypted_key *out)
{
	size_t size = wrap_key_size(seal->cipher->wrap);
	unsigned char kek[WRAP_KEY_MAX];
	struct buf shared_info;
	int rc = -1;

	_Static_assert(sizeof(out->data) >= WRAPPED_MAX, "wrapped key");
	buf_init(&shared_info, 256);
	shared_info_write(&shared_info, seal->cipher->wrap);
	if (size <= sizeof(kek) &&
	    seal->content_key.len + 8 <= sizeof(out->data) &&
	    agree(ephemeral, recipient, buf_slice(&shared_info), kek, size) ==
		0 &&
	    wrap(seal->cipher->wrap_cipher, kek, seal->content_key, out->data,
		&out->len) == 0)
		rc = 0;
	OPENSSL_cleanse(kek, sizeof(kek));
	buf_fini(&shared_info);
	return rc;
}

/* [0] EXPLICIT originator: [1] IMPLICIT OriginatorPublicKey. */
static int
originator_write(EVP_PKEY *ephemeral, struct buf *out)
{
	size_t originator = der_open(out, DER_CONSTRUCTED(0));
	size_t key = der_open(out, DER_CONSTRUCTED(1));
	unsigned char *point = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(ephemeral, &point);

	if (len == 0)
		return -1;
	/* RFC 5753 3.1.1: parameters SHOULD be absent. */
	der_algorithm(out, OID_EC);
	der_head(out, DER_BIT_STRING, len + 1);
	buf_add_char(out, 0); /* no unused bits */
	buf_add(out, point, len);
	OPENSSL_free(point);
	der_close(out, key);
	der_close(out, originator);
	return 0;
}

static int
agreement_info_write(const struct recipient_seal *seal,
    const struct certificate *c, EVP_PKEY *ephemeral,
    const struct encrypted_key *encrypted, struct buf *out)
{
	size_t info = der_open(out, DER_CONSTRUCTED(1)), algorithm, keys, key;

	der_integer(out, 3);
	if (originator_write(ephemeral, out))
		return -1;
	algorithm = der_open(out, DER_SEQUENCE);
	der_oid(out, OID_STD_DH_SHA256);
	der_algorithm(out, seal->cipher->wrap);
	der_close(out, algorithm);
	keys = der_open(out, DER_SEQUENCE);
	key = der_open(out, DER_SEQUENCE);
	if (cms_id_write(c, out))
		return -1;
	der_put(
	    out, DER_OCTET_STRING, slice_make(encrypted->data, encrypted->len));
	der_close(out, key);
	der_close(out, keys);
	der_close(out, info);
	return 0;
}

static int
agreement_write(const struct recipient_seal *seal, const struct certificate *c,
    struct buf *out)
{
	EVP_PKEY *recipient = X509_get0_pubkey(c->x509), *ephemeral = NULL;
	struct encrypted_key encrypted;
	int rc = -1;

	if (recipient && (ephemeral = ephemeral_new(recipient)) &&
	    agreement_encrypt(seal, recipient, ephemeral, &encrypted) == 0 &&
	    agreement_info_write(seal, c, ephemeral, &encrypted, out) == 0)
		rc = 0;
	EVP_PKEY_free(ephemeral);
	return rc;
}

int
recipient_seal(const struct recipient_seal *seal,
    const struct certificate *recipient, struct buf *out, struct err *err)
{
	int rc;

	if (!recipient->may_encrypt)
		return err_set(err, ERR_PERMANENT,
		    "certificate of %s is not for encryption",
		    recipient->subject);
	ERR_clear_error();
	if (recipient_seal_is_transport(recipient))
		rc = transport_write(seal, recipient, out);
	else if (recipient->key == CERTIFICATE_KEY_EC)
		rc = agreement_write(seal, recipient, out);
	else
		return err_set(err, ERR_PERMANENT,
		    "certificate of %s: no way to encrypt to such a key",
		    recipient->subject);
	if (rc || !buf_ok(out))
		return err_set_crypto(err, ERR_PERMANENT,
		    "certificate of %s: cannot encrypt to its key",
		    recipient->subject);
	return 0;
}
