/*
 * options.h: the command line of smime-milter.
 */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

enum task {
	TASK_SERVE,
	TASK_CHECK,   /* -n */
	TASK_VERSION, /* -V */
	TASK_HELP     /* -h, --help */
};

struct options {
	enum task task;
	char *file;	 /* -c, made absolute; NULL: the default.  Owned. */
	bool foreground; /* -f */
};

extern const char options_usage[];

/* Permanent error for wrong usage. */
int options_parse(
    struct options *options, int argc, char **argv, struct err *err) MUST_USE;
void options_fini(struct options *options);

#endif
