/*
 * explain_recipients.c: see explain_recipients.h.
 *
 * The rules are those that the directory goes by, the certificates those that
 * it would encrypt to.
 */
#include "admin/explain_recipients.h"

#include <string.h>

#include "admin/cert_json.h"
#include "admin/explain_parts.h"
#include "admin/policy_list.h"
#include "gateway/directory.h"
#include "gateway/gather.h"
#include "gateway/reply.h"

/* --- rules --- */

/* Each of our addresses in the mail counts for "encrypt", so each is shown. */
static int
add_sender(const struct levels *levels, const struct gather *g,
    const char *address, json_t *list, struct err *err)
{
	json_t *rows, *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		const json_t *known = json_object_get(row, "address");

		if (strcmp(json_string_value(known), address) == 0)
			return 0;
	}
	if (policy_list_sender(levels, address, &rows, err) < 0)
		return -1;
	explain_rows(
	    list, address, rows, g->author && strcmp(g->author, address) == 0);
	return 0;
}

int
explain_rules(const struct levels *levels, const struct job *job,
    json_t *answer, struct err *err)
{
	const struct gather *g = job_gather(job);
	const struct policy_facts *f = &g->facts;
	json_t *list = json_array();

	output_set(answer, "rules", list);
	if (g->author && add_sender(levels, g, g->author, list, err) < 0)
		return -1;
	if (f->from && f->from_is_own &&
	    add_sender(levels, g, f->from, list, err) < 0)
		return -1;
	return f->sender && f->sender_is_own
		   ? add_sender(levels, g, f->sender, list, err)
		   : 0;
}

/* --- recipients --- */

static const char *
what_he_gets(const struct plan *p, size_t i)
{
	if (p->recipients[i].group == PLAN_NO_GROUP)
		return "nothing";
	return p->recipients[i].encrypt ? "encrypted" : "clear text";
}

static json_t *
recipient_json(const struct recipient_facts *r, const struct plan *p, size_t i)
{
	json_t *object = json_object();

	output_set(object, "address", output_text(explain_name(r)));
	output_set(object, "local", json_boolean(r->is_local));
	output_set(object, "visible", json_boolean(r->visible));
	if (i >= p->recipient_count)
		return object;
	output_set(object, "gets", output_text(what_he_gets(p, i)));
	output_set(object, "copy", explain_copy(p->recipients[i].group));
	output_set(object, "required", json_boolean(p->recipients[i].required));
	output_set(object, "reason", explain_reason(p->recipients[i].reason));
	return object;
}

static json_t *
candidate_json(const struct cert_candidate *c, const char *address, time_t now)
{
	json_t *object = cert_json(c->certificate, now);

	output_set(object, "address", output_text(address));
	output_set(object, "trust", output_text(store_trust_name(c->trust)));
	output_set(object, "pick", output_text(cert_pick_word_name(c->word)));
	output_set(object, "detail",
	    output_text(c->is_domain && !*c->detail
			    ? "of the address that stands in"
			    : c->detail));
	output_set(object, "stands_in", json_boolean(c->is_domain));
	if (c->word != CERT_PICK_TAKEN)
		output_set(object, "advice",
		    output_text(cert_pick_word_advice(c->word)));
	return object;
}

static void
set_choice(json_t *recipient, json_t *all, const struct cert_choice *choice,
    const char *address, time_t now)
{
	output_set(
	    recipient, "usable", json_integer((json_int_t)choice->taken));
	output_set(
	    recipient, "word", output_text(cert_pick_word_name(choice->word)));
	if (choice->word != CERT_PICK_TAKEN)
		output_set(recipient, "advice",
		    output_text(cert_pick_word_advice(choice->word)));
	for (size_t i = 0; i < choice->count; i++)
		(void)json_array_append_new(
		    all, candidate_json(&choice->candidates[i], address, now));
}

/* What the gateway would find, even where nobody asks for encryption. */
static int
add_certificates(const struct directory_view *view,
    const struct recipient_facts *r, json_t *recipient, json_t *all,
    struct err *err)
{
	struct directory_recipient *found;

	if (directory_find_recipient(view, r->address, &found, err) < 0)
		return -1;
	set_choice(recipient, all, &found->choice, r->address, view->now);
	directory_recipient_unref(&found);
	return 0;
}

struct lists {
	json_t *recipients;
	json_t *certificates;
	json_t *rules;
	json_t *refused;
};

static int
add_recipient(const struct levels *levels, const struct directory_view *view,
    const struct job *job, size_t i, const struct lists *to, struct err *err)
{
	const struct recipient_facts *r = &job_facts(job)->recipients[i];
	json_t *object = recipient_json(r, job_plan(job), i), *rows;

	(void)json_array_append_new(to->recipients, object);
	if (!r->address)
		return 0;
	/* Whose certificates nobody would ever look at. */
	if ((!r->is_local || r->level.encrypt > RECEIVE_NEVER) &&
	    add_certificates(view, r, object, to->certificates, err) < 0)
		return -1;
	if (policy_list_recipient(levels, r->address, &rows, err) < 0)
		return -1;
	output_set(object, "rules", json_deep_copy(rows));
	explain_rows(to->rules, r->address, rows, false);
	return 0;
}

/* He gets nothing: with which words? */
static void
add_refused(const struct job *job, size_t i, json_t *list)
{
	const struct recipient_facts *r = &job_facts(job)->recipients[i];
	const struct plan_recipient *p = &job_plan(job)->recipients[i];
	json_t *object = json_object();
	struct job_reply reply;

	reply_about(&reply, p->reason, r);
	output_set(object, "address", output_text(explain_name(r)));
	output_set(object, "reason", explain_reason(p->reason));
	output_set(object, "text", explain_reply(&reply));
	(void)json_array_append_new(list, object);
}

int
explain_recipients(struct admin *a, const struct levels *levels,
    const struct job *job, json_t *answer, struct err *err)
{
	const struct policy_facts *f = job_facts(job);
	const struct plan *p = job_plan(job);
	const struct lists to = {
	    json_array(), json_array(), json_array(), json_array()};
	struct directory_view view;

	output_set(answer, "recipients", to.recipients);
	output_set(answer, "certificates", to.certificates);
	output_set(answer, "recipient_rules", to.rules);
	output_set(answer, "refused", to.refused);
	if (directory_look(
		gateway_directory(a->gateway), 0, a->now, &view, err) < 0)
		return -1;
	for (size_t i = 0; i < f->recipient_count; i++)
		if (add_recipient(levels, &view, job, i, &to, err) < 0)
			return -1;
	for (size_t i = 0; i < p->recipient_count; i++)
		if (p->recipients[i].refused)
			add_refused(job, i, to.refused);
	return 0;
}

/* --- escrow --- */

static int
add_escrow_of(const struct directory_view *view, const char *address,
    json_t *answer, json_t *missing, struct err *err)
{
	json_t *all = json_object_get(answer, "certificates");
	struct directory_recipient *found;
	size_t own = 0;

	if (directory_find_recipient(view, address, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found->choice.count; i++) {
		const struct cert_candidate *c = &found->choice.candidates[i];

		/* A domain's would let others read: never for escrow. */
		if (c->is_domain)
			continue;
		own += i < found->choice.taken;
		(void)json_array_append_new(
		    all, candidate_json(c, address, view->now));
	}
	directory_recipient_unref(&found);
	if (own == 0)
		(void)json_array_append_new(missing, output_text(address));
	return 0;
}

/* Which of them keeps the mail from being encrypted, and why. */
int
explain_escrow(
    struct admin *a, const struct job *job, json_t *answer, struct err *err)
{
	const struct gather *g = job_gather(job);
	struct directory_sender *author;
	struct directory_view view;
	json_t *missing = json_array();
	int rc = 0;

	output_set(answer, "escrow_missing", missing);
	if (!g->author || g->facts.escrow == ESCROW_NONE)
		return 0;
	if (directory_look(
		gateway_directory(a->gateway), 0, a->now, &view, err) < 0 ||
	    directory_find_sender(&view, g->author, &author, err) < 0)
		return -1;
	for (size_t i = 0; i < author->escrow.count && rc == 0; i++)
		rc = add_escrow_of(
		    &view, author->escrow.addresses[i], answer, missing, err);
	directory_sender_unref(&author);
	return rc;
}
