/*
 * main.c: smimectl, the administration of smime-milter; see smimectl(8).
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "admin/command.h"
#include "base/log.h"

int
main(int argc, char **argv)
{
	static const struct rlimit none = {0, 0};

	/* Key files pass through this process: no memory image, and nothing
	 * that it writes is for others unless said so. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)umask(077);
	(void)log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, "smimectl", NULL);
	return (int)command_main(argc, argv);
}
