/*
 * guard_judge.c: see guard_judge.h.
 *
 * A message of our own that is the same, octet for octet, as when it was
 * sealed is not verified once more: the fingerprint is a keyed digest of all
 * of it, its signature included.  One pass over it is what makes a guard
 * cheap.  Anything else is: what was changed, what only passed the signer,
 * what has no fingerprint.
 *
 * A message that was changed and verifies all the same is left alone where
 * nobody will notice: a field folded elsewhere, base64 in other lines, blank
 * lines at the end.  Not so what a signature does not cover and people read:
 * a message around it, or text behind its end; nor another text under another
 * signature.
 */
#include "gateway/guard_judge.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/edits.h"
#include "mail/mime_build.h"
#include "mail/mime_scan.h"

/* What a signature that verifies survives. */
static bool
is_survived(enum seal_change change)
{
	switch (change) {
	case SEAL_RE_ENCODED:
	case SEAL_WHITE_SPACE:
	case SEAL_LINE_ENDS:
	case SEAL_HEADER_CHANGED:
	case SEAL_SIGNATURE_CHANGED:
		return true;
	default:
		return false;
	}
}

/* Does nobody know whether it verifies, as of PGP or of a ciphertext?  Then any
 * change is too much. */
static bool
is_frail(enum smime_integrity integrity)
{
	return integrity != INTEGRITY_INTACT;
}

/* The findings are about what left the signer. */
static bool
is_broken_seal(const struct guard_verdict *v)
{
	return v->worst &&
	       (is_frail(v->integrity) || !is_survived(v->worst->change));
}

/* Findings of little consequence may stand before others. */
static const struct seal_finding *
worst_of(const struct seal_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (!findings->at[i].benign &&
		    !is_survived(findings->at[i].change))
			return &findings->at[i];
	return seal_findings_worst(findings);
}

static int
compare(const struct guard_judge_opts *opts, const struct header *header,
    struct slice body, struct seal_findings *findings, struct err *err)
{
	const struct seal_opts with = {.key = opts->key, .spool = opts->spool};
	struct mime_tree tree;
	struct buf block;
	int rc;

	buf_init(&block, EDITS_HEADER_MAX);
	mime_entity_header(header, body, &block);
	mime_scan(&tree, buf_slice(&block), body);
	rc = seal_compare(&with, opts->seal, &tree, findings, err);
	mime_tree_fini(&tree);
	buf_fini(&block);
	return rc;
}

/* The signature, and where there is a fingerprint what differs from it. */
static int
judge_changed(const struct guard_judge_opts *opts, const struct header *header,
    struct slice body, struct guard_verdict *out, struct err *err)
{
	const struct smime_intact_opts with = {
	    .cache = opts->cache, .spool = opts->spool};
	struct smime_intact intact;

	if (smime_check_integrity(&with, header, body, &intact, err) < 0 ||
	    (opts->seal && !out->same &&
		compare(opts, header, body, &out->findings, err) < 0))
		return -1;
	out->integrity = intact.integrity;
	out->detail = intact.detail;
	if (out->findings.count == 0)
		out->findings = intact.findings;
	out->worst = worst_of(&out->findings);
	out->broken = intact.integrity == INTEGRITY_BROKEN ||
		      (opts->seal && is_broken_seal(out));
	return 0;
}

int
guard_judge(const struct guard_judge_opts *opts, const struct header *header,
    struct slice body, struct guard_verdict *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->detail = "";
	out->same =
	    opts->seal && seal_is_same(opts->seal, opts->key, header, body);
	if (out->same && !opts->seal->passing)
		return 0;
	return judge_changed(opts, header, body, out, err);
}
