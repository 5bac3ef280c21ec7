/*
 * doctor_report.h: what was found, what is right, and the text of it all.
 *
 * Knows nothing of mail servers, files or terminals.  Strings that are made
 * on the way belong to the report and live as long as it does.
 */
#ifndef ADMIN_DOCTOR_REPORT_H
#define ADMIN_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/doctor_check.h"
#include "base/slice.h"

/* Where a step of a remedy goes. */
enum doctor_place {
	DOCTOR_SHELL = 0,   /* a command, as root */
	DOCTOR_OWN_FILE,    /* an option of smime-milter.conf */
	DOCTOR_GUARD_FILE,  /* of the guard's configuration */
	DOCTOR_SENDMAIL_MC, /* a line of sendmail.mc */
	DOCTOR_BY_HAND	    /* a sentence: there is nothing to paste */
};

struct doctor_step {
	enum doctor_place place;
	const char *instead; /* what begins the line that it replaces; NULL:
	                      * it is added */
	const char *text;
};

#define DOCTOR_STEPS_MAX 16

struct doctor_finding {
	enum doctor_check check;
	const char *server; /* "Postfix", "Sendmail", "smime-milter" */
	const char *where;  /* file, parameter, service */
	const char *what;
	struct doctor_step steps[DOCTOR_STEPS_MAX];
	size_t step_count;
};

/* What was looked at and is right. */
struct doctor_fact {
	const char *server;
	const char *what;
};

struct doctor_report {
	const char *server; /* whose turn it is */
	struct doctor_finding *findings;
	size_t count;
	struct doctor_fact *facts;
	size_t fact_count;
	char **texts; /* owned */
	size_t text_count;
};

/* An empty one; whoever began it ends it, and with it all texts that it owns. */
void doctor_report_init(struct doctor_report *r);
void doctor_report_fini(struct doctor_report *r);

/* A string that belongs to the report. */
const char *doctor_text(struct doctor_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *doctor_text_slice(struct doctor_report *r, struct slice s);

/* For a shell: in single quotes where it needs any. */
const char *doctor_quoted(struct doctor_report *r, const char *text);

/* Adds a finding and returns its number, for its remedy.  where is kept, not
 * copied. */
size_t doctor_find(struct doctor_report *r, enum doctor_check check,
    const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a step to the remedy of finding n; more than DOCTOR_STEPS_MAX are our
 * own mistake. */
void doctor_remedy(struct doctor_report *r, size_t n, enum doctor_place place,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The last step of finding n takes the place of a line that begins so. */
void doctor_instead(struct doctor_report *r, size_t n, const char *instead);

/* Something is right. */
void doctor_fine(struct doctor_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Was that said already of that place?  Then once is enough. */
bool doctor_has(
    const struct doctor_report *r, enum doctor_check check, const char *where);

/* How many findings are of that severity. */
size_t doctor_count(
    const struct doctor_report *r, enum doctor_severity severity);

#endif
