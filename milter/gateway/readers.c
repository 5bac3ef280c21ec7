/* readers.c: see readers.h.  Belongs to one message. */
#include "gateway/readers.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

/* The certificates of one recipient while they are collected. */
struct shelf {
	struct readers *readers;
	struct store_own_cert *at;
	size_t count;
	size_t size; /* allocated */
};

void
readers_init(struct readers *r)
{
	memset(r, 0, sizeof(*r));
}

static void
free_certificates(struct store_own_cert *own, size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_own_cert_fini(&own[i]);
	free(own);
}

/* smime_reader borrows them; they are ours. */
static struct store_own_cert *
certificates_of(const struct smime_reader *reader)
{
	union {
		const struct store_own_cert *in;
		struct store_own_cert *out;
	} u = {.in = reader->own};

	return u.out;
}

void
readers_fini(struct readers *r)
{
	for (size_t i = 0; i < r->count; i++)
		free_certificates(
		    certificates_of(&r->at[i]), r->at[i].own_count);
	free(r->at);
	free(r->recipients);
	readers_init(r);
}

/* --- who they are --- */

/* What one of his addresses, which is ours, says.  Who wants ciphertext under
 * one of his names gets it. */
static int
add_wishes(struct inbound_recipient *recipient,
    const struct directory_view *view, const char *address, struct err *err)
{
	struct directory_sender *sender;

	if (directory_find_sender(view, address, &sender, err) < 0)
		return -1;
	if (!recipient->is_own) {
		recipient->decrypt = sender->level.decrypt;
		recipient->mode = sender->level.mode;
	} else if (sender->level.decrypt != SWITCH_ON) {
		recipient->decrypt = SWITCH_OFF;
	}
	recipient->is_own = true;
	directory_sender_unref(&sender);
	return 0;
}

/* Who is forwarded to another domain is none of ours, whatever he is called
 * here: plaintext stays with us. */
static int
find_one(struct inbound_recipient *recipient, const struct directory_view *view,
    const struct envelope_recipient *e, struct err *err)
{
	bool own = false, stays = true;

	if (e->resolved && directory_is_own(view, e->resolved, &stays, err) < 0)
		return -1;
	if (!stays)
		return 0;
	if (e->address && directory_is_own(view, e->address, &own, err) < 0)
		return -1;
	if (own && add_wishes(recipient, view, e->address, err) < 0)
		return -1;
	return e->resolved ? add_wishes(recipient, view, e->resolved, err) : 0;
}

void
readers_unknown(struct readers *r, const struct envelope *envelope)
{
	r->recipients = xcalloc(envelope->count + 1, sizeof(*r->recipients));
	r->at = xcalloc(envelope->count + 1, sizeof(*r->at));
	r->count = envelope->count;
	for (size_t i = 0; i < envelope->count; i++)
		r->recipients[i] = (struct inbound_recipient){
		    .address = envelope->recipients[i].address,
		    .decrypt = SWITCH_OFF,
		    .mode = MODE_ENFORCE};
}

int
readers_find(struct readers *r, const struct directory_view *view,
    const struct envelope *envelope, struct err *err)
{
	readers_unknown(r, envelope);
	for (size_t i = 0; i < envelope->count; i++)
		if (find_one(&r->recipients[i], view, &envelope->recipients[i],
			err) < 0)
			return -1;
	return 0;
}

/* --- what they can read --- */

static int
add_certificate(const struct store_own_cert *own, void *arg)
{
	struct shelf *shelf = arg;
	struct store_own_cert *copy;

	if (shelf->readers->certificates >= LIMIT_READER_CERTIFICATES)
		return 1;
	if (shelf->count == shelf->size) {
		shelf->size = shelf->size ? 2 * shelf->size : 4;
		shelf->at =
		    xreallocarray(shelf->at, shelf->size, sizeof(*shelf->at));
	}
	copy = &shelf->at[shelf->count++];
	store_own_cert_init(copy);
	copy->address = xstrdup(own->address);
	memcpy(copy->fingerprint, own->fingerprint, sizeof(copy->fingerprint));
	copy->certificate = certificate_ref(own->certificate);
	copy->wrapped = xmalloc(own->wrapped_len);
	memcpy(copy->wrapped, own->wrapped, own->wrapped_len);
	copy->wrapped_len = own->wrapped_len;
	copy->added = own->added;
	shelf->readers->certificates++;
	return 0;
}

static int
load_one(struct readers *r, size_t i, struct store *store,
    const struct envelope_recipient *e, struct err *err)
{
	struct shelf shelf = {.readers = r};
	int rc = 0;

	if (e->address)
		rc = store_own_cert_each(
		    store, e->address, add_certificate, &shelf, err);
	if (rc == 0 && e->resolved)
		rc = store_own_cert_each(
		    store, e->resolved, add_certificate, &shelf, err);
	r->at[i] =
	    (struct smime_reader){.own = shelf.at, .own_count = shelf.count};
	return rc;
}

int
readers_load(struct readers *r, struct store *store,
    const struct envelope *envelope, struct err *err)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct inbound_recipient *recipient = &r->recipients[i];

		if (!recipient->is_own || recipient->decrypt != SWITCH_ON)
			continue;
		if (load_one(r, i, store, &envelope->recipients[i], err) < 0)
			return -1;
	}
	return 0;
}
