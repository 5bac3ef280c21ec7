/*
 * command.h: NOUN VERB, each described once.
 *
 * A noun's file (cmd_NOUN.c) holds a table of its verbs: operands, options,
 * help and the function that does it.  Reading the command line, usage
 * texts, "--help" and suggestions are made from these tables.
 */
#ifndef ADMIN_COMMAND_H
#define ADMIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct admin;
struct args;

/* What the program ends with (DESIGN.md 6). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1,	    /* not found, not valid, would be refused */
	EXIT_WRONG_USE = 2, /* command line or configuration */
	EXIT_AWAY = 3,	    /* store or key process away: try again */
	EXIT_INTERNAL = 4
};

/* What a verb's function returns. */
enum verb_result {
	VERB_DONE = 0,
	VERB_NO = 1,	  /* it printed an answer, which is no */
	VERB_AWAY = 2,	  /* it printed that something is away */
	VERB_FAILED = -1, /* err says why, its class gives the exit code */
	VERB_USAGE = -2	  /* err says what is wrong with the command line */
};

/* A long option of one verb.  A list of them ends with a NULL name. */
struct command_option {
	const char *name;
	const char *argument; /* its name in the help; NULL: a switch */
	const char *help;     /* one short line */
};

struct command {
	const char *noun;
	const char *verb;     /* NULL: the noun alone is the command */
	const char *operands; /* as in the help: "ADDRESS [FILE]" */
	unsigned least;	      /* operands */
	unsigned most;
	const struct command_option *options; /* NULL: none */
	const char *summary;		      /* one line, no full stop */
	enum verb_result (*run)(
	    struct admin *a, const struct args *args, struct err *err);
};

/* The verbs of all nouns; a noun's verbs stand together. */
extern const struct command *const command_list[];
extern const size_t command_count;

/* The command line of one verb, read.  Strings are borrowed from argv. */
struct args {
	const struct command *command;
	char *const *operands;
	size_t count;
	const char **values; /* beside command->options; NULL: not given */
};

/* The nth operand (from 0), or NULL. */
const char *args_operand(const struct args *args, size_t n);

/* The argument of an option of this verb ("" for a switch), or NULL when it
 * was not given. */
const char *args_option(const struct args *args, const char *name);
static inline bool
args_has(const struct args *args, const char *name)
{
	return args_option(args, name) != NULL;
}

/* An option that is a whole number from least to most; *out stays when it
 * was not given.  VERB_USAGE when it is anything else. */
enum verb_result args_number(const struct args *args, const char *name,
    long least, long most, long *out, struct err *err);

/* Reads the command line, does what it says, and returns the exit code.
 * Errors go to standard error, one line each. */
enum exit_code command_main(int argc, char **argv);

#endif
