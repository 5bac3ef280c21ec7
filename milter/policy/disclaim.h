/*
 * disclaim.h: may something be added to the text of this message (D1, D2)?
 * For decide.c.
 */
#ifndef POLICY_DISCLAIM_H
#define POLICY_DISCLAIM_H

#include <stdbool.h>

#include "policy/facts.h"
#include "policy/plan.h"

/*
 * What becomes of the disclaimer of an outbound message, for plan->disclaimer
 * and its reason; changes nothing else.  exempt: it is left alone (A9).
 *
 * - Nothing is added to what is exempt.
 * - Nothing is ever added to what is signed or encrypted, whoever did that,
 *   nor where a protected part would be touched; that it is there already can
 *   be seen in what is only signed.
 * - As long as nobody has tried it is taken for possible.
 */
void disclaim_judge(
    const struct policy_facts *facts, bool exempt, struct plan *plan);

/* Does policy want mail back to which, by that plan, nothing can be added
 * because it is protected? */
bool disclaim_is_refused(
    const struct policy_facts *facts, const struct plan *plan);

#endif
