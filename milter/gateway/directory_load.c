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
#include "gateway/levels.h"
#include "gateway/own_certificate.h"
#include "policy/inbound.h"

void
directory_expect(struct directory_entry *entry, time_t now, time_t edge)
{
	if (edge > now && edge < entry->until)
		entry->until = edge;
}

void
directory_expect_edges(
    struct directory_entry *entry, time_t now, const struct certificate *c)
{
	directory_expect(entry, now, c->not_before);
	directory_expect(entry, now, c->not_after + 1);
}

/* --- domains --- */

static struct levels
levels_of(const struct directory_query *query)
{
	return (struct levels){.config = query->config, .store = query->store};
}

static void
take_domain(const struct sender_rule *rule, void *arg)
{
	struct directory_domain *domain = arg;

	(void)rule;
	domain->is_own = true;
}

int
directory_load_domain(const struct directory_query *query, const char *name,
    struct directory_domain *domain, struct err *err)
{
	const struct levels levels = levels_of(query);

	return levels_of_domain(&levels, name, take_domain, domain, err);
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
	smime_identity_release(&sender->identity);
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

	directory_expect_edges(&sender->entry, search->now, c);
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

	return store_own_cert_each(
	    query->store, address, try_own, &search, err);
}

static void
take_escrow(struct address_list *escrow, const struct sender_rule *rule)
{
	address_list_fini(escrow);
	address_list_init(escrow);
	for (size_t i = 0; i < rule->escrow_count; i++)
		address_list_add(escrow, slice_text(rule->escrow[i]));
}

static void
take_sender(const struct sender_rule *rule, void *arg)
{
	struct directory_sender *sender = arg;

	policy_override(&sender->level, rule->level);
	if (rule->escrow)
		take_escrow(&sender->escrow, rule);
	if (rule->disclaimer) {
		free(sender->disclaimer);
		sender->disclaimer = xstrdup(rule->disclaimer);
	}
	if (rule->user)
		sender->state = rule->user->state == STORE_USER_RETIRED
				    ? IDENTITY_RETIRED
				    : IDENTITY_NO_CERTIFICATE;
}

int
directory_load_sender(const struct directory_query *query, const char *address,
    struct directory_sender *sender, struct err *err)
{
	const struct levels levels = levels_of(query);

	sender->state = IDENTITY_NO_USER;
	if (levels_of_sender(&levels, address, take_sender, sender, err) < 0)
		return -1;
	return sender->state == IDENTITY_NO_CERTIFICATE
		   ? load_identity(query, address, sender, err)
		   : 0;
}

/* --- rules --- */

static void
take_rule(const struct recipient_rule *from, void *arg)
{
	struct directory_rule *rule = arg;
	const char *certificate = from->domain_certificate;

	policy_recipient_override(&rule->level, from->level);
	if (!certificate)
		return;
	free(rule->domain_certificate);
	rule->domain_certificate = *certificate ? xstrdup(certificate) : NULL;
}

int
directory_load_rule(const struct directory_query *query, const char *address,
    struct directory_rule *rule, struct err *err)
{
	const struct levels levels = levels_of(query);

	return levels_of_recipient(&levels, address, take_rule, rule, err);
}

static bool
any_demands(const struct gateway_recipient *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (inbound_is_demand(&rules[i].level))
			return true;
	return false;
}

bool
directory_config_demands(const struct gateway_config *config)
{
	return inbound_is_demand(&config->recipient_defaults) ||
	       any_demands(
		   config->recipient_domains, config->recipient_domain_count) ||
	       any_demands(config->recipients, config->recipient_count);
}

int
directory_load_demands(
    const struct directory_query *query, bool *any, struct err *err)
{
	*any = directory_config_demands(query->config);
	return *any ? 0 : store_recipient_demands(query->store, any, err);
}
