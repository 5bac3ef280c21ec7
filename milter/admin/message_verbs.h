/* message_verbs.h: what the verbs of "message" do; see command.h. */
#ifndef ADMIN_MESSAGE_VERBS_H
#define ADMIN_MESSAGE_VERBS_H

#include "admin/command.h"

enum verb_result message_sign_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result message_encrypt_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result message_verify_run(
    struct admin *a, const struct args *args, struct err *err);
enum verb_result message_decrypt_run(
    struct admin *a, const struct args *args, struct err *err);

#endif
