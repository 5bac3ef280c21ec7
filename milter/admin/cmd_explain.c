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
#include "admin/explain_answer.h"
#include "admin/mail_run.h"
#include "admin/message_file.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/directory.h"

static const struct command_option options[] = {
    {"from", "ADDRESS",
	"envelope sender (\"<>\": nobody), and From where there is no FILE"},
    {"to", "ADDRESS,...", "recipients"},
    {"cc", "ADDRESS,...", "more recipients"},
    {"bcc", "ADDRESS,...", "recipients whom the header does not name"},
    {"subject", "TEXT", "Subject where there is no FILE"},
    {"auth", "LOGIN",
	"who has logged in, \"\" for nobody; default: --from, if it is ours"},
    {"client", "IP", "address of the client, without a login"},
    {"daemon", "NAME", "listener that took the mail, without a login"},
    {"tls", "NAME", "common name of the client's TLS certificate"},
    {"tls-issuer", "NAME", "common name of its issuer"},
    {NULL, NULL, NULL},
};

/* The question */

struct question {
	struct mail_run run;
	struct message_file message;
	bool has_file;
	struct sockaddr_storage client;
	char *from;
	struct address_list to, cc, bcc;
	struct address_list all; /* the envelope */
	const char *subject;	 /* or NULL */
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

static int
is_own(struct admin *a, const char *address, bool *own, struct err *err)
{
	struct directory_view view;
	struct gateway *gateway;

	if (admin_gateway(a, &gateway, err) < 0 ||
	    directory_look(gateway_directory(gateway), 0, a->now, &view, err) <
		0)
		return -1;
	return directory_is_own(&view, address, own, err);
}

/* Without any word about the client our users have logged in, as they do, and
 * all others are strangers. */
static enum verb_result
read_who(struct admin *a, struct question *q, const struct args *args,
    struct err *err)
{
	const char *auth = args_option(args, "auth");
	const char *client = args_option(args, "client");
	bool own = false;

	q->run.client.daemon_name = args_option(args, "daemon");
	q->run.client.certificate = args_option(args, "tls");
	q->run.client.issuer = args_option(args, "tls-issuer");
	if (!auth && !client && !q->run.client.daemon_name &&
	    !q->run.client.certificate) {
		if (*q->from && is_own(a, q->from, &own, err) < 0)
			return VERB_FAILED;
		auth = own ? q->from : NULL;
	}
	if (auth && *auth)
		q->run.client.login = auth;
	if (!client)
		return VERB_DONE;
	q->run.client.address = (const struct sockaddr *)&q->client;
	return read_client(client, &q->client, err);
}

static enum verb_result
missing(const char *option, struct err *err)
{
	(void)err_set(err, ERR_PERMANENT,
	    "--%s is missing; see: smimectl help explain", option);
	return VERB_USAGE;
}

static enum verb_result
read_list(const struct args *args, const char *name, struct address_list *out,
    struct err *err)
{
	const char *text = args_option(args, name);

	return text ? mail_run_addresses(text, out, err) : VERB_DONE;
}

static void
add_all(struct address_list *to, const struct address_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		address_list_add(to, slice_text(from->addresses[i]));
}

/* "<>" sends reports, which are what their From says. */
static enum verb_result
read_sender(struct question *q, const char *from, struct err *err)
{
	if (!address_is_null(slice_text(from)))
		return admin_address(from, &q->from, err);
	q->from = xstrdup("");
	if (q->has_file)
		return VERB_DONE;
	(void)err_set(err, ERR_PERMANENT,
	    "--from \"<>\" needs a FILE; see: smimectl help explain");
	return VERB_USAGE;
}

/* A message of its own names its author and recipients itself, where the
 * command line does not. */
static enum verb_result
read_envelope(struct admin *a, struct question *q, const struct args *args,
    struct err *err)
{
	const char *from = args_option(args, "from");
	enum verb_result rc = VERB_DONE;

	q->subject = args_option(args, "subject");
	if (from)
		rc = read_sender(q, from, err);
	else if (q->has_file)
		q->from = message_file_from(&q->message);
	if (rc == VERB_DONE && !q->from)
		return missing("from", err);
	if (rc == VERB_DONE)
		rc = read_list(args, "to", &q->to, err);
	if (rc == VERB_DONE)
		rc = read_list(args, "cc", &q->cc, err);
	if (rc == VERB_DONE)
		rc = read_list(args, "bcc", &q->bcc, err);
	if (rc != VERB_DONE)
		return rc;
	if (q->has_file && q->to.count + q->cc.count == 0)
		message_file_recipients(&q->message, &q->to);
	add_all(&q->all, &q->to);
	add_all(&q->all, &q->cc);
	add_all(&q->all, &q->bcc);
	q->run.from = q->from;
	q->run.to = &q->all;
	return q->all.count > 0 ? read_who(a, q, args, err)
				: missing("to", err);
}

static void
add_addresses(
    struct buf *text, const char *name, const struct address_list *list)
{
	if (list->count == 0)
		return;
	buf_addf(text, "%s: ", name);
	for (size_t i = 0; i < list->count; i++)
		buf_addf(
		    text, "%s<%s>", i > 0 ? ",\r\n " : "", list->addresses[i]);
	buf_add_text(text, "\r\n");
}

/* The least that a mail client would write. */
static enum verb_result
write_message(struct question *q, struct err *err)
{
	size_t subject = q->subject ? strlen(q->subject) : 0;
	enum verb_result rc = VERB_DONE;
	struct buf text;

	if (q->subject && q->subject[strcspn(q->subject, "\r\n")]) {
		(void)err_set(
		    err, ERR_PERMANENT, "--subject has more than one line");
		return VERB_USAGE;
	}
	buf_init(
	    &text, (q->all.count + 4) * (LIMIT_ADDRESS + 64) + subject + 64);
	buf_addf(&text, "From: <%s>\r\n", q->from);
	add_addresses(&text, "To", &q->to);
	add_addresses(&text, "Cc", &q->cc);
	if (q->subject)
		buf_addf(&text, "Subject: %s\r\n", q->subject);
	buf_add_text(&text, "MIME-Version: 1.0\r\n"
			    "Content-Type: text/plain\r\n\r\n\r\n");
	if (message_file_take(&q->message, buf_slice(&text), err) < 0)
		rc = VERB_FAILED;
	buf_fini(&text);
	return rc;
}

/* The answer */

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
	enum verb_result rc = VERB_FAILED;
	enum job_outcome outcome;
	struct job_reply reply;
	json_t *object;

	if (mail_run_begin(&q->run, a, &q->message, err))
		return VERB_FAILED;
	outcome = job_decide(q->run.job, &reply);
	if (explain_answer(a, q->run.job, outcome, &reply, &object, err) == 0) {
		explain_write(&a->output, object);
		json_decref(object);
		rc = result_of(outcome);
	}
	mail_run_end(&q->run);
	return rc;
}

static enum verb_result
run_explain(struct admin *a, const struct args *args, struct err *err)
{
	const char *file = args_operand(args, 0);
	const struct settings *settings;
	struct question q = {.has_file = file != NULL};
	enum verb_result rc = VERB_FAILED;

	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	message_file_init(&q.message, &settings->gateway.spool);
	address_list_init(&q.to);
	address_list_init(&q.cc);
	address_list_init(&q.bcc);
	address_list_init(&q.all);
	if (file && message_file_read(&q.message, file, err))
		goto out;
	rc = read_envelope(a, &q, args, err);
	if (rc == VERB_DONE && !file)
		rc = write_message(&q, err);
	if (rc == VERB_DONE)
		rc = answer(a, &q, err);
out:
	message_file_fini(&q.message);
	address_list_fini(&q.to);
	address_list_fini(&q.cc);
	address_list_fini(&q.bcc);
	address_list_fini(&q.all);
	free(q.from);
	return rc;
}

const struct command explain_commands[] = {
    {"explain", NULL, "[--from ADDRESS --to ADDRESS,...] [FILE]", 0, 1, options,
	"Tells what would happen to a mail, and why", run_explain},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
