/*
 * seal_part.h: the part of a message that a finding is about, and what is
 * different there, as an operator may look at it.
 */
#ifndef ADMIN_SEAL_PART_H
#define ADMIN_SEAL_PART_H

#include "base/err.h"
#include "mail/mime_scan.h"
#include "smime/seal_compare.h"

/* The part with a number as in seal_compare.h; NULL: there is none. */
const struct mime_part *seal_part_find(
    const struct mime_tree *tree, const char *number);

/* Some bytes of a message as one line of printable ASCII: others as "\n",
 * "\t", "\xE4", a backslash doubled.  Of more than SEAL_EXCERPT_BYTES the
 * middle is left out.  The caller frees it; NULL: there are none. */
#define SEAL_EXCERPT_BYTES 96
char *seal_part_escape(struct slice bytes);

/* What stood there, and what stands there now, without what both begin and
 * end with; each NULL where that is nothing, or not to be looked at.  The
 * caller frees both. */
struct seal_excerpt {
	char *before;
	char *after;
};

/* wrapped: the number of the part that the message has become, "" when it is
 * none.  Errors are those of the spool. */
struct seal_excerpt_case {
	const struct mime_tree *was, *now;
	const char *wrapped;
	const struct spool_config *spool;
};
int seal_part_excerpt(const struct seal_excerpt_case *c,
    const struct seal_finding *finding, struct seal_excerpt *out,
    struct err *err) MUST_USE;
void seal_excerpt_fini(struct seal_excerpt *e);

#endif
