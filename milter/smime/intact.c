/*
 * intact.c: see intact.h.
 *
 * The judgement is smime_verify's.  What became of a broken message is read
 * from its structure, and only then is it taken apart once more.
 */
#include "smime/intact.h"

#include <string.h>

#include "base/limits.h"
#include "mail/mime_build.h"
#include "mail/mime_scan.h"
#include "smime/intact_text.h"
#include "smime/seal_findings.h"
#include "smime/verify.h"

const char *
smime_integrity_name(enum smime_integrity integrity)
{
	static const char *const names[] = {
	    [INTEGRITY_NONE] = "none",
	    [INTEGRITY_INTACT] = "intact",
	    [INTEGRITY_BROKEN] = "broken",
	    [INTEGRITY_UNKNOWN] = "unknown",
	};

	return names[integrity];
}

/* Without trust nothing is valid, expired or a mismatch. */
static enum smime_integrity
integrity_of(const struct smime_verdict *v)
{
	switch (v->status) {
	case SMIME_ALTERED:
	case SMIME_MALFORMED:
		return INTEGRITY_BROKEN;
	case SMIME_UNSUPPORTED:
		return INTEGRITY_UNKNOWN;
	case SMIME_WEAK:
		/* The signature was good before its strength was asked for. */
		return INTEGRITY_INTACT;
	case SMIME_UNTRUSTED:
	case SMIME_VALID:
	case SMIME_EXPIRED:
	case SMIME_MISMATCH:
		return v->intact ? INTEGRITY_INTACT : INTEGRITY_UNKNOWN;
	case SMIME_UNSIGNED:
	default:
		return INTEGRITY_NONE;
	}
}

static void
add(struct seal_findings *out, enum seal_change change,
    const struct mime_part *part, struct slice bytes)
{
	seal_findings_add_part(out, change, part, slice_trim(bytes).len);
}

/* More parts than text and signature, or fewer, or bytes around them. */
static void
structure_find(const struct mime_tree *tree, struct seal_findings *out)
{
	const struct mime_part *root = tree->root;
	const struct slice none = slice_make(NULL, 0);
	unsigned n = 0;

	for (const struct mime_part *p = root->child; p; p = p->next)
		if (++n > 2)
			add(out, SEAL_PART_ADDED, p, p->body);
	if (n == 1)
		seal_findings_add(
		    out, (struct seal_finding){
			     .change = SEAL_PART_REMOVED, .part = "2"});
	if (slice_trim(root->epilogue).len > 0)
		add(out, SEAL_AFTER_END, root, root->epilogue);
	if (n == 0)
		add(out, SEAL_HEADER_CHANGED, root, none);
}

/* What is wrong when the structure is not. */
static enum seal_change
change_of(const struct smime_verdict *v)
{
	static const char *const of_content[] = {"the content was changed",
	    "the content is the attributes of a signature"};

	for (size_t i = 0; i < sizeof(of_content) / sizeof(of_content[0]); i++)
		if (strcmp(v->detail, of_content[i]) == 0)
			return SEAL_TEXT_CHANGED;
	return SEAL_SIGNATURE_CHANGED;
}

/* The message's text is its part 1, and the signature 2; the only part of
 * one with both in a CMS object is 1. */
static struct seal_finding
finding_of(const struct smime_verdict *v, bool detached)
{
	struct seal_finding finding = {.change = change_of(v), .part = "1"};

	if (detached && finding.change == SEAL_SIGNATURE_CHANGED)
		finding.part[0] = '2';
	return finding;
}

/* Of a multipart/signed, which can be taken apart. */
static int
detached_find(const struct smime_intact_opts *opts,
    const struct mime_tree *tree, const struct smime_verdict *v,
    struct seal_findings *out, struct err *err)
{
	struct seal_finding finding = finding_of(v, true), better;
	bool found = false;

	structure_find(tree, out);
	if (out->count > 0)
		return 0;
	if (finding.change == SEAL_TEXT_CHANGED &&
	    intact_text_find(tree, opts->spool, &better, &found, err))
		return -1;
	seal_findings_add(out, found ? better : finding);
	return 0;
}

/* A message that is broken. */
struct breakage {
	const struct header *header;
	struct slice body;
	const struct smime_verdict *verdict;
};

static int
breakage_find(const struct smime_intact_opts *opts, const struct breakage *b,
    struct seal_findings *out, struct err *err)
{
	struct mime_tree tree;
	struct buf raw;
	int rc;

	if (smime_detect_header(b->header) != SMIME_SIGNED_DETACHED) {
		seal_findings_add(out, finding_of(b->verdict, false));
		return 0;
	}
	buf_init(&raw, (size_t)LIMIT_HEADER_BYTES);
	mime_entity_header(b->header, b->body, &raw);
	mime_scan(&tree, buf_slice(&raw), b->body);
	rc = detached_find(opts, &tree, b->verdict, out, err);
	seal_findings_sort(out);
	mime_tree_fini(&tree);
	buf_fini(&raw);
	return rc;
}

int
smime_check_integrity(const struct smime_intact_opts *opts,
    const struct header *header, struct slice body, struct smime_intact *out,
    struct err *err)
{
	struct smime_verify_opts verify = {.cache = opts->cache};
	struct smime_verdict v;
	struct breakage broken = {
	    .header = header, .body = body, .verdict = &v};
	int rc;

	smime_verdict_init(&v, opts->spool);
	rc = smime_verify(&verify, header, body, &v, err);
	if (rc)
		goto out;
	*out = (struct smime_intact){
	    .integrity = integrity_of(&v), .detail = v.detail};
	if (out->integrity == INTEGRITY_INTACT)
		out->detail = "";
	if (out->integrity == INTEGRITY_BROKEN)
		rc = breakage_find(opts, &broken, &out->findings, err);
out:
	smime_verdict_fini(&v);
	return rc;
}
