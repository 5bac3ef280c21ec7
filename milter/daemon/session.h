/*
 * session.h: one connection of the mail server, message after message.
 *
 * Turns what a mail server says, in whatever order it does, into jobs of the
 * gateway.  Knows nothing of libmilter: another front end could drive it.
 */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include <sys/socket.h>

#include "daemon/service.h"
#include "gateway/edits.h"
#include "gateway/job.h"

struct session;

/* What the mail server is to be told. */
enum session_answer {
	SESSION_CONTINUE = 0,
	SESSION_ACCEPT, /* after the edits, at the end of the message */
	SESSION_REFUSE, /* with the reply */
	SESSION_DEFER	/* with the reply */
};

/* The service must outlive the session. */
struct session *session_new(struct service *service);
/* Ends a message that is still going on.  NULL is fine. */
void session_free(struct session *session);

/* The client.  Both are copied and may be NULL: sendmail -bs has no address,
 * not every server names its listeners.  Addresses other than IPv4 and IPv6
 * count as none. */
void session_client(struct session *session, const struct sockaddr *address,
    const char *daemon_name);

/* The client's TLS certificate, as far as the mail server has verified it: the
 * common names of its subject and issuer, for the messages that begin from now
 * on.  Copied; NULL: none. */
void session_certificate(
    struct session *session, const char *subject, const char *issuer);

/* Begins a message; one that was going on is over.  path is the argument of
 * MAIL: "<a@example.org>", "<>", or without brackets, "" for the null sender
 * (Postfix's non_smtpd).  parameters: the other arguments, a blank between
 * them, or NULL.  login: {auth_authen}, or NULL. */
void session_sender(struct session *session, const char *path,
    const char *parameters, const char *login);

/* Recipients, fields and ends of the header that come behind the end of the
 * header end the message: what else is said about it is answered with
 * SESSION_DEFER.  parameters as above; resolved: {rcpt_addr}, or NULL. */
void session_recipient(struct session *session, const char *path,
    const char *parameters, const char *resolved);

/* As often as it may have become known; NULL is ignored. */
void session_queue_id(struct session *session, const char *queue_id);

/* body with its leading blank, folds as LF and a blank. */
void session_header(
    struct session *session, const char *name, const char *body);

/* Any answer but SESSION_CONTINUE ends the message; *reply is filled for
 * SESSION_REFUSE and SESSION_DEFER. */
enum session_answer session_end_of_header(
    struct session *session, struct job_reply *reply);

void session_body(struct session *session, const void *data, size_t len);

/* Never SESSION_CONTINUE.  The message goes on, for session_edits, until
 * session_end_message. */
enum session_answer session_end_of_message(
    struct session *session, struct job_reply *reply);

/* After SESSION_ACCEPT, once the mail server has taken the edits, and before
 * it is told that the message is accepted: as above, and SESSION_ACCEPT or
 * the reply. */
enum session_answer session_commit(
    struct session *session, struct job_reply *reply);

/* What to change before the message is accepted; NULL when nothing is. */
const struct edits *session_edits(const struct session *session);

/* The same after session_commit: what to change on top of that. */
const struct edits *session_late_edits(const struct session *session);

/* The message is over, one way or another; harmless when there is none. */
void session_end_message(struct session *session);

#endif
