/*
 * settle.c: see settle.h.
 *
 * First each recipient for himself, then the whole: escrow, mixed, blind
 * copies, and how many copies there can be.  Each step only takes ciphertext
 * away; none gives clear text to who must have ciphertext (C7).
 * Pure, any thread.
 */
#include "policy/settle.h"

#include "base/alloc.h"
#include "policy/grouping.h"

/* --- each recipient --- */

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
	case CERT_PICK_SUSPENDED:
		return REASON_RECIPIENT_SUSPENDED;
	default:
		return REASON_RECIPIENT_UNUSABLE;
	}
}

static const enum plan_reason reason_of_obstacle[] = {
    [OBSTACLE_NONE] = REASON_NONE,
    [OBSTACLE_KEY] = REASON_NOT_ENCRYPTABLE,
    [OBSTACLE_SIZE] = REASON_TOO_LARGE,
};

/* Does the sender ask not to encrypt what is only encrypted if possible? */
static bool
asks_for_clear_text(const struct policy_facts *facts)
{
	return facts->asks_no_encrypt && !facts->asks_encrypt &&
	       facts->triggers == TRIGGERS_ALL;
}

/* What the sender's side wants.  A wish can make it more; it can take back
 * what is only possible, never what is required. */
static enum setting_encrypt
sender_wants(const struct policy_facts *facts)
{
	if (facts->asks_encrypt && facts->triggers >= TRIGGERS_PROTECT)
		return ENCRYPT_REQUIRED;
	if (facts->encrypt == ENCRYPT_IF_POSSIBLE && asks_for_clear_text(facts))
		return ENCRYPT_OFF;
	return facts->encrypt;
}

static enum setting_encrypt
recipient_wants(
    const struct policy_facts *facts, const struct recipient_facts *r)
{
	if (r->level.encrypt == RECEIVE_REQUIRED)
		return ENCRYPT_REQUIRED;
	if (r->level.encrypt == RECEIVE_IF_POSSIBLE &&
	    !asks_for_clear_text(facts))
		return ENCRYPT_IF_POSSIBLE;
	return ENCRYPT_OFF;
}

/* The stricter of both.  Mail between our own users does not leave the
 * server: only a policy for the recipient makes it more than clear text. */
static enum setting_encrypt
wanted_for(const struct policy_facts *facts, const struct recipient_facts *r)
{
	enum setting_encrypt sender = sender_wants(facts);
	enum setting_encrypt recipient = recipient_wants(facts, r);

	if (r->is_local)
		return recipient;
	return sender > recipient ? sender : recipient;
}

/* Who is given clear text because nobody wants more: why? */
static enum plan_reason
why_not_wanted(
    const struct policy_facts *facts, const struct recipient_facts *r)
{
	if (sender_wants(facts) > ENCRYPT_OFF)
		return REASON_LOCAL_RECIPIENT;
	if (asks_for_clear_text(facts) &&
	    ((facts->encrypt > ENCRYPT_OFF && !r->is_local) ||
		r->level.encrypt == RECEIVE_IF_POSSIBLE))
		return REASON_ASKED_NOT_TO;
	return REASON_ENCRYPTION_OFF;
}

static enum plan_reason
why_no_key(const struct recipient_facts *r)
{
	if (!r->address)
		return REASON_BAD_RECIPIENT;
	if (r->certificates == 0)
		return reason_of_pick(r->word);
	return reason_of_obstacle[r->obstacle];
}

/* Why nothing is encrypted for him; REASON_NONE when it is. */
static enum plan_reason
why_not_encrypted(const struct policy_facts *facts,
    const struct recipient_facts *r, enum plan_reason alone)
{
	enum setting_encrypt wanted = wanted_for(facts, r);

	if (facts->protection == PROTECTION_ENCRYPTED)
		return REASON_ALREADY_ENCRYPTED;
	if (wanted <= ENCRYPT_OFF)
		return why_not_wanted(facts, r);
	/* required: even what is left alone otherwise must be encrypted. */
	if (wanted < ENCRYPT_REQUIRED && alone != REASON_NONE)
		return alone;
	if (r->level.encrypt == RECEIVE_NEVER)
		return wanted == ENCRYPT_REQUIRED ? REASON_CONTRADICTION
						  : REASON_RECIPIENT_NEVER;
	return why_no_key(r);
}

static void
judge_recipients(
    const struct policy_facts *facts, enum plan_reason alone, struct plan *plan)
{
	plan->recipient_count = facts->recipient_count;
	plan->recipients =
	    xcalloc(facts->recipient_count + 1, sizeof(*plan->recipients));
	for (size_t i = 0; i < facts->recipient_count; i++) {
		const struct recipient_facts *r = &facts->recipients[i];
		struct plan_recipient *p = &plan->recipients[i];

		p->group = PLAN_NO_GROUP;
		p->required = wanted_for(facts, r) == ENCRYPT_REQUIRED &&
			      facts->protection != PROTECTION_ENCRYPTED;
		p->reason = why_not_encrypted(facts, r, alone);
		p->encrypt = p->reason == REASON_NONE;
		p->refused = p->required && !p->encrypt;
		plan->must_encrypt |= p->required;
	}
}

/* --- questions about all of them --- */

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

/* Until the organisation's certificate is there. */
static bool
is_waiting(const struct plan_recipient *p)
{
	return p->refused && p->reason == REASON_ESCROW;
}

static bool
is_refused_for_good(const struct plan_recipient *p)
{
	return p->refused && !is_waiting(p);
}

static bool
gets_something(const struct plan_recipient *p)
{
	return !p->refused;
}

/* Should he have been given ciphertext, and cannot? */
static bool
is_without_key(const struct plan_recipient *p)
{
	return !p->encrypt && plan_reason_is_no_key(p->reason);
}

/* The first who is so, or PLAN_NO_RECIPIENT. */
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
has_recipient(
    const struct plan *plan, bool (*is)(const struct plan_recipient *))
{
	return find_recipient(plan, is) != PLAN_NO_RECIPIENT;
}

/* --- what that means for the others --- */

static void
refuse_all(struct plan *plan, enum plan_reason reason, size_t recipient)
{
	plan->action = PLAN_REFUSE;
	plan->reason = reason;
	plan->recipient = recipient;
}

/* Nobody gets ciphertext; who must have it gets nothing. */
static void
take_ciphertext_away(struct plan *plan, enum plan_reason reason)
{
	for (size_t i = 0; i < plan->recipient_count; i++) {
		struct plan_recipient *p = &plan->recipients[i];

		if (!p->encrypt)
			continue;
		p->encrypt = false;
		p->reason = reason;
		p->refused = p->required;
	}
}

/* Nobody gets ciphertext because of reason, and perhaps of one recipient; if
 * somebody must have it, nothing leaves. */
static void
encrypt_for_nobody(struct plan *plan, enum plan_reason reason, size_t recipient)
{
	take_ciphertext_away(
	    plan, reason == REASON_BCC ? REASON_BCC : REASON_MIXED);
	plan->encrypt_reason = reason;
	plan->recipient = recipient;
	if (has_recipient(plan, is_refused))
		refuse_all(plan, reason, recipient);
}

/* C9: what the organisation cannot read is not encrypted.  Comes first: then
 * nobody can be given ciphertext, and the mail is not mixed. */
static void
settle_escrow(const struct policy_facts *facts, struct plan *plan)
{
	if (facts->escrow != ESCROW_MISSING ||
	    !has_recipient(plan, is_encrypted))
		return;
	take_ciphertext_away(plan, REASON_ESCROW);
	plan->encrypt_reason = REASON_ESCROW;
}

/* The report about the others needs a listener and somebody to read it. */
static bool
can_refuse_some(const struct policy_facts *facts)
{
	return facts->mixed == MIXED_REFUSE_THE_REST && facts->copies > 0 &&
	       facts->sender && !facts->null_sender;
}

/* Some must have ciphertext and cannot: nothing leaves, unless policy lets
 * the others have theirs. */
static void
settle_refused(const struct policy_facts *facts, struct plan *plan)
{
	size_t first = find_recipient(plan, is_refused_for_good);
	bool for_good = first != PLAN_NO_RECIPIENT;

	if (for_good && !can_refuse_some(facts)) {
		refuse_all(plan, plan->recipients[first].reason, first);
	} else if (has_recipient(plan, is_waiting)) {
		plan->action = PLAN_DEFER;
		plan->reason = REASON_ESCROW;
	} else if (for_good && !has_recipient(plan, gets_something)) {
		refuse_all(plan, plan->recipients[first].reason, first);
	}
}

static void
refuse_the_rest(
    const struct policy_facts *facts, struct plan *plan, size_t first)
{
	if (!can_refuse_some(facts)) {
		refuse_all(plan, plan->recipients[first].reason, first);
		return;
	}
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (is_without_key(&plan->recipients[i]))
			plan->recipients[i].refused = true;
}

/* C2: some can, others should and cannot. */
static void
settle_mixed(const struct policy_facts *facts, struct plan *plan)
{
	size_t first = find_recipient(plan, is_without_key);
	enum plan_reason reason;

	if (first == PLAN_NO_RECIPIENT || !has_recipient(plan, is_encrypted))
		return;
	reason = plan->recipients[first].reason;
	switch (facts->mixed) {
	case MIXED_REFUSE_THE_REST:
		refuse_the_rest(facts, plan, first);
		break;
	case MIXED_ALL_OR_REFUSE:
		refuse_all(plan, reason, first);
		break;
	case MIXED_ALL_OR_NONE:
		encrypt_for_nobody(plan, reason, first);
		break;
	case MIXED_SPLIT:
	case MIXED_INHERIT:
		break;
	}
}

/* B1: an operator may not want blind copies of ciphertexts at all.  A mail to
 * one recipient is none, whoever its To names. */
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
	if (plan->action == PLAN_PASS)
		grouping_make(facts, plan, GROUPING_JOINT);
}

/* Who is refused because he must have ciphertext is removed from the copy that
 * stays in place.  Should that fail, he must not read it (MTA.md d): beside
 * clear text in place nobody can be refused alone. */
static void
settle_removal(struct plan *plan)
{
	if (plan->group_count > 0 && plan->groups[0].encrypt)
		return;
	for (size_t i = 0; i < plan->recipient_count; i++) {
		const struct plan_recipient *p = &plan->recipients[i];

		if (p->refused && p->required) {
			refuse_all(plan, p->reason, i);
			return;
		}
	}
}

/* --- all of it --- */

/* What is told about the message as a whole: the first who is not given
 * ciphertext, unless somebody is to blame already. */
static void
sum_up(struct plan *plan)
{
	size_t first = find_recipient(plan, is_without_key);

	plan->encrypt = has_recipient(plan, is_encrypted);
	if (plan->action != PLAN_PASS)
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

void
settle_recipients(
    const struct policy_facts *facts, enum plan_reason alone, struct plan *plan)
{
	judge_recipients(facts, alone, plan);
	settle_escrow(facts, plan);
	settle_refused(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_mixed(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_bcc(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_copies(facts, plan);
	if (plan->action == PLAN_PASS)
		settle_removal(plan);
	sum_up(plan);
}
