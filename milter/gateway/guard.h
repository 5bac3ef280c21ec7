/*
 * guard.h: the last milter on the way out, which looks whether anybody broke
 * what the signer has sealed (D3).
 *
 * It knows no users, keys or certificates of ours, and changes nothing: it
 * only takes out the field with the fingerprint (SEAL_FIELD), whatever else
 * becomes of the message.  Mail that has neither that nor a signature at its
 * root ends at the end of its header.
 *
 * In the log:
 *
 *   seal-broken   action sealed change part bytes [more] [before] text from
 *                 nrcpt [fields]
 *   seal-finding  change part bytes text
 *   seal-intact   sealed [change part bytes text] from nrcpt [fields]
 *   seal-unchecked action reason error from nrcpt
 *   seal-forged   count from nrcpt
 *   seal-report   to status [error]
 *
 * change: a word of seal_compare.h, and text the same for people.  The most
 * important finding stands in seal-broken or seal-intact, up to
 * LIMIT_GUARD_FINDINGS others have lines of their own behind it, and more
 * tells how many there are.  before=yes: it was sealed as it is now.  fields:
 * of the fingerprint, when there are several.  seal-forged: fields that were
 * not made with our key.  Of mail without our fingerprint seal-intact is of
 * level debug.
 */
#ifndef GATEWAY_GUARD_H
#define GATEWAY_GUARD_H

#include <stdbool.h>

#include "gateway/guard_judge.h"
#include "gateway/job.h"

/* What is known of a message. */
struct guard {
	size_t fields;	    /* with fingerprints, whoever made them */
	struct seal *seal;  /* the one that can be believed, or NULL */
	bool has_signature; /* its header says so */
	struct guard_verdict *verdict; /* NULL: not judged */
	enum guard_action action;      /* when broken, or not checked */
	char *from;		       /* the author, for log and report */
	bool tell;		       /* the operator, when it has gone on */
};

/* Nothing is known yet.  What has been found is owned until the end. */
void guard_init(struct guard *g);
void guard_fini(struct guard *g);

/* Is it a guard's message at all?  Otherwise nothing else here is called. */
bool guard_is_on(const struct job *job);

/* At the end of the header: is anything to be done at the end of the message,
 * and does that need the body? */
bool guard_look(struct job *job);
bool guard_wants_body(const struct job *job);

/* The whole message is there: judges it, makes the edits, logs.  *reply is
 * filled unless the answer is JOB_ACCEPT. */
enum job_outcome guard_finish(struct job *job, struct job_reply *reply);

/* The mail server has taken the edits. */
void guard_commit(struct job *job);

#endif
