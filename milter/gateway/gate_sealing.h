/*
 * gate_sealing.h: the part of the gate that is about the fields by which a
 * guard and other filters know what has left (sealing.h): on top of what is
 * protected there are exactly those that belong there, and the fingerprint is
 * one of this very copy.  For the gate only.
 */
#ifndef GATEWAY_GATE_SEALING_H
#define GATEWAY_GATE_SEALING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "gateway/gate_header.h"
#include "gateway/sealing.h"

/* Is it one of those fields? */
bool gate_sealing_knows(struct slice name);

/* Those that terms want stand at *at and behind, which becomes where others
 * begin; what they say is not looked at but for the marker. */
int gate_sealing_find(const struct gate_header *h,
    const struct gate_terms *terms, size_t *at, struct err *err) MUST_USE;

/* The field at that place has a fingerprint of a message with this header and
 * body, taken now.  ERR_BUG when not, else those of the spool. */
int gate_sealing_check(const struct sealing *s, const struct gate_header *h,
    size_t at, const struct slice_list *body, struct err *err) MUST_USE;

#endif
