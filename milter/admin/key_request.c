/*
 * key_request.c: see key_request.h.  The encoding is made here, the signature
 * in smime-keyd, which checks that the request names that very key.
 */
#include "admin/key_request.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "admin/ca_profile.h"
#include "base/limits.h"

#define SIGNATURE_MAX 2048u

static int
add_address(X509_REQ *request, const char *address)
{
	STACK_OF(X509_EXTENSION) *list = NULL;
	GENERAL_NAMES *names = ca_profile_names(address);
	int ok;

	ok = names &&
	     X509V3_add1_i2d(&list, NID_subject_alt_name, names, 0,
		 X509V3_ADD_APPEND) == 1 &&
	     X509_REQ_add_extensions(request, list) == 1;
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ok;
}

static int
set_key(X509_REQ *request, const struct key_sealed *key)
{
	const unsigned char *p = key->spki.data;
	EVP_PKEY *public_key;
	int ok;

	public_key = d2i_PUBKEY(NULL, &p, (long)key->spki.len);
	ok = public_key && X509_REQ_set_pubkey(request, public_key) == 1;
	EVP_PKEY_free(public_key);
	return ok;
}

/* AlgorithmIdentifier of the signature: RFC 4055 wants NULL parameters for
 * RSA, RFC 5758 and RFC 8410 want none for the others. */
static int
set_algorithm(X509_REQ *request, struct key_signing how)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	int nid = NID_sha256WithRSAEncryption, parameter = V_ASN1_NULL, ok;

	if (how.algorithm == KEY_ALG_ED25519) {
		nid = NID_ED25519;
		parameter = V_ASN1_UNDEF;
	} else if (how.algorithm == KEY_ALG_ECDSA) {
		nid = how.hash == KEY_HASH_SHA512   ? NID_ecdsa_with_SHA512
		      : how.hash == KEY_HASH_SHA384 ? NID_ecdsa_with_SHA384
						    : NID_ecdsa_with_SHA256;
		parameter = V_ASN1_UNDEF;
	}
	ok = algorithm &&
	     X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), parameter, NULL) ==
		 1 &&
	     X509_REQ_set1_signature_algo(request, algorithm) == 1;
	X509_ALGOR_free(algorithm);
	return ok;
}

static int
set_signature(X509_REQ *request, const struct buf *signature)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();

	if (!bits ||
	    !ASN1_BIT_STRING_set(bits, signature->data, (int)signature->len)) {
		ASN1_BIT_STRING_free(bits);
		return 0;
	}
	/* whole octets: no unused bits (X.690 8.6.2.2) */
	bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	X509_REQ_set0_signature(request, bits);
	return 1;
}

static int
sign(X509_REQ *request, const struct key_request_opts *opts, struct err *err)
{
	struct key_ref key = {.wrapped = buf_slice(&opts->key->wrapped)};
	unsigned char *info = NULL;
	struct buf signature;
	int len, rc = -1;

	memcpy(key.id, opts->key->id, sizeof(key.id));
	buf_init(&signature, SIGNATURE_MAX);
	ERR_clear_error();
	len = i2d_re_X509_REQ_tbs(request, &info);
	if (len <= 0) {
		err_set_crypto(err, ERR_BUG, "cannot encode the request");
		goto out;
	}
	if (key_sign_request(opts->keys, &key, opts->type->request,
		slice_make(info, (size_t)len), &signature, err))
		goto out;
	ERR_clear_error();
	if (!set_signature(request, &signature) ||
	    X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1) {
		err_set_crypto(err, ERR_BUG,
		    "the key process signed something else than the request");
		goto out;
	}
	rc = 0;
out:
	OPENSSL_free(info);
	buf_fini(&signature);
	return rc;
}

int
key_request_make(
    const struct key_request_opts *opts, X509_REQ **out, struct err *err)
{
	X509_REQ *request = X509_REQ_new();

	ERR_clear_error();
	if (!request || !X509_REQ_set_version(request, X509_REQ_VERSION_1) ||
	    !set_key(request, opts->key) ||
	    !add_address(request, opts->address) ||
	    !set_algorithm(request, opts->type->request)) {
		err_set_crypto(err, ERR_BUG, "cannot make the request for %s",
		    opts->address);
		goto fail;
	}
	if (ca_profile_subject(X509_REQ_get_subject_name(request), opts->person,
		opts->address, err) ||
	    sign(request, opts, err))
		goto fail;
	*out = request;
	return 0;
fail:
	X509_REQ_free(request);
	return -1;
}
