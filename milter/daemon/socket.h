/*
 * socket.h: the socket that the mail server connects to, around libmilter,
 * which only binds it.
 */
#ifndef DAEMON_SOCKET_H
#define DAEMON_SOCKET_H

#include <stdbool.h>

#include "base/confine.h"
#include "base/err.h"
#include "settings/settings.h"

/* What can be told wrong without touching anything: a group or a host that
 * nobody knows, an address of the other family. */
int socket_check(const struct settings *settings, struct err *err) MUST_USE;

/* Whether owner is in socket_group, and so can serve without a start as root;
 * true without such a group. */
bool socket_owner_in_group(
    const struct settings *settings, const struct confine_user *owner);

/* Before libmilter binds: the folder of a unix socket is there and safe, and
 * a socket that nobody answers on is removed.  owner: who will serve.
 * *lock: a descriptor to be closed when libmilter listens, because until then
 * nobody else may believe that the socket is a left-over; -1: none. */
int socket_prepare(const struct settings *settings,
    const struct confine_user *owner, int *lock, struct err *err) MUST_USE;

/* After that: owner, group and mode of a unix socket, which libmilter must
 * have bound closed to all others; TCP_NODELAY for the others. */
int socket_open_up(const struct settings *settings,
    const struct confine_user *owner, struct err *err) MUST_USE;

/* Removes a unix socket, as far as we may. */
void socket_remove(const struct settings *settings);

/* Who can connect besides us and one group, in words; NULL: nobody.  They can
 * have anything signed, and should be warned about. */
const char *socket_exposure(const struct settings *settings);

#endif
