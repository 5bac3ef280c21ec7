/*
 * gate_text.h: reading the text of a part as a receiver would, for the gate.
 *
 * Decoders of the gate's own: one that loses bytes would hide that they were
 * lost.  In constant memory, whatever the size.
 */
#ifndef GATEWAY_GATE_TEXT_H
#define GATEWAY_GATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "mail/spool.h"

enum gate_encoding {
	GATE_IDENTITY = 0,
	GATE_QP,
	GATE_BASE64
};

struct gate_text {
	struct slice raw;
	enum gate_encoding encoding;
};

/* A Content-Transfer-Encoding's body; no data: there is none.  -1: unknown. */
int gate_text_encoding(struct slice body, enum gate_encoding *out) MUST_USE;

/* All below are of the decoded bytes. */
size_t gate_text_size(const struct gate_text *t);

/* How many both begin with. */
size_t gate_text_common(const struct gate_text *a, const struct gate_text *b);

/* Is a from an offset on what b is from another one on? */
bool gate_text_same(const struct gate_text *a, size_t a_from,
    const struct gate_text *b, size_t b_from);

/* Appends those from one offset up to another one. */
void gate_text_read(
    const struct gate_text *t, size_t from, size_t to, struct buf *out);

/* Writes all to out, which is empty and not finished. */
int gate_text_write(
    const struct gate_text *t, struct spool *out, struct err *err) MUST_USE;

#endif
