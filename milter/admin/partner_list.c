/* partner_list.c: see partner_list.h. */
#include "admin/partner_list.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "admin/output.h"
#include "base/alloc.h"
#include "base/limits.h"

struct collection {
	struct store_partner_cert certs[LIMIT_CERTIFICATES_PER_ADDRESS];
	size_t count;
	json_t *list;
	time_t now;
};

static json_t *
partner_json(const struct store_partner_cert *c, time_t now)
{
	json_t *object = cert_json(c->certificate, now);

	output_set(object, "trust", output_text(store_trust_name(c->trust)));
	output_set(object, "source", output_text(c->evidence));
	output_set(object, "first_seen", output_time(c->first_seen));
	output_set(object, "last_seen", output_time(c->last_seen));
	output_set(object, "signing_time", output_time(c->signing_time));
	output_set(object, "preferred", json_boolean(c->preferred));
	output_set(object, "capabilities",
	    cert_json_capabilities(
		slice_make(c->capabilities, c->capabilities_len)));
	return object;
}

/* What cert_pick looks at; the row in the store lives for this call only. */
static int
collect(const struct store_partner_cert *c, void *arg)
{
	struct collection *all = arg;
	struct store_partner_cert *copy;

	if (all->count == LIMIT_CERTIFICATES_PER_ADDRESS)
		return 1;
	copy = &all->certs[all->count++];
	store_partner_cert_init(copy);
	copy->address = xstrdup(c->address);
	memcpy(copy->fingerprint, c->fingerprint, sizeof(copy->fingerprint));
	copy->certificate = certificate_ref(c->certificate);
	for (size_t i = 0; i < c->chain.count; i++)
		certificate_list_add(&copy->chain, c->chain.at[i]);
	copy->trust = c->trust;
	copy->preferred = c->preferred;
	(void)json_array_append_new(all->list, partner_json(c, all->now));
	return 0;
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

int
partner_list(const struct partner_question *q, const char *address,
    struct partner_answer *out, struct err *err)
{
	struct collection *all = xcalloc(1, sizeof(*all));
	struct cert_choice choice;
	int rc;

	all->list = json_array();
	all->now = q->now;
	rc = store_partner_cert_each(q->store, address, collect, all, err);
	if (rc == 0) {
		cert_pick(all->certs, all->count,
		    &(struct cert_pick_opts){
			.address = address, .trust = q->trust, .now = q->now},
		    &choice);
		for (size_t i = 0; i < choice.count; i++)
			set_pick(all->list, &choice.candidates[i]);
		*out = (struct partner_answer){
		    json_incref(all->list), choice.taken, choice.word};
		cert_choice_fini(&choice);
	}
	for (size_t i = 0; i < all->count; i++)
		store_partner_cert_fini(&all->certs[i]);
	json_decref(all->list);
	free(all);
	return rc;
}
