/*
 * main.c: smime-milter, the process between mail server and gateway.
 *
 * It has no private key and loads none; see smime-milter(8).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "daemon/daemon.h"
#include "daemon/milter_serve.h"
#include "daemon/options.h"

#define IDENT	   "smime-milter"
#define EXIT_USAGE 2

static int
load(const char *file, struct settings **settings)
{
	struct settings_errors errors;
	int rc;

	settings_errors_init(&errors);
	rc = settings_load(file, settings, &errors);
	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, IDENT ": %s\n", errors.lines[i]);
	settings_errors_fini(&errors);
	return rc;
}

static int
run(const struct options *options)
{
	struct settings *settings;
	struct err err;
	int rc;

	if (load(options->file, &settings))
		return EXIT_FAILURE;
	if (options->task == TASK_CHECK)
		rc = daemon_check(settings, &err);
	else
		rc = daemon_run(settings, options->foreground, &err);
	if (rc == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, IDENT ": %s\n", err.text);
	return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct err err;
	int status = EXIT_SUCCESS;

	if (options_parse(&options, argc, argv, &err)) {
		fprintf(stderr, IDENT ": %s\n%s", err.text, options_usage);
		return EXIT_USAGE;
	}
	if (options.task == TASK_VERSION)
		printf(IDENT " " PACKAGE_VERSION " (%s, %s)\n",
		    OpenSSL_version(OPENSSL_VERSION), milter_version());
	else if (options.task == TASK_HELP)
		(void)fputs(options_usage, stdout);
	else
		status = run(&options);
	options_fini(&options);
	return status;
}
