/*
 * certificate_cache.h: certificates that came in messages, parsed once.
 *
 * Correspondents send the same few certificates with every message, and
 * parsing one takes longer than verifying with it (DESIGN.md 8).  Found by
 * the SHA-256 of their bytes, so that nothing but those very bytes is ever
 * taken for them.  Thread-safe.
 */
#ifndef CERT_CERTIFICATE_CACHE_H
#define CERT_CERTIFICATE_CACHE_H

#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"

struct certificate_cache;

/* Holds at most LIMIT_CACHED_CERTIFICATES of LIMIT_CACHED_CERTIFICATE_BYTES
 * together; the one not used for the longest time goes first. */
struct certificate_cache *certificate_cache_new(void);
void certificate_cache_free(struct certificate_cache *cache);

/* As certificate_parse.  cache NULL: nothing is kept. */
int certificate_cache_parse(struct certificate_cache *cache, struct slice der,
    struct certificate **out, struct err *err) MUST_USE;

#endif
