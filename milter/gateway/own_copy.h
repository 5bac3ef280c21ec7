/*
 * own_copy.h: a copy of ours that comes back through the reinjection
 * listener, whose first milter we are (MTA.md h).  It has been judged
 * already; only its token goes.
 */
#ifndef GATEWAY_OWN_COPY_H
#define GATEWAY_OWN_COPY_H

#include <stdbool.h>
#include <time.h>

#include "gateway/envelope.h"
#include "gateway/job.h"
#include "gateway/token.h"
#include "mail/header.h"

/* Does the message say so, which anybody can? */
bool own_copy_is_claimed(const struct header *header);

/* Is it true?  TOKEN_GOOD once for each copy: one token, made here, for this
 * envelope and Message-ID, and a client on this host.  tokens may be NULL.
 * Asks nothing of a message that does not claim it. */
enum token_verdict own_copy_check(struct tokens *tokens,
    const struct job_client *client, const struct envelope *envelope,
    const struct header *header, time_t now);

#endif
