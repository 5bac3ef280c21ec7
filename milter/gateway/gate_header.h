/*
 * gate_header.h: the header of one copy as its readers will see it.  For the
 * gates only.
 */
#ifndef GATEWAY_GATE_HEADER_H
#define GATEWAY_GATE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/gate.h"
#include "gateway/gate_entity.h"
#include "mail/header.h"

struct gate_header {
	struct header_field *fields; /* in order */
	size_t count;
	struct buf text;      /* of a copy that was read */
	struct header parsed; /* the same */
};

/* What is expected of it. */
struct gate_terms {
	const struct header *original;
	bool carries;	/* an entity of ours instead of its own */
	bool has_token; /* it will be handed over */
	bool passes;	/* the message itself, as it came */
	struct gate_triggers triggers;
	/* What our result fields are called: of outbound mail none is left;
	 * NULL: they are nobody's. */
	const struct gateway_config *config;
	/* Of mail from outside: Bcc stays, fields that tell what was found in
	 * it may go and come; these and the entity's are left to the caller. */
	bool inbound;
	bool tagged; /* its subject may change, too */
	/* On top of all others, in this order (gate_sealing.h): */
	bool sealed;	    /* a fingerprint, */
	const char *marker; /* and a marker with this body; NULL: none */
	/* Whose Content-* fields it carries; NULL: those of an entity of
	 * ours. */
	const struct header *content;
};

void gate_header_init(struct gate_header *h);
void gate_header_fini(struct gate_header *h);

/* Is it one that describes what the copy carries, that tells what was found,
 * a subject that may change; may it be edited at all? */
bool gate_header_is_ours(const struct gate_terms *terms, struct slice name);
bool gate_header_is_result(const struct gate_terms *terms, struct slice name);
bool gate_header_is_tagged(const struct gate_terms *terms, struct slice name);
bool gate_header_is_editable(const struct gate_terms *terms, struct slice name);

/* In any spelling; as for qsort. */
int gate_header_compare_names(struct slice a, struct slice b);

/* The same name in any spelling; the same body but for how lines end; but for
 * any white space, as folds go out in another form? */
bool gate_header_same_name(struct slice a, struct slice b);
bool gate_header_same_body(struct slice a, struct slice b);
bool gate_header_same_words(struct slice a, struct slice b);

/* Plays the edits on a model of the message's header.  Edits that two mail
 * servers could understand differently are a gap, as are those of fields that
 * are none of our business. */
int gate_header_play(struct gate_header *h, const struct edits *edits,
    const struct gate_terms *terms, struct err *err) MUST_USE;

/* Reads the header of a whole message; *body: where its body begins. */
int gate_header_read(struct gate_header *h, const struct slice_list *content,
    size_t *body, struct err *err) MUST_USE;

/* Is it as it should be?  Where it carries an entity *e becomes what the
 * header says of it. */
int gate_header_check(const struct gate_header *h,
    const struct gate_terms *terms, struct gate_entity *e,
    struct err *err) MUST_USE;

#endif
