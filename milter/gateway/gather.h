/*
 * gather.h: collecting the facts of one message for the decision.
 *
 * In the order in which they become known: from envelope and header alone;
 * whose addresses these are; settings, identity and certificates; what only
 * the body tells.  The decision can be made after each step.
 */
#ifndef GATEWAY_GATHER_H
#define GATEWAY_GATHER_H

#include "base/err.h"
#include "gateway/directory.h"
#include "gateway/envelope.h"
#include "gateway/job.h"
#include "gateway/trigger.h"
#include "mail/address_list.h"
#include "mail/header.h"
#include "mail/mime_scan.h"
#include "policy/facts.h"
#include "policy/plan.h"
#include "smime/detect.h"

struct gather {
	struct policy_facts facts; /* strings borrowed from here and from the
	                            * envelope */
	enum smime_kind kind;	   /* of the root of the message */
	struct address_list from;
	struct triggers triggers; /* what the sender asks for */
	char *login;		  /* canonical, or a bare name in lower case */
	struct recipient_facts *recipients;
	struct directory_recipient **entries; /* to each; NULL when it was not
	                                       * looked up */
	struct directory_sender *sender;      /* of facts.from, when ours */
	struct certificate_list escrow;	      /* in every ciphertext (C9) */
	struct certificate_list oaep_sha1; /* see gather_oaep_sha1; in order */
	const char *author; /* the first of our addresses: whose domain says
	                     * what is exempt, and the like; or NULL */
	/* What is to be added to its text (D1), NULL: nothing, or nobody knows
	 * (facts.disclaimer), and then its name; and what the author calls
	 * himself, or NULL. */
	const struct gateway_disclaimer *disclaimer;
	char *disclaimer_unknown;
	char *author_name;
	const struct gateway_config *config; /* from gather_header on */
};

void gather_init(struct gather *g);
void gather_fini(struct gather *g);

/* Who submitted it, From, and what the header says about protection and, for
 * submitted mail, exemptions and wishes.  No store. */
void gather_header(struct gather *g, const struct gateway_config *config,
    const struct job_client *client, const struct envelope *envelope,
    const struct header *header);

/* Which of the addresses are ours: enough for decide_direction.  Errors are
 * those of the store, here and below. */
int gather_owners(struct gather *g, const struct directory_view *view,
    struct err *err) MUST_USE;

/* For outbound mail: settings, identity, recipients and, where they may be
 * encrypted to, their certificates and those of escrow.  What the sender asks
 * for (facts.asks_encrypt) must be known before. */
int gather_policy(struct gather *g, const struct directory_view *view,
    const struct job_client *client, const struct envelope *envelope,
    const struct header *header, struct err *err) MUST_USE;

/* What the sender asks for and is to be taken out of the message, whether it
 * is granted or not; NULL when there is nothing, or policy says that keywords
 * are just text. */
const struct triggers *gather_triggers(const struct gather *g);

/* For outbound mail: inline PGP, an invitation somewhere inside, and whether
 * it can be signed. */
void gather_body(struct gather *g, const struct header *header,
    struct slice body, const struct mime_tree *tree);

/* Whom the ciphertext of one of the plan's groups is for: the certificates of
 * its recipients and those of escrow, each once.  Adds to out; nothing for a
 * group in clear. */
void gather_group_certificates(const struct gather *g, const struct plan *plan,
    size_t group, struct certificate_list *out);

/* Which of these wants SHA-1 where OAEP is used, because its owner announced
 * nothing better: for smime_encrypt_opts.  The caller frees the array. */
bool *gather_oaep_sha1(
    const struct gather *g, const struct certificate_list *certificates);

#endif
