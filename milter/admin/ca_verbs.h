/* ca_verbs.h: what the verbs of "ca" about others do; see command.h. */
#ifndef ADMIN_CA_VERBS_H
#define ADMIN_CA_VERBS_H

#include "admin/command.h"

enum verb_result ca_list_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result ca_trust_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result ca_distrust_run(
    struct admin *a, const struct args *args, struct err *err);

#endif
