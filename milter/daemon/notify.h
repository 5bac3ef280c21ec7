/*
 * notify.h: telling systemd when we are ready (sd_notify(3), Type=notify).
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* Sends a state such as "READY=1" to the supervisor, if there is one that
 * wants to know ($NOTIFY_SOCKET); a failure is nobody's concern. */
void notify_supervisor(const char *state);

#endif
