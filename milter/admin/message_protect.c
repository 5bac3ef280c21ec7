/*
 * message_protect.c: "message sign" and "message encrypt": the gateway's own
 * way with a message, without a mail server.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/mail_run.h"
#include "admin/message_file.h"
#include "admin/message_sink.h"
#include "admin/message_verbs.h"
#include "policy/plan.h"

struct protect {
	const struct args *args;
	bool encrypt; /* otherwise: sign */
	struct message_file message;
	char *from;
	struct address_list to;
};

static enum verb_result
find_sender(struct protect *p, struct err *err)
{
	const char *text = args_option(p->args, "from");

	if (text)
		return admin_address(text, &p->from, err);
	p->from = message_file_from(&p->message);
	if (p->from)
		return VERB_DONE;
	(void)err_set(err, ERR_PERMANENT,
	    "the message has no single From address; give --from ADDRESS");
	return VERB_FAILED;
}

static enum verb_result
find_recipients(struct protect *p, struct err *err)
{
	const char *text = p->encrypt ? args_option(p->args, "to") : NULL;

	if (text)
		return mail_run_addresses(text, &p->to, err);
	message_file_recipients(&p->message, &p->to);
	if (p->to.count > 0 || !p->encrypt)
		return VERB_DONE;
	(void)err_set(err, ERR_PERMANENT,
	    "the message names nobody in To and Cc; give --to ADDRESS");
	return VERB_FAILED;
}

/* The gateway let it through; is it what was asked for? */
static int
check_plan(const struct protect *p, const struct plan *plan, struct err *err)
{
	if (p->encrypt ? plan->encrypt : plan->sign)
		return 0;
	return err_set(err, ERR_POLICY, "not %s: %s",
	    p->encrypt ? "encrypted" : "signed",
	    plan_reason_name(plan->action == PLAN_PASS ? plan->reason
			     : p->encrypt	       ? plan->encrypt_reason
						       : plan->sign_reason));
}

static int
check_reply(
    enum job_outcome outcome, const struct job_reply *reply, struct err *err)
{
	if (outcome == JOB_ACCEPT)
		return 0;
	return err_set(err, outcome == JOB_DEFER ? ERR_TEMPORARY : ERR_POLICY,
	    "%s %s", reply->extended, reply->text);
}

static int
print_protected(struct admin *a, const struct protect *p, const struct job *job,
    struct err *err)
{
	const struct plan *plan = job_plan(job);
	struct message_sink sink;
	json_t *object;
	int rc;

	if (message_sink_open(&sink, &a->output, err))
		return -1;
	rc = message_file_write(&p->message, job_edits(job), sink.file, err);
	object = json_object();
	output_set(object, "from", output_text(p->from));
	output_set(object, "signed", json_boolean(plan->sign));
	output_set(object, "encrypted", json_boolean(plan->encrypt));
	message_sink_close(&sink, object);
	json_decref(object);
	return rc;
}

static int
protect(struct admin *a, struct protect *p, struct err *err)
{
	struct mail_run run = {.from = p->from, .to = &p->to};
	enum job_outcome outcome;
	struct job_reply reply;
	int rc = -1;

	run.client.login = p->from;
	run.client.alone = true;
	/* what the user's own settings leave out is asked for here */
	if (p->encrypt)
		run.client.override.encrypt = ENCRYPT_REQUIRED;
	else
		run.client.override = (struct setting_level){
		    .sign = SWITCH_ON, .encrypt = ENCRYPT_OFF};
	run.client.override.mode = MODE_ENFORCE;
	if (mail_run_begin(&run, a, &p->message, err))
		return -1;
	outcome = job_end_of_message(run.job, &reply);
	if (check_reply(outcome, &reply, err) ||
	    check_plan(p, job_plan(run.job), err))
		goto out;
	rc = print_protected(a, p, run.job, err);
out:
	mail_run_end(&run);
	return rc;
}

static enum verb_result
run_protect(
    struct admin *a, const struct args *args, bool encrypt, struct err *err)
{
	struct protect p = {.args = args, .encrypt = encrypt};
	const struct settings *settings;
	enum verb_result rc = VERB_FAILED;

	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	message_file_init(&p.message, &settings->gateway.spool);
	address_list_init(&p.to);
	if (message_file_read(&p.message, args_operand(args, 0), err))
		goto out;
	rc = find_sender(&p, err);
	if (rc == VERB_DONE)
		rc = find_recipients(&p, err);
	if (rc == VERB_DONE && protect(a, &p, err))
		rc = VERB_FAILED;
out:
	free(p.from);
	address_list_fini(&p.to);
	message_file_fini(&p.message);
	return rc;
}

enum verb_result
message_sign_run(struct admin *a, const struct args *args, struct err *err)
{
	return run_protect(a, args, false, err);
}

enum verb_result
message_encrypt_run(struct admin *a, const struct args *args, struct err *err)
{
	return run_protect(a, args, true, err);
}
