/*
 * guard_judge.h: was a signed message changed behind the signer, and how?
 *
 * Two witnesses: the signature itself, which tells whether (smime/intact.h),
 * and the fingerprint that the signer left in the message, which tells what
 * (smime/seal_compare.h).  Pure; any thread.
 */
#ifndef GATEWAY_GUARD_JUDGE_H
#define GATEWAY_GUARD_JUDGE_H

#include <stdbool.h>

#include "base/err.h"
#include "smime/intact.h"
#include "smime/seal.h"

struct guard_judge_opts {
	const struct seal_key *key; /* NULL: there are no fingerprints */
	const struct seal *seal;    /* what the signer left; NULL: nothing that
	                             * can be believed */
	struct certificate_cache *cache;
	const struct spool_config *spool;
};

struct guard_verdict {
	bool same; /* as when it was sealed */
	/* Of the signature at the root; NONE also when nobody had to look. */
	enum smime_integrity integrity;
	/* Whoever gets it sees a bad signature, cannot read it, or sees what
	 * nobody has signed.  same and broken: it came to the signer so. */
	bool broken;
	struct seal_findings findings; /* what was changed; may be harmless */
	/* The one to be told first; NULL: none.  Of a broken message there
	 * always is one, but for some that came to the signer so. */
	const struct seal_finding *worst;
	const char *detail; /* static text: why the signature is not intact */
};

/* Judges a message by header and body (exact bytes, CRLF).  out must not be
 * copied.  Whatever is in the message ends in a verdict; errors are those of
 * the spool. */
int guard_judge(const struct guard_judge_opts *opts,
    const struct header *header, struct slice body, struct guard_verdict *out,
    struct err *err) MUST_USE;

#endif
