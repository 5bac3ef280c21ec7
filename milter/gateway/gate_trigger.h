/*
 * gate_trigger.h: the part of the gate that is about what senders ask for
 * (C8): nothing of it is left in what leaves, and no other field is missing or
 * has changed for its sake.  For gate_header.c only.
 *
 * What a keyword is, it knows from trigger.h; what was made of the header it
 * sees for itself.
 */
#ifndef GATEWAY_GATE_TRIGGER_H
#define GATEWAY_GATE_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gateway/gate.h"
#include "mail/header.h"

/* May a trigger be the reason why fields of that name change? */
bool gate_trigger_knows(const struct gate_triggers *t, struct slice name);

/* Is this a value that may be set for such a field: bytes of the sender's,
 * with a leading blank, and folds as LF and blank (rule L1)? */
bool gate_trigger_value(const char *value);

/* Compares such fields of the message as it came with those of a finished
 * header, of which there are count; ERR_BUG and what does not fit. */
int gate_trigger_check(const struct gate_triggers *t,
    const struct header *original, const struct header_field *fields,
    size_t count, struct err *err) MUST_USE;

#endif
