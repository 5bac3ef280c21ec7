/*
 * outbound.h: carrying out a plan: canonical form, signatures, ciphertexts,
 * a copy for each group of recipients, gate.
 */
#ifndef GATEWAY_OUTBOUND_H
#define GATEWAY_OUTBOUND_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/envelope.h"
#include "gateway/gateway.h"
#include "gateway/gather.h"
#include "gateway/outbound_copy.h"
#include "gateway/outbound_entity.h"
#include "policy/plan.h"
#include "smime/entity.h"

/* How a signature stands beside its content (rule S16). */
enum outbound_form {
	OUTBOUND_DETACHED = 0,
	OUTBOUND_OPAQUE,
	OUTBOUND_FORMS
};

/* A signature in one form; all copies that want it share it. */
struct outbound_signed {
	bool made;
	struct smime_entity entity;
};

/* What is made of one message; owns everything that its copies borrow, but
 * for the message's own header and body. */
struct outbound {
	const struct spool_config *config;
	struct outbound_entities entities;    /* of the message, */
	const struct outbound_entity *entity; /* and that which the plan
	                                       * wants */
	struct spool canonical;
	const char *must_be_opaque; /* what mime_canon says, or NULL */
	struct slice_list content;  /* what is signed or encrypted */
	struct outbound_signed forms[OUTBOUND_FORMS];
	struct buf payload_header; /* of what is signed, inside an envelope */
	/* One for each group of the plan; the first stays in place. */
	struct outbound_copy *copies;
	size_t count;
	struct spool_config copy_spool; /* they share the memory of one */
	size_t space;			/* bytes in all copies so far */
	bool seen; /* the gate has seen all that is about to leave */
};

void outbound_init(struct outbound *o, const struct spool_config *config);
void outbound_fini(struct outbound *o);

struct outbound_case {
	struct gateway *gateway;
	struct gather *gather; /* facts may get to know more underway */
	const struct header *header;
	const struct envelope *envelope;
	time_t now;
	deadline_t deadline; /* the mail server does not wait any longer */
};

/*
 * Makes the copies for a plan to protect, once the entities have been read.
 *  Where there is one, which stays in
 * place, the gate looks at it; otherwise whoever hands the others over has the
 * gate look at all of them (gateway/outbound_gate.h).
 * What cannot be encrypted after all is one more fact: it is decided anew,
 * and the plan changes.  edits become those of the copy that stays in place.
 * Returns REASON_NONE, or why the message has to wait or go back; err then
 * says more, and nothing was made.
 */
enum plan_reason outbound_protect(struct outbound *o,
    const struct outbound_case *c, struct plan *plan, struct edits *edits,
    struct err *err);

/* Why the signature of that copy has its content inside: "policy", or what
 * mime_canon says; NULL when it has not. */
const char *outbound_opaque(
    const struct outbound *o, const struct plan *plan, size_t copy);

#endif
