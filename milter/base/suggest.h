/*
 * suggest.h: "did you mean": the known word nearest to a mistyped one.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* The candidate that takes the fewest typing mistakes (a letter too much,
 * missing, wrong, or two swapped) to become text; NULL when none is near
 * enough to be meant.  NULL candidates are passed over. */
const char *suggest(
    const char *text, const char *const *candidates, size_t count);

#endif
