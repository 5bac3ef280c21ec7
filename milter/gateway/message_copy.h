/*
 * message_copy.h: what one group of recipients gets: what is changed in the
 * message, and, where the copy does not stay in place, all of it.
 */
#ifndef GATEWAY_MESSAGE_COPY_H
#define GATEWAY_MESSAGE_COPY_H

#include "base/err.h"
#include "base/slice.h"
#include "gateway/edits.h"
#include "gateway/envelope.h"
#include "mail/header.h"
#include "mail/spool.h"

struct message_copy {
	/* What makes it of the message as it came. */
	struct edits edits;
	/* Of one that is handed over: header block with empty line, and all
	 * of it. */
	struct spool header;
	struct slice_list message;
};

void message_copy_init(
    struct message_copy *copy, const struct spool_config *config);
void message_copy_fini(struct message_copy *copy);

/* The copy stays in place, and that recipient gets another one, or none: he is
 * removed by each of his names. */
void message_copy_leave_out(
    struct edits *edits, const struct envelope_recipient *recipient);

/* The copy is handed over: makes the whole message; header and body are those
 * of the message as it came.  Permanent error when the header is too large,
 * else those of the spool. */
int message_copy_write(struct message_copy *copy, const struct header *header,
    struct slice body, struct err *err) MUST_USE;

#endif
