/*
 * grouping.h: which recipients get the same bytes (C2, C3).  For decide.c
 * only.
 */
#ifndef POLICY_GROUPING_H
#define POLICY_GROUPING_H

#include "policy/facts.h"
#include "policy/plan.h"

enum grouping_detail {
	/* Each recipient gets what suits him best: cipher, key transport, and
	 * form of the signature are those of his group. */
	GROUPING_FULL,
	/* As few groups as secrecy allows: one ciphertext that all visible
	 * recipients can read, whatever is pinned for some of them, and
	 * detached signatures. */
	GROUPING_JOINT
};

/*
 * Makes the plan's groups anew from who is to be encrypted for, and sets
 * each recipient's group.  Recipients outside To and Cc get a ciphertext of
 * their own (rule B1); visible ones share theirs where the same algorithms
 * suit them.  The first group is the best protected one: the largest
 * ciphertext of visible recipients, else another ciphertext, else clear
 * text.  Refused recipients are in none.
 */
void grouping_make(const struct policy_facts *facts, struct plan *plan,
    enum grouping_detail detail);

/* Why there have to be several joint groups even so, for the log and for a
 * refusal: bcc and the first blind recipient of a ciphertext, else why the
 * first who gets clear text does, where that tells the sender what to do,
 * else mixed. */
enum plan_reason grouping_obstacle(const struct policy_facts *facts,
    const struct plan *plan, size_t *recipient);

#endif
