/*
 * cmd_explain.c: what would happen to a mail, and why.
 *
 * The decision is the gateway's own, made from the facts that are given here;
 * nothing is signed, encrypted, learned or logged.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/mail_run.h"
#include "admin/message_file.h"
#include "admin/partner_list.h"
#include "base/alloc.h"
#include "policy/decide.h"
#include "policy/facts.h"
#include "policy/plan.h"

static const struct command_option options[] = {
    {"from", "ADDRESS", "envelope sender, and From where there is no FILE"},
    {"to", "ADDRESS,...", "recipients"},
    {"auth", "LOGIN", "who has logged in, \"\" for nobody; default: --from"},
    {"client", "IP", "address of the client, without a login"},
    {"daemon", "NAME", "listener that took the mail, without a login"},
    {NULL, NULL, NULL},
};

static const struct column lines[] = {
    {"direction", "Direction", COLUMN_TEXT},
    {"submitter", "Submitted by", COLUMN_TEXT},
    {"login", "Login", COLUMN_TEXT},
    {"from", "From", COLUMN_TEXT},
    {"settings.sign", "Setting: sign", COLUMN_TEXT},
    {"settings.encrypt", "Setting: encrypt", COLUMN_TEXT},
    {"identity", "Own certificate", COLUMN_TEXT},
    {"protection", "Protected already", COLUMN_TEXT},
    {"exemption", "Exempt", COLUMN_TEXT},
    {"action", "Action", COLUMN_TEXT},
    {"reason", "  because", COLUMN_TEXT},
    {"sign", "Signed", COLUMN_TEXT},
    {"sign_reason", "  because", COLUMN_TEXT},
    {"encrypt", "Encrypted", COLUMN_TEXT},
    {"encrypt_reason", "  because", COLUMN_TEXT},
    {"reply", "Reply", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column recipient_columns[] = {
    {"address", "RECIPIENT", COLUMN_TEXT},
    {"local", "LOCAL", COLUMN_TEXT},
    {"visible", "IN TO OR CC", COLUMN_TEXT},
    {"usable", "USABLE", COLUMN_NUMBER},
    {"word", "RESULT", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column certificate_columns[] = {
    {"address", "RECIPIENT", COLUMN_TEXT},
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
    {"recipients", "Recipients", recipient_columns},
    {"certificates", "Certificates", certificate_columns},
};

/* The words of the facts */

static const char *const submitter_words[] = {
    [SUBMITTER_NONE] = "stranger",
    [SUBMITTER_LOGIN] = "login",
    [SUBMITTER_NETWORK] = "trusted network",
    [SUBMITTER_DAEMON] = "submission daemon",
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

/* "" for no reason at all. */
static json_t *
reason_text(enum plan_reason reason)
{
	return reason == REASON_NONE ? json_null()
				     : output_text(plan_reason_name(reason));
}

/* The question */

struct question {
	struct mail_run run;
	struct message_file message;
	struct sockaddr_storage client;
	char *from;
	struct address_list to;
};

static enum verb_result
read_client(const char *text, struct sockaddr_storage *out, struct err *err)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(out, &v4, sizeof(v4));
		return VERB_DONE;
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(out, &v6, sizeof(v6));
		return VERB_DONE;
	}
	(void)err_set(
	    err, ERR_PERMANENT, "--client %s: not an IP address", text);
	return VERB_USAGE;
}

/* Without any word about the client the user has logged in, as users do. */
static enum verb_result
read_who(struct question *q, const struct args *args, struct err *err)
{
	const char *auth = args_option(args, "auth");
	const char *client = args_option(args, "client");

	q->run.client.daemon_name = args_option(args, "daemon");
	if (!auth && !client && !q->run.client.daemon_name)
		auth = q->from;
	if (auth && *auth)
		q->run.client.login = auth;
	if (!client)
		return VERB_DONE;
	q->run.client.address = (const struct sockaddr *)&q->client;
	return read_client(client, &q->client, err);
}

static enum verb_result
read_envelope(struct question *q, const struct args *args, struct err *err)
{
	const char *from = args_option(args, "from");
	const char *to = args_option(args, "to");
	enum verb_result rc;

	if (!from || !to) {
		(void)err_set(err, ERR_PERMANENT,
		    "--%s is missing; see: smimectl help explain",
		    from ? "to" : "from");
		return VERB_USAGE;
	}
	rc = admin_address(from, &q->from, err);
	if (rc == VERB_DONE)
		rc = mail_run_addresses(to, &q->to, err);
	if (rc == VERB_DONE)
		rc = read_who(q, args, err);
	q->run.from = q->from;
	q->run.to = &q->to;
	return rc;
}

/* The least that a mail client would write. */
static int
write_message(struct question *q, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, (q->to.count + 4) * (LIMIT_ADDRESS + 64));
	buf_addf(&text, "From: <%s>\r\nTo: ", q->from);
	for (size_t i = 0; i < q->to.count; i++)
		buf_addf(
		    &text, "%s<%s>", i > 0 ? ",\r\n " : "", q->to.addresses[i]);
	buf_add_text(&text, "\r\nMIME-Version: 1.0\r\n"
			    "Content-Type: text/plain\r\n\r\n\r\n");
	rc = message_file_take(&q->message, buf_slice(&text), err);
	buf_fini(&text);
	return rc;
}

/* The answer */

static json_t *
settings_json(const struct policy_facts *f)
{
	json_t *object = json_object();

	output_set(object, "sign", output_text(setting_switch_name(f->sign)));
	output_set(
	    object, "encrypt", output_text(setting_encrypt_name(f->encrypt)));
	return object;
}

static json_t *
answer_json(const struct policy_facts *f, const struct plan *p)
{
	json_t *o = json_object();
	bool outbound = p->direction == PLAN_OUTBOUND;

	output_set(
	    o, "direction", output_text(outbound ? "outbound" : "inbound"));
	output_set(o, "submitter", output_text(submitter_words[f->submitter]));
	output_set(o, "login", output_text(f->login));
	output_set(o, "from", output_text(f->from));
	if (outbound) {
		output_set(o, "settings", settings_json(f));
		output_set(
		    o, "identity", output_text(identity_words[f->identity]));
	}
	output_set(
	    o, "protection", output_text(protection_words[f->protection]));
	output_set(
	    o, "exemption", output_text(exemption_words[decide_exemption(f)]));
	output_set(o, "action", output_text(action_words[p->action]));
	output_set(o, "reason", reason_text(p->reason));
	output_set(o, "sign", json_boolean(p->sign));
	output_set(o, "sign_reason", reason_text(p->sign_reason));
	output_set(o, "encrypt", json_boolean(p->encrypt));
	output_set(o, "encrypt_reason", reason_text(p->encrypt_reason));
	output_set(o, "must_encrypt", json_boolean(p->must_encrypt));
	return o;
}

static json_t *
recipient_json(const struct recipient_facts *r)
{
	json_t *object = json_object();

	output_set(object, "address",
	    output_text(r->address ? r->address : r->envelope));
	output_set(object, "local", json_boolean(r->is_local));
	output_set(object, "visible", json_boolean(r->visible));
	return object;
}

/* What the gateway would find: it does not look where the settings do not
 * ask for encryption, and never encrypts to our own. */
static int
add_certificates(const struct partner_question *q, const char *address,
    json_t *recipient, json_t *all, struct err *err)
{
	struct partner_answer found;
	json_t *object;
	size_t i;

	if (partner_list(q, address, &found, err))
		return -1;
	output_set(recipient, "usable", json_integer((json_int_t)found.usable));
	output_set(
	    recipient, "word", output_text(cert_pick_word_name(found.word)));
	if (found.word != CERT_PICK_TAKEN)
		output_set(recipient, "advice",
		    output_text(cert_pick_word_advice(found.word)));
	json_array_foreach(found.certificates, i, object)
	    output_set(object, "address", output_text(address));
	(void)json_array_extend(all, found.certificates);
	json_decref(found.certificates);
	return 0;
}

static int
add_recipients(struct admin *a, const struct policy_facts *f, json_t *answer,
    struct err *err)
{
	struct partner_question q = {.store = gateway_store(a->gateway),
	    .trust = gateway_trust(a->gateway),
	    .now = a->now};
	json_t *recipients = json_array(), *certificates = json_array();
	const struct recipient_facts *r;
	json_t *object;

	output_set(answer, "recipients", recipients);
	output_set(answer, "certificates", certificates);
	for (size_t i = 0; i < f->recipient_count; i++) {
		r = &f->recipients[i];
		object = recipient_json(r);
		(void)json_array_append_new(recipients, object);
		if (r->address && !r->is_local &&
		    add_certificates(&q, r->address, object, certificates, err))
			return -1;
	}
	return 0;
}

static enum verb_result
result_of(enum job_outcome outcome)
{
	switch (outcome) {
	case JOB_ACCEPT:
		return VERB_DONE;
	case JOB_DEFER:
		return VERB_AWAY;
	case JOB_REFUSE:
		break;
	}
	return VERB_NO;
}

static enum verb_result
answer(struct admin *a, struct question *q, struct err *err)
{
	enum job_outcome outcome;
	struct job_reply reply;
	enum verb_result rc;
	json_t *object;
	char *text;

	if (mail_run_begin(&q->run, a, &q->message, err))
		return VERB_FAILED;
	outcome = job_decide(q->run.job, &reply);
	object = answer_json(job_facts(q->run.job), job_plan(q->run.job));
	if (outcome != JOB_ACCEPT) {
		text = xasprintf(
		    "%s %s %s", reply.code, reply.extended, reply.text);
		output_set(object, "reply", output_text(text));
		free(text);
	}
	rc = result_of(outcome);
	if (add_recipients(a, job_facts(q->run.job), object, err))
		rc = VERB_FAILED;
	else
		output_document(&a->output, object, views, 3);
	json_decref(object);
	mail_run_end(&q->run);
	return rc;
}

static enum verb_result
run_explain(struct admin *a, const struct args *args, struct err *err)
{
	const char *file = args_operand(args, 0);
	const struct settings *settings;
	struct question q = {0};
	enum verb_result rc;

	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	message_file_init(&q.message, &settings->gateway.spool);
	address_list_init(&q.to);
	rc = read_envelope(&q, args, err);
	if (rc != VERB_DONE)
		goto out;
	if (file ? message_file_read(&q.message, file, err)
		 : write_message(&q, err))
		rc = VERB_FAILED;
	else
		rc = answer(a, &q, err);
out:
	message_file_fini(&q.message);
	address_list_fini(&q.to);
	free(q.from);
	return rc;
}

const struct command explain_commands[] = {
    {"explain", NULL, "--from ADDRESS --to ADDRESS,... [FILE]", 0, 1, options,
	"Tells what would happen to a mail, and why", run_explain},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
