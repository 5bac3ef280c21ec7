/* content_guard.c: see content_guard.h. */
#include "smime/content_guard.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/lru.h"
#include "cert/certificate.h"

#define HASH_SIZE FINGERPRINT_SIZE

/* What came under one key. */
struct contents {
	int refs;
	size_t count;
	unsigned char hashes[LIMIT_CONTENTS_PER_KEY][HASH_SIZE];
};

struct content_guard {
	pthread_mutex_t lock; /* of what is in the contents */
	struct lru *keys;     /* hash of the key: struct contents */
};

static void *
contents_ref(void *value)
{
	struct contents *c = value;

	__atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

static void
contents_unref(void *value)
{
	struct contents *c = value;

	if (__atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(c);
}

struct content_guard *
content_guard_new(void)
{
	static const struct lru_ops ops = {contents_ref, contents_unref};
	struct content_guard *guard = xcalloc(1, sizeof(*guard));

	pthread_mutex_init(&guard->lock, NULL);
	guard->keys = lru_new(LIMIT_GUARDED_KEYS, &ops);
	return guard;
}

void
content_guard_free(struct content_guard *guard)
{
	if (!guard)
		return;
	lru_free(guard->keys);
	pthread_mutex_destroy(&guard->lock);
	free(guard);
}

/* Of the initialisation vector and all octets of the ciphertext, however they
 * are cut into pieces. */
static bool
content_hash(const struct content_cipher *cipher,
    const struct envelope *envelope, unsigned char *hash)
{
	const struct digest_algorithm *sha256 =
	    digest_algorithm_find(OID_SHA256);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct slice piece;
	size_t at = 0;
	bool good;

	good = ctx && sha256 && sha256->md &&
	       EVP_DigestInit_ex(ctx, sha256->md, NULL) == 1 &&
	       EVP_DigestUpdate(ctx, cipher->iv.data, cipher->iv.len) == 1;
	while (good && tlv_octets_next(&envelope->content, &at, &piece))
		good = EVP_DigestUpdate(ctx, piece.data, piece.len) == 1;
	good = good && EVP_DigestFinal_ex(ctx, hash, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static struct contents *
contents_find(struct content_guard *guard, const char *name)
{
	struct contents *c = lru_get(guard->keys, name);

	if (c)
		return c;
	c = xcalloc(1, sizeof(*c));
	c->refs = 1;
	lru_put(guard->keys, name, c);
	return c;
}

/* Is it one of them, or is there room for one more? */
static bool
contents_note(struct contents *c, const unsigned char *hash)
{
	for (size_t i = 0; i < c->count; i++)
		if (memcmp(c->hashes[i], hash, HASH_SIZE) == 0)
			return true;
	if (c->count == LIMIT_CONTENTS_PER_KEY)
		return false;
	memcpy(c->hashes[c->count++], hash, HASH_SIZE);
	return true;
}

bool
content_guard_allows(struct content_guard *guard,
    const struct content_cipher *cipher, const struct envelope *envelope,
    const unsigned char *key)
{
	unsigned char hash[HASH_SIZE], key_hash[HASH_SIZE];
	char name[2 * HASH_SIZE + 1];
	struct contents *c;
	bool allowed;

	if (!guard || cipher->algorithm->authenticated)
		return true;
	if (!content_hash(cipher, envelope, hash))
		return false;
	certificate_sha256(
	    slice_make(key, cipher->algorithm->key_size), key_hash);
	hex_encode(key_hash, HASH_SIZE, name);
	pthread_mutex_lock(&guard->lock);
	c = contents_find(guard, name);
	allowed = contents_note(c, hash);
	pthread_mutex_unlock(&guard->lock);
	contents_unref(c);
	return allowed;
}
