/*
 * keyd_service.h: from the command line to a process that can do nothing but
 * answer, and back.
 */
#ifndef KEYD_KEYD_SERVICE_H
#define KEYD_KEYD_SERVICE_H

#include "base/err.h"
#include "keyd/keyd_options.h"

struct keyd_service;

/* Everything that can fail, in the order of the lockdown, but for its last
 * step; afterwards threads run and the socket listens.  NULL with err
 * otherwise: the process should end. */
struct keyd_service *keyd_service_start(
    const struct keyd_options *options, struct err *err);

/* The last step: memory is locked, the filter installed.  What needs other
 * system calls must be done before, as opening the log. */
int keyd_service_lock_in(
    struct keyd_service *service, struct err *err) MUST_USE;

/* Serves until SIGTERM or SIGINT, then answers what has arrived. */
void keyd_service_run(struct keyd_service *service);

/* Removes the socket, ends the threads and frees everything. */
void keyd_service_end(struct keyd_service *service);

#endif
