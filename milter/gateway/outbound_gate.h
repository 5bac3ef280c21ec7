/*
 * outbound_gate.h: shows the gate everything that is about to leave.
 */
#ifndef GATEWAY_OUTBOUND_GATE_H
#define GATEWAY_OUTBOUND_GATE_H

#include "base/err.h"
#include "gateway/handover.h"
#include "gateway/outbound.h"
#include "policy/plan.h"

/* ERR_BUG when any of it is not as the plan says.  Only what has passed here
 * may leave: then o->seen is set. */
int outbound_gate(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, const struct handover_departure *departure,
    struct err *err) MUST_USE;

#endif
