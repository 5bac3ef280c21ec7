/*
 * inbound_look.c: what of inbound.h is known at the end of the header: what is
 * asked of whom the message shows as its author, and whether there is anything
 * to do at its end.
 */
#include "gateway/inbound.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "gateway/demand.h"
#include "gateway/job_state.h"
#include "gateway/mark.h"

/* Does From show whom it names, and is there anybody? */
static bool
has_authors(const struct job *job)
{
	const struct address_list *from = &job->gather.from;

	return !from->malformed && !from->has_group && from->count > 0;
}

/* A From that is broken in the right way names nobody to us, and somebody to
 * mail programs, which also show a group's name instead of who is in it: what
 * is asked of those counts.  Where there is none Sendmail writes one, behind
 * us, of the envelope's sender. */
static void
authors_salvage(struct job *job)
{
	struct address_list *salvaged = &job->inbound.salvaged;
	const struct address_list *from = &job->gather.from;
	const struct header *h = &job->header;

	if (has_authors(job))
		return;
	for (size_t i = 0; i < h->count; i++)
		if (slice_equal_text_ci(h->fields[i].name, "From"))
			address_list_salvage(salvaged, h->fields[i].body);
	/* One more than is looked at makes a crowd of them. */
	for (size_t i = 0;
	     i < from->count && salvaged->count <= LIMIT_DEMAND_AUTHORS; i++) {
		if (!salvaged->sorted)
			address_list_sort(salvaged);
		if (!address_list_has(salvaged, from->addresses[i]))
			address_list_take(
			    salvaged, xstrdup(from->addresses[i]));
	}
	if (salvaged->count == 0 && job->envelope.sender)
		address_list_take(salvaged, xstrdup(job->envelope.sender));
}

const struct address_list *
inbound_authors(const struct job *job)
{
	return has_authors(job) ? &job->gather.from : &job->inbound.salvaged;
}

static void
look_for_demands(struct job *job)
{
	struct inbound *in = &job->inbound;
	struct err err;

	if (!job->owners_known)
		err_set(&err, ERR_TEMPORARY,
		    "nobody knows what is asked of the author");
	else if (demand_of(
		     &job->view, inbound_authors(job), &in->demand, &err) == 0)
		return;
	/* What is submitted has its own answer. */
	if ((job->failure != REASON_NONE &&
		job->gather.facts.submitter != SUBMITTER_NONE) ||
	    !directory_may_demand(gateway_directory(job->gateway)))
		return;
	/* Nobody gets past what is asked because the store is away, nor because
	 * his mail is too large as well. */
	if (gateway_config(job->gateway)->on_error == GATEWAY_TEMPFAIL) {
		in->answer = JOB_DEFER;
		job->failure = REASON_STORE;
		job->failure_err = err;
	} else {
		log_warning("what is asked of correspondents: %s", err.text);
	}
}

void
inbound_look(struct job *job)
{
	struct inbound *in = &job->inbound;

	in->has_smime = smime_kind_is_layer(job->gather.kind);
	in->is_claimed =
	    mark_is_claimed(gateway_config(job->gateway), &job->header);
	authors_salvage(job);
	look_for_demands(job);
}

bool
inbound_wants_body(const struct job *job)
{
	return job_is_inbound(job) && !job->own_copy &&
	       job->failure == REASON_NONE && job->inbound.has_smime;
}

bool
inbound_wants_end(const struct job *job)
{
	const struct inbound *in = &job->inbound;

	if (job->own_copy)
		return false;
	if (job->failure != REASON_NONE)
		return in->is_claimed || in->answer != JOB_ACCEPT ||
		       inbound_is_demand(&in->demand);
	return in->has_smime || in->is_claimed ||
	       inbound_is_demand(&in->demand) ||
	       gateway_config(job->gateway)->mark == MARK_ALL;
}
