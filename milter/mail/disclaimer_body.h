/*
 * disclaimer_body.h: the bodies of a message that a reader sees first.
 */
#ifndef MAIL_DISCLAIMER_BODY_H
#define MAIL_DISCLAIMER_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "mail/charset_convert.h"
#include "mail/disclaimer.h"

struct disclaimer_body {
	const struct mime_part *part;
	bool html;
	struct spool plain;	       /* of a body that was encoded */
	struct slice text;	       /* decoded */
	bool strict;		       /* everybody decodes it so */
	const struct charset *charset; /* NULL: unknown */
	bool labelled;		       /* it says so itself */
};

struct disclaimer_bodies {
	struct disclaimer_body at[LIMIT_DISCLAIMER_BODIES];
	size_t count; /* in the order of the document */
};

/*
 * Finds the main bodies, as disclaimer.h has it, and decodes them.  The result
 * is DISCLAIMER_ADDED when there are any that nothing is known against, else
 * why there is nothing to be added.  -1 is an error of a spool.  The caller
 * ends all three with disclaimer_bodies_fini.
 */
int disclaimer_bodies_read(const struct mime_tree *tree,
    const struct spool_config *config, struct disclaimer_bodies *out,
    enum disclaimer_result *result, struct err *err) MUST_USE;

/* Also of those that could not be read. */
void disclaimer_bodies_fini(struct disclaimer_bodies *b);

#endif
