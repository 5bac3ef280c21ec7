/* keyd_crypto.c: see keyd_crypto.h.  Main thread, before the others start;
 * read-only afterwards. */
#include "keyd/keyd_crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

static const char *const hash_names[KEY_HASH_LAST + 1] = {
    [KEY_HASH_SHA1] = "SHA1",
    [KEY_HASH_SHA224] = "SHA2-224",
    [KEY_HASH_SHA256] = "SHA2-256",
    [KEY_HASH_SHA384] = "SHA2-384",
    [KEY_HASH_SHA512] = "SHA2-512",
};

static const char *const unwrap_names[3] = {
    "AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP"};

static int
fetch_all(struct keyd_crypto *c)
{
	for (int i = KEY_HASH_NONE + 1; i <= KEY_HASH_LAST; i++) {
		c->hashes[i] = EVP_MD_fetch(NULL, hash_names[i], NULL);
		if (!c->hashes[i])
			return -1;
	}
	for (int i = 0; i < 3; i++) {
		c->unwrap[i] = EVP_CIPHER_fetch(NULL, unwrap_names[i], NULL);
		if (!c->unwrap[i])
			return -1;
	}
	c->seal = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	c->x963 = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_X963KDF, NULL);
	c->hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	return c->seal && c->x963 && c->hmac ? 0 : -1;
}

int
keyd_crypto_init(struct keyd_crypto *c, struct err *err)
{
	*c = (struct keyd_crypto){0};
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				    OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
				    OPENSSL_INIT_NO_ATEXIT,
		NULL) != 1)
		return err_set_crypto(err, ERR_PERMANENT, "OpenSSL");
	ERR_clear_error();
	if (fetch_all(c)) {
		err_set_crypto(err, ERR_PERMANENT, "OpenSSL lacks algorithms");
		keyd_crypto_fini(c);
		return -1;
	}
	if (secret_random(&c->decoy_key, KEYD_WRAPPING_KEY_SIZE, err)) {
		keyd_crypto_fini(c);
		return -1;
	}
	return 0;
}

void
keyd_crypto_fini(struct keyd_crypto *c)
{
	for (int i = 0; i <= KEY_HASH_LAST; i++)
		EVP_MD_free(c->hashes[i]);
	for (int i = 0; i < 3; i++)
		EVP_CIPHER_free(c->unwrap[i]);
	EVP_CIPHER_free(c->seal);
	EVP_KDF_free(c->x963);
	EVP_MAC_free(c->hmac);
	secret_fini(&c->wrapping_key);
	secret_fini(&c->decoy_key);
	*c = (struct keyd_crypto){0};
}

int
keyd_crypto_start_thread(struct err *err)
{
	unsigned char byte;

	ERR_clear_error();
	if (RAND_bytes(&byte, 1) != 1 || RAND_priv_bytes(&byte, 1) != 1)
		return err_set_crypto(err, ERR_PERMANENT, "no random numbers");
	return 0;
}
