/*
 * gate_part.h: taking a message apart as a receiver would, for the gate.
 *
 * Shares nothing with mail/mime_scan, by which whoever changed the message
 * found its parts.  Looks only where it is asked to; what is in one piece for
 * the gate needs no parts.
 */
#ifndef GATEWAY_GATE_PART_H
#define GATEWAY_GATE_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "mail/header.h"
#include "mail/mime_type.h"

/* An entity; all of it borrowed but for the header's own memory and type. */
struct gate_part {
	struct header header;
	struct slice body;
	bool is_ended;	       /* by an empty line: the header */
	struct mime_type type; /* text/plain where nothing else is said */
	bool has_type;	       /* it is */
};

/* Of the bytes of a part; of a message's own Content-* fields and its body. */
void gate_part_read(struct gate_part *p, struct slice raw);
void gate_part_of_message(
    struct gate_part *p, const struct header *header, struct slice body);
void gate_part_fini(struct gate_part *p);

/* The body of that field, empty and without data where there is none. */
struct slice gate_part_field(const struct gate_part *p, const char *name);

/* The parts of a multipart, and what stands around them. */
struct gate_children {
	struct slice *parts;
	size_t count;
	size_t size;	    /* allocated */
	struct slice *glue; /* count + 1 of them: preamble and first delimiter,
	                     * delimiters, the last one and epilogue */
};

/* -1: there is no boundary, or nothing that ends the last part. */
int gate_children_read(
    struct gate_children *c, const struct gate_part *p) MUST_USE;
void gate_children_fini(struct gate_children *c);

/* Can it be text that somebody reads who opens the message, or have such a
 * part?  Attachments, reports, digests, messages cannot.  depth: of p. */
bool gate_part_may_be_text(const struct gate_part *p, unsigned depth);

/* Is child i of the multipart where a reader looks for that text?  Of an
 * alternative each is, of a related the root; of any other there is no text
 * before it. */
bool gate_children_is_text(const struct gate_children *c,
    const struct gate_part *p, unsigned depth, size_t i);

#endif
