/*
 * directory_load.h: filling the entries of the directory from configuration
 * and store.  For directory*.c only.
 *
 * Entries come in with their reference and the latest "until" set, which is
 * brought forward to the first moment at which a validity begins or ends.
 * Errors are those of the store; unknown names are none.
 */
#ifndef GATEWAY_DIRECTORY_LOAD_H
#define GATEWAY_DIRECTORY_LOAD_H

#include "gateway/directory.h"

struct directory_query {
	const struct gateway_config *config;
	struct store *store;
	struct trust *trust;
	time_t now;
};

/* The entry must be looked at again when this moment comes. */
void directory_expect(struct directory_entry *entry, time_t now, time_t edge);

/* The entry must be looked at again when c begins or ceases to be valid. */
void directory_expect_edges(
    struct directory_entry *entry, time_t now, const struct certificate *c);

/*
 * The loads fill what comes in as zeros, from the configuration and the store.
 * Names and addresses are canonical.  Error: that of the store, mostly
 * temporary; then what was filled has no meaning, and the caller ends it all
 * the same.
 */

/* Is the domain ours? */
int directory_load_domain(const struct directory_query *query, const char *name,
    struct directory_domain *domain, struct err *err) MUST_USE;

/* How many domains there are, up to 2. */
int directory_load_count(const struct directory_query *query, size_t *count,
    struct err *err) MUST_USE;

/* One of our addresses, or IDENTITY_NO_USER: its effective settings, and the
 * certificate that it signs with. */
int directory_load_sender(const struct directory_query *query,
    const char *address, struct directory_sender *sender,
    struct err *err) MUST_USE;

/* What policy says about mail to an address, ours or not. */
int directory_load_rule(const struct directory_query *query,
    const char *address, struct directory_rule *rule, struct err *err) MUST_USE;

/* Does anything in the configuration ask something of mail that comes in? */
bool directory_config_demands(const struct gateway_config *config);

/* Does anything, in the configuration or the store, ask something of mail
 * that comes in? */
int directory_load_demands(
    const struct directory_query *query, bool *any, struct err *err) MUST_USE;

/* Whose certificates may do; borrowed. */
struct directory_candidates {
	const char *address;
	bool is_own;	      /* its domain is ours */
	const char *stand_in; /* or NULL */
	bool stand_in_is_own;
	const struct recipient_level *level; /* effective */
};

/* Whom to encrypt to for an address: those of the stand-in where none of its
 * own can be used. */
int directory_load_recipient(const struct directory_query *query,
    const struct directory_candidates *from,
    struct directory_recipient *recipient, struct err *err) MUST_USE;

#endif
