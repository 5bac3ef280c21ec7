/*
 * report_text.h: foreign text in what we write to people.  For report.c and
 * guard_report.c only.
 *
 * Nothing that these append can end a line, or be longer than it says.
 */
#ifndef GATEWAY_REPORT_TEXT_H
#define GATEWAY_REPORT_TEXT_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* Printable ASCII and blanks; "?" for every other byte.  At most max bytes. */
void report_text_ascii(struct buf *out, struct slice s, size_t max);

/* The same, but UTF-8 stays what it is. */
void report_text_utf8(struct buf *out, struct slice s, size_t max);

/* "rfc822; bob@example.net", or for one that is not ASCII RFC 6533's form,
 * which is. */
void report_text_address(struct buf *out, const char *address);

/* The value of one ESMTP parameter, name in any case; len 0 when it is not
 * there. */
struct slice report_text_parameter(const char *parameters, const char *name);

/* Does NOTIFY, when there is one, ask for failures (RFC 3461 4.1)? */
bool report_text_wants_failure(const char *parameters);

/* A sentence in lines of about 70 characters, each behind that indent. */
void report_text_wrap(struct buf *out, const char *indent, const char *text);

/* "Mon, 02 Jan 2006 15:04:05 +0000", whatever the locale. */
void report_text_date(struct buf *out, time_t when);

/* The fields with which a mail of ours begins: Date, From, which is the mail
 * system of host, To, and a Message-ID that nobody else has.  Fails without
 * random bytes. */
int report_text_begin(struct buf *out, const char *host, const char *to,
    time_t now, struct err *err) MUST_USE;

/* The body of the Message-ID field when it can be repeated (RFC 5322 3.6.4),
 * otherwise empty. */
struct header;
struct slice report_text_message_id(const struct header *header);

#endif
