/* options.c: see options.h.  Main thread (getopt). */
#include "daemon/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

const char options_usage[] = "usage: smime-milter [-c file] [-f] [-n]\n"
			     "       smime-milter -V | -h\n";

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* The working folder is left later, and the file read again by a reload. */
static int
set_file(struct options *o, const char *path, struct err *err)
{
	char *folder = NULL;

	if (path[0] == '\0')
		return err_set(err, ERR_PERMANENT, "-c: no file");
	if (path[0] != '/' && !(folder = getcwd(NULL, 0)))
		return err_set_errno(err, ERR_PERMANENT, "-c %s", path);
	free(o->file);
	o->file = folder ? xasprintf("%s/%s", folder, path) : xstrdup(path);
	free(folder);
	return 0;
}

/* word: where it stands */
static int
set_option(struct options *o, int option, const char *word, struct err *err)
{
	switch (option) {
	case 'c':
		return set_file(o, optarg, err);
	case 'f':
		o->foreground = true;
		return 0;
	case 'n':
		o->task = TASK_CHECK;
		return 0;
	case 'V':
		o->task = TASK_VERSION;
		return 0;
	case 'h':
		o->task = TASK_HELP;
		return 0;
	case ':':
		return err_set(
		    err, ERR_PERMANENT, "-%c: needs an argument", optopt);
	default:
		if (optopt == 0)
			return err_set(
			    err, ERR_PERMANENT, "%s: no such option", word);
		return err_set(
		    err, ERR_PERMANENT, "-%c: no such option", optopt);
	}
}

int
options_parse(struct options *o, int argc, char **argv, struct err *err)
{
	int option;

	*o = (struct options){.task = TASK_SERVE};
	opterr = 0;
	while ((option = getopt_long(
		    argc, argv, ":c:fnVh", long_options, NULL)) != -1) {
		if (set_option(o, option, argv[optind - 1], err))
			goto fail;
	}
	if (optind == argc)
		return 0;
	err_set(err, ERR_PERMANENT, "%s: unexpected argument", argv[optind]);
fail:
	options_fini(o);
	return -1;
}

void
options_fini(struct options *o)
{
	free(o->file);
	o->file = NULL;
}
