/* seal_show.h: what "seal diff" has found, in all forms of output. */
#ifndef ADMIN_SEAL_SHOW_H
#define ADMIN_SEAL_SHOW_H

#include "admin/output.h"

/* Prints the object of seal_diff_run as o wants it: a table and sentences for
 * people, JSON, or CSV. */
void seal_show(struct output *o, const json_t *object);

#endif
