/*
 * inbound.c: see inbound.h.  Belongs to one message and its thread; what is
 * learned is written by another one (harvester.h).
 */
#include "gateway/inbound.h"

#include <stdlib.h>

#include "gateway/harvester.h"
#include "gateway/job_state.h"

/* B2: from a signature over these very bytes by the author, who is none of
 * ours.  A mail under our own name teaches nothing: we know our users. */
static bool
is_worth_learning(const struct job *job, const struct smime_verdict *verdict)
{
	const struct policy_facts *f = &job->gather.facts;

	if (!gateway_harvester(job->gateway) || !job->owners_known ||
	    !f->from || f->from_any_own || !verdict->signer)
		return false;
	return verdict->status == SMIME_VALID ||
	       (verdict->status == SMIME_UNTRUSTED && verdict->intact &&
		   verdict->owns_from);
}

static void
learn(struct job *job, const struct smime_verdict *verdict)
{
	const struct header_field *field =
	    header_find(&job->header, "Message-ID", 0);
	char *message_id = field ? header_field_unfold(field) : NULL;
	struct harvest_source source = {
	    .queue_id = job->queue_id,
	    .from = job->gather.facts.from,
	    .message_id = message_id,
	};

	harvester_add(gateway_harvester(job->gateway), &source, verdict);
	free(message_id);
}

void
inbound_finish(struct job *job)
{
	struct smime_verify_opts opts = {
	    .trust = gateway_trust(job->gateway),
	    .cache = gateway_certificates(job->gateway),
	    .now = job->view.now,
	    .from = job->gather.facts.from,
	};
	struct record record = job_record(job);
	struct smime_verdict verdict;
	struct err err;

	if (job->failure != REASON_NONE) {
		record_passed(&record, job->failure, &job->failure_err);
		return;
	}
	smime_verdict_init(&verdict, job->outbound.config);
	if (smime_verify(&opts, &job->header, spool_slice(&job->body), &verdict,
		&err) < 0) {
		record_passed(&record, REASON_INTERNAL, &err);
	} else {
		record_verified(&record, &verdict);
		if (is_worth_learning(job, &verdict))
			learn(job, &verdict);
	}
	smime_verdict_fini(&verdict);
}
