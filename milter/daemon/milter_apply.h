/*
 * milter_apply.h: a gateway's edits and replies, as calls of libmilter.
 */
#ifndef DAEMON_MILTER_APPLY_H
#define DAEMON_MILTER_APPLY_H

#include <libmilter/mfapi.h>

#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/job.h"

/* Carries out the edits.  -1: the mail server is gone or did not take one of
 * them; the message must then be answered with a temporary failure, which
 * makes the mail server forget all of them. */
int milter_apply_edits(SMFICTX *ctx, const struct edits *edits) MUST_USE;

/* Sets the text of the refusal or deferral that the callback returns. */
void milter_apply_reply(SMFICTX *ctx, const struct job_reply *reply);

#endif
