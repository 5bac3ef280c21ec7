/*
 * milter_callbacks.c: see milter_callbacks.h.
 *
 * Each callback hands on what the mail server said to the session of its
 * connection.  libmilter calls those of one connection one after the other,
 * but from changing threads.
 *
 * The mail server need not wait for an answer before the end of the header
 * (SMFIP_NR_*), because none of ours could differ; where a server lacks
 * that, libmilter sends the answers itself.  So nobody can be told to skip a
 * body that is not needed (SMFIS_SKIP), which is rare: unsigned mail with a
 * field in our name.  It is dropped as it comes.
 */
#include "daemon/milter_callbacks.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "daemon/client_certificate.h"
#include "daemon/heartbeat.h"
#include "daemon/milter_apply.h"
#include "daemon/session.h"
#include "mail/xtext.h"
#include "policy/plan.h"

#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_DELRCPT)
/* Who was removed gets the message after all. */
#define ACTIONS_BACK (SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR)
/* Only a guard holds mail, and where it cannot the message waits; so it does
 * where nobody can be put back. */
#define ACTIONS_WELCOME (SMFIF_SETSYMLIST | SMFIF_QUARANTINE | ACTIONS_BACK)
/* A header body must come, and go, with its exact leading blank; everything
 * since Postfix 2.6 and Sendmail 8.14 can do that. */
#define STEPS_NEEDED SMFIP_HDR_LEADSPC
#define STEPS_UNUSED (SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOUNKNOWN)
#define STEPS_UNANSWERED                                                       \
	(SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR |        \
	    SMFIP_NR_BODY)

/* More than a packet of the milter protocol can hold. */
#define ARGUMENTS_MAX (2 * (size_t)MIB)

/* libmilter wants macros as char *. */
static char macro_queue_id[] = "i";
static char macro_daemon_name[] = "{daemon_name}";
static char macro_login[] = "{auth_authen}";
static char macro_strength[] = "{auth_ssf}";
static char macro_recipient[] = "{rcpt_addr}";
static char macro_version[] = "v";
static char macro_verify[] = "{verify}";
static char macro_cert_subject[] = "{cert_subject}";
static char macro_cert_issuer[] = "{cert_issuer}";
static char macro_cn_subject[] = "{cn_subject}";
static char macro_cn_issuer[] = "{cn_issuer}";
static char macros_at_connection[] = "{daemon_name} v";
/* The client may have begun TLS since its connection, and HELO is not heard. */
static char macros_at_sender[] = "i {auth_authen} {auth_ssf} {verify} "
				 "{cert_subject} {cert_issuer} {cn_subject} "
				 "{cn_issuer}";
static char macros_at_recipient[] = "i {rcpt_addr}";

static struct service *milter_service;
static struct heartbeat *milter_heartbeat;

/* The connection belongs to the heartbeat until heartbeat_end. */
static void
beat(void *ctx)
{
	(void)smfi_progress(ctx);
}

int
milter_callbacks_init(struct service *service, struct err *err)
{
	milter_service = service;
	return heartbeat_new(LIMIT_HEARTBEAT, beat, &milter_heartbeat, err);
}

static struct session *
session_of(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (!session) {
		session = session_new(milter_service);
		(void)smfi_setpriv(ctx, session);
	}
	return session;
}

/* Each list replaces one of the mail server's own.  {daemon_name} is asked
 * for at the connection only: later Postfix answers with the name of its
 * cleanup service. */
static void
ask_for_macros(SMFICTX *ctx)
{
	(void)smfi_setsymlist(ctx, SMFIM_CONNECT, macros_at_connection);
	(void)smfi_setsymlist(ctx, SMFIM_ENVFROM, macros_at_sender);
	(void)smfi_setsymlist(ctx, SMFIM_ENVRCPT, macros_at_recipient);
	(void)smfi_setsymlist(ctx, SMFIM_EOH, macro_queue_id);
	(void)smfi_setsymlist(ctx, SMFIM_EOM, macro_queue_id);
}

/* The signature is libmilter's. */
static sfsistat /* NOLINTNEXTLINE(readability-function-size) */
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long f2, unsigned long f3, unsigned long *want_actions,
    unsigned long *want_steps, unsigned long *want_f2, unsigned long *want_f3)
{
	(void)f2;
	(void)f3;
	if ((actions & ACTIONS) != ACTIONS ||
	    (steps & STEPS_NEEDED) != STEPS_NEEDED) {
		log_error("the mail server is too old: it must let milters "
			  "change header, body and recipients and speak "
			  "version 6 of the milter protocol");
		return SMFIS_REJECT;
	}
	*want_actions = ACTIONS | (actions & ACTIONS_WELCOME);
	*want_steps = STEPS_NEEDED | STEPS_UNANSWERED | (steps & STEPS_UNUSED);
	*want_f2 = 0;
	*want_f3 = 0;
	if (actions & SMFIF_SETSYMLIST)
		ask_for_macros(ctx);
	return SMFIS_CONTINUE;
}

static sfsistat /* NOLINTNEXTLINE(readability-non-const-parameter) */
on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
	(void)host;
	session_client(
	    session_of(ctx), address, smfi_getsymval(ctx, macro_daemon_name));
	return SMFIS_NOREPLY;
}

/* Only Sendmail knows {auth_ssf}, and it writes the login as xtext.  The
 * caller frees it; NULL: nobody has logged in. */
static char *
login_of(SMFICTX *ctx)
{
	const char *text = smfi_getsymval(ctx, macro_login);
	char *login = NULL;

	if (!text)
		return NULL;
	if (smfi_getsymval(ctx, macro_strength))
		login = xtext_decode(text);
	return login ? login : xstrdup(text);
}

/* The arguments of MAIL or RCPT behind the path, as they came, with a blank
 * between them.  The caller frees it. */
static char *
parameters_of(char **arguments)
{
	struct buf text;

	buf_init(&text, ARGUMENTS_MAX);
	for (size_t i = 1; arguments[0] && arguments[i]; i++) {
		if (i > 1)
			buf_add_char(&text, ' ');
		buf_add_text(&text, arguments[i]);
	}
	return buf_take_text(&text);
}

static void
tell_certificate(SMFICTX *ctx)
{
	const struct client_macros macros = {
	    .version = smfi_getsymval(ctx, macro_version),
	    .verify = smfi_getsymval(ctx, macro_verify),
	    .cert_subject = smfi_getsymval(ctx, macro_cert_subject),
	    .cert_issuer = smfi_getsymval(ctx, macro_cert_issuer),
	    .cn_subject = smfi_getsymval(ctx, macro_cn_subject),
	    .cn_issuer = smfi_getsymval(ctx, macro_cn_issuer),
	};
	struct client_certificate certificate;

	client_certificate_read(&macros, &certificate);
	session_certificate(
	    session_of(ctx), certificate.subject, certificate.issuer);
	client_certificate_fini(&certificate);
}

static sfsistat
on_sender(SMFICTX *ctx, char **arguments)
{
	char *login = login_of(ctx), *parameters = parameters_of(arguments);

	tell_certificate(ctx);
	session_sender(session_of(ctx), arguments[0], parameters, login);
	free(parameters);
	session_queue_id(session_of(ctx), smfi_getsymval(ctx, macro_queue_id));
	free(login);
	return SMFIS_NOREPLY;
}

static sfsistat
on_recipient(SMFICTX *ctx, char **arguments)
{
	char *parameters = parameters_of(arguments);

	session_recipient(session_of(ctx), arguments[0], parameters,
	    smfi_getsymval(ctx, macro_recipient));
	free(parameters);
	return SMFIS_NOREPLY;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *body)
{
	session_header(session_of(ctx), name, body);
	return SMFIS_NOREPLY;
}

static sfsistat
answer_with(
    SMFICTX *ctx, enum session_answer answer, const struct job_reply *reply)
{
	switch (answer) {
	case SESSION_CONTINUE:
		return SMFIS_CONTINUE;
	case SESSION_ACCEPT:
		return SMFIS_ACCEPT;
	case SESSION_REFUSE:
		milter_apply_reply(ctx, reply);
		return SMFIS_REJECT;
	case SESSION_DEFER:
		break;
	}
	milter_apply_reply(ctx, reply);
	return SMFIS_TEMPFAIL;
}

static sfsistat
on_end_of_header(SMFICTX *ctx)
{
	struct session *session = session_of(ctx);
	struct job_reply reply;

	session_queue_id(session, smfi_getsymval(ctx, macro_queue_id));
	return answer_with(ctx, session_end_of_header(session, &reply), &reply);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	session_body(session_of(ctx), data, len);
	return SMFIS_NOREPLY;
}

/* -1: the mail server did not take all of them, or is gone. */
static int
carry_out(SMFICTX *ctx, const struct edits *edits)
{
	struct log_line line;

	if (!edits || edits_are_empty(edits))
		return 0;
	/* The last one tells whether anybody still listens: copies that have
	 * been handed over cannot be taken back (MTA.md f). */
	if (milter_apply_edits(ctx, edits) == 0 &&
	    smfi_progress(ctx) == MI_SUCCESS)
		return 0;
	log_begin(&line, LOG_LEVEL_ERROR, smfi_getsymval(ctx, macro_queue_id),
	    "deferred");
	log_text(&line, "reason", plan_reason_name(REASON_INTERNAL));
	log_text(&line, "error", "the mail server did not take the changes");
	log_end(&line);
	return -1;
}

/* Says that we are alive while step works on the message. */
static enum session_answer
take_step(SMFICTX *ctx,
    enum session_answer (*step)(struct session *, struct job_reply *),
    struct job_reply *reply)
{
	struct heartbeat_work work;
	enum session_answer answer;

	heartbeat_begin(milter_heartbeat, &work, ctx);
	answer = step(session_of(ctx), reply);
	heartbeat_end(milter_heartbeat, &work);
	return answer;
}

/* Nothing is kept of the edits unless the message is accepted. */
static sfsistat
finish_message(SMFICTX *ctx, struct session *session)
{
	struct job_reply reply;
	enum session_answer answer;

	answer = take_step(ctx, session_end_of_message, &reply);
	if (answer != SESSION_ACCEPT)
		return answer_with(ctx, answer, &reply);
	if (carry_out(ctx, session_edits(session)) < 0)
		return SMFIS_TEMPFAIL;
	answer = take_step(ctx, session_commit, &reply);
	if (answer != SESSION_ACCEPT)
		return answer_with(ctx, answer, &reply);
	if (carry_out(ctx, session_late_edits(session)) < 0)
		return SMFIS_TEMPFAIL;
	return SMFIS_CONTINUE;
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
	struct session *session = session_of(ctx);
	sfsistat result;

	session_queue_id(session, smfi_getsymval(ctx, macro_queue_id));
	result = finish_message(ctx, session);
	session_end_message(session);
	return result;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	session_end_message(session_of(ctx));
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	session_free(smfi_getpriv(ctx));
	(void)smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

static char name[] = "smime-milter";

const struct smfiDesc milter_description = {
    .xxfi_name = name,
    .xxfi_version = SMFI_VERSION,
    .xxfi_flags = ACTIONS | ACTIONS_BACK | SMFIF_QUARANTINE,
    .xxfi_connect = on_connect,
    .xxfi_envfrom = on_sender,
    .xxfi_envrcpt = on_recipient,
    .xxfi_header = on_header,
    .xxfi_eoh = on_end_of_header,
    .xxfi_body = on_body,
    .xxfi_eom = on_end_of_message,
    .xxfi_abort = on_abort,
    .xxfi_close = on_close,
    .xxfi_negotiate = on_negotiate,
};
