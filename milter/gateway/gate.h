/*
 * gate.h: the last check before anything leaves (DESIGN.md 3, rules E10, L3).
 *
 * Judges the finished bytes, not how they were made: what is about to leave
 * is read back and compared with the plan, by code that shares nothing with
 * what wrote it.  Any gap means that our own code is wrong, and the message
 * stays where it is.  Costs no more for a large message than for a small
 * one, but for one search for the boundary.
 */
#ifndef GATEWAY_GATE_H
#define GATEWAY_GATE_H

#include "base/err.h"
#include "cert/certificate.h"
#include "gateway/edits.h"
#include "mail/header.h"
#include "policy/plan.h"
#include "smime/entity.h"

struct gate_case {
	const struct plan *plan;
	const char *from;	     /* canonical; NULL when not exactly one */
	const struct header *header; /* of the message as it came */
	const struct edits *edits;   /* what shall happen to it */
	/* Signed and encrypted: what the envelope holds, NULL otherwise. */
	const struct smime_entity *payload;
	const struct certificate *signer;  /* when the plan is to sign */
	const struct certificate_list *to; /* when it is to encrypt: all
	                                        * certificates, each once */
};

/* ERR_BUG and what does not fit when the edits are not exactly what the plan
 * says. */
int gate_check(const struct gate_case *c, struct err *err) MUST_USE;

#endif
