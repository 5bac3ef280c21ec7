/*
 * envelope.h: sender and recipients of one message, as the mail server told
 * them and in canonical form.
 */
#ifndef GATEWAY_ENVELOPE_H
#define GATEWAY_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

struct envelope_recipient {
	char *path;    /* as in RCPT */
	char *address; /* canonical; NULL when it cannot be read */
};

struct envelope {
	char *sender; /* canonical; NULL when null or not readable */
	bool null_sender;
	struct envelope_recipient *recipients; /* as they came */
	size_t count;
	size_t size;	 /* allocated */
	bool over_limit; /* more than LIMIT_RECIPIENTS; the rest is missing */
};

void envelope_init(struct envelope *e);
void envelope_fini(struct envelope *e);

/* The path of MAIL; the last call counts. */
void envelope_set_sender(struct envelope *e, const char *path);
void envelope_add_recipient(struct envelope *e, const char *path);

/* Drops recipients whose canonical address came before, in any spelling;
 * the others keep their order. */
void envelope_unique(struct envelope *e);

#endif
