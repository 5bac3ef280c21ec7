/*
 * levels.h: which levels speak of an address, and in which order.
 *
 * The order stands here and nowhere else: what a message is decided by and
 * what "smimectl policy show" tells are the same walk.  Nothing is cached and
 * nothing is combined: who is visited with every level in turn, from the most
 * general to the most specific, lets each override the one before
 * (policy/rules.h), or remembers which of them spoke.
 *
 *	senders:    built-in, defaults, domain, user
 *	recipients: built-in, recipient_defaults, "*.net", "*.example.net",
 *	            "mail.example.net", "bob@mail.example.net"
 *
 * Of one name the configuration file comes first, the store behind it.
 */
#ifndef GATEWAY_LEVELS_H
#define GATEWAY_LEVELS_H

#include <stddef.h>

#include "base/err.h"
#include "base/setting.h"
#include "cert/store.h"
#include "gateway/gateway.h"

enum level_place {
	LEVEL_BUILTIN = 0,
	LEVEL_DEFAULTS, /* defaults, recipient_defaults and escrow in the file
	                 */
	LEVEL_FILE,
	LEVEL_STORE
};

/* Where a level comes from. */
struct level_source {
	enum level_place place;
	const char *name; /* of the domain, user or rule; "" for the first two
	                   */
};

/* What one level says about mail of our users. */
struct sender_rule {
	struct level_source source;
	const struct setting_level *level;
	const char *const *escrow; /* addresses; none of them: nobody; NULL:
	                            * says nothing */
	size_t escrow_count;
	const char *disclaimer;	       /* name; "": none; NULL: says nothing */
	const struct store_user *user; /* when the level is one */
};

/* What one level says about mail to a recipient. */
struct recipient_rule {
	struct level_source source;
	const struct recipient_level *level;
	const char *domain_certificate; /* "": nobody's; NULL: says nothing */
};

/* Where to look.  Both are borrowed. */
struct levels {
	const struct gateway_config *config;
	struct store *store;
};

/* Each visit borrows its rule for the time of the call, and must not keep
 * what it points to.  Names are canonical.  Errors are those of the store; an
 * unknown name is none. */

/* Those that activate a domain: in the file, in the store, or none. */
int levels_of_domain(const struct levels *levels, const char *domain,
    void (*visit)(const struct sender_rule *rule, void *arg), void *arg,
    struct err *err) MUST_USE;

/* All of a sender; the last one is the user's, if there is one.  name may also
 * be a domain, for users there of whom nothing is known. */
int levels_of_sender(const struct levels *levels, const char *name,
    void (*visit)(const struct sender_rule *rule, void *arg), void *arg,
    struct err *err) MUST_USE;

/* All of a recipient; name may also be a domain, or "*." and a domain, for
 * everybody there who is not named himself. */
int levels_of_recipient(const struct levels *levels, const char *name,
    void (*visit)(const struct recipient_rule *rule, void *arg), void *arg,
    struct err *err) MUST_USE;

#endif
