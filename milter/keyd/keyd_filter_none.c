/*
 * keyd_filter_none.c: see keyd_filter.h.  For builds with sanitizers only:
 * their runtimes reserve terabytes of address space and read /proc.
 */
#include "keyd/keyd_filter.h"

#include "base/log.h"

void
keyd_filter_prepare(void)
{
}

int
keyd_filter_install(int folder_fd, struct err *err)
{
	(void)folder_fd;
	(void)err;
	log_warning("built with sanitizers: no system call filter");
	return 0;
}

int
keyd_filter_lock_memory(struct err *err)
{
	return err_set(
	    err, ERR_TEMPORARY, "built with sanitizers: memory is not locked");
}
