/*
 * decide.h: facts to a plan.  Pure: no I/O, no clock, no memory.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/facts.h"
#include "policy/plan.h"

/*
 * First of all, and from the header alone: whose mail is it?  Outbound when
 * the client may submit mail for us and From names one of our domains; where
 * no mailbox can be read from it the envelope sender stands in, because the
 * mail server will make a From of it later and "required" must hold.
 * recipients, identity, protection and settings need not be known yet.
 */
enum plan_direction decide_direction(const struct policy_facts *facts);

/* Is a login the From address itself, or, bare, its local part, where we serve
 * a single domain?  Both must be known. */
bool decide_is_own_login(const struct policy_facts *facts);

/* What the message is left alone for (A9): the first of its exemptions that
 * policy has, too, or EXEMPT_NOT. */
enum exemption decide_exemption(const struct policy_facts *facts);

/* Must some recipient get nothing but ciphertext?  Then what the header says
 * about the message's being encrypted is not enough. */
bool decide_needs_proof(const struct policy_facts *facts);

/* Is the message to be given a disclaimer, if it can be, and does somebody
 * have to look at its text to know? */
bool decide_wants_text(const struct policy_facts *facts);

/*
 * The whole decision.
 * - Nobody signs as somebody else (A4): a login must be the From address (a
 *   bare login its local part, where we serve a single domain) unless the
 *   operator lets it write as that, a client certificate may write only as what
 *   the operator listed; the envelope sender must be in one of our domains;
 *   From must be exactly one mailbox.
 *   A login counts more than the network that it came from.
 * - What is protected already, and what is exempt, passes; but "required" is
 *   kept even then: it is encrypted as it is, or refused.
 * - When the author's own certificate cannot sign, the mail goes on without a
 *   signature, or waits, as policy says (A8); what must be encrypted and
 *   cannot be is refused at once.
 * - Each recipient gets what the stricter of the sender's policy and his own
 *   says (C1); where some can be given ciphertext and others, who should be,
 *   cannot, "mixed" decides (C2).  Recipients outside To and Cc get a
 *   ciphertext of their own (C3).
 * - A disclaimer is added to whatever text of ours leaves, signed or not, and
 *   changes nothing else of the decision: but for mail that is signed or
 *   encrypted already, where policy may want it back instead (D2), and a name
 *   that nobody knows, for which it waits.
 * - Where there cannot be as many copies as that takes, ciphertext is given up
 *   unless it is required; then nothing leaves.
 *
 * plan must be initialised; what it holds is freed.
 */
void decide(const struct policy_facts *facts, struct plan *plan);

#endif
