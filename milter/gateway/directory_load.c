/*
 * directory_load.c: see directory_load.h.
 *
 * The slow half of the directory: SQL, paths, encoding.  Holds no lock; two
 * threads that load the same entry both get a good one.
 */
#include "gateway/directory_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/own_certificate.h"

/* The entry must be looked at again when this moment comes. */
static void
entry_expect(struct directory_entry *entry, time_t now, time_t edge)
{
	if (edge > now && edge < entry->until)
		entry->until = edge;
}

static void
entry_expect_edges(
    struct directory_entry *entry, time_t now, const struct certificate *c)
{
	entry_expect(entry, now, c->not_before);
	entry_expect(entry, now, c->not_after + 1);
}

/* --- domains --- */

static const struct gateway_domain *
configured_domain(const struct gateway_config *config, const char *name)
{
	for (size_t i = 0; i < config->domain_count; i++)
		if (strcmp(config->domains[i].name, name) == 0)
			return &config->domains[i];
	return NULL;
}

/* The last of the file that speaks of this name. */
static void
configured_recipient(const struct gateway_config *config, const char *name,
    struct recipient_level *level)
{
	for (size_t i = 0; i < config->recipient_domain_count; i++)
		if (strcmp(config->recipient_domains[i].name, name) == 0)
			policy_recipient_override(
			    level, &config->recipient_domains[i].level);
}

/* The store wins for what it sets (DESIGN.md 6). */
int
directory_load_domain(const struct directory_query *query, const char *name,
    struct directory_domain *domain, struct err *err)
{
	const struct gateway_domain *configured =
	    configured_domain(query->config, name);
	struct store_domain stored;

	domain->recipients = policy_recipient_builtin;
	policy_recipient_override(
	    &domain->recipients, &query->config->recipient_defaults);
	configured_recipient(query->config, name, &domain->recipients);
	if (configured) {
		domain->is_own = true;
		domain->level = configured->level;
	}
	if (store_domain_find(query->store, name, &stored, err) < 0)
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	domain->is_own = true;
	policy_override(&domain->level, &stored.level);
	store_domain_fini(&stored);
	return 0;
}

struct domain_counter {
	char *first;
	bool several; /* another name than the first */
};

static void
count_name(struct domain_counter *c, const char *name)
{
	if (!c->first)
		c->first = xstrdup(name);
	else if (strcmp(c->first, name) != 0)
		c->several = true;
}

static int
count_stored(const struct store_domain *domain, void *arg)
{
	struct domain_counter *c = arg;

	count_name(c, domain->name);
	return c->several;
}

int
directory_load_count(
    const struct directory_query *query, size_t *count, struct err *err)
{
	struct domain_counter c = {.first = NULL};
	int rc = 0;

	for (size_t i = 0; i < query->config->domain_count; i++)
		count_name(&c, query->config->domains[i].name);
	if (!c.several)
		rc = store_domain_each(query->store, count_stored, &c, err);
	*count = c.first ? c.several ? 2 : 1 : 0;
	free(c.first);
	return rc;
}

/* --- senders --- */

struct identity_search {
	const char *address;
	time_t now;
	enum setting_algorithm algorithm;
	struct directory_sender *sender;
};

/* Remembers the certificate that is nearest to signing. */
static void
remember_problem(struct directory_sender *sender, enum identity_state state,
    struct certificate *c, const char *why)
{
	if (!own_certificate_is_nearer(state, sender->state))
		return;
	certificate_unref(&sender->problem);
	free(sender->why);
	sender->state = state;
	sender->problem = certificate_ref(c);
	sender->why = why ? xstrdup(why) : NULL;
}

static void
forget_problem(struct directory_sender *sender)
{
	certificate_unref(&sender->problem);
	free(sender->why);
	sender->why = NULL;
}

/* The first one that can sign stands in until one comes whose key is of the
 * kind that is asked for. */
static int
take_own(const struct store_own_cert *own, struct identity_search *search,
    struct err *err)
{
	struct directory_sender *sender = search->sender;
	struct smime_identity *identity;
	struct key_signing how;
	bool fits = smime_signing_choose(
			own->certificate, search->algorithm, &how) == 0;

	if (sender->identity && !fits)
		return 0;
	if (smime_identity_new(own, fits ? &how : NULL, &identity, err) < 0)
		return -1;
	smime_identity_unref(&sender->identity);
	sender->identity = identity;
	sender->state = IDENTITY_READY;
	forget_problem(sender);
	return fits;
}

/* Newest notBefore comes first. */
static int
try_own(const struct store_own_cert *own, void *arg)
{
	struct identity_search *search = arg;
	struct directory_sender *sender = search->sender;
	struct certificate *c = own->certificate;
	enum identity_state state =
	    own_certificate_judge(c, search->address, search->now);
	struct err err;
	int found;

	entry_expect_edges(&sender->entry, search->now, c);
	if (state != IDENTITY_READY) {
		remember_problem(sender, state, c, NULL);
		return 0;
	}
	found = take_own(own, search, &err);
	if (found < 0)
		remember_problem(sender, IDENTITY_WRONG_USAGE, c, err.text);
	return found > 0;
}

static int
load_identity(const struct directory_query *query, const char *address,
    struct directory_sender *sender, struct err *err)
{
	struct identity_search search = {.address = address,
	    .now = query->now,
	    .algorithm = sender->level.algorithm,
	    .sender = sender};

	sender->state = IDENTITY_NO_CERTIFICATE;
	return store_own_cert_each(
	    query->store, address, try_own, &search, err);
}

static int
load_user(const struct directory_query *query, const char *address,
    struct directory_sender *sender, struct err *err)
{
	struct store_user user;
	bool retired;

	if (store_user_find(query->store, address, &user, err) < 0) {
		sender->state = IDENTITY_NO_USER;
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	}
	policy_override(&sender->level, &user.level);
	retired = user.state == STORE_USER_RETIRED;
	store_user_fini(&user);
	if (retired) {
		sender->state = IDENTITY_RETIRED;
		return 0;
	}
	return load_identity(query, address, sender, err);
}

int
directory_load_sender(const struct directory_query *query, const char *address,
    const struct setting_level *domain, struct directory_sender *sender,
    struct err *err)
{
	const struct setting_level levels[2] = {
	    query->config->defaults, *domain};

	sender->level = policy_effective(levels, 2);
	return load_user(query, address, sender, err);
}

/* --- recipients --- */

struct partner_list {
	struct store_partner_cert *at;
	size_t count;
};

/* Copies what a choice looks at. */
static int
collect_partner(const struct store_partner_cert *c, void *arg)
{
	struct partner_list *list = arg;
	struct store_partner_cert *copy;

	list->at = xreallocarray(list->at, list->count + 1, sizeof(*list->at));
	copy = &list->at[list->count++];
	store_partner_cert_init(copy);
	copy->address = xstrdup(c->address);
	memcpy(copy->fingerprint, c->fingerprint, sizeof(copy->fingerprint));
	copy->certificate = certificate_ref(c->certificate);
	for (size_t i = 0; i < c->chain.count; i++)
		certificate_list_add(&copy->chain, c->chain.at[i]);
	copy->trust = c->trust;
	copy->first_seen = c->first_seen;
	copy->last_seen = c->last_seen;
	copy->signing_time = c->signing_time;
	copy->preferred = c->preferred;
	return 0;
}

static void
partner_list_fini(struct partner_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		store_partner_cert_fini(&list->at[i]);
	free(list->at);
}

int
directory_load_recipient(const struct directory_query *query,
    const char *address, struct directory_recipient *recipient, struct err *err)
{
	struct partner_list list = {NULL, 0};
	int rc;

	rc = store_partner_cert_each(
	    query->store, address, collect_partner, &list, err);
	if (rc == 0) {
		cert_pick(list.at, list.count,
		    &(struct cert_pick_opts){.address = address,
			.trust = query->trust,
			.now = query->now},
		    &recipient->choice);
		for (size_t i = 0; i < list.count; i++)
			entry_expect_edges(&recipient->entry, query->now,
			    list.at[i].certificate);
	}
	partner_list_fini(&list);
	return rc;
}
