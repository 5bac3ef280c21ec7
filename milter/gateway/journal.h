/*
 * journal.h: which copies of a message have been handed over before.
 *
 * A message that was deferred comes again, with the same Message-ID, and so do
 * its copies, unless they stand here.  What is in the store is a digest of who
 * gets what from whom, for LIMIT_JOURNAL_SECONDS.  Belongs to one message and
 * its thread.
 */
#ifndef GATEWAY_JOURNAL_H
#define GATEWAY_JOURNAL_H

#include <stddef.h>
#include <time.h>

#include "base/err.h"
#include "base/slice.h"
#include "cert/store.h"
#include "mail/header.h"

/* What a line stands for. */
enum journal_entry {
	JOURNAL_COPY,  /* a recipient has his copy */
	JOURNAL_REPORT /* the sender has the report about a recipient */
};

/* Of lines; zeros are none. */
struct journal_keys {
	unsigned char (*at)[STORE_JOURNAL_KEY];
	size_t count;
	size_t size; /* allocated */
};

/* They are none again. */
void journal_keys_fini(struct journal_keys *keys);

struct journal {
	struct store *store; /* borrowed */
	const char *sender;  /* the same */
	time_t now;
	char *message_id;	  /* NULL: nothing tells this message */
	unsigned char digest[32]; /* of the body and what says who to whom */
	struct journal_keys done; /* before, and noted since */
	size_t again;		  /* how many of them were done before */
};

/* The journal of one message; store and sender, as envelope.h has his name,
 * must outlive it. */
void journal_init(
    struct journal *j, struct store *store, const char *sender, time_t now);
void journal_fini(struct journal *j);

/* What tells the message from others, as it came.  A message without
 * Message-ID is never in the journal: two equal mails may be meant. */
void journal_identify(
    struct journal *j, const struct header *header, struct slice body);

/* Was this done before: 1, or 0; then its key is added to todo.  Temporary
 * error when the store cannot tell. */
int journal_ask(struct journal *j, enum journal_entry entry,
    const char *recipient, struct journal_keys *todo, struct err *err) MUST_USE;

/* It has been done just now.  When the store fails the operator is told, and
 * the copy goes out twice if the message comes again. */
void journal_note(struct journal *j, const struct journal_keys *keys);

/* All has been done, and the message is accepted, too.  Who never hears of that
 * comes again soon; later somebody wants everybody to get it once more: the
 * lines are kept for LIMIT_JOURNAL_ACCEPTED only. */
void journal_settle(struct journal *j);

#endif
