/*
 * job_answer.c: what the mail server, its client, the log and the operator
 * are told about a job; see job_state.h.
 *
 * One message, one thread at a time, as job.c.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "gateway/harvester.h"
#include "gateway/job_state.h"
#include "gateway/notice.h"
#include "gateway/own_certificate.h"
#include "gateway/reply.h"

/* --- the operator --- */

/* A8: the operator hears of a certificate that cannot sign. */
void
job_tell_operator(const struct job *job)
{
	const struct policy_facts *f = &job->gather.facts;
	const struct directory_sender *sender = job->gather.sender;
	bool waits = f->own_problem == OWN_PROBLEM_DEFER;
	struct own_certificate_problem p = {
	    .address = f->from, .state = f->identity, .mail_waits = waits};
	char *what;

	if (!plan_reason_is_own(job->plan.sign_reason) || !sender->problem)
		return;
	p.certificate = sender->problem;
	p.why = sender->why;
	what = xasprintf("%s %s %d", plan_reason_name(job->plan.sign_reason),
	    p.certificate->fingerprint_text, waits);
	if (notices_due(
		gateway_notices(job->gateway), f->from, what, job->view.now))
		own_certificate_warn(&p);
	free(what);
}

/* --- the mail server and its client --- */

static enum job_outcome
answer_refusal(const struct job *job, struct job_reply *reply)
{
	const struct plan *plan = &job->plan;

	if (plan->recipient == PLAN_NO_RECIPIENT)
		reply_fill(reply, plan->reason, NULL, NULL);
	else
		reply_about(reply, plan->reason,
		    &job->gather.facts.recipients[plan->recipient]);
	return JOB_REFUSE;
}

/* A8: until the operator has done something about it. */
static enum job_outcome
answer_waiting(const struct job *job, struct job_reply *reply)
{
	reply_fill(reply, job->plan.reason, job->gather.facts.from, NULL);
	return JOB_DEFER;
}

/* Could it leave to all its recipients just as it came?  Not what must be
 * encrypted, or signed because the sender asked for it, or is refused to
 * somebody; nor when copies of it may have gone out. */
static bool
may_pass(const struct job *job)
{
	return !job->plan.must_encrypt && !job->plan.must_sign &&
	       job->plan.refused == 0 && !job->handing_over;
}

/* What is too large will not shrink by waiting.  Such mail, and any other
 * when errors are to be passed on, goes unsigned. */
static enum job_outcome
answer_failure(const struct job *job, struct job_reply *reply)
{
	bool too_large = job->failure == REASON_TOO_LARGE;

	if (job_is_inbound(job) || job->plan.shadow)
		return JOB_ACCEPT;
	if (may_pass(job) &&
	    (too_large ||
		gateway_config(job->gateway)->on_error == GATEWAY_PASS))
		return JOB_ACCEPT;
	reply_fill(reply, job->failure, NULL, NULL);
	return too_large ? JOB_REFUSE : JOB_DEFER;
}

/* Whoever asks the plan must not hear of what did not come about. */
static void
drop_plan(struct job *job)
{
	struct plan *plan = &job->plan;

	plan->sign = plan->encrypt = false;
	plan->disclaimer = PLAN_DISCLAIMER_NONE;
	plan->sign_reason = plan->encrypt_reason = job->failure;
	if (plan->action == PLAN_PROTECT) {
		plan->action = PLAN_PASS;
		plan->reason = job->failure;
	}
}

enum job_outcome
job_would(const struct job *job, struct job_reply *reply)
{
	if (job->plan.action == PLAN_REFUSE)
		return answer_refusal(job, reply);
	if (job->plan.action == PLAN_DEFER)
		return answer_waiting(job, reply);
	return JOB_ACCEPT;
}

enum job_outcome
job_answer(struct job *job, struct job_reply *reply)
{
	enum job_outcome outcome;

	if (job->failure != REASON_NONE) {
		edits_fini(&job->edits);
		outcome = answer_failure(job, reply);
		if (outcome == JOB_ACCEPT)
			drop_plan(job);
		return outcome;
	}
	return job->plan.shadow ? JOB_ACCEPT : job_would(job, reply);
}

/* One line for each copy. */
static void
log_copies(const struct job *job, struct record *record)
{
	const struct outbound *o = &job->outbound;

	record_split(record);
	for (size_t i = 0; i < o->count; i++) {
		record->to = &o->copies[i].certificates;
		record->opaque = outbound_opaque(o, &job->plan, i);
		record_copy(record, i);
	}
}

static void
log_answer(const struct job *job, enum job_outcome outcome)
{
	struct record record = job_record(job);

	if (job->failure == REASON_NONE) {
		if (job->handing_over)
			log_copies(job, &record);
		else
			record_plan(&record);
		job_tell_operator(job);
	} else if (outcome == JOB_ACCEPT) {
		record_passed(&record, job->failure, &job->failure_err);
	} else if (outcome == JOB_DEFER) {
		record_deferred(&record, job->failure, &job->failure_err);
	} else {
		record_refused(&record, job->failure, &job->failure_err);
	}
}

/* --- who got signed mail (B7) --- */

/* A correspondent: our own users know each other's certificates anyway. */
static bool
has_got_it(const struct job *job, size_t i)
{
	const struct recipient_facts *r = &job->gather.facts.recipients[i];

	return r->address && !r->is_local &&
	       job->plan.recipients[i].group != PLAN_NO_GROUP;
}

static void
remember_sent(const struct job *job)
{
	const struct policy_facts *f = &job->gather.facts;
	const char **addresses =
	    xcalloc(f->recipient_count + 1, sizeof(char *));
	size_t count = 0;

	for (size_t i = 0; i < job->plan.recipient_count; i++)
		if (has_got_it(job, i))
			addresses[count++] = f->recipients[i].address;
	harvester_sent(gateway_harvester(job->gateway), addresses, count);
	free(addresses);
}

void
job_conclude(const struct job *job, enum job_outcome outcome)
{
	log_answer(job, outcome);
	if (outcome == JOB_ACCEPT && job->plan.action == PLAN_PROTECT &&
	    job->plan.sign && !job->plan.shadow &&
	    gateway_harvester(job->gateway))
		remember_sent(job);
}
