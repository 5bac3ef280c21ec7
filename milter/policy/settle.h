/*
 * settle.h: what each recipient gets, and what that means for the others (C1
 * to C3, C9).  For decide.c only.
 */
#ifndef POLICY_SETTLE_H
#define POLICY_SETTLE_H

#include "policy/facts.h"
#include "policy/plan.h"

/*
 * Fills the plan's recipients, groups and encrypt_reason.  alone: why policy
 * leaves the message as it is, or REASON_NONE.  plan->sign must be known.
 * The action is PLAN_PASS afterwards, or PLAN_REFUSE or PLAN_DEFER with their
 * reason when the recipients stand in the way; it takes time in proportion to
 * their number, but for sorting the groups.
 */
void settle_recipients(const struct policy_facts *facts, enum plan_reason alone,
    struct plan *plan);

#endif
