/*
 * certificate.c: see certificate.h.  RFC 5280, RFC 8550.
 *
 * Everything that callers ask about is read here once, while the object is
 * still ours alone; afterwards nobody writes to it.  A certificate whose
 * extensions cannot be read, or appear twice, is none: what cannot be
 * understood can neither allow nor forbid anything.
 */
#include "cert/certificate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cert/certificate_names.h"

/* Digests */

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;

static void
fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (!sha256)
		abort();
}

void
certificate_sha256(struct slice data, unsigned char *digest)
{
	pthread_once(&fetch_once, fetch);
	if (EVP_Digest(data.data, data.len, digest, NULL, sha256, NULL) != 1)
		abort();
}

/* Keys */

static enum certificate_key
ec_key(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *oid;
	const void *parameter;
	int type;

	/* Named curves only: explicit parameters (CVE-2020-0601) are no curve
	 * that we know. */
	X509_ALGOR_get0(&oid, &type, &parameter, algorithm);
	if (type != V_ASN1_OBJECT)
		return CERTIFICATE_KEY_OTHER;
	switch (OBJ_obj2nid(parameter)) {
	case NID_X9_62_prime256v1:
	case NID_secp384r1:
	case NID_secp521r1:
		return CERTIFICATE_KEY_EC;
	default:
		return CERTIFICATE_KEY_OTHER;
	}
}

static enum certificate_key
key_kind(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *oid;

	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(oid)) {
	case NID_rsaEncryption:
		return CERTIFICATE_KEY_RSA;
	case NID_rsassaPss:
		return CERTIFICATE_KEY_RSA_PSS;
	case NID_rsaesOaep:
		return CERTIFICATE_KEY_RSA_OAEP;
	case NID_X9_62_id_ecPublicKey:
		return ec_key(algorithm);
	case NID_ED25519:
		return CERTIFICATE_KEY_ED25519;
	default:
		return CERTIFICATE_KEY_OTHER;
	}
}

/* The public key with a reference for the caller.  OpenSSL knows no keys of
 * the type id-RSAES-OAEP; inside they are the same RSAPublicKey. */
static EVP_PKEY *
public_key(const struct certificate *c, X509_PUBKEY *spki)
{
	const unsigned char *bytes;
	int len;

	if (c->key != CERTIFICATE_KEY_RSA_OAEP)
		return X509_PUBKEY_get(spki);
	X509_PUBKEY_get0_param(NULL, &bytes, &len, NULL, spki);
	return d2i_PublicKey(EVP_PKEY_RSA, NULL, &bytes, len);
}

static bool
is_sane_rsa(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);
	BIGNUM *e = NULL;
	bool sane;

	if (bits < LIMIT_RSA_BITS_MIN || bits > LIMIT_RSA_BITS)
		return false;
	/* With e = 1 everyone decrypts; an even e is no RSA. */
	sane = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	       BN_is_odd(e) && !BN_is_one(e);
	BN_free(e);
	return sane;
}

/* Sets key, key_bits and key_id; tells whether the key itself is strong. */
static bool
read_key(struct certificate *c)
{
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(c->x509);
	unsigned char *der = NULL;
	X509_ALGOR *algorithm;
	EVP_PKEY *key;
	bool strong;
	int len;

	len = i2d_X509_PUBKEY(spki, &der);
	if (len > 0)
		certificate_sha256(slice_make(der, (size_t)len), c->key_id);
	OPENSSL_free(der);

	X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, spki);
	c->key = key_kind(algorithm);
	key = public_key(c, spki);
	if (!key) {
		c->key = CERTIFICATE_KEY_OTHER;
		return false;
	}
	c->key_bits = EVP_PKEY_get_bits(key);
	switch (c->key) {
	case CERTIFICATE_KEY_RSA:
	case CERTIFICATE_KEY_RSA_PSS:
	case CERTIFICATE_KEY_RSA_OAEP:
		strong = is_sane_rsa(key);
		break;
	case CERTIFICATE_KEY_EC:
	case CERTIFICATE_KEY_ED25519:
		strong = true;
		break;
	default:
		strong = false;
	}
	EVP_PKEY_free(key);
	return strong;
}

bool
certificate_has_strong_signature(X509 *x509)
{
	int digest, key, bits;

	if (X509_get_signature_info(x509, &digest, &key, &bits, NULL) != 1)
		return false;
	return bits >= 112 && digest != NID_sha1 && digest != NID_md5 &&
	       digest != NID_md5_sha1;
}

/* Usage */

bool
certificate_is_for_mail(X509 *x509)
{
	uint32_t extended = X509_get_extended_key_usage(x509);

	return extended & (XKU_SMIME | XKU_ANYEKU);
}

static bool
has_usage(X509 *x509, uint32_t any_of)
{
	return X509_get_key_usage(x509) & any_of;
}

static bool
may_sign(const struct certificate *c)
{
	switch (c->key) {
	case CERTIFICATE_KEY_RSA:
	case CERTIFICATE_KEY_RSA_PSS:
	case CERTIFICATE_KEY_EC:
	case CERTIFICATE_KEY_ED25519:
		return !c->is_ca && has_usage(c->x509, KU_DIGITAL_SIGNATURE |
							   KU_NON_REPUDIATION);
	default:
		return false;
	}
}

static bool
may_encrypt(const struct certificate *c)
{
	switch (c->key) {
	case CERTIFICATE_KEY_RSA:
	case CERTIFICATE_KEY_RSA_OAEP:
		return has_usage(c->x509, KU_KEY_ENCIPHERMENT);
	case CERTIFICATE_KEY_EC:
		return has_usage(c->x509, KU_KEY_AGREEMENT);
	default:
		return false;
	}
}

/* Absent extensions read as all bits set: everything is allowed. */
static void
read_usage(struct certificate *c)
{
	uint32_t flags = X509_get_extension_flags(c->x509);
	bool known =
	    !(flags & EXFLAG_CRITICAL) && certificate_is_for_mail(c->x509);

	c->is_ca = flags & EXFLAG_CA;
	c->self_issued = flags & EXFLAG_SI;
	c->may_sign = known && may_sign(c);
	c->may_encrypt = known && may_encrypt(c);
}

/* Times */

int
certificate_time(const ASN1_TIME *from, time_t *out)
{
	struct tm tm;

	if (!from || ASN1_TIME_to_tm(from, &tm) != 1)
		return -1;
	*out = timegm(&tm);
	return 0;
}

/* Parsing */

/* Fills everything from c->x509 and c->der. */
static int
read_all(struct certificate *c, struct err *err)
{
	bool strong_key;

	/* Decodes and caches all extensions, so that threads only read. */
	if (X509_check_purpose(c->x509, -1, -1) != 1)
		return err_set_crypto(err, ERR_PERMANENT,
		    "certificate: malformed or repeated extension");
	if (certificate_time(X509_get0_notBefore(c->x509), &c->not_before) ||
	    certificate_time(X509_get0_notAfter(c->x509), &c->not_after))
		return err_set_crypto(
		    err, ERR_PERMANENT, "certificate: malformed validity");
	certificate_sha256(c->der, c->fingerprint);
	hex_encode(c->fingerprint, FINGERPRINT_SIZE, c->fingerprint_text);
	certificate_names_read(c);
	strong_key = read_key(c);
	c->strong = strong_key && certificate_has_strong_signature(c->x509);
	read_usage(c);
	c->level = certificate_level_read(c->x509);
	/* An unknown key or curve is no error but leaves a trace. */
	ERR_clear_error();
	return 0;
}

/* A certificate with nothing but its encoding; takes x509 in any case. */
static struct certificate *
wrap(X509 *x509, struct err *err)
{
	int len = i2d_X509(x509, NULL);
	struct certificate *c;
	unsigned char *der;

	if (len <= 0 || (unsigned)len > LIMIT_CERTIFICATE) {
		err_set_crypto(err, ERR_PERMANENT,
		    "certificate: cannot be encoded in %u bytes",
		    LIMIT_CERTIFICATE);
		X509_free(x509);
		return NULL;
	}
	/* The encoding lies behind the struct. */
	c = xcalloc(1, sizeof(*c) + (size_t)len);
	der = (unsigned char *)(c + 1);
	c->refs = 1;
	c->x509 = x509;
	c->der = slice_make(der, (size_t)len);
	i2d_X509(x509, &der);
	return c;
}

static int
finish(struct certificate *c, struct certificate **out, struct err *err)
{
	if (read_all(c, err)) {
		certificate_unref(&c);
		return -1;
	}
	*out = c;
	return 0;
}

int
certificate_from_x509(X509 *x509, struct certificate **out, struct err *err)
{
	struct certificate *c;

	ERR_clear_error();
	X509_up_ref(x509);
	c = wrap(x509, err);
	return c ? finish(c, out, err) : -1;
}

int
certificate_parse(struct slice der, struct certificate **out, struct err *err)
{
	const unsigned char *p = der.data;
	struct certificate *c;
	X509 *x509;

	ERR_clear_error();
	if (der.len > (size_t)LIMIT_CERTIFICATE)
		return err_set(err, ERR_PERMANENT,
		    "certificate: larger than %u bytes", LIMIT_CERTIFICATE);
	x509 = d2i_X509(NULL, &p, (long)der.len);
	if (!x509)
		return err_set_crypto(
		    err, ERR_PERMANENT, "certificate: cannot be parsed");
	c = wrap(x509, err);
	if (!c)
		return -1;
	/* Covers trailing bytes and what is BER but not DER. */
	if (!slice_equal(c->der, der)) {
		certificate_unref(&c);
		return err_set(err, ERR_PERMANENT,
		    "certificate: not DER, or more bytes behind it");
	}
	return finish(c, out, err);
}

/* References */

bool
certificate_is_same(const struct certificate *a, const struct certificate *b)
{
	return memcmp(a->fingerprint, b->fingerprint, FINGERPRINT_SIZE) == 0;
}

struct certificate *
certificate_ref(struct certificate *c)
{
	__atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void
certificate_unref(struct certificate **cp)
{
	struct certificate *c = *cp;

	*cp = NULL;
	if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	certificate_names_free(c);
	X509_free(c->x509);
	free(c);
}

/* Questions */

bool
certificate_has_address(const struct certificate *c, const char *canonical)
{
	for (size_t i = 0; i < c->address_count; i++)
		if (strcmp(c->addresses[i], canonical) == 0)
			return true;
	return false;
}

bool
certificate_is_strong(const struct certificate *c)
{
	return c->strong;
}
