/*
 * passphrase.h: the passphrase of a key file, asked for only when needed.
 */
#ifndef ADMIN_PASSPHRASE_H
#define ADMIN_PASSPHRASE_H

#include "base/buf.h"
#include "base/err.h"

struct passphrase {
	const char *file; /* its first line is it; NULL: ask at the terminal */
	const char *what; /* what it opens, for the question and errors */
	struct buf text;
	bool known;
};

/* Both names are borrowed. */
void passphrase_init(struct passphrase *p, const char *file, const char *what);
/* Wipes it. */
void passphrase_fini(struct passphrase *p);

/* The passphrase, valid until fini: from the file, or typed without echo at
 * the controlling terminal.  Permanent error, which names the option, when
 * there is neither. */
int passphrase_get(
    struct passphrase *p, const char **out, struct err *err) MUST_USE;

#endif
