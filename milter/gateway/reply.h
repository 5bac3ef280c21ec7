/*
 * reply.h: the line that tells the sender what is wrong and what helps.
 */
#ifndef GATEWAY_REPLY_H
#define GATEWAY_REPLY_H

#include "gateway/job.h"
#include "policy/facts.h"
#include "smime/verify.h"

/* Octets of a reply's text at most: RFC 5321 4.5.3.1.5 allows 512 in a line,
 * with code, extended code and line end. */
#define REPLY_TEXT_MAX 400

/*
 * Fills reply with the wording of reason (policy/plan.h).  recipient, when
 * not NULL, is named first; advice, when not NULL, stands instead of the
 * wording's text.  Both may be foreign text: what a reply line cannot carry,
 * and "%", which libmilter takes for a format, becomes "?".
 */
void reply_fill(struct job_reply *reply, enum plan_reason reason,
    const char *recipient, const char *advice);

/* The same about one recipient, with what the state of his certificate tells
 * where that explains it better. */
void reply_about(struct job_reply *reply, enum plan_reason reason,
    const struct recipient_facts *r);
/* That state as a text; NULL when it does not. */
const char *reply_advice(
    const struct recipient_facts *r, enum plan_reason reason);

/* What was asked of mail from outside and is not there (policy/inbound.h), to
 * the author from (NULL: unknown): with what was found instead, so that he can
 * tell a mail that he has forgotten to sign from one that was changed on its
 * way.  Only for mail that is not encrypted (rule X4). */
void reply_unmet(struct job_reply *reply, enum plan_reason reason,
    const char *from, const struct smime_verdict *verdict);

#endif
