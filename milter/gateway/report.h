/*
 * report.h: telling the sender that some recipients got nothing, while the
 * others did (C2): a non-delivery report as in RFC 3464, a message of its
 * own.
 *
 * Never holds the body of the mail, whatever RET says: what policy kept from
 * leaving in clear does not travel back in clear, either.
 */
#ifndef GATEWAY_REPORT_H
#define GATEWAY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/err.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "policy/plan.h"

/* Who was refused, and why. */
struct report_recipient {
	const char *address;	/* canonical, or as in RCPT where unreadable */
	const char *parameters; /* of RCPT, with blanks between; or NULL */
	enum plan_reason reason;
	const char *advice; /* instead of the wording's text, or NULL */
};

/* Addresses, parameters and header are foreign text. */
struct report_case {
	const char *host;	     /* ours: who reports */
	const char *sender;	     /* canonical, or as in MAIL; "": null */
	const char *parameters;	     /* of MAIL, or NULL */
	const struct header *header; /* of the mail as it came */
	const struct report_recipient *recipients; /* the refused ones */
	size_t count;
	time_t now;
};

/* Is there anybody to tell, of anybody whose fate he wants to know?  A report
 * never goes to the null sender (RFC 3464 2), and names only recipients with
 * NOTIFY=FAILURE or without NOTIFY (RFC 3461 4.1). */
bool report_is_wanted(const struct report_case *c);

/*
 * Writes the whole message, header first, lines ended by CRLF, 7-bit and none
 * longer than RFC 5322 allows, and finishes the spool; more header fields may
 * be put before it.  It is 7-bit except where the sender's own address is not
 * (RFC 6532).  ERR_BUG when it is not wanted; temporary or permanent as
 * spool_write says.
 */
int report_write(
    const struct report_case *c, struct spool *out, struct err *err) MUST_USE;

#endif
