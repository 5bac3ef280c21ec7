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

enum lesson_word {
	LESSON_UNLEARNED = 0, /* nothing is kept */
	LESSON_UNTRUSTED,     /* kept: nobody knows its authority (B6) */
	LESSON_PENDING,	      /* kept: the operator decides (B4) */
	LESSON_WAITS,	      /* it is pending already */
	LESSON_HARVESTED,     /* new, and used from now on */
	LESSON_RENEWED	      /* known, and seen again */
};
/* As the log calls it: "unlearned", "untrusted", "pending", "harvested" */
const char *lesson_word_name(enum lesson_word word);

struct lesson_outlook {
	enum lesson_word word;
	const char *reason; /* the log's word: of unlearned, pending and
	                     * harvested; otherwise "" */
};

struct lesson_forecast {
	struct lesson_outlook outlook;
	struct certificate *certificate; /* that it is about; a reference */
};

/* What would be learned now, for "explain"; changes and logs nothing.  Errors
 * are those of the store. */
int lesson_foresee(const struct lesson *lesson, struct store *store,
    struct trust *trust, time_t now, struct lesson_forecast *out,
    struct err *err) MUST_USE;

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
