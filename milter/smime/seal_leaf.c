/*
 * seal_leaf.c: what happened inside of one part that has no parts.
 *
 * From what says most to what says least: the same; the same behind another
 * transfer encoding; the same but for white space; the same and more; changed.
 * Any thread.
 */
#include "smime/cms_body.h"
#include "smime/detect.h"
#include "smime/seal_comparing.h"
#include "smime/seal_findings.h"

/* A leaf under comparison. */
struct leaf {
	const struct seal_part *was;
	const struct seal_node *node;
	bool is_cms;	   /* the message is this CMS object */
	bool is_signature; /* detached */
};

bool
seal_header_is_same(
    struct seal_comparing *c, size_t was, const struct seal_node *node)
{
	const struct seal_part *p = &c->was->parts[was];
	struct seal_bytes header = node->now.header;

	if (p->loose)
		seal_header_take(&c->d, node->part, true, &header);
	return seal_bytes_equal(&p->header, &header);
}

/* --- the body --- */

static void
add(struct seal_comparing *c, const struct leaf *l, enum seal_change change,
    uint64_t bytes)
{
	seal_findings_add_part(c->out, change, l->node->part, bytes);
}

/* By how much content grew, which says more than the number of letters; unless
 * white space went the other way. */
static uint64_t
growth_bytes(uint64_t before, uint64_t after, uint64_t letters)
{
	return after > before ? after - before : letters;
}

static bool
add_growth(struct seal_comparing *c, const struct leaf *l,
    enum seal_growth growth, uint64_t bytes)
{
	static const enum seal_change changes[] = {
	    [SEAL_GROWTH_BEHIND] = SEAL_TEXT_APPENDED,
	    [SEAL_GROWTH_BEFORE] = SEAL_TEXT_PREPENDED,
	    [SEAL_GROWTH_WITHIN] = SEAL_TEXT_INSERTED,
	};

	if (growth == SEAL_GROWTH_NONE)
		return false;
	if (l->is_cms && growth == SEAL_GROWTH_BEHIND)
		add(c, l, SEAL_AFTER_END, bytes);
	else
		add(c, l, changes[growth], bytes);
	return true;
}

/* Text was added without regard for the transfer encoding. */
static bool
raw_growth_find(struct seal_comparing *c, const struct leaf *l)
{
	const struct seal_part *was = l->was, *now = &l->node->now;

	return add_growth(c, l,
	    seal_text_growth(
		&c->d, &was->letters, l->node->part->body, &now->letters),
	    growth_bytes(was->raw.len, now->raw.len,
		now->letters.len - was->letters.len));
}

static int
growth_find(struct seal_comparing *c, const struct leaf *l, bool *found,
    struct err *err)
{
	const struct seal_part *was = l->was, *now = &l->node->now;
	struct slice decoded;
	struct spool spool;
	int rc = -1;

	spool_init(&spool, c->opts->spool);
	if (seal_body_decode(l->node->part, &spool, &decoded, err))
		goto out;
	*found = add_growth(c, l,
	    seal_text_growth(
		&c->d, &was->decoded_letters, decoded, &now->decoded_letters),
	    growth_bytes(was->decoded.len, now->decoded.len,
		now->decoded_letters.len - was->decoded_letters.len));
	rc = 0;
out:
	spool_fini(&spool);
	return rc;
}

/* A signature, and a message that is one CMS object, mean the same in any
 * encoding, and in other lines nobody can tell them apart. */
static void
re_encoded_find(struct seal_comparing *c, const struct leaf *l)
{
	const struct seal_part *was = l->was, *now = &l->node->now;
	bool same_letters = seal_text_equal(&was->letters, &now->letters);
	struct seal_finding finding =
	    seal_finding_make(SEAL_RE_ENCODED, l->node->part, 0);

	finding.benign = l->is_cms || l->is_signature;
	if (finding.benign && same_letters && was->cte == now->cte)
		return;
	if (was->cte == now->cte && !l->is_signature && !same_letters &&
	    raw_growth_find(c, l))
		return;
	seal_findings_add(c->out, finding);
}

static int
changed_find(struct seal_comparing *c, const struct leaf *l, struct err *err)
{
	uint64_t before = l->was->decoded_letters.len;
	uint64_t after = l->node->now.decoded_letters.len;
	bool found = false;

	if (l->is_signature) {
		add(c, l, SEAL_SIGNATURE_CHANGED, 0);
		return 0;
	}
	if (growth_find(c, l, &found, err))
		return -1;
	if (found || raw_growth_find(c, l))
		return 0;
	if (after < before)
		add(c, l, SEAL_TEXT_CUT,
		    growth_bytes(l->node->now.decoded.len, l->was->decoded.len,
			before - after));
	else
		add(c, l, SEAL_TEXT_CHANGED, 0);
	return 0;
}

static int
body_find(struct seal_comparing *c, const struct leaf *l, struct err *err)
{
	const struct seal_part *was = l->was, *now = &l->node->now;

	if (seal_bytes_equal(&was->raw, &now->raw) && was->cte == now->cte)
		return 0;
	if (seal_bytes_equal(&was->decoded, &now->decoded)) {
		/* Words for one and the same: 7bit, 8bit, binary. */
		if (!seal_bytes_equal(&was->raw, &now->raw))
			re_encoded_find(c, l);
		return 0;
	}
	if (l->is_signature ||
	    !seal_text_equal(&was->decoded_letters, &now->decoded_letters))
		return changed_find(c, l, err);
	/* As many blanks, yet more or fewer bytes: CR or LF. */
	add(c, l,
	    was->blanks == now->blanks && was->decoded.len != now->decoded.len
		? SEAL_LINE_ENDS
		: SEAL_WHITE_SPACE,
	    0);
	return 0;
}

/* --- the header --- */

/* May a reader still find the CMS object in it?  Of two types he cannot know
 * which, and encodings that could be read in two ways he does not read
 * (verify.h, cms_body.h). */
static bool
is_readable(const struct leaf *l)
{
	const struct mime_part *part = l->node->part;

	if (cms_body_encoding(&part->header) != part->cte)
		return false;
	if (l->is_signature)
		return smime_is_signature(part);
	return header_count(&part->header, "Content-Type") == 1;
}

static void
header_find_change(struct seal_comparing *c, const struct leaf *l, size_t found)
{
	struct seal_finding finding =
	    seal_finding_make(SEAL_HEADER_CHANGED, l->node->part, 0);

	/* Another encoding has another label. */
	if (!l->was->loose && l->was->cte != l->node->now.cte &&
	    c->out->count > found)
		return;
	finding.benign = l->was->loose && is_readable(l);
	seal_findings_add(c->out, finding);
}

int
seal_leaf_compare(struct seal_comparing *c, size_t was,
    const struct seal_node *node, struct err *err)
{
	struct leaf l = {.was = &c->was->parts[was], .node = node};
	size_t found = c->out->count;

	l.is_cms = was == 0 && c->was->root == SEAL_ROOT_CMS;
	l.is_signature = was > 0 && l.was->loose;
	if (body_find(c, &l, err))
		return -1;
	if (!seal_header_is_same(c, was, node))
		header_find_change(c, &l, found);
	return 0;
}
