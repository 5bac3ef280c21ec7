/*
 * outbound.h: carrying out a plan: canonical form, signature, encryption,
 * edits, gate.
 */
#ifndef GATEWAY_OUTBOUND_H
#define GATEWAY_OUTBOUND_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/gateway.h"
#include "gateway/gather.h"
#include "mail/mime_scan.h"
#include "policy/plan.h"
#include "smime/entity.h"

/* What is made of one message; owns everything that the edits borrow, but
 * for the message's own body. */
struct outbound {
	const struct spool_config *config;
	struct buf entity; /* header block of the entity, with empty line */
	struct slice entity_header; /* without it */
	struct slice body;
	struct mime_tree tree;
	bool scanned;
	struct spool canonical;
	const char *opaque;	   /* why it is signed opaque: "policy", or what
	                     * mime_canon says; NULL when it is not */
	struct slice_list content; /* what is signed or encrypted */
	struct smime_entity signed_entity;
	struct buf payload_header; /* of signed_entity, inside an envelope */
	struct smime_entity encrypted_entity;
	struct certificate_list certificates; /* encrypted to */
};

void outbound_init(struct outbound *o, const struct spool_config *config);
void outbound_fini(struct outbound *o);

/* Finds the parts of the message; header and body must outlive o. */
void outbound_read(
    struct outbound *o, const struct header *header, struct slice body);

struct outbound_case {
	struct gateway *gateway;
	struct gather *gather; /* facts may get to know more underway */
	const struct header *header;
	time_t now;
	deadline_t deadline; /* the mail server does not wait any longer */
};

/*
 * Makes the edits for a plan to protect, and has the gate look at them.  The
 * plan is changed where policy leaves a choice: what cannot be encrypted
 * after all is left signed, or refused when it must be.  Returns REASON_NONE,
 * or why the message has to wait or go back; err then says more.
 */
enum plan_reason outbound_protect(struct outbound *o,
    const struct outbound_case *c, struct plan *plan, struct edits *edits,
    struct err *err);

#endif
