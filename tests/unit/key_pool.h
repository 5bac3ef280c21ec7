/*
 * key_pool.h: RSA keys, which take long to make, made once for many tests:
 * the folder is that of tests/system/keys.py.
 */
#ifndef UNIT_KEY_POOL_H
#define UNIT_KEY_POOL_H

#include <openssl/evp.h>

/* A key that this process has not had before, one of the folder's or a new
 * one; NULL when it cannot be made.  Not for several threads. */
EVP_PKEY *key_pool_rsa(unsigned bits);

#endif
