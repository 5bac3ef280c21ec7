/*
 * message_open.h: a message read in layers, as the gateway reads one that
 * comes in, with the keys of our users.
 */
#ifndef ADMIN_MESSAGE_OPEN_H
#define ADMIN_MESSAGE_OPEN_H

#include <stdbool.h>

#include "admin/admin.h"
#include "admin/message_file.h"
#include "admin/own_list.h"
#include "mail/address_list.h"
#include "smime/decrypt.h"
#include "smime/layers.h"

struct message_open_opts {
	const char *from;	       /* the author; NULL: not exactly one */
	const struct address_list *to; /* whose keys are tried first */
	bool only;     /* and no others; else: then those of all users */
	bool raw;      /* the root's content as it is, whatever it is; not in
	                * layers */
	bool optional; /* without a store or a key process it is read all the
	                * same, but not decrypted */
};

struct message_opening {
	struct smime_layers layers;
	struct spool raw; /* finished when it was opened raw */
	struct smime_decrypted raw_facts;
	struct own_list own; /* whose keys were tried last */
	bool opened;
	bool is_for_us; /* one of the certificates that were tried is among
	                 * those that it was encrypted to */
};

void message_opening_init(
    struct message_opening *o, const struct spool_config *config);
void message_opening_fini(struct message_opening *o);

int message_open(struct admin *a, const struct message_file *m,
    const struct message_open_opts *opts, struct message_opening *o,
    struct err *err) MUST_USE;

/* The certificate that opened it first; NULL when none did.  Not for raw. */
const struct store_own_cert *message_opening_used(
    const struct message_opening *o);

#endif
