/*
 * io.h: whole files, and what an operator got wrong about them.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the file to out, which must be initialised; its cap is the limit.
 * Error: temporary when the file cannot be read, permanent when it is too
 * large, not found when it does not exist. */
int io_read_file(const char *path, struct buf *out, struct err *err) MUST_USE;

/* Appends everything that can be read from fd (a pipe, standard input). */
int io_read_fd(
    int fd, const char *name, struct buf *out, struct err *err) MUST_USE;

/* Writes the file in one step: a reader sees the old or the new one, never
 * a part.  Replaces an existing file. */
int io_write_file(
    const char *path, struct slice data, mode_t mode, struct err *err) MUST_USE;

/* Writes all of data to fd. */
int io_write_fd(
    int fd, const char *name, struct slice data, struct err *err) MUST_USE;

/* A secret file must be a regular file that only its owner can read, and the
 * owner must be us or root; or a credential that systemd passes to us.  The
 * error says which chmod or chown mends it. */
int io_check_secret_file(const char *path, struct err *err) MUST_USE;

#endif
