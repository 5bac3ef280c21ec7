/*
 * handover.h: the copies of a message that do not stay in place, and the
 * report about who gets none, on their way to the reinjection listener
 * (DESIGN.md 3).
 *
 *   handover_prepare   everything but the final dots
 *   handover_commit    the dots, and the journal
 *
 * Between them the mail server takes the edits of the copy that stays.  A
 * message that was deferred comes again: who is in the journal has his copy
 * and does not get another one.
 */
#ifndef GATEWAY_HANDOVER_H
#define GATEWAY_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/envelope.h"
#include "gateway/gateway.h"
#include "gateway/journal.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "policy/plan.h"
#include "relay/relay_copy.h"

/* The copy of one group of recipients. */
struct handover_share {
	/* Header block, empty line, body; borrowed until handover_fini. */
	const struct slice_list *message;
	const size_t *recipients; /* numbers in the envelope */
	size_t count;
	size_t group; /* what it is called in the departure */
};

/* Who gets nothing, for the report. */
struct handover_refused {
	size_t recipient; /* number in the envelope */
	enum plan_reason reason;
	const char *advice; /* as in report.h */
};

/* What leaves, as it is handed to the mail server and to relay/. */
struct handover_departure {
	const struct edits *edits;	/* of the copy that stays in place */
	const struct relay_copy *relay; /* the copies that are handed over, */
	const size_t *groups;		/* the group of each, */
	size_t count;			/* and how many there are */
	/* Of each recipient: he has had his copy, and gets no other one.
	 * NULL: nobody has. */
	const bool *done;
};

/* Of one message, whichever way it goes.  The first five are borrowed until
 * handover_fini. */
struct handover_case {
	struct gateway *gateway;
	const struct envelope *envelope;
	const struct header *header; /* of the message as it came */
	struct slice body;	     /* the same */
	const struct edits *edits;   /* of the copy that stays in place */
	const struct handover_share *shares;
	size_t share_count;
	const struct handover_refused *refused;
	size_t refused_count;
	time_t now;
	deadline_t deadline; /* the mail server does not wait any longer */
	/* Looks at everything before any of it is sent; its error means that
	 * nothing is. */
	int (*gate)(void *arg, const struct handover_departure *departure,
	    struct err *err);
	void *arg;
};

/* One copy; belongs to a handover. */
struct handover_copy;

struct handover {
	struct handover_case c;
	struct handover_copy *copies;
	size_t count;
	struct relay_copy *relay_copies;
	struct relay_batch *batch; /* NULL: nothing is on its way */
	struct spool report;
	struct slice_list report_message;
	bool *done; /* of each recipient: he had his copy before */
	struct journal journal;
};

void handover_init(struct handover *h);
/* What has not been committed is given up: nobody keeps anything of it. */
void handover_fini(struct handover *h);

/*
 * The first step.  REASON_NONE: all copies are where they have to be, but for
 * their dots; there may be none to hand over.  Otherwise why not, and nothing
 * of them is left anywhere: REASON_REINJECT, REASON_TOO_LARGE when the
 * listener never takes so much, REASON_STORE, REASON_INTERNAL.
 */
enum plan_reason handover_prepare(
    struct handover *h, const struct handover_case *c, struct err *err);

/* Is the second step still to come? */
bool handover_is_pending(const struct handover *h);

/* How many recipients had theirs when the message came before. */
size_t handover_again(const struct handover *h);

/* The second step, once.  Otherwise than above some of the copies may have
 * gone out even so; they are in the journal. */
enum plan_reason handover_commit(struct handover *h, struct err *err);

#endif
