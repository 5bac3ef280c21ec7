/* contact_verbs.h: what the verbs of "contact" do; see command.h. */
#ifndef ADMIN_CONTACT_VERBS_H
#define ADMIN_CONTACT_VERBS_H

#include "admin/command.h"

enum verb_result contact_list_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result contact_show_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result contact_import_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result contact_approve_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result contact_pin_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result contact_distrust_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result contact_suspend_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result contact_resume_run(
    struct admin *a, const struct args *args, struct err *err);

#endif
