/*
 * doctor_postfix.h: a configuration of Postfix as postconf(1) prints it.
 *
 * Three prints are read: "postconf" (all parameters), "postconf -F" (fields
 * of master.cf) and "postconf -P" (parameters that services set).  Values are
 * as written; what a service makes of them is asked for one by one.  Pure
 * functions over that text, of any size and shape.
 */
#ifndef ADMIN_DOCTOR_POSTFIX_H
#define ADMIN_DOCTOR_POSTFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/doctor_report.h"
#include "base/slice.h"

/* Where it is unless somebody put it elsewhere. */
#define POSTFIX_FOLDER "/etc/postfix"

struct postfix_parameter {
	struct slice service; /* "smtp/inet"; empty: main.cf or built in */
	struct slice name;
	struct slice value;
};

/* One line of master.cf. */
struct postfix_service {
	const char *id;	     /* "smtp/inet" */
	const char *service; /* "smtp", "127.0.0.1:10026" */
	const char *type;    /* "inet", "unix", "pass" */
	const char *command; /* "smtpd" */
	bool chrooted;
};

struct postfix_config {
	const char *folder;		      /* of main.cf */
	struct postfix_parameter *parameters; /* sorted */
	size_t parameter_count;
	struct postfix_service *services; /* in the order of master.cf */
	size_t service_count;
	struct slice complaints;
};

/* What postconf printed; slices must outlive the configuration. */
struct postfix_prints {
	struct slice parameters;
	struct slice fields;
	struct slice overrides;
	struct slice complaints; /* on standard error */
};

/* Reads them; c->folder is set by the caller and kept.  Services beyond
 * LIMIT_DOCTOR_SERVICES are left out.  The caller ends c with
 * postfix_config_fini; strings belong to the report. */
void postfix_config_read(struct postfix_config *c,
    const struct postfix_prints *prints, struct doctor_report *r);
void postfix_config_fini(struct postfix_config *c);

/* The next parameter that postconf calls unused, from *at on, which is first
 * c->complaints and moves on. */
bool postfix_next_unused(struct slice *at, struct slice *name);

/* Does the service (NULL: main.cf) say itself what the parameter is? */
bool postfix_is_set_by(const struct postfix_config *c,
    const struct postfix_service *service, const char *name);

/* What the parameter is for a service, "$name" and "${name?text}" replaced;
 * "" when nobody knows it.  The string belongs to the report. */
const char *postfix_value(const struct postfix_config *c,
    const struct postfix_service *service, const char *name,
    struct doctor_report *r);

/* The value as a number, "30s" and "5m" as seconds; otherwise when it is
 * none. */
unsigned long long postfix_number(
    const char *value, unsigned long long otherwise);

/* The next word of a list, from *at on, which moves on: separated by commas
 * and white space; what braces hold together is one.  False at its end. */
bool postfix_next_word(struct slice *at, struct slice *word);
bool postfix_has_word(const char *list, const char *word);

/* Where a value comes from: "main.cf, NAME", "master.cf, SERVICE, NAME". */
const char *postfix_where(const struct postfix_config *c,
    const struct postfix_service *service, const char *name,
    struct doctor_report *r);

/* "-c FOLDER " for postconf, "" for the usual one. */
const char *postfix_folder_option(
    const struct postfix_config *c, struct doctor_report *r);

/* Adds the command that sets the parameter where it is set now: for that
 * service or for all. */
void postfix_set(struct doctor_report *r, size_t n,
    const struct postfix_config *c, const struct postfix_service *service,
    const char *name, const char *value);
/* The same for that service in any case. */
void postfix_set_for(struct doctor_report *r, size_t n,
    const struct postfix_config *c, const struct postfix_service *service,
    const char *name, const char *value);

#endif
