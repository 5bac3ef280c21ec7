/*
 * confinement.h: what the process that reads strangers' mail gives up.
 */
#ifndef DAEMON_CONFINEMENT_H
#define DAEMON_CONFINEMENT_H

#include "base/confine.h"
#include "base/err.h"
#include "settings/settings.h"

/* Who will serve (uid and gid): the configured user when we are root,
 * otherwise whoever we are.  Permanent error when that user does not exist. */
int confinement_owner(const struct settings *settings,
    struct confine_user *owner, struct err *err) MUST_USE;

/* No core files, no new privileges, no capabilities, no root.  Before any
 * thread starts. */
int confinement_enter(
    const struct settings *settings, struct err *err) MUST_USE;

#endif
