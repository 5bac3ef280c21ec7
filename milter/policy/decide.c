/*
 * decide.c: see decide.h.
 *
 * Reads like the policy that it is: why not signed, why not encrypted, and
 * what follows from both.  Whatever is not positively known counts against
 * signing (A4) and against leaving in clear (C7).  Pure, any thread.
 */
#include "policy/decide.h"

#include <string.h>

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

static enum plan_reason
reason_of_pick(enum cert_pick_word word)
{
	switch (word) {
	case CERT_PICK_TAKEN: /* and yet no certificate: not believed */
	case CERT_PICK_NONE:
		return REASON_NO_CERTIFICATE;
	case CERT_PICK_EXPIRED:
		return REASON_RECIPIENT_EXPIRED;
	case CERT_PICK_UNTRUSTED:
	case CERT_PICK_DISTRUSTED:
		return REASON_RECIPIENT_UNTRUSTED;
	case CERT_PICK_PENDING:
		return REASON_RECIPIENT_PENDING;
	default:
		return REASON_RECIPIENT_UNUSABLE;
	}
}

enum plan_direction
decide_direction(const struct policy_facts *facts)
{
	bool ours = facts->from_any_own ||
		    (facts->from_mailboxes == 0 && facts->sender_is_own);

	return facts->submitter != SUBMITTER_NONE && ours ? PLAN_OUTBOUND
							  : PLAN_INBOUND;
}

enum setting_form
decide_form(const struct policy_facts *facts)
{
	for (size_t i = 0; i < facts->recipient_count; i++)
		if (facts->recipients[i].form != FORM_OPAQUE)
			return FORM_DETACHED;
	return facts->recipient_count > 0 ? FORM_OPAQUE : FORM_DETACHED;
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

/* Does a login with this name belong to that From address? */
static bool
login_fits(const struct policy_facts *facts)
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
	if (facts->login && !login_fits(facts))
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

static enum plan_reason
why_not_signed(const struct policy_facts *facts)
{
	enum plan_reason reason;

	reason = why_left_alone(facts);
	if (reason == REASON_NONE)
		reason = why_not_the_sender(facts);
	if (reason == REASON_NONE && facts->sign != SWITCH_ON)
		reason = REASON_SIGNING_OFF;
	if (reason == REASON_NONE)
		reason = reason_of_identity[facts->identity];
	if (reason == REASON_NONE && facts->too_complex)
		reason = REASON_TOO_COMPLEX;
	return reason;
}

static bool
all_are_local(const struct policy_facts *facts)
{
	for (size_t i = 0; i < facts->recipient_count; i++)
		if (!facts->recipients[i].is_local)
			return false;
	return true;
}

/* What keeps this recipient from getting a joint ciphertext?  Only what the
 * recipient alone is the cause of. */
static enum plan_reason
why_no_key(const struct recipient_facts *r)
{
	if (!r->address)
		return REASON_BAD_RECIPIENT;
	if (!r->is_local && r->certificates == 0)
		return reason_of_pick(r->word);
	return REASON_NONE;
}

/* B1, E10: one ciphertext for all of them, or none.  A missing key is told
 * first: splitting the mail by hand would not help then.  *culprit is set to
 * the recipient. */
static enum plan_reason
why_not_to_all(const struct policy_facts *facts, size_t *culprit)
{
	const struct recipient_facts *r = facts->recipients;
	size_t n = facts->recipient_count;
	enum plan_reason reason;

	for (*culprit = 0; *culprit < n; ++*culprit) {
		reason = why_no_key(&r[*culprit]);
		if (reason != REASON_NONE)
			return reason;
	}
	for (*culprit = 0; *culprit < n; ++*culprit)
		if (r[*culprit].is_local)
			return REASON_LOCAL_RECIPIENT;
	/* Alone, nobody else sees the RecipientInfo. */
	for (*culprit = 0; n > 1 && *culprit < n; ++*culprit)
		if (!r[*culprit].visible)
			return REASON_BCC;
	*culprit = PLAN_NO_RECIPIENT;
	return REASON_NONE;
}

/* required: even what is left alone otherwise must be encrypted. */
static enum plan_reason
why_not_encrypted(
    const struct policy_facts *facts, bool required, size_t *culprit)
{
	if (facts->protection == PROTECTION_ENCRYPTED)
		return REASON_ALREADY_ENCRYPTED;
	if (facts->encrypt <= ENCRYPT_OFF)
		return REASON_ENCRYPTION_OFF;
	if (!required && why_left_alone(facts) != REASON_NONE)
		return why_left_alone(facts);
	/* It does not leave the server. */
	if (all_are_local(facts))
		return REASON_LOCAL_RECIPIENT;
	return why_not_to_all(facts, culprit);
}

static void
decide_outbound(const struct policy_facts *facts, struct plan *plan)
{
	bool required = facts->encrypt == ENCRYPT_REQUIRED;

	plan->must_encrypt = required && !all_are_local(facts) &&
			     facts->protection != PROTECTION_ENCRYPTED;
	plan->sign_reason = why_not_signed(facts);
	plan->sign = plan->sign_reason == REASON_NONE;
	plan->encrypt_reason =
	    why_not_encrypted(facts, required, &plan->recipient);
	plan->encrypt = plan->encrypt_reason == REASON_NONE;

	if (plan->must_encrypt && !plan->encrypt) {
		plan->action = PLAN_REFUSE;
		plan->reason = plan->encrypt_reason;
		plan->sign = false;
	} else if (facts->own_problem == OWN_PROBLEM_DEFER &&
		   plan_reason_is_own(plan->sign_reason)) {
		plan->action = PLAN_DEFER;
		plan->reason = plan->sign_reason;
		plan->encrypt = false;
	} else if (plan->sign || plan->encrypt) {
		plan->action = PLAN_PROTECT;
	} else {
		plan->reason = plan->sign_reason;
	}
	plan->opaque =
	    plan->sign && !plan->encrypt && decide_form(facts) == FORM_OPAQUE;
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
	memset(plan, 0, sizeof(*plan));
	plan->direction = decide_direction(facts);
	plan->action = PLAN_PASS;
	plan->recipient = PLAN_NO_RECIPIENT;
	if (plan->direction == PLAN_OUTBOUND) {
		decide_outbound(facts, plan);
		return;
	}
	plan->reason = why_inbound(facts);
	plan->sign_reason = plan->reason;
	plan->encrypt_reason = plan->reason;
}
