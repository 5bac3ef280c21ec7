/*
 * job.c: see job.h.
 *
 * One message, one thread at a time.  What goes wrong on the way is kept as
 * the job's failure and answered once, at the end (rule L3): inbound mail
 * then passes as it came, outbound mail waits with the sender.
 */
#include "gateway/job.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "gateway/authority.h"
#include "gateway/gate.h"
#include "gateway/inbound.h"
#include "gateway/job_state.h"
#include "gateway/mark.h"
#include "gateway/outbound_handover.h"
#include "gateway/rate.h"
#include "gateway/token.h"
#include "policy/decide.h"

struct job *
job_new(struct gateway *gateway, const struct job_client *client)
{
	const struct spool_config *config = &gateway_config(gateway)->spool;
	struct job *job = xcalloc(1, sizeof(*job));

	job->gateway = gateway_ref(gateway);
	job->client = client;
	envelope_init(&job->envelope);
	header_init(&job->header);
	spool_init(&job->body, config);
	gather_init(&job->gather);
	plan_init(&job->plan);
	outbound_init(&job->outbound, config);
	inbound_init(&job->inbound, config);
	guard_init(&job->guard);
	handover_init(&job->handover);
	edits_init(&job->edits);
	return job;
}

void
job_free(struct job *job)
{
	if (!job)
		return;
	handover_fini(&job->handover);
	edits_fini(&job->edits);
	guard_fini(&job->guard);
	inbound_fini(&job->inbound);
	outbound_fini(&job->outbound);
	plan_fini(&job->plan);
	gather_fini(&job->gather);
	spool_fini(&job->body);
	header_fini(&job->header);
	envelope_fini(&job->envelope);
	free(job->queue_id);
	gateway_unref(&job->gateway);
	free(job);
}

void
job_sender(struct job *job, const char *path, const char *parameters)
{
	envelope_set_sender(&job->envelope, path, parameters);
}

void
job_recipient(struct job *job, const char *path, const char *parameters,
    const char *resolved)
{
	envelope_add_recipient(&job->envelope, path, parameters, resolved);
}

void
job_header(struct job *job, const char *name, const char *body)
{
	struct err err;

	if (header_add(&job->header, slice_text(name), slice_text(body), &err) <
	    0)
		job->header_over_limit = true;
}

void
job_queue_id(struct job *job, const char *queue_id)
{
	free(job->queue_id);
	job->queue_id = queue_id ? xstrdup(queue_id) : NULL;
}

struct record
job_record(const struct job *job)
{
	struct record record = {
	    .queue_id = job->queue_id,
	    .facts = &job->gather.facts,
	    .plan = &job->plan,
	    .recipients = job->envelope.count,
	    .to = job->plan.encrypt && job->outbound.count > 0
		      ? &job->outbound.copies[0].certificates
		      : NULL,
	    .escrow = &job->gather.escrow,
	    .again = handover_again(&job->handover),
	    .triggers = job_triggers(job),
	    .disclaimer_unknown = job->gather.disclaimer_unknown,
	};
	const struct smime_identity *identity;

	if (job->plan.sign) {
		identity = job->gather.sender->identity;
		record.signer = smime_identity_certificate(identity);
		record.algorithm = smime_identity_algorithm(identity);
		if (job->outbound.count > 0)
			record.opaque =
			    outbound_opaque(&job->outbound, &job->plan, 0);
	}
	return record;
}

void
job_fail(struct job *job, enum plan_reason reason, const struct err *err)
{
	if (job->failure != REASON_NONE || reason == REASON_NONE)
		return;
	job->failure = reason;
	job->failure_err = *err;
}

bool
job_is_inbound(const struct job *job)
{
	return job->plan.direction == PLAN_INBOUND;
}

const struct triggers *
job_triggers_to_remove(const struct job *job)
{
	return job->plan.shadow ? NULL : job_triggers(job);
}

/* --- at the end of the header --- */

/* Does it pass, and need a fingerprint? */
static bool
is_to_seal(const struct job *job)
{
	const struct sealing s = gateway_sealing(job->gateway, job->view.now);

	return !job->plan.shadow && sealing_wants_passing(&s, &job->header);
}

/* What is known of mail from outside before its body. */
static void
log_inbound(struct job *job)
{
	struct record record = job_record(job);

	if (job->failure != REASON_NONE)
		record_passed(&record, job->failure, &job->failure_err);
	else
		record_plan(&record);
}

bool
job_end_of_header(struct job *job)
{
	struct record record;

	if (guard_is_on(job))
		return guard_look(job);
	job_judge_header(job);
	/* These can go at the end only. */
	if (job->has_token || (job->has_results && !job->plan.shadow))
		return true;
	if (job_is_inbound(job)) {
		if (inbound_wants_end(job))
			return true;
		log_inbound(job);
		return false;
	}
	if (job->failure != REASON_NONE || job->plan.action != PLAN_PASS ||
	    job_triggers_to_remove(job) || is_to_seal(job) ||
	    decide_needs_proof(&job->gather.facts) ||
	    decide_wants_text(&job->gather.facts))
		return true;
	/* What the body could tell would only be one more reason. */
	record = job_record(job);
	record_plan(&record);
	job_tell_operator(job);
	return false;
}

/* --- the body --- */

void
job_body(struct job *job, const void *data, size_t len)
{
	struct err err;

	/* Whatever it holds, the answer is known. */
	if (job->failure != REASON_NONE ||
	    (guard_is_on(job) && !guard_wants_body(job)) ||
	    (job->header_judged && job_is_inbound(job) &&
		!inbound_wants_body(job)))
		return;
	if (spool_write(&job->body, data, len, &err) < 0)
		job_fail(job,
		    err.class == ERR_PERMANENT ? REASON_TOO_LARGE
					       : REASON_INTERNAL,
		    &err);
}

/* --- the end --- */

/* Is anything to be done about it?  Shadow mode (G1) only tells. */
static bool
is_to_protect(const struct job *job)
{
	return job->failure == REASON_NONE && !job->plan.shadow &&
	       job->plan.action == PLAN_PROTECT;
}

/* Mail that is left alone costs nothing, and counts for nothing; nor does what
 * only gets a disclaimer, for which no key is used. */
static void
count_message(struct job *job)
{
	struct policy_facts *f = &job->gather.facts;
	char *identity;

	if (!is_to_protect(job) || !plan_is_protection(&job->plan))
		return;
	identity = authority_identity(f);
	f->over_rate = !rates_take(
	    gateway_rates(job->gateway), identity, clock_monotonic_ms());
	free(identity);
	if (f->over_rate)
		decide(f, &job->plan);
}

/* A token that somebody else has put in.  From what is protected it is gone
 * already.  More of them than a mail server can remove in a moment prove even
 * less: one would have to be alone. */
static void
remove_tokens(struct job *job)
{
	if (job->has_token &&
	    header_count(&job->header, TOKEN_FIELD) <= LIMIT_CONTENT_FIELDS)
		edits_delete_fields(&job->edits, &job->header, TOKEN_FIELD);
}

/* What somebody wrote in our name. */
static void
remove_forged(struct job *job)
{
	remove_tokens(job);
	mark_remove_results(
	    gateway_config(job->gateway), &job->header, &job->edits);
}

/* What our users have protected themselves passes as it came, below a
 * fingerprint. */
static int
seal_passing(struct job *job, const struct sealing *sealing, struct err *err)
{
	const struct sealing_message message = {
	    .header = &job->header, .body = spool_slice(&job->body)};

	if (!sealing_wants_passing(sealing, &job->header))
		return 0;
	return sealing_add(sealing, &message, &job->edits, err);
}

/* Nothing is changed by a plan to pass, but that the sender's wishes go, and
 * what is in our name; nothing at all in shadow mode. */
static int
pass(struct job *job, struct err *err)
{
	const struct triggers *triggers = job_triggers_to_remove(job);
	const struct gateway_config *config = gateway_config(job->gateway);
	const struct sealing sealing =
	    gateway_sealing(job->gateway, job->view.now);
	const struct gate_copy copy = {.edits = &job->edits};
	const struct gate_case gate = {.plan = &job->plan,
	    .facts = &job->gather.facts,
	    .header = &job->header,
	    .body = spool_slice(&job->body),
	    .config = config,
	    .sealing = &sealing,
	    .triggers = {config->triggers,
		triggers ? config->trigger_count : 0},
	    .copies = &copy,
	    .copy_count = 1};

	if (triggers)
		triggers_edit(triggers, &job->edits);
	if (!job->plan.shadow) {
		remove_forged(job);
		if (seal_passing(job, &sealing, err) < 0)
			return -1;
	}
	return gate_check(&gate, err);
}

/* Nothing is accepted that the gate has not seen. */
static void
check_gate(struct job *job)
{
	struct err err;
	int rc = 0;

	if (job->plan.shadow || job->plan.action == PLAN_PASS)
		rc = pass(job, &err);
	else if (job->plan.action == PLAN_PROTECT && !job->outbound.seen)
		rc = err_set(
		    &err, ERR_BUG, "the gate has not seen what is to leave");
	if (rc < 0) {
		job->plan.shadow = false;
		job_fail(job, REASON_INTERNAL, &err);
	}
}

/* Makes all copies, and brings those that do not stay on their way. */
static void
protect(struct job *job)
{
	const struct outbound_case c = {
	    .gateway = job->gateway,
	    .gather = &job->gather,
	    .header = &job->header,
	    .envelope = &job->envelope,
	    .now = job->view.now,
	    .deadline = job->deadline,
	};
	const struct outbound_leaving leaving = {
	    .outbound = &job->outbound,
	    .message = &c,
	    .plan = &job->plan,
	    .edits = &job->edits,
	};
	struct err err = {.class = ERR_NONE};

	job_fail(job,
	    outbound_protect(&job->outbound, &c, &job->plan, &job->edits, &err),
	    &err);
	if (!is_to_protect(job))
		return;
	job->handing_over = job->plan.group_count > 1 || job->plan.refused > 0;
	if (job->handing_over)
		job_fail(job,
		    outbound_hand_over(&leaving, &job->handover, &err), &err);
}

static enum job_outcome
finish_outbound(struct job *job, struct job_reply *reply)
{
	enum job_outcome outcome;

	count_message(job);
	if (is_to_protect(job))
		protect(job);
	if (job->failure == REASON_NONE)
		check_gate(job);
	outcome = job_answer(job, reply);
	if (!handover_is_pending(&job->handover))
		job_conclude(job, outcome);
	return outcome;
}

/* Its token has done its work. */
static enum job_outcome
finish_own_copy(struct job *job)
{
	log_inbound(job);
	remove_tokens(job);
	return JOB_ACCEPT;
}

static int
answer_time(const struct job *job)
{
	int ms = gateway_config(job->gateway)->answer_ms;

	return ms > 0 ? ms : LIMIT_ANSWER_TIME;
}

enum job_outcome
job_end_of_message(struct job *job, struct job_reply *reply)
{
	enum job_outcome outcome;

	job->deadline = deadline_in(answer_time(job));
	if (guard_is_on(job))
		return guard_finish(job, reply);
	job_read_message(job);
	if (job->own_copy)
		return finish_own_copy(job);
	if (job_is_inbound(job))
		return inbound_finish(job, reply);
	outcome = finish_outbound(job, reply);
	/* What passes in spite of a failure has lost its edits. */
	if (outcome == JOB_ACCEPT && job->failure != REASON_NONE &&
	    !job->plan.shadow)
		remove_forged(job);
	return outcome;
}

enum job_outcome
job_commit(struct job *job, struct job_reply *reply)
{
	struct err err = {.class = ERR_NONE};
	enum job_outcome outcome;

	if (guard_is_on(job))
		guard_commit(job);
	if (!handover_is_pending(&job->handover))
		return JOB_ACCEPT;
	if (job_is_inbound(job))
		return inbound_commit(job, reply);
	job_fail(job, handover_commit(&job->handover, &err), &err);
	outcome = job_answer(job, reply);
	job_conclude(job, outcome);
	return outcome;
}

enum job_outcome
job_decide(struct job *job, struct job_reply *reply)
{
	job_read_message(job);
	if (job_is_inbound(job) && !job->own_copy)
		return inbound_foresee(job, reply);
	return job_answer(job, reply);
}

const struct edits *
job_edits(const struct job *job)
{
	return &job->edits;
}

const struct edits *
job_late_edits(const struct job *job)
{
	return &job->inbound.late;
}

const struct plan *
job_plan(const struct job *job)
{
	return &job->plan;
}

const struct policy_facts *
job_facts(const struct job *job)
{
	return &job->gather.facts;
}

const struct gather *
job_gather(const struct job *job)
{
	return &job->gather;
}

const struct triggers *
job_triggers(const struct job *job)
{
	return job_is_inbound(job) ? NULL : gather_triggers(&job->gather);
}

const struct inbound *
job_inbound(const struct job *job)
{
	return &job->inbound;
}
