/*
 * partner_list.h: a correspondent and his certificates as JSON, with what
 * cert_pick says about each.
 */
#ifndef ADMIN_PARTNER_LIST_H
#define ADMIN_PARTNER_LIST_H

#include <stdbool.h>
#include <time.h>

#include <jansson.h>

#include "base/err.h"
#include "cert/cert_pick.h"
#include "cert/store.h"
#include "cert/trust.h"

/* address, messages, pending, first_seen, last_seen, first_sent, last_sent,
 * and suspended_until when that is still to come. */
json_t *partner_contact_json(const struct store_contact *c, time_t now);

struct partner_question {
	struct store *store;
	struct trust *trust;
	const struct recipient_level *level; /* in effect; NULL: as usual */
	bool suspended;			     /* the correspondent is */
	time_t now;
};

struct partner_answer {
	json_t *certificates;	  /* the caller's, as the two below */
	json_t *first_message;	  /* what the first of them came from, and */
	json_t *last_message;	  /* what one was met in last; null: not known
	                           */
	size_t usable;		  /* how many are taken */
	enum cert_pick_word word; /* TAKEN, or why none is */
};

/*
 * Certificates are objects, newest notBefore first: what cert_json says, and
 * trust, authority (the anchor, or else the issuer), source, last_source,
 * first_seen, last_seen, signing_time, preferred, capabilities, used,
 * used_time, pick ("taken", "expired" ...), detail, advice.  An address
 * without certificates gives an empty list.
 */
int partner_list(const struct partner_question *q, const char *address,
    struct partner_answer *out, struct err *err) MUST_USE;

#endif
