/*
 * authority_list.h: the authorities that the store knows, with how many
 * correspondents wait for a word about each (B6).
 */
#ifndef ADMIN_AUTHORITY_LIST_H
#define ADMIN_AUTHORITY_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <jansson.h>

#include "base/err.h"
#include "cert/store.h"

struct authority_list {
	json_t *authorities; /* the caller's */
	size_t trusted, distrusted, unknown;
};

/*
 * Authorities are objects, those met most first: fingerprint and id (null
 * when only the name is known), subject, trust, messages, first_seen,
 * last_seen, contacts (of how many an untrusted certificate leads to it), and
 * with a certificate what cert_json says.
 */
int authority_list(struct store *store, bool only_unknown, time_t now,
    struct authority_list *out, struct err *err) MUST_USE;

#endif
