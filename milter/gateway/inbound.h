/*
 * inbound.h: mail from outside: judged, learned from, decrypted for those
 * whose keys open it, and marked.
 *
 * The original can always go on: whatever cannot be read goes on as it came
 * (rules V13, X2), but for what others have written in our name (rule A5).
 * Nothing that was inside a ciphertext changes the answer (rule X4).
 */
#ifndef GATEWAY_INBOUND_H
#define GATEWAY_INBOUND_H

#include <stdbool.h>

#include "gateway/job.h"
#include "gateway/message_copy.h"
#include "gateway/readers.h"
#include "policy/inbound.h"
#include "smime/layers.h"

/* What is known of a message from outside, and made of it. */
struct inbound {
	bool has_smime;		      /* at its root */
	bool is_claimed;	      /* it has fields that only we may write */
	struct address_list salvaged; /* where From names nobody, or cannot be
	                               * read: who may be shown */
	struct recipient_level demand; /* on who stands in From */
	struct readers readers;
	struct smime_layers layers; /* with has_smime, once they are read */
	struct inbound_plan plan;
	struct message_copy copy; /* the plaintext for some of them */
	struct edits late; /* nobody has taken that copy: its recipients get
	                    * what came */
	bool foreseen;	   /* for "explain": nothing is logged */
	enum job_outcome answer; /* to a failure */
};

void inbound_init(struct inbound *in, const struct spool_config *config);
void inbound_fini(struct inbound *in);

/* At the end of the header; whose addresses these are is known by then, or
 * never will be. */
void inbound_look(struct job *job);

/* Who may be shown as the author, as far as that is known: what is asked of
 * any of them counts. */
const struct address_list *inbound_authors(const struct job *job);

/* Is there anything to do at the end of the message, and does that need the
 * body?  Otherwise it is unsigned mail, and costs nothing more. */
bool inbound_wants_end(const struct job *job);
bool inbound_wants_body(const struct job *job);

/* The whole message is there: reads it, decides, makes the edits, and brings a
 * copy for some of the recipients to the listener but for its dot.  *reply is
 * filled unless the answer is JOB_ACCEPT.  Logs and learns, unless there is
 * a copy. */
enum job_outcome inbound_finish(struct job *job, struct job_reply *reply);

/* Instead of inbound_finish, for "explain": reads and decides, but changes,
 * learns and logs nothing. */
enum job_outcome inbound_foresee(struct job *job, struct job_reply *reply);

/* The dot of that copy; otherwise as above.  Where the listener will never take
 * it its recipients get what came, with the others. */
enum job_outcome inbound_commit(struct job *job, struct job_reply *reply);

#endif
