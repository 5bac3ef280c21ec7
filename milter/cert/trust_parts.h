/* trust_parts.h: the inside of a struct trust, for trust*.c only. */
#ifndef CERT_TRUST_PARTS_H
#define CERT_TRUST_PARTS_H

#include <pthread.h>

#include <openssl/x509_vfy.h>

#include "base/lru.h"
#include "cert/trust.h"

/* What is trusted at one time, and what was judged by it.  Immutable once
 * others can see it, but for the cache; counted. */
struct trust_base {
	int refs;
	X509_STORE *store; /* the anchors for OpenSSL */
	struct certificate_list anchors;
	struct certificate_list distrusted;
	struct lru *verdicts; /* struct verdict by text; see trust_check.c */
	struct lru *issued;   /* whose signature by whom was verified */
};

struct trust {
	struct certificate_list configured;
	/* By the operator, in the store; sorted. */
	struct certificate_list trusted;
	struct certificate_list distrusted;
	pthread_mutex_t lock; /* of the two lists and of base */
	struct trust_base *base;
};

/* One without anchors; trust.c fills it. */
struct trust *trust_new(void);

/* Version 1 roots, which can say nothing about themselves, count too. */
bool trust_is_authority(const struct certificate *c);

/* The base of this moment; a reference. */
struct trust_base *trust_base_of(struct trust *t);
void trust_base_unref(struct trust_base *base);

/* Is this the key of an authority that is distrusted? */
bool trust_base_distrusts(
    const struct trust_base *base, const struct certificate *c);

/* trust_is_issued_by, which need not be found out again: whose key has signed
 * these very bytes never changes, whoever is trusted, at any time. */
bool trust_base_is_issued_by(struct trust_base *base,
    const struct certificate *c, const struct certificate *issuer);

/* The same for an issuer that came with c: one that has the name costs one of
 * the tries, remembered or not, and without any nothing is looked at. */
bool trust_base_try_issuer(struct trust_base *base, const struct certificate *c,
    const struct certificate *issuer, unsigned *tries);

/* An empty cache of verdicts. */
struct lru *trust_verdicts_new(void);

#endif
