/*
 * outbound_entity.h: what the copies of a message carry, or what is signed and
 * encrypted for them: its entity as it came, or with a disclaimer in its text
 * (D1).  For outbound.c.
 */
#ifndef GATEWAY_OUTBOUND_ENTITY_H
#define GATEWAY_OUTBOUND_ENTITY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "gateway/gather.h"
#include "mail/disclaimer.h"
#include "mail/header.h"
#include "mail/mime_scan.h"
#include "mail/spool.h"

struct outbound_entity {
	struct slice head;   /* header block with its empty line */
	struct slice header; /* without it */
	struct slice body;
	struct mime_tree tree;
	bool scanned;
};

/* Both of them, and the bytes that they borrow but for the message's own. */
struct outbound_entities {
	struct buf head;
	bool is_altered; /* its fields are not written as they came */
	struct outbound_entity own;
	struct spool changed;
	struct outbound_entity disclaimed; /* not scanned: there is none */
	struct disclaimer disclaimer;	   /* what was added */
};

/* Nothing has been read yet; config must outlive e. */
void outbound_entities_init(
    struct outbound_entities *e, const struct spool_config *config);
void outbound_entities_fini(struct outbound_entities *e);

/* Finds the parts of the message; header and body must outlive e. */
void outbound_entities_read(struct outbound_entities *e,
    const struct header *header, struct slice body);

/*
 * Tries to add the disclaimer that g->facts want, and tells them what came of
 * it.  What is signed is only looked into, where everybody can: does it carry
 * the disclaimer already?  Errors are those of the spool.
 */
int outbound_entities_disclaim(
    struct outbound_entities *e, struct gather *g, struct err *err) MUST_USE;

/* Makes of edits, which change the message with this header, those that put
 * the entity with the disclaimer in its place: its body, and of its fields
 * those that are not as they were. */
void outbound_entities_edit(const struct outbound_entities *e,
    const struct header *header, struct edits *edits);

#endif
