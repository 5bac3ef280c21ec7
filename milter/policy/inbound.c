/*
 * inbound.c: see inbound.h.
 *
 * What is not positively known counts against showing plaintext, and against
 * a demand's being met; nothing that a key of ours opened counts for the
 * answer to the sender.  tests/policy/inbound.txt shows it case by case.
 * Pure, any thread.
 */
#include "policy/inbound.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void
inbound_plan_init(struct inbound_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
}

void
inbound_plan_fini(struct inbound_plan *plan)
{
	free(plan->plain);
	free(plan->why);
	inbound_plan_init(plan);
}

/* --- demands --- */

static bool
wants_signature(const struct recipient_level *level)
{
	return level->inbound_signature == DEMAND_REQUIRED ||
	       level->inbound_level > ASSURANCE_ANY;
}

static bool
wants_encryption(const struct recipient_level *level)
{
	return level->inbound_encryption == DEMAND_REQUIRED;
}

bool
inbound_is_demand(const struct recipient_level *level)
{
	return wants_signature(level) || wants_encryption(level);
}

/* The values of each go from lax to strict. */
void
inbound_demand_add(
    struct recipient_level *demand, const struct recipient_level *by)
{
	if (!inbound_is_demand(by))
		return;
	if (demand->inbound_signature < by->inbound_signature)
		demand->inbound_signature = by->inbound_signature;
	if (demand->inbound_encryption < by->inbound_encryption)
		demand->inbound_encryption = by->inbound_encryption;
	if (demand->inbound_level < by->inbound_level)
		demand->inbound_level = by->inbound_level;
	if (demand->inbound_action < by->inbound_action)
		demand->inbound_action = by->inbound_action;
}

bool
inbound_is_level(enum certificate_level level, enum setting_assurance wanted)
{
	static const enum certificate_level least[] = {
	    [ASSURANCE_INHERIT] = CERTIFICATE_LEVEL_UNKNOWN,
	    [ASSURANCE_ANY] = CERTIFICATE_LEVEL_UNKNOWN,
	    [ASSURANCE_MAILBOX] = CERTIFICATE_LEVEL_MAILBOX,
	    [ASSURANCE_ORGANISATION] = CERTIFICATE_LEVEL_ORGANISATION,
	    [ASSURANCE_SPONSOR] = CERTIFICATE_LEVEL_SPONSOR,
	    [ASSURANCE_INDIVIDUAL] = CERTIFICATE_LEVEL_INDIVIDUAL,
	};

	return level >= least[wanted];
}

/* The signature first: who encrypts first is not told what is missing. */
static enum plan_reason
what_is_unmet(const struct inbound_facts *facts)
{
	const struct recipient_level *demand = &facts->demand;

	if (wants_signature(demand) && !(facts->signed_ && facts->valid))
		return REASON_MUST_BE_SIGNED;
	if (!inbound_is_level(facts->level, demand->inbound_level))
		return REASON_LEVEL_TOO_LOW;
	if (wants_encryption(demand) && !facts->encrypted)
		return REASON_MUST_BE_ENCRYPTED;
	return REASON_NONE;
}

/* The same for who gets the ciphertext: were it about what others read inside,
 * he could try changed ciphertexts until it tells (rule X4). */
static enum plan_reason
what_seems_unmet(const struct inbound_facts *facts)
{
	struct inbound_facts seen = *facts;

	if (facts->encrypted) {
		seen.signed_ = seen.valid = false;
		seen.level = CERTIFICATE_LEVEL_UNKNOWN;
	}
	return what_is_unmet(&seen);
}

static bool
is_refused(const struct inbound_facts *facts, enum plan_reason unmet)
{
	return unmet != REASON_NONE &&
	       facts->demand.inbound_action == UNMET_REFUSE &&
	       !facts->encrypted && !facts->is_report;
}

/* --- recipients --- */

static bool
is_shadow(const struct inbound_facts *facts)
{
	size_t own = 0;

	for (size_t i = 0; i < facts->recipient_count; i++) {
		const struct inbound_recipient *r = &facts->recipients[i];

		if (r->is_own && r->mode != MODE_SHADOW)
			return false;
		own += r->is_own;
	}
	return own > 0 || facts->mode == MODE_SHADOW;
}

/* Why he gets what came, though something was encrypted; whatever the
 * others get.  all: shadow mode is for the message, and told there. */
static enum plan_reason
why_ciphertext(const struct inbound_facts *facts,
    const struct inbound_recipient *r, bool all)
{
	/* Nobody tries his keys. */
	if (r->is_own && r->decrypt != SWITCH_ON)
		return REASON_DECRYPTION_OFF;
	if (!facts->opened)
		return REASON_NOT_OPENED;
	if (!r->is_own || !r->reads)
		return REASON_NO_KEY;
	if (r->mode == MODE_SHADOW && !all)
		return REASON_SHADOW;
	return REASON_NONE;
}

/* Everybody gets what came. */
static void
keep_from_all(struct inbound_plan *plan, enum plan_reason why)
{
	for (size_t i = 0; i < plan->recipient_count; i++) {
		if (plan->plain[i])
			plan->why[i] = why;
		plan->plain[i] = false;
	}
	plan->plain_count = 0;
	plan->split = false;
}

static void
decide_recipients(const struct inbound_facts *facts, struct inbound_plan *plan)
{
	size_t n = facts->recipient_count;

	plan->plain = xcalloc(n, sizeof(*plan->plain));
	plan->why = xcalloc(n, sizeof(*plan->why));
	plan->recipient_count = n;
	if (!facts->encrypted)
		return;
	for (size_t i = 0; i < n; i++) {
		plan->why[i] =
		    why_ciphertext(facts, &facts->recipients[i], plan->shadow);
		plan->plain[i] = plan->why[i] == REASON_NONE;
		plan->plain_count += plan->plain[i];
	}
	plan->split = plan->plain_count > 0 && plan->plain_count < n;
	if (plan->split && facts->copies == 0)
		keep_from_all(plan, REASON_NO_LISTENER);
}

/* Of all the reasons the one that can most easily be helped. */
static enum plan_reason
why_nobody(const struct inbound_plan *plan)
{
	static const enum plan_reason order[] = {REASON_NO_LISTENER,
	    REASON_NOT_OPENED, REASON_DECRYPTION_OFF, REASON_SHADOW};

	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++)
		for (size_t i = 0; i < plan->recipient_count; i++)
			if (plan->why[i] == order[k])
				return order[k];
	return REASON_NO_KEY;
}

/* --- the message --- */

static bool
has_smime(const struct inbound_facts *facts)
{
	return facts->has_smime || facts->signed_ || facts->encrypted;
}

static enum plan_reason
why_passed(const struct inbound_facts *facts, const struct inbound_plan *plan)
{
	if (!has_smime(facts))
		return REASON_UNSIGNED;
	if (!facts->encrypted || plan->plain_count > 0)
		return REASON_NONE;
	return why_nobody(plan);
}

static bool
is_marked(const struct inbound_facts *facts, enum plan_reason unmet)
{
	if (facts->mark == MARK_SMIME)
		return has_smime(facts) || unmet != REASON_NONE;
	return facts->mark == MARK_ALL;
}

/* It goes on as it came, or not at all. */
static void
change_nothing(struct inbound_plan *plan)
{
	plan->mark = plan->remove_forged = false;
	keep_from_all(plan, plan->shadow ? REASON_SHADOW : plan->reason);
}

void
inbound_decide(const struct inbound_facts *facts, struct inbound_plan *plan)
{
	inbound_plan_fini(plan);
	plan->shadow = is_shadow(facts);
	plan->unmet = what_is_unmet(facts);
	plan->unmet_unread = what_seems_unmet(facts);
	decide_recipients(facts, plan);
	plan->mark = is_marked(facts, plan->unmet);
	plan->remove_forged = facts->has_forged;
	if (is_refused(facts, plan->unmet)) {
		plan->action = PLAN_REFUSE;
		plan->reason = plan->unmet;
	} else {
		plan->reason = why_passed(facts, plan);
	}
	plan->would = plan->action;
	plan->would_plain = plan->plain_count;
	if (plan->action == PLAN_REFUSE || plan->shadow)
		change_nothing(plan);
	if (plan->shadow)
		plan->action = PLAN_PASS;
}
