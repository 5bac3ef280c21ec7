/*
 * explain_inbound.h: one decision about mail from outside as JSON: what it is
 * made of, what its signature proves, what is asked of its author by which
 * rule, who can read it, and which fields it gets.
 */
#ifndef ADMIN_EXPLAIN_INBOUND_H
#define ADMIN_EXPLAIN_INBOUND_H

#include <jansson.h>

#include "admin/admin.h"
#include "admin/output.h"
#include "base/err.h"
#include "gateway/job.h"
#include "gateway/levels.h"

/* Adds its members to answer; the job is inbound, and job_decide has been
 * called.  Errors are those of the store. */
int explain_inbound(struct admin *a, const struct levels *levels,
    const struct job *job, json_t *answer, struct err *err) MUST_USE;

/* For output_document. */
extern const struct view explain_inbound_views[];
extern const size_t explain_inbound_view_count;

#endif
