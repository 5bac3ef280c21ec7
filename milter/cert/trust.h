/*
 * trust.h: whom we believe, and whether a certificate leads there.
 *
 * A struct trust is made from the configured authorities and replaced whole
 * on reload; beside them stands what the operator said about authorities in
 * the store, which changes while it is in use.  Nothing here ever goes to the
 * network; a self-signed certificate of a message is never an anchor.
 */
#ifndef CERT_TRUST_H
#define CERT_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/err.h"
#include "cert/certificate.h"

struct trust_config {
	const char *ca_bundle;	  /* PEM file; NULL or "": none */
	const char *const *extra; /* PEM files, or folders of PEM files */
	size_t extra_count;
};

struct trust;

/* What is configured is an anchor, whether it signed itself or not: an
 * intermediate that is named here is trusted without its root.  Only
 * authorities can be anchors; in the bundle, which others put together,
 * anything else is passed over, among the extra ones it is an error.
 *
 * Errors name the file and what to do.  A folder without certificates is
 * fine; a file without any is not. */
int trust_load(const struct trust_config *config, struct trust **out,
    struct err *err) MUST_USE;
void trust_release(struct trust **t);

/* Adds an anchor before the trust is shared; one that is there already is no
 * error.  Permanent error when it is no authority. */
int trust_add_anchor(
    struct trust *t, struct certificate *anchor, struct err *err) MUST_USE;
/* All that are trusted now, those of the store among them. */
size_t trust_anchor_count(struct trust *t);
/* Appends those that are configured, whatever the operator said of them. */
void trust_list_configured(const struct trust *t, struct certificate_list *out);

/* Did issuer sign c, not only by name?  Absurd keys are not tried (rule V11).
 */
bool trust_is_issued_by(X509 *c, const struct certificate *issuer);

/* The top of c's path as far as others, that came with it, show it in
 * LIMIT_ISSUER_TRIES: c itself when they show nothing.  By signatures: anybody can put a certificate of an
 * authority's name beside his own.  Borrowed. */
struct certificate *trust_top_of(
    struct certificate *c, const struct certificate_list *others);

/* Is it one and the same authority: the same key, or the same subject and
 * subject key identifier?  A root that was issued anew is no other one. */
bool trust_is_same_authority(
    const struct certificate *a, const struct certificate *b);

/*
 * What the operator said about authorities in the store, beside the
 * configured ones.  Replaces what was set before, and forgets all verdicts
 * when anything differs.  Any thread, also beside others that judge.  Either
 * list may be NULL: none; what is no authority in them is passed over.
 *
 * A distrusted authority is no part of any path, configured or not; neither
 * is one that is the same but for its certificate.
 */
void trust_set_judged(struct trust *t, const struct certificate_list *trusted,
    const struct certificate_list *distrusted);

enum trust_verdict {
	TRUST_UNKNOWN_CA = 0, /* no path to an anchor */
	TRUST_EXPIRED,	      /* the certificate or one of its path */
	TRUST_NOT_YET,
	TRUST_REVOKED,
	TRUST_WEAK,   /* key or signature algorithm in the path */
	TRUST_BROKEN, /* name constraints, critical extension ... */
	TRUST_OK
};
/* The word for logs: "unknown-authority", "expired" ... */
const char *trust_verdict_name(enum trust_verdict verdict);

/* RFC 5280 path validation at the time now (rule V10), with others as
 * possible intermediates; KU and EKU of the certificate itself are
 * certificate.may_*.  *reason, when not NULL, is set to a static text.
 * Verdicts are cached per certificate for at most some minutes and never
 * beyond a validity edge; a failure is cached only for the same others. */
enum trust_verdict trust_check(struct trust *t, struct certificate *c,
    const struct certificate_list *others, time_t now, const char **reason);

/* The anchor that the path of c ends in, a reference: the topmost one, where
 * an intermediate is configured beside its root.  NULL when trust_check says
 * anything but ok. */
struct certificate *trust_anchor_of(struct trust *t, struct certificate *c,
    const struct certificate_list *others, time_t now);

/* Appends the path from behind c up to, but without, the root (rule D6), as
 * far as it can be built from others, in LIMIT_ISSUER_TRIES, and the
 * anchors. */
void trust_build_chain(struct trust *t, struct certificate *c,
    const struct certificate_list *others, struct certificate_list *chain);

#endif
