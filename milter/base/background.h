/*
 * background.h: leaving the terminal, with an exit code that tells the
 * truth.
 */
#ifndef BASE_BACKGROUND_H
#define BASE_BACKGROUND_H

#include "base/err.h"

/*
 * Goes on in a child in a session of its own.  The first process prints what
 * the child writes to standard error, until background_ready; then it exits
 * with 0, and what the child writes there later is lost.  When the child
 * ends before, the first process exits with its status.  The working folder
 * stays, for paths on the command line.
 */
int background_begin(struct err *err) MUST_USE;

/* Lets the first process go.  Needs no other system call than write. */
void background_ready(void);

#endif
