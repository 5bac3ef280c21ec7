/*
 * keyd_options.h: the command line.
 */
#ifndef KEYD_KEYD_OPTIONS_H
#define KEYD_KEYD_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

#define KEYD_WORKERS_MAX 64

enum keyd_task {
	KEYD_SERVE,
	KEYD_NEW_KEY, /* -k new:FILE */
	KEYD_VERSION, /* -V */
	KEYD_HELP     /* -h, --help */
};

struct keyd_options {
	enum keyd_task task;
	const char *socket;   /* -s */
	const char *key_file; /* -k, without "new:" */
	const char *user;     /* -u, or NULL */
	const char *group;    /* -g, or NULL */
	unsigned workers;     /* -w, 1 to KEYD_WORKERS_MAX */
	bool foreground;      /* -f */
};

extern const char keyd_usage[];

/* The strings point into argv.  Error: permanent, wrong usage. */
int keyd_options_parse(struct keyd_options *options, int argc, char **argv,
    struct err *err) MUST_USE;

#endif
