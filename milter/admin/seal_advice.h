/*
 * seal_advice.h: what usually does such a thing to a message, and what helps.
 */
#ifndef ADMIN_SEAL_ADVICE_H
#define ADMIN_SEAL_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "smime/intact.h"
#include "smime/seal_compare.h"

/* What is known of both messages. */
struct seal_advice_case {
	enum smime_integrity was, now;
	const struct seal_findings *findings;
};

/* At most so many different ones, the most important first. */
#define SEAL_ADVICE_MAX 6

/* Sentences, static text; how many. */
size_t seal_advice(
    const struct seal_advice_case *c, const char *out[SEAL_ADVICE_MAX]);

#endif
