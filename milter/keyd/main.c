/*
 * main.c: smime-keyd, the process that has the private keys.
 *
 * It reads no mail, no configuration and no network; see smime-keyd(8).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/background.h"
#include "base/log.h"
#include "base/secret.h"
#include "keyd/keyd_crypto.h"
#include "keyd/keyd_options.h"
#include "keyd/keyd_service.h"

#define IDENT	   "smime-keyd"
#define EXIT_USAGE 2

static int
make_key(const char *path, struct err *err)
{
	struct keyd_crypto crypto;
	struct secret key = {0};
	int rc = -1;

	if (keyd_crypto_init(&crypto, err))
		return -1;
	if (secret_random(&key, KEYD_WRAPPING_KEY_SIZE, err) == 0)
		rc = secret_write_new_file(&key, path, err);
	secret_fini(&key);
	keyd_crypto_fini(&crypto);
	return rc;
}

/* From the first process to the last request.  The log is opened when there
 * are no more errors for the terminal but one, which goes to both. */
static int
serve(const struct keyd_options *options, struct err *err)
{
	struct keyd_service *service;
	int rc = -1;

	if (!options->foreground && background_begin(err))
		return -1;
	service = keyd_service_start(options, err);
	if (!service)
		return -1;
	if (!options->foreground &&
	    (chdir("/") ||
		log_open(LOG_TARGET_SYSLOG, LOG_LEVEL_INFO, IDENT, NULL))) {
		err_set_errno(err, ERR_PERMANENT, "cannot leave the terminal");
		goto out;
	}
	if (keyd_service_lock_in(service, err))
		goto out;
	if (!options->foreground)
		background_ready();
	log_info("version %s serves %s with %u workers", PACKAGE_VERSION,
	    options->socket, options->workers);
	keyd_service_run(service);
	log_info("ended");
	rc = 0;
out:
	keyd_service_end(service);
	return rc;
}

int
main(int argc, char **argv)
{
	struct keyd_options options;
	struct err err;
	int rc = 0;

	if (keyd_options_parse(&options, argc, argv, &err)) {
		(void)fprintf(stderr, IDENT ": %s\n%s", err.text, keyd_usage);
		return EXIT_USAGE;
	}
	if (options.task == KEYD_VERSION) {
		puts(IDENT " " PACKAGE_VERSION);
		return 0;
	}
	if (options.task == KEYD_HELP) {
		(void)fputs(keyd_usage, stdout);
		return 0;
	}
	(void)log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, IDENT, NULL);
	if (options.task == KEYD_NEW_KEY)
		rc = make_key(options.key_file, &err);
	else
		rc = serve(&options, &err);
	if (rc == 0)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, IDENT ": %s\n", err.text);
	return EXIT_FAILURE;
}
