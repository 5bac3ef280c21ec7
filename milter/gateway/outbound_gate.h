/*
 * outbound_gate.h: shows the gate everything that is about to leave.
 */
#ifndef GATEWAY_OUTBOUND_GATE_H
#define GATEWAY_OUTBOUND_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/outbound.h"
#include "policy/plan.h"
#include "relay/relay_copy.h"

/* What leaves, as it is handed to the mail server and to relay/. */
struct outbound_departure {
	const struct edits *edits;	/* of the copy that stays in place */
	const struct relay_copy *relay; /* the copies that are handed over, */
	const size_t *groups;		/* the plan's group of each, */
	size_t count;			/* and how many there are */
	/* Of each recipient: he has had his copy, and gets no other one.
	 * NULL: nobody has. */
	const bool *done;
};

/* ERR_BUG when any of it is not as the plan says.  Only what has passed here
 * may leave: then o->seen is set. */
int outbound_gate(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, const struct outbound_departure *departure,
    struct err *err) MUST_USE;

#endif
