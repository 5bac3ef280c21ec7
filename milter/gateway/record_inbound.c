/* record_inbound.c: see record_inbound.h.  Any thread. */
#include "gateway/record_inbound.h"

#include <stdlib.h>

#include "base/log.h"

/* The author, or who stands in for one. */
static const char *
author(const struct policy_facts *f)
{
	return f->from ? f->from : f->sender ? f->sender : "";
}

static void
begin(struct log_line *line, const struct record_inbound *r, const char *event)
{
	log_begin(line, LOG_LEVEL_INFO, r->message.queue_id, event);
	log_text(line, "from", author(r->message.facts));
}

static void
put_shadow(struct log_line *line, const struct record_inbound *r)
{
	if (r->plan->shadow)
		log_text(line, "shadow", "yes");
}

static void
put_fact(struct log_line *line, const char *key, bool fact)
{
	log_text(line, key, fact ? "yes" : "no");
}

static void
put_fingerprint(struct log_line *line, const char *key, const char *fingerprint)
{
	log_slice(line, key,
	    slice_part(slice_text(fingerprint), 0, RECORD_FINGERPRINT));
}

static void
put_unmet(struct log_line *line, const struct record_inbound *r)
{
	if (r->plan->unmet != REASON_NONE)
		log_text(line, "unmet", plan_reason_name(r->plan->unmet));
}

/* What is said of the message as a whole. */
static void
put_message(struct log_line *line, const struct record_inbound *r)
{
	put_unmet(line, r);
	if (r->forged)
		log_text(line, "forged", "yes");
}

/* Did the signature get a line, which tells of the whole message, too? */
static bool
is_judged(const struct record_inbound *r)
{
	return r->layers && (r->layers->signed_outside ||
				r->layers->decryption == SMIME_CLEAR ||
				r->layers->verdict.signers > 0 ||
				r->layers->verdict.status != SMIME_UNSIGNED);
}

/* --- the signature --- */

/* Of altered mail nobody has looked further, and "no" would say that somebody
 * had. */
static void
put_facts(struct log_line *line, const struct smime_verdict *v)
{
	put_fact(line, "intact", v->intact);
	if (v->digest && *v->digest)
		log_text(line, "digest", v->digest);
	if (!v->intact)
		return;
	put_fact(line, "trusted", v->trusted);
	put_fact(line, "address", v->owns_from);
	put_fact(line, "usage", v->usage_fits);
	put_fact(line, "time", v->in_time);
	log_text(
	    line, "revocation", v->revocation_checked ? "good" : "unchecked");
}

static void
record_signature(const struct record_inbound *r)
{
	const struct smime_verdict *v = &r->layers->verdict;
	struct log_line line;

	begin(&line, r, "verified");
	put_shadow(&line, r);
	log_text(&line, "status", smime_status_name(v->status));
	if (v->detail && *v->detail)
		log_phrase(&line, "detail", v->detail);
	if (v->signer)
		put_fingerprint(&line, "signer", v->signer->fingerprint_text);
	put_facts(&line, v);
	/* Who is not trusted can write any level into a certificate. */
	if (v->signer && v->trusted)
		log_text(
		    &line, "level", certificate_level_name(v->signer->level));
	put_message(&line, r);
	log_end(&line);
}

/* --- who gets what --- */

/* X3: nobody can say that a ciphertext without a tag or a signature inside is
 * what was sent. */
static const char *
integrity(const struct smime_layers *l)
{
	if (l->verdict.status == SMIME_VALID)
		return "signed";
	return l->authenticated ? "authenticated" : "unknown";
}

static void
record_decrypted(const struct record_inbound *r, size_t count, bool split)
{
	const struct smime_layers *l = r->layers;
	struct log_line line;

	begin(&line, r, "decrypted");
	log_number(&line, "nrcpt", (long long)count);
	put_shadow(&line, r);
	if (split)
		log_text(&line, "copy", "2/2");
	put_fingerprint(&line, "cert", l->fingerprint);
	log_text(&line, "cipher", l->cipher);
	log_text(&line, "integrity", integrity(l));
	if (l->unwrapped)
		log_text(&line, "signature", "removed");
	if (r->message.again > 0)
		log_number(&line, "again", (long long)r->message.again);
	if (!is_judged(r))
		put_message(&line, r);
	log_end(&line);
}

/* Of the first who gets what came; shadow mode only where it is all that
 * stands in the way. */
static enum plan_reason
why_not(const struct inbound_plan *plan)
{
	enum plan_reason reason = plan->reason;

	for (size_t i = 0; i < plan->recipient_count; i++) {
		if (plan->why[i] == REASON_SHADOW && reason == REASON_NONE)
			reason = REASON_SHADOW;
		else if (plan->why[i] != REASON_NONE &&
			 plan->why[i] != REASON_SHADOW)
			return plan->why[i];
	}
	return reason;
}

static void
record_passed_on(const struct record_inbound *r, size_t count, bool split)
{
	bool closed = r->layers && r->layers->decryption == SMIME_CLOSED;
	char *recipients;
	struct log_line line;

	begin(&line, r, "passed");
	log_number(&line, "nrcpt", (long long)count);
	put_shadow(&line, r);
	if (split)
		log_text(&line, "copy", "1/2");
	log_text(&line, "reason",
	    plan_reason_name(
		r->layers ? why_not(r->plan) : r->message.plan->reason));
	if (!is_judged(r))
		put_message(&line, r);
	if (closed && r->layers->recipients.len > 0) {
		recipients = slice_dup_text(buf_slice(&r->layers->recipients));
		log_phrase(&line, "recipients", recipients);
		free(recipients);
	}
	log_end(&line);
}

static void
record_encrypted(const struct record_inbound *r)
{
	size_t n = r->message.recipients, plain = r->plan->would_plain;
	bool split = plain > 0 && plain < n;

	if (!r->plan->shadow)
		plain = r->plan->plain_count;
	split = split && plain > 0;
	if (plain > 0)
		record_decrypted(r, plain, split);
	/* Nobody at all is told of, too. */
	if (plain < n || n == 0)
		record_passed_on(r, n - plain, split);
}

static void
record_refusal(const struct record_inbound *r)
{
	struct log_line line;

	begin(&line, r, "refused");
	log_number(&line, "nrcpt", (long long)r->message.recipients);
	put_shadow(&line, r);
	log_text(&line, "reason", plan_reason_name(r->plan->unmet));
	if (!is_judged(r) && r->forged)
		log_text(&line, "forged", "yes");
	log_end(&line);
}

void
record_inbound(const struct record_inbound *r)
{
	if (is_judged(r))
		record_signature(r);
	if (r->plan->would == PLAN_REFUSE)
		record_refusal(r);
	else if (!r->layers)
		record_passed_on(r, r->message.recipients, false);
	else if (r->layers->decryption != SMIME_CLEAR)
		record_encrypted(r);
}
