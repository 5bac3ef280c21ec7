/*
 * keyd_request_info.c: see keyd_request_info.h.  Any thread.
 *
 * The outer steps are ours, so that OpenSSL's templates meet a public key
 * only after it was found to be our own.  They are needed all the same: a
 * subject that is a Name cannot be read as anything else a key may sign, as
 * a TBSCertificate.
 */
#include "keyd/keyd_request_info.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "keyd/keyd_der.h"

/* CertificationRequestInfo ::= SEQUENCE { version INTEGER { v1(0) },
 *   subject Name, subjectPKInfo SubjectPublicKeyInfo,
 *   attributes [0] Attributes } */
static bool
is_for_key(struct slice info, struct slice spki)
{
	struct keyd_der sequence, version, subject, key, attributes;

	return keyd_der_only(info, DER_SEQUENCE, &sequence) &&
	       keyd_der_next(&sequence.contents, DER_INTEGER, &version) &&
	       version.contents.len == 1 && version.contents.data[0] == 0 &&
	       keyd_der_next(&sequence.contents, DER_SEQUENCE, &subject) &&
	       keyd_der_next(&sequence.contents, DER_SEQUENCE, &key) &&
	       slice_equal(key.whole, spki) &&
	       keyd_der_only(sequence.contents, DER_CONTEXT_0, &attributes);
}

/* Read by the templates to the last byte, and written by them the same. */
static bool
is_template_form(struct slice info)
{
	const unsigned char *p = info.data;
	unsigned char *der = NULL;
	X509_REQ_INFO *parsed;
	bool same = false;
	int len;

	parsed = d2i_X509_REQ_INFO(NULL, &p, (long)info.len);
	if (parsed && p == info.data + info.len) {
		len = i2d_X509_REQ_INFO(parsed, &der);
		same =
		    len > 0 && slice_equal(slice_make(der, (size_t)len), info);
	}
	OPENSSL_free(der);
	X509_REQ_INFO_free(parsed);
	ERR_clear_error();
	return same;
}

int
keyd_request_info_check(struct slice info, struct slice spki, struct err *err)
{
	if (info.len > LIMIT_REQUEST_INFO)
		return err_set(err, ERR_POLICY,
		    "certificate request of %zu bytes, the limit is %u",
		    info.len, LIMIT_REQUEST_INFO);
	if (!is_for_key(info, spki))
		return err_set(
		    err, ERR_POLICY, "not a certificate request for this key");
	ERR_clear_error();
	if (!is_template_form(info))
		return err_set(err, ERR_POLICY,
		    "the certificate request is not valid DER");
	return 0;
}
