/*
 * inbound_edit.c: see inbound_edit.h.  Belongs to one message and its thread.
 *
 * In a split the ciphertext stays in place, so that a recipient who could not
 * be removed never sees plaintext (MTA.md d).
 */
#include "gateway/inbound_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "gateway/gate_inbound.h"
#include "gateway/job_state.h"
#include "gateway/mark.h"
#include "gateway/token.h"

/* --- the gate --- */

static int
show_gate(
    void *arg, const struct handover_departure *departure, struct err *err)
{
	const struct job *job = arg;
	const struct inbound *in = &job->inbound;
	bool opened = in->layers.decryption == SMIME_OPENED;
	const struct gate_inbound_case gate = {
	    .config = gateway_config(job->gateway),
	    .plan = &in->plan,
	    .recipients = in->readers.recipients,
	    .envelope = &job->envelope,
	    .header = &job->header,
	    .content = opened ? &in->layers.content : NULL,
	    .plaintext = in->layers.body,
	    .edits = departure->edits,
	    .relay = departure->count > 0 ? &departure->relay[0] : NULL,
	    .done = departure->done,
	};

	if (departure->count > 1)
		return err_set(err, ERR_BUG, "gate: more than one copy");
	return gate_inbound_check(&gate, err);
}

/* Where no other copy leaves; some may have had theirs before. */
static int
show_gate_in_place(struct job *job, struct err *err)
{
	const struct handover_departure departure = {
	    .edits = &job->edits,
	    .done = job->handover.done,
	};

	return show_gate(job, &departure, err);
}

/* --- edits --- */

/* Rule A5; and a token that somebody else has put in proves nothing.  More of
 * them than a mail server can remove in a moment prove even less: one would
 * have to be alone. */
static int
clean(
    const struct job *job, struct edits *edits, bool in_place, struct err *err)
{
	const struct header *header = &job->header;

	if (job->has_token && (!in_place || header_count(header, TOKEN_FIELD) <=
						LIMIT_CONTENT_FIELDS))
		edits_delete_fields(edits, header, TOKEN_FIELD);
	if (!job->inbound.plan.remove_forged)
		return 0;
	return mark_remove(gateway_config(job->gateway), header, edits, err);
}

static int
edit(
    const struct job *job, struct edits *edits, bool plaintext, struct err *err)
{
	const struct inbound *in = &job->inbound;
	const struct mark_facts facts = {
	    .layers = in->has_smime ? &in->layers : NULL,
	    .plan = &in->plan,
	    .decrypted = plaintext,
	};

	if (clean(job, edits, edits == &job->edits, err) < 0)
		return -1;
	if (plaintext)
		edits_carry_fields(
		    edits, &job->header, &in->layers.content, in->layers.body);
	mark_add(gateway_config(job->gateway), &facts, &job->header, edits);
	return 0;
}

int
job_foresee_edits(
    const struct job *job, bool plaintext, struct edits *edits, struct err *err)
{
	return job->inbound.plan.shadow ? 0 : edit(job, edits, plaintext, err);
}

/* --- a split --- */

/* Whoever is to read it is not in the copy that stays. */
static void
leave_out(struct job *job)
{
	for (size_t i = 0; i < job->inbound.plan.recipient_count; i++)
		if (job->inbound.plan.plain[i])
			message_copy_leave_out(
			    &job->edits, &job->envelope.recipients[i]);
}

static size_t
list_plain(const struct job *job, size_t *members)
{
	size_t n = 0;

	for (size_t i = 0; i < job->inbound.plan.recipient_count; i++)
		if (job->inbound.plan.plain[i])
			members[n++] = i;
	return n;
}

static enum plan_reason
hand_over(struct job *job, struct err *err)
{
	struct inbound *in = &job->inbound;
	size_t *members =
	    xcalloc(in->plan.recipient_count + 1, sizeof(*members));
	const struct handover_share share = {
	    .message = &in->copy.message,
	    .recipients = members,
	    .count = list_plain(job, members),
	    .group = 1,
	};
	const struct handover_case c = {
	    .gateway = job->gateway,
	    .envelope = &job->envelope,
	    .header = &job->header,
	    .body = spool_slice(&job->body),
	    .edits = &job->edits,
	    .shares = &share,
	    .share_count = 1,
	    .now = job->view.now,
	    .deadline = job->deadline,
	    .gate = show_gate,
	    .arg = job,
	};
	enum plan_reason reason;

	leave_out(job);
	reason = handover_prepare(&job->handover, &c, err);
	free(members);
	return reason;
}

/* Some get the plaintext, the others what came. */
static enum plan_reason
split(struct job *job, struct err *err)
{
	struct message_copy *copy = &job->inbound.copy;

	if (edit(job, &copy->edits, true, err) < 0 ||
	    message_copy_write(
		copy, &job->header, spool_slice(&job->body), err) < 0)
		return err->class == ERR_PERMANENT ? REASON_TOO_LARGE
						   : REASON_INTERNAL;
	return hand_over(job, err);
}

/* --- all of it --- */

/* With a source route nobody knows what a mail server makes of it when it comes
 * from a milter (RFC 5321 4.1.1.3 lets it be left out). */
static void
restore(struct edits *edits, const struct envelope_recipient *r)
{
	bool has_route = strncmp(r->path, "<@", 2) == 0 && r->address;
	char *path =
	    has_route ? xasprintf("<%s>", r->address) : xstrdup(r->path);

	edits_restore_recipient(edits, path, r->parameters);
	free(path);
}

/* Whoever should have got the plaintext, and has not had it when the message
 * came before, gets what came.  back: he has been removed, and this puts him
 * back; or NULL. */
static void
keep_plaintext(struct job *job, enum plan_reason why, struct edits *back)
{
	struct inbound_plan *plan = &job->inbound.plan;
	const bool *done = job->handover.done;

	for (size_t i = 0; i < plan->recipient_count; i++) {
		if (!plan->plain[i] || (done && done[i]))
			continue;
		if (back)
			restore(back, &job->envelope.recipients[i]);
		plan->plain[i] = false;
		plan->why[i] = why;
		plan->plain_count--;
	}
	plan->split = plan->plain_count > 0;
	if (!plan->split)
		plan->reason = why;
}

static enum plan_reason
in_place(struct job *job, struct err *err)
{
	const struct inbound_plan *plan = &job->inbound.plan;
	bool plaintext =
	    plan->plain_count > 0 && plan->plain_count == plan->recipient_count;

	if (!plan->shadow && edit(job, &job->edits, plaintext, err) < 0) {
		job->inbound.answer = JOB_REFUSE;
		return REASON_TOO_LARGE;
	}
	if (plan->split)
		leave_out(job);
	if (show_gate_in_place(job, err) == 0)
		return REASON_NONE;
	job->inbound.answer = JOB_DEFER;
	return REASON_INTERNAL;
}

static enum plan_reason
change(struct job *job, struct err *err)
{
	enum plan_reason reason;

	if (!job->inbound.plan.split)
		return in_place(job, err);
	if (edit(job, &job->edits, false, err) < 0) {
		job->inbound.answer = JOB_REFUSE;
		return REASON_TOO_LARGE;
	}
	reason = split(job, err);
	if (reason != REASON_NONE)
		job->inbound.answer = JOB_DEFER;
	return reason;
}

/* What the next try would end in as well, whether the listener does not take
 * such a copy or the gate holds it back: everybody gets what came.  It may be
 * because of something inside, and the answer must not tell (rule X4). */
static bool
is_for_the_plaintext(
    const struct job *job, enum plan_reason reason, const struct err *err)
{
	if (job->inbound.plan.plain_count == 0)
		return false;
	return reason == REASON_TOO_LARGE ||
	       (reason == REASON_REINJECT && err->class == ERR_PERMANENT) ||
	       (reason == REASON_INTERNAL && err->class == ERR_BUG);
}

static void
tell_operator(
    const struct job *job, enum plan_reason reason, const struct err *err)
{
	if (reason == REASON_INTERNAL)
		log_error("%s: what was decrypted is not delivered: %s",
		    job->queue_id, err->text);
	else if (reason == REASON_REINJECT)
		log_warning("%s: the listener takes no copy of what was "
			    "decrypted: %s",
		    job->queue_id, err->text);
}

enum plan_reason
inbound_change(struct job *job, struct err *err)
{
	enum plan_reason reason;

	if (deadline_left(job->deadline) <= 0) {
		err_set(err, ERR_TEMPORARY,
		    "it took longer than a mail server waits");
		job->inbound.answer = JOB_DEFER;
		return REASON_INTERNAL;
	}
	reason = change(job, err);
	if (!is_for_the_plaintext(job, reason, err))
		return reason;
	tell_operator(job, reason, err);
	edits_fini(&job->edits);
	keep_plaintext(job, reason, NULL);
	job->inbound.answer = JOB_ACCEPT;
	return in_place(job, err);
}

void
inbound_take_back(struct job *job, const struct err *err)
{
	tell_operator(job, REASON_REINJECT, err);
	keep_plaintext(job, REASON_REINJECT, &job->inbound.late);
}

int
inbound_clean(struct job *job, struct err *err)
{
	if (job->inbound.plan.shadow)
		return 0;
	if (clean(job, &job->edits, true, err) < 0)
		return -1;
	return show_gate_in_place(job, err);
}
