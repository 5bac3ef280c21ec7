/*
 * gate.h: the last check before anything leaves (DESIGN.md 3, rules B1, B2,
 * E10, L3).
 *
 * Judges the finished bytes of every copy of a message, not how they were
 * made: what is about to leave is read back and compared with the plan, by
 * code that shares nothing with what wrote it.  It proves that
 *
 * - every recipient is in exactly one copy, or refused and in none, and is
 *   removed by each of his names from the copy that stays in place;
 * - who must be given ciphertext is given nothing else, and it names him;
 * - a ciphertext names the certificates of its own recipients and those of
 *   escrow, each once, and nobody else; a blind recipient is alone;
 * - what is to be signed is, in the planned form, by its author, inside the
 *   envelope if there is one (rule S17);
 * - where a disclaimer is added, and nowhere else, the text is the old one and
 *   that, in every copy in clear, and all other parts are as they were;
 * - Bcc and forged tokens and results are gone, nothing else in the header has
 *   changed, and all of it can be sent;
 * - where fingerprints are made (sealing.h), what is protected has its own.
 *
 * Any gap means that our own code is wrong, and the message stays where it
 * is.  Costs no more for a large body than one search for the boundary, or
 * one comparison, and one fingerprint in each copy, and where a disclaimer is
 * added some more of the text that has it; n log n for n recipients.
 */
#ifndef GATEWAY_GATE_H
#define GATEWAY_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cert/certificate.h"
#include "gateway/edits.h"
#include "gateway/envelope.h"
#include "gateway/gateway.h"
#include "gateway/sealing.h"
#include "mail/header.h"
#include "policy/facts.h"
#include "policy/plan.h"
#include "relay/relay_copy.h"
#include "smime/entity.h"

struct gate_disclaimer; /* gate_disclaimer.h */

/* What the sender could ask with, and nobody else shall see (C8); none where
 * policy says that it is just text. */
struct gate_triggers {
	const struct gateway_trigger *at;
	size_t count;
};

/* What one group of recipients gets. */
struct gate_copy {
	size_t group; /* number in the plan */
	/* One of both: what happens to the message itself, or another one as
	 * it will be handed over, whose header begins with TOKEN_FIELD. */
	const struct edits *edits;
	const struct relay_copy *relay;
	/* Signed and encrypted: what the envelope holds, otherwise NULL. */
	const struct smime_entity *payload;
};

struct gate_case {
	const struct plan *plan;
	const struct policy_facts *facts;
	const struct envelope *envelope; /* the same recipients, in order */
	const struct header *header;	 /* of the message as it came */
	struct slice body;		 /* the same */
	/* What our result fields are called, none of which is left in what is
	 * protected; NULL: they are nobody's. */
	const struct gateway_config *config;
	const struct certificate *signer; /* when the plan is to sign */
	/* When it is to encrypt: those of each recipient, and those that can
	 * read everything (C9). */
	const struct certificate_list *certificates;
	const struct certificate_list *escrow; /* NULL: none */
	struct gate_triggers triggers;
	const struct sealing *sealing; /* NULL: nothing is sealed */
	/* What the plan adds to the text (D1), NULL: nothing. */
	const struct gate_disclaimer *disclaimer;
	const struct gate_copy *copies;
	size_t copy_count;
	/* Of each recipient: he has had his copy before (the message comes
	 * again), so that he is in none that is handed over, and a group of
	 * such has none.  NULL: nobody has. */
	const bool *done;
};

/* ERR_BUG and what does not fit when the copies are not exactly what the plan
 * says.  A plan to pass, or a shadow, has one copy: the message; what passes
 * loses its triggers and nothing else. */
int gate_check(const struct gate_case *c, struct err *err) MUST_USE;

#endif
