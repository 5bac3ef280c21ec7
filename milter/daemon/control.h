/*
 * control.h: signals, as commands to the main thread.
 *
 * HUP reloads, TERM and INT end, USR1 opens the log again.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "base/err.h"

/* The more urgent first. */
enum control_command {
	CONTROL_GAVE_UP, /* libmilter ended by itself */
	CONTROL_END,
	CONTROL_REOPEN_LOG,
	CONTROL_RELOAD,
	CONTROL_COMMANDS
};

/* Keeps the signals for control_wait, in this thread and in those that it
 * starts: in the main thread, before any other. */
int control_open(struct err *err) MUST_USE;

/* The next command; waits for it.  What was asked for several times before
 * it is waited for counts once.  Main thread. */
enum control_command control_wait(void);

/* Makes control_wait give CONTROL_GAVE_UP; any thread, for milter_serve. */
void control_give_up(void *unused);

#endif
