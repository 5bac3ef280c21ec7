/* key_type.c: see key_type.h. */
#include "admin/key_type.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#define RSA_REQUEST                                                            \
	{                                                                      \
		KEY_ALG_RSA_PKCS1, KEY_HASH_SHA256                             \
	}

static const struct key_type types[] = {
    {"rsa2048", KEY_ALG_NEW_RSA2048, NULL, 2048, RSA_REQUEST},
    {"rsa3072", KEY_ALG_NEW_RSA3072, NULL, 3072, RSA_REQUEST},
    {"rsa4096", KEY_ALG_NEW_RSA4096, NULL, 4096, RSA_REQUEST},
    {"p256", KEY_ALG_NEW_P256, "P-256", 0, {KEY_ALG_ECDSA, KEY_HASH_SHA256}},
    {"p384", KEY_ALG_NEW_P384, "P-384", 0, {KEY_ALG_ECDSA, KEY_HASH_SHA384}},
    {"p521", KEY_ALG_NEW_P521, "P-521", 0, {KEY_ALG_ECDSA, KEY_HASH_SHA512}},
    {"ed25519", KEY_ALG_NEW_ED25519, NULL, 0,
	{KEY_ALG_ED25519, KEY_HASH_SHA512}},
};

#define TYPE_COUNT (sizeof(types) / sizeof(*types))

static const struct key_type *
type_named(const char *name)
{
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

int
key_type_find(const char *name, const struct key_type **out, struct err *err)
{
	const struct key_type *type =
	    type_named(name ? name : KEY_TYPE_DEFAULT);

	if (type) {
		*out = type;
		return 0;
	}
	return err_set(err, ERR_PERMANENT, "--key %s: not one of %s", name,
	    KEY_TYPE_NAMES);
}

const struct key_type *
key_type_for(enum setting_algorithm algorithm)
{
	static const char *const names[] = {
	    [ALGORITHM_INHERIT] = KEY_TYPE_DEFAULT,
	    [ALGORITHM_ANY] = KEY_TYPE_DEFAULT,
	    [ALGORITHM_RSA] = "rsa3072",
	    [ALGORITHM_RSA_PSS] = "rsa3072",
	    [ALGORITHM_ECDSA_P256] = "p256",
	    [ALGORITHM_ECDSA_P384] = "p384",
	    [ALGORITHM_ECDSA_P521] = "p521",
	    [ALGORITHM_ED25519] = "ed25519",
	};

	return type_named(names[algorithm]);
}

int
key_type_generate(const struct key_type *type, EVP_PKEY **out, struct err *err)
{
	EVP_PKEY *key;

	ERR_clear_error();
	if (type->bits > 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)type->bits);
	else if (type->group)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", type->group);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!key)
		return err_set_crypto(
		    err, ERR_BUG, "cannot make a key of type %s", type->name);
	*out = key;
	return 0;
}

const EVP_MD *
key_type_digest(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 384)
		return EVP_sha512();
	if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256)
		return EVP_sha384();
	return EVP_sha256();
}
