/*
 * service.h: the gateway that new messages get, and how many are in flight.
 *
 * A reload replaces the gateway whole: messages that have begun keep theirs.
 * The end waits for messages whose content has arrived (the mail server sends
 * it only once it has all of it, so that takes no client's time) and defers
 * those that come later.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <stdbool.h>

#include "base/clock.h"
#include "gateway/gateway.h"

struct service;

/* Takes the reference. */
struct service *service_new(struct gateway *gateway);

/* Nobody may use the service any more. */
void service_free(struct service *service);

/* A reference to the gateway of today; NULL once the service has ended. */
struct gateway *service_gateway(struct service *service);

/* Takes the reference; messages from now on get this one. */
void service_replace(struct service *service, struct gateway *gateway);

/* A message is in flight between the two.  False: the service has ended, the
 * message is to be deferred, and there is nothing to leave. */
bool service_enter(struct service *service);
void service_leave(struct service *service);

/* Connections that are open. */
void service_connected(struct service *service);
void service_disconnected(struct service *service);

/* Ends the service: drops its gateway, and waits until no message is in
 * flight.  The number of those that still are at the deadline. */
unsigned service_end(struct service *service, deadline_t deadline);

/* Are there neither connections nor messages? */
bool service_is_idle(struct service *service);

#endif
