/*
 * explain_parts.h: how "explain" writes what stands in several of its tables.
 */
#ifndef ADMIN_EXPLAIN_PARTS_H
#define ADMIN_EXPLAIN_PARTS_H

#include <stdbool.h>

#include <jansson.h>

#include "admin/output.h"
#include "gateway/job.h"
#include "policy/facts.h"
#include "policy/plan.h"

/* For the rows of explain_rows. */
extern const struct column explain_rule_columns[];

/* null for no reason at all. */
json_t *explain_reason(enum plan_reason reason);

/* "550 5.7.51 bob@example.com: no certificate ..." */
json_t *explain_reply(const struct job_reply *reply);

/* The address, or what stands in the envelope where there is none. */
const char *explain_name(const struct recipient_facts *r);

/* "in place", "copy 2" ...: with the numbers of the log (record.c), where the
 * first is the message itself; null for PLAN_NO_GROUP. */
json_t *explain_copy(size_t group);

/* Moves the rows that policy_list.h makes for an address to list; all, or
 * those that somebody set.  Drops rows. */
void explain_rows(json_t *list, const char *address, json_t *rows, bool all);

#endif
