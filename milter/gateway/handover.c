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
#include "base/log.h"
#include "cert/store.h"
#include "gateway/gateway.h"
#include "gateway/report.h"
#include "gateway/token.h"

#define JOURNAL_ENTRY_MAX ((size_t)LIMIT_HEADER_BYTES + 65536)

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
	unsigned char (*keys)[STORE_JOURNAL_KEY];
	size_t key_count;
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
		free(h->copies[i].keys);
	}
	free(h->copies);
	if (h->report.config)
		spool_fini(&h->report);
	free(h->keys);
	free(h->done);
	free(h->message_id);
	handover_init(h);
}

/* --- journal --- */

/* Fields that tell what two mails with the same body are about, to whom, and
 * when each was sent, be it once more; those of the way here change. */
static bool
is_identifying(const struct header_field *field)
{
	static const char *const names[] = {
	    "From", "To", "Cc", "Subject", "Date"};

	if (slice_has_prefix_ci(field->name, "Resent-"))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_equal_text_ci(field->name, names[i]))
			return true;
	return false;
}

/* What tells a message from others; without Message-ID nothing does: two
 * equal mails may be meant. */
static void
identify(struct handover *h)
{
	const struct header *header = h->c.header;
	const struct header_field *field = header_find(header, "Message-ID", 0);
	struct buf text;

	if (!field || slice_trim(field->body).len == 0)
		return;
	h->message_id = header_field_unfold(field);
	certificate_sha256(h->c.body, h->digest);
	buf_init(&text, EDITS_HEADER_MAX);
	buf_add(&text, h->digest, sizeof(h->digest));
	for (size_t i = 0; i < header->count; i++)
		if (is_identifying(&header->fields[i]))
			header_field_write(&header->fields[i], &text);
	certificate_sha256(buf_slice(&text), h->digest);
	buf_fini(&text);
}

static void
add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
}

/* what: "copy", or "report", which is about the recipient. */
static void
make_key(const struct handover *h, const char *what,
    const struct envelope_recipient *r, unsigned char key[STORE_JOURNAL_KEY])
{
	struct buf text;

	buf_init(&text, JOURNAL_ENTRY_MAX);
	add_text(&text, what);
	add_text(&text, h->c.envelope->sender_name);
	add_text(&text, h->message_id);
	add_text(&text, r->name);
	buf_add(&text, h->digest, sizeof(h->digest));
	certificate_sha256(buf_slice(&text), key);
	buf_fini(&text);
}

/* Adds a key to the copy, unless what it stands for has been done before. */
static int
add_key(struct handover *h, struct handover_copy *copy, size_t recipient,
    bool *done, struct err *err)
{
	unsigned char *key = copy->keys[copy->key_count];

	*done = false;
	if (!h->message_id)
		return 0;
	make_key(h, copy->is_report ? "report" : "copy",
	    &h->c.envelope->recipients[recipient], key);
	if (store_journal_has(
		gateway_store(h->c.gateway), key, h->c.now, done, err) < 0)
		return -1;
	if (*done)
		memcpy(h->keys[h->again++], key, STORE_JOURNAL_KEY);
	else
		copy->key_count++;
	return 0;
}

static void
remember(const struct handover *h, unsigned char (*keys)[STORE_JOURNAL_KEY],
    size_t count, time_t at)
{
	struct err err;

	if (count == 0 || store_journal_add(gateway_store(h->c.gateway),
			      (const unsigned char(*)[STORE_JOURNAL_KEY])keys,
			      count, at, &err) == 0)
		return;
	log_warning("journal of copies: %s: if the message comes again, so "
		    "does the copy",
	    err.text);
}

/* The dot of a copy was accepted.  The next one waits, so that whatever
 * happens now is known of this one. */
static void
write_journal(void *arg, size_t n)
{
	struct handover *h = arg;

	remember(h, h->copies[n].keys, h->copies[n].key_count, h->c.now);
}

/* So were all, and so is the message.  Who never hears of that soon comes
 * again; later somebody wants everybody to get it once more. */
static void
forget_soon(struct handover *h)
{
	time_t at = h->c.now - (LIMIT_JOURNAL_SECONDS - LIMIT_JOURNAL_ACCEPTED);
	size_t count = h->again;

	for (size_t i = 0; i < h->count; i++) {
		const struct handover_copy *copy = &h->copies[i];

		memcpy(&h->keys[count], copy->keys,
		    copy->key_count * STORE_JOURNAL_KEY);
		count += copy->key_count;
	}
	remember(h, h->keys, count, at);
}

/* --- which copies --- */

static struct handover_copy *
begin_copy(struct handover *h, size_t recipients)
{
	struct handover_copy *copy = &h->copies[h->count];

	memset(copy, 0, sizeof(*copy));
	copy->recipients = xcalloc(recipients + 1, sizeof(*copy->recipients));
	copy->names = xcalloc(recipients + 1, sizeof(char *));
	copy->keys = xcalloc(recipients + 1, sizeof(*copy->keys));
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
	free(copy->keys);
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

		if (add_key(h, copy, n, &h->done[n], err) < 0)
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

		if (add_key(h, copy, r->recipient, &done, err) < 0)
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
	h->keys = xcalloc(recipients + 1, sizeof(*h->keys));
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
	identify(h);
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
	return h->again;
}

enum plan_reason
handover_commit(struct handover *h, struct err *err)
{
	enum plan_reason reason = REASON_NONE;

	if (!h->batch)
		return REASON_NONE;
	relay_batch_tell(h->batch, write_journal, h);
	if (relay_batch_commit(h->batch, err) < 0)
		reason = reason_of_failure(h);
	else
		forget_soon(h);
	relay_batch_free(h->batch);
	h->batch = NULL;
	return reason;
}
