/*
 * job_state.h: what a job consists of; for job.c, job_read.c, job_answer.c,
 * inbound.c and guard*.c only.
 */
#ifndef GATEWAY_JOB_STATE_H
#define GATEWAY_JOB_STATE_H

#include "gateway/envelope.h"
#include "gateway/gather.h"
#include "gateway/guard.h"
#include "gateway/handover.h"
#include "gateway/inbound.h"
#include "gateway/job.h"
#include "gateway/outbound.h"
#include "gateway/record.h"
#include "mail/spool.h"

struct job {
	struct gateway *gateway; /* a reference */
	const struct job_client *client;
	char *queue_id; /* or NULL */
	struct envelope envelope;
	struct header header;
	bool header_over_limit; /* some fields are missing */
	struct spool body;
	bool header_judged;
	bool has_token;	   /* it claims to be a copy of ours, */
	bool own_copy;	   /* and is one */
	bool has_results;  /* submitted with results in our name */
	bool owners_known; /* which addresses are ours */
	struct directory_view view;
	struct gather gather;
	struct plan plan;
	enum plan_reason failure; /* the first that went wrong, and how */
	struct err failure_err;
	struct outbound outbound;
	struct inbound inbound;
	struct guard guard; /* of a guard: nothing else is used then */
	struct handover handover;
	bool handing_over; /* what fails now is about other copies */
	deadline_t deadline;
	struct edits edits;
};

/* Something went wrong; the first time counts.  REASON_NONE: nothing did. */
void job_fail(struct job *job, enum plan_reason reason, const struct err *err);

/* Starts a log line about the job. */
struct record job_record(const struct job *job);

/* Not submitted by one of ours, for all we know by now. */
bool job_is_inbound(const struct job *job);

/* All header fields are there: whose is it, and what does policy say as far as
 * that is known? */
void job_judge_header(struct job *job);

/* The whole message is there: what does it tell?  The decision is made; or, as
 * where the header was not judged yet, something has failed. */
void job_read_message(struct job *job);

/* What asked for something goes, even from mail that passes otherwise
 * unchanged (C8); only not in shadow mode.  NULL: nothing. */
const struct triggers *job_triggers_to_remove(const struct job *job);

/* A8: the operator hears of a certificate that cannot sign, once. */
void job_tell_operator(const struct job *job);

/* The answer, from the plan and what failed underway; *reply is filled unless
 * it is JOB_ACCEPT.  Drops the edits, and what the plan cannot keep, when the
 * message passes in spite of a failure. */
enum job_outcome job_answer(struct job *job, struct job_reply *reply);

/* The outcome of an outbound message is final: one line about it, when copies
 * were handed over one for each of them; and it is remembered whom a signed
 * one went to (B7). */
void job_conclude(const struct job *job, enum job_outcome outcome);

#endif
