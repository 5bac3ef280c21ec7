/* keyd_options.c: see keyd_options.h.  Main thread (getopt). */
#include "keyd/keyd_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One per processor serves best; a few even on small machines, so that a
 * long signature does not hold up a short one. */
#define WORKERS_LEAST 2
#define WORKERS_MOST  16

#define NEW_PREFIX "new:"

const char keyd_usage[] =
    "usage: smime-keyd -s socket -k keyfile [-u user] [-g group] "
    "[-w workers] [-f]\n"
    "       smime-keyd -k new:keyfile\n"
    "       smime-keyd -V | -h\n";

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static unsigned
default_workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < WORKERS_LEAST)
		return WORKERS_LEAST;
	return n > WORKERS_MOST ? WORKERS_MOST : (unsigned)n;
}

static int
parse_workers(const char *text, unsigned *workers, struct err *err)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n < 1 || n > KEYD_WORKERS_MAX)
		return err_set(err, ERR_PERMANENT,
		    "-w %s: must be a number from 1 to %d", text,
		    KEYD_WORKERS_MAX);
	*workers = (unsigned)n;
	return 0;
}

static void
take_key_file(struct keyd_options *o, const char *text)
{
	size_t prefix = strlen(NEW_PREFIX);

	o->key_file = text;
	if (strncmp(text, NEW_PREFIX, prefix) == 0) {
		if (o->task == KEYD_SERVE)
			o->task = KEYD_NEW_KEY;
		o->key_file = text + prefix;
	}
}

/* word: where it stands */
static int
take_option(
    struct keyd_options *o, int option, const char *word, struct err *err)
{
	switch (option) {
	case 's':
		o->socket = optarg;
		return 0;
	case 'k':
		take_key_file(o, optarg);
		return 0;
	case 'u':
		o->user = optarg;
		return 0;
	case 'g':
		o->group = optarg;
		return 0;
	case 'w':
		return parse_workers(optarg, &o->workers, err);
	case 'f':
		o->foreground = true;
		return 0;
	case 'V':
		o->task = KEYD_VERSION;
		return 0;
	case 'h':
		o->task = KEYD_HELP;
		return 0;
	case ':':
		return err_set(
		    err, ERR_PERMANENT, "option -%c needs a value", optopt);
	default:
		if (optopt == 0)
			return err_set(
			    err, ERR_PERMANENT, "unknown option %s", word);
		return err_set(
		    err, ERR_PERMANENT, "unknown option -%c", optopt);
	}
}

int
keyd_options_parse(
    struct keyd_options *options, int argc, char **argv, struct err *err)
{
	struct keyd_options o = {.workers = default_workers()};
	int option;

	optind = 0; /* glibc: from the beginning, whatever was before */
	while ((option = getopt_long(
		    argc, argv, ":s:k:u:g:w:fVh", long_options, NULL)) != -1)
		if (take_option(&o, option, argv[optind - 1], err))
			return -1;
	if (optind < argc)
		return err_set(
		    err, ERR_PERMANENT, "not an option: %s", argv[optind]);
	if (o.task != KEYD_VERSION && o.task != KEYD_HELP &&
	    (!o.key_file || !*o.key_file))
		return err_set(err, ERR_PERMANENT, "-k is missing");
	if (o.task == KEYD_SERVE && (!o.socket || !*o.socket))
		return err_set(err, ERR_PERMANENT, "-s is missing");
	*options = o;
	return 0;
}
