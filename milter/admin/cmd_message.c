/*
 * cmd_message.c: one step of the gateway on one message, from a file or pipe
 * to standard output.
 */
#include "admin/commands.h"
#include "admin/message_verbs.h"

static const struct command_option sign_options[] = {
    {"from", "ADDRESS", "who signs; default: the From of the message"},
    {NULL, NULL, NULL},
};

static const struct command_option encrypt_options[] = {
    {"from", "ADDRESS", "who sends; default: the From of the message"},
    {"to", "ADDRESS,...", "to whom; default: To and Cc of the message"},
    {NULL, NULL, NULL},
};

static const struct command_option decrypt_options[] = {
    {"to", "ADDRESS,...", "whose keys to try; default: all that could fit"},
    {"raw", NULL, "what is inside, as it is, even if it is no mail"},
    {NULL, NULL, NULL},
};

const struct command message_commands[] = {
    {"message", "sign", "[FILE]", 0, 1, sign_options,
	"Signs a message as the gateway would", message_sign_run},
    {"message", "verify", "[FILE]", 0, 1, NULL,
	"Tells what the signature of a message proves", message_verify_run},
    {"message", "encrypt", "[FILE]", 0, 1, encrypt_options,
	"Signs and encrypts a message as the gateway would",
	message_encrypt_run},
    {"message", "decrypt", "[FILE]", 0, 1, decrypt_options,
	"Decrypts a message with the keys of our users", message_decrypt_run},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
