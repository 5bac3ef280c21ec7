/* commands.c: the nouns, in the order in which a site meets them. */
#include "admin/commands.h"

const struct command *const command_list[] = {
    store_commands,
    ca_commands,
    domain_commands,
    user_commands,
    recipient_commands,
    login_commands,
    policy_commands,
    cert_commands,
    key_commands,
    contact_commands,
    message_commands,
    seal_commands,
    explain_commands,
    status_commands,
    doctor_commands,
};

const size_t command_count = sizeof(command_list) / sizeof(command_list[0]);
