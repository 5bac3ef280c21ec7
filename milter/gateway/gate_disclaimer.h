/*
 * gate_disclaimer.h: is the text of a message the old one and a disclaimer
 * (D1), and everything else as it came?  For the gate.
 *
 * Compares the message as it came with the entity that is signed, encrypted or
 * sent in its place, by readers of its own (gate_part.h, gate_text.h):
 *
 * - the same parts in the same order, with the same bytes around them, and each
 *   that has no text byte for byte what it was, header included;
 * - what was changed is what people read first: text/plain or text/html, never
 *   an attachment;
 * - it decodes to what it decoded to before, every character of it, and the
 *   disclaimer once: behind a text, before the end of an HTML document;
 * - of its fields only the charset and the encoding may be others.
 */
#ifndef GATEWAY_GATE_DISCLAIMER_H
#define GATEWAY_GATE_DISCLAIMER_H

#include "base/err.h"
#include "base/slice.h"
#include "gateway/gate_header.h"
#include "mail/disclaimer_text.h"
#include "mail/header.h"
#include "mail/spool.h"

/* All of it borrowed. */
struct gate_disclaimer {
	struct slice head; /* of the entity: header block, empty line */
	struct slice body;
	const struct disclaimer *text;
	const struct spool_config *spool; /* for a text that was converted */
};

/* header and body are those of the message as it came.  ERR_BUG when it is not
 * so, or nothing was added. */
int gate_disclaimer_check(const struct gate_disclaimer *d,
    const struct header *header, struct slice body, struct err *err) MUST_USE;

/* Does a copy with that header and body carry the entity, in clear, and are
 * its other Content-* fields as they came? */
int gate_disclaimer_carried(const struct gate_disclaimer *d,
    const struct header *original, const struct gate_header *header,
    const struct slice_list *body, struct err *err) MUST_USE;

#endif
