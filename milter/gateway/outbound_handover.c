/* outbound_handover.c: see outbound_handover.h.  Belongs to one message. */
#include "gateway/outbound_handover.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "gateway/outbound_gate.h"
#include "gateway/reply.h"

static int
show_gate(
    void *arg, const struct handover_departure *departure, struct err *err)
{
	const struct outbound_leaving *l = arg;

	return outbound_gate(l->outbound, l->message, l->plan, departure, err);
}

/* Numbers of recipients, group after group; first, all
 * zero: where each begins, and where the last one ends. */
static size_t *
list_members(const struct plan *plan, size_t *first)
{
	size_t *members = xcalloc(plan->recipient_count + 1, sizeof(*members));
	size_t *next = xcalloc(plan->group_count + 1, sizeof(*next));

	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].group != PLAN_NO_GROUP)
			first[plan->recipients[i].group + 1]++;
	for (size_t i = 0; i < plan->group_count; i++) {
		first[i + 1] += first[i];
		next[i] = first[i];
	}
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].group != PLAN_NO_GROUP)
			members[next[plan->recipients[i].group]++] = i;
	free(next);
	return members;
}

/* All groups but the first, whose copy stays in place. */
static size_t
list_shares(const struct outbound_leaving *l, const size_t *members,
    const size_t *first, struct handover_share *shares)
{
	size_t count = 0;

	for (size_t i = 1; i < l->plan->group_count; i++)
		shares[count++] = (struct handover_share){
		    .message = &l->outbound->copies[i].copy.message,
		    .recipients = members + first[i],
		    .count = first[i + 1] - first[i],
		    .group = i};
	return count;
}

static size_t
list_refused(const struct outbound_leaving *l, struct handover_refused *refused)
{
	const struct plan *plan = l->plan;
	size_t count = 0;

	for (size_t i = 0; i < plan->recipient_count; i++) {
		enum plan_reason reason = plan->recipients[i].reason;

		if (!plan->recipients[i].refused)
			continue;
		refused[count++] = (struct handover_refused){.recipient = i,
		    .reason = reason,
		    .advice = reply_advice(
			&l->message->gather->facts.recipients[i], reason)};
	}
	return count;
}

enum plan_reason
outbound_hand_over(
    const struct outbound_leaving *leaving, struct handover *h, struct err *err)
{
	const struct outbound_case *message = leaving->message;
	const struct plan *plan = leaving->plan;
	struct outbound_leaving shown = *leaving;
	size_t *first = xcalloc(plan->group_count + 2, sizeof(*first));
	size_t *members = list_members(plan, first);
	struct handover_share *shares =
	    xcalloc(plan->group_count + 1, sizeof(*shares));
	struct handover_refused *refused =
	    xcalloc(plan->recipient_count + 1, sizeof(*refused));
	const struct handover_case c = {
	    .gateway = message->gateway,
	    .envelope = message->envelope,
	    .header = message->header,
	    .body = leaving->outbound->entities.own.body,
	    .edits = leaving->edits,
	    .shares = shares,
	    .share_count = list_shares(leaving, members, first, shares),
	    .refused = refused,
	    .refused_count = list_refused(leaving, refused),
	    .now = message->now,
	    .deadline = message->deadline,
	    .gate = show_gate,
	    .arg = &shown,
	};
	enum plan_reason reason = handover_prepare(h, &c, err);

	free(refused);
	free(shares);
	free(members);
	free(first);
	return reason;
}
