/*
 * disclaimer_names.h: disclaimers that the store names, and the configuration
 * has no text for.
 */
#ifndef GATEWAY_DISCLAIMER_NAMES_H
#define GATEWAY_DISCLAIMER_NAMES_H

#include "base/err.h"
#include "cert/store.h"
#include "gateway/gateway.h"

/* Calls each with a sentence for the operator about every such name.  Errors
 * are those of the store. */
int disclaimer_names_check(const struct gateway_config *config,
    struct store *store, void (*each)(const char *text, void *arg), void *arg,
    struct err *err) MUST_USE;

#endif
