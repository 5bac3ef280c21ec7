/*
 * help.h: what "smimectl help" prints, made from the tables of verbs.
 */
#ifndef ADMIN_HELP_H
#define ADMIN_HELP_H

#include <stdio.h>

#include "admin/command.h"

/* Everything: global options, and a line for each verb. */
void help_all(FILE *file);

/* The verbs of one noun. */
void help_noun(FILE *file, const char *noun);

/* One verb with its options. */
void help_command(FILE *file, const struct command *command);

/* "smimectl NOUN VERB OPERANDS [OPTIONS]", without a line end. */
void help_usage(FILE *file, const struct command *command);

#endif
