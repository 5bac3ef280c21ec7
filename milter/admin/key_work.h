/*
 * key_work.h: how much work a file demands before its passphrase is known to
 * be right.  It says itself how often it is to be iterated, and whoever sent
 * it may have written anything.
 */
#ifndef ADMIN_KEY_WORK_H
#define ADMIN_KEY_WORK_H

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/err.h"

/* Password-based encryption of PKCS#5 or PKCS#12.  Permanent error over
 * LIMIT_PBE_ITERATIONS; what is unknown is for OpenSSL to refuse. */
int key_work_check(const X509_ALGOR *algorithm, struct err *err) MUST_USE;

/* All that can be seen without a passphrase, before anything is derived. */
int key_work_check_outside(const PKCS12 *p12, struct err *err) MUST_USE;

/* What is inside of encrypted content, as far as that can be decrypted. */
int key_work_check_inside(
    const PKCS12 *p12, const char *passphrase, struct err *err) MUST_USE;

#endif
