/*
 * gate.c: see gate.h.  Pure; any thread.
 *
 * Who gets which copy is for gate_people.c, the header of a copy for
 * gate_header.c, what it carries for gate_entity.c, or gate_disclaimer.c.
 */
#include "gateway/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/gate_disclaimer.h"
#include "gateway/gate_entity.h"
#include "gateway/gate_header.h"
#include "gateway/gate_people.h"
#include "gateway/gate_sealing.h"
#include "smime/detect.h"

/* Copies share what was signed, in two forms at most: each is looked at once.
 */
#define PAYLOADS_MAX 2u

struct gate {
	const struct gate_case *c;
	struct gate_people people;
	struct {
		const struct smime_entity *entity;
		bool opaque;
	} payloads[PAYLOADS_MAX]; /* that are right */
	size_t payload_count;
};

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* --- the parts of a copy --- */

/* The bytes from an offset on. */
static struct slice_list
tail_of(const struct slice_list *list, size_t from)
{
	struct slice_list tail = {.count = 0};

	for (size_t i = 0; i < list->count; i++) {
		struct slice s = list->at[i];

		if (from < s.len)
			slice_list_add(&tail, slice_part(s, from, s.len));
		from -= from < s.len ? from : s.len;
	}
	return tail;
}

/* Byte for byte, wherever the pieces meet. */
static bool
is_same_body(const struct slice_list *body, struct slice original)
{
	size_t at = 0;

	if (slice_list_size(body) != original.len)
		return false;
	for (size_t i = 0; i < body->count; i++) {
		struct slice s = body->at[i];

		if (!slice_equal(s, slice_part(original, at, at + s.len)))
			return false;
		at += s.len;
	}
	return true;
}

/* --- what it carries --- */

static struct gate_entity
entity_of(const struct smime_entity *e)
{
	return (struct gate_entity){
	    .content_type = buf_slice(&e->content_type),
	    .transfer_encoding =
		slice_text(e->transfer_encoding ? e->transfer_encoding : ""),
	    .disposition = buf_slice(&e->disposition),
	    .body = e->body,
	};
}

/* What the envelope holds. */
static int
check_payload(struct gate *g, const struct smime_entity *payload, bool opaque,
    struct err *err)
{
	struct gate_entity inner;

	if (!payload)
		return gap(err, "the envelope has no signed payload");
	for (size_t i = 0; i < g->payload_count; i++)
		if (g->payloads[i].entity == payload &&
		    g->payloads[i].opaque == opaque)
			return 0;
	inner = entity_of(payload);
	if (gate_entity_signed(&inner, opaque, g->c->signer, err) < 0)
		return -1;
	if (g->payload_count < PAYLOADS_MAX) {
		g->payloads[g->payload_count].entity = payload;
		g->payloads[g->payload_count++].opaque = opaque;
	}
	return 0;
}

/* The signature is in clear, or inside the envelope (rule S17). */
static int
check_signature(struct gate *g, const struct gate_copy *copy,
    const struct gate_entity *e, struct err *err)
{
	const struct plan_group *group = &g->c->plan->groups[copy->group];
	const char *from = g->c->facts->from;

	if (!g->c->signer || !from ||
	    !certificate_has_address(g->c->signer, from))
		return gap(err, "the signer is not the author");
	if (group->encrypt)
		return check_payload(g, copy->payload, group->opaque, err);
	return gate_entity_signed(e, group->opaque, g->c->signer, err);
}

static int
check_envelope(const struct gate *g, const struct gate_copy *copy,
    const struct gate_entity *e, struct err *err)
{
	enum setting_cipher cipher = g->c->plan->groups[copy->group].cipher;
	bool authenticated =
	    cipher == CIPHER_AES256_GCM || cipher == CIPHER_AES128_GCM;
	struct certificate_list to;
	int rc;

	certificate_list_init(&to);
	rc = gate_people_certificates(&g->people, copy, &to, err);
	if (rc == 0)
		rc = gate_entity_enveloped(e, authenticated, &to, err);
	certificate_list_fini(&to);
	return rc;
}

static int
check_entity(struct gate *g, const struct gate_copy *copy,
    const struct gate_entity *e, struct err *err)
{
	if (g->c->plan->sign && check_signature(g, copy, e, err) < 0)
		return -1;
	if (g->c->plan->groups[copy->group].encrypt)
		return check_envelope(g, copy, e, err);
	return 0;
}

/* --- copies --- */

/* As it will be once it has arrived; header holds what e points to. */
static int
read_back(const struct gate_copy *copy, const struct gate_terms *terms,
    struct gate_header *header, struct gate_entity *e, struct err *err)
{
	size_t body = 0;

	if (copy->relay) {
		if (gate_header_read(header, copy->relay->content, &body, err) <
		    0)
			return -1;
		e->body = tail_of(copy->relay->content, body);
	} else if (!copy->edits) {
		return gap(err, "a copy of nothing");
	} else {
		if (gate_header_play(header, copy->edits, terms, err) < 0)
			return -1;
		e->body = copy->edits->body;
	}
	return gate_header_check(header, terms, e, err);
}

/* --- fingerprints --- */

/* What we protect, and what is protected already. */
static bool
is_sealed(const struct gate_case *c, bool protects)
{
	return c->sealing && c->sealing->key &&
	       (protects || smime_detect_header(c->header) != SMIME_NONE);
}

static const char *
marker_of(const struct gate *g, bool encrypted)
{
	const struct sealing_deed deed = {
	    .is_signed = g->c->plan->sign, .is_encrypted = encrypted};

	return g->c->sealing ? sealing_marker(g->c->sealing, &deed) : NULL;
}

/* body: of a copy that carries nothing, the message's own. */
static int
check_seal(const struct gate_case *c, const struct gate_terms *terms,
    const struct gate_header *header, const struct slice_list *body,
    struct err *err)
{
	struct slice_list own = {.count = 0};

	if (!terms->sealed)
		return 0;
	slice_list_add(&own, c->body);
	return gate_sealing_check(c->sealing, header, terms->has_token ? 1 : 0,
	    terms->carries ? body : &own, err);
}

/* --- copies --- */

static int
check_carried(struct gate *g, const struct gate_copy *copy,
    const struct gate_terms *terms, const struct gate_header *header,
    const struct gate_entity *e, struct err *err)
{
	if (check_seal(g->c, terms, header, &e->body, err) < 0)
		return -1;
	if (terms->content)
		return gate_disclaimer_carried(
		    g->c->disclaimer, g->c->header, header, &e->body, err);
	if (terms->carries)
		return check_entity(g, copy, e, err);
	if (copy->relay && !is_same_body(&e->body, g->c->body))
		return gap(err, "the body is not as it came");
	return 0;
}

static int
check_content(struct gate *g, const struct gate_copy *copy, struct err *err)
{
	const struct plan *plan = g->c->plan;
	bool encrypted = plan->groups[copy->group].encrypt;
	bool protects = plan->sign || encrypted;
	struct gate_terms terms = {
	    .original = g->c->header,
	    .carries = protects || g->c->disclaimer,
	    /* In clear it is an entity of the sender's, not of ours. */
	    .content = protects || !g->c->disclaimer ? NULL : g->c->header,
	    .has_token = copy->relay != NULL,
	    .triggers = g->c->triggers,
	    .config = g->c->config,
	    .sealed = is_sealed(g->c, protects),
	    .marker = marker_of(g, encrypted),
	};
	struct gate_entity e = {.body = {.count = 0}};
	struct gate_header header;
	int rc;

	if (copy->edits && copy->edits->replace_body != terms.carries)
		return gap(err, terms.carries ? "the body is not replaced"
					      : "the body is replaced");
	gate_header_init(&header);
	rc = read_back(copy, &terms, &header, &e, err);
	if (rc == 0)
		rc = check_carried(g, copy, &terms, &header, &e, err);
	gate_header_fini(&header);
	return rc;
}

/* The best protected copy stays in place, so that nobody who could not be
 * removed from it sees clear text (MTA.md d). */
static int
check_place(const struct gate *g, const struct gate_copy *copy, struct err *err)
{
	if (copy->group >= g->c->plan->group_count)
		return gap(err, "a copy for no group");
	if (!copy->edits == !copy->relay || !copy->edits != (copy->group > 0))
		return gap(err, "a copy is in the wrong place");
	return 0;
}

static int
check_copy(struct gate *g, const struct gate_copy *copy, struct err *err)
{
	if (check_place(g, copy, err) < 0 ||
	    gate_people_check(&g->people, copy, err) < 0)
		return -1;
	return check_content(g, copy, err);
}

/* Each group has its copy: one, or none when nobody waits for it. */
static int
check_numbers(const struct gate *g, struct err *err)
{
	size_t groups = g->c->plan->group_count;
	size_t *copies = xcalloc(groups + 1, sizeof(*copies));
	int rc = 0;

	for (size_t i = 0; i < g->c->copy_count; i++)
		if (g->c->copies[i].group < groups)
			copies[g->c->copies[i].group]++;
	for (size_t i = 0; i < groups && rc == 0; i++) {
		bool wanted = i == 0 || gate_people_waiting(&g->people, i) > 0;

		if (copies[i] != wanted)
			rc = gap(err, "not one copy for each group");
	}
	free(copies);
	return rc;
}

/* D2: never to what is protected already, whatever the plan says. */
static int
check_disclaimer(const struct gate_case *c, struct err *err)
{
	bool planned = c->plan->disclaimer == PLAN_DISCLAIMER_ADD;

	if (planned != (c->disclaimer != NULL))
		return gap(err, "a disclaimer is not where it was planned");
	if (!planned)
		return 0;
	if (c->facts->protection != PROTECTION_NONE)
		return gap(err, "a disclaimer in a protected message");
	return gate_disclaimer_check(c->disclaimer, c->header, c->body, err);
}

static int
check_protection(const struct gate_case *c, struct err *err)
{
	struct gate g = {.c = c};
	int rc;

	if (!c->plan->sign && !c->plan->encrypt && c->plan->refused == 0 &&
	    !c->disclaimer)
		return gap(err, "protected without a reason");
	if (c->plan->group_count == 0)
		return gap(err, "protected for nobody");
	if (check_disclaimer(c, err) < 0)
		return -1;
	rc = gate_people_init(&g.people, c, err);
	if (rc == 0)
		rc = check_numbers(&g, err);
	for (size_t i = 0; i < c->copy_count && rc == 0; i++)
		rc = check_copy(&g, &c->copies[i], err);
	gate_people_fini(&g.people);
	return rc;
}

/* --- what passes --- */

/* The message itself, and nothing happens to it. */
static int
check_untouched(const struct gate_case *c, const char *what, struct err *err)
{
	if (c->copy_count != 1 || c->copies[0].relay || !c->copies[0].edits ||
	    !edits_are_empty(c->copies[0].edits))
		return gap(err, what);
	return 0;
}

/* It loses what asked for something and what is in our name, gets a
 * fingerprint, and nothing else. */
static int
check_rest(const struct gate_case *c, struct err *err)
{
	const struct edits *edits = c->copies[0].edits;
	const struct gate_terms terms = {.original = c->header,
	    .passes = true,
	    .triggers = c->triggers,
	    .config = c->config,
	    .sealed = is_sealed(c, false)};
	struct gate_entity e = {.body = {.count = 0}};
	struct gate_header header;
	int rc;

	if (c->copy_count != 1 || c->copies[0].relay || !edits ||
	    edits->replace_body || edits->recipient_count > 0)
		return gap(err, "must not be changed");
	gate_header_init(&header);
	rc = gate_header_play(&header, edits, &terms, err);
	if (rc == 0)
		rc = gate_header_check(&header, &terms, &e, err);
	if (rc == 0)
		rc = check_seal(c, &terms, &header, &e.body, err);
	gate_header_fini(&header);
	return rc;
}

static int
check_pass(const struct gate_case *c, struct err *err)
{
	if (check_rest(c, err) < 0)
		return -1;
	if (c->plan->sign || c->plan->encrypt)
		return gap(err, "must be protected and is not");
	/* C7: whatever failed before. */
	if (c->plan->must_encrypt || gate_people_required(c->facts))
		return gap(err, "must be encrypted and is not");
	return 0;
}

int
gate_check(const struct gate_case *c, struct err *err)
{
	if (c->plan->shadow)
		return check_untouched(
		    c, "must not be changed in shadow mode", err);
	if (c->plan->action == PLAN_PROTECT)
		return check_protection(c, err);
	if (c->plan->action == PLAN_PASS)
		return check_pass(c, err);
	return gap(err, "must not leave");
}
