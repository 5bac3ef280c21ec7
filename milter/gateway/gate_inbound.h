/*
 * gate_inbound.h: the last check before mail from outside goes on (DESIGN.md
 * 3, rules A5, X7, X8, L3).
 *
 * As gate.h it judges the finished bytes, not how they were made.  It proves
 * that
 *
 * - plaintext is only in a copy whose recipients are all ours, want it, and
 *   open the message with keys of their own; it is what was read, and can
 *   travel;
 * - who gets anything else gets the very body that came;
 * - every recipient is in exactly one copy, and who gets another one than that
 *   in place is removed from it by each of his names;
 * - no field is left that only we may write, but one of each kind above all
 *   others; nothing else in the header has changed.
 *
 * Any gap means that our own code is wrong, and the message stays where it
 * is.  n log n for n recipients or fields, one look at each byte of a body.
 */
#ifndef GATEWAY_GATE_INBOUND_H
#define GATEWAY_GATE_INBOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "gateway/edits.h"
#include "gateway/envelope.h"
#include "gateway/gateway.h"
#include "mail/header.h"
#include "policy/inbound.h"
#include "relay/relay_copy.h"

struct gate_inbound_case {
	const struct gateway_config *config; /* what our fields are called */
	const struct inbound_plan *plan;
	/* What was found out about each of the envelope, in order. */
	const struct inbound_recipient *recipients;
	const struct envelope *envelope;
	const struct header *header; /* of the message as it came */
	/* The entity that was opened: its Content-* fields and its body; NULL:
	 * nothing was. */
	const struct header *content;
	struct slice plaintext;
	/* What leaves: edits of the message itself, and, where some have to be
	 * given the plaintext, their copy as it will be handed over, whose
	 * header begins with TOKEN_FIELD; NULL: there is none. */
	const struct edits *edits;
	const struct relay_copy *relay;
	/* Of each recipient: he has had his copy before, so that he is in none
	 * that is handed over.  NULL: nobody has. */
	const bool *done;
};

/* ERR_BUG and what does not fit. */
int gate_inbound_check(
    const struct gate_inbound_case *c, struct err *err) MUST_USE;

#endif
