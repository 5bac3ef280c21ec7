/*
 * trigger.h: what a sender asks for in one message (C8), and how it is taken
 * out before anybody else sees it.
 *
 * A keyword stands in a Subject (keyword.h).  A field has the name and, unless
 * it is empty, the value of a trigger.  Whether a wish is granted is for the
 * policy to say.
 */
#ifndef GATEWAY_TRIGGER_H
#define GATEWAY_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "gateway/edits.h"
#include "gateway/gateway.h"
#include "mail/header.h"

struct triggers {
	unsigned wishes;    /* a set of gateway_wish */
	const char **names; /* of those that were found, borrowed */
	size_t count;
	struct edits edits; /* header fields only: takes them out */
	bool too_many;	    /* fields; the edits are not all of them */
};

/* Finds the triggers of config in the header of a message.  t is to be
 * initialised with zeros or triggers_fini. */
void triggers_find(struct triggers *t, const struct gateway_config *config,
    const struct header *header);
void triggers_fini(struct triggers *t);

/* Appends what takes them out: fields are deleted from the highest index down;
 * a Subject is set, and stays where it stood, empty if nothing is left. */
void triggers_edit(const struct triggers *t, struct edits *edits);

/* Is there anything in this field that triggers_find would take out? */
bool trigger_is_in(const struct gateway_trigger *triggers, size_t count,
    const struct header_field *field);

#endif
