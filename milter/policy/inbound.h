/*
 * inbound.h: what becomes of a message from outside: passed or refused,
 * marked, and for which recipients it is decrypted.  Pure: no I/O, no clock.
 */
#ifndef POLICY_INBOUND_H
#define POLICY_INBOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/setting.h"
#include "cert/certificate.h"
#include "policy/plan.h"

/* Which messages get fields that say what was found in them. */
enum mark_what {
	MARK_SMIME = 0, /* S/MIME at the root, or not what was asked for */
	MARK_ALL,	/* those that are not signed, too */
	MARK_OFF
};

/* Addresses are canonical; strings and arrays are borrowed. */
struct inbound_recipient {
	const char *address;	     /* NULL: not readable as one */
	bool is_own;		     /* in one of our domains */
	enum setting_switch decrypt; /* effective, never inherit; of one who
	                              * is not ours it does not count */
	enum setting_mode mode;	     /* likewise */
	bool reads;		     /* his own key opens the content key */
};

struct inbound_facts {
	bool has_smime; /* the root of the message is S/MIME */
	/* Of THE signature of the message (smime/layers.h), in an encrypted
	 * one of that inside. */
	bool signed_;
	bool valid; /* and its signer is the one author: rule V9 */
	enum certificate_level level; /* of its certificate; counts if valid */
	bool encrypted;
	bool opened;
	bool is_report; /* null sender, and From is nobody or a mail system */
	/* What is asked of mail from them: see inbound_demand_add. */
	struct recipient_level demand;
	const struct inbound_recipient *recipients; /* each address once */
	size_t recipient_count;
	size_t copies;	 /* that can be reinjected; 0: there is no listener */
	bool has_forged; /* fields that only we may write */
	enum setting_mode mode; /* where no recipient is ours */
	enum mark_what mark;
};

/*
 * What is done.  In shadow mode that is nothing, and would and would_plain
 * tell what it would have been; otherwise they are the same as action and
 * plain_count.
 */
struct inbound_plan {
	enum plan_action action; /* PLAN_PASS: it goes on, with what is said
	                          * below; or PLAN_REFUSE, and then nothing of
	                          * that */
	enum plan_reason reason; /* of a refusal; else why nobody gets
	                          * plaintext, where there is any; or
	                          * REASON_UNSIGNED: no S/MIME */
	enum plan_reason unmet;	 /* REASON_MUST_BE_SIGNED, _MUST_BE_ENCRYPTED,
	                          * _LEVEL_TOO_LOW; shadow mode or not */
	enum plan_reason unmet_unread; /* the same for who sees nothing of what
	                                * was encrypted */
	bool shadow;
	bool mark;
	bool remove_forged;
	bool split; /* the ciphertext stays in place for who does not get the
	             * plaintext; those who do are removed from it and get a
	             * copy */
	/* Of each recipient, in the order of the facts. */
	bool *plain;		/* he gets the plaintext */
	enum plan_reason *why;	/* he does not; REASON_NONE where he does, or
	                         * nothing was encrypted */
	size_t recipient_count; /* of both arrays */
	size_t plain_count;	/* how many get the plaintext */
	enum plan_action would;
	size_t would_plain;
};

void inbound_plan_init(struct inbound_plan *plan);
void inbound_plan_fini(struct inbound_plan *plan);

/* Does anything in level ask for something?  Inherited values do not. */
bool inbound_is_demand(const struct recipient_level *level);

/* Adds what is asked of one more mailbox of From: the strictest counts, in
 * each respect.  demand starts as {0}, which asks for nothing; of by the four
 * inbound values count, and none of them when it asks for nothing. */
void inbound_demand_add(
    struct recipient_level *demand, const struct recipient_level *by);

/* Does a certificate of that level do? */
bool inbound_is_level(
    enum certificate_level level, enum setting_assurance wanted);

/*
 * The whole decision.
 * - Who gets plaintext: one of ours who wants it and whose own key opens it
 *   (E2).  All: in place.  Some: in a split.  What stays in place in a split
 *   is the ciphertext, so that a recipient who could not be removed sees no
 *   plaintext; without a listener nobody gets plaintext.
 * - What is asked of who stands in From and is not positively seen is unmet
 *   (E6), and marked, or refused where the operator says so; never refused is
 *   - encrypted mail: its sender must not learn from our answer what we read,
 *     or could not read, inside (rule X4);
 *   - a report that mail was not delivered (rule N3).
 * - Forged fields are removed from everything that passes (rule A5).
 * - Shadow mode (G1): of all recipients who are ours, or else as the facts
 *   say.  Where only some are, the message is changed, but they get what came.
 * - Mail without S/MIME, demand and forgery: nothing at all.
 *
 * plan must be initialised; what it holds is freed.
 */
void inbound_decide(
    const struct inbound_facts *facts, struct inbound_plan *plan);

#endif
