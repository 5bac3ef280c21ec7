/*
 * relay_word.h: why a copy was not taken over, as a word for people.
 */
#ifndef TESTS_UNIT_RELAY_WORD_H
#define TESTS_UNIT_RELAY_WORD_H

#include "relay/relay_copy.h"

/* "away", "busy", ...; "none" when nothing went wrong. */
const char *relay_word(enum relay_reason reason);

#endif
