/*
 * message_file.h: a message in a file or pipe, as a mail server would hand it
 * over, and back.
 *
 * Files hold LF or CRLF line ends; the first line decides.  Inside, lines end
 * with CRLF, as they do in SMTP and under every signature.  What is written
 * has the line ends of what was read.
 */
#ifndef ADMIN_MESSAGE_FILE_H
#define ADMIN_MESSAGE_FILE_H

#include <stdio.h>

#include "base/err.h"
#include "base/slice.h"
#include "gateway/edits.h"
#include "mail/address_list.h"
#include "mail/header.h"
#include "mail/spool.h"

struct message_file {
	struct spool spool;
	struct header header; /* borrowed from the spool */
	struct slice body;
	bool lf; /* the file's lines end with LF only */
};

void message_file_init(
    struct message_file *m, const struct spool_config *config);
void message_file_fini(struct message_file *m);

/* Reads a whole message; path NULL or "-": standard input.  A "From " line
 * of an mbox is left out. */
int message_file_read(
    struct message_file *m, const char *path, struct err *err) MUST_USE;

/* The same from memory; CRLF line ends. */
int message_file_take(
    struct message_file *m, struct slice text, struct err *err) MUST_USE;

/* Writes header and body with the edits. */
int message_file_write(const struct message_file *m, const struct edits *edits,
    FILE *file, struct err *err) MUST_USE;

/* Writes the entity as the message: its Content-* fields (it has no others)
 * take the place of the message's (rule X7).  CRLF line ends. */
int message_file_write_entity(const struct message_file *m,
    const struct header *content, struct slice body, FILE *file,
    struct err *err) MUST_USE;

/* The only mailbox of the only From field, in canonical form; NULL when
 * there is no such.  The caller frees it. */
char *message_file_from(const struct message_file *m);

/* All mailboxes of To and Cc. */
void message_file_recipients(
    const struct message_file *m, struct address_list *out);

#endif
