/* recipient_open.c: see recipient_open.h.  Callable from any thread. */
#include "smime/recipient_open.h"

#include <string.h>

#include <openssl/x509.h>

#include "base/limits.h"
#include "smime/der.h"
#include "smime/rsa_params.h"

/* ECC-CMS-SharedInfo holds the sender's keying material; real one is empty
 * or a few octets. */
#define SHARED_INFO_MAX ((size_t)4 * KIB)
/* SubjectPublicKeyInfo of P-521 is 158 octets. */
#define SPKI_MAX 1024

static struct key_ref
own_key(const struct store_own_cert *own)
{
	struct key_ref key = {
	    .wrapped = slice_make(own->wrapped, own->wrapped_len)};

	memcpy(key.id, own->certificate->key_id, KEY_ID_SIZE);
	return key;
}

static int
transport_params(
    const struct tlv_algorithm *algorithm, struct key_transport *how)
{
	struct rsa_params params;

	*how = (struct key_transport){.algorithm = KEY_ALG_RSA_PKCS1};
	if (algorithm->oid == OID_RSA)
		return tlv_params_absent(algorithm->params) ? 0 : -1;
	/* Broken OAEP parameters are no reason to try PKCS#1 v1.5. */
	if (algorithm->oid != OID_RSA_OAEP ||
	    rsa_oaep_params_read(algorithm->params, &params) ||
	    params.hash->key_hash == KEY_HASH_NONE ||
	    params.mgf_hash->key_hash == KEY_HASH_NONE)
		return -1;
	how->algorithm = KEY_ALG_RSA_OAEP;
	how->hash = params.hash->key_hash;
	how->mgf_hash = params.mgf_hash->key_hash;
	how->label = params.label;
	return 0;
}

static int
transport_open(struct key_client *keys, const struct store_own_cert *own,
    const struct recipient_info *info, size_t wanted, struct buf *key,
    struct err *err)
{
	struct key_ref ref = own_key(own);
	struct key_transport how;

	if (transport_params(&info->algorithm, &how))
		return err_set(err, ERR_PERMANENT,
		    "key transport with unknown parameters");
	if (info->encrypted_key.len > LIMIT_RSA_BITS / 8 ||
	    how.label.len > (size_t)LIMIT_KEY_FIELD)
		return err_set(
		    err, ERR_PERMANENT, "key transport with too large a key");
	how.encrypted = info->encrypted_key;
	return key_unwrap_rsa(keys, &ref, &how, wanted, key, err);
}

/* The ephemeral key as SubjectPublicKeyInfo: on the curve of our own key,
 * which is all that RFC 5753 allows, so that the sender's parameters, absent
 * in most messages, do not matter. */
static int
ephemeral_write(
    const struct certificate *c, struct slice point, struct buf *out)
{
	X509_PUBKEY *own = X509_get_X509_PUBKEY(c->x509);
	X509_ALGOR *algorithm;
	unsigned char *der = NULL;
	size_t mark;
	int len;

	if (X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, own) != 1)
		return -1;
	len = i2d_X509_ALGOR(algorithm, &der);
	if (len <= 0)
		return -1;
	mark = der_open(out, DER_SEQUENCE);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	der_put(out, DER_BIT_STRING, point);
	der_close(out, mark);
	return buf_ok(out) ? 0 : -1;
}

/* ECC-CMS-SharedInfo, RFC 5753 7.2.  keyInfo is what the message says, octet
 * by octet: some senders write NULL parameters and mean them. */
static int
shared_info_write(const struct recipient_info *info,
    const struct tlv_algorithm *wrap, struct buf *out)
{
	size_t bits = wrap_key_size(wrap->oid) * 8;
	unsigned char number[4] = {
	    0, 0, (unsigned char)(bits >> 8), (unsigned char)bits};
	size_t whole = der_open(out, DER_SEQUENCE), field;

	buf_add_slice(out, wrap->whole);
	if (info->ukm.len > 0) {
		field = der_open(out, DER_CONSTRUCTED(0));
		buf_add_slice(out, info->ukm);
		der_close(out, field);
	}
	field = der_open(out, DER_CONSTRUCTED(2));
	der_put(out, DER_OCTET_STRING, slice_make(number, sizeof(number)));
	der_close(out, field);
	der_close(out, whole);
	return buf_ok(out) ? 0 : -1;
}

/* The parameters of a key agreement are the AlgorithmIdentifier of the key
 * wrap. */
static int
agreement_params(const struct tlv_algorithm *algorithm,
    struct tlv_algorithm *wrap, enum key_hash *hash)
{
	struct tlv b;

	*hash = agreement_hash(algorithm->oid);
	tlv_init(&b, algorithm->params);
	if (*hash == KEY_HASH_NONE || tlv_algorithm(&b, wrap) ||
	    !tlv_at_end(&b) || wrap_key_size(wrap->oid) == 0)
		return -1;
	return 0;
}

static int
agreement_open(struct key_client *keys, const struct store_own_cert *own,
    const struct recipient_info *info, size_t wanted, struct buf *key,
    struct err *err)
{
	struct key_ref ref = own_key(own);
	struct key_agreement how = {.wrapped_key = info->encrypted_key};
	struct buf spki, shared_info;
	struct tlv_algorithm wrap;
	int rc = -1;

	buf_init(&spki, SPKI_MAX);
	buf_init(&shared_info, SHARED_INFO_MAX);
	/* RFC 3394: 8 octets more than the key inside. */
	if (!info->has_point || info->encrypted_key.len != wanted + 8 ||
	    agreement_params(&info->algorithm, &wrap, &how.kdf_hash) ||
	    ephemeral_write(own->certificate, info->point, &spki) ||
	    shared_info_write(info, &wrap, &shared_info)) {
		err_set(err, ERR_PERMANENT,
		    "key agreement with unknown parameters");
		goto out;
	}
	how.ephemeral = buf_slice(&spki);
	how.shared_info = buf_slice(&shared_info);
	rc = key_unwrap_ecdh(keys, &ref, &how, wanted, key, err);
out:
	buf_fini(&spki);
	buf_fini(&shared_info);
	return rc;
}

int
recipient_open(struct key_client *keys, const struct store_own_cert *own,
    const struct recipient_info *info, size_t wanted, struct buf *key,
    struct err *err)
{
	enum certificate_key have = own->certificate->key;

	if (info->kind == RECIPIENT_TRANSPORT && have == CERTIFICATE_KEY_RSA)
		return transport_open(keys, own, info, wanted, key, err);
	if (info->kind == RECIPIENT_AGREEMENT && have == CERTIFICATE_KEY_EC)
		return agreement_open(keys, own, info, wanted, key, err);
	return err_set(
	    err, ERR_PERMANENT, "our key is of another kind than its use");
}
