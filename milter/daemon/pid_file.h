/*
 * pid_file.h: the process id, for init systems that want a file.
 */
#ifndef DAEMON_PID_FILE_H
#define DAEMON_PID_FILE_H

#include "base/err.h"

/* Writes our id; path "" does nothing.  As root, before privileges are
 * dropped, so that nobody can have another process killed. */
int pid_file_write(const char *path, struct err *err) MUST_USE;

/* Removes it, as far as we still may. */
void pid_file_remove(const char *path);

#endif
