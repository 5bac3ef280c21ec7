/*
 * policy_list.h: what policy says about an address, setting by setting, and
 * which level says so: for "policy show" and "explain".
 */
#ifndef ADMIN_POLICY_LIST_H
#define ADMIN_POLICY_LIST_H

#include <jansson.h>

#include "admin/output.h"
#include "base/err.h"
#include "gateway/levels.h"

/*
 * A list of objects, one for each setting, in the order of the tables in
 * base/setting.h, then "escrow" and "disclaimer" (senders) or
 * "domain_certificate" (recipients):
 *   setting     its name in the configuration file
 *   value       the one that applies, never "inherit"
 *   level       what set it: "built-in", "defaults", "example.org (file)",
 *               "alice@example.org (store)"
 *   instead_of  what more general levels say: "off (built-in)", or ""
 * The caller drops it.  name: canonical; an address, or a domain for
 * everybody there of whom nothing more special is said.  Errors are those of
 * the store.
 */
int policy_list_sender(const struct levels *levels, const char *name,
    json_t **out, struct err *err) MUST_USE;
int policy_list_recipient(const struct levels *levels, const char *name,
    json_t **out, struct err *err) MUST_USE;

/* As a table. */
extern const struct column policy_list_columns[];

#endif
