/*
 * smtp_transaction.h: one copy on one connection (RFC 5321 section 3.3), held
 * before its final dot.
 */
#ifndef RELAY_SMTP_TRANSACTION_H
#define RELAY_SMTP_TRANSACTION_H

#include "base/clock.h"
#include "base/err.h"
#include "relay/relay_copy.h"
#include "relay/relay_target.h"
#include "relay/relay_wait.h"
#include "relay/smtp_connection.h"
#include "relay/smtp_extensions.h"

struct smtp_transaction {
	const struct relay_copy *copy;	   /* borrowed */
	const struct relay_target *target; /* borrowed */
	struct smtp_connection connection;
	struct smtp_extensions server;
	bool in_data; /* the server takes what we send for content */
	struct relay_outcome outcome;
};

/* No connection yet. */
void smtp_transaction_init(struct smtp_transaction *t,
    const struct relay_copy *copy, const struct relay_target *target,
    struct relay_wait *wait);

/* Ends the connection; without its dot the server keeps nothing.  The outcome
 * stays. */
void smtp_transaction_close(struct smtp_transaction *t);

/* Can SMTP carry this envelope at all?  Sends nothing.  Permanent error. */
int smtp_transaction_check(
    struct smtp_transaction *t, struct err *err) MUST_USE;

/* Everything but the dot, by the deadline; the server must have announced its
 * extensions by the earlier one.  On success the state is RELAY_PREPARED,
 * otherwise the connection is closed and the outcome says why. */
int smtp_transaction_prepare(struct smtp_transaction *t, deadline_t announced,
    deadline_t deadline, struct err *err) MUST_USE;

/* The dot, and its answer.  -1 in every state but RELAY_COMMITTED. */
int smtp_transaction_commit(
    struct smtp_transaction *t, deadline_t deadline, struct err *err) MUST_USE;

#endif
