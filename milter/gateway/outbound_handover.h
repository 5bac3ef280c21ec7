/*
 * outbound_handover.h: the copies of an outbound message that do not stay in
 * place, and who gets none, for whoever hands them over.
 */
#ifndef GATEWAY_OUTBOUND_HANDOVER_H
#define GATEWAY_OUTBOUND_HANDOVER_H

#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/handover.h"
#include "gateway/outbound.h"
#include "policy/plan.h"

/* All of it borrowed until handover_fini. */
struct outbound_leaving {
	struct outbound *outbound; /* with a copy for each group */
	const struct outbound_case *message;
	const struct plan *plan;
	const struct edits *edits; /* of the copy that stays in place */
};

/* handover_prepare for them. */
enum plan_reason outbound_hand_over(const struct outbound_leaving *leaving,
    struct handover *h, struct err *err);

#endif
