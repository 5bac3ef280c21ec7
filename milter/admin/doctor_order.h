/*
 * doctor_order.h: who is asked about a mail, and in which order.
 *
 * What smime-milter(8) says under "Order of milters" and smime-milter.conf(5)
 * about the listener for copies, for Postfix and Sendmail alike.
 */
#ifndef ADMIN_DOCTOR_ORDER_H
#define ADMIN_DOCTOR_ORDER_H

#include "admin/doctor_listener.h"

/* Are we asked where mail comes in? */
void doctor_order_presence(
    struct doctor_report *r, const struct doctor_server *server);

/* What stands before and behind us. */
void doctor_order_neighbours(
    struct doctor_report *r, const struct doctor_server *server);

/* The listener for copies: it exists, nobody else reaches it, and the right
 * milters are asked. */
void doctor_order_copies(
    struct doctor_report *r, const struct doctor_server *server);

/* The guard is the last of all, wherever mail leaves. */
void doctor_order_guard(
    struct doctor_report *r, const struct doctor_server *server);

/* Names of listeners that outbound.submission_daemons knows. */
void doctor_order_daemons(
    struct doctor_report *r, const struct doctor_server *server);

#endif
