/* levels.c: see levels.h.  Any thread; every call asks the store anew. */
#include "gateway/levels.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mail/address.h"

/* --- senders --- */

static const char *const nobody[] = {NULL};

/* Somebody being told. */
struct sender_visit {
	const struct levels *levels;
	void (*visit)(const struct sender_rule *rule, void *arg);
	void *arg;
};

static void
tell(const struct sender_visit *v, const struct sender_rule *rule)
{
	v->visit(rule, v->arg);
}

/* "a@example.org,b@example.org" as a list; "none" is an empty one. */
struct address_words {
	char *text;
	const char **at; /* into text */
	size_t count;
};

static void
split(struct address_words *w, const char *text)
{
	size_t most = 1;
	char *rest;

	for (const char *c = text; *c; c++)
		most += *c == ',';
	w->text = rest = xstrdup(strcmp(text, "none") == 0 ? "" : text);
	w->at = xcalloc(most, sizeof(*w->at));
	w->count = 0;
	for (char *word; (word = strsep(&rest, ","));)
		if (*word)
			w->at[w->count++] = word;
}

/* What the store says when it inherits is nothing. */
static const char *
stored_name(const char *text)
{
	if (!*text)
		return NULL;
	return strcmp(text, "none") == 0 ? "" : text;
}

static void
tell_stored_domain(const struct sender_visit *v, const struct store_domain *d)
{
	struct sender_rule rule = {.source = {LEVEL_STORE, d->name},
	    .level = &d->level,
	    .disclaimer = stored_name(d->disclaimer)};
	struct address_words escrow;

	split(&escrow, d->escrow);
	if (*d->escrow) {
		rule.escrow = escrow.at;
		rule.escrow_count = escrow.count;
	}
	tell(v, &rule);
	free(escrow.at);
	free(escrow.text);
}

static void
tell_configured_domain(
    const struct sender_visit *v, const struct gateway_domain *d)
{
	const struct sender_rule rule = {.source = {LEVEL_FILE, d->name},
	    .level = &d->level,
	    .escrow = d->escrow,
	    .escrow_count = d->escrow_count,
	    .disclaimer = d->disclaimer};

	tell(v, &rule);
}

static int
visit_domain(const struct sender_visit *v, const char *name, struct err *err)
{
	const struct gateway_config *config = v->levels->config;
	struct store_domain stored;

	for (size_t i = 0; i < config->domain_count; i++)
		if (strcmp(config->domains[i].name, name) == 0)
			tell_configured_domain(v, &config->domains[i]);
	if (store_domain_find(v->levels->store, name, &stored, err) < 0)
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	tell_stored_domain(v, &stored);
	store_domain_fini(&stored);
	return 0;
}

int
levels_of_domain(const struct levels *levels, const char *domain,
    void (*visit)(const struct sender_rule *rule, void *arg), void *arg,
    struct err *err)
{
	const struct sender_visit v = {levels, visit, arg};

	return visit_domain(&v, domain, err);
}

static int
visit_user(const struct sender_visit *v, const char *address, struct err *err)
{
	struct store_user user;
	struct sender_rule rule = {.source = {LEVEL_STORE, address},
	    .level = &user.level,
	    .user = &user};

	if (store_user_find(v->levels->store, address, &user, err) < 0)
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	rule.disclaimer = stored_name(user.disclaimer);
	tell(v, &rule);
	store_user_fini(&user);
	return 0;
}

/* The part of an address behind its "@"; anything else is a domain. */
static const char *
domain_of(const char *name)
{
	return strchr(name, '@') ? address_domain(name) : name;
}

int
levels_of_sender(const struct levels *levels, const char *name,
    void (*visit)(const struct sender_rule *rule, void *arg), void *arg,
    struct err *err)
{
	const struct gateway_config *config = levels->config;
	const struct sender_visit v = {levels, visit, arg};
	const struct sender_rule builtin = {.source = {LEVEL_BUILTIN, ""},
	    .level = &policy_builtin,
	    .escrow = nobody,
	    .disclaimer = ""};
	const struct sender_rule defaults = {.source = {LEVEL_DEFAULTS, ""},
	    .level = &config->defaults,
	    .escrow = config->escrow,
	    .escrow_count = config->escrow_count,
	    .disclaimer = config->disclaimer};
	const char *domain = domain_of(name);

	tell(&v, &builtin);
	tell(&v, &defaults);
	if (visit_domain(&v, domain, err))
		return -1;
	return domain == name ? 0 : visit_user(&v, name, err);
}

/* --- recipients --- */

struct recipient_visit {
	const struct levels *levels;
	void (*visit)(const struct recipient_rule *rule, void *arg);
	void *arg;
};

static void
tell_configured_recipients(const struct recipient_visit *v,
    const struct gateway_recipient *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		const struct recipient_rule rule = {
		    .source = {LEVEL_FILE, list[i].name},
		    .level = &list[i].level,
		    .domain_certificate = list[i].domain_certificate};

		if (strcmp(list[i].name, name) == 0)
			v->visit(&rule, v->arg);
	}
}

/* The rules of exactly this name. */
static int
visit_name(const struct recipient_visit *v, const char *name, struct err *err)
{
	const struct gateway_config *config = v->levels->config;
	struct store_recipient stored;
	struct recipient_rule rule;

	tell_configured_recipients(
	    v, config->recipient_domains, config->recipient_domain_count, name);
	tell_configured_recipients(
	    v, config->recipients, config->recipient_count, name);
	if (store_recipient_find(v->levels->store, name, &stored, err) < 0)
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	rule = (struct recipient_rule){.source = {LEVEL_STORE, stored.name},
	    .level = &stored.level,
	    .domain_certificate = stored_name(stored.domain_certificate)};
	v->visit(&rule, v->arg);
	store_recipient_fini(&stored);
	return 0;
}

/* "*.net", then "*.example.net": the domains above this one, the shortest
 * first. */
static int
visit_patterns(
    const struct recipient_visit *v, const char *domain, struct err *err)
{
	const char *dot = domain + strlen(domain);
	char *pattern;
	int rc = 0;

	while (rc == 0 && dot > domain) {
		if (*--dot != '.')
			continue;
		pattern = xasprintf("*%s", dot);
		rc = visit_name(v, pattern, err);
		free(pattern);
	}
	return rc;
}

int
levels_of_recipient(const struct levels *levels, const char *name,
    void (*visit)(const struct recipient_rule *rule, void *arg), void *arg,
    struct err *err)
{
	const struct recipient_visit v = {levels, visit, arg};
	const struct recipient_rule builtin = {.source = {LEVEL_BUILTIN, ""},
	    .level = &policy_recipient_builtin,
	    .domain_certificate = ""};
	const struct recipient_rule defaults = {.source = {LEVEL_DEFAULTS, ""},
	    .level = &levels->config->recipient_defaults};
	const char *domain = domain_of(name);

	visit(&builtin, arg);
	visit(&defaults, arg);
	if (visit_patterns(&v, domain, err))
		return -1;
	if (domain == name && *name == '*') /* it was the last of them */
		return 0;
	if (visit_name(&v, domain, err))
		return -1;
	return domain == name ? 0 : visit_name(&v, name, err);
}
