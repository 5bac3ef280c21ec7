/* certificate_cache.c: see certificate_cache.h. */
#include "cert/certificate_cache.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/lru.h"

struct certificate_cache {
	struct lru *lru;
};

static void *
ref(void *value)
{
	return certificate_ref(value);
}

static void
unref(void *value)
{
	struct certificate *c = value;

	certificate_unref(&c);
}

/* What it takes when it is parsed goes with its bytes. */
static size_t
weight(const void *value)
{
	const struct certificate *c = value;

	return c->der.len;
}

static const struct lru_ops ops = {ref, unref};
static const struct lru_scale scale = {weight, LIMIT_CACHED_CERTIFICATE_BYTES};

struct certificate_cache *
certificate_cache_new(void)
{
	struct certificate_cache *cache = xcalloc(1, sizeof(*cache));

	cache->lru = lru_new_weighed(LIMIT_CACHED_CERTIFICATES, &ops, &scale);
	return cache;
}

void
certificate_cache_free(struct certificate_cache *cache)
{
	if (!cache)
		return;
	lru_free(cache->lru);
	free(cache);
}

int
certificate_cache_parse(struct certificate_cache *cache, struct slice der,
    struct certificate **out, struct err *err)
{
	unsigned char fingerprint[FINGERPRINT_SIZE];
	char key[FINGERPRINT_TEXT];
	struct certificate *c;

	if (!cache)
		return certificate_parse(der, out, err);
	certificate_sha256(der, fingerprint);
	hex_encode(fingerprint, FINGERPRINT_SIZE, key);
	c = lru_get(cache->lru, key);
	if (!c) {
		if (certificate_parse(der, &c, err))
			return -1;
		lru_put(cache->lru, key, c);
	}
	*out = c;
	return 0;
}
