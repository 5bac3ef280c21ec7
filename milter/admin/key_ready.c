/* key_ready.c: see key_ready.h. */
#include "admin/key_ready.h"

#include <stdlib.h>
#include <string.h>

#include "admin/local_ca.h"
#include "base/alloc.h"
#include "mail/header.h"
#include "smime/identity.h"
#include "smime/sign.h"
#include "smime/verify.h"

#define SIGNED_MAX ((size_t)256 * 1024)

static const char test_entity[] = "Content-Type: text/plain\r\n"
				  "\r\n"
				  "smimectl key test\r\n";

void
key_ready_fini(struct key_ready *r)
{
	free(r->result);
	*r = (struct key_ready){0};
}

void
key_ready_set(json_t *object, const struct key_ready *r)
{
	output_set(object, "signature", json_boolean(r->signature));
	output_set(object, "trusted", json_boolean(r->trusted));
	output_set(object, "owns_address", json_boolean(r->owns_address));
	output_set(object, "usage_fits", json_boolean(r->usage_fits));
	output_set(object, "in_time", json_boolean(r->in_time));
	output_set(object, "ready", json_boolean(r->ready));
	output_set(object, "result", output_text(r->result));
}

/* Whom our correspondents will have to trust: what we trust, and our own
 * authority, whose root they get from us. */
static int
load_trust(struct admin *a, struct trust **out, struct err *err)
{
	const struct settings *settings;
	struct certificate *root = NULL;
	struct trust *trust = NULL;
	struct err ignored;
	int rc = 0;

	if (admin_settings(a, &settings, err) ||
	    trust_load(&settings->gateway.trust, &trust, err))
		return -1;
	/* no authority, or not for us to read: then without it */
	if (local_ca_root(settings->local_ca, &root, &ignored) == 0)
		rc = trust_add_anchor(trust, root, err);
	certificate_unref(&root);
	if (rc)
		trust_release(&trust);
	else
		*out = trust;
	return rc;
}

/* The message around a signed entity. */
static int
build_message(const char *address, const struct smime_entity *entity,
    struct header *header, struct buf *body, struct err *err)
{
	struct slice from = slice_text(address);

	if (header_add(header, slice_text("From"), from, err) ||
	    header_add(
		header, slice_text("MIME-Version"), slice_text(" 1.0"), err) ||
	    header_add(header, slice_text("Content-Type"),
		buf_slice(&entity->content_type), err))
		return -1;
	for (size_t i = 0; i < entity->body.count; i++)
		buf_add_slice(body, entity->body.at[i]);
	if (!buf_ok(body))
		return err_set(err, ERR_BUG, "the signed test is too large");
	return 0;
}

static void
judge(const struct smime_verdict *v, struct key_ready *r)
{
	r->signature = v->intact;
	r->trusted = v->trusted;
	r->owns_address = v->owns_from;
	r->usage_fits = v->usage_fits;
	r->in_time = v->in_time;
	r->ready = v->status == SMIME_VALID;
	if (r->ready)
		r->result = xstrdup("ready");
	else
		r->result = xasprintf("%s%s%s", smime_status_name(v->status),
		    *v->detail ? ": " : "", v->detail);
}

static int
verify_entity(struct admin *a, const char *address,
    const struct smime_entity *entity, struct key_ready *out, struct err *err)
{
	struct smime_verify_opts opts = {.now = a->now, .from = address};
	struct trust *trust = NULL;
	struct smime_verdict verdict;
	struct header header;
	struct buf body;
	int rc = -1;

	smime_verdict_init(&verdict, &a->settings->gateway.spool);
	header_init(&header);
	buf_init(&body, SIGNED_MAX);
	if (load_trust(a, &trust, err) ||
	    build_message(address, entity, &header, &body, err))
		goto out;
	opts.trust = trust;
	if (smime_verify(&opts, &header, buf_slice(&body), &verdict, err))
		goto out;
	judge(&verdict, out);
	rc = 0;
out:
	trust_release(&trust);
	buf_fini(&body);
	header_fini(&header);
	smime_verdict_fini(&verdict);
	return rc;
}

static int
sign_and_verify(struct admin *a, const struct store_own_cert *own,
    const struct smime_identity *identity, struct key_ready *out,
    struct err *err)
{
	struct smime_sign_opts opts = {
	    .identity = identity, .signing_time = a->now};
	struct slice_list content = {0};
	struct smime_entity entity;
	int rc;

	slice_list_add(&content, slice_text(test_entity));
	smime_entity_init(&entity, &a->settings->gateway.spool);
	rc = admin_keys(a, &opts.keys, err);
	if (rc == 0)
		rc = smime_sign(&opts, &content, &entity, err);
	if (rc == 0)
		rc = verify_entity(a, own->address, &entity, out, err);
	smime_entity_fini(&entity);
	return rc;
}

int
key_ready_test(struct admin *a, const struct store_own_cert *own,
    struct key_ready *out, struct err *err)
{
	struct smime_identity *identity = NULL;
	const struct certificate *c = own->certificate;
	const struct settings *settings;
	int rc;

	*out = (struct key_ready){0};
	if (admin_settings(a, &settings, err))
		return -1;
	rc = smime_identity_new(own, NULL, &identity, err);
	if (rc == 0)
		rc = sign_and_verify(a, own, identity, out, err);
	smime_identity_release(&identity);
	if (rc == 0)
		return 0;
	if (err->class == ERR_TEMPORARY || err->class == ERR_BUG)
		return -1;
	/* no signature: say what the certificate alone tells */
	out->owns_address = certificate_has_address(c, own->address);
	out->usage_fits = c->may_sign;
	out->in_time = a->now >= c->not_before && a->now <= c->not_after;
	out->result = xstrdup(err->text);
	return 0;
}
