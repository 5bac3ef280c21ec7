/*
 * guard_report.h: telling the operator by mail what was done to a signed
 * message behind the signer (D3).
 *
 * Says who wrote to whom and what was changed, and holds nothing of the
 * message itself: neither subject nor text.
 */
#ifndef GATEWAY_GUARD_REPORT_H
#define GATEWAY_GUARD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/envelope.h"
#include "gateway/gateway.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "smime/seal_compare.h"

/* Addresses, header and queue id are foreign text. */
struct guard_report {
	const char *host;     /* ours: who reports */
	const char *to;	      /* guard.report_to */
	const char *queue_id; /* or NULL */
	const char *from;     /* the author, or who stands in for one */
	const struct envelope *envelope;
	const struct header *header;
	enum guard_action action; /* what becomes of it */
	bool sealed;		  /* it has our fingerprint */
	bool before;		  /* it was sealed as it is now */
	const struct seal_findings *findings;
	time_t now;
};

/* Writes the whole mail, header first, CRLF lines, and finishes the spool.
 * Temporary or permanent error as spool_write says. */
int guard_report_write(
    const struct guard_report *r, struct spool *out, struct err *err) MUST_USE;

/* Hands it to the listener, from nobody: whatever becomes of it, no mail comes
 * back.  An error means that it may not have been sent. */
int guard_report_send(struct relay *relay, struct slice report, const char *to,
    deadline_t deadline, struct err *err) MUST_USE;

#endif
