/*
 * harvester.c: see harvester.h.
 *
 * harvester_add runs in the threads of mail and only counts references;
 * everything else is done by the one thread here, which takes all that is
 * queued at a time.  A store that is away costs what was queued, never mail.
 */
#include "gateway/harvester.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "cert/cert_harvest.h"
#include "gateway/record.h"

struct item {
	struct item *next;
	size_t weight; /* bytes of certificates */
	char *queue_id;
	char *from;
	char *message_id;
	bool valid; /* otherwise only trust is missing */
	struct certificate *signer;
	struct certificate *preferred;
	struct certificate_list others;
	struct buf capabilities;
	time_t signing_time;
};

struct harvester {
	struct store *store;
	struct trust *trust;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct item *queue; /* in order of arrival */
	struct item **last; /* where the next one is put */
	size_t count;
	size_t weight;
	bool stopping;
	unsigned long dropped; /* since the last line about it */
	int64_t complained_ms;
};

static struct item *
item_new(
    const struct harvest_source *source, const struct smime_verdict *verdict)
{
	struct item *item = xcalloc(1, sizeof(*item));

	item->queue_id = xstrdup(source->queue_id ? source->queue_id : "");
	item->from = xstrdup(source->from);
	item->message_id =
	    xstrdup(source->message_id ? source->message_id : "");
	item->valid = verdict->status == SMIME_VALID;
	item->signer = certificate_ref(verdict->signer);
	if (verdict->preferred)
		item->preferred = certificate_ref(verdict->preferred);
	certificate_list_init(&item->others);
	for (size_t i = 0; i < verdict->certificates.count; i++) {
		certificate_list_add(
		    &item->others, verdict->certificates.at[i]);
		item->weight += verdict->certificates.at[i]->der.len;
	}
	buf_init(&item->capabilities, verdict->capabilities.len);
	buf_add_slice(&item->capabilities, buf_slice(&verdict->capabilities));
	item->weight += item->capabilities.len;
	item->signing_time = verdict->signing_time;
	return item;
}

static void
item_free(struct item *item)
{
	free(item->queue_id);
	free(item->from);
	free(item->message_id);
	certificate_unref(&item->signer);
	certificate_unref(&item->preferred);
	certificate_list_fini(&item->others);
	buf_fini(&item->capabilities);
	free(item);
}

/* --- the sender's certificates --- */

static void
learn_sender(struct harvester *h, const struct item *item)
{
	struct cert_evidence evidence = {
	    .from = item->from,
	    .signer = item->signer,
	    .others = &item->others,
	    .preferred = item->preferred,
	    .capabilities = buf_slice(&item->capabilities),
	    .signing_time = item->signing_time,
	    .message_id = item->message_id,
	};
	struct store_partner_cert record;
	enum cert_harvest_word word;
	struct err err;
	bool is_new = false;

	word = cert_harvest(&evidence, h->trust, clock_now(), &record);
	if (word != CERT_HARVEST_KEPT && word != CERT_HARVEST_FUTURE) {
		record_unlearned(item->queue_id, item->from,
		    item->signer->fingerprint_text,
		    cert_harvest_word_name(word), NULL);
		return;
	}
	if (store_partner_cert_put(h->store, &record, &is_new, &err) < 0)
		record_unlearned(item->queue_id, item->from, record.fingerprint,
		    "store", &err);
	else
		record_harvested(
		    item->queue_id, item->from, record.fingerprint, is_new);
	store_partner_cert_fini(&record);
}

/* --- an authority that nobody knows --- */

static struct certificate *
find_issuer(const struct certificate_list *list, const struct certificate *of)
{
	for (size_t i = 0; i < list->count; i++) {
		struct certificate *c = list->at[i];

		if (c != of && c->is_ca &&
		    X509_NAME_cmp(X509_get_subject_name(c->x509),
			X509_get_issuer_name(of->x509)) == 0)
			return c;
	}
	return NULL;
}

/* The top of the path as far as the message shows it. */
static struct certificate *
find_top(const struct item *item)
{
	struct certificate *top = item->signer, *issuer;

	for (size_t i = 0; i < LIMIT_CHAIN && !top->self_issued; i++) {
		issuer = find_issuer(&item->others, top);
		if (!issuer)
			break;
		top = issuer;
	}
	return top;
}

/* A certificate that vouches for itself names no authority (B2). */
static void
note_authority(struct harvester *h, const struct item *item)
{
	struct certificate *top = find_top(item);
	struct store_authority authority = {.messages = 1};
	struct err err;

	if (item->signer->self_issued ||
	    trust_check(h->trust, item->signer, &item->others, clock_now(),
		NULL) != TRUST_UNKNOWN_CA)
		return;
	authority.first_seen = clock_now();
	if (top->self_issued) {
		authority.certificate = top;
		authority.subject = top->subject;
		memcpy(authority.fingerprint, top->fingerprint_text,
		    sizeof(authority.fingerprint));
	} else {
		authority.subject = top->issuer;
	}
	if (store_authority_seen(h->store, &authority, &err) < 0)
		record_unlearned(item->queue_id, item->from,
		    item->signer->fingerprint_text, "store", &err);
}

/* --- the thread --- */

static void
work(struct harvester *h, struct item *batch)
{
	struct item *item;

	while ((item = batch)) {
		batch = item->next;
		if (item->valid)
			learn_sender(h, item);
		else
			note_authority(h, item);
		item_free(item);
	}
}

/* Waits for a batch; false when it is the last one. */
static bool
wait_for_batch(struct harvester *h, struct item **batch)
{
	bool more;

	pthread_mutex_lock(&h->lock);
	while (!h->queue && !h->stopping)
		pthread_cond_wait(&h->wake, &h->lock);
	*batch = h->queue;
	h->queue = NULL;
	h->last = &h->queue;
	h->count = 0;
	h->weight = 0;
	more = !h->stopping;
	pthread_mutex_unlock(&h->lock);
	return more;
}

static void *
run(void *arg)
{
	struct harvester *h = arg;
	struct item *batch;
	bool more = true;

	while (more) {
		more = wait_for_batch(h, &batch);
		work(h, batch);
	}
	return NULL;
}

/* Signals belong to the threads that wait for them. */
static int
start(struct harvester *h)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, run, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

int
harvester_new(struct store *store, struct trust *trust, struct harvester **out,
    struct err *err)
{
	struct harvester *h = xcalloc(1, sizeof(*h));

	h->store = store;
	h->trust = trust;
	h->last = &h->queue;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->wake, NULL);
	errno = start(h);
	if (errno != 0) {
		pthread_cond_destroy(&h->wake);
		pthread_mutex_destroy(&h->lock);
		free(h);
		return err_set_errno(err, ERR_TEMPORARY, "no thread");
	}
	*out = h;
	return 0;
}

void
harvester_free(struct harvester *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* One line a minute at most, however much is dropped. */
static unsigned long
count_dropped(struct harvester *h)
{
	int64_t now = clock_monotonic_ms();
	unsigned long dropped = ++h->dropped;

	if (h->complained_ms != 0 &&
	    now - h->complained_ms < (int64_t)LIMIT_COMPLAINT_MS)
		return 0;
	h->complained_ms = now;
	h->dropped = 0;
	return dropped;
}

void
harvester_add(struct harvester *h, const struct harvest_source *source,
    const struct smime_verdict *verdict)
{
	struct item *item = item_new(source, verdict);
	unsigned long dropped = 0;

	pthread_mutex_lock(&h->lock);
	if (h->count < LIMIT_HARVEST_QUEUE &&
	    h->weight + item->weight <= (size_t)LIMIT_HARVEST_BYTES) {
		*h->last = item;
		h->last = &item->next;
		h->count++;
		h->weight += item->weight;
		item = NULL;
		pthread_cond_signal(&h->wake);
	} else {
		dropped = count_dropped(h);
	}
	pthread_mutex_unlock(&h->lock);
	if (item)
		item_free(item);
	if (dropped > 0)
		log_warning("certificates of %lu messages were not learned: "
			    "the store is slower than the mail",
		    dropped);
}
