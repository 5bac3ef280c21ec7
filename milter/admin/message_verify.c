/*
 * message_verify.c: "message verify": what a signature proves, as facts.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/cert_json.h"
#include "admin/message_file.h"
#include "admin/message_verbs.h"
#include "smime/verify.h"

static const struct column verify_columns[] = {
    {"status", "Status", COLUMN_TEXT},
    {"detail", "Because", COLUMN_TEXT},
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

static json_t *
verdict_json(const struct smime_verdict *v, const char *from, time_t now)
{
	json_t *object = json_object();

	output_set(object, "status", output_text(smime_status_name(v->status)));
	output_set(object, "detail", output_text(v->detail));
	output_set(object, "from", output_text(from));
	output_set(object, "intact", json_boolean(v->intact));
	output_set(object, "trusted", json_boolean(v->trusted));
	output_set(object, "owns_from", json_boolean(v->owns_from));
	output_set(object, "usage_fits", json_boolean(v->usage_fits));
	output_set(object, "in_time", json_boolean(v->in_time));
	output_set(
	    object, "revocation_checked", json_boolean(v->revocation_checked));
	output_set(object, "signing_time", output_time(v->signing_time));
	output_set(object, "digest", output_text(v->digest));
	output_set(object, "signers", json_integer(v->signers));
	output_set(object, "signer",
	    v->signer ? cert_json(v->signer, now) : json_null());
	output_set(object, "capabilities",
	    cert_json_capabilities(buf_slice(&v->capabilities)));
	return object;
}

static int
verify(struct admin *a, const struct message_file *m,
    struct smime_verdict *verdict, struct err *err)
{
	static const struct view view = {NULL, NULL, verify_columns};
	struct smime_verify_opts opts = {.now = a->now};
	char *from = message_file_from(m);
	json_t *object;
	int rc;

	opts.from = from;
	rc = admin_trust(a, &opts.trust, err);
	if (rc == 0)
		rc = smime_verify(&opts, &m->header, m->body, verdict, err);
	if (rc == 0) {
		object = verdict_json(verdict, from, a->now);
		output_document(&a->output, object, &view, 1);
		json_decref(object);
	}
	free(from);
	return rc;
}

enum verb_result
message_verify_run(struct admin *a, const struct args *args, struct err *err)
{
	enum verb_result rc = VERB_FAILED;
	const struct settings *settings;
	struct smime_verdict verdict;
	struct message_file m;

	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	message_file_init(&m, &settings->gateway.spool);
	smime_verdict_init(&verdict, &settings->gateway.spool);
	if (message_file_read(&m, args_operand(args, 0), err) == 0 &&
	    verify(a, &m, &verdict, err) == 0)
		rc = verdict.status == SMIME_VALID ? VERB_DONE : VERB_NO;
	smime_verdict_fini(&verdict);
	message_file_fini(&m);
	return rc;
}
