/*
 * socket.h: the socket that the mail server connects to, around libmilter,
 * which only binds it.
 */
#ifndef DAEMON_SOCKET_H
#define DAEMON_SOCKET_H

#include <sys/types.h>

#include "base/err.h"
#include "settings/settings.h"

/* Before libmilter binds: the folder of a unix socket is there and safe, and
 * a socket that nobody answers on is removed.  owner: who will serve. */
int socket_prepare(
    const struct settings *settings, uid_t owner, struct err *err) MUST_USE;

/* After that: owner, group and mode of a unix socket, which libmilter must
 * have bound closed to all others; TCP_NODELAY for the others. */
int socket_open_up(
    const struct settings *settings, uid_t owner, struct err *err) MUST_USE;

/* Removes a unix socket, as far as we may. */
void socket_remove(const struct settings *settings);

/* Can users besides ours and one group connect?  Then they can have anything
 * signed, and should be warned about. */
bool socket_is_open_to_all(const struct settings *settings);

#endif
