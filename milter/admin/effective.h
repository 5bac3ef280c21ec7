/*
 * effective.h: what applies to a domain or user after inheritance, and where
 * a domain was activated.
 */
#ifndef ADMIN_EFFECTIVE_H
#define ADMIN_EFFECTIVE_H

#include <jansson.h>

#include "admin/admin.h"
#include "cert/store.h"
#include "policy/rules.h"

/* The domain in the configuration file, or NULL. */
const struct gateway_domain *effective_file_domain(
    const struct settings *settings, const char *name);

/* What applies to a domain (user NULL) or user; domain NULL: it is in the
 * file only, or nowhere. */
struct setting_level effective_level(const struct settings *settings,
    const char *name, const struct store_domain *domain,
    const struct store_user *user);

/* "inherit", or the words of a set of exemptions with commas. */
json_t *effective_exempt_text(unsigned exempt);

/* Members "effective": {"sign", "encrypt", "exempt" (a list),
 * "own_cert_problem", "signature_algorithm"} of a domain (user NULL) or user;
 * domain NULL: it is in the file only. */
void effective_set(json_t *object, const struct settings *settings,
    const char *name, const struct store_domain *domain,
    const struct store_user *user);

#endif
