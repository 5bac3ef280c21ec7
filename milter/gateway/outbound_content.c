/*
 * outbound_content.c: see outbound_content.h.  Belongs to one message.
 *
 * What is protected already or exempt, and must be encrypted all the same, is
 * encrypted exactly as it is (A5).
 */
#include "gateway/outbound_content.h"

#include "base/limits.h"
#include "mail/mime_canon.h"
#include "policy/decide.h"

/* What is left alone, or nobody can say anything of: if it must be encrypted,
 * it is encrypted exactly so. */
static bool
stays_as_it_is(const struct policy_facts *facts)
{
	return facts->protection != PROTECTION_NONE ||
	       decide_exemption(facts) != EXEMPT_NOT || facts->too_complex;
}

static void
take_entity(struct outbound *o, const struct plan *plan)
{
	o->entity = plan->disclaimer == PLAN_DISCLAIMER_ADD
			? &o->entities.disclaimed
			: &o->entities.own;
}

static void
take_as_it_is(struct outbound *o)
{
	slice_list_add(&o->content, o->entity->head);
	slice_list_add(&o->content, o->entity->body);
}

static enum plan_reason
take_canonical(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct err *err)
{
	enum mime_canon_result result;
	const char *why = NULL;

	if (mime_canon_write(
		&o->entity->tree, &o->canonical, &result, &why, err) < 0)
		return err->class == ERR_PERMANENT ? REASON_TOO_LARGE
						   : REASON_INTERNAL;
	switch (result) {
	case MIME_CANON_TRANSCODED:
		slice_list_add(&o->content, spool_slice(&o->canonical));
		return REASON_NONE;
	case MIME_CANON_SKIP:
		/* Seen only now; what follows is for the policy to say. */
		c->gather->facts.exemptions |= EXEMPTION_BIT(EXEMPT_PARTIAL);
		decide(&c->gather->facts, plan);
		take_entity(o, plan);
		break;
	case MIME_CANON_OPAQUE:
		o->must_be_opaque = why;
		break;
	case MIME_CANON_SAME:
		break;
	}
	take_as_it_is(o);
	return REASON_NONE;
}

static size_t
count_edits(const struct header *header)
{
	size_t n = 0;

	for (size_t i = 0; i < header->count; i++)
		n += outbound_copy_replaces(&header->fields[i]);
	return n;
}

enum plan_reason
outbound_take_content(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct err *err)
{
	if (!buf_ok(&o->entities.head)) {
		err_set(err, ERR_PERMANENT, "header too large");
		return REASON_TOO_LARGE;
	}
	if (count_edits(c->header) > LIMIT_CONTENT_FIELDS) {
		err_set(err, ERR_PERMANENT,
		    "more than %u Content-* and Bcc fields",
		    LIMIT_CONTENT_FIELDS);
		return REASON_TOO_LARGE;
	}
	take_entity(o, plan);
	/* Only the entity's own copies leave. */
	if (!plan->sign && !plan->encrypt)
		return REASON_NONE;
	if (!stays_as_it_is(&c->gather->facts))
		return take_canonical(o, c, plan, err);
	take_as_it_is(o);
	return REASON_NONE;
}
