/*
 * envelope.h: sender and recipients of one message, as the mail server told
 * them and in canonical form.
 */
#ifndef GATEWAY_ENVELOPE_H
#define GATEWAY_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

struct envelope_recipient {
	char *path;	  /* as in RCPT, the first time */
	char *address;	  /* canonical, where it goes; NULL when it cannot
	                   * be read */
	char *name;	  /* the path in canonical form, or as it is without
	                   * brackets */
	char *resolved;	  /* canonical, what else the mail server makes of
	                   * it; NULL when that is the same, or no address */
	char *parameters; /* of that RCPT, a blank between them; or "" */
	/* What else the mail server may know him by: other spellings of the
	 * same address in other RCPTs, what it made of a source route. */
	char **aliases;
	size_t alias_count;
};

struct envelope {
	char *sender;	   /* canonical; NULL when null or not readable */
	char *sender_path; /* as in MAIL; NULL: there was none yet */
	char *sender_name; /* as above; "": null sender, or none yet */
	char *parameters;  /* of MAIL, a blank between them; or NULL */
	bool null_sender;
	struct envelope_recipient *recipients; /* as they came */
	size_t count;
	size_t size;	 /* allocated */
	bool over_limit; /* more than LIMIT_RECIPIENTS; the rest is missing */
};

void envelope_init(struct envelope *e);
void envelope_fini(struct envelope *e);

/* Path and parameters (or NULL) of MAIL; the last call counts. */
void envelope_set_sender(
    struct envelope *e, const char *path, const char *parameters);
/* Path and parameters (or NULL) of RCPT.  resolved: the recipient in the mail
 * server's own words ({rcpt_addr}), or NULL; they matter for a source route,
 * which Postfix knows by nothing else, and where the path names no address, or
 * one that is sent on to another: no rule for that one may be missed. */
void envelope_add_recipient(struct envelope *e, const char *path,
    const char *parameters, const char *resolved);

/* Will whoever is given the message take it 8-bit, or convert it?  Not when its
 * client has promised BODY=7BIT: then a mail server looks no further (RFC 6152
 * section 2). */
bool envelope_takes_8bit(const struct envelope *e);

/* Joins recipients of the same canonical address, in any spelling: the first
 * stays, the paths of the others become its aliases, each once.  The order is
 * kept. */
void envelope_unique(struct envelope *e);

#endif
