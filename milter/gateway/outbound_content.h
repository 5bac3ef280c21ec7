/*
 * outbound_content.h: the bytes that are signed or encrypted.  For outbound.c.
 */
#ifndef GATEWAY_OUTBOUND_CONTENT_H
#define GATEWAY_OUTBOUND_CONTENT_H

#include "base/err.h"
#include "gateway/outbound.h"
#include "policy/plan.h"

/* Sets o->entity to that which the plan wants, and o->content to its canonical
 * form (rules S1 to S10), or to the entity as it is where it is left alone.
 * What is seen only now is one more fact: it is decided anew, and the plan
 * changes.  Returns REASON_NONE, or why not; err then says more. */
enum plan_reason outbound_take_content(struct outbound *o,
    const struct outbound_case *c, struct plan *plan, struct err *err);

#endif
