/*
 * key_work.c: see key_work.h.  RFC 7292 4 and appendix B, RFC 8018 A.
 *
 * Only numbers are looked at; whatever cannot be read is passed over, because
 * it cannot be derived with either.
 */
#include "admin/key_work.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"

static int
check_iterations(const ASN1_INTEGER *iterations, struct err *err)
{
	long n = iterations ? ASN1_INTEGER_get(iterations) : 1;

	/* -1: more than a long */
	if (n >= 0 && n <= (long)LIMIT_PBE_ITERATIONS)
		return 0;
	return err_set(err, ERR_PERMANENT,
	    "its passphrase would have to be hashed more than %u times; have "
	    "the file made anew with fewer iterations",
	    LIMIT_PBE_ITERATIONS);
}

/* PBES2 (RFC 8018 A.4) with PBKDF2; scrypt has a limit in OpenSSL. */
static int
check_pbes2(const ASN1_TYPE *params, struct err *err)
{
	PBE2PARAM *scheme =
	    ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), params);
	PBKDF2PARAM *derivation = NULL;
	int rc = 0;

	if (scheme && OBJ_obj2nid(scheme->keyfunc->algorithm) == NID_id_pbkdf2)
		derivation = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(PBKDF2PARAM), scheme->keyfunc->parameter);
	if (derivation)
		rc = check_iterations(derivation->iter, err);
	PBKDF2PARAM_free(derivation);
	PBE2PARAM_free(scheme);
	return rc;
}

int
key_work_check(const X509_ALGOR *algorithm, struct err *err)
{
	const ASN1_OBJECT *oid;
	PBEPARAM *simple;
	const void *params;
	int type, rc = 0;

	X509_ALGOR_get0(&oid, &type, &params, algorithm);
	if (OBJ_obj2nid(oid) == NID_pbes2) {
		rc = check_pbes2(algorithm->parameter, err);
	} else {
		simple = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
		if (simple)
			rc = check_iterations(simple->iter, err);
		PBEPARAM_free(simple);
	}
	ERR_clear_error();
	return rc;
}

/* Bags hold bags; the decoder has bounded how deep. */
static int
check_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, struct err *err)
{
	const X509_ALGOR *algorithm;
	const PKCS12_SAFEBAG *bag;
	int rc = 0;

	for (int i = 0; rc == 0 && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		bag = sk_PKCS12_SAFEBAG_value(bags, i);
		switch (PKCS12_SAFEBAG_get_nid(bag)) {
		case NID_pkcs8ShroudedKeyBag:
			X509_SIG_get0(
			    PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
			rc = key_work_check(algorithm, err);
			break;
		case NID_safeContentsBag:
			rc = check_bags(PKCS12_SAFEBAG_get0_safes(bag), err);
			break;
		default:
			break;
		}
	}
	return rc;
}

/* One part of the file; with a passphrase also what is encrypted in it. */
static int
check_part(PKCS7 *part, const char *passphrase, bool inside, struct err *err)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	int rc = 0;

	if (PKCS7_type_is_data(part)) {
		bags = PKCS12_unpack_p7data(part);
	} else if (PKCS7_type_is_encrypted(part)) {
		rc =
		    key_work_check(part->d.encrypted->enc_data->algorithm, err);
		if (rc == 0 && inside)
			bags = PKCS12_unpack_p7encdata(part, passphrase,
			    passphrase ? (int)strlen(passphrase) : 0);
	}
	if (bags && rc == 0)
		rc = check_bags(bags, err);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return rc;
}

static int
check_parts(
    const PKCS12 *p12, const char *passphrase, bool inside, struct err *err)
{
	STACK_OF(PKCS7) * parts;
	int rc = 0;

	ERR_clear_error();
	parts = PKCS12_unpack_authsafes(p12);
	for (int i = 0; rc == 0 && i < sk_PKCS7_num(parts); i++)
		rc = check_part(
		    sk_PKCS7_value(parts, i), passphrase, inside, err);
	sk_PKCS7_pop_free(parts, PKCS7_free);
	ERR_clear_error();
	return rc;
}

int
key_work_check_outside(const PKCS12 *p12, struct err *err)
{
	const ASN1_INTEGER *iterations = NULL;

	if (PKCS12_mac_present(p12))
		PKCS12_get0_mac(NULL, NULL, NULL, &iterations, p12);
	if (check_iterations(iterations, err))
		return -1;
	return check_parts(p12, NULL, false, err);
}

int
key_work_check_inside(
    const PKCS12 *p12, const char *passphrase, struct err *err)
{
	return check_parts(p12, passphrase, true, err);
}
