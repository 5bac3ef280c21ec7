/*
 * doctor_postfix_listeners.h: the listeners of a Postfix, with their milters.
 */
#ifndef ADMIN_DOCTOR_POSTFIX_LISTENERS_H
#define ADMIN_DOCTOR_POSTFIX_LISTENERS_H

#include "admin/doctor_listener.h"
#include "admin/doctor_postfix.h"

/* smtpd(8) services in the order of master.cf, then the sendmail command.
 * The caller frees server->listeners.  c and own must outlive server. */
void postfix_listeners(const struct postfix_config *c,
    const struct doctor_own *own, struct doctor_server *server,
    struct doctor_report *r);

/* The service that a listener is; of the sendmail command: cleanup(8), or
 * NULL. */
const struct postfix_service *postfix_listener_service(
    const struct postfix_config *c, const struct doctor_listener *l);

/* Adds the steps that bring our socket, or the guard's, below the queue
 * directory, where every service can see it. */
void postfix_move_socket(struct doctor_report *r, size_t n,
    const struct doctor_server *server, enum doctor_milter_kind kind);

#endif
