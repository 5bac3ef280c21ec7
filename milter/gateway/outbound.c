/*
 * outbound.c: see outbound.h.  Belongs to one message and its thread.
 *
 * Signed first, then encrypted (rule S17); what is protected already or
 * exempt, and must be encrypted all the same, is encrypted exactly as it is
 * (A5).
 */
#include "gateway/outbound.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/mark.h"
#include "gateway/outbound_content.h"
#include "gateway/outbound_gate.h"
#include "mail/mime_codec.h"
#include "policy/decide.h"
#include "smime/sign.h"

/* The header block of a signed entity. */
#define PAYLOAD_HEADER_MAX ((size_t)16 * KIB)
/* What CMS adds to its content: attributes and a chain; a RecipientInfo. */
#define SIGNATURE_SIZE ((size_t)64 * KIB)
#define RECIPIENT_SIZE 1024u

void
outbound_init(struct outbound *o, const struct spool_config *config)
{
	memset(o, 0, sizeof(*o));
	o->config = config;
	outbound_entities_init(&o->entities, config);
	spool_init(&o->canonical, config);
	for (int i = 0; i < OUTBOUND_FORMS; i++)
		smime_entity_init(&o->forms[i].entity, config);
	buf_init(&o->payload_header, PAYLOAD_HEADER_MAX);
}

static void
drop_copies(struct outbound *o)
{
	for (size_t i = 0; i < o->count; i++)
		outbound_copy_fini(&o->copies[i]);
	free(o->copies);
	o->copies = NULL;
	o->count = 0;
	o->space = 0;
}

void
outbound_fini(struct outbound *o)
{
	drop_copies(o);
	buf_fini(&o->payload_header);
	for (int i = 0; i < OUTBOUND_FORMS; i++)
		smime_entity_fini(&o->forms[i].entity);
	spool_fini(&o->canonical);
	outbound_entities_fini(&o->entities);
}

/* Who answers too late says "signed" in the log of a message that the mail
 * server has deferred. */
static enum plan_reason
check_time(const struct outbound_case *c, struct err *err)
{
	if (deadline_left(c->deadline) > 0)
		return REASON_NONE;
	err_set(err, ERR_TEMPORARY, "it took longer than a mail server waits");
	return REASON_INTERNAL;
}

/* Would so many bytes of CMS, in base64, still be a message? */
static bool
fits(const struct outbound *o, size_t size)
{
	return size < o->config->max && base64_size(size) <= o->config->max;
}

/* --- signatures --- */

static bool
fits_detached(const struct outbound *o)
{
	return slice_list_size(&o->content) + SIGNATURE_SIZE <= o->config->max;
}

static bool
fits_opaque(const struct outbound *o)
{
	return fits(o, slice_list_size(&o->content) + SIGNATURE_SIZE);
}

/* Whatever policy wants, some content can be signed in one form only; and an
 * opaque signature that is only nicer need not be. */
static void
settle_forms(const struct outbound *o, struct plan *plan)
{
	for (size_t i = 0; i < plan->group_count; i++) {
		struct plan_group *g = &plan->groups[i];

		if (!plan->sign)
			g->opaque = false;
		else if (o->must_be_opaque)
			g->opaque = true;
		else
			g->opaque &= fits_opaque(o);
	}
	plan->opaque = plan->group_count > 0 && plan->groups[0].opaque;
}

static enum plan_reason
sign_as(struct outbound *o, const struct outbound_case *c,
    enum outbound_form form, struct err *err)
{
	struct smime_sign_opts opts = {
	    .keys = gateway_keys(c->gateway),
	    .identity = c->gather->sender->identity,
	    .signing_time = c->now,
	};
	struct outbound_signed *s = &o->forms[form];
	int rc;

	if (s->made)
		return REASON_NONE;
	if (form == OUTBOUND_OPAQUE ? !fits_opaque(o) : !fits_detached(o)) {
		err_set(err, ERR_PERMANENT, "signed it would be too large");
		return REASON_TOO_LARGE;
	}
	if (form == OUTBOUND_OPAQUE)
		rc = smime_sign_opaque(&opts, &o->content, &s->entity, err);
	else
		rc = smime_sign(&opts, &o->content, &s->entity, err);
	s->made = rc == 0;
	if (rc == 0)
		return REASON_NONE;
	/* Nothing leaves unsigned because the key process is away or will
	 * not use a key. */
	return err->class == ERR_BUG ? REASON_INTERNAL : REASON_KEYD;
}

static enum outbound_form
form_of(const struct plan_group *group)
{
	return group->opaque ? OUTBOUND_OPAQUE : OUTBOUND_DETACHED;
}

static enum plan_reason
sign_all(struct outbound *o, const struct outbound_case *c, struct plan *plan,
    struct err *err)
{
	enum plan_reason reason = REASON_NONE;

	settle_forms(o, plan);
	for (size_t i = 0; plan->sign && i < plan->group_count; i++) {
		reason = sign_as(o, c, form_of(&plan->groups[i]), err);
		if (reason != REASON_NONE)
			break;
	}
	return reason;
}

/* --- ciphertexts --- */

/* The pieces of what goes into the envelopes. */
static void
list_payload(struct outbound *o, const struct plan *plan,
    const struct plan_group *group, struct slice_list *payload)
{
	const struct smime_entity *entity = &o->forms[form_of(group)].entity;

	payload->count = 0;
	if (!plan->sign) {
		slice_list_add_all(payload, &o->content);
		return;
	}
	buf_clear(&o->payload_header);
	smime_entity_header(entity, &o->payload_header);
	slice_list_add(payload, buf_slice(&o->payload_header));
	slice_list_add_all(payload, &entity->body);
}

/* Takes so much of the space for all copies. */
static bool
take_space(struct outbound *o, size_t size)
{
	size_t all = LIMIT_COPIES_SPACE * o->config->max;

	if (o->config->max > SIZE_MAX / LIMIT_COPIES_SPACE)
		all = SIZE_MAX;
	if (size > all - o->space)
		return false;
	o->space += size;
	return true;
}

static enum plan_reason
encrypt(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, size_t group, struct err *err)
{
	struct outbound_copy *copy = &o->copies[group];
	struct smime_encrypt_opts opts;
	struct slice_list payload;
	bool *sha1;
	size_t size;
	int rc;

	gather_group_certificates(c->gather, plan, group, &copy->certificates);
	outbound_copy_opts(&plan->groups[group], &copy->certificates, &opts);
	list_payload(o, plan, &plan->groups[group], &payload);
	size = slice_list_size(&payload) +
	       copy->certificates.count * RECIPIENT_SIZE + SIGNATURE_SIZE;
	if (!fits(o, size) || !take_space(o, base64_size(size))) {
		err_set(err, ERR_PERMANENT, "encrypted it would be too large");
		return REASON_TOO_LARGE;
	}
	sha1 = gather_oaep_sha1(c->gather, &copy->certificates);
	opts.oaep_sha1 = sha1;
	rc = smime_encrypt(&opts, &payload, &copy->envelope, err);
	free(sha1);
	if (rc == 0)
		return REASON_NONE;
	return err->class == ERR_PERMANENT ? REASON_NOT_ENCRYPTABLE
					   : REASON_INTERNAL;
}

/* Would a ciphertext of nothing come about for him alone? */
static bool
is_encryptable_for(const struct outbound *o, const struct outbound_case *c,
    const struct plan_group *group, size_t recipient)
{
	const struct directory_recipient *entry = c->gather->entries[recipient];
	struct slice_list nothing = {.count = 0};
	struct certificate_list to;
	struct smime_encrypt_opts opts;
	struct spool out;
	struct err ignored;
	int rc;

	certificate_list_init(&to);
	for (size_t k = 0; k < c->gather->recipients[recipient].certificates;
	     k++)
		certificate_list_add(
		    &to, entry->choice.candidates[k].certificate);
	outbound_copy_opts(group, &to, &opts);
	spool_init(&out, o->config);
	rc = smime_encrypt_der(&opts, &nothing, &out, &ignored);
	spool_fini(&out);
	certificate_list_fini(&to);
	return rc == 0;
}

/* Each recipient of that group whose fault it is; all of them where nobody
 * can be told from the others. */
static void
mark_group(const struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, size_t group, enum plan_reason reason)
{
	struct recipient_facts *r = c->gather->recipients;
	bool found = false;

	for (size_t i = 0;
	     reason == REASON_NOT_ENCRYPTABLE && i < plan->recipient_count; i++)
		if (plan->recipients[i].group == group &&
		    !is_encryptable_for(o, c, &plan->groups[group], i)) {
			r[i].obstacle = OBSTACLE_KEY;
			found = true;
		}
	for (size_t i = 0; !found && i < plan->recipient_count; i++)
		if (plan->recipients[i].group == group)
			r[i].obstacle = reason == REASON_TOO_LARGE
					    ? OBSTACLE_SIZE
					    : OBSTACLE_KEY;
}

/* *failed: how many ciphertexts did not come about; the facts know of them. */
static enum plan_reason
encrypt_all(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, size_t *failed, struct err *err)
{
	enum plan_reason reason;

	*failed = 0;
	for (size_t i = 0; i < plan->group_count; i++) {
		if (!plan->groups[i].encrypt)
			continue;
		reason = check_time(c, err);
		if (reason == REASON_NONE)
			reason = encrypt(o, c, plan, i, err);
		if (reason == REASON_NONE)
			continue;
		if (reason != REASON_NOT_ENCRYPTABLE &&
		    reason != REASON_TOO_LARGE)
			return reason;
		mark_group(o, c, plan, i, reason);
		++*failed;
	}
	return REASON_NONE;
}

/* --- copies --- */

static const struct smime_entity *
entity_of(const struct outbound *o, const struct plan *plan, size_t group)
{
	const struct plan_group *g = &plan->groups[group];

	if (g->encrypt)
		return &o->copies[group].envelope;
	return plan->sign ? &o->forms[form_of(g)].entity : NULL;
}

/* A copy in clear takes its space first: nothing can take its place. */
static enum plan_reason
begin_copies(struct outbound *o, const struct plan *plan, struct err *err)
{
	drop_copies(o);
	o->copy_spool = *o->config;
	o->copy_spool.memory /= plan->group_count;
	o->copies = xcalloc(plan->group_count, sizeof(*o->copies));
	o->count = plan->group_count;
	for (size_t i = 0; i < o->count; i++)
		outbound_copy_init(&o->copies[i], &o->copy_spool);
	for (size_t i = 0; i < o->count; i++) {
		const struct smime_entity *entity = entity_of(o, plan, i);

		if (plan->groups[i].encrypt)
			continue;
		if (!take_space(o, entity ? slice_list_size(&entity->body)
					  : o->entity->body.len)) {
			err_set(err, ERR_PERMANENT, "too large for %zu copies",
			    o->count);
			return REASON_TOO_LARGE;
		}
	}
	return REASON_NONE;
}

/* Where there are others the gate sees them all together, as they are handed
 * over. */
static enum plan_reason
check_only_copy(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, struct err *err)
{
	const struct handover_departure departure = {
	    .edits = &o->copies[0].copy.edits};

	if (o->count > 1 || outbound_gate(o, c, plan, &departure, err) == 0)
		return REASON_NONE;
	return REASON_INTERNAL;
}

/* What is protected, by us or before. */
static int
seal_copy(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, size_t group, struct err *err)
{
	const struct sealing s = gateway_sealing(c->gateway, c->now);
	const struct sealing_message m = {
	    .header = c->header,
	    .body = o->entities.own.body,
	    .deed = {.is_signed = plan->sign,
		.is_encrypted = plan->groups[group].encrypt},
	};

	if (!entity_of(o, plan, group) && !sealing_wants_passing(&s, c->header))
		return 0;
	return sealing_add(&s, &m, &o->copies[group].copy.edits, err);
}

static enum plan_reason
finish_copy(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, size_t group, struct err *err)
{
	const struct triggers *triggers = gather_triggers(c->gather);
	struct outbound_copy *copy = &o->copies[group];
	const struct smime_entity *entity = entity_of(o, plan, group);
	size_t size;

	outbound_copy_edit(copy, c->header, entity);
	if (!entity && o->entity != &o->entities.own)
		outbound_entities_edit(
		    &o->entities, c->header, &copy->copy.edits);
	mark_remove_results(
	    gateway_config(c->gateway), c->header, &copy->copy.edits);
	if (triggers)
		triggers_edit(triggers, &copy->copy.edits);
	if (seal_copy(o, c, plan, group, err) < 0)
		return err->class == ERR_PERMANENT ? REASON_TOO_LARGE
						   : REASON_INTERNAL;
	if (group == 0)
		outbound_copy_stay(copy, plan, c->envelope);
	else if (message_copy_write(
		     &copy->copy, c->header, o->entities.own.body, err) < 0)
		return err->class == ERR_PERMANENT ? REASON_TOO_LARGE
						   : REASON_INTERNAL;
	size = slice_list_size(
	    group == 0 ? &copy->copy.edits.body : &copy->copy.message);
	if (size > o->config->max) {
		err_set(err, ERR_PERMANENT, "protected it is too large");
		return REASON_TOO_LARGE;
	}
	return REASON_NONE;
}

static enum plan_reason
finish(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, struct err *err)
{
	enum plan_reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < o->count; i++)
		reason = finish_copy(o, c, plan, i, err);
	return reason == REASON_NONE ? check_only_copy(o, c, plan, err)
				     : reason;
}

/* --- all of it --- */

/* Too often that does not come about which should: from now on nothing is
 * encrypted. */
static void
mark_all(const struct outbound_case *c, const struct plan *plan)
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].encrypt)
			c->gather->recipients[i].obstacle = OBSTACLE_KEY;
}

/* *again: some of it did not come about, and the plan is another one. */
static enum plan_reason
make_copies(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, bool *again, struct err *err)
{
	enum plan_reason reason = sign_all(o, c, plan, err);
	size_t failed = 0;

	*again = false;
	if (reason == REASON_NONE)
		reason = begin_copies(o, plan, err);
	if (reason == REASON_NONE)
		reason = encrypt_all(o, c, plan, &failed, err);
	*again = reason == REASON_NONE && failed > 0;
	if (reason == REASON_NONE && !*again)
		reason = finish(o, c, plan, err);
	return reason;
}

/* C1, C7: what cannot be encrypted goes as policy says, or back. */
static enum plan_reason
make_or_settle(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct err *err)
{
	enum plan_reason reason = REASON_NONE;
	bool again = true;

	for (unsigned round = 0;
	     again && reason == REASON_NONE && plan->action == PLAN_PROTECT;
	     round++) {
		reason = make_copies(o, c, plan, &again, err);
		if (!again)
			break;
		if (round >= LIMIT_COPIES_ROUNDS)
			mark_all(c, plan);
		decide(&c->gather->facts, plan);
	}
	return reason;
}

enum plan_reason
outbound_protect(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct edits *edits, struct err *err)
{
	enum plan_reason reason = outbound_take_content(o, c, plan, err);

	if (reason == REASON_NONE)
		reason = make_or_settle(o, c, plan, err);
	if (reason == REASON_NONE && plan->action == PLAN_PROTECT)
		reason = check_time(c, err);
	if (reason != REASON_NONE || plan->action != PLAN_PROTECT) {
		drop_copies(o);
		return reason;
	}
	*edits = o->copies[0].copy.edits;
	edits_init(&o->copies[0].copy.edits);
	return REASON_NONE;
}

const char *
outbound_opaque(const struct outbound *o, const struct plan *plan, size_t copy)
{
	if (!plan->sign || !plan->groups[copy].opaque)
		return NULL;
	return o->must_be_opaque ? o->must_be_opaque : "policy";
}
