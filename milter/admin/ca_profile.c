/*
 * ca_profile.c: see ca_profile.h.  Pure but for random numbers.
 */
#include "admin/ca_profile.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "base/slice.h"

#define SERIAL_BITS    128
#define CLOCK_MARGIN   (5L * 60)
#define SECONDS_OF_DAY (24L * 60 * 60)
/* RFC 5280 appendix A: ub-common-name, in characters. */
#define COMMON_NAME_MAX 64

int
ca_profile_serial(X509 *x, struct err *err)
{
	BIGNUM *n = BN_new();
	int rc = -1;

	/* the topmost bit is one: never zero, always of one length */
	if (n && BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)))
		rc = 0;
	else
		err_set_crypto(err, ERR_BUG, "cannot make a serial number");
	BN_free(n);
	return rc;
}

int
ca_profile_validity(
    X509 *x, time_t now, long days, time_t limit, struct err *err)
{
	time_t from = now - CLOCK_MARGIN;
	/* RFC 5280 4.1.2.5: both ends belong to the validity */
	time_t to = from + days * SECONDS_OF_DAY - 1;

	if (limit && to > limit)
		to = limit;
	if (!ASN1_TIME_adj(X509_getm_notBefore(x), from, 0, 0) ||
	    !ASN1_TIME_adj(X509_getm_notAfter(x), to, 0, 0))
		return err_set_crypto(err, ERR_BUG, "cannot set the validity");
	return 0;
}

static int
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

int
ca_profile_root(X509 *x, struct err *err)
{
	ERR_clear_error();
	if (!add_extension(
		x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
	    !add_extension(
		x, x, NID_key_usage, "critical,keyCertSign,cRLSign") ||
	    !add_extension(x, x, NID_subject_key_identifier, "hash"))
		return err_set_crypto(
		    err, ERR_BUG, "cannot write the root's extensions");
	return 0;
}

static const char *
key_usage(X509 *x)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);

	if (EVP_PKEY_is_a(key, "RSA"))
		return "critical,digitalSignature,keyEncipherment";
	if (EVP_PKEY_is_a(key, "EC"))
		return "critical,digitalSignature,keyAgreement";
	return "critical,digitalSignature";
}

static GENERAL_NAME *
rfc822_name(const char *address)
{
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	GENERAL_NAME *name = GENERAL_NAME_new();

	if (!text || !name || !ASN1_STRING_set(text, address, -1)) {
		ASN1_IA5STRING_free(text);
		GENERAL_NAME_free(name);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, GEN_EMAIL, text);
	return name;
}

static GENERAL_NAME *
smtp_utf8_mailbox(const char *address)
{
	ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_TYPE *value = ASN1_TYPE_new();

	if (!text || !name || !value || !ASN1_STRING_set(text, address, -1))
		goto fail;
	ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
	text = NULL;
	if (!GENERAL_NAME_set0_othername(
		name, OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox), value))
		goto fail;
	return name;
fail:
	ASN1_UTF8STRING_free(text);
	ASN1_TYPE_free(value);
	GENERAL_NAME_free(name);
	return NULL;
}

GENERAL_NAMES *
ca_profile_names(const char *address)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	/* RFC 9598: SmtpUTF8Mailbox for what rfc822Name cannot hold only */
	GENERAL_NAME *name = slice_is_ascii(slice_text(address))
				 ? rfc822_name(address)
				 : smtp_utf8_mailbox(address);

	if (names && name && sk_GENERAL_NAME_push(names, name) > 0)
		return names;
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	return NULL;
}

static int
add_names(X509 *x, const char *address)
{
	GENERAL_NAMES *names = ca_profile_names(address);
	/* RFC 5280 4.1.2.6: critical when there is no subject */
	int critical = X509_NAME_entry_count(X509_get_subject_name(x)) == 0;
	int ok;

	ok = names && X509_add1_ext_i2d(x, NID_subject_alt_name, names,
			  critical, X509V3_ADD_APPEND) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

int
ca_profile_mailbox(X509 *x, X509 *issuer, const char *address, struct err *err)
{
	ERR_clear_error();
	if (!add_extension(x, issuer, NID_key_usage, key_usage(x)) ||
	    !add_extension(x, issuer, NID_ext_key_usage, "emailProtection") ||
	    !add_extension(x, issuer, NID_subject_key_identifier, "hash") ||
	    !add_extension(
		x, issuer, NID_authority_key_identifier, "keyid:always") ||
	    !add_names(x, address))
		return err_set_crypto(err, ERR_BUG,
		    "cannot write the extensions of the certificate for %s",
		    address);
	return 0;
}

static size_t
count_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

int
ca_profile_subject(X509_NAME *subject, const char *person, const char *address,
    struct err *err)
{
	const char *name = *person ? person : address;

	if (count_characters(name) > COMMON_NAME_MAX)
		name = address;
	if (count_characters(name) > COMMON_NAME_MAX)
		return 0;
	ERR_clear_error();
	if (!X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
		(const unsigned char *)name, -1, -1, 0))
		return err_set_crypto(err, ERR_PERMANENT,
		    "\"%s\" cannot be the name in a certificate", name);
	return 0;
}
