/*
 * smtp_reply.h: what an SMTP server says (RFC 5321 4.2), line by line.
 *
 * The server is not trusted: lines and replies are capped, every line of a
 * reply must be well-formed and repeat the code, and what is kept of the text
 * is printable ASCII.
 */
#ifndef RELAY_SMTP_REPLY_H
#define RELAY_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/slice.h"

/* "5.999.999", RFC 3463 section 2. */
#define SMTP_ENHANCED_MAX 10

struct smtp_reply {
	int code;			  /* 200 to 559; 0: nothing was said */
	char enhanced[SMTP_ENHANCED_MAX]; /* "5.1.1"; "": the server has none */
	/* Of all lines together, without codes; cut. */
	char text[LIMIT_RELAY_TEXT + 1];
	unsigned lines;
};

void smtp_reply_init(struct smtp_reply *reply);

/* The first line of pending, without its CRLF; *used counts it with it, and
 * is 0 when more bytes must come first.  Temporary error when no line can
 * begin like this: too long, or with CR or LF inside. */
int smtp_line_take(struct slice pending, struct slice *line, size_t *used,
    struct err *err) MUST_USE;

/* Adds the next line of the reply; *last tells whether it is complete.
 * Temporary error when this is no reply. */
int smtp_reply_add(struct smtp_reply *reply, struct slice line, bool *last,
    struct err *err) MUST_USE;

/* The text of a line that smtp_reply_add took. */
struct slice smtp_line_text(struct slice line);

#endif
