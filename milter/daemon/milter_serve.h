/*
 * milter_serve.h: libmilter from its socket to its last callback.
 */
#ifndef DAEMON_MILTER_SERVE_H
#define DAEMON_MILTER_SERVE_H

#include "base/err.h"
#include "daemon/service.h"
#include "settings/settings.h"

/* Listens at settings->socket.  Once in a process; before privileges are
 * dropped and threads start.  A unix socket is closed to other users. */
int milter_listen(const struct settings *settings, struct err *err) MUST_USE;

/* Serves in threads of its own from now on; ended is called, with arg, by one
 * of them if libmilter ever gives up.  There is no way to stop but the end of
 * the process. */
int milter_serve(struct service *service, void (*ended)(void *arg), void *arg,
    struct err *err) MUST_USE;

/* "libmilter 1.0.1" */
const char *milter_version(void);

#endif
