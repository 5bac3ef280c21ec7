/* commands.h: the verbs of each noun; see command.h. */
#ifndef ADMIN_COMMANDS_H
#define ADMIN_COMMANDS_H

#include "admin/command.h"

/* Each ends with a NULL noun. */
extern const struct command ca_commands[];
extern const struct command cert_commands[];
extern const struct command contact_commands[];
extern const struct command doctor_commands[];
extern const struct command domain_commands[];
extern const struct command explain_commands[];
extern const struct command key_commands[];
extern const struct command login_commands[];
extern const struct command message_commands[];
extern const struct command policy_commands[];
extern const struct command recipient_commands[];
extern const struct command seal_commands[];
extern const struct command status_commands[];
extern const struct command store_commands[];
extern const struct command user_commands[];

#endif
