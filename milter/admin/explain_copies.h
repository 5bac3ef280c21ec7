/*
 * explain_copies.h: what leaves: each copy, how it is protected, and whom its
 * ciphertext names.
 */
#ifndef ADMIN_EXPLAIN_COPIES_H
#define ADMIN_EXPLAIN_COPIES_H

#include <jansson.h>

#include "gateway/job.h"

/* Adds "messages" and "readers" to answer. */
void explain_copies(const struct job *job, json_t *answer);

#endif
