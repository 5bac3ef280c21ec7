/*
 * decide.c: see decide.h.
 *
 * Reads like the policy that it is: whose mail, why not signed, and what
 * follows from that and from what settle.c says about the recipients.
 * Whatever is not positively known counts against signing (A4) and against
 * leaving in clear (C7).  tests/policy/decisions.txt shows it case by case.
 * Pure, any thread.
 */
#include "policy/decide.h"

#include <string.h>

#include "policy/disclaim.h"
#include "policy/settle.h"

static const enum plan_reason reason_of_identity[] = {
    [IDENTITY_NO_USER] = REASON_NO_USER,
    [IDENTITY_RETIRED] = REASON_RETIRED,
    [IDENTITY_NO_CERTIFICATE] = REASON_NO_OWN_CERTIFICATE,
    [IDENTITY_EXPIRED] = REASON_OWN_EXPIRED,
    [IDENTITY_NOT_YET] = REASON_OWN_NOT_YET,
    [IDENTITY_WRONG_ADDRESS] = REASON_OWN_MISMATCH,
    [IDENTITY_WRONG_USAGE] = REASON_OWN_USAGE,
    [IDENTITY_WEAK] = REASON_OWN_WEAK,
    [IDENTITY_READY] = REASON_NONE,
};

static const enum plan_reason reason_of_exemption[] = {
    [EXEMPT_NOT] = REASON_NONE,
    [EXEMPT_NULL_SENDER] = REASON_NULL_SENDER,
    [EXEMPT_DSN] = REASON_DSN,
    [EXEMPT_MDN] = REASON_MDN,
    [EXEMPT_ACME] = REASON_ACME,
    [EXEMPT_AUTO_SUBMITTED] = REASON_AUTO_SUBMITTED,
    [EXEMPT_LIST] = REASON_LIST,
    [EXEMPT_RESENT] = REASON_RESENT,
    [EXEMPT_CALENDAR] = REASON_CALENDAR,
    [EXEMPT_PARTIAL] = REASON_PARTIAL,
};

static const enum plan_reason reason_of_protection[] = {
    [PROTECTION_NONE] = REASON_NONE,
    [PROTECTION_SIGNED] = REASON_ALREADY_SIGNED,
    [PROTECTION_ENCRYPTED] = REASON_ALREADY_ENCRYPTED,
};

enum plan_direction
decide_direction(const struct policy_facts *facts)
{
	bool ours = facts->from_any_own ||
		    (facts->from_mailboxes == 0 && facts->sender_is_own);

	return facts->submitter != SUBMITTER_NONE && ours ? PLAN_OUTBOUND
							  : PLAN_INBOUND;
}

enum exemption
decide_exemption(const struct policy_facts *facts)
{
	unsigned set = facts->exemptions & (facts->exempt | EXEMPT_ALWAYS);

	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
		if (set & EXEMPTION_BIT(e))
			return (enum exemption)e;
	return EXEMPT_NOT;
}

bool
decide_is_own_login(const struct policy_facts *facts)
{
	size_t n = strlen(facts->login);

	if (strchr(facts->login, '@'))
		return strcmp(facts->login, facts->from) == 0;
	/* "alice" of which domain? */
	if (facts->own_domains != 1)
		return false;
	return strncmp(facts->login, facts->from, n) == 0 &&
	       facts->from + n == strrchr(facts->from, '@');
}

/* The name of a certificate is no address, even if it looks like one. */
static bool
may_write(const struct policy_facts *facts)
{
	if (facts->login_may)
		return true;
	return facts->submitter == SUBMITTER_LOGIN &&
	       decide_is_own_login(facts);
}

/* A4: nobody signs as somebody else. */
static enum plan_reason
why_not_the_sender(const struct policy_facts *facts)
{
	if (facts->from_fields > 1 || facts->from_mailboxes > 1)
		return REASON_SEVERAL_FROM;
	if (facts->from_malformed)
		return REASON_MALFORMED_FROM;
	if (!facts->from)
		return REASON_NO_FROM;
	if (!facts->from_is_own)
		return REASON_FOREIGN_FROM;
	if (!facts->null_sender && !facts->sender_is_own)
		return REASON_FOREIGN_SENDER;
	if (facts->submitter == SUBMITTER_NONE)
		return REASON_NOT_SUBMITTED;
	if (facts->login && !may_write(facts))
		return REASON_LOGIN_MISMATCH;
	return REASON_NONE;
}

/* A5, A9: what is left as it is. */
static enum plan_reason
why_left_alone(const struct policy_facts *facts)
{
	if (facts->protection != PROTECTION_NONE)
		return reason_of_protection[facts->protection];
	return reason_of_exemption[decide_exemption(facts)];
}

/* Does the sender ask for a signature (C8)?  Programs that answer mail repeat
 * its subject, and mean nothing by it. */
static bool
asks_for_signature(const struct policy_facts *facts)
{
	return facts->asks_sign && facts->triggers >= TRIGGERS_PROTECT &&
	       !(facts->exemptions & EXEMPT_AUTOMATIC);
}

static enum plan_reason
why_signing_is_off(const struct policy_facts *facts)
{
	if (asks_for_signature(facts))
		return REASON_NONE;
	if (facts->sign != SWITCH_ON)
		return REASON_SIGNING_OFF;
	if (facts->asks_no_sign && facts->triggers == TRIGGERS_ALL)
		return REASON_ASKED_NOT_TO;
	return REASON_NONE;
}

static enum plan_reason
why_not_signed(const struct policy_facts *facts)
{
	enum plan_reason reason;

	reason = why_left_alone(facts);
	if (reason == REASON_NONE)
		reason = why_not_the_sender(facts);
	if (reason == REASON_NONE)
		reason = why_signing_is_off(facts);
	if (reason == REASON_NONE)
		reason = reason_of_identity[facts->identity];
	if (reason == REASON_NONE && facts->too_complex)
		reason = REASON_TOO_COMPLEX;
	return reason;
}

/* Nothing leaves: nothing is made. */
static void
make_nothing(struct plan *plan)
{
	plan->sign = plan->encrypt = plan->opaque = false;
	if (plan->disclaimer == PLAN_DISCLAIMER_ADD)
		plan->disclaimer = PLAN_DISCLAIMER_NONE;
	plan->group_count = 0;
	for (size_t i = 0; i < plan->recipient_count; i++)
		plan->recipients[i].group = PLAN_NO_GROUP;
}

/* The recipients would get what they should; does the signature stand in the
 * way?  A certificate that the operator can replace is worth waiting for,
 * where he says so (A8), even when the sender asks for a signature. */
static void
settle_signature(const struct policy_facts *facts, struct plan *plan)
{
	if (facts->own_problem == OWN_PROBLEM_DEFER &&
	    plan_reason_is_own(plan->sign_reason)) {
		plan->action = PLAN_DEFER;
		plan->reason = plan->sign_reason;
	} else if (plan->must_sign && !plan->sign) {
		plan->action = PLAN_REFUSE;
		plan->reason = REASON_MUST_SIGN;
	} else if (plan->sign || plan->encrypt || plan->refused > 0 ||
		   plan->disclaimer == PLAN_DISCLAIMER_ADD) {
		plan->action = PLAN_PROTECT;
	} else {
		plan->reason = plan->sign_reason;
	}
}

/* D2: policy may want mail back that cannot be given a disclaimer because it
 * is protected.  What is refused for good does not wait first. */
static void
settle_disclaimer(const struct policy_facts *facts, struct plan *plan)
{
	if (plan->action == PLAN_REFUSE || !disclaim_is_refused(facts, plan))
		return;
	plan->action = PLAN_REFUSE;
	plan->reason = REASON_DISCLAIMER_REFUSED;
	plan->recipient = PLAN_NO_RECIPIENT;
}

/* Until the operator has said which text that is. */
static void
wait_for_disclaimer(const struct policy_facts *facts, struct plan *plan)
{
	if (facts->disclaimer != DISCLAIM_UNKNOWN ||
	    plan->disclaimer != PLAN_DISCLAIMER_ADD ||
	    (plan->action != PLAN_PASS && plan->action != PLAN_PROTECT))
		return;
	plan->action = PLAN_DEFER;
	plan->reason = REASON_DISCLAIMER_UNKNOWN;
}

/* Shadow mode (G1) decides as if it mattered; whoever carries the plan out
 * leaves it. */
static void
decide_outbound(const struct policy_facts *facts, struct plan *plan)
{
	plan->shadow = facts->mode == MODE_SHADOW;
	plan->sign_reason = why_not_signed(facts);
	plan->sign = plan->sign_reason == REASON_NONE;
	plan->must_sign =
	    asks_for_signature(facts) && facts->protection == PROTECTION_NONE;
	disclaim_judge(facts, decide_exemption(facts) != EXEMPT_NOT, plan);
	settle_recipients(facts, why_left_alone(facts), plan);
	settle_disclaimer(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_signature(facts, plan);
	/* Protection costs something; what passes anyway does not, nor does a
	 * text of ours. */
	if (facts->over_rate && plan_is_protection(plan)) {
		plan->action = PLAN_DEFER;
		plan->reason = REASON_RATE_LIMIT;
	}
	wait_for_disclaimer(facts, plan);
	if (plan->action == PLAN_REFUSE || plan->action == PLAN_DEFER)
		make_nothing(plan);
	plan->opaque = plan->group_count > 0 && plan->groups[0].opaque;
}

static enum plan_reason
why_inbound(const struct policy_facts *facts)
{
	if (facts->from_any_own && facts->submitter == SUBMITTER_NONE)
		return REASON_NOT_SUBMITTED;
	if (facts->submitter != SUBMITTER_NONE)
		return facts->from_mailboxes == 0 ? REASON_NO_FROM
						  : REASON_FOREIGN_FROM;
	if (facts->protection != PROTECTION_NONE)
		return reason_of_protection[facts->protection];
	return REASON_UNSIGNED;
}

void
decide(const struct policy_facts *facts, struct plan *plan)
{
	plan_fini(plan);
	plan->direction = decide_direction(facts);
	if (plan->direction == PLAN_OUTBOUND) {
		decide_outbound(facts, plan);
		return;
	}
	plan->reason = why_inbound(facts);
	plan->sign_reason = plan->reason;
	plan->encrypt_reason = plan->reason;
}

bool
decide_wants_text(const struct policy_facts *facts)
{
	return facts->disclaimer == DISCLAIM_WANTED &&
	       facts->protection != PROTECTION_ENCRYPTED &&
	       !facts->too_complex && decide_exemption(facts) == EXEMPT_NOT &&
	       decide_direction(facts) == PLAN_OUTBOUND;
}

bool
decide_needs_proof(const struct policy_facts *facts)
{
	struct policy_facts clear = *facts;
	struct plan plan;
	bool must;

	if (facts->protection != PROTECTION_ENCRYPTED)
		return false;
	clear.protection = PROTECTION_NONE;
	plan_init(&plan);
	decide(&clear, &plan);
	must = plan.must_encrypt;
	plan_fini(&plan);
	return must;
}
