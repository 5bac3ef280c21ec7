/*
 * outbound.c: see outbound.h.  Belongs to one message and its thread.
 *
 * Signed first, then encrypted (rule S17); what is protected already or
 * exempt, and must be encrypted all the same, is encrypted exactly as it is
 * (A5).
 */
#include "gateway/outbound.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/gate.h"
#include "mail/mime_build.h"
#include "mail/mime_canon.h"
#include "mail/mime_codec.h"
#include "policy/decide.h"
#include "smime/encrypt.h"
#include "smime/sign.h"

/* The header block of the message's entity (line ends become two bytes, and a
 * Content-Type is added), and that of a signed one. */
#define ENTITY_HEADER_MAX  ((size_t)8192 * KIB)
#define PAYLOAD_HEADER_MAX ((size_t)16 * KIB)
/* What CMS adds to its content: attributes and a chain; a RecipientInfo. */
#define SIGNATURE_SIZE ((size_t)64 * KIB)
#define RECIPIENT_SIZE 1024u

void
outbound_init(struct outbound *o, const struct spool_config *config)
{
	memset(o, 0, sizeof(*o));
	o->config = config;
	buf_init(&o->entity, ENTITY_HEADER_MAX);
	spool_init(&o->canonical, config);
	smime_entity_init(&o->signed_entity, config);
	buf_init(&o->payload_header, PAYLOAD_HEADER_MAX);
	smime_entity_init(&o->encrypted_entity, config);
	certificate_list_init(&o->certificates);
}

void
outbound_fini(struct outbound *o)
{
	certificate_list_fini(&o->certificates);
	smime_entity_fini(&o->encrypted_entity);
	buf_fini(&o->payload_header);
	smime_entity_fini(&o->signed_entity);
	spool_fini(&o->canonical);
	if (o->scanned)
		mime_tree_fini(&o->tree);
	buf_fini(&o->entity);
}

void
outbound_read(
    struct outbound *o, const struct header *header, struct slice body)
{
	mime_entity_header(header, body, &o->entity);
	buf_add_text(&o->entity, "\r\n");
	o->entity_header =
	    slice_part(buf_slice(&o->entity), 0, o->entity.len - 2);
	o->body = body;
	mime_scan(&o->tree, o->entity_header, body);
	o->scanned = true;
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

/* --- what is signed or encrypted --- */

static void
take_as_it_is(struct outbound *o)
{
	slice_list_add(&o->content, buf_slice(&o->entity));
	slice_list_add(&o->content, o->body);
}

/* What is left alone, or nobody can say anything of: if it must be encrypted,
 * it is encrypted exactly so. */
static bool
stays_as_it_is(const struct policy_facts *facts)
{
	return facts->protection != PROTECTION_NONE ||
	       decide_exemption(facts) != EXEMPT_NOT || facts->too_complex;
}

/* The canonical entity (rules S1 to S10). */
static enum plan_reason
take_canonical(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct err *err)
{
	enum mime_canon_result result;
	const char *why = NULL;

	if (mime_canon_write(&o->tree, &o->canonical, &result, &why, err) < 0)
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
		break;
	case MIME_CANON_OPAQUE:
		o->opaque = why;
		plan->opaque = plan->sign;
		break;
	case MIME_CANON_SAME:
		break;
	}
	take_as_it_is(o);
	return REASON_NONE;
}

static size_t
count_content_fields(const struct header *header)
{
	size_t n = 0;

	for (size_t i = 0; i < header->count; i++)
		n += header_field_is_content(&header->fields[i]);
	return n;
}

static enum plan_reason
take_content(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct err *err)
{
	if (!buf_ok(&o->entity)) {
		err_set(err, ERR_PERMANENT, "header too large");
		return REASON_TOO_LARGE;
	}
	if (count_content_fields(c->header) > LIMIT_CONTENT_FIELDS) {
		err_set(err, ERR_PERMANENT, "more than %u Content-* fields",
		    LIMIT_CONTENT_FIELDS);
		return REASON_TOO_LARGE;
	}
	if (!stays_as_it_is(&c->gather->facts))
		return take_canonical(o, c, plan, err);
	take_as_it_is(o);
	return REASON_NONE;
}

/* --- signature --- */

static enum plan_reason
sign(struct outbound *o, const struct outbound_case *c, const struct plan *plan,
    struct err *err)
{
	struct smime_sign_opts opts = {
	    .keys = gateway_keys(c->gateway),
	    .identity = c->gather->sender->identity,
	    .signing_time = c->now,
	};
	size_t size = slice_list_size(&o->content) + SIGNATURE_SIZE;
	int rc;

	if (plan->opaque ? !fits(o, size) : size > o->config->max) {
		err_set(err, ERR_PERMANENT, "signed it would be too large");
		return REASON_TOO_LARGE;
	}
	if (plan->opaque && !o->opaque)
		o->opaque = "policy";
	if (plan->opaque)
		rc = smime_sign_opaque(
		    &opts, &o->content, &o->signed_entity, err);
	else
		rc = smime_sign(&opts, &o->content, &o->signed_entity, err);
	if (rc == 0)
		return REASON_NONE;
	/* Nothing leaves unsigned because the key process is away or will
	 * not use a key. */
	return err->class == ERR_BUG ? REASON_INTERNAL : REASON_KEYD;
}

/* --- encryption --- */

/* The pieces of what goes into the envelope. */
static void
list_payload(
    struct outbound *o, const struct plan *plan, struct slice_list *payload)
{
	payload->count = 0;
	if (!plan->sign) {
		slice_list_add_all(payload, &o->content);
		return;
	}
	smime_entity_header(&o->signed_entity, &o->payload_header);
	slice_list_add(payload, buf_slice(&o->payload_header));
	slice_list_add_all(payload, &o->signed_entity.body);
}

static enum plan_reason
encrypt(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, struct err *err)
{
	struct smime_encrypt_opts opts = {.cipher = SMIME_CIPHER_AES256_CBC};
	struct slice_list payload;
	size_t size;

	gather_group_certificates(c->gather, plan, 0, &o->certificates);
	opts.recipients = o->certificates.at;
	opts.recipient_count = o->certificates.count;
	list_payload(o, plan, &payload);
	size = slice_list_size(&payload) +
	       o->certificates.count * RECIPIENT_SIZE + SIGNATURE_SIZE;
	if (!fits(o, size)) {
		err_set(err, ERR_PERMANENT, "encrypted it would be too large");
		return REASON_TOO_LARGE;
	}
	if (smime_encrypt(&opts, &payload, &o->encrypted_entity, err) == 0)
		return REASON_NONE;
	return err->class == ERR_PERMANENT ? REASON_NOT_ENCRYPTABLE
					   : REASON_INTERNAL;
}

static bool
all_want_opaque(const struct policy_facts *facts)
{
	for (size_t i = 0; i < facts->recipient_count; i++)
		if (facts->recipients[i].level.form != FORM_OPAQUE)
			return false;
	return facts->recipient_count > 0;
}

/* What was signed to go into an envelope leaves without one: perhaps in
 * another form (A2). */
static enum plan_reason
sign_in_clear(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct err *err)
{
	size_t size = slice_list_size(&o->content) + SIGNATURE_SIZE;

	if (plan->opaque || !all_want_opaque(&c->gather->facts))
		return REASON_NONE;
	/* "if-possible" is never an error. */
	if (!fits(o, size))
		return REASON_NONE;
	plan->opaque = true;
	smime_entity_fini(&o->signed_entity);
	smime_entity_init(&o->signed_entity, o->config);
	return sign(o, c, plan, err);
}

/* C1, C7: what cannot be encrypted goes as "if-possible" says, or back. */
static enum plan_reason
encrypt_or_settle(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct err *err)
{
	enum plan_reason reason = encrypt(o, c, plan, err);

	if (reason != REASON_NOT_ENCRYPTABLE && reason != REASON_TOO_LARGE)
		return reason;
	plan->encrypt = false;
	plan->encrypt_reason = reason;
	if (plan->must_encrypt) {
		plan->action = PLAN_REFUSE;
		plan->reason = reason;
		plan->sign = false;
		plan->opaque = false;
	} else if (!plan->sign) {
		plan->action = PLAN_PASS;
		plan->reason = plan->sign_reason;
	} else {
		return sign_in_clear(o, c, plan, err);
	}
	return REASON_NONE;
}

/* --- all of it --- */

static enum plan_reason
finish(struct outbound *o, const struct outbound_case *c,
    const struct plan *plan, struct edits *edits, struct err *err)
{
	struct gate_case gate = {
	    .plan = plan,
	    .from = c->gather->facts.from,
	    .header = c->header,
	    .edits = edits,
	    .payload = plan->encrypt && plan->sign ? &o->signed_entity : NULL,
	    .signer = plan->sign ? smime_identity_certificate(
				       c->gather->sender->identity)
				 : NULL,
	    .to = plan->encrypt ? &o->certificates : NULL,
	};

	edits_carry(edits, c->header,
	    plan->encrypt ? &o->encrypted_entity : &o->signed_entity);
	if (!plan->encrypt && slice_list_size(&edits->body) > o->config->max) {
		err_set(err, ERR_PERMANENT, "signed it is too large");
		return REASON_TOO_LARGE;
	}
	return gate_check(&gate, err) < 0 ? REASON_INTERNAL : REASON_NONE;
}

enum plan_reason
outbound_protect(struct outbound *o, const struct outbound_case *c,
    struct plan *plan, struct edits *edits, struct err *err)
{
	enum plan_reason reason = take_content(o, c, plan, err);

	if (reason == REASON_NONE && plan->action == PLAN_PROTECT && plan->sign)
		reason = sign(o, c, plan, err);
	if (reason == REASON_NONE && plan->action == PLAN_PROTECT &&
	    plan->encrypt)
		reason = encrypt_or_settle(o, c, plan, err);
	if (reason == REASON_NONE && plan->action == PLAN_PROTECT)
		reason = finish(o, c, plan, edits, err);
	return reason == REASON_NONE ? check_time(c, err) : reason;
}
