/*
 * trust_check.c: the verdict about one certificate (rule V10); see trust.h.
 *
 * The path is OpenSSL's work: signatures, validity, CA flags, path lengths,
 * key usage of authorities, name constraints (for rfc822Name, SmtpUTF8Mailbox
 * and emailAddress of the subject), policies, unknown critical extensions.
 * No lookups are configured, so nothing is ever fetched (rule V11).  What
 * OpenSSL leaves open for mail is looked at behind it: an authority that may
 * only issue for web servers, and weak keys and signatures in the path.
 *
 * Any thread.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cert/trust_parts.h"

/* Bits of security: RSA-2048, and what OpenSSL's level 2 asks for. */
#define STRONG_BITS 112

/* Verdicts: immutable and counted */

struct verdict {
	int refs;
	enum trust_verdict verdict;
	const char *reason;	    /* static */
	struct certificate *anchor; /* when it is ok; a reference */
	time_t from;		    /* holds from here ... */
	time_t until;		    /* ... until just before here */
};

static void *
verdict_ref(void *value)
{
	struct verdict *v = value;

	__atomic_add_fetch(&v->refs, 1, __ATOMIC_RELAXED);
	return v;
}

static void
verdict_unref(void *value)
{
	struct verdict *v = value;

	if (__atomic_sub_fetch(&v->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	certificate_unref(&v->anchor);
	free(v);
}

struct lru *
trust_verdicts_new(void)
{
	static const struct lru_ops ops = {verdict_ref, verdict_unref};

	return lru_new(LIMIT_VERDICTS, &ops);
}

static const char *const verdict_names[] = {
    [TRUST_UNKNOWN_CA] = "unknown-authority",
    [TRUST_EXPIRED] = "expired",
    [TRUST_NOT_YET] = "not-yet-valid",
    [TRUST_REVOKED] = "revoked",
    [TRUST_WEAK] = "weak",
    [TRUST_BROKEN] = "broken",
    [TRUST_OK] = "ok",
};

const char *
trust_verdict_name(enum trust_verdict verdict)
{
	return verdict_names[verdict];
}

/* What OpenSSL says */

static enum trust_verdict
verdict_of(int error)
{
	switch (error) {
	case X509_V_OK:
		return TRUST_OK;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return TRUST_UNKNOWN_CA;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TRUST_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TRUST_NOT_YET;
	case X509_V_ERR_CERT_REVOKED:
		return TRUST_REVOKED;
	default:
		return TRUST_BROKEN;
	}
}

/* In words that readers of mail and log understand. */
static const char *
reason_of(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "no path to a trusted authority";
	default:
		return X509_verify_cert_error_string(error);
	}
}

/* What OpenSSL leaves open */

static bool
has_strong_key(X509 *x509)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);

	return key && EVP_PKEY_get_security_bits(key) >= STRONG_BITS;
}

/* path: the certificate itself first, its anchor last.  The anchor's own
 * signature proves nothing and need not be strong. */
static void
check_path(
    const struct certificate *c, STACK_OF(X509) * path, struct verdict *v)
{
	int last = sk_X509_num(path) - 1;
	bool strong = c->strong;

	for (int i = 1; i <= last; i++) {
		X509 *authority = sk_X509_value(path, i);

		if (!certificate_is_for_mail(authority)) {
			v->verdict = TRUST_BROKEN;
			v->reason = "an authority of the path may not issue "
				    "for mail";
			return;
		}
		strong =
		    strong && has_strong_key(authority) &&
		    (i == last || certificate_has_strong_signature(authority));
	}
	if (!strong) {
		v->verdict = TRUST_WEAK;
		v->reason = "a key or signature of the path is too weak";
	}
}

/* How long it holds: until the next moment at which a certificate that was
 * looked at begins or ends to be valid. */

static void
note_edges(struct verdict *v, time_t not_before, time_t not_after)
{
	if (not_before > v->from && not_before < v->until)
		v->until = not_before;
	if (not_after > v->from && not_after < v->until)
		v->until = not_after;
}

static void
note_path_edges(struct verdict *v, STACK_OF(X509) * path)
{
	time_t not_before, not_after;

	for (int i = 0; i < sk_X509_num(path); i++) {
		const X509 *x = sk_X509_value(path, i);

		if (certificate_time(X509_get0_notBefore(x), &not_before) ||
		    certificate_time(X509_get0_notAfter(x), &not_after))
			continue;
		note_edges(v, not_before, not_after);
	}
}

/* Who is at the end of a path */

static struct certificate *
find_anchor(const struct trust_base *base, X509 *x509)
{
	for (size_t i = 0; i < base->anchors.count; i++)
		if (X509_cmp(base->anchors.at[i]->x509, x509) == 0)
			return base->anchors.at[i];
	return NULL;
}

static struct certificate *
find_anchor_above(const struct trust_base *base, const struct certificate *c)
{
	for (size_t i = 0; !c->self_issued && i < base->anchors.count; i++)
		if (trust_is_issued_by(c->x509, base->anchors.at[i]))
			return base->anchors.at[i];
	return NULL;
}

/* OpenSSL stops at the first anchor.  Where an intermediate is configured
 * beside its root the authority is the root all the same.  The number of
 * steps is bounded: two anchors may have certified each other. */
static struct certificate *
find_top(const struct trust_base *base, STACK_OF(X509) * path)
{
	struct certificate *top, *above;

	top = find_anchor(base, sk_X509_value(path, sk_X509_num(path) - 1));
	for (unsigned n = 0; top && n < LIMIT_CHAIN; n++) {
		above = find_anchor_above(base, top);
		if (!above)
			break;
		top = above;
	}
	return top ? certificate_ref(top) : NULL;
}

/* Does the path, as far as there is one, end below an authority that is
 * distrusted?  Those are kept out of every path. */
static bool
leads_to_distrusted(const struct trust_base *base, STACK_OF(X509) * path)
{
	X509 *last = sk_X509_value(path, sk_X509_num(path) - 1);

	for (size_t i = 0; last && i < base->distrusted.count; i++)
		if (trust_is_issued_by(last, base->distrusted.at[i]))
			return true;
	return false;
}

/* Judging */

static const char distrusted[] = "the authority is distrusted";

static size_t
others_count(const struct certificate_list *others)
{
	if (!others)
		return 0;
	return others->count < LIMIT_CERTIFICATES_PER_MESSAGE
		   ? others->count
		   : LIMIT_CERTIFICATES_PER_MESSAGE;
}

static void
judge_path(const struct trust_base *base, const struct certificate *c,
    STACK_OF(X509) * path, struct verdict *v)
{
	if (v->verdict == TRUST_OK)
		check_path(c, path, v);
	if (v->verdict == TRUST_OK)
		v->anchor = find_top(base, path);
	else if (v->verdict == TRUST_UNKNOWN_CA &&
		 leads_to_distrusted(base, path))
		v->reason = distrusted;
}

static void
verify(const struct trust_base *base, const struct certificate *c,
    STACK_OF(X509) * others, struct verdict *v)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int error;

	if (!ctx || X509_STORE_CTX_init(ctx, base->store, c->x509, others) != 1)
		goto out;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), v->from);
	error = X509_V_ERR_UNSPECIFIED;
	if (X509_verify_cert(ctx) == 1)
		error = X509_V_OK;
	else if (X509_STORE_CTX_get_error(ctx) != X509_V_OK)
		error = X509_STORE_CTX_get_error(ctx);
	v->verdict = verdict_of(error);
	v->reason = reason_of(error);
	judge_path(base, c, X509_STORE_CTX_get0_chain(ctx), v);
	note_path_edges(v, X509_STORE_CTX_get0_chain(ctx));
out:
	X509_STORE_CTX_free(ctx);
}

static struct verdict *
judge(const struct trust_base *base, const struct certificate *c,
    const struct certificate_list *others, time_t now)
{
	struct verdict *v = xcalloc(1, sizeof(*v));
	STACK_OF(X509) *stack = sk_X509_new_null();

	v->refs = 1;
	v->verdict = TRUST_BROKEN;
	v->reason = "internal error";
	v->from = now;
	v->until = now + LIMIT_VERDICT_SECONDS;
	note_edges(v, c->not_before, c->not_after);
	for (size_t i = 0; i < others_count(others); i++) {
		const struct certificate *other = others->at[i];

		if (trust_base_distrusts(base, other))
			continue;
		note_edges(v, other->not_before, other->not_after);
		sk_X509_push(stack, other->x509);
	}
	ERR_clear_error();
	if (trust_base_distrusts(base, c)) {
		v->verdict = TRUST_UNKNOWN_CA;
		v->reason = distrusted;
	} else {
		verify(base, c, stack, v);
	}
	ERR_clear_error();
	sk_X509_free(stack);
	return v;
}

/* The cache.  A path that was found holds whatever comes along with the
 * certificate; that none was found may be different with other company. */

#define KEY_SIZE (2 * FINGERPRINT_TEXT)

static void
company_key(char *key, const struct certificate *c,
    const struct certificate_list *others)
{
	unsigned char all[LIMIT_CERTIFICATES_PER_MESSAGE * FINGERPRINT_SIZE];
	unsigned char digest[FINGERPRINT_SIZE];
	size_t n = others_count(others);

	for (size_t i = 0; i < n; i++)
		memcpy(all + i * FINGERPRINT_SIZE, others->at[i]->fingerprint,
		    FINGERPRINT_SIZE);
	certificate_sha256(slice_make(all, n * FINGERPRINT_SIZE), digest);
	memcpy(key, c->fingerprint_text, FINGERPRINT_TEXT - 1);
	key[FINGERPRINT_TEXT - 1] = '+';
	hex_encode(digest, sizeof(digest), key + FINGERPRINT_TEXT);
}

static struct verdict *
find_verdict(const struct trust_base *base, const char *key, time_t now)
{
	struct verdict *v = lru_get(base->verdicts, key);

	if (v && (now < v->from || now >= v->until)) {
		verdict_unref(v);
		v = NULL;
	}
	return v;
}

static struct verdict *
get_verdict(const struct trust_base *base, const struct certificate *c,
    const struct certificate_list *others, time_t now)
{
	char key[KEY_SIZE];
	struct verdict *v;

	v = find_verdict(base, c->fingerprint_text, now);
	if (v)
		return v;
	company_key(key, c, others);
	v = find_verdict(base, key, now);
	if (v)
		return v;
	v = judge(base, c, others, now);
	lru_put(base->verdicts,
	    v->verdict == TRUST_OK ? c->fingerprint_text : key, v);
	return v;
}

enum trust_verdict
trust_check(struct trust *t, struct certificate *c,
    const struct certificate_list *others, time_t now, const char **reason)
{
	struct trust_base *base = trust_base_of(t);
	struct verdict *v = get_verdict(base, c, others, now);
	enum trust_verdict verdict = v->verdict;

	if (reason)
		*reason = v->reason;
	verdict_unref(v);
	trust_base_unref(base);
	return verdict;
}

struct certificate *
trust_anchor_of(struct trust *t, struct certificate *c,
    const struct certificate_list *others, time_t now)
{
	struct trust_base *base = trust_base_of(t);
	struct verdict *v = get_verdict(base, c, others, now);
	struct certificate *anchor =
	    v->anchor ? certificate_ref(v->anchor) : NULL;

	verdict_unref(v);
	trust_base_unref(base);
	return anchor;
}
