/* outbound_gate.c: see outbound_gate.h.  Belongs to one message. */
#include "gateway/outbound_gate.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "gateway/gate.h"
#include "gateway/gate_disclaimer.h"
#include "smime/identity.h"

/* Of each recipient, as the directory knows them. */
static struct certificate_list *
list_certificates(const struct gather *g, const struct plan *plan)
{
	struct certificate_list *lists =
	    xcalloc(plan->recipient_count + 1, sizeof(*lists));

	for (size_t i = 0; i < plan->recipient_count; i++) {
		certificate_list_init(&lists[i]);
		if (!plan->recipients[i].encrypt || !g->entries[i])
			continue;
		for (size_t k = 0; k < g->recipients[i].certificates; k++)
			certificate_list_add(&lists[i],
			    g->entries[i]->choice.candidates[k].certificate);
	}
	return lists;
}

static void
free_certificates(struct certificate_list *lists, size_t count)
{
	for (size_t i = 0; i < count; i++)
		certificate_list_fini(&lists[i]);
	free(lists);
}

/* What is inside the envelope of a group. */
static const struct smime_entity *
payload_of(const struct outbound *o, const struct plan *plan, size_t group)
{
	if (!plan->sign || group >= plan->group_count ||
	    !plan->groups[group].encrypt)
		return NULL;
	return &o->forms[plan->groups[group].opaque ? OUTBOUND_OPAQUE
						    : OUTBOUND_DETACHED]
		    .entity;
}

static struct gate_copy *
list_copies(const struct outbound *o, const struct plan *plan,
    const struct handover_departure *d)
{
	struct gate_copy *copies = xcalloc(d->count + 1, sizeof(*copies));

	copies[0] = (struct gate_copy){
	    .edits = d->edits, .payload = payload_of(o, plan, 0)};
	for (size_t i = 0; i < d->count; i++)
		copies[i + 1] = (struct gate_copy){.group = d->groups[i],
		    .relay = &d->relay[i],
		    .payload = payload_of(o, plan, d->groups[i])};
	return copies;
}

int
outbound_gate(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, const struct handover_departure *d,
    struct err *err)
{
	struct certificate_list *certificates =
	    list_certificates(c->gather, plan);
	struct gate_copy *copies = list_copies(o, plan, d);
	const struct gateway_config *config = gateway_config(c->gateway);
	const struct sealing sealing = gateway_sealing(c->gateway, c->now);
	const struct gate_disclaimer disclaimer = {
	    .head = o->entities.disclaimed.head,
	    .body = o->entities.disclaimed.body,
	    .text = &o->entities.disclaimer,
	    .spool = &config->spool,
	};
	struct gate_case gate = {
	    .plan = plan,
	    .facts = &c->gather->facts,
	    .envelope = c->envelope,
	    .header = c->header,
	    .config = config,
	    .body = o->entities.own.body,
	    .signer = plan->sign ? smime_identity_certificate(
				       c->gather->sender->identity)
				 : NULL,
	    .certificates = certificates,
	    .escrow = &c->gather->escrow,
	    .triggers = {config->triggers,
		gather_triggers(c->gather) ? config->trigger_count : 0},
	    .sealing = &sealing,
	    /* What is carried, whatever was planned. */
	    .disclaimer =
		o->entity == &o->entities.disclaimed ? &disclaimer : NULL,
	    .copies = copies,
	    .copy_count = d->count + 1,
	    .done = d->done,
	};
	int rc = gate_check(&gate, err);

	o->seen = rc == 0;
	free(copies);
	free_certificates(certificates, plan->recipient_count);
	return rc;
}
