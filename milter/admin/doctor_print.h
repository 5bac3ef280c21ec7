/*
 * doctor_print.h: what the doctor says, for people and for programs.
 */
#ifndef ADMIN_DOCTOR_PRINT_H
#define ADMIN_DOCTOR_PRINT_H

#include <jansson.h>

#include "admin/doctor_listener.h"
#include "admin/doctor_report.h"
#include "admin/output.h"

/* One mail server as it was found, to be added to a list of them. */
json_t *doctor_server_json(
    const struct doctor_server *server, const char *name, const char *config);

/* servers (borrowed): a list of those.  As JSON all in one object; as CSV the
 * findings; for people a table of each server's listeners, the findings with
 * what to paste, and what is right. */
void doctor_print(
    struct output *o, const struct doctor_report *r, json_t *servers);

#endif
