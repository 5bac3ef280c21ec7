/*
 * continuity.h: may a certificate take its place beside those that a contact
 * has, or must the operator say so first (B4, rule H4)?
 *
 * Any authority of the public list can certify any address.  So whoever talks
 * one of them into a certificate for a partner's address would read what we
 * write to him, if a new certificate were taken because its path is good.  It
 * is taken because of what is in use already: a certificate of the contact
 * that is valid now and harvested, manual or pinned vouches for a newcomer
 * that comes from the same authority and is of no lower assurance level.
 * What nobody vouches for is pending: kept, shown, and not used.
 *
 * The authority is the anchor at the end of the path (trust_anchor_of), so
 * that another intermediate below the same root, a cross-signed path to it,
 * or that root issued anew is no change.  A contact with a pinned certificate,
 * valid or not, gets new ones from the operator only.
 *
 * Pure but for the trust check.  Any thread.
 */
#ifndef CERT_CONTINUITY_H
#define CERT_CONTINUITY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "cert/store.h"
#include "cert/trust.h"

enum continuity {
	CONTINUITY_OTHER_AUTHORITY = 0, /* than all that are in use */
	CONTINUITY_LOWER_LEVEL,		/* than all in use from its authority */
	CONTINUITY_PINNED,		/* another one is pinned */
	CONTINUITY_FIRST,		/* nothing is in use: starts afresh */
	CONTINUITY_SAME			/* one in use vouches for it */
};
/* The word for logs: "other-authority", "lower-level", "pinned", "first",
 * "same". */
const char *continuity_name(enum continuity c);

/* What becomes of the newcomer: harvested, or pending. */
enum store_trust continuity_trust(enum continuity c);

/* Some certificate of one contact that is not yet in use. */
struct continuity_newcomer {
	struct certificate *certificate;
	const struct certificate_list *others; /* that came along; or NULL */
};

/* known: all that the store has for the contact, whatever their trust; the
 * newcomer itself among them does not vouch for itself.  Its own path must be
 * good: CONTINUITY_OTHER_AUTHORITY otherwise. */
enum continuity continuity_judge(struct trust *trust,
    const struct continuity_newcomer *newcomer,
    const struct store_partner_cert *known, size_t count, time_t now);

/* The same for a certificate whose contact is looked up in the store. */
int continuity_judge_stored(struct trust *trust, struct store *store,
    const struct store_partner_cert *newcomer, time_t now, enum continuity *out,
    struct err *err) MUST_USE;

#endif
