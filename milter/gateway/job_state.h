/*
 * job_state.h: what a job consists of; for job.c and inbound.c only.
 */
#ifndef GATEWAY_JOB_STATE_H
#define GATEWAY_JOB_STATE_H

#include "gateway/envelope.h"
#include "gateway/gather.h"
#include "gateway/handover.h"
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
	bool owners_known; /* which addresses are ours */
	struct directory_view view;
	struct gather gather;
	struct plan plan;
	enum plan_reason failure; /* the first that went wrong, and how */
	struct err failure_err;
	struct outbound outbound;
	struct handover handover;
	bool handing_over; /* what fails now is about other copies */
	deadline_t deadline;
	struct edits edits;
};

/* Starts a log line about the job. */
struct record job_record(const struct job *job);

#endif
