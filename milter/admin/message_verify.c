/*
 * message_verify.c: "message verify": what a message is made of, and what its
 * signature proves, as facts.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/cert_json.h"
#include "admin/message_file.h"
#include "admin/message_open.h"
#include "admin/message_verbs.h"

static const struct column verify_columns[] = {
    {"status", "Status", COLUMN_TEXT},
    {"detail", "Because", COLUMN_TEXT},
    {"layers", "Layers", COLUMN_TEXT},
    {"encrypted", "Encrypted", COLUMN_TEXT},
    {"cipher", "  with", COLUMN_TEXT},
    {"recipients", "  to", COLUMN_TEXT},
    {"decrypted", "  opened", COLUMN_TEXT},
    {"certificate", "  by certificate", COLUMN_ID},
    {"authenticated", "  authenticated", COLUMN_TEXT},
    {"signed_outside", "Signed outside of it", COLUMN_TEXT},
    {"from", "From", COLUMN_TEXT},
    {"intact", "Intact", COLUMN_TEXT},
    {"trusted", "Trusted", COLUMN_TEXT},
    {"owns_from", "Certificate is for From", COLUMN_TEXT},
    {"usage_fits", "Usage fits", COLUMN_TEXT},
    {"in_time", "Valid now", COLUMN_TEXT},
    {"revocation_checked", "Revocation checked", COLUMN_TEXT},
    {"signing_time", "Signed at", COLUMN_TEXT},
    {"digest", "Digest", COLUMN_TEXT},
    {"signers", "Signers", COLUMN_TEXT},
    {"signer.subject", "Signer", COLUMN_TEXT},
    {"signer.addresses", "  addresses", COLUMN_TEXT},
    {"signer.issuer", "  issuer", COLUMN_TEXT},
    {"signer.level", "  level", COLUMN_TEXT},
    {"signer.fingerprint", "  fingerprint", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static void
verdict_set(json_t *object, const struct smime_verdict *v, const char *from)
{
	bool is_signed = v->status != SMIME_UNSIGNED;

	output_set(object, "status", output_text(smime_status_name(v->status)));
	output_set(object, "detail", output_text(v->detail));
	output_set(object, "from", output_text(from));
	output_set(object, "intact", output_fact(is_signed, v->intact));
	output_set(object, "trusted", output_fact(v->intact, v->trusted));
	output_set(object, "owns_from", output_fact(v->intact, v->owns_from));
	output_set(object, "usage_fits", output_fact(v->intact, v->usage_fits));
	output_set(object, "in_time", output_fact(v->intact, v->in_time));
	output_set(object, "revocation_checked",
	    output_fact(v->intact, v->revocation_checked));
	output_set(object, "signing_time", output_time(v->signing_time));
	output_set(object, "digest", output_text(v->digest));
	output_set(object, "signers", json_integer(v->signers));
	output_set(object, "capabilities",
	    cert_json_capabilities(buf_slice(&v->capabilities)));
}

/* null where nothing is encrypted */
static void
encryption_set(json_t *object, struct smime_layers *l)
{
	bool encrypted = l->decryption != SMIME_CLEAR;
	bool opened = l->decryption == SMIME_OPENED;

	output_set(object, "encrypted", json_boolean(encrypted));
	output_set(object, "cipher",
	    *l->cipher ? output_text(l->cipher) : json_null());
	output_set(object, "recipients",
	    encrypted ? output_text(buf_text(&l->recipients)) : json_null());
	output_set(object, "decrypted",
	    encrypted ? json_boolean(opened) : json_null());
	output_set(object, "certificate",
	    opened ? output_text(l->fingerprint) : json_null());
	output_set(object, "authenticated",
	    opened ? json_boolean(l->authenticated) : json_null());
	output_set(object, "signed_outside", json_boolean(l->signed_outside));
}

static json_t *
layers_json(struct smime_layers *l, const char *from, time_t now)
{
	const struct smime_verdict *v = &l->verdict;
	json_t *object = json_object(), *kinds = json_array();

	verdict_set(object, v, from);
	output_set(object, "signer",
	    v->signer ? cert_json(v->signer, now) : json_null());
	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(
		    kinds, output_text(smime_kind_name(l->kinds[i])));
	output_set(object, "layers", kinds);
	output_set(
	    object, "part", *l->part ? output_text(l->part) : json_null());
	output_set(object, "signature_removed", json_boolean(l->unwrapped));
	encryption_set(object, l);
	return object;
}

static int
verify(struct admin *a, const struct message_file *m,
    struct message_opening *opening, struct err *err)
{
	static const struct view view = {NULL, NULL, verify_columns};
	char *from = message_file_from(m);
	struct address_list to;
	struct message_open_opts opts = {
	    .from = from, .to = &to, .optional = true};
	json_t *object;
	int rc;

	address_list_init(&to);
	message_file_recipients(m, &to);
	rc = message_open(a, m, &opts, opening, err);
	if (rc == 0) {
		object = layers_json(&opening->layers, from, a->now);
		output_document(&a->output, object, &view, 1);
		json_decref(object);
	}
	address_list_fini(&to);
	free(from);
	return rc;
}

enum verb_result
message_verify_run(struct admin *a, const struct args *args, struct err *err)
{
	enum verb_result rc = VERB_FAILED;
	const struct settings *settings;
	struct message_opening opening;
	struct message_file m;

	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	message_file_init(&m, &settings->gateway.spool);
	message_opening_init(&opening, &settings->gateway.spool);
	if (message_file_read(&m, args_operand(args, 0), err) == 0 &&
	    verify(a, &m, &opening, err) == 0)
		rc = opening.layers.verdict.status == SMIME_VALID ? VERB_DONE
								  : VERB_NO;
	message_opening_fini(&opening);
	message_file_fini(&m);
	return rc;
}
