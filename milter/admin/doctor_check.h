/*
 * doctor_check.h: every weakness that "smimectl doctor" knows, described
 * once: its word, how bad it is, and why it matters.
 */
#ifndef ADMIN_DOCTOR_CHECK_H
#define ADMIN_DOCTOR_CHECK_H

/* Hints are no complaints: they do not change the exit status. */
enum doctor_severity {
	DOCTOR_HINT = 0, /* worth knowing */
	DOCTOR_WARNING,	 /* some mail comes out worse than it could */
	DOCTOR_ERROR	 /* mail leaves unprotected, or broken, or waits */
};

enum doctor_check {
	/* the milter, and how the mail server asks it */
	CHECK_MISSING = 0,
	CHECK_TWICE,
	CHECK_UNREACHABLE,
	CHECK_DEFAULT_ACTION,
	CHECK_BOUNCING,
	CHECK_TCP,
	CHECK_SOCKET_FOLDER,
	CHECK_SOCKET_GROUP,
	CHECK_PROTOCOL,
	CHECK_TIME,
	CHECK_MACROS,
	CHECK_CERTIFICATES,
	CHECK_DAEMON,
	CHECK_STRANGERS,
	CHECK_COMMAND,
	CHECK_NO_MILTERS,
	CHECK_MILTER_MAPS,
	CHECK_PROXY_FILTER,
	CHECK_UNREADABLE,
	CHECK_UNUSED,
	/* other milters */
	CHECK_ORDER_SIGNER,
	CHECK_ORDER_VERIFIER,
	CHECK_ORDER_SCANNER,
	CHECK_ORDER_BEHIND,
	CHECK_ORDER_SHARED,
	/* what comes after the milters */
	CHECK_CONTENT_FILTER,
	CHECK_REWRITTEN,
	CHECK_BODY_CHECKS,
	CHECK_LATER_HEADER_CHECKS,
	CHECK_MILTER_HEADER_CHECKS,
	CHECK_FIELDS_DROPPED,
	CHECK_LINE_LENGTH,
	CHECK_8BIT,
	CHECK_SIZE,
	/* the listener for copies */
	CHECK_COPIES_MISSING,
	CHECK_COPIES_OPEN,
	CHECK_COPIES_FIRST,
	CHECK_COPIES_SIGNER,
	CHECK_COPIES_SCANNER,
	CHECK_COPIES_BEHIND,
	CHECK_COPIES_REWRITTEN,
	CHECK_COPIES_REFUSED,
	CHECK_COPIES_TLS,
	/* the guard */
	CHECK_GUARD_MISSING,
	CHECK_GUARD_NOT_LAST,
	CHECK_SEAL_LEAVES,
	CHECK_GUARD_KEY,
	CHECK_COUNT
};

struct doctor_check_info {
	const char *word; /* in JSON and in the manual */
	enum doctor_severity severity;
	const char *why; /* one sentence */
};

/* Static, for every value below CHECK_COUNT. */
const struct doctor_check_info *doctor_check_info(enum doctor_check check);

/* "error", "warning", "hint". */
const char *doctor_severity_name(enum doctor_severity severity);

#endif
