/*
 * job_read.c: what is found out about a message before it is decided what
 * becomes of it; see job_state.h.
 *
 * One message, one thread at a time, as job.c.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "gateway/authority.h"
#include "gateway/job_state.h"
#include "gateway/mark.h"
#include "gateway/own_copy.h"
#include "policy/decide.h"
#include "smime/ciphertext.h"

/* --- at the end of the header --- */

static bool
is_submitted(const struct job *job)
{
	return job->gather.facts.submitter != SUBMITTER_NONE;
}

/* Mail from outside need not know of a domain that was added a second ago;
 * mail of our users must not miss a setting. */
#define LOOK_OUTSIDE_MS 1000

static int
look_up_owners(struct job *job, struct err *err)
{
	int max_age = is_submitted(job) ? 0 : LOOK_OUTSIDE_MS;

	if (directory_look(gateway_directory(job->gateway), max_age,
		clock_now(), &job->view, err) < 0 ||
	    gather_owners(&job->gather, &job->view, err) < 0 ||
	    authority_check(gateway_config(job->gateway),
		gateway_store(job->gateway), job->client, &job->gather.facts,
		err) < 0)
		return -1;
	job->owners_known = true;
	return 0;
}

/* Whose mail is it, and what does policy say?  Without a store nobody knows
 * whether encryption is required: submitted mail has to wait. */
static void
look_up(struct job *job)
{
	struct policy_facts *f = &job->gather.facts;
	struct err err;

	if (look_up_owners(job, &err) < 0) {
		if (is_submitted(job))
			job_fail(job, REASON_STORE, &err);
		return;
	}
	if (decide_direction(f) != PLAN_OUTBOUND)
		return;
	envelope_unique(&job->envelope);
	if (gather_policy(&job->gather, &job->view, job->client, &job->envelope,
		&job->header, &err) < 0)
		job_fail(job, REASON_STORE, &err);
}

/* Only who claims it is asked. */
static void
look_for_token(struct job *job)
{
	enum token_verdict verdict;
	struct log_line line;

	job->has_token = own_copy_is_claimed(&job->header);
	if (!job->has_token)
		return;
	verdict = own_copy_check(gateway_tokens(job->gateway), job->client,
	    &job->envelope, &job->header, clock_now());
	job->own_copy = verdict == TOKEN_GOOD;
	if (job->own_copy)
		return;
	log_begin(&line, LOG_LEVEL_DEBUG, job->queue_id, "token");
	log_text(&line, "status", token_verdict_name(verdict));
	log_end(&line);
}

/* Colleagues rely on them, too.  What nobody can take out may not pass. */
static void
look_for_results(struct job *job)
{
	size_t count =
	    mark_count_results(gateway_config(job->gateway), &job->header);
	struct err err;

	job->has_results = count > 0;
	if (count <= LIMIT_FORGED_FIELDS)
		return;
	err_set(&err, ERR_PERMANENT,
	    "more than %u fields that only we may write", LIMIT_FORGED_FIELDS);
	job_fail(job, REASON_TOO_LARGE, &err);
}

void
job_judge_header(struct job *job)
{
	struct err err;

	job->header_judged = true;
	look_for_token(job);
	gather_header(&job->gather, gateway_config(job->gateway), job->client,
	    &job->envelope, &job->header);
	if (job->client->alone)
		job->gather.facts.copies = 0;
	if (job->own_copy) {
		job->plan.reason = REASON_OWN_COPY;
		return;
	}
	if (job->header_over_limit || job->envelope.over_limit) {
		err_set(&err, ERR_PERMANENT, "too many %s",
		    job->header_over_limit ? "header fields" : "recipients");
		job_fail(job, REASON_TOO_LARGE, &err);
	}
	/* What is asked of a stranger counts however large his mail is. */
	if (job->failure == REASON_NONE || !is_submitted(job))
		look_up(job);
	decide(&job->gather.facts, &job->plan);
	if (job_is_inbound(job))
		inbound_look(job);
	else
		look_for_results(job);
	if (job->failure != REASON_NONE && is_submitted(job)) {
		/* What is not known counts as "required", and enforced. */
		job->plan.direction = PLAN_OUTBOUND;
		job->plan.must_encrypt = true;
		job->plan.shadow = false;
	}
}

/* --- the whole message --- */

/* Each is an edit of its own. */
static void
check_triggers(struct job *job)
{
	const struct triggers *triggers = job_triggers_to_remove(job);
	struct err err;

	if (!triggers || !triggers->too_many)
		return;
	err_set(&err, ERR_PERMANENT, "more than %u fields ask for something",
	    LIMIT_TRIGGER_FIELDS);
	job_fail(job, REASON_TOO_LARGE, &err);
}

/* C7: a header that says "encrypted" over clear text, by mistake or on
 * purpose, does not let it leave where ciphertext is required. */
static void
check_ciphertext(struct job *job)
{
	struct policy_facts *f = &job->gather.facts;

	if (decide_needs_proof(f) &&
	    !smime_is_ciphertext(&job->header, spool_slice(&job->body),
		&gateway_config(job->gateway)->spool))
		f->protection = PROTECTION_NONE;
}

/* D1: what comes of it is one more fact. */
static void
try_disclaimer(struct job *job)
{
	struct err err;

	if (!decide_wants_text(&job->gather.facts) ||
	    outbound_entities_disclaim(
		&job->outbound.entities, &job->gather, &err) == 0)
		return;
	job_fail(job,
	    err.class == ERR_PERMANENT ? REASON_TOO_LARGE : REASON_INTERNAL,
	    &err);
}

void
job_read_message(struct job *job)
{
	struct err err;

	if (!job->header_judged)
		job_judge_header(job);
	if (job->failure == REASON_NONE && spool_finish(&job->body, &err) < 0)
		job_fail(job, REASON_INTERNAL, &err);
	if (job->failure != REASON_NONE || job_is_inbound(job))
		return;
	outbound_entities_read(
	    &job->outbound.entities, &job->header, spool_slice(&job->body));
	gather_body(&job->gather, &job->header, spool_slice(&job->body),
	    &job->outbound.entities.own.tree);
	check_ciphertext(job);
	try_disclaimer(job);
	decide(&job->gather.facts, &job->plan);
	check_triggers(job);
}
