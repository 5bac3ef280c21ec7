/*
 * milter_callbacks.h: what libmilter calls.
 */
#ifndef DAEMON_MILTER_CALLBACKS_H
#define DAEMON_MILTER_CALLBACKS_H

#include <libmilter/mfapi.h>

#include "base/err.h"
#include "daemon/service.h"

/* Must be called once before smfi_main; the service must outlive it.
 * Temporary error: there can be no thread. */
int milter_callbacks_init(struct service *service, struct err *err) MUST_USE;

/* For smfi_register. */
extern const struct smfiDesc milter_description;

#endif
