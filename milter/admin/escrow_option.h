/*
 * escrow_option.h: who can read all that is encrypted, on the command line.
 */
#ifndef ADMIN_ESCROW_OPTION_H
#define ADMIN_ESCROW_OPTION_H

#include "admin/admin.h"

/* The option --escrow of args as the store has it: *out is replaced, and stays
 * when it was not given.  VERB_USAGE when it is neither "none" nor "inherit"
 * nor a list of addresses. */
enum verb_result escrow_option_read(
    const struct args *args, char **out, struct err *err) MUST_USE;

/* Warns, where the option was given, of addresses without any certificate in
 * the store: until they have one, nobody is encrypted to. */
void escrow_option_warn(
    struct store *store, const struct args *args, const char *escrow);

#endif
