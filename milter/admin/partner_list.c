/* partner_list.c: see partner_list.h. */
#include "admin/partner_list.h"

#include <string.h>

#include "admin/cert_json.h"
#include "admin/output.h"
#include "cert/partner_certs.h"

json_t *
partner_contact_json(const struct store_contact *c, time_t now)
{
	json_t *object = json_object();

	output_set(object, "address", output_text(c->address));
	output_set(object, "messages", json_integer(c->messages));
	output_set(object, "pending", json_integer(c->pending));
	output_set(object, "first_seen", output_time(c->first_seen));
	output_set(object, "last_seen", output_time(c->last_seen));
	output_set(object, "first_sent", output_time(c->first_sent));
	output_set(object, "last_sent", output_time(c->last_sent));
	output_set(object, "suspended_until",
	    output_time(c->suspended_until > now ? c->suspended_until : 0));
	return object;
}

/* --- one certificate --- */

static json_t *
used_json(unsigned used)
{
	json_t *list = json_array();

	for (unsigned bit = 1; bit <= STORE_USED_ALL; bit *= 2)
		if (used & bit)
			(void)json_array_append_new(list,
			    output_text(store_used_name((enum store_used)bit)));
	return list;
}

static json_t *
authority_json(
    const struct partner_question *q, const struct store_partner_cert *c)
{
	struct certificate *anchor =
	    trust_anchor_of(q->trust, c->certificate, &c->chain, q->now);
	json_t *value =
	    output_text(anchor ? anchor->subject : c->certificate->issuer);

	certificate_unref(&anchor);
	return value;
}

static json_t *
partner_json(
    const struct partner_question *q, const struct store_partner_cert *c)
{
	json_t *object = cert_json(c->certificate, q->now);

	output_set(object, "trust", output_text(store_trust_name(c->trust)));
	output_set(object, "authority", authority_json(q, c));
	output_set(object, "source", output_text(c->evidence));
	output_set(object, "last_source", output_text(c->last_evidence));
	output_set(object, "first_seen", output_time(c->first_seen));
	output_set(object, "last_seen", output_time(c->last_seen));
	output_set(object, "signing_time", output_time(c->signing_time));
	output_set(object, "preferred", json_boolean(c->preferred));
	output_set(object, "capabilities",
	    cert_json_capabilities(
		slice_make(c->capabilities, c->capabilities_len)));
	output_set(object, "used", used_json(c->used));
	output_set(object, "used_time", output_time(c->used_time));
	return object;
}

static void
set_pick(json_t *list, const struct cert_candidate *candidate)
{
	const char *fingerprint = candidate->certificate->fingerprint_text;
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		if (strcmp(json_string_value(
			       json_object_get(object, "fingerprint")),
			fingerprint) != 0)
			continue;
		output_set(object, "pick",
		    output_text(cert_pick_word_name(candidate->word)));
		output_set(object, "detail", output_text(candidate->detail));
		if (candidate->word != CERT_PICK_TAKEN)
			output_set(object, "advice",
			    output_text(
				cert_pick_word_advice(candidate->word)));
	}
}

/* --- all of them --- */

/* Mail that is not trusted says nothing about the exchange. */
static void
set_messages(struct partner_answer *answer, const struct partner_certs *all)
{
	const struct store_partner_cert *first = NULL, *last = NULL, *c;

	for (size_t i = 0; i < all->count; i++) {
		c = &all->at[i];
		if (c->trust == STORE_TRUST_UNTRUSTED)
			continue;
		if (!first || c->first_seen < first->first_seen)
			first = c;
		if (!last || c->last_seen > last->last_seen)
			last = c;
	}
	answer->first_message = output_text(first ? first->evidence : NULL);
	answer->last_message = output_text(last ? last->last_evidence : NULL);
}

int
partner_list(const struct partner_question *q, const char *address,
    struct partner_answer *out, struct err *err)
{
	struct cert_pick_opts opts = {.address = address,
	    .trust = q->trust,
	    .now = q->now,
	    .suspended = q->suspended};
	struct partner_answer answer;
	struct partner_certs all;
	struct cert_choice choice;
	int rc;

	if (q->level) {
		opts.certificates = q->level->certificates;
		opts.unchecked = q->level->unchecked;
	}
	partner_certs_init(&all);
	rc = partner_certs_load(&all, q->store, address, err);
	if (rc == 0) {
		answer.certificates = json_array();
		for (size_t i = 0; i < all.count; i++)
			(void)json_array_append_new(
			    answer.certificates, partner_json(q, &all.at[i]));
		cert_pick(all.at, all.count, &opts, &choice);
		for (size_t i = 0; i < choice.count; i++)
			set_pick(answer.certificates, &choice.candidates[i]);
		set_messages(&answer, &all);
		answer.usable = choice.taken;
		answer.word = choice.word;
		cert_choice_fini(&choice);
		*out = answer;
	}
	partner_certs_fini(&all);
	return rc;
}
