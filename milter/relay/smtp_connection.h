/*
 * smtp_connection.h: lines and bytes to and from an SMTP server, never
 * waiting beyond a deadline.
 *
 * The socket does not block.  However slowly the other end reads or speaks,
 * the deadline stands, and the caller's progress is told.  All errors are
 * temporary.
 */
#ifndef RELAY_SMTP_CONNECTION_H
#define RELAY_SMTP_CONNECTION_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/slice.h"
#include "relay/relay_target.h"
#include "relay/relay_wait.h"
#include "relay/smtp_reply.h"

struct smtp_connection {
	int fd; /* -1: closed */
	struct relay_wait *wait;
	deadline_t deadline; /* of whatever is done next; the caller's to set */
	/* What came and was not taken yet. */
	unsigned char in[LIMIT_RELAY_LINE];
	size_t in_start, in_end;
};

/* Closed. */
void smtp_connection_init(struct smtp_connection *c, struct relay_wait *wait);

/* Connects to the first address that answers; each gets an equal share of
 * the time that is left. */
int smtp_connection_open(struct smtp_connection *c,
    const struct relay_target *target, struct err *err) MUST_USE;

/* Ends the connection.  May be called again. */
void smtp_connection_close(struct smtp_connection *c);

/* As above, in the middle of the conversation: the server learns of it at
 * once, and what it has not read yet is gone. */
void smtp_connection_abort(struct smtp_connection *c);

/* Sends all of it.  Fails when the server has said more than was read. */
int smtp_connection_send(
    struct smtp_connection *c, struct slice bytes, struct err *err) MUST_USE;

/* The same without waiting, whatever the deadline: fails when not all of it
 * can be sent at once. */
int smtp_connection_send_now(
    struct smtp_connection *c, struct slice bytes, struct err *err) MUST_USE;

/* As smtp_connection_send, but also fails as soon as the server says anything
 * or closes: for what is long, and not to be interrupted. */
int smtp_connection_send_alone(
    struct smtp_connection *c, struct slice bytes, struct err *err) MUST_USE;

/* The next line, without CRLF, valid until the next call. */
int smtp_connection_read_line(
    struct smtp_connection *c, struct slice *line, struct err *err) MUST_USE;

/* The next reply, with all its lines. */
int smtp_connection_read_reply(struct smtp_connection *c,
    struct smtp_reply *reply, struct err *err) MUST_USE;

/* Has the server said something, or closed, that was not read yet?  Does not
 * wait. */
bool smtp_connection_has_input(const struct smtp_connection *c);

#endif
