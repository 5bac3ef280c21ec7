/*
 * explain_answer.c: see explain_answer.h.
 *
 * Tells what the gateway has found and decided, and decides nothing itself:
 * the facts and the plan are those of the job.
 */
#include "admin/explain_answer.h"

#include <string.h>

#include "admin/explain_copies.h"
#include "admin/explain_inbound.h"
#include "admin/explain_parts.h"
#include "admin/explain_recipients.h"
#include "gateway/gather.h"
#include "gateway/inbound.h"
#include "gateway/levels.h"
#include "gateway/trigger.h"
#include "policy/decide.h"

/* --- as tables --- */

static const struct column lines[] = {
    {"direction", "Direction", COLUMN_TEXT},
    {"submitter", "Submitted by", COLUMN_TEXT},
    {"login", "Login", COLUMN_TEXT},
    {"sender", "Envelope sender", COLUMN_TEXT},
    {"from", "From", COLUMN_TEXT},
    {"identity", "Own certificate", COLUMN_TEXT},
    {"protection", "Protected already", COLUMN_TEXT},
    {"exemption", "Exempt", COLUMN_TEXT},
    {"asks", "Asked for", COLUMN_TEXT},
    {"triggers", "  by", COLUMN_TEXT},
    {"escrow", "Escrow", COLUMN_TEXT},
    {"escrow_missing", "  of", COLUMN_TEXT},
    {"disclaimer", "Disclaimer", COLUMN_TEXT},
    {"disclaimer_result", "  becomes", COLUMN_TEXT},
    {"disclaimer_reason", "  because", COLUMN_TEXT},
    {"copies", "Copies possible", COLUMN_TEXT},
    {"shadow", "Shadow mode", COLUMN_TEXT},
    {"action", "Action", COLUMN_TEXT},
    {"reason", "  because", COLUMN_TEXT},
    {"sign", "Signed", COLUMN_TEXT},
    {"sign_reason", "  because", COLUMN_TEXT},
    {"encrypt", "Encrypted", COLUMN_TEXT},
    /* Of some recipient: others may get ciphertext all the same. */
    {"encrypt_reason", "  in the way", COLUMN_TEXT},
    {"culprit", "  at", COLUMN_TEXT},
    {"outcome", "Outcome", COLUMN_TEXT},
    {"reply", "Reply", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column recipient_columns[] = {
    {"address", "RECIPIENT", COLUMN_TEXT},
    {"local", "OURS", COLUMN_TEXT},
    {"visible", "TO/CC", COLUMN_TEXT},
    {"usable", "CERTS", COLUMN_NUMBER},
    {"gets", "GETS", COLUMN_TEXT},
    {"copy", "IN", COLUMN_TEXT},
    {"reason", "IN THE WAY", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column copy_columns[] = {
    {"copy", "COPY", COLUMN_TEXT},
    {"recipient_count", "RECIPIENTS", COLUMN_NUMBER},
    {"signature", "SIGNATURE", COLUMN_TEXT},
    {"cipher", "CIPHER", COLUMN_TEXT},
    {"key_transport", "RSA KEYS", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column reader_columns[] = {
    {"copy", "COPY", COLUMN_TEXT},
    {"address", "NAMES", COLUMN_TEXT},
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"escrow", "ESCROW", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column refused_columns[] = {
    {"address", "RECIPIENT", COLUMN_TEXT},
    {"text", "THE SENDER IS TOLD", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column certificate_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"pick", "USED", COLUMN_TEXT},
    {"trust", "TRUST", COLUMN_TEXT},
    {"not_after", "VALID UNTIL", COLUMN_DAY},
    {"subject", "SUBJECT", COLUMN_TEXT},
    {"detail", "DETAIL", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct view views[] = {
    {NULL, NULL, lines},
    {"rules", "Rules for the sender", explain_rule_columns},
    {"recipient_rules", "Rules for recipients (others are built-in)",
	explain_rule_columns},
    {"recipients", "Recipients", recipient_columns},
    {"messages", "Copies", copy_columns},
    {"readers", "Whom each ciphertext names to its readers", reader_columns},
    {"refused", "Refused", refused_columns},
    {"certificates", "Certificates", certificate_columns},
};
#define VIEW_COUNT (sizeof(views) / sizeof(*views))

/* --- words --- */

static const char *const submitter_words[] = {
    [SUBMITTER_NONE] = "stranger",
    [SUBMITTER_LOGIN] = "login",
    [SUBMITTER_NETWORK] = "trusted network",
    [SUBMITTER_DAEMON] = "submission daemon",
    [SUBMITTER_CERTIFICATE] = "TLS certificate",
};

static const char *const identity_words[] = {
    [IDENTITY_NO_USER] = "no user",
    [IDENTITY_RETIRED] = "retired",
    [IDENTITY_NO_CERTIFICATE] = "none",
    [IDENTITY_EXPIRED] = "expired",
    [IDENTITY_NOT_YET] = "not valid yet",
    [IDENTITY_WRONG_ADDRESS] = "of another address",
    [IDENTITY_WRONG_USAGE] = "not for signing",
    [IDENTITY_WEAK] = "too weak",
    [IDENTITY_READY] = "ready",
};

static const char *const protection_words[] = {
    [PROTECTION_NONE] = "no",
    [PROTECTION_SIGNED] = "signed",
    [PROTECTION_ENCRYPTED] = "encrypted",
};

static const char *const exemption_words[] = {
    [EXEMPT_NOT] = "no",
    [EXEMPT_NULL_SENDER] = "null sender",
    [EXEMPT_DSN] = "delivery report",
    [EXEMPT_MDN] = "read receipt",
    [EXEMPT_ACME] = "ACME",
    [EXEMPT_AUTO_SUBMITTED] = "auto-submitted",
    [EXEMPT_LIST] = "mailing list",
    [EXEMPT_RESENT] = "resent",
    [EXEMPT_CALENDAR] = "calendar",
    [EXEMPT_PARTIAL] = "message/partial",
};

static const char *const action_words[] = {
    [PLAN_PASS] = "pass unchanged",
    [PLAN_PROTECT] = "protect",
    [PLAN_REFUSE] = "refuse",
    [PLAN_DEFER] = "defer",
};

static const char *const escrow_words[] = {
    [ESCROW_NONE] = "none",
    [ESCROW_READY] = "ready",
    [ESCROW_MISSING] = "missing",
};

static const char *const outcome_words[] = {
    [JOB_ACCEPT] = "accepted",
    [JOB_REFUSE] = "refused",
    [JOB_DEFER] = "waits",
};

/* --- the message as a whole --- */

static json_t *
asked_for(const struct policy_facts *f)
{
	json_t *list = json_array();

	if (f->asks_sign)
		(void)json_array_append_new(list, output_text("sign"));
	if (f->asks_encrypt)
		(void)json_array_append_new(list, output_text("encrypt"));
	if (f->asks_no_sign)
		(void)json_array_append_new(list, output_text("no-sign"));
	if (f->asks_no_encrypt)
		(void)json_array_append_new(list, output_text("no-encrypt"));
	return list;
}

/* What has been found in subject and header. */
static json_t *
trigger_names(const struct triggers *t)
{
	json_t *list = json_array();

	for (size_t i = 0; t && i < t->count; i++)
		(void)json_array_append_new(list, output_text(t->names[i]));
	return list;
}

static json_t *
settings_json(const struct policy_facts *f)
{
	json_t *object = json_object();

	output_set(object, "sign", output_text(setting_switch_name(f->sign)));
	output_set(
	    object, "encrypt", output_text(setting_encrypt_name(f->encrypt)));
	return object;
}

static void
set_facts(json_t *o, const struct policy_facts *f, bool outbound)
{
	output_set(
	    o, "direction", output_text(outbound ? "outbound" : "inbound"));
	output_set(o, "submitter", output_text(submitter_words[f->submitter]));
	output_set(o, "login", output_text(f->login));
	output_set(o, "sender", output_text(f->null_sender ? "<>" : f->sender));
	output_set(o, "from", output_text(f->from));
	output_set(
	    o, "protection", output_text(protection_words[f->protection]));
	output_set(
	    o, "exemption", output_text(exemption_words[decide_exemption(f)]));
	if (!outbound)
		return;
	output_set(o, "settings", settings_json(f));
	output_set(o, "identity", output_text(identity_words[f->identity]));
	output_set(o, "asks", asked_for(f));
	output_set(o, "escrow", output_text(escrow_words[f->escrow]));
	output_set(o, "copies", json_integer((json_int_t)f->copies));
}

/* Which one, and what came of trying to add it; the rules tell where it is
 * from. */
static void
set_disclaimer(json_t *o, const struct job *job)
{
	const struct gather *g = job_gather(job);
	const struct plan *p = job_plan(job);
	const char *result = plan_disclaimer_name(p->disclaimer);
	enum plan_reason reason = p->disclaimer_reason;

	output_set(o, "disclaimer", json_null());
	if (g->facts.disclaimer == DISCLAIM_NOT)
		return;
	if (g->facts.disclaimer == DISCLAIM_UNKNOWN) {
		result = "unknown";
		reason = REASON_DISCLAIMER_UNKNOWN;
	}
	output_set(o, "disclaimer",
	    output_text(
		g->disclaimer ? g->disclaimer->name : g->disclaimer_unknown));
	output_set(o, "disclaimer_result", output_text(result));
	output_set(o, "disclaimer_reason", explain_reason(reason));
}

static void
set_plan(json_t *o, const struct policy_facts *f, const struct plan *p)
{
	output_set(o, "shadow", json_boolean(p->shadow));
	output_set(o, "action", output_text(action_words[p->action]));
	output_set(o, "reason", explain_reason(p->reason));
	output_set(o, "sign", json_boolean(p->sign));
	output_set(o, "sign_reason", explain_reason(p->sign_reason));
	output_set(o, "encrypt", json_boolean(p->encrypt));
	output_set(o, "encrypt_reason", explain_reason(p->encrypt_reason));
	if (p->recipient != PLAN_NO_RECIPIENT)
		output_set(o, "culprit",
		    output_text(explain_name(&f->recipients[p->recipient])));
	output_set(o, "must_sign", json_boolean(p->must_sign));
	output_set(o, "must_encrypt", json_boolean(p->must_encrypt));
}

static bool
would_refuse(const struct job *job)
{
	return job_plan(job)->direction == PLAN_INBOUND &&
	       job_inbound(job)->plan.would == PLAN_REFUSE;
}

/* In shadow mode the mail is accepted; the reply is what it would have been.
 */
static void
set_outcome(json_t *o, const struct job *job, enum job_outcome outcome,
    const struct job_reply *reply)
{
	struct job_reply would;

	output_set(o, "outcome", output_text(outcome_words[outcome]));
	if (outcome != JOB_ACCEPT || would_refuse(job))
		output_set(o, "reply", explain_reply(reply));
	else if (job_plan(job)->shadow && job_would(job, &would) != JOB_ACCEPT)
		output_set(o, "reply", explain_reply(&would));
}

/* --- all of it --- */

static int
answer_outbound(struct admin *a, const struct levels *levels,
    const struct job *job, json_t *answer, struct err *err)
{
	const struct policy_facts *f = job_facts(job);

	set_facts(answer, f, true);
	set_plan(answer, f, job_plan(job));
	set_disclaimer(answer, job);
	if (explain_rules(levels, job, answer, err) < 0 ||
	    explain_recipients(a, levels, job, answer, err) < 0 ||
	    explain_escrow(a, job, answer, err) < 0)
		return -1;
	output_set(answer, "triggers", trigger_names(job_triggers(job)));
	explain_copies(job, answer);
	return 0;
}

static int
answer_inbound(struct admin *a, const struct levels *levels,
    const struct job *job, json_t *answer, struct err *err)
{
	set_facts(answer, job_facts(job), false);
	return explain_inbound(a, levels, job, answer, err);
}

int
explain_answer(struct admin *a, const struct job *job, enum job_outcome outcome,
    const struct job_reply *reply, json_t **out, struct err *err)
{
	const struct levels levels = {.config = gateway_config(a->gateway),
	    .store = gateway_store(a->gateway)};
	json_t *answer = json_object();
	int rc;

	if (job_plan(job)->direction == PLAN_OUTBOUND)
		rc = answer_outbound(a, &levels, job, answer, err);
	else
		rc = answer_inbound(a, &levels, job, answer, err);
	if (rc < 0) {
		json_decref(answer);
		return -1;
	}
	set_outcome(answer, job, outcome, reply);
	*out = answer;
	return 0;
}

void
explain_write(struct output *o, const json_t *answer)
{
	const char *direction =
	    json_string_value(json_object_get(answer, "direction"));

	if (strcmp(direction, "outbound") == 0)
		output_document(o, answer, views, VIEW_COUNT);
	else
		output_document(o, answer, explain_inbound_views,
		    explain_inbound_view_count);
}
