/*
 * disclaimer_check.h: what holds for every message that gets a disclaimer.
 * For unit tests and fuzz targets.
 */
#ifndef TESTS_UNIT_DISCLAIMER_CHECK_H
#define TESTS_UNIT_DISCLAIMER_CHECK_H

#include "mail/disclaimer.h"

/* Disclaimers to choose from, by number. */
#define DISCLAIMER_CHECK_TEXTS 5u

/*
 * Puts one of them into an entity and checks what mail/disclaimer.h promises:
 * the same tree, all bytes but those of bodies that were touched, each of them
 * the old text with something put in at one place, found again when asked for,
 * and as fit to be signed as before.  NULL, or what is wrong.
 */
const char *disclaimer_check(struct slice header_raw, struct slice body,
    unsigned which, enum disclaimer_result *result);

#endif
