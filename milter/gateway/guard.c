/*
 * guard.c: see guard.h.  Belongs to one message and its thread.
 *
 * What cannot be looked at is no proof of anything: a message that is too
 * large counts as a broken one, and when our own disk is full it waits.  But
 * where the operator only wants to read about it ("log"), everything passes.
 */
#include "gateway/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "gateway/guard_record.h"
#include "gateway/guard_report.h"
#include "gateway/job_state.h"
#include "gateway/notice.h"
#include "gateway/rate.h"
#include "gateway/reply.h"
#include "mail/address_list.h"
#include "smime/detect.h"

void
guard_init(struct guard *g)
{
	memset(g, 0, sizeof(*g));
}

void
guard_fini(struct guard *g)
{
	free(g->seal);
	free(g->verdict);
	free(g->from);
	guard_init(g);
}

bool
guard_is_on(const struct job *job)
{
	return gateway_config(job->gateway)->role == ROLE_GUARD;
}

/* --- at the end of the header --- */

/* What is encrypted has no signature that anybody here could see. */
static bool
is_signed(const struct header *header)
{
	switch (smime_detect_header(header)) {
	case SMIME_SIGNED_DETACHED:
	case SMIME_SIGNED_OPAQUE:
	case SMIME_PKCS7:
		return true;
	default:
		return false;
	}
}

static void
read_seal(struct job *job)
{
	const struct seal_key *key = gateway_seal_key(job->gateway);
	struct guard *g = &job->guard;

	if (!key || g->fields == 0)
		return;
	g->seal = xmalloc(sizeof(*g->seal));
	if (seal_read(&job->header, key, g->seal) == SEAL_GOOD)
		return;
	free(g->seal);
	g->seal = NULL;
}

/* The author, or who stands in for one: for people. */
static char *
author(const struct job *job)
{
	const struct header_field *field = header_find(&job->header, "From", 0);
	struct address_list list;
	const char *found;
	char *from;

	address_list_init(&list);
	if (field)
		address_list_add(&list, field->body);
	found = list.count > 0 ? list.addresses[0] : job->envelope.sender_name;
	from = xstrdup(found ? found : "");
	address_list_fini(&list);
	return from;
}

bool
guard_look(struct job *job)
{
	struct guard *g = &job->guard;

	g->fields = header_count(&job->header, SEAL_FIELD);
	g->has_signature = is_signed(&job->header);
	read_seal(job);
	if (g->fields > 0 || g->has_signature || job->header_over_limit)
		return true;
	guard_record_passed(job);
	return false;
}

bool
guard_wants_body(const struct job *job)
{
	return job->guard.seal || job->guard.has_signature;
}

/* --- the message --- */

static int
judge(struct job *job, struct err *err)
{
	const struct guard_judge_opts opts = {
	    .key = gateway_seal_key(job->gateway),
	    .seal = job->guard.seal,
	    .cache = gateway_certificates(job->gateway),
	    .spool = &gateway_config(job->gateway)->spool,
	};
	struct guard_verdict *verdict;

	if (spool_finish(&job->body, err) < 0)
		return -1;
	verdict = xcalloc(1, sizeof(*verdict));
	if (guard_judge(&opts, &job->header, spool_slice(&job->body), verdict,
		err) < 0) {
		free(verdict);
		return -1;
	}
	job->guard.verdict = verdict;
	return 0;
}

/* What came to the signer broken is not his work, nor that of anything behind
 * him. */
static enum guard_action
action_of(const struct job *job)
{
	const struct gateway_guard *config =
	    &gateway_config(job->gateway)->guard;
	const struct guard *g = &job->guard;

	if (job->header_over_limit)
		return config->action;
	if (!g->seal || (g->verdict && g->verdict->same))
		return config->unsealed_action;
	return config->action;
}

/* --- the operator --- */

/* A mail that waits comes again, every few minutes. */
static bool
is_news(const struct job *job)
{
	const struct guard *g = &job->guard;
	const struct header_field *id =
	    header_find(&job->header, "Message-ID", 0);
	char *subject, *what;
	bool is_due;

	if (g->action != GUARD_TEMPFAIL)
		return true;
	what = id ? header_field_unfold(id) : xstrdup("");
	subject = xasprintf("%s %s", g->from, what);
	is_due = notices_due(
	    gateway_notices(job->gateway), subject, what, clock_now());
	free(subject);
	free(what);
	return is_due;
}

/* Reports are from nobody: about what is from nobody there is none, so that
 * no report is about another one. */
static bool
is_to_be_told(const struct job *job)
{
	const char *to = gateway_config(job->gateway)->guard.report_to;

	return to && *to && gateway_relay(job->gateway) &&
	       !job->envelope.null_sender && is_news(job);
}

static int
send_report(struct job *job, const char *to, struct err *err)
{
	const struct gateway_config *config = gateway_config(job->gateway);
	const struct guard *g = &job->guard;
	char room[GATEWAY_NAME_MAX];
	const struct guard_report report = {
	    .host = gateway_name(config, room),
	    .to = to,
	    .queue_id = job->queue_id,
	    .from = g->from,
	    .envelope = &job->envelope,
	    .header = &job->header,
	    .action = g->action,
	    .sealed = g->seal != NULL,
	    .before = g->verdict->same,
	    .findings = &g->verdict->findings,
	    .now = clock_now(),
	};
	struct spool spool;
	int rc;

	spool_init(&spool, &config->spool);
	rc = guard_report_write(&report, &spool, err);
	if (rc == 0)
		rc = guard_report_send(gateway_relay(job->gateway),
		    spool_slice(&spool), to, job->deadline, err);
	spool_fini(&spool);
	return rc;
}

/* Nothing that goes wrong here changes the answer. */
static void
tell_operator(struct job *job)
{
	const char *to = gateway_config(job->gateway)->guard.report_to;
	struct err err;

	job->guard.tell = false;
	if (!is_to_be_told(job))
		return;
	if (!rates_take(gateway_rates(job->gateway), to, clock_monotonic_ms()))
		guard_record_report(job, to, GUARD_REPORT_LIMITED, NULL);
	else if (send_report(job, to, &err) < 0)
		guard_record_report(job, to, GUARD_REPORT_FAILED, &err);
	else
		guard_record_report(job, to, GUARD_REPORT_SENT, NULL);
}

/* --- the answer --- */

static void
fill_waiting(struct job_reply *reply, const char *text)
{
	const struct plan_wording *waiting =
	    plan_reason_waiting(REASON_SEAL_BROKEN);

	reply_fill(reply, REASON_SEAL_BROKEN, NULL, text);
	reply->code = waiting->code;
	reply->extended = waiting->extended;
}

/* why: a sentence of ours. */
static enum job_outcome
act(struct job *job, enum plan_reason reason, const char *why,
    struct job_reply *reply)
{
	switch (job->guard.action) {
	case GUARD_REFUSE:
		reply_fill(reply, reason, NULL, why);
		return JOB_REFUSE;
	case GUARD_TEMPFAIL:
		fill_waiting(reply, why);
		return JOB_DEFER;
	case GUARD_HOLD:
		edits_hold(&job->edits, why);
		break;
	case GUARD_LOG:
		break;
	}
	return JOB_ACCEPT;
}

static enum job_outcome
answer_broken(struct job *job, struct job_reply *reply)
{
	const struct seal_finding *worst = job->guard.verdict->worst;
	char text[SEAL_FINDING_TEXT] = "its signature is broken";
	enum job_outcome outcome;
	char *why;

	guard_record_broken(job);
	if (worst)
		seal_finding_text(worst, text);
	why =
	    xasprintf("the message was changed after it was signed: %s", text);
	outcome = act(job, REASON_SEAL_BROKEN, why, reply);
	free(why);
	job->guard.tell = true;
	if (outcome != JOB_ACCEPT)
		tell_operator(job);
	return outcome;
}

/* What is too large now will be so tomorrow.  Anything else passes by. */
static enum job_outcome
answer_unchecked(struct job *job, struct job_reply *reply)
{
	bool lasting = job->failure == REASON_TOO_LARGE;

	if (!lasting && job->guard.action != GUARD_LOG)
		job->guard.action = GUARD_TEMPFAIL;
	guard_record_unchecked(job);
	if (lasting)
		return act(job, REASON_TOO_LARGE,
		    "the message is too large to look whether it was changed "
		    "after it was signed",
		    reply);
	if (job->guard.action == GUARD_LOG)
		return JOB_ACCEPT;
	reply_fill(reply, job->failure, NULL, NULL);
	return JOB_DEFER;
}

/* What nobody can take out must not leave. */
static bool
has_too_many_fields(const struct job *job)
{
	return job->guard.fields > LIMIT_FORGED_FIELDS;
}

static enum job_outcome
refuse_fields(struct job *job, struct job_reply *reply)
{
	struct err err;

	err_set(&err, ERR_PERMANENT, "more than %u fields of the name %s",
	    LIMIT_FORGED_FIELDS, SEAL_FIELD);
	job_fail(job, REASON_TOO_LARGE, &err);
	job->guard.action = GUARD_REFUSE;
	guard_record_unchecked(job);
	reply_fill(reply, REASON_TOO_LARGE, NULL, NULL);
	return JOB_REFUSE;
}

static void
check(struct job *job)
{
	struct err err;

	if (job->header_over_limit) {
		err_set(&err, ERR_PERMANENT, "too many header fields");
		job_fail(job, REASON_TOO_LARGE, &err);
	}
	if (job->failure == REASON_NONE && guard_wants_body(job) &&
	    judge(job, &err) < 0)
		job_fail(job, REASON_INTERNAL, &err);
	job->guard.action = action_of(job);
}

static enum job_outcome
finish(struct job *job, struct job_reply *reply)
{
	struct guard *g = &job->guard;

	if (has_too_many_fields(job))
		return refuse_fields(job, reply);
	check(job);
	if (g->fields > 0 && !g->seal && gateway_seal_key(job->gateway))
		guard_record_forged(job);
	edits_delete_fields(&job->edits, &job->header, SEAL_FIELD);
	if (job->failure != REASON_NONE)
		return answer_unchecked(job, reply);
	if (g->verdict && g->verdict->broken)
		return answer_broken(job, reply);
	if (g->verdict)
		guard_record_intact(job);
	return JOB_ACCEPT;
}

enum job_outcome
guard_finish(struct job *job, struct job_reply *reply)
{
	enum job_outcome outcome;

	job->guard.from = author(job);
	outcome = finish(job, reply);
	if (outcome != JOB_ACCEPT)
		edits_fini(&job->edits);
	return outcome;
}

void
guard_commit(struct job *job)
{
	if (job->guard.tell)
		tell_operator(job);
}
