/*
 * reload.h: from a configuration file to a gateway, at the start and later.
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "base/err.h"
#include "daemon/service.h"
#include "gateway/token.h"
#include "settings/settings.h"

/* The gateway of these settings; it takes the reference in any case.  tokens
 * are those of the process; NULL: the gateway serves no mail, learns nothing
 * and has no thread. */
int reload_make_gateway(struct settings *settings, struct tokens *tokens,
    struct gateway **out, struct err *err) MUST_USE;

/* Logs what store and configuration say differently, so that mail waits. */
void reload_warn(struct gateway *gateway);

/* Reads the file of *current again.  When everything in it is good, messages
 * from now on get the new gateway and *current becomes the new settings;
 * otherwise nothing changes.  Either is logged. */
void reload(
    struct service *service, struct tokens *tokens, struct settings **current);

#endif
