/*
 * cert_harvest.c: see cert_harvest.h.  Every certificate that could be kept
 * must pass on its own: a pointer to somebody else's certificate is no proof
 * (rule H2).  Any thread.
 */
#include "cert/cert_harvest.h"

#include <stdbool.h>
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
};

const char *
cert_harvest_word_name(enum cert_harvest_word word)
{
	return word_names[word];
}

/* Judging */

static enum cert_harvest_word
word_of(enum trust_verdict verdict)
{
	switch (verdict) {
	case TRUST_OK:
		return CERT_HARVEST_KEPT;
	case TRUST_EXPIRED:
	case TRUST_NOT_YET:
		return CERT_HARVEST_EXPIRED;
	case TRUST_WEAK:
		return CERT_HARVEST_WEAK;
	case TRUST_UNKNOWN_CA:
	case TRUST_REVOKED:
	case TRUST_BROKEN:
		break;
	}
	return CERT_HARVEST_UNTRUSTED;
}

static enum cert_harvest_word
judge(const struct cert_evidence *e, struct trust *trust, time_t now,
    struct certificate *c, bool usage_fits)
{
	if (!certificate_has_address(c, e->from))
		return CERT_HARVEST_WRONG_ADDRESS;
	if (!usage_fits)
		return CERT_HARVEST_WRONG_USAGE;
	return word_of(trust_check(trust, c, e->others, now, NULL));
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

static bool
has_subject_of(const struct certificate *c, const struct certificate *signer)
{
	return X509_NAME_cmp(X509_get_subject_name(c->x509),
		   X509_get_subject_name(signer->x509)) == 0;
}

/* Of those with the signer's subject, his own included, the newest: with a
 * renewed certificate the old one often comes along. */
static enum cert_harvest_word
choose_by_usage(const struct cert_evidence *e, struct trust *trust, time_t now,
    struct certificate **out)
{
	enum cert_harvest_word word = judge_recipient(e, trust, now, e->signer);
	struct certificate *best = word == CERT_HARVEST_KEPT ? e->signer : NULL;

	for (size_t i = 0; e->others && i < e->others->count; i++) {
		struct certificate *c = e->others->at[i];

		if ((!best || c->not_before > best->not_before) &&
		    has_subject_of(c, e->signer) &&
		    judge_recipient(e, trust, now, c) == CERT_HARVEST_KEPT)
			best = c;
	}
	*out = best;
	return best ? CERT_HARVEST_KEPT : word;
}

static enum cert_harvest_word
choose(const struct cert_evidence *e, struct certificate *preferred,
    struct trust *trust, time_t now, struct certificate **out)
{
	if (preferred &&
	    judge_recipient(e, trust, now, preferred) == CERT_HARVEST_KEPT) {
		*out = preferred;
		return CERT_HARVEST_KEPT;
	}
	return choose_by_usage(e, trust, now, out);
}

/* The record */

static void
fill(const struct cert_evidence *e, time_t now, struct certificate *c,
    struct store_partner_cert *out)
{
	out->address = xstrdup(e->from);
	out->certificate = certificate_ref(c);
	memcpy(out->fingerprint, c->fingerprint_text, FINGERPRINT_TEXT);
	out->trust = STORE_TRUST_HARVESTED;
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
	if (e->capabilities.len == 0 ||
	    e->capabilities.len > LIMIT_CAPABILITIES)
		return;
	out->capabilities = xmalloc(e->capabilities.len);
	memcpy(out->capabilities, e->capabilities.data, e->capabilities.len);
	out->capabilities_len = e->capabilities.len;
}

enum cert_harvest_word
cert_harvest(const struct cert_evidence *evidence, struct trust *trust,
    time_t now, struct store_partner_cert *out)
{
	/* Whoever could date a message ahead would have the last word for
	 * ever: capabilities and preference of such a message do not count
	 * (rule H3). */
	bool future = evidence->signing_time > now + (time_t)LIMIT_CLOCK_SKEW;
	struct certificate *chosen;
	enum cert_harvest_word word;

	word = judge_signer(evidence, trust, now);
	if (word != CERT_HARVEST_KEPT)
		return word;
	word = choose(
	    evidence, future ? NULL : evidence->preferred, trust, now, &chosen);
	if (word != CERT_HARVEST_KEPT)
		return word;
	store_partner_cert_init(out);
	fill(evidence, now, chosen, out);
	trust_build_chain(trust, chosen, evidence->others, &out->chain);
	if (future)
		return CERT_HARVEST_FUTURE;
	fill_claims(evidence, chosen, out);
	return CERT_HARVEST_KEPT;
}
