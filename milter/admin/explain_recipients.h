/*
 * explain_recipients.h: the rules that a decision about outbound mail goes by,
 * and the certificates of its recipients and of escrow.
 */
#ifndef ADMIN_EXPLAIN_RECIPIENTS_H
#define ADMIN_EXPLAIN_RECIPIENTS_H

#include <jansson.h>

#include "admin/admin.h"
#include "base/err.h"
#include "gateway/job.h"
#include "gateway/levels.h"

/* Each adds its members to answer.  Errors are those of the store. */

/* "rules": of our addresses in the mail. */
int explain_rules(const struct levels *levels, const struct job *job,
    json_t *answer, struct err *err) MUST_USE;

/* "recipients", "recipient_rules", "certificates", and "refused" with what
 * the sender is told. */
int explain_recipients(struct admin *a, const struct levels *levels,
    const struct job *job, json_t *answer, struct err *err) MUST_USE;

/* "escrow_missing", and more "certificates": explain_recipients comes
 * before. */
int explain_escrow(struct admin *a, const struct job *job, json_t *answer,
    struct err *err) MUST_USE;

#endif
