/*
 * relay.c: see relay.h.
 *
 * One thread handles a batch, one copy after the other.  The first step could
 * be faster with all at once, but the listener is next door, and the bytes
 * have to go through the same disk anyway.  The second step must not be:
 * dots that are all under way at the same time could all be lost.
 */
#include "relay/relay.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "relay/relay_slots.h"
#include "relay/relay_target.h"
#include "relay/relay_wait.h"
#include "relay/smtp_transaction.h"

struct relay {
	struct relay_target target;
	struct relay_slots slots;
	int connect_ms;
	int answer_ms;
};

struct relay_batch {
	struct relay *relay;
	struct relay_wait wait;
	deadline_t deadline;
	struct smtp_transaction *transactions; /* one for each copy */
	size_t count;
	unsigned slots; /* held */
	bool prepared;
	void (*committed)(void *arg, size_t n); /* or NULL */
	void *arg;
};

int
relay_new(
    const struct relay_config *config, struct relay **out, struct err *err)
{
	struct relay_target target;
	struct relay *relay;

	if (config->connections == 0 ||
	    config->connections > LIMIT_RELAY_COPIES ||
	    config->connect_ms <= 0 || config->answer_ms <= 0)
		return err_set(err, ERR_PERMANENT,
		    "reinjection: 1 to %u connections, and time to use them",
		    LIMIT_RELAY_COPIES);
	if (relay_target_parse(&target, config->reinject, err))
		return -1;
	relay = xcalloc(1, sizeof(*relay));
	relay->target = target;
	relay->connect_ms = config->connect_ms;
	relay->answer_ms = config->answer_ms;
	relay_slots_init(&relay->slots, config->connections);
	*out = relay;
	return 0;
}

void
relay_free(struct relay *relay)
{
	if (!relay)
		return;
	relay_slots_fini(&relay->slots);
	free(relay);
}

struct relay_batch *
relay_batch_new(struct relay *relay, const struct relay_copy *copies,
    size_t count, const struct relay_patience *patience)
{
	struct relay_batch *batch = xcalloc(1, sizeof(*batch));

	batch->relay = relay;
	batch->deadline = patience->deadline;
	relay_wait_init(&batch->wait, patience->progress, patience->arg);
	batch->count = count;
	batch->transactions =
	    xcalloc(count > 0 ? count : 1, sizeof(*batch->transactions));
	for (size_t i = 0; i < count; i++)
		smtp_transaction_init(&batch->transactions[i], &copies[i],
		    &relay->target, &batch->wait);
	return batch;
}

void
relay_batch_tell(struct relay_batch *batch,
    void (*committed)(void *arg, size_t n), void *arg)
{
	batch->committed = committed;
	batch->arg = arg;
}

/* Ends all connections that are left. */
static void
give_up(struct relay_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		smtp_transaction_close(&batch->transactions[i]);
	if (batch->slots > 0)
		relay_slots_give(&batch->relay->slots, batch->slots);
	batch->slots = 0;
	batch->prepared = false;
}

void
relay_batch_free(struct relay_batch *batch)
{
	if (!batch)
		return;
	give_up(batch);
	free(batch->transactions);
	free(batch);
}

/* What failed for all copies alike. */
static int
fail_all(struct relay_batch *batch, enum relay_reason reason)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->transactions[i].outcome.reason = reason;
	return -1;
}

static int
take_slots(struct relay_batch *batch, deadline_t deadline, struct err *err)
{
	if (batch->count > LIMIT_RELAY_COPIES) {
		err_set(err, ERR_PERMANENT,
		    "%zu copies, but at most %u can be "
		    "sent",
		    batch->count, LIMIT_RELAY_COPIES);
		return fail_all(batch, RELAY_UNSENDABLE);
	}
	if (relay_slots_take(&batch->relay->slots, (unsigned)batch->count,
		&batch->wait, deadline, err))
		return fail_all(batch, err->class == ERR_PERMANENT
					   ? RELAY_UNSENDABLE
					   : RELAY_BUSY);
	batch->slots = (unsigned)batch->count;
	return 0;
}

static deadline_t
earlier(deadline_t a, deadline_t b)
{
	return a < b ? a : b;
}

int
relay_batch_prepare(struct relay_batch *batch, struct err *err)
{
	deadline_t deadline = batch->deadline - batch->relay->answer_ms;
	int connect_ms = batch->relay->connect_ms;

	for (size_t i = 0; i < batch->count; i++)
		if (smtp_transaction_check(&batch->transactions[i], err))
			return -1;
	if (take_slots(batch, deadline, err))
		return -1;
	for (size_t i = 0; i < batch->count; i++)
		if (smtp_transaction_prepare(&batch->transactions[i],
			earlier(deadline_in(connect_ms), deadline), deadline,
			err)) {
			give_up(batch);
			return -1;
		}
	batch->prepared = true;
	return 0;
}

static int
commit_one(
    struct relay_batch *batch, struct smtp_transaction *t, struct err *err)
{
	if (deadline_left(batch->deadline) < batch->relay->answer_ms) {
		t->outcome.reason = RELAY_AWAY;
		return err_set(err, ERR_TEMPORARY,
		    "%s: no time left for the final dot",
		    batch->relay->target.name);
	}
	return smtp_transaction_commit(t, batch->deadline, err);
}

int
relay_batch_commit(struct relay_batch *batch, struct err *err)
{
	int rc = 0;

	if (!batch->prepared)
		return err_set(err, ERR_BUG, "copies that are not prepared");
	for (size_t i = 0; rc == 0 && i < batch->count; i++) {
		rc = commit_one(batch, &batch->transactions[i], err);
		if (rc == 0 && batch->committed)
			batch->committed(batch->arg, i);
	}
	give_up(batch);
	return rc;
}

const struct relay_outcome *
relay_batch_outcome(const struct relay_batch *batch, size_t n)
{
	return &batch->transactions[n].outcome;
}
