/*
 * layers_walk.h: private to layers*.c: going from one layer to the next.
 */
#ifndef SMIME_LAYERS_WALK_H
#define SMIME_LAYERS_WALK_H

#include "smime/layers.h"

enum step {
	STEP_FAILED = -1, /* err is filled */
	STEP_END = 0,	  /* nothing more inside, or nothing to be seen */
	STEP_INSIDE = 1	  /* header and body are those of what is inside */
};

struct walk {
	const struct smime_layers_opts *opts;
	struct smime_layers *out;
	const struct spool_config *config;
	const struct header *header; /* of the entity that is looked at */
	struct slice body;
	size_t whole;	       /* octets of the message's own body */
	struct header inner;   /* what header is, but for the message's own */
	bool has_signature;    /* since the last encryption */
	bool is_judged;	       /* the verdict stands, such as it is */
	bool outer_signature;  /* around the last encryption that was opened */
	bool root_signature;   /* around the outermost encryption */
	size_t encrypted;      /* layers down to the outermost encryption, that
	                       * included; 0: none */
	size_t compressed;     /* layers since the last encryption */
	struct plaintext copy; /* what is looked at, where it is neither in
	                        * the message nor delivered */
};

/* The verdict anew; there is no signature since the last encryption. */
void walk_verdict_reset(
    struct walk *w, enum smime_status status, const char *why);

/* Nothing is signed inside of what is encrypted; outside: but around it. */
void walk_verdict_unsigned(struct walk *w, bool outside, const char *why);

/* The message counts as not opened, whatever was. */
void walk_close(struct walk *w);

/* Goes into the entity that stands whole in bytes. */
enum step walk_enter(struct walk *w, struct slice bytes);

/* --- layers_envelope.c --- */

/* Opens the envelope, the last layer that was added. */
enum step walk_envelope(struct walk *w, struct slice der, struct err *err);

#endif
