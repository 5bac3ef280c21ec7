/*
 * job.h: one message in flight, from its envelope to its edits.
 *
 * The caller (daemon/session.c, smimectl) tells what the mail server tells,
 * in its order, then asks what to do.  Everything that belongs to the
 * message is freed by job_free, whatever ended it.
 */
#ifndef GATEWAY_JOB_H
#define GATEWAY_JOB_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/slice.h"
#include "gateway/edits.h"
#include "gateway/gateway.h"
#include "policy/plan.h"

struct job;

/* The client's side of the connection; borrowed for the job's life. */
struct job_client {
	const struct sockaddr *address; /* NULL: none (sendmail -bs) */
	const char *daemon_name;	/* NULL: unknown */
	const char *login;		/* {auth_authen}; NULL: none */
	/* Common names of a TLS client certificate that the mail server has
	 * verified, and of its issuer; NULL: none. */
	const char *certificate;
	const char *issuer;
	/* More specific than the user's own settings; inherit (0) in mail,
	 * set where the operator asks for a signature ("smimectl message"). */
	struct setting_level override;
	/* One copy for all recipients, or none: nobody hands others over
	 * ("smimectl message"). */
	bool alone;
};

/* What the mail server is to answer. */
enum job_outcome {
	JOB_ACCEPT = 0, /* after job_edits and job_commit */
	JOB_REFUSE,
	JOB_DEFER
};

struct job_reply {
	const char *code;     /* "550" */
	const char *extended; /* "5.7.51" */
	char text[512];	      /* one line, no "%" surprises: printable ASCII */
};

/* A message begins.  Takes a reference of the gateway, which it keeps whatever
 * is reloaded; client is borrowed until job_free, which ends the message at any
 * point: what was not committed is given up. */
struct job *job_new(struct gateway *gateway, const struct job_client *client);
void job_free(struct job *job);

/* The first three never fail outright: what is over a limit or unreadable is
 * remembered and decides later.  Parameters are those of MAIL and RCPT, a
 * blank between them; resolved is the recipient in the mail server's words
 * (envelope.h).  NULL: none. */
void job_sender(struct job *job, const char *path, const char *parameters);
void job_recipient(struct job *job, const char *path, const char *parameters,
    const char *resolved);
/* body with its leading blank, folds as LF + blank. */
void job_header(struct job *job, const char *name, const char *body);

/* The queue id as soon as it is known; until then NULL: "NOQUEUE". */
void job_queue_id(struct job *job, const char *queue_id);

/* All header fields are there.  Does the decision need the body?  When not
 * the message is to be accepted unchanged at once (already logged). */
bool job_end_of_header(struct job *job);

/* Exact bytes, CRLF lines.  Errors are remembered for the end. */
void job_body(struct job *job, const void *data, size_t len);

/* Decides, signs, encrypts, verifies; copies for other recipients are brought
 * to the reinjection listener, all but their final dots.  On JOB_ACCEPT
 * job_edits tells what to change, otherwise *reply is filled.  Logs the
 * decision, unless there are copies.  What is not done in
 * the configuration's time, job_commit and what is between included, is
 * deferred. */
enum job_outcome job_end_of_message(struct job *job, struct job_reply *reply);

/* After JOB_ACCEPT, once the mail server has taken the edits: sends the final
 * dots.  JOB_ACCEPT: the message may be accepted now.  Otherwise *reply is
 * filled, and the mail server must forget the edits; copies that have gone
 * out all the same are not sent again when the message comes again.  Logs the
 * decision if that was not done yet. */
enum job_outcome job_commit(struct job *job, struct job_reply *reply);

/* Instead of job_end_of_message, for "explain": decides, but signs,
 * encrypts, verifies, learns and logs nothing (job_end_of_header, which logs,
 * need not be called before).  Tells what would be answered if nothing fails
 * underway; *reply as above, and for inbound mail also what only shadow mode
 * keeps from being refused. */
enum job_outcome job_decide(struct job *job, struct job_reply *reply);

/* What the plan alone says, shadow mode or not; once it is decided. */
enum job_outcome job_would(const struct job *job, struct job_reply *reply);

/* Valid until job_free. */
const struct edits *job_edits(const struct job *job);
/* What to change on top of that when job_commit has accepted the message: who
 * gets no copy after all gets what came. */
const struct edits *job_late_edits(const struct job *job);

/* The decision and its facts, for "explain"; valid until job_free. */
struct policy_facts;
const struct plan *job_plan(const struct job *job);
const struct policy_facts *job_facts(const struct job *job);
struct gather;
const struct gather *job_gather(const struct job *job);
/* Of an inbound message. */
struct inbound;
const struct inbound *job_inbound(const struct job *job);
/* What it would teach, which the caller frees; NULL: nothing. */
struct lesson;
struct lesson *job_lesson(const struct job *job);
/* How the message itself would be changed, or the copy with the plaintext;
 * shadow mode changes nothing.  Added to edits; errors: mark_remove. */
int job_foresee_edits(const struct job *job, bool plaintext,
    struct edits *edits, struct err *err) MUST_USE;
/* What the sender asks for and what takes it out, granted or not; NULL when
 * there is nothing, or policy says that keywords are just text. */
struct triggers;
const struct triggers *job_triggers(const struct job *job);

#endif
