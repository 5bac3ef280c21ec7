/*
 * relay_copy.h: a copy of a message as it is handed over, and what became of
 * it.  Plain data.
 */
#ifndef RELAY_RELAY_COPY_H
#define RELAY_RELAY_COPY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/slice.h"
#include "relay/smtp_reply.h"

/*
 * Paths and parameters are those of the message's own MAIL and RCPT, as a
 * milter gets them: the first argument, then the others with a blank between.
 * A path comes with or without angle brackets; the null sender is "<>" or "".
 *
 * Parameters go out unchanged (RFC 3461 5.2.1), but
 * - SIZE is that of this copy (RFC 1870);
 * - AUTH is left out: we do not vouch for anybody (RFC 4954 section 5);
 * - SMTPUTF8 is added when the envelope needs it (RFC 6531 3.4), and
 *   BODY=8BITMIME when the content does and BODY is not there (RFC 6152);
 * - RET, ENVID, NOTIFY and ORCPT are left out when the server has no DSN, as
 *   RFC 3461 5.2.2 (a) demands.  The "relayed" report of 5.2.2 (b) is for a
 *   server with a queue to write; we only say that something was dropped.
 * Others, and those that the message needs, must be known to the server.
 */
struct relay_recipient {
	struct slice path;	 /* "<b@example.net>" */
	struct slice parameters; /* "NOTIFY=NEVER ORCPT=rfc822;b@..." */
};

struct relay_copy {
	struct slice path;	 /* of the sender */
	struct slice parameters; /* "RET=HDRS ENVID=QQ314159 BODY=8BITMIME" */
	const struct relay_recipient *recipients;
	size_t count; /* of recipients: at least 1 */
	/* Header, empty line and body, lines ended by CRLF.  CR or LF alone
	 * cannot be sent: servers differ in what they take for the end of the
	 * message ("SMTP smuggling").  A final CRLF is added when missing. */
	const struct slice_list *content;
	/* Bytes of the largest message that the server must be able to take
	 * at the same time, whoever brings it; 0: none. */
	size_t beside;
};

/* What the server has of a copy. */
enum relay_state {
	RELAY_NOT_SENT = 0, /* nothing */
	RELAY_PREPARED,	    /* all but the dot; nothing when given up */
	RELAY_COMMITTED,    /* it has taken it over */
	RELAY_REFUSED,	    /* nothing: it said no to the dot */
	RELAY_UNKNOWN /* the dot went out, and no answer came: maybe all */
};

/* Why a copy is not committed. */
enum relay_reason {
	RELAY_NO_REASON = 0, /* nothing went wrong with this copy */
	RELAY_AWAY,	     /* nobody answers, not in time, or not in SMTP */
	RELAY_BUSY,	     /* other messages had all connections too long */
	RELAY_UNSENDABLE,    /* this envelope or content cannot be sent */
	RELAY_UNSUPPORTED,   /* the server lacks an extension it needs */
	RELAY_TOO_LARGE,     /* for the size that the server announces */
	RELAY_RECIPIENT,     /* not every recipient was accepted: refusals */
	RELAY_REFUSAL	     /* the server said no to something else: reply */
};

/* A recipient that the server does not take, now (4xx) or ever (5xx). */
struct relay_refusal {
	size_t recipient; /* number in the copy */
	struct smtp_reply reply;
};

struct relay_outcome {
	enum relay_state state;
	enum relay_reason reason;
	/* The server's last words about this copy: the refusal that reason
	 * is about, or the acceptance, which names the queue id; code 0 when
	 * there are none. */
	struct smtp_reply reply;
	/* With RELAY_RECIPIENT.  Who comes after the last possible one was
	 * not asked any more. */
	struct relay_refusal refusals[LIMIT_RELAY_REFUSALS];
	size_t refusal_count;
	bool dsn_dropped; /* parameters were left out for want of DSN */
};

#endif
