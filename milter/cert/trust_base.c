/*
 * trust_base.c: the anchors of a struct trust, configured and judged by the
 * operator; see trust.h.
 *
 * Whoever judges takes the base of that moment and keeps it until he is done;
 * whoever changes what is trusted puts a new one in its place, with an empty
 * cache.  So no verdict outlives what it was made by, and no lock is held
 * while OpenSSL works.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/trust_parts.h"

/* A base */

static struct trust_base *
base_new(void)
{
	struct trust_base *base = xcalloc(1, sizeof(*base));
	X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();

	base->refs = 1;
	base->store = X509_STORE_new();
	if (!base->store || !param)
		abort();
	/* PARTIAL_CHAIN: every configured authority is an anchor.
	 * POLICY_CHECK: policy constraints count (RFC 5280 6.1.3 d); any
	 * policy will do, which OpenSSL wants to be told.
	 * Not X509_STRICT: it refuses private authorities that left out a
	 * key identifier.  What it guards against besides is looked at in
	 * trust_check.c and certificate.c. */
	X509_VERIFY_PARAM_set_flags(
	    param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_POLICY_CHECK);
	X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy));
	X509_VERIFY_PARAM_set_depth(param, (int)LIMIT_CHAIN);
	X509_STORE_set1_param(base->store, param);
	X509_VERIFY_PARAM_free(param);
	certificate_list_init(&base->anchors);
	certificate_list_init(&base->distrusted);
	base->verdicts = trust_verdicts_new();
	base->issued = lru_new_set(LIMIT_ISSUED);
	return base;
}

static struct trust_base *
base_ref(struct trust_base *base)
{
	__atomic_add_fetch(&base->refs, 1, __ATOMIC_RELAXED);
	return base;
}

void
trust_base_unref(struct trust_base *base)
{
	if (__atomic_sub_fetch(&base->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	lru_free(base->issued);
	lru_free(base->verdicts);
	certificate_list_fini(&base->distrusted);
	certificate_list_fini(&base->anchors);
	X509_STORE_free(base->store);
	free(base);
}

struct trust_base *
trust_base_of(struct trust *t)
{
	struct trust_base *base;

	pthread_mutex_lock(&t->lock);
	base = base_ref(t->base);
	pthread_mutex_unlock(&t->lock);
	return base;
}

static bool
base_add(struct trust_base *base, struct certificate *anchor)
{
	if (certificate_list_has(&base->anchors, anchor) ||
	    trust_base_distrusts(base, anchor))
		return true;
	if (X509_STORE_add_cert(base->store, anchor->x509) != 1)
		return false;
	certificate_list_add(&base->anchors, anchor);
	return true;
}

static void
copy(struct certificate_list *to, const struct certificate_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		certificate_list_add(to, from->at[i]);
}

/* Of all that is known in t. */
static struct trust_base *
base_of_lists(const struct trust *t)
{
	struct trust_base *base = base_new();

	copy(&base->distrusted, &t->distrusted);
	for (size_t i = 0; i < t->configured.count; i++)
		(void)base_add(base, t->configured.at[i]);
	for (size_t i = 0; i < t->trusted.count; i++)
		(void)base_add(base, t->trusted.at[i]);
	ERR_clear_error();
	return base;
}

/* Making and sharing */

struct trust *
trust_new(void)
{
	struct trust *t = xcalloc(1, sizeof(*t));

	certificate_list_init(&t->configured);
	certificate_list_init(&t->trusted);
	certificate_list_init(&t->distrusted);
	pthread_mutex_init(&t->lock, NULL);
	t->base = base_new();
	return t;
}

void
trust_release(struct trust **tp)
{
	struct trust *t = *tp;

	*tp = NULL;
	if (!t)
		return;
	trust_base_unref(t->base);
	pthread_mutex_destroy(&t->lock);
	certificate_list_fini(&t->distrusted);
	certificate_list_fini(&t->trusted);
	certificate_list_fini(&t->configured);
	free(t);
}

/* Authorities */

bool
trust_is_authority(const struct certificate *c)
{
	return X509_check_ca(c->x509) != 0;
}

/* Only roots and what is above them are compared, so that the key identifier
 * is the word of somebody who is trusted. */
bool
trust_is_same_authority(
    const struct certificate *a, const struct certificate *b)
{
	const ASN1_OCTET_STRING *a_id = X509_get0_subject_key_id(a->x509);
	const ASN1_OCTET_STRING *b_id = X509_get0_subject_key_id(b->x509);

	if (memcmp(a->key_id, b->key_id, sizeof(a->key_id)) == 0)
		return true;
	return a_id && b_id && ASN1_OCTET_STRING_cmp(a_id, b_id) == 0 &&
	       X509_NAME_cmp(X509_get_subject_name(a->x509),
		   X509_get_subject_name(b->x509)) == 0;
}

/* By the key alone: a key identifier can be claimed by anybody, and who
 * distrusts an authority means all that its key signs. */
bool
trust_base_distrusts(const struct trust_base *base, const struct certificate *c)
{
	for (size_t i = 0; i < base->distrusted.count; i++)
		if (memcmp(base->distrusted.at[i]->key_id, c->key_id,
			sizeof(c->key_id)) == 0)
			return true;
	return false;
}

/* By name, with a key that can be tried. */
static bool
names_issuer(X509 *c, const struct certificate *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer->x509);

	return key && EVP_PKEY_get_bits(key) <= LIMIT_RSA_BITS &&
	       X509_check_issued(issuer->x509, c) == X509_V_OK;
}

bool
trust_is_issued_by(X509 *c, const struct certificate *issuer)
{
	return names_issuer(c, issuer) &&
	       X509_verify(c, X509_get0_pubkey(issuer->x509)) == 1;
}

bool
trust_base_is_issued_by(struct trust_base *base, const struct certificate *c,
    const struct certificate *issuer)
{
	char pair[2 * FINGERPRINT_TEXT];

	if (!names_issuer(c->x509, issuer))
		return false;
	snprintf(pair, sizeof(pair), "%s %s", c->fingerprint_text,
	    issuer->fingerprint_text);
	if (lru_has(base->issued, pair))
		return true;
	if (X509_verify(c->x509, X509_get0_pubkey(issuer->x509)) != 1)
		return false;
	lru_add(base->issued, pair);
	return true;
}

/* Who has the name costs one of the tries. */
static bool
may_try(const struct certificate *c, const struct certificate *issuer,
    unsigned *tries)
{
	if (*tries == 0 ||
	    X509_check_issued(issuer->x509, c->x509) != X509_V_OK)
		return false;
	--*tries;
	return true;
}

bool
trust_base_try_issuer(struct trust_base *base, const struct certificate *c,
    const struct certificate *issuer, unsigned *tries)
{
	return may_try(c, issuer, tries) &&
	       trust_base_is_issued_by(base, c, issuer);
}

static struct certificate *
issuer_among(const struct certificate_list *list, const struct certificate *of,
    unsigned *tries)
{
	for (size_t i = 0; i < list->count; i++) {
		struct certificate *c = list->at[i];

		if (c != of && c->is_ca && may_try(of, c, tries) &&
		    trust_is_issued_by(of->x509, c))
			return c;
	}
	return NULL;
}

struct certificate *
trust_top_of(struct certificate *c, const struct certificate_list *others)
{
	struct certificate *top = c, *issuer;
	unsigned tries = LIMIT_ISSUER_TRIES;

	for (size_t i = 0; i < LIMIT_CHAIN && !top->self_issued; i++) {
		issuer = issuer_among(others, top, &tries);
		if (!issuer)
			break;
		top = issuer;
	}
	ERR_clear_error();
	return top;
}

int
trust_add_anchor(struct trust *t, struct certificate *anchor, struct err *err)
{
	if (!trust_is_authority(anchor))
		return err_set(err, ERR_PERMANENT,
		    "%s is no authority and cannot be trusted as one",
		    anchor->subject);
	if (certificate_list_has(&t->configured, anchor))
		return 0;
	ERR_clear_error();
	if (!base_add(t->base, anchor))
		return err_set_crypto(
		    err, ERR_BUG, "cannot trust %s", anchor->subject);
	certificate_list_add(&t->configured, anchor);
	lru_clear(t->base->verdicts);
	return 0;
}

size_t
trust_anchor_count(struct trust *t)
{
	struct trust_base *base = trust_base_of(t);
	size_t count = base->anchors.count;

	trust_base_unref(base);
	return count;
}

void
trust_list_configured(const struct trust *t, struct certificate_list *out)
{
	for (size_t i = 0; i < t->configured.count; i++)
		certificate_list_add(out, t->configured.at[i]);
}

/* What the operator says */

static int
compare(const void *a, const void *b)
{
	const struct certificate *const *x = a, *const *y = b;

	return memcmp((*x)->fingerprint, (*y)->fingerprint, FINGERPRINT_SIZE);
}

/* Sorted: in which order they come out of a store says nothing. */
static void
sort_authorities(
    struct certificate_list *to, const struct certificate_list *from)
{
	certificate_list_init(to);
	for (size_t i = 0; from && i < from->count; i++)
		if (trust_is_authority(from->at[i]))
			certificate_list_add(to, from->at[i]);
	if (to->count > 1)
		qsort(to->at, to->count, sizeof(struct certificate *), compare);
}

static bool
is_equal(const struct certificate_list *a, const struct certificate_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (compare(&a->at[i], &b->at[i]) != 0)
			return false;
	return true;
}

static void
swap(struct certificate_list *a, struct certificate_list *b)
{
	const struct certificate_list c = *a;

	*a = *b;
	*b = c;
}

void
trust_set_judged(struct trust *t, const struct certificate_list *trusted,
    const struct certificate_list *distrusted)
{
	struct certificate_list yes, no;
	struct trust_base *old = NULL;

	sort_authorities(&yes, trusted);
	sort_authorities(&no, distrusted);
	pthread_mutex_lock(&t->lock);
	if (!is_equal(&t->trusted, &yes) || !is_equal(&t->distrusted, &no)) {
		swap(&t->trusted, &yes);
		swap(&t->distrusted, &no);
		old = t->base;
		t->base = base_of_lists(t);
	}
	pthread_mutex_unlock(&t->lock);
	if (old)
		trust_base_unref(old);
	certificate_list_fini(&no);
	certificate_list_fini(&yes);
}
