/*
 * lesson.h: what one signed message teaches about its sender, and how it is
 * learned (B1 to B6, rules H1 to H5).
 *
 * Off the mail's path: harvester.h keeps lessons until there is time.
 */
#ifndef GATEWAY_LESSON_H
#define GATEWAY_LESSON_H

#include <stddef.h>
#include <time.h>

#include "cert/store.h"
#include "cert/trust.h"
#include "gateway/harvester.h"
#include "smime/verify.h"

struct lesson;

/* Copies what it needs, counts references to certificates. */
struct lesson *lesson_new(
    const struct harvest_source *source, const struct smime_verdict *verdict);
void lesson_free(struct lesson *lesson);

/* The bytes of certificates that it keeps in memory. */
size_t lesson_weight(const struct lesson *lesson);

/*
 * Puts into the store what there is to learn, and logs it.  An encryption
 * certificate that is new for its contact is harvested or, where no other one
 * in use vouches for it, pending (continuity.h); one whose only fault is an
 * authority that nobody knows is untrusted, and the authority is noted.  One
 * that is known is renewed; its trust is the operator's business.
 *
 * Several processes may learn of one contact at the same time.
 */
void lesson_learn(const struct lesson *lesson, struct store *store,
    struct trust *trust, time_t now);

#endif
