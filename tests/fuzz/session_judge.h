/*
 * session_judge.h: whether what a session answered is right.
 *
 * Judged is the message as the mail server would send it on, by reading it as
 * its recipients do.
 */
#ifndef TESTS_FUZZ_SESSION_JUDGE_H
#define TESTS_FUZZ_SESSION_JUDGE_H

#include <sys/socket.h>

#include "daemon/session.h"
#include "fuzz/session_site.h"
#include "mail/header.h"

#define MESSAGE_RECIPIENTS 64u

/* A message as the session was told, and, when it is accepted, as it leaves. */
struct message {
	struct header header;
	struct buf body;
	const char *sender;
	const char *recipients[MESSAGE_RECIPIENTS];
	size_t recipient_count;
	const char *login;
	const struct sockaddr *address;
	const char *daemon_name;
	/* In the order of the protocol, from MAIL to the end. */
	bool legal;
};

void message_init(struct message *m);
void message_fini(struct message *m);

struct outcome {
	enum session_answer answer;
	struct job_reply reply;	   /* for refusals and deferrals */
	const struct edits *edits; /* NULL: none */
};

/* Aborts when the outcome is not what it has to be for that message.  When it
 * is accepted, *out becomes the message that leaves. */
void judge(const struct message *m, const struct outcome *outcome,
    struct message *out);

#endif
