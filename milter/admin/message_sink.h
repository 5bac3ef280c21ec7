/*
 * message_sink.h: where a message that a verb made goes to: standard output,
 * or a member of the object that is printed as JSON.
 */
#ifndef ADMIN_MESSAGE_SINK_H
#define ADMIN_MESSAGE_SINK_H

#include <stdio.h>

#include <jansson.h>

#include "admin/output.h"
#include "base/err.h"

struct message_sink {
	struct output *o;
	FILE *file; /* to be written to */
	char *text; /* JSON only; owned, as open_memstream gives it */
	size_t len;
};

int message_sink_open(
    struct message_sink *s, struct output *o, struct err *err) MUST_USE;

/* Ends the writing.  With JSON the message becomes a member of object
 * (borrowed), "message", or "message_base64" when it is no UTF-8, and the
 * object is printed. */
void message_sink_close(struct message_sink *s, json_t *object);

#endif
