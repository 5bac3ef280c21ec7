/*
 * doctor_own.h: our own configuration and the guard's, as the mail server has
 * to know them.
 */
#ifndef ADMIN_DOCTOR_OWN_H
#define ADMIN_DOCTOR_OWN_H

#include "admin/doctor_listener.h"
#include "settings/settings.h"

/* Strings are borrowed from the settings.  guard may be NULL.  The domains of
 * our users, which the store knows, too, are for the caller to add. */
void doctor_own_read(struct doctor_own *own, const struct settings *settings,
    const struct settings *guard);

/* What signer and guard have to agree on. */
void doctor_own_check(const struct doctor_own *own, struct doctor_report *r);

#endif
