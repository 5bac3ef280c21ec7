/* key_identity.h: keys that OpenSSL made and the key process sealed. */
#ifndef TESTS_UNIT_KEY_IDENTITY_H
#define TESTS_UNIT_KEY_IDENTITY_H

#include <openssl/evp.h>

#include "key/key_client.h"

/* Long enough for any key, with sanitizers, on a busy machine. */
#define KEY_TIMEOUT_MS 120000

struct key_identity {
	EVP_PKEY *pkey;
	struct key_sealed sealed;
	struct key_ref ref; /* borrows from sealed */
};

/* kind as for sample_key. */
void key_identity_open(
    struct key_identity *identity, struct key_client *client, const char *kind);
void key_identity_close(struct key_identity *identity);

/* rc is 0, or the test ends with what err says. */
void must_work(int rc, const struct err *err);

/* rc is -1, err of that class, and its text has text in it. */
void must_fail(
    int rc, const struct err *err, enum err_class class, const char *text);

#endif
