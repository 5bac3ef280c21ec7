/*
 * decide.c: see decide.h.
 *
 * Reads like the policy that it is: why not signed, what each recipient can
 * get, what that means for the others, and what follows from all of it.  Whatever is not positively known counts against
 * signing (A4) and against leaving in clear (C7).  Pure, any thread.
 */
#include "policy/decide.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "policy/grouping.h"

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
	if (facts->login && !facts->login_may && !login_fits(facts))
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

/* --- what the sender asks for (C8) --- */

static bool
asks_for_signature(const struct policy_facts *facts)
{
	return facts->asks_sign && facts->triggers >= TRIGGERS_PROTECT;
}

static bool
asks_for_encryption(const struct policy_facts *facts)
{
	return facts->asks_encrypt && facts->triggers >= TRIGGERS_PROTECT;
}

static enum plan_reason
why_signing_is_off(const struct policy_facts *facts)
{
	if (asks_for_signature(facts))
		return REASON_NONE;
	if (facts->asks_no_sign && facts->triggers == TRIGGERS_ALL)
		return REASON_ASKED_NOT_TO;
	return facts->sign == SWITCH_ON ? REASON_NONE : REASON_SIGNING_OFF;
}

/* What the sender's side wants.  A wish can make it more; it can take back
 * what is only possible, never what is required. */
static enum setting_encrypt
sender_wants(const struct policy_facts *facts)
{
	if (asks_for_encryption(facts))
		return ENCRYPT_REQUIRED;
	if (facts->encrypt == ENCRYPT_REQUIRED)
		return ENCRYPT_REQUIRED;
	if (facts->asks_no_encrypt && facts->triggers == TRIGGERS_ALL)
		return ENCRYPT_OFF;
	return facts->encrypt;
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

/* --- what each recipient can get --- */

/* The stricter of what the sender's and the recipient's policy say.  Mail
 * between our own users does not leave the server: only a policy for the
 * recipient makes it more than clear text. */
static enum setting_encrypt
wanted_for(enum setting_encrypt sender, const struct recipient_facts *r)
{
	enum setting_encrypt receives = ENCRYPT_OFF;

	if (r->level.encrypt == RECEIVE_IF_POSSIBLE)
		receives = ENCRYPT_IF_POSSIBLE;
	else if (r->level.encrypt == RECEIVE_REQUIRED)
		receives = ENCRYPT_REQUIRED;
	if (r->is_local)
		return receives;
	return sender > receives ? sender : receives;
}

static enum plan_reason
why_no_key(const struct recipient_facts *r)
{
	if (!r->address)
		return REASON_BAD_RECIPIENT;
	if (r->certificates == 0)
		return reason_of_pick(r->word);
	return REASON_NONE;
}

/* Why nothing is to be encrypted for him; REASON_NONE when it is. */
static enum plan_reason
why_not_wanted(const struct policy_facts *facts,
    const struct recipient_facts *r, const struct plan_recipient *p,
    enum setting_encrypt wanted)
{
	enum plan_reason alone = why_left_alone(facts);

	if (facts->protection == PROTECTION_ENCRYPTED)
		return REASON_ALREADY_ENCRYPTED;
	if (r->level.encrypt == RECEIVE_NEVER)
		return REASON_RECIPIENT_NEVER;
	if (wanted <= ENCRYPT_OFF && sender_wants(facts) > ENCRYPT_OFF)
		return REASON_LOCAL_RECIPIENT;
	if (wanted <= ENCRYPT_OFF)
		return facts->encrypt > ENCRYPT_OFF ? REASON_ASKED_NOT_TO
						    : REASON_ENCRYPTION_OFF;
	/* required: even what is left alone otherwise must be encrypted. */
	return p->required ? REASON_NONE : alone;
}

static void
judge_recipient(const struct policy_facts *facts,
    const struct recipient_facts *r, struct plan_recipient *p)
{
	enum setting_encrypt wanted = wanted_for(sender_wants(facts), r);

	p->group = PLAN_NO_GROUP;
	p->required = wanted == ENCRYPT_REQUIRED &&
		      facts->protection != PROTECTION_ENCRYPTED;
	p->reason = why_not_wanted(facts, r, p, wanted);
	if (p->reason == REASON_RECIPIENT_NEVER && p->required)
		p->reason = REASON_CONTRADICTION;
	else if (p->reason == REASON_NONE)
		p->reason = why_no_key(r);
	p->encrypt = p->reason == REASON_NONE;
	p->refused = p->required && !p->encrypt;
}

static void
judge_recipients(const struct policy_facts *facts, struct plan *plan)
{
	plan->recipient_count = facts->recipient_count;
	plan->recipients =
	    xcalloc(facts->recipient_count + 1, sizeof(*plan->recipients));
	for (size_t i = 0; i < facts->recipient_count; i++) {
		judge_recipient(
		    facts, &facts->recipients[i], &plan->recipients[i]);
		plan->must_encrypt |= plan->recipients[i].required;
	}
}

/* --- what that means for the others --- */

/* Should he have been given ciphertext, and cannot? */
static bool
is_without_key(const struct plan_recipient *p)
{
	return !p->encrypt && ((p->reason >= REASON_NO_CERTIFICATE &&
				   p->reason <= REASON_RECIPIENT_PENDING) ||
				  p->reason == REASON_BAD_RECIPIENT);
}

static size_t
find_recipient(
    const struct plan *plan, bool (*is)(const struct plan_recipient *))
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (is(&plan->recipients[i]))
			return i;
	return PLAN_NO_RECIPIENT;
}

static bool
is_encrypted(const struct plan_recipient *p)
{
	return p->encrypt;
}

static bool
is_refused(const struct plan_recipient *p)
{
	return p->refused;
}

static bool
gets_something(const struct plan_recipient *p)
{
	return !p->refused;
}

static void
refuse_all(struct plan *plan, enum plan_reason reason, size_t recipient)
{
	plan->action = PLAN_REFUSE;
	plan->reason = reason;
	plan->recipient = recipient;
}

/* Nobody gets ciphertext; who must have it cannot get anything, and then
 * nobody does. */
static void
encrypt_for_nobody(struct plan *plan, enum plan_reason reason, size_t recipient)
{
	for (size_t i = 0; i < plan->recipient_count; i++) {
		struct plan_recipient *p = &plan->recipients[i];

		if (!p->encrypt)
			continue;
		p->encrypt = false;
		p->reason = reason;
		p->refused = p->required;
	}
	plan->encrypt_reason = reason;
	plan->recipient = recipient;
	if (find_recipient(plan, is_refused) != PLAN_NO_RECIPIENT)
		refuse_all(plan, reason, recipient);
}

/* The report about the others needs a listener and somebody to read it. */
static bool
can_refuse_some(const struct policy_facts *facts)
{
	return facts->copies > 0 && facts->sender && !facts->null_sender;
}

static void
refuse_the_rest(
    const struct policy_facts *facts, struct plan *plan, size_t first)
{
	bool some = find_recipient(plan, is_encrypted) != PLAN_NO_RECIPIENT;

	for (size_t i = 0; i < plan->recipient_count; i++)
		if (some && is_without_key(&plan->recipients[i]))
			plan->recipients[i].refused = true;
	if (find_recipient(plan, is_refused) == PLAN_NO_RECIPIENT)
		return;
	if (!can_refuse_some(facts) ||
	    find_recipient(plan, gets_something) == PLAN_NO_RECIPIENT)
		refuse_all(plan, plan->recipients[first].reason, first);
}

/* C2: some can, others should and cannot. */
static void
settle_mixed(const struct policy_facts *facts, struct plan *plan)
{
	bool some = find_recipient(plan, is_encrypted) != PLAN_NO_RECIPIENT;
	size_t first = find_recipient(plan, is_without_key);
	size_t refused = find_recipient(plan, is_refused);

	if (facts->mixed == MIXED_REFUSE_THE_REST &&
	    (first != PLAN_NO_RECIPIENT || refused != PLAN_NO_RECIPIENT))
		refuse_the_rest(facts, plan,
		    refused != PLAN_NO_RECIPIENT ? refused : first);
	else if (refused != PLAN_NO_RECIPIENT)
		refuse_all(plan, plan->recipients[refused].reason, refused);
	else if (!some || first == PLAN_NO_RECIPIENT)
		return;
	else if (facts->mixed == MIXED_ALL_OR_NONE)
		encrypt_for_nobody(plan, plan->recipients[first].reason, first);
	else if (facts->mixed == MIXED_ALL_OR_REFUSE)
		refuse_all(plan, plan->recipients[first].reason, first);
}

/* C9: what the organisation cannot read is not encrypted. */
static void
settle_escrow(const struct policy_facts *facts, struct plan *plan)
{
	size_t first = find_recipient(plan, is_encrypted);

	if (facts->escrow != ESCROW_MISSING || first == PLAN_NO_RECIPIENT)
		return;
	encrypt_for_nobody(plan, REASON_ESCROW, PLAN_NO_RECIPIENT);
	if (plan->action == PLAN_REFUSE)
		plan->action = PLAN_DEFER;
}

/* B1: an operator may not want blind copies of ciphertexts at all. */
static void
settle_bcc(const struct policy_facts *facts, struct plan *plan)
{
	if (facts->bcc != BCC_REFUSE || facts->recipient_count < 2)
		return;
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].encrypt &&
		    !facts->recipients[i].visible) {
			refuse_all(plan, REASON_BCC, i);
			return;
		}
}

/* --- copies --- */

static size_t
count_refused(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->recipient_count; i++)
		n += plan->recipients[i].refused;
	return n;
}

/* As many groups as there can be copies.  First what is only nicer is given
 * up, then ciphertext, unless it is required. */
static void
settle_copies(const struct policy_facts *facts, struct plan *plan)
{
	size_t copies = facts->copies, culprit;
	enum plan_reason reason;

	plan->refused = count_refused(plan);
	if (plan->refused > 0) /* the report is one of them */
		copies--;
	grouping_make(facts, plan, GROUPING_FULL);
	if (plan->group_count > copies + 1)
		grouping_make(facts, plan, GROUPING_JOINT);
	if (plan->group_count <= copies + 1)
		return;
	reason = grouping_obstacle(facts, plan, &culprit);
	encrypt_for_nobody(plan, reason, culprit);
	if (plan->action != PLAN_REFUSE && plan->refused > 0)
		refuse_all(plan, reason, culprit);
	if (plan->action != PLAN_REFUSE)
		grouping_make(facts, plan, GROUPING_JOINT);
}

/* --- all of it --- */

/* What is told about the message as a whole: the first who is not given
 * ciphertext, unless somebody is to blame already. */
static void
sum_up(struct plan *plan)
{
	size_t first = find_recipient(plan, is_without_key);

	plan->encrypt = find_recipient(plan, is_encrypted) != PLAN_NO_RECIPIENT;
	if (plan->action == PLAN_REFUSE || plan->action == PLAN_DEFER)
		plan->encrypt_reason = plan->reason;
	if (plan->encrypt_reason != REASON_NONE)
		return;
	if (first != PLAN_NO_RECIPIENT) {
		plan->recipient = first;
		plan->encrypt_reason = plan->recipients[first].reason;
	} else if (!plan->encrypt) {
		plan->encrypt_reason = plan->recipient_count > 0
					   ? plan->recipients[0].reason
					   : REASON_ENCRYPTION_OFF;
	}
}

static void
settle_recipients(const struct policy_facts *facts, struct plan *plan)
{
	judge_recipients(facts, plan);
	settle_mixed(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_escrow(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_bcc(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_copies(facts, plan);
	sum_up(plan);
}

/* Nothing leaves: nothing is made. */
static void
make_nothing(struct plan *plan)
{
	plan->sign = plan->encrypt = plan->opaque = false;
	plan->group_count = 0;
	for (size_t i = 0; i < plan->recipient_count; i++)
		plan->recipients[i].group = PLAN_NO_GROUP;
}

static void
settle_signature(const struct policy_facts *facts, struct plan *plan)
{
	if (plan->action != PLAN_PASS)
		return;
	if (plan->must_sign && !plan->sign) {
		plan->action = PLAN_REFUSE;
		plan->reason = REASON_MUST_SIGN;
	} else if (facts->own_problem == OWN_PROBLEM_DEFER &&
		   plan_reason_is_own(plan->sign_reason)) {
		plan->action = PLAN_DEFER;
		plan->reason = plan->sign_reason;
	} else if (plan->sign || plan->encrypt || plan->refused > 0) {
		plan->action = PLAN_PROTECT;
	} else {
		plan->reason = plan->sign_reason;
	}
}

static void
decide_outbound(const struct policy_facts *facts, struct plan *plan)
{
	plan->shadow = facts->mode == MODE_SHADOW;
	plan->sign_reason = why_not_signed(facts);
	plan->sign = plan->sign_reason == REASON_NONE;
	plan->must_sign =
	    asks_for_signature(facts) && facts->protection == PROTECTION_NONE;
	settle_recipients(facts, plan);
	settle_signature(facts, plan);
	if (facts->over_rate && plan->action == PLAN_PROTECT && !plan->shadow) {
		plan->action = PLAN_DEFER;
		plan->reason = REASON_RATE_LIMIT;
	}
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
