/*
 * doctor_sendmail.h: a sendmail.cf, as far as milters matter.
 *
 * Read as text: lines that begin with a blank continue the one before, lines
 * with "#" are comments, nothing is expanded or executed.  Pure functions
 * over text of any size and shape.
 */
#ifndef ADMIN_DOCTOR_SENDMAIL_H
#define ADMIN_DOCTOR_SENDMAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/doctor_listener.h"
#include "admin/doctor_report.h"
#include "base/slice.h"

/* Where it is unless somebody put it elsewhere. */
#define SENDMAIL_FILE "/etc/mail/sendmail.cf"

/* "Xsmime, S=unix:/run/..., F=T, T=S:30s;R:2m". */
struct sendmail_filter {
	const char *name;
	const char *socket;
	const char *flags;    /* "" none */
	const char *timeouts; /* "" none */
};

/* "O DaemonPortOptions=Name=MX, Port=25, ...". */
struct sendmail_daemon {
	const char *text; /* all of it */
	const char *name;
	const char *address; /* "" any */
	const char *port;
	const char *modifiers;
	bool has_filters; /* of its own; else those of InputMailFilters */
	const char *filters;
};

struct sendmail_config {
	const char *file;
	struct sendmail_filter *filters;
	size_t filter_count;
	struct sendmail_daemon *daemons;
	size_t daemon_count;
	bool built_in_daemon; /* none was named */
	const char *input_filters;
	const char *masquerade; /* "" none */
	const char *generics;	/* the map; "" none */
	const char *max_size;
	const char *run_as;
	const char *macros_connect;
	const char *macros_sender;
};

/* Reads the lines of a sendmail.cf; c->file is set by the caller and kept.
 * Strings belong to the report.  At most LIMIT_DOCTOR_SERVICES filters and
 * daemons, and lines of LIMIT_DOCTOR_VALUE bytes, are seen.  The caller ends c
 * with sendmail_config_fini. */
void sendmail_config_read(
    struct sendmail_config *c, struct slice text, struct doctor_report *r);
void sendmail_config_fini(struct sendmail_config *c);

/* The filter of that name, or NULL; it belongs to c. */
const struct sendmail_filter *sendmail_filter_find(
    const struct sendmail_config *c, struct slice name);

/* One time of "C:5m;S:10s;R:10s;E:5m" in seconds; otherwise when it is not
 * there. */
unsigned long sendmail_timeout(
    const char *timeouts, char which, unsigned long otherwise);

/* The next of a list that is separated by one of these characters, without
 * blanks around it. */
bool sendmail_next(struct slice *at, const char *separators, struct slice *out);

/* All that is looked at.  The caller frees server->listeners. */
void sendmail_check(const struct sendmail_config *c,
    const struct doctor_own *own, struct doctor_server *server,
    struct doctor_report *r);

/* The listeners alone. */
void sendmail_listeners(const struct sendmail_config *c,
    const struct doctor_own *own, struct doctor_server *server,
    struct doctor_report *r);

/* Adds what makes a filter as it should be to the remedy of finding n: a line
 * of sendmail.mc in the place of the old one.  filter NULL: a new one. */
void sendmail_set_filter(struct doctor_report *r, size_t n,
    const struct sendmail_config *c, const struct doctor_own *own,
    const struct sendmail_filter *filter);

#endif
