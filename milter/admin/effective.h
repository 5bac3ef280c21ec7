/*
 * effective.h: what applies after inheritance, and what is ours.
 */
#ifndef ADMIN_EFFECTIVE_H
#define ADMIN_EFFECTIVE_H

#include <jansson.h>

#include "admin/admin.h"
#include "cert/store.h"
#include "gateway/levels.h"

/* The domain in the configuration file, or NULL. */
const struct gateway_domain *effective_file_domain(
    const struct settings *settings, const char *name);

/* Where to look for levels. */
int effective_levels(
    struct admin *a, struct levels *out, struct err *err) MUST_USE;

/* Is S/MIME activated for the domain, in the file or in the store? */
int effective_is_ours(
    struct admin *a, const char *domain, bool *ours, struct err *err) MUST_USE;

/* The same as an error: not found, with the command that activates it. */
int effective_must_be_ours(
    struct admin *a, const char *domain, struct err *err) MUST_USE;

/* What applies to a sender of ours, or to those of a domain. */
int effective_sender(struct admin *a, const char *name,
    struct setting_level *out, struct err *err) MUST_USE;

/* Sets the member "effective" of object: each sender setting, "escrow" as a
 * list, and "disclaimer", null when there is none. */
int effective_set_sender(json_t *object, struct admin *a, const char *name,
    struct err *err) MUST_USE;
/* The settings for a recipient, and whose certificates stand in for him: text,
 * or null; the caller's. */
int effective_recipient(struct admin *a, const char *name,
    struct recipient_level *level, json_t **certificate,
    struct err *err) MUST_USE;
/* Each recipient setting, and "domain_certificate", null when nobody's. */
int effective_set_recipient(json_t *object, struct admin *a, const char *name,
    struct err *err) MUST_USE;

/* Addresses as a list, and as the text of a setting: with commas, or "none",
 * or "inherit" when they are NULL. */
json_t *effective_escrow(const struct sender_rule *rule);
json_t *effective_addresses_text(const char *const *addresses, size_t count);

#endif
