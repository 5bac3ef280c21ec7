/*
 * directory.c: see directory.h.
 *
 * Four bounded maps.  An entry is good as long as the store's generation is
 * the one that it was made under and its time has not come; so nothing has
 * to be flushed, and a thread that loads an entry while the store changes
 * can only make one that is looked up again.  No lock is held while the
 * store or OpenSSL works.
 */
#include "gateway/directory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/lru.h"
#include "cert/judged.h"
#include "gateway/directory_load.h"
#include "mail/address.h"
#include "mail/address_list.h"

struct directory {
	const struct gateway_config *config;
	struct store *store;
	struct trust *trust;
	struct lru *domains;
	struct lru *senders;
	struct lru *rules;
	struct lru *recipients;

	pthread_mutex_t lock;
	bool asked; /* the three below are filled */
	uint64_t generation;
	int64_t asked_ms;
	/* Held while judged authorities are read, so that what was read last
	 * counts. */
	pthread_mutex_t judging;
	bool judged; /* under judged_generation */
	uint64_t judged_generation;
	bool counted; /* under counted_generation */
	uint64_t counted_generation;
	size_t domain_count;
	bool demands_known; /* under demands_generation */
	uint64_t demands_generation;
	bool demands;
};

/* --- counting references --- */

static void *
entry_ref(void *value)
{
	struct directory_entry *entry = value;

	__atomic_add_fetch(&entry->refs, 1, __ATOMIC_RELAXED);
	return entry;
}

static bool
entry_drop(struct directory_entry *entry)
{
	return __atomic_sub_fetch(&entry->refs, 1, __ATOMIC_ACQ_REL) == 0;
}

static void
domain_drop(void *value)
{
	struct directory_domain *domain = value;

	if (entry_drop(&domain->entry))
		free(domain);
}

static void
sender_drop(void *value)
{
	struct directory_sender *sender = value;

	if (!entry_drop(&sender->entry))
		return;
	address_list_fini(&sender->escrow);
	free(sender->disclaimer);
	smime_identity_release(&sender->identity);
	certificate_unref(&sender->problem);
	free(sender->why);
	free(sender);
}

static void
rule_drop(void *value)
{
	struct directory_rule *rule = value;

	if (!entry_drop(&rule->entry))
		return;
	free(rule->domain_certificate);
	free(rule);
}

static void
recipient_drop(void *value)
{
	struct directory_recipient *recipient = value;

	if (!entry_drop(&recipient->entry))
		return;
	cert_choice_fini(&recipient->choice);
	certificate_list_fini(&recipient->oaep_sha1);
	free(recipient);
}

static const struct lru_ops domain_ops = {entry_ref, domain_drop};
static const struct lru_ops sender_ops = {entry_ref, sender_drop};
static const struct lru_ops rule_ops = {entry_ref, rule_drop};
static const struct lru_ops recipient_ops = {entry_ref, recipient_drop};

void
directory_domain_unref(struct directory_domain **domain)
{
	if (*domain)
		domain_drop(*domain);
	*domain = NULL;
}

void
directory_sender_unref(struct directory_sender **sender)
{
	if (*sender)
		sender_drop(*sender);
	*sender = NULL;
}

void
directory_rule_unref(struct directory_rule **rule)
{
	if (*rule)
		rule_drop(*rule);
	*rule = NULL;
}

void
directory_recipient_unref(struct directory_recipient **recipient)
{
	if (*recipient)
		recipient_drop(*recipient);
	*recipient = NULL;
}

/* --- the directory --- */

struct directory *
directory_new(const struct gateway_config *config, struct store *store,
    struct trust *trust)
{
	struct directory *d = xcalloc(1, sizeof(*d));

	d->config = config;
	d->store = store;
	d->trust = trust;
	d->domains = lru_new(LIMIT_CACHED_DOMAINS, &domain_ops);
	d->senders = lru_new(LIMIT_CACHED_SENDERS, &sender_ops);
	d->rules = lru_new(LIMIT_CACHED_RULES, &rule_ops);
	d->recipients = lru_new(LIMIT_CACHED_RECIPIENTS, &recipient_ops);
	pthread_mutex_init(&d->lock, NULL);
	pthread_mutex_init(&d->judging, NULL);
	return d;
}

void
directory_free(struct directory *d)
{
	if (!d)
		return;
	lru_free(d->recipients);
	lru_free(d->rules);
	lru_free(d->senders);
	lru_free(d->domains);
	pthread_mutex_destroy(&d->judging);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* Whom the operator trusts now, before anything is judged under this
 * generation.  One small query when the store has changed. */
static int
refresh_trust(struct directory *d, uint64_t generation, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&d->judging);
	if (!d->judged || d->judged_generation != generation) {
		rc = judged_load(d->store, d->trust, err);
		d->judged = rc == 0;
		d->judged_generation = generation;
	}
	pthread_mutex_unlock(&d->judging);
	return rc;
}

int
directory_look(struct directory *d, int max_age_ms, time_t now,
    struct directory_view *view, struct err *err)
{
	int64_t now_ms = clock_monotonic_ms();
	bool known;

	*view = (struct directory_view){.directory = d, .now = now};
	pthread_mutex_lock(&d->lock);
	known = d->asked && now_ms - d->asked_ms < max_age_ms;
	view->generation = d->generation;
	pthread_mutex_unlock(&d->lock);
	if (known)
		return 0;
	if (store_generation(d->store, &view->generation, err) < 0 ||
	    refresh_trust(d, view->generation, err) < 0)
		return -1;
	pthread_mutex_lock(&d->lock);
	d->asked = true;
	d->asked_ms = now_ms;
	d->generation = view->generation;
	pthread_mutex_unlock(&d->lock);
	return 0;
}

/* A reference on the entry when it is there and still good. */
static void *
find_fresh(const struct directory_view *view, struct lru *lru, const char *key,
    const struct lru_ops *ops)
{
	struct directory_entry *entry = lru_get(lru, key);

	if (!entry)
		return NULL;
	if (entry->generation == view->generation && view->now < entry->until)
		return entry;
	ops->unref(entry);
	return NULL;
}

static void
entry_init(struct directory_entry *entry, const struct directory_view *view)
{
	entry->refs = 1;
	entry->generation = view->generation;
	entry->until = view->now + LIMIT_CACHE_SECONDS;
}

static struct directory_query
query_of(const struct directory_view *view)
{
	const struct directory *d = view->directory;

	return (struct directory_query){.config = d->config,
	    .store = d->store,
	    .trust = d->trust,
	    .now = view->now};
}

/* --- domains --- */

int
directory_find_domain(const struct directory_view *view, const char *name,
    struct directory_domain **out, struct err *err)
{
	struct directory *d = view->directory;
	struct directory_query query = query_of(view);
	struct directory_domain *domain =
	    find_fresh(view, d->domains, name, &domain_ops);

	if (!domain) {
		domain = xcalloc(1, sizeof(*domain));
		entry_init(&domain->entry, view);
		if (directory_load_domain(&query, name, domain, err) < 0) {
			domain_drop(domain);
			return -1;
		}
		lru_put(d->domains, name, domain);
	}
	*out = domain;
	return 0;
}

int
directory_is_own(const struct directory_view *view, const char *address,
    bool *own, struct err *err)
{
	struct directory_domain *domain;

	if (directory_find_domain(view, address_domain(address), &domain, err) <
	    0)
		return -1;
	*own = domain->is_own;
	directory_domain_unref(&domain);
	return 0;
}

int
directory_count_domains(
    const struct directory_view *view, size_t *count, struct err *err)
{
	struct directory *d = view->directory;
	struct directory_query query = query_of(view);
	bool known;

	pthread_mutex_lock(&d->lock);
	known = d->counted && d->counted_generation == view->generation;
	*count = d->domain_count;
	pthread_mutex_unlock(&d->lock);
	if (known)
		return 0;
	if (directory_load_count(&query, count, err) < 0)
		return -1;
	pthread_mutex_lock(&d->lock);
	d->counted = true;
	d->counted_generation = view->generation;
	d->domain_count = *count;
	pthread_mutex_unlock(&d->lock);
	return 0;
}

/* --- senders --- */

int
directory_find_sender(const struct directory_view *view, const char *address,
    struct directory_sender **out, struct err *err)
{
	struct directory *d = view->directory;
	struct directory_query query = query_of(view);
	struct directory_sender *sender =
	    find_fresh(view, d->senders, address, &sender_ops);

	if (!sender) {
		sender = xcalloc(1, sizeof(*sender));
		entry_init(&sender->entry, view);
		address_list_init(&sender->escrow);
		if (directory_load_sender(&query, address, sender, err) < 0) {
			sender_drop(sender);
			return -1;
		}
		lru_put(d->senders, address, sender);
	}
	*out = sender;
	return 0;
}

/* --- rules --- */

int
directory_find_rule(const struct directory_view *view, const char *address,
    struct directory_rule **out, struct err *err)
{
	struct directory *d = view->directory;
	struct directory_query query = query_of(view);
	struct directory_rule *rule =
	    find_fresh(view, d->rules, address, &rule_ops);

	if (!rule) {
		rule = xcalloc(1, sizeof(*rule));
		entry_init(&rule->entry, view);
		if (directory_load_rule(&query, address, rule, err) < 0) {
			rule_drop(rule);
			return -1;
		}
		lru_put(d->rules, address, rule);
	}
	*out = rule;
	return 0;
}

bool
directory_may_demand(struct directory *d)
{
	bool any;

	pthread_mutex_lock(&d->lock);
	any =
	    d->demands_known ? d->demands : directory_config_demands(d->config);
	pthread_mutex_unlock(&d->lock);
	return any;
}

int
directory_demands(const struct directory_view *view, bool *any, struct err *err)
{
	struct directory *d = view->directory;
	struct directory_query query = query_of(view);
	bool known;

	pthread_mutex_lock(&d->lock);
	known = d->demands_known && d->demands_generation == view->generation;
	*any = d->demands;
	pthread_mutex_unlock(&d->lock);
	if (known)
		return 0;
	if (directory_load_demands(&query, any, err) < 0)
		return -1;
	pthread_mutex_lock(&d->lock);
	d->demands_known = true;
	d->demands_generation = view->generation;
	d->demands = *any;
	pthread_mutex_unlock(&d->lock);
	return 0;
}

/* --- recipients --- */

static int
load_recipient(const struct directory_view *view, const char *address,
    struct directory_recipient *recipient, struct err *err)
{
	struct directory_query query = query_of(view);
	struct directory_candidates from = {.address = address};
	struct directory_rule *rule;
	int rc = -1;

	if (directory_find_rule(view, address, &rule, err) < 0)
		return -1;
	from.level = &rule->level;
	if (directory_is_own(view, address, &from.is_own, err) < 0)
		goto out;
	if (rule->domain_certificate &&
	    strcmp(rule->domain_certificate, address) != 0)
		from.stand_in = rule->domain_certificate;
	if (from.stand_in && directory_is_own(view, from.stand_in,
				 &from.stand_in_is_own, err) < 0)
		goto out;
	rc = directory_load_recipient(&query, &from, recipient, err);
out:
	directory_rule_unref(&rule);
	return rc;
}

int
directory_find_recipient(const struct directory_view *view, const char *address,
    struct directory_recipient **out, struct err *err)
{
	struct directory *d = view->directory;
	struct directory_recipient *recipient =
	    find_fresh(view, d->recipients, address, &recipient_ops);

	if (!recipient) {
		recipient = xcalloc(1, sizeof(*recipient));
		entry_init(&recipient->entry, view);
		certificate_list_init(&recipient->oaep_sha1);
		if (load_recipient(view, address, recipient, err) < 0) {
			recipient_drop(recipient);
			return -1;
		}
		lru_put(d->recipients, address, recipient);
	}
	*out = recipient;
	return 0;
}
