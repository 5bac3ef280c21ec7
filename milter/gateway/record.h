/*
 * record.h: the log lines of decisions, all in one place.
 *
 * Each line is "QUEUEID: event key=value ..."; a reason is a word of
 * policy/plan.h.  cert, signer: first 16 hex digits of the SHA-256
 * fingerprint.  certs: the same for all that it was encrypted to, at most
 * RECORD_CERTS of them.  Addresses are canonical.
 *
 *   outbound
 *     signed    from nrcpt cert [opaque] encrypt=no encrypt-reason [to] alg
 *     encrypted from nrcpt certs cipher [escrow] sign=yes cert [opaque] alg
 *     encrypted from nrcpt certs cipher [escrow] sign=no sign-reason [login]
 *     passed    from nrcpt reason [encrypt-reason [to]] [login] [error]
 *     refused   from nrcpt reason [to] [error]
 *     deferred  from nrcpt reason [error]
 *     split     from nrcpt copies encrypted clear refused [again]
 *     disclaimer from nrcpt disclaimer=refused reason
 *   inbound (see record_inbound.h, too)
 *     passed    from nrcpt reason [error]
 *     refused   from nrcpt reason error
 *     deferred  from nrcpt reason error
 *     harvested from cert new=yes|no
 *     pending   from cert reason
 *     untrusted from cert new=yes|no
 *     unlearned from cert reason [error]
 *
 * Where not all recipients get the same there is a split line: how many copies
 * there are, and how many recipients get ciphertext, clear text and nothing;
 * again: how many of them had theirs when the message came before.  Then one
 * of the first three or of passed for each copy, with copy=2/4 behind nrcpt,
 * which is that of the copy, and one of refused for each recipient who gets
 * nothing, of RECORD_REFUSED at most.  escrow: like certs, those that can read
 * everything.
 *
 * When a disclaimer was to be added, the line of the message, which is the
 * split line where there is one, has disclaimer=added, present (it carries it
 * already), no-body (no text) or refused; then a line of that name says why,
 * after it or after that of a message that goes back for it.  A message that is
 * neither signed nor encrypted and gets one is passed.
 *
 * When the sender asked for something, the line of the message ends with
 * triggers=NAME,NAME, before its error; where there are several copies that is
 * the split line.
 *
 * Behind nrcpt, shadow=yes: that is what would have been done; the message
 * passed as it came, and certs may be missing.  to: the recipient who is the
 * reason.  login: who submitted it, when that is the reason.  error, detail: a
 * sentence in quotes, for people; a program looks at the words.  opaque:
 * "policy", or why it could not be signed detached.  alg: rsa-sha256,
 * rsa-pss-sha256, ecdsa-p256-sha256 ... ed25519.  harvested and untrusted with
 * new=no, and unlearned for other reasons than the store, are of level debug.
 * pending has a word of continuity.h, and comes once for each certificate.
 */
#ifndef GATEWAY_RECORD_H
#define GATEWAY_RECORD_H

#include "base/err.h"
#include "cert/certificate.h"
#include "gateway/trigger.h"
#include "policy/facts.h"
#include "policy/plan.h"

#define RECORD_CERTS   8
#define RECORD_REFUSED 32
/* Digits of a fingerprint. */
#define RECORD_FINGERPRINT 16

struct record {
	const char *queue_id;
	const struct policy_facts *facts;
	const struct plan *plan;
	size_t recipients;		   /* how many the envelope has */
	const struct certificate *signer;  /* when signed */
	const char *algorithm;		   /* of the signature */
	const char *opaque;		   /* why; NULL: detached */
	const struct certificate_list *to; /* when encrypted */
	const struct certificate_list *escrow;
	size_t again;			 /* who had his copy before */
	const struct triggers *triggers; /* found; NULL: none */
	const char *disclaimer_unknown;	 /* a name without a text; or NULL */
};

/* The plan as it was carried out: signed, encrypted, passed, refused or
 * deferred. */
void record_plan(const struct record *r);

/* The plan as it was carried out for several groups, or when somebody gets
 * nothing; followed by the copy of each group, to which signature and
 * certificates of r then belong. */
void record_split(const struct record *r);
void record_copy(const struct record *r, size_t group);

/* Something went wrong: the message waits, goes back, or passes unchanged.
 * err says what. */
void record_deferred(
    const struct record *r, enum plan_reason reason, const struct err *err);
void record_refused(
    const struct record *r, enum plan_reason reason, const struct err *err);
void record_passed(
    const struct record *r, enum plan_reason reason, const struct err *err);

/* fingerprint: in hex, any length */
void record_harvested(const char *queue_id, const char *from,
    const char *fingerprint, bool is_new);
/* It is new and waits for the operator; reason is a word of continuity.h. */
void record_pending(const char *queue_id, const char *from,
    const char *fingerprint, const char *reason);
/* Kept, but nobody knows its authority. */
void record_untrusted(const char *queue_id, const char *from,
    const char *fingerprint, bool is_new);
/* err: the store failed, or NULL */
void record_unlearned(const char *queue_id, const char *from,
    const char *fingerprint, const char *reason, const struct err *err);

#endif
