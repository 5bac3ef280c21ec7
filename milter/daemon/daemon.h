/*
 * daemon.h: smime-milter from its settings to its end.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>

#include "base/err.h"
#include "settings/settings.h"

/*
 * Serves until a signal ends it, and then exits.  Takes the settings.  It
 * returns, -1, only for errors up to the moment when mail can come; later
 * ones are logged.
 */
int daemon_run(
    struct settings *settings, bool foreground, struct err *err) MUST_USE;

/* -n: does everything that daemon_run does before it listens, then prints
 * what is good.  Takes the settings. */
int daemon_check(struct settings *settings, struct err *err) MUST_USE;

#endif
