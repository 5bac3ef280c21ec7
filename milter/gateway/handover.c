/*
 * handover.c: see handover.h.  Belongs to one message and its thread.
 *
 * The journal is asked before anything is sent, and written after each dot
 * that was accepted, before the message is answered: whoever is killed in
 * between sends a copy twice, never none.
 */
#include "gateway/handover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/gateway.h"
#include "gateway/report.h"
#include "gateway/token.h"

struct handover_copy {
	const struct slice_list *message;
	size_t group; /* of the share */
	bool is_report;
	struct slice path; /* of the sender */
	struct slice parameters;
	struct slice message_id; /* body of the field; empty: none */
	struct relay_recipient *recipients;
	const char **names; /* of them, as envelope.h has it */
	size_t count;
	/* Of the recipients, or of those that the report is about. */
	struct journal_keys keys;
	char field[sizeof(TOKEN_FIELD ": \r\n") + TOKEN_TEXT];
	struct slice_list content; /* field and message */
};

void
handover_init(struct handover *h)
{
	memset(h, 0, sizeof(*h));
}

void
handover_fini(struct handover *h)
{
	relay_batch_free(h->batch);
	free(h->relay_copies);
	for (size_t i = 0; i < h->count; i++) {
		free(h->copies[i].recipients);
		free(h->copies[i].names);
		journal_keys_fini(&h->copies[i].keys);
	}
	free(h->copies);
	if (h->report.config)
		spool_fini(&h->report);
	free(h->done);
	journal_fini(&h->journal);
	handover_init(h);
}

/* --- which copies --- */

static struct handover_copy *
begin_copy(struct handover *h, size_t recipients)
{
	struct handover_copy *copy = &h->copies[h->count];

	memset(copy, 0, sizeof(*copy));
	copy->recipients = xcalloc(recipients + 1, sizeof(*copy->recipients));
	copy->names = xcalloc(recipients + 1, sizeof(char *));
	h->count++;
	return copy;
}

static void
add_recipient(struct handover_copy *copy, const char *path, const char *name,
    const char *parameters)
{
	copy->names[copy->count] = name;
	copy->recipients[copy->count++] =
	    (struct relay_recipient){slice_text(path), slice_text(parameters)};
}

/* Body of the first field, which may be missing. */
static struct slice
message_id_of(const struct header *header)
{
	const struct header_field *field = header_find(header, "Message-ID", 0);

	return field ? field->body : slice_make(NULL, 0);
}

/* A copy that nobody needs. */
static void
drop_copy(struct handover *h)
{
	struct handover_copy *copy = &h->copies[--h->count];

	free(copy->recipients);
	free(copy->names);
	journal_keys_fini(&copy->keys);
}

/* Has the copy reached this one before, or the report about him its reader? */
static int
was_done(struct handover *h, struct handover_copy *copy,
    const struct envelope_recipient *r, bool *done, struct err *err)
{
	int rc = journal_ask(&h->journal,
	    copy->is_report ? JOURNAL_REPORT : JOURNAL_COPY, r->name,
	    &copy->keys, err);

	*done = rc > 0;
	return rc < 0 ? -1 : 0;
}

static int
add_share(
    struct handover *h, const struct handover_share *share, struct err *err)
{
	struct handover_copy *copy = begin_copy(h, share->count);

	copy->message = share->message;
	copy->group = share->group;
	copy->path = slice_text(h->c.envelope->sender_path);
	copy->parameters = slice_text(h->c.envelope->parameters);
	copy->message_id = message_id_of(h->c.header);
	for (size_t i = 0; i < share->count; i++) {
		size_t n = share->recipients[i];
		const struct envelope_recipient *r =
		    &h->c.envelope->recipients[n];

		if (was_done(h, copy, r, &h->done[n], err) < 0)
			return -1;
		if (!h->done[n])
			add_recipient(copy, r->path, r->name, r->parameters);
	}
	if (copy->count == 0)
		drop_copy(h);
	return 0;
}

/* The refused recipients that the sender has not been told of. */
static int
list_refused(struct handover *h, struct handover_copy *copy,
    struct report_recipient *refused, size_t *count, struct err *err)
{
	bool done;

	for (size_t i = 0; i < h->c.refused_count; i++) {
		const struct handover_refused *r = &h->c.refused[i];
		const struct envelope_recipient *e =
		    &h->c.envelope->recipients[r->recipient];

		if (was_done(h, copy, e, &done, err) < 0)
			return -1;
		if (!done)
			refused[(*count)++] =
			    (struct report_recipient){.address = e->name,
				.parameters = e->parameters,
				.reason = r->reason,
				.advice = r->advice};
	}
	return 0;
}

/* From nobody, to the sender: he answers for what he has sent, not for what
 * he is told. */
static int
add_report(struct handover *h, struct err *err)
{
	const struct envelope *e = h->c.envelope;
	struct handover_copy *copy = begin_copy(h, h->c.refused_count);
	struct report_recipient *refused =
	    xcalloc(h->c.refused_count + 1, sizeof(*refused));
	char room[GATEWAY_NAME_MAX];
	struct report_case c = {
	    .host = gateway_name(gateway_config(h->c.gateway), room),
	    .sender = e->sender_name,
	    .parameters = e->parameters,
	    .header = h->c.header,
	    .recipients = refused,
	    .now = h->c.now,
	};
	int rc;

	copy->is_report = true;
	rc = list_refused(h, copy, refused, &c.count, err);
	if (rc < 0 || !report_is_wanted(&c)) {
		drop_copy(h);
		goto out;
	}
	spool_init(&h->report, &gateway_config(h->c.gateway)->spool);
	rc = report_write(&c, &h->report, err);
	if (rc < 0)
		goto out;
	slice_list_add(&h->report_message, spool_slice(&h->report));
	copy->message = &h->report_message;
	copy->path = slice_text("<>");
	add_recipient(copy, e->sender_path, e->sender_name, "");
out:
	free(refused);
	return rc;
}

static int
list_copies(struct handover *h, struct err *err)
{
	size_t recipients = h->c.envelope->count;

	if (!h->c.envelope->sender_path)
		return err_set(err, ERR_BUG, "copies of a mail without sender");
	h->done = xcalloc(recipients + 1, sizeof(*h->done));
	h->copies = xcalloc(h->c.share_count + 1, sizeof(*h->copies));
	for (size_t i = 0; i < h->c.share_count; i++)
		if (add_share(h, &h->c.shares[i], err) < 0)
			return -1;
	return h->c.refused_count > 0 ? add_report(h, err) : 0;
}

/* --- on their way --- */

/* By this field our own milter knows the copy when it comes in. */
static int
mark(struct handover *h, struct handover_copy *copy, struct err *err)
{
	struct token_subject subject = {
	    .sender = copy->is_report ? "" : h->c.envelope->sender_name,
	    .recipients = copy->names,
	    .recipient_count = copy->count,
	    .message_id = copy->message_id,
	};
	struct header report;
	char token[TOKEN_TEXT];
	bool complete;
	int rc;

	header_init(&report);
	if (copy->is_report) {
		(void)header_parse(&report, spool_slice(&h->report), &complete);
		subject.message_id = message_id_of(&report);
	}
	rc = token_make(
	    gateway_tokens(h->c.gateway), &subject, h->c.now, token, err);
	header_fini(&report);
	if (rc < 0)
		return -1;
	snprintf(
	    copy->field, sizeof(copy->field), TOKEN_FIELD ": %s\r\n", token);
	slice_list_add(&copy->content, slice_text(copy->field));
	slice_list_add_all(&copy->content, copy->message);
	return 0;
}

/* The copy that stays: the mail server judges it when the others are gone. */
static size_t
size_in_place(const struct handover *h)
{
	const struct header *header = h->c.header;
	size_t size = h->c.edits->replace_body
			  ? slice_list_size(&h->c.edits->body)
			  : h->c.body.len;

	for (size_t i = 0; i < header->count; i++)
		size += header->fields[i].name.len +
			header->fields[i].body.len + sizeof(":\r\n") - 1;
	return size;
}

static void
fill(const struct handover *h, const struct handover_copy *copy,
    struct relay_copy *out)
{
	*out = (struct relay_copy){
	    .path = copy->path,
	    .parameters = copy->parameters,
	    .recipients = copy->recipients,
	    .count = copy->count,
	    .content = &copy->content,
	    .beside = size_in_place(h),
	};
}

static int
make_copies(struct handover *h, struct err *err)
{
	if (h->count > 0 &&
	    (!gateway_relay(h->c.gateway) || !gateway_tokens(h->c.gateway)))
		return err_set(
		    err, ERR_BUG, "no listener for %zu copies", h->count);
	h->relay_copies = xcalloc(h->count + 1, sizeof(*h->relay_copies));
	for (size_t i = 0; i < h->count; i++) {
		if (mark(h, &h->copies[i], err) < 0)
			return -1;
		fill(h, &h->copies[i], &h->relay_copies[i]);
	}
	return 0;
}

/* The report, which is the last one, is no copy of the message. */
static int
show_gate(struct handover *h, struct err *err)
{
	size_t *groups = xcalloc(h->count + 1, sizeof(*groups));
	struct handover_departure departure = {
	    .edits = h->c.edits,
	    .relay = h->relay_copies,
	    .groups = groups,
	    .done = h->done,
	};
	int rc;

	for (size_t i = 0; i < h->count && !h->copies[i].is_report; i++)
		groups[departure.count++] = h->copies[i].group;
	rc = h->c.gate(h->c.arg, &departure, err);
	free(groups);
	return rc;
}

#define SMTP_TOO_LARGE 552 /* RFC 1870 6.1 (2) */

/* What the mail server is to be told: only what is too large will never do.
 * Anything else may be a listener that is not as it should be, and the
 * operator can put that right. */
static enum plan_reason
reason_of_failure(const struct handover *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct relay_outcome *outcome =
		    relay_batch_outcome(h->batch, i);

		if (outcome->reason == RELAY_TOO_LARGE ||
		    (outcome->reason == RELAY_REFUSAL &&
			outcome->reply.code == SMTP_TOO_LARGE))
			return REASON_TOO_LARGE;
	}
	return REASON_REINJECT;
}

static enum plan_reason
prepare(struct handover *h, struct err *err)
{
	const struct relay_patience patience = {.deadline = h->c.deadline};
	enum plan_reason reason;

	h->batch = relay_batch_new(
	    gateway_relay(h->c.gateway), h->relay_copies, h->count, &patience);
	if (relay_batch_prepare(h->batch, err) == 0)
		return REASON_NONE;
	reason = reason_of_failure(h);
	relay_batch_free(h->batch);
	h->batch = NULL;
	return reason;
}

enum plan_reason
handover_prepare(
    struct handover *h, const struct handover_case *c, struct err *err)
{
	enum plan_reason reason = REASON_NONE;

	h->c = *c;
	journal_init(&h->journal, gateway_store(c->gateway),
	    c->envelope->sender_name, c->now);
	journal_identify(&h->journal, c->header, c->body);
	if (list_copies(h, err) < 0)
		reason = err->class == ERR_TEMPORARY ? REASON_STORE
						     : REASON_INTERNAL;
	else if (make_copies(h, err) < 0 || show_gate(h, err) < 0)
		reason = REASON_INTERNAL;
	else if (h->count > 0)
		reason = prepare(h, err);
	/* The caller's again. */
	h->c.shares = NULL;
	h->c.refused = NULL;
	h->c.arg = NULL;
	return reason;
}

bool
handover_is_pending(const struct handover *h)
{
	return h->batch != NULL;
}

size_t
handover_again(const struct handover *h)
{
	return h->journal.again;
}

/* The dot of a copy was accepted.  The next one waits, so that whatever
 * happens now is known of this one. */
static void
note_copy(void *arg, size_t n)
{
	struct handover *h = arg;

	journal_note(&h->journal, &h->copies[n].keys);
}

enum plan_reason
handover_commit(struct handover *h, struct err *err)
{
	enum plan_reason reason = REASON_NONE;

	if (!h->batch)
		return REASON_NONE;
	relay_batch_tell(h->batch, note_copy, h);
	if (relay_batch_commit(h->batch, err) < 0)
		reason = reason_of_failure(h);
	else
		journal_settle(&h->journal);
	relay_batch_free(h->batch);
	h->batch = NULL;
	return reason;
}
