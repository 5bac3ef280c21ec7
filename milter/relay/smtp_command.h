/*
 * smtp_command.h: MAIL and RCPT, from the paths and parameters of a copy.
 *
 * What comes in was chosen by whoever sent the message.  Nothing that it
 * holds can end the command, begin another one or add a parameter: a path or
 * parameter that could is refused.
 */
#ifndef RELAY_SMTP_COMMAND_H
#define RELAY_SMTP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "relay/relay_copy.h"
#include "relay/smtp_extensions.h"

/* What decides which parameters go out. */
struct smtp_terms {
	const struct smtp_extensions *server;
	uint64_t size; /* of the content */
	/* A byte over 127 in the content; need be right only when
	 * smtp_mail_wants_texture says so. */
	bool has_8bit;
	bool dsn_dropped; /* set when a parameter was left out for want of DSN,
			   * otherwise left as it is */
};

/* Does MAIL depend on whether the content is 7-bit?  Looking for that takes
 * time; most clients say it of their message. */
bool smtp_mail_wants_texture(
    const struct relay_copy *copy, const struct smtp_extensions *server);

/*
 * Appends "MAIL FROM:<path> parameters" CRLF.  Permanent error when path or
 * parameters are not such as SMTP can carry, longer than LIMIT_RELAY_COMMAND
 * as a command, or need what the server lacks; with a server that has
 * everything only the copy can be to blame.
 */
int smtp_mail_write(struct buf *out, const struct relay_copy *copy,
    struct smtp_terms *terms, struct err *err) MUST_USE;

/* Appends "RCPT TO:<path> parameters" CRLF; errors as above.  A recipient is
 * never the null path. */
int smtp_rcpt_write(struct buf *out, const struct relay_recipient *recipient,
    struct smtp_terms *terms, struct err *err) MUST_USE;

#endif
