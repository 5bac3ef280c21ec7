/*
 * mail_run.h: sending a message through the gateway without a mail server.
 */
#ifndef ADMIN_MAIL_RUN_H
#define ADMIN_MAIL_RUN_H

#include "admin/admin.h"
#include "admin/message_file.h"
#include "base/err.h"
#include "gateway/job.h"
#include "mail/address_list.h"

/* What a mail server would know besides the message itself. */
struct mail_run {
	struct job_client client;
	const char *from; /* envelope sender, canonical */
	const struct address_list *to;
	struct job *job; /* made by mail_run_begin */
};

/* Makes the job, up to the last byte of the message. */
int mail_run_begin(struct mail_run *run, struct admin *a,
    const struct message_file *m, struct err *err) MUST_USE;
void mail_run_end(struct mail_run *run);

/* Adds the addresses of a comma-separated list.  VERB_USAGE when one of them
 * is none. */
enum verb_result mail_run_addresses(
    const char *text, struct address_list *out, struct err *err);

#endif
