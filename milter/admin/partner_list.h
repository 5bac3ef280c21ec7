/*
 * partner_list.h: the certificates of one correspondent, with what cert_pick
 * says about each.
 */
#ifndef ADMIN_PARTNER_LIST_H
#define ADMIN_PARTNER_LIST_H

#include <time.h>

#include <jansson.h>

#include "base/err.h"
#include "cert/store.h"
#include "cert/trust.h"

/*
 * A list of objects, newest notBefore first: what cert_json says, and trust,
 * source, first_seen, last_seen, signing_time, preferred, capabilities, pick
 * ("taken", "expired" ...), detail, advice.  *usable: how many are taken.
 * The caller owns *out.  An address without certificates gives an empty list.
 */
struct partner_question {
	struct store *store;
	struct trust *trust;
	time_t now;
};
int partner_list(const struct partner_question *q, const char *address,
    json_t **out, size_t *usable, struct err *err) MUST_USE;

#endif
