/*
 * keyd_filter.h: the system calls that are left.
 */
#ifndef KEYD_KEYD_FILTER_H
#define KEYD_KEYD_FILTER_H

#include "base/err.h"

/* Keeps the C library from doing later what the filter forbids.  Before the
 * first thread starts. */
void keyd_filter_prepare(void);

/*
 * Kills the process when any of its threads makes another system call than
 * those that serving needs: no opening, connecting, executing, no new
 * threads, no memory that can be executed.  All threads must be running.
 * folder_fd is the one descriptor in whose folder a file may be removed.
 */
int keyd_filter_install(int folder_fd, struct err *err) MUST_USE;

/* Keeps memory out of swap (confine_lock_memory). */
int keyd_filter_lock_memory(struct err *err) MUST_USE;

#endif
