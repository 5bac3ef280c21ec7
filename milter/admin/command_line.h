/*
 * command_line.h: options, before the noun and behind it.
 */
#ifndef ADMIN_COMMAND_LINE_H
#define ADMIN_COMMAND_LINE_H

#include <stdbool.h>

#include "admin/command.h"
#include "admin/output.h"

/* What the options of every verb say. */
struct command_line {
	const char *config; /* NULL: the default */
	enum output_format format;
	bool help;
	bool version;
};

/* Reads options up to the first word that is none (args NULL), or all of a
 * verb's line, whose values go to args.  optind is then the first operand.
 * Mistakes are complained about; the result is EXIT_DONE or what to end
 * with.  What was set before stays. */
enum exit_code command_line_read(
    int argc, char **argv, struct command_line *line, struct args *args);

#endif
