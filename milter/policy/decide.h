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

/* In what form a signature in clear leaves (A2): opaque when the domains of
 * all recipients want it so, for others may not be able to read it. */
enum setting_form decide_form(const struct policy_facts *facts);

/* What the message is left alone for (A9): the first of its exemptions that
 * policy has, too, or EXEMPT_NOT. */
enum exemption decide_exemption(const struct policy_facts *facts);

/*
 * The whole decision.
 * - Nobody signs as somebody else (A4): a login must be the From address (a
 *   bare login its local part, where we serve a single domain); the envelope
 *   sender must be in one of our domains; From must be exactly one mailbox.
 *   A login counts more than the network that it came from.
 * - What is protected already, and what is exempt, passes; but "required" is
 *   kept even then: it is encrypted as it is, or refused.
 * - When the author's own certificate cannot sign, the mail goes on without a
 *   signature, or waits, as policy says (A8); what must be encrypted and
 *   cannot be is refused at once.
 * - Encryption takes all recipients or none (until messages are split).
 */
void decide(const struct policy_facts *facts, struct plan *plan);

#endif
