/*
 * inbound.c: see inbound.h.  Belongs to one message and its thread; what is
 * learned is written by another one (harvester.h).
 *
 * What goes wrong is answered in three ways.  What would be another message
 * after a while (a key process, a store or a listener for copies that is away,
 * a disk without room for what might be opened) waits, where errors are not to
 * be passed on.  What cannot be cleaned of
 * forged fields is refused.  Anything else goes on as it came, cleaned.
 */
#include "gateway/inbound.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/harvester.h"
#include "gateway/inbound_edit.h"
#include "gateway/job_state.h"
#include "gateway/lesson.h"
#include "gateway/record_inbound.h"
#include "gateway/reply.h"
#include "mail/mime_texture.h"

void
inbound_init(struct inbound *in, const struct spool_config *config)
{
	memset(in, 0, sizeof(*in));
	address_list_init(&in->salvaged);
	readers_init(&in->readers);
	smime_layers_init(&in->layers, config);
	inbound_plan_init(&in->plan);
	message_copy_init(&in->copy, config);
	edits_init(&in->late);
}

void
inbound_fini(struct inbound *in)
{
	edits_fini(&in->late);
	message_copy_fini(&in->copy);
	inbound_plan_fini(&in->plan);
	smime_layers_fini(&in->layers);
	readers_fini(&in->readers);
	address_list_fini(&in->salvaged);
}

/* --- what is known --- */

/* RFC 3464 and before: nobody's name, or that of a mail system. */
static bool
is_mail_system(const char *address)
{
	struct slice local =
	    slice_part(slice_text(address), 0, strcspn(address, "@"));

	return slice_equal_text_ci(local, "mailer-daemon") ||
	       slice_equal_text_ci(local, "postmaster");
}

static bool
is_report(const struct job *job)
{
	const struct address_list *from = inbound_authors(job);

	for (size_t i = 0; i < from->count; i++)
		if (!is_mail_system(from->addresses[i]))
			return false;
	return job->envelope.null_sender;
}

/* Without the store nobody knows whose mail it is: then the file decides
 * whether anything may be changed. */
static enum setting_mode
mode_of(const struct job *job)
{
	const struct setting_level *defaults =
	    &gateway_config(job->gateway)->defaults;

	return policy_effective(defaults, 1).mode;
}

/* Can the message carry what was opened?  Each of its own Content-* fields is
 * an edit (LIMIT_CONTENT_FIELDS); and what the gate would not let go on must
 * not come to it: the sender would learn from the answer what is inside (rule
 * X4). */
static bool
can_carry(const struct job *job)
{
	const struct smime_layers *l = &job->inbound.layers;
	struct mime_texture texture = {0};
	size_t fields = 0;

	for (size_t i = 0; i < job->header.count; i++) {
		const struct header_field *field = &job->header.fields[i];

		fields += header_field_is_content(field) ||
			  slice_equal_text_ci(field->name, "MIME-Version");
	}
	if (fields > LIMIT_CONTENT_FIELDS ||
	    (l->body.len > LIMIT_GROWN_BODY &&
		l->body.len > spool_slice(&job->body).len))
		return false;
	mime_texture_scan(&texture, l->body);
	if (envelope_takes_8bit(&job->envelope))
		texture.has_8bit = false;
	return mime_texture_survives(&texture);
}

static void
add_layers(struct job *job, struct inbound_facts *facts)
{
	struct inbound *in = &job->inbound;
	const struct smime_layers *l = &in->layers;

	facts->signed_ = l->verdict.signers > 0;
	facts->valid = l->verdict.status == SMIME_VALID;
	if (l->verdict.signer)
		facts->level = l->verdict.signer->level;
	facts->encrypted = l->decryption != SMIME_CLEAR;
	facts->opened = l->decryption == SMIME_OPENED && can_carry(job);
	for (size_t i = 0; i < in->readers.count; i++)
		in->readers.recipients[i].reads = l->reads && l->reads[i];
}

static struct inbound_facts
facts_of(struct job *job)
{
	struct inbound *in = &job->inbound;

	return (struct inbound_facts){
	    .has_smime = in->has_smime,
	    .is_report = is_report(job),
	    .demand = in->demand,
	    .recipients = in->readers.recipients,
	    .recipient_count = in->readers.count,
	    .copies = job->gather.facts.copies,
	    .has_forged = in->is_claimed,
	    .mode = mode_of(job),
	    .mark = gateway_config(job->gateway)->mark,
	};
}

/* --- reading it --- */

static enum plan_reason
wait_for(struct job *job, enum plan_reason reason)
{
	if (gateway_config(job->gateway)->on_error == GATEWAY_TEMPFAIL)
		job->inbound.answer = JOB_DEFER;
	return reason;
}

static int
find_readers(struct job *job, struct err *err)
{
	struct inbound *in = &job->inbound;

	envelope_unique(&job->envelope);
	if (!job->owners_known) {
		readers_unknown(&in->readers, &job->envelope);
		return err_set(err, ERR_TEMPORARY,
		    "nobody knows whose addresses these are");
	}
	if (readers_find(&in->readers, &job->view, &job->envelope, err) < 0)
		return -1;
	return in->has_smime
		   ? readers_load(&in->readers, gateway_store(job->gateway),
			 &job->envelope, err)
		   : 0;
}

/* found: the readers are known. */
static enum plan_reason
read_layers(struct job *job, bool found, struct err *err)
{
	struct inbound *in = &job->inbound;
	const struct smime_layers_opts opts = {
	    .verify = {.trust = gateway_trust(job->gateway),
		.cache = gateway_certificates(job->gateway),
		.now = job->view.now,
		.from = job->gather.facts.from},
	    .keys = found ? gateway_keys(job->gateway) : NULL,
	    .readers = in->readers.at,
	    .reader_count = in->readers.count,
	    .guard = gateway_guard(job->gateway),
	    .takes_8bit = envelope_takes_8bit(&job->envelope),
	};
	struct err why;

	if (smime_layers_read(&opts, &job->header, spool_slice(&job->body),
		&in->layers, &why) < 0) {
		*err = why;
		return in->readers.certificates > 0 ? wait_for(job, REASON_KEYD)
						    : REASON_INTERNAL;
	}
	/* Perhaps somebody could have read it. */
	if (!found && in->layers.decryption == SMIME_CLOSED)
		return wait_for(job, REASON_STORE);
	return REASON_NONE;
}

/* What the message is, and what to do. */
static enum plan_reason
judge(struct job *job, struct err *err)
{
	struct inbound *in = &job->inbound;
	enum plan_reason reason = REASON_NONE;
	struct inbound_facts facts;
	bool found;

	found = find_readers(job, err) == 0;
	if (in->has_smime)
		reason = read_layers(job, found, err);
	if (reason != REASON_NONE)
		return reason;
	facts = facts_of(job);
	if (in->has_smime)
		add_layers(job, &facts);
	inbound_decide(&facts, &in->plan);
	return REASON_NONE;
}

/* --- learning --- */

/* B2: from a signature over these very bytes by the author, who is none of
 * ours.  A mail under our own name teaches nothing: we know our users. */
static bool
is_worth_learning(const struct job *job)
{
	const struct smime_verdict *verdict = &job->inbound.layers.verdict;
	const struct policy_facts *f = &job->gather.facts;

	if (!job->inbound.has_smime || !job->owners_known || !f->from ||
	    f->from_any_own || !verdict->signer)
		return false;
	return verdict->status == SMIME_VALID ||
	       (verdict->status == SMIME_UNTRUSTED && verdict->intact &&
		   verdict->owns_from);
}

static void
learn(struct job *job)
{
	const struct smime_layers *layers = &job->inbound.layers;
	const struct header_field *field =
	    header_find(&job->header, "Message-ID", 0);
	char *message_id;

	if (!gateway_harvester(job->gateway) || !is_worth_learning(job))
		return;
	message_id = field ? header_field_unfold(field) : NULL;
	harvester_add(gateway_harvester(job->gateway),
	    &(struct harvest_source){
		.queue_id = job->queue_id,
		.from = job->gather.facts.from,
		.message_id = message_id,
		.used = layers->used,
	    },
	    &layers->verdict);
	free(message_id);
}

/* --- the answer --- */

static struct record_inbound
record_of(const struct job *job)
{
	const struct inbound *in = &job->inbound;

	return (struct record_inbound){
	    .message = job_record(job),
	    .plan = &in->plan,
	    .layers = in->has_smime ? &in->layers : NULL,
	    .forged = in->is_claimed,
	};
}

/* It goes on. */
static enum job_outcome
go_on(struct job *job)
{
	struct record_inbound record = record_of(job);

	record_inbound(&record);
	learn(job);
	return JOB_ACCEPT;
}

static enum job_outcome
refuse(struct job *job, struct job_reply *reply)
{
	struct record_inbound record = record_of(job);

	reply_unmet(reply, job->inbound.plan.unmet, job->gather.facts.from,
	    &job->inbound.layers.verdict);
	if (!job->inbound.foreseen)
		record_inbound(&record);
	return JOB_REFUSE;
}

static enum job_outcome
answer_not_taken(struct job *job, enum job_outcome outcome,
    enum plan_reason reason, struct job_reply *reply)
{
	struct record record = job_record(job);

	edits_fini(&job->edits);
	reply_fill(reply, reason, NULL, NULL);
	if (job->inbound.foreseen)
		return outcome;
	if (outcome == JOB_REFUSE)
		record_refused(&record, job->failure, &job->failure_err);
	else
		record_deferred(&record, job->failure, &job->failure_err);
	return outcome;
}

/* What is asked of its author cannot be seen: that is no reason to let it
 * pass, where the operator wants such mail refused.  But only what the sender
 * can change is refused; for the rest he may try again. */
static enum job_outcome
answer_unmet(struct job *job, struct job_reply *reply)
{
	enum plan_reason unmet = job->inbound.plan.reason;

	if (job->failure == REASON_TOO_LARGE)
		return answer_not_taken(job, JOB_REFUSE, unmet, reply);
	return answer_not_taken(job, JOB_DEFER, job->failure, reply);
}

/* There was no room on the disk for what one of our certificates may open: his
 * mail program could not. */
static bool
waits_for_room(const struct job *job)
{
	return job->failure == REASON_INTERNAL &&
	       job->failure_err.class == ERR_TEMPORARY &&
	       smime_kind_is_cms(job->gather.kind) &&
	       job->inbound.readers.certificates > 0 &&
	       gateway_config(job->gateway)->on_error == GATEWAY_TEMPFAIL;
}

/* Cleaned, and otherwise as it came. */
static enum job_outcome
answer_anyway(struct job *job, struct job_reply *reply)
{
	struct record record = job_record(job);
	struct inbound_facts facts;
	struct err err;

	if (!job->inbound.readers.recipients)
		(void)!find_readers(job, &err);
	if (waits_for_room(job))
		return answer_not_taken(job, JOB_DEFER, REASON_INTERNAL, reply);
	facts = facts_of(job);
	facts.mark = MARK_OFF;
	facts.encrypted = smime_kind_is_encrypted(job->gather.kind);
	inbound_decide(&facts, &job->inbound.plan);
	if (job->inbound.plan.action == PLAN_REFUSE)
		return answer_unmet(job, reply);
	if (inbound_clean(job, &err) < 0) {
		job->failure_err = err;
		if (err.class == ERR_BUG)
			return answer_not_taken(
			    job, JOB_DEFER, REASON_INTERNAL, reply);
		job->failure = REASON_TOO_LARGE;
		return answer_not_taken(
		    job, JOB_REFUSE, REASON_TOO_LARGE, reply);
	}
	if (!job->inbound.foreseen)
		record_passed(&record, job->failure, &job->failure_err);
	return JOB_ACCEPT;
}

static enum job_outcome
answer_failure(struct job *job, struct job_reply *reply)
{
	edits_fini(&job->edits);
	if (job->inbound.answer != JOB_ACCEPT)
		return answer_not_taken(
		    job, job->inbound.answer, job->failure, reply);
	return answer_anyway(job, reply);
}

enum job_outcome
inbound_finish(struct job *job, struct job_reply *reply)
{
	struct inbound *in = &job->inbound;
	struct err err = {.class = ERR_NONE};

	if (job->failure == REASON_NONE)
		job_fail(job, judge(job, &err), &err);
	if (job->failure == REASON_NONE && in->plan.action == PLAN_REFUSE)
		return refuse(job, reply);
	if (job->failure == REASON_NONE)
		job_fail(job, inbound_change(job, &err), &err);
	if (job->failure != REASON_NONE)
		return answer_failure(job, reply);
	return handover_is_pending(&job->handover) ? JOB_ACCEPT : go_on(job);
}

/* More forged fields than a mail server can take out. */
static void
foresee_edits(struct job *job)
{
	struct edits edits;
	struct err err;

	edits_init(&edits);
	if (job_foresee_edits(job, false, &edits, &err) < 0) {
		job->inbound.answer = JOB_REFUSE;
		job_fail(job, REASON_TOO_LARGE, &err);
	}
	edits_fini(&edits);
}

enum job_outcome
inbound_foresee(struct job *job, struct job_reply *reply)
{
	struct inbound *in = &job->inbound;
	struct err err = {.class = ERR_NONE};

	in->foreseen = true;
	if (job->failure == REASON_NONE)
		job_fail(job, judge(job, &err), &err);
	if (job->failure == REASON_NONE && in->plan.action == PLAN_REFUSE)
		return refuse(job, reply);
	if (job->failure == REASON_NONE)
		foresee_edits(job);
	if (job->failure != REASON_NONE)
		return answer_failure(job, reply);
	if (in->plan.would == PLAN_REFUSE)
		(void)refuse(job, reply);
	return JOB_ACCEPT;
}

struct lesson *
job_lesson(const struct job *job)
{
	const struct harvest_source source = {.from = job->gather.facts.from};

	if (!is_worth_learning(job))
		return NULL;
	return lesson_new(&source, &job->inbound.layers.verdict);
}

enum job_outcome
inbound_commit(struct job *job, struct job_reply *reply)
{
	struct err err = {.class = ERR_NONE};
	enum plan_reason reason = handover_commit(&job->handover, &err);

	if (reason != REASON_NONE && err.class == ERR_PERMANENT) {
		inbound_take_back(job, &err);
		return go_on(job);
	}
	job->inbound.answer = JOB_DEFER;
	job_fail(job, reason, &err);
	return job->failure == REASON_NONE ? go_on(job)
					   : answer_failure(job, reply);
}
