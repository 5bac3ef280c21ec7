/*
 * doctor_run.h: what a program says that is asked about its settings.
 */
#ifndef ADMIN_DOCTOR_RUN_H
#define ADMIN_DOCTOR_RUN_H

#include "base/buf.h"
#include "base/err.h"

/* Runs argv[0], an absolute path, with an environment of its own and nothing
 * on its standard input, and appends what it prints to out, whose cap is the
 * limit, and what it complains about to complaints, which may be NULL and is
 * cut where it is full.  Ends it after that many milliseconds.  Error: it cannot be run, ends
 * with another status than 0 (with the last line of what it complained), prints
 * too much or takes too long. */
int doctor_run(char *const argv[], int wait_ms, struct buf *out,
    struct buf *complaints, struct err *err) MUST_USE;

#endif
