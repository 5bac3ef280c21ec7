/*
 * journal.c: see journal.h.
 */
#include "gateway/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "cert/certificate.h"
#include "gateway/edits.h"

#define ENTRY_MAX ((size_t)LIMIT_HEADER_BYTES + 65536)

void
journal_keys_fini(struct journal_keys *keys)
{
	free(keys->at);
	*keys = (struct journal_keys){0};
}

static void
keys_add(struct journal_keys *keys, const unsigned char key[STORE_JOURNAL_KEY])
{
	if (keys->count == keys->size) {
		keys->size = keys->size ? 2 * keys->size : 8;
		keys->at =
		    xreallocarray(keys->at, keys->size, sizeof(*keys->at));
	}
	memcpy(keys->at[keys->count++], key, STORE_JOURNAL_KEY);
}

void
journal_init(
    struct journal *j, struct store *store, const char *sender, time_t now)
{
	*j = (struct journal){.store = store, .sender = sender, .now = now};
}

void
journal_fini(struct journal *j)
{
	journal_keys_fini(&j->done);
	free(j->message_id);
	*j = (struct journal){0};
}

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

void
journal_identify(
    struct journal *j, const struct header *header, struct slice body)
{
	const struct header_field *field = header_find(header, "Message-ID", 0);
	struct buf text;

	if (!field || slice_trim(field->body).len == 0)
		return;
	j->message_id = header_field_unfold(field);
	certificate_sha256(body, j->digest);
	buf_init(&text, EDITS_HEADER_MAX);
	buf_add(&text, j->digest, sizeof(j->digest));
	for (size_t i = 0; i < header->count; i++)
		if (is_identifying(&header->fields[i]))
			header_field_write(&header->fields[i], &text);
	certificate_sha256(buf_slice(&text), j->digest);
	buf_fini(&text);
}

/* With its NUL, so that no two rows of texts are the same bytes. */
static void
add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
}

static void
make_key(const struct journal *j, enum journal_entry entry,
    const char *recipient, unsigned char key[STORE_JOURNAL_KEY])
{
	struct buf text;

	buf_init(&text, ENTRY_MAX);
	add_text(&text, entry == JOURNAL_REPORT ? "report" : "copy");
	add_text(&text, j->sender);
	add_text(&text, j->message_id);
	add_text(&text, recipient);
	buf_add(&text, j->digest, sizeof(j->digest));
	certificate_sha256(buf_slice(&text), key);
	buf_fini(&text);
}

int
journal_ask(struct journal *j, enum journal_entry entry, const char *recipient,
    struct journal_keys *todo, struct err *err)
{
	unsigned char key[STORE_JOURNAL_KEY];
	bool done;

	if (!j->message_id)
		return 0;
	make_key(j, entry, recipient, key);
	if (store_journal_has(j->store, key, j->now, &done, err) < 0)
		return -1;
	if (!done) {
		keys_add(todo, key);
		return 0;
	}
	keys_add(&j->done, key);
	j->again++;
	return 1;
}

static void
remember(const struct journal *j, const struct journal_keys *keys, time_t at)
{
	struct err err;

	if (keys->count == 0 ||
	    store_journal_add(j->store,
		(const unsigned char(*)[STORE_JOURNAL_KEY])keys->at,
		keys->count, at, &err) == 0)
		return;
	log_warning("journal of copies: %s: if the message comes again, so "
		    "does the copy",
	    err.text);
}

void
journal_note(struct journal *j, const struct journal_keys *keys)
{
	remember(j, keys, j->now);
	for (size_t i = 0; i < keys->count; i++)
		keys_add(&j->done, keys->at[i]);
}

void
journal_settle(struct journal *j)
{
	remember(j, &j->done,
	    j->now - (LIMIT_JOURNAL_SECONDS - LIMIT_JOURNAL_ACCEPTED));
}
