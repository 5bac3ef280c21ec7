/*
 * whole.c: see whole.h.
 *
 * An option that cannot have an effect is an error, not a riddle: above all
 * in the file of a guard, which stands behind the signature, where whatever
 * is appended breaks it (rule N1).
 */
#include "settings/whole.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "settings/lookup.h"
#include "settings/option.h"

#define NAMES_MAX 4096u

struct whole {
	struct reading *reading;
	const config_t *tree;
	const struct settings *settings;
};

/* --- options of the other role --- */

#define NO_APPENDING                                                           \
	"a guard comes after the signature: nothing may be appended there "    \
	"(disclaimers belong into the file with role = \"signer\")"
#define NOT_IN_GUARD                                                           \
	"a guard only verifies signatures again, and has no use for this "     \
	"(it belongs into the file with role = \"signer\")"
#define ONLY_IN_GUARD "only for a guard, and this file has role = \"signer\""

static const char *
fault_of_role(const struct option *o, enum gateway_role role)
{
	if (role == ROLE_SIGNER)
		return o->guard == OPTION_ONLY_IN_GUARD ? ONLY_IN_GUARD : NULL;
	if (o->guard != OPTION_NOT_IN_GUARD)
		return NULL;
	return o->appends ? NO_APPENDING : NOT_IN_GUARD;
}

/* What is appended for some domains is told apart from the list of them. */
static void
check_members(const struct whole *w, const struct option *list,
    const config_setting_t *value)
{
	config_setting_t *group, *member;
	char *path;

	for (unsigned i = 0; (group = config_setting_get_elem(value, i)); i++)
		for (size_t k = 0; k < list->list->count; k++) {
			const struct option *o = &list->list->options[k];

			member = o->appends
				     ? config_setting_get_member(group, o->name)
				     : NULL;
			if (!member)
				continue;
			path = xasprintf("%s[%u].%s", list->name, i, o->name);
			reading_complain_text(
			    w->reading, member, path, NO_APPENDING);
			free(path);
		}
}

static void check_group(
    const struct whole *w, const config_setting_t *group, const char *prefix);

static void
check_option(
    const struct whole *w, const config_setting_t *value, const char *prefix)
{
	char *path = xasprintf("%s%s", prefix, config_setting_name(value));
	const struct option *o =
	    lookup_option(option_table, option_table_size, path);
	const char *fault =
	    o ? fault_of_role(o, w->settings->gateway.role) : NULL;
	char *inner;

	if (!o) {
		inner = xasprintf("%s.", path);
		check_group(w, value, inner);
		free(inner);
	} else if (fault) {
		reading_complain_text(w->reading, value, path, fault);
		if (o->list)
			check_members(w, o, value);
	}
	free(path);
}

static void
check_group(
    const struct whole *w, const config_setting_t *group, const char *prefix)
{
	unsigned count = (unsigned)config_setting_length(group);

	for (unsigned i = 0; i < count; i++)
		check_option(w, config_setting_get_elem(group, i), prefix);
}

/* --- names of disclaimers --- */

static char *
names_text(const struct gateway_config *config)
{
	struct buf out;

	buf_init(&out, NAMES_MAX);
	for (size_t i = 0; i < config->disclaimer_count; i++)
		buf_addf(&out, "%s%s", i > 0 ? ", " : "",
		    config->disclaimers[i].name);
	return buf_take_text(&out);
}

static void
check_name(const struct whole *w, const config_setting_t *value,
    const char *path, const char *name)
{
	const struct gateway_config *config = &w->settings->gateway;
	char *names, *text;

	if (!name || !*name || gateway_disclaimer_find(config, name))
		return;
	names = names_text(config);
	text = xasprintf("there is no disclaimer %s; there is %s", name,
	    *names ? names : "none: the list disclaimers is empty");
	reading_complain_text(w->reading, value, path, text);
	free(text);
	free(names);
}

static void
check_names(const struct whole *w)
{
	const struct gateway_config *config = &w->settings->gateway;
	const config_setting_t *list = config_lookup(w->tree, "domains");
	char *path;

	check_name(w, config_lookup(w->tree, "defaults.disclaimer"),
	    "defaults.disclaimer", config->disclaimer);
	for (size_t i = 0; i < config->domain_count; i++) {
		const config_setting_t *group =
		    config_setting_get_elem(list, (unsigned)i);

		path = xasprintf("domains[%zu].disclaimer", i);
		check_name(w, config_setting_get_member(group, "disclaimer"),
		    path, config->domains[i].disclaimer);
		free(path);
	}
}

/* --- the guard --- */

static void
check_report(const struct whole *w)
{
	const struct gateway_config *config = &w->settings->gateway;

	if (*config->guard.report_to && !*config->relay.reinject)
		reading_complain_text(w->reading,
		    config_lookup(w->tree, "guard.report_to"),
		    "guard.report_to",
		    "needs reinject: reports are sent through that listener");
}

void
whole_check(struct reading *r, const config_t *tree, const struct settings *s)
{
	const struct whole w = {r, tree, s};

	check_group(&w, config_root_setting(tree), "");
	if (s->gateway.role == ROLE_SIGNER)
		check_names(&w);
	else
		check_report(&w);
}
