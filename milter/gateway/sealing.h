/*
 * sealing.h: what tells our own programs and other people's filters that a
 * message is protected: two fields above all others.
 *
 * SEAL_FIELD holds a keyed fingerprint of the finished message (smime/seal.h),
 * from which a guard behind us can say what was done to it on the road, and
 * which it takes out again.  MARKER_FIELD says in plain words that whoever
 * changes the body breaks something.  Nobody else's get through (mark.h).
 *
 * What our users have signed or encrypted themselves gets a fingerprint, too,
 * and nothing else: it passes as it came.
 */
#ifndef GATEWAY_SEALING_H
#define GATEWAY_SEALING_H

#include <stdbool.h>
#include <time.h>

#include "base/err.h"
#include "base/slice.h"
#include "gateway/edits.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "smime/seal.h"

/* What the configuration says, for one message; all of it borrowed. */
struct sealing {
	const struct seal_key *key; /* NULL: no fingerprints */
	bool marker;
	time_t now;
	const struct spool_config *spool; /* for bodies in pieces */
};

/* What we did; with neither the message passes as it came. */
struct sealing_deed {
	bool is_signed, is_encrypted;
};

/* The body of MARKER_FIELD, with its leading blank; NULL: it gets none. */
const char *sealing_marker(
    const struct sealing *s, const struct sealing_deed *deed);

/* Does a message with this header get a fingerprint if it passes: is it
 * protected already?  Its header alone says so: armor in a text (inline PGP)
 * is nobody's business. */
bool sealing_wants_passing(
    const struct sealing *s, const struct header *header);

/*
 * Puts the fields on a copy that is finished but for them: the message with
 * that header and body, changed by the edits.  Errors are those of the spool;
 * permanent when the copy is too large.
 */
struct sealing_message {
	const struct header *header; /* as it came */
	struct slice body;	     /* the same */
	struct sealing_deed deed;
};
int sealing_add(const struct sealing *s, const struct sealing_message *message,
    struct edits *edits, struct err *err) MUST_USE;

#endif
