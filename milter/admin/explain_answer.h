/*
 * explain_answer.h: one decision as JSON and as tables: who and why, every
 * rule, every recipient, every copy, every certificate.
 */
#ifndef ADMIN_EXPLAIN_ANSWER_H
#define ADMIN_EXPLAIN_ANSWER_H

#include <jansson.h>

#include "admin/admin.h"
#include "admin/output.h"
#include "base/err.h"
#include "gateway/job.h"

/* job_decide has been called, and this was its outcome.  The caller drops
 * *out.  Errors are those of the store. */
int explain_answer(struct admin *a, const struct job *job,
    enum job_outcome outcome, const struct job_reply *reply, json_t **out,
    struct err *err) MUST_USE;

/* Writes it, for whomever. */
void explain_write(struct output *o, const json_t *answer);

#endif
