/*
 * disclaimer_part.h: what becomes of one body that gets a disclaimer.
 */
#ifndef MAIL_DISCLAIMER_PART_H
#define MAIL_DISCLAIMER_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/disclaimer_body.h"

/* The part with other labels and something put into its body, or with another
 * body. */
struct disclaimer_part {
	const struct mime_part *part;
	const char *charset; /* new labels, NULL: as they were */
	const char *cte;
	size_t from, to; /* bytes of the body that give way to */
	struct spool instead;
};

/* Makes it, or tells in *result, which is DISCLAIMER_ADDED otherwise, why not.
 * -1 is an error of a spool.  The caller ends out with disclaimer_part_fini in
 * any case. */
int disclaimer_part_make(const struct disclaimer_body *body,
    const struct disclaimer *d, const struct spool_config *config,
    struct disclaimer_part *out, enum disclaimer_result *result,
    struct err *err) MUST_USE;

/* Also of one that could not be made. */
void disclaimer_part_fini(struct disclaimer_part *p);

#endif
