/*
 * disclaimer_word.h: what came of adding a disclaimer, as a word for people.
 */
#ifndef TESTS_UNIT_DISCLAIMER_WORD_H
#define TESTS_UNIT_DISCLAIMER_WORD_H

#include "mail/disclaimer.h"

/* "added" "present" "no-body" "inner-signed" "inner-encrypted" "inline-pgp"
 * "broken" "charset" "too-complex" */
const char *disclaimer_word(enum disclaimer_result r);

#endif
