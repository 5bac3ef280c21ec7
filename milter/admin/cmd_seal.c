/*
 * cmd_seal.c: fingerprints of what leaves, and what became of it.
 */
#include "admin/commands.h"
#include "admin/seal_verbs.h"

const struct command seal_commands[] = {
    {"seal", "key", "FILE", 1, 1, NULL,
	"Makes the key for fingerprints of signed mail", seal_key_run},
    {"seal", "diff", "SIGNED DELIVERED", 2, 2, NULL,
	"Tells what was done to a message on the road", seal_diff_run},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
