/*
 * keyd_filter.c: see keyd_filter.h.  Main thread, last step of the lockdown.
 * keyd_filter_none.c takes its place in builds with sanitizers, which need
 * far more of the system.
 */
#include "keyd/keyd_filter.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <seccomp.h>

#include "base/confine.h"

/* With any arguments.  Names that an architecture lacks are left out by
 * libseccomp. */
static const int allowed[] = {
    /* Serving */
    SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(accept), SCMP_SYS(accept4),
    SCMP_SYS(getsockopt), SCMP_SYS(shutdown), SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(futex),
    SCMP_SYS(restart_syscall),
    /* Memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    /* Random numbers; time where the vDSO cannot tell it; the C library's
     * choice of a heap per thread */
    SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(time), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
    SCMP_SYS(getpid), SCMP_SYS(gettid),
    /* Ending, also by abort() */
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn), SCMP_SYS(tgkill), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

static int
allow_plain(scmp_filter_ctx filter)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (rc == 0)
			rc = seccomp_rule_add(
			    filter, SCMP_ACT_ALLOW, allowed[i], 0);
	return rc;
}

/* Memory that is mapped may not be executable. */
static int
allow_memory(scmp_filter_ctx filter)
{
	static const int calls[] = {
	    SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
	int rc = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (rc == 0)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i],
			    1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return rc;
}

/* glibc, returning the top of a thread's heap to the system, first reads
 * /proc/sys/vm/overcommit_memory. */
void
keyd_filter_prepare(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

int
keyd_filter_install(int folder_fd, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (!filter)
		return err_set(err, ERR_PERMANENT,
		    "there are no system call filters here: the kernel has "
		    "none, or whoever starts us forbids seccomp(2) (systemd: "
		    "add seccomp to SystemCallFilter)");
	rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_attr_set(
		    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = allow_plain(filter);
	if (rc == 0)
		rc = allow_memory(filter);
	if (rc == 0)
		rc =
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat),
			2, SCMP_A0_32(SCMP_CMP_EQ, (unsigned)folder_fd, 0),
			SCMP_A2(SCMP_CMP_EQ, 0, 0));
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc == 0)
		return 0;
	errno = -rc;
	return err_set_errno(
	    err, ERR_PERMANENT, "cannot install the system call filter");
}

int
keyd_filter_lock_memory(struct err *err)
{
	return confine_lock_memory(err);
}
