/*
 * cert_harvest.c: see cert_harvest.h.  Every certificate that could be kept
 * must pass on its own: a pointer to somebody else's certificate is no proof
 * (rule H2).  Any thread.
 */
#include "cert/cert_harvest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

static const char *const word_names[] = {
    [CERT_HARVEST_KEPT] = "kept",
    [CERT_HARVEST_WRONG_ADDRESS] = "wrong-address",
    [CERT_HARVEST_UNTRUSTED] = "untrusted",
    [CERT_HARVEST_EXPIRED] = "expired",
    [CERT_HARVEST_WEAK] = "weak",
    [CERT_HARVEST_WRONG_USAGE] = "wrong-usage",
    [CERT_HARVEST_FUTURE] = "future-signing-time",
    [CERT_HARVEST_SELF_ISSUED] = "self-issued",
    [CERT_HARVEST_BROKEN] = "broken",
};

const char *
cert_harvest_word_name(enum cert_harvest_word word)
{
	return word_names[word];
}

bool
cert_harvest_is_kept(enum cert_harvest_word word)
{
	return word == CERT_HARVEST_KEPT || word == CERT_HARVEST_FUTURE ||
	       word == CERT_HARVEST_UNTRUSTED;
}

/* Judging */

/* Without a path nobody has looked at anything: what else is wrong? */
static enum cert_harvest_word
judge_without_path(const struct certificate *c, time_t now)
{
	if (c->self_issued)
		return CERT_HARVEST_SELF_ISSUED;
	if (now < c->not_before || now > c->not_after)
		return CERT_HARVEST_EXPIRED;
	return c->strong ? CERT_HARVEST_UNTRUSTED : CERT_HARVEST_WEAK;
}

static enum cert_harvest_word
judge(const struct cert_evidence *e, struct trust *trust, time_t now,
    struct certificate *c, bool usage_fits)
{
	if (!certificate_has_address(c, e->from))
		return CERT_HARVEST_WRONG_ADDRESS;
	if (!usage_fits)
		return CERT_HARVEST_WRONG_USAGE;
	switch (trust_check(trust, c, e->others, now, NULL)) {
	case TRUST_OK:
		return CERT_HARVEST_KEPT;
	case TRUST_EXPIRED:
	case TRUST_NOT_YET:
		return CERT_HARVEST_EXPIRED;
	case TRUST_WEAK:
		return CERT_HARVEST_WEAK;
	case TRUST_UNKNOWN_CA:
		return judge_without_path(c, now);
	default:
		return CERT_HARVEST_BROKEN;
	}
}

static enum cert_harvest_word
judge_signer(const struct cert_evidence *e, struct trust *trust, time_t now)
{
	return judge(e, trust, now, e->signer, e->signer->may_sign);
}

static enum cert_harvest_word
judge_recipient(const struct cert_evidence *e, struct trust *trust, time_t now,
    struct certificate *c)
{
	return judge(e, trust, now, c, c->may_encrypt);
}

/* Choosing (rule H2) */

/* What a choice is made by: the word that the signer got is the one that
 * another certificate must get. */
struct choice {
	const struct cert_evidence *evidence;
	struct trust *trust;
	time_t now;
	enum cert_harvest_word wanted;
};

static bool
has_subject_of(const struct certificate *c, const struct certificate *signer)
{
	return X509_NAME_cmp(X509_get_subject_name(c->x509),
		   X509_get_subject_name(signer->x509)) == 0;
}

static enum cert_harvest_word
judge_choice(const struct choice *choice, struct certificate *c)
{
	return judge_recipient(choice->evidence, choice->trust, choice->now, c);
}

/* Who signed may speak of another certificate when both come from the same
 * authority.  Where that is not known nobody can tell whose it is. */
static bool
speaks_for(const struct choice *choice, struct certificate *chosen)
{
	const struct cert_evidence *e = choice->evidence;
	struct certificate *mine, *its;
	bool speaks;

	if (certificate_is_same(chosen, e->signer))
		return true;
	if (choice->wanted != CERT_HARVEST_KEPT ||
	    e->signer->level < chosen->level)
		return false;
	mine =
	    trust_anchor_of(choice->trust, e->signer, e->others, choice->now);
	its = trust_anchor_of(choice->trust, chosen, e->others, choice->now);
	speaks = mine && its && trust_is_same_authority(mine, its);
	certificate_unref(&its);
	certificate_unref(&mine);
	return speaks;
}

/* Which certificates came along nobody has signed: another authority's among
 * them is not taken for what it calls itself. */
static bool
may_stand_in(const struct choice *choice, struct certificate *c)
{
	return has_subject_of(c, choice->evidence->signer) &&
	       judge_choice(choice, c) == choice->wanted &&
	       (choice->wanted == CERT_HARVEST_UNTRUSTED ||
		   speaks_for(choice, c));
}

/* Of those with the signer's subject, his own included, the newest: with a
 * renewed certificate the old one often comes along. */
static enum cert_harvest_word
choose_by_usage(const struct choice *choice, struct certificate **out)
{
	const struct cert_evidence *e = choice->evidence;
	enum cert_harvest_word word = judge_choice(choice, e->signer);
	struct certificate *best = word == choice->wanted ? e->signer : NULL;

	for (size_t i = 0; e->others && i < e->others->count; i++) {
		struct certificate *c = e->others->at[i];

		if ((!best || c->not_before > best->not_before) &&
		    may_stand_in(choice, c))
			best = c;
	}
	*out = best;
	return best ? choice->wanted : word;
}

static enum cert_harvest_word
choose(const struct choice *choice, struct certificate *preferred,
    struct certificate **out)
{
	if (preferred && judge_choice(choice, preferred) == choice->wanted) {
		*out = preferred;
		return choice->wanted;
	}
	return choose_by_usage(choice, out);
}

/* The record */

static void
fill(const struct cert_evidence *e, time_t now, struct certificate *c,
    struct store_partner_cert *out)
{
	out->address = xstrdup(e->from);
	out->certificate = certificate_ref(c);
	memcpy(out->fingerprint, c->fingerprint_text, FINGERPRINT_TEXT);
	out->evidence = xstrndup(e->message_id ? e->message_id : "",
	    e->message_id ? strnlen(e->message_id, LIMIT_LINE) : 0);
	out->first_seen = now;
	out->last_seen = now;
}

static void
fill_claims(const struct cert_evidence *e, const struct certificate *c,
    struct store_partner_cert *out)
{
	out->signing_time = e->signing_time;
	out->preferred = c == e->preferred;
	out->used = e->used;
	out->used_time = e->signing_time;
	if (e->capabilities.len == 0 ||
	    e->capabilities.len > LIMIT_CAPABILITIES)
		return;
	out->capabilities = xmalloc(e->capabilities.len);
	memcpy(out->capabilities, e->capabilities.data, e->capabilities.len);
	out->capabilities_len = e->capabilities.len;
}

void
cert_harvest_drop_claims(struct store_partner_cert *record)
{
	free(record->capabilities);
	record->capabilities = NULL;
	record->capabilities_len = 0;
	record->signing_time = 0;
	record->preferred = false;
	record->used = 0;
	record->used_time = 0;
}

enum cert_harvest_word
cert_harvest(const struct cert_evidence *evidence, struct trust *trust,
    time_t now, struct store_partner_cert *out)
{
	/* Whoever could date a message ahead would have the last word for
	 * ever: capabilities and preference of such a message do not count
	 * (rule H3). */
	bool future = evidence->signing_time > now + (time_t)LIMIT_CLOCK_SKEW;
	struct choice choice = {evidence, trust, now, CERT_HARVEST_KEPT};
	struct certificate *chosen;
	enum cert_harvest_word word;

	word = judge_signer(evidence, trust, now);
	if (!cert_harvest_is_kept(word))
		return word;
	choice.wanted = word;
	word = choose(&choice, future ? NULL : evidence->preferred, &chosen);
	if (word != choice.wanted)
		return word;
	store_partner_cert_init(out);
	fill(evidence, now, chosen, out);
	out->trust = word == CERT_HARVEST_KEPT ? STORE_TRUST_HARVESTED
					       : STORE_TRUST_UNTRUSTED;
	trust_build_chain(trust, chosen, evidence->others, &out->chain);
	if (!future && speaks_for(&choice, chosen))
		fill_claims(evidence, chosen, out);
	return future && word == CERT_HARVEST_KEPT ? CERT_HARVEST_FUTURE : word;
}
