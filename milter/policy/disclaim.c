/*
 * disclaim.c: see disclaim.h.
 *
 * A disclaimer is put into a text before that is signed, or not at all.
 * Pure, any thread.
 */
#include "policy/disclaim.h"

/* Why it could not be added; REASON_NONE for what is no refusal. */
static const enum plan_reason reason_of_result[] = {
    [DISCLAIMER_ADDED] = REASON_NONE,
    [DISCLAIMER_PRESENT] = REASON_NONE,
    [DISCLAIMER_NO_BODY] = REASON_NONE,
    [DISCLAIMER_INNER_SIGNED] = REASON_INNER_SIGNED,
    [DISCLAIMER_INNER_ENCRYPTED] = REASON_INNER_ENCRYPTED,
    [DISCLAIMER_INLINE_PGP] = REASON_INLINE_PGP,
    [DISCLAIMER_BROKEN] = REASON_BROKEN,
    [DISCLAIMER_CHARSET] = REASON_CHARSET,
    [DISCLAIMER_TOO_COMPLEX] = REASON_TOO_COMPLEX,
};

/* Without trying: what must not be touched, and what nobody understands. */
static enum plan_reason
why_not_tried(const struct policy_facts *facts)
{
	if (facts->protection == PROTECTION_SIGNED)
		return REASON_ALREADY_SIGNED;
	if (facts->protection == PROTECTION_ENCRYPTED)
		return REASON_ALREADY_ENCRYPTED;
	return facts->too_complex ? REASON_TOO_COMPLEX : REASON_NONE;
}

static void
refuse(struct plan *plan, enum plan_reason reason)
{
	plan->disclaimer = PLAN_DISCLAIMER_REFUSED;
	plan->disclaimer_reason = reason;
}

static void
judge_result(enum disclaimer_result result, struct plan *plan)
{
	switch (result) {
	case DISCLAIMER_ADDED:
		plan->disclaimer = PLAN_DISCLAIMER_ADD;
		break;
	case DISCLAIMER_PRESENT:
		plan->disclaimer = PLAN_DISCLAIMER_PRESENT;
		break;
	case DISCLAIMER_NO_BODY:
		plan->disclaimer = PLAN_DISCLAIMER_NO_BODY;
		break;
	default:
		refuse(plan, reason_of_result[result]);
		break;
	}
}

void
disclaim_judge(const struct policy_facts *facts, bool exempt, struct plan *plan)
{
	bool tried = facts->disclaimer == DISCLAIM_TRIED;
	enum plan_reason reason = why_not_tried(facts);

	plan->disclaimer = PLAN_DISCLAIMER_NONE;
	plan->disclaimer_reason = REASON_NONE;
	if (facts->disclaimer == DISCLAIM_NOT || exempt)
		return;
	/* Who signs in his own program, and has put the text there himself,
	 * has done what he was asked for. */
	if (tried && facts->disclaimer_result == DISCLAIMER_PRESENT)
		plan->disclaimer = PLAN_DISCLAIMER_PRESENT;
	else if (reason != REASON_NONE)
		refuse(plan, reason);
	else if (tried)
		judge_result(facts->disclaimer_result, plan);
	else
		plan->disclaimer = PLAN_DISCLAIMER_ADD;
}

bool
disclaim_is_refused(const struct policy_facts *facts, const struct plan *plan)
{
	if (facts->disclaimer_protected != DISCLAIMER_PROTECTED_REFUSE)
		return false;
	/* What cannot be added for other reasons is nothing that the sender
	 * could help. */
	switch (plan->disclaimer_reason) {
	case REASON_ALREADY_SIGNED:
	case REASON_ALREADY_ENCRYPTED:
	case REASON_INNER_SIGNED:
	case REASON_INNER_ENCRYPTED:
	case REASON_INLINE_PGP:
		return true;
	default:
		return false;
	}
}
