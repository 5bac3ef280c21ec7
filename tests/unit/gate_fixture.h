/*
 * gate_fixture.h: finished bodies for the gate's tests.
 *
 * The CMS are made by OpenSSL, the MIME around them here: nothing of what is
 * judged comes from the code that the gate has to watch.  The caller frees
 * every result.
 */
#ifndef TESTS_UNIT_GATE_FIXTURE_H
#define TESTS_UNIT_GATE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "unit/cert_fixture.h"

/* The Content-Type of gate_fixture_multipart, and those of the others but for
 * the smime-type, as a milter sends them. */
#define GATE_FIXTURE_MULTIPART                                                 \
	" multipart/signed; protocol=\"application/pkcs7-signature\";\n"       \
	"\tmicalg=sha-256; boundary=\"b0undary\""
#define GATE_FIXTURE_PKCS7 " application/pkcs7-mime; smime-type="

/* Base64 of SignedData.  second: another signer besides, or NULL */
char *gate_fixture_signature(const struct fixture_cert *signer,
    const struct fixture_cert *second, bool detached);

/* Base64 of (Auth)EnvelopedData. */
char *gate_fixture_envelope(const struct fixture_cert *const *to, size_t count,
    const EVP_CIPHER *cipher);

/* The body of multipart/signed with that signature. */
char *gate_fixture_multipart(const char *signature);

#endif
