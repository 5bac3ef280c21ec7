/* seal_verbs.h: what the verbs of "seal" do; see command.h. */
#ifndef ADMIN_SEAL_VERBS_H
#define ADMIN_SEAL_VERBS_H

#include "admin/command.h"

/* "key FILE": writes a new key.  "diff SIGNED DELIVERED": prints what happened
 * on the way; the same seal, or changed, is the exit status. */
enum verb_result seal_key_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result seal_diff_run(
    struct admin *a, const struct args *args, struct err *err);

#endif
