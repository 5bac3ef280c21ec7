/*
 * disclaimer_option.h: the disclaimer of a domain or a user, on the command
 * line and in what is printed.
 */
#ifndef ADMIN_DISCLAIMER_OPTION_H
#define ADMIN_DISCLAIMER_OPTION_H

#include <jansson.h>

#include "admin/admin.h"

/* The option --disclaimer of args as the store has it: *out is replaced, and
 * stays when it was not given.  VERB_USAGE when it is neither "none" nor
 * "inherit" nor a name that the configuration has a text for. */
enum verb_result disclaimer_option_read(struct admin *a,
    const struct args *args, char **out, struct err *err) MUST_USE;

/* "inherit", "none" or a name: of a row of the store, and of a domain in the
 * file. */
const char *disclaimer_stored_text(const char *stored);
const char *disclaimer_file_text(const char *name);

/* What is in effect: a name, or null when that is none. */
json_t *disclaimer_effective(const char *name);

#endif
