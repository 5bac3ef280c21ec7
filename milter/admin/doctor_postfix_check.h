/*
 * doctor_postfix_check.h: everything that is looked at in a Postfix.
 */
#ifndef ADMIN_DOCTOR_POSTFIX_CHECK_H
#define ADMIN_DOCTOR_POSTFIX_CHECK_H

#include "admin/doctor_listener.h"
#include "admin/doctor_postfix.h"

/* What the checks of one Postfix share. */
struct postfix_look {
	struct doctor_report *r;
	const struct postfix_config *c;
	const struct doctor_own *own;
	const struct doctor_server *server;
};

/* Where tables of header_checks and the like come from. */
struct doctor_tables {
	/* The content of a file, kept by the caller; empty when it cannot be
	 * read. */
	struct slice (*read)(const char *path, void *arg);
	void *arg;
};

/* All of it.  The caller frees server->listeners, which are for the table
 * that people see. */
void postfix_check(const struct postfix_config *c, const struct doctor_own *own,
    const struct doctor_tables *tables, struct doctor_server *server,
    struct doctor_report *r);

/* Parts of it: what each service does with us (doctor_postfix_service.c),
 * what comes later (doctor_postfix_later.c), the listener for copies
 * (doctor_postfix_copies.c). */
void postfix_check_services(const struct postfix_look *k);
void postfix_check_later(
    const struct postfix_look *k, const struct doctor_tables *tables);
void postfix_check_copies(const struct postfix_look *k);

/* The value of a parameter for a service. */
const char *postfix_look_value(const struct postfix_look *k,
    const struct postfix_service *service, const char *name);

/* Complains about a parameter that has any value. */
void postfix_check_empty(const struct postfix_look *k,
    const struct postfix_service *service, enum doctor_check check,
    const char *name);

#endif
