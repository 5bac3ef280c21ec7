/*
 * partner_list.h: the certificates of one correspondent, with what cert_pick
 * says about each.
 */
#ifndef ADMIN_PARTNER_LIST_H
#define ADMIN_PARTNER_LIST_H

#include <time.h>

#include <jansson.h>

#include "base/err.h"
#include "cert/cert_pick.h"
#include "cert/store.h"
#include "cert/trust.h"

struct partner_question {
	struct store *store;
	struct trust *trust;
	time_t now;
};

struct partner_answer {
	json_t *certificates;	  /* the caller's */
	size_t usable;		  /* how many are taken */
	enum cert_pick_word word; /* TAKEN, or why none is */
};

/*
 * Certificates are objects, newest notBefore first: what cert_json says, and
 * trust, source, first_seen, last_seen, signing_time, preferred,
 * capabilities, pick ("taken", "expired" ...), detail, advice.  An address
 * without certificates gives an empty list.
 */
int partner_list(const struct partner_question *q, const char *address,
    struct partner_answer *out, struct err *err) MUST_USE;

#endif
