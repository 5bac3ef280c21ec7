/*
 * session.c: see session.h.
 *
 * One thread at a time per session (libmilter's workers take turns).  What
 * belongs to a message is freed in session_end_message and nowhere else.
 */
#include "daemon/session.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct session {
	struct service *service;

	/* the connection */
	struct sockaddr_storage address;
	bool has_address;
	char *daemon_name;	/* NULL: unknown */
	char *subject, *issuer; /* of the client's certificate, or NULL */

	/* the message */
	struct job *job; /* NULL: none, or it began when the service ended */
	struct job_client client; /* borrowed by the job */
	char *login;
	bool in_flight;
	bool header_ended;
};

struct session *
session_new(struct service *service)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->service = service;
	service_connected(service);
	return s;
}

void
session_free(struct session *s)
{
	if (!s)
		return;
	session_end_message(s);
	service_disconnected(s->service);
	free(s->daemon_name);
	free(s->subject);
	free(s->issuer);
	free(s);
}

static size_t
address_size(const struct sockaddr *address)
{
	if (!address)
		return 0;
	if (address->sa_family == AF_INET)
		return sizeof(struct sockaddr_in);
	if (address->sa_family == AF_INET6)
		return sizeof(struct sockaddr_in6);
	return 0;
}

void
session_client(
    struct session *s, const struct sockaddr *address, const char *daemon_name)
{
	size_t size = address_size(address);

	session_end_message(s);
	s->has_address = size > 0;
	if (size > 0)
		memcpy(&s->address, address, size);
	free(s->daemon_name);
	s->daemon_name = daemon_name ? xstrdup(daemon_name) : NULL;
	session_certificate(s, NULL, NULL);
}

void
session_certificate(struct session *s, const char *subject, const char *issuer)
{
	session_end_message(s);
	free(s->subject);
	free(s->issuer);
	s->subject = subject ? xstrdup(subject) : NULL;
	s->issuer = issuer ? xstrdup(issuer) : NULL;
}

void
session_sender(struct session *s, const char *path, const char *parameters,
    const char *login)
{
	struct gateway *gateway;

	session_end_message(s);
	gateway = service_gateway(s->service);
	if (!gateway)
		return;
	s->login = login ? xstrdup(login) : NULL;
	s->client = (struct job_client){
	    .address =
		s->has_address ? (const struct sockaddr *)&s->address : NULL,
	    .daemon_name = s->daemon_name,
	    .login = s->login,
	    .certificate = s->subject,
	    .issuer = s->issuer,
	};
	s->job = job_new(gateway, &s->client);
	gateway_unref(&gateway);
	job_sender(s->job, path, parameters);
}

/* Behind the end of the header everything has been decided.  Recipients and
 * fields that come all the same can neither count nor be left out, so the
 * message has to wait; libmilter lets no mail server get so far. */
static struct job *
undecided_job(struct session *s)
{
	if (s->header_ended)
		session_end_message(s);
	return s->job;
}

void
session_recipient(struct session *s, const char *path, const char *parameters,
    const char *resolved)
{
	struct job *job = undecided_job(s);

	if (job)
		job_recipient(job, path, parameters, resolved);
}

void
session_queue_id(struct session *s, const char *queue_id)
{
	if (s->job && queue_id)
		job_queue_id(s->job, queue_id);
}

void
session_header(struct session *s, const char *name, const char *body)
{
	struct job *job = undecided_job(s);

	if (job)
		job_header(job, name, body);
}

static enum session_answer
defer(struct job_reply *reply)
{
	reply->code = "451";
	reply->extended = "4.3.2";
	snprintf(reply->text, sizeof(reply->text),
	    "S/MIME gateway is restarting, try again later");
	return SESSION_DEFER;
}

enum session_answer
session_end_of_header(struct session *s, struct job_reply *reply)
{
	struct job *job = undecided_job(s);

	s->header_ended = true;
	if (job && !s->in_flight)
		s->in_flight = service_enter(s->service);
	if (!s->in_flight) {
		session_end_message(s);
		return defer(reply);
	}
	if (job_end_of_header(s->job))
		return SESSION_CONTINUE;
	session_end_message(s);
	return SESSION_ACCEPT;
}

void
session_body(struct session *s, const void *data, size_t len)
{
	if (s->job)
		job_body(s->job, data, len);
}

static enum session_answer
answer_of(enum job_outcome outcome)
{
	switch (outcome) {
	case JOB_ACCEPT:
		return SESSION_ACCEPT;
	case JOB_REFUSE:
		return SESSION_REFUSE;
	case JOB_DEFER:
		break;
	}
	return SESSION_DEFER;
}

enum session_answer
session_end_of_message(struct session *s, struct job_reply *reply)
{
	enum session_answer answer;

	if (!s->header_ended) {
		answer = session_end_of_header(s, reply);
		if (answer != SESSION_CONTINUE)
			return answer;
	}
	if (!s->in_flight)
		return defer(reply);
	return answer_of(job_end_of_message(s->job, reply));
}

enum session_answer
session_commit(struct session *s, struct job_reply *reply)
{
	/* Accepted before there was anything to hand over. */
	if (!s->job)
		return SESSION_ACCEPT;
	return answer_of(job_commit(s->job, reply));
}

const struct edits *
session_edits(const struct session *s)
{
	return s->job ? job_edits(s->job) : NULL;
}

const struct edits *
session_late_edits(const struct session *s)
{
	return s->job ? job_late_edits(s->job) : NULL;
}

void
session_end_message(struct session *s)
{
	job_free(s->job);
	s->job = NULL;
	free(s->login);
	s->login = NULL;
	s->header_ended = false;
	if (s->in_flight)
		service_leave(s->service);
	s->in_flight = false;
}
