/*
 * inbound_edit.h: what is made of a message from outside, and the gate.  For
 * inbound.c.
 */
#ifndef GATEWAY_INBOUND_EDIT_H
#define GATEWAY_INBOUND_EDIT_H

#include "base/err.h"
#include "gateway/job.h"
#include "policy/plan.h"

/* Carries out the plan: job->edits become those of the message itself, and
 * where it is split a copy is brought to the listener but for its dot.
 * REASON_NONE, or why not; the job's answer to that is set where it is not to
 * be accepted. */
enum plan_reason inbound_change(struct job *job, struct err *err);

/* The mail server has the edits, and the listener will never take the copy, as
 * err says: whoever should have got it, and has not had it before, is put back
 * into the message as it came. */
void inbound_take_back(struct job *job, const struct err *err);

/* Nothing but what others have written in our name is taken out, as the plan
 * says.  Permanent error when that cannot be done, ERR_BUG from the gate. */
int inbound_clean(struct job *job, struct err *err) MUST_USE;

#endif
