/*
 * cmd_recipient.c: rules for those to whom our users write: an address, a
 * domain, or all domains below one.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/effective.h"
#include "admin/setting_option.h"
#include "base/alloc.h"
#include "settings/names.h"

static const struct column people_columns[] = {
    {"name", "NAME", COLUMN_TEXT},
    {"source", "SET IN", COLUMN_TEXT},
    {"created", "SINCE", COLUMN_DAY},
    {"settings", "SETTINGS", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* What is known of every rule; one alone is shown with more. */
static void
all_columns(struct setting_columns *c, bool alone)
{
	setting_columns_init(c);
	setting_columns_add(c, "name", "Name", COLUMN_TEXT);
	setting_columns_add_all(c, &setting_recipients);
	setting_columns_add(
	    c, "domain_certificate", "Domain certificate", COLUMN_TEXT);
	if (alone) {
		setting_columns_add_effective(c, &setting_recipients);
		setting_columns_add(c, "effective.domain_certificate",
		    "Effective domain certificate", COLUMN_TEXT);
	}
	setting_columns_add(c, "source", "Set in", COLUMN_TEXT);
	setting_columns_add(c, "created", "Since", COLUMN_DAY);
}

/* --- showing --- */

/* One rule as file or store say it. */
struct rule {
	const char *name;
	const struct recipient_level *level;
	const char *certificate; /* "inherit", "none" or an address */
	const char *source;
	time_t created;
};

static struct rule
stored_rule(const struct store_recipient *r)
{
	return (struct rule){r->name, &r->level,
	    *r->domain_certificate ? r->domain_certificate : "inherit", "store",
	    r->created};
}

static struct rule
configured_rule(const struct gateway_recipient *r)
{
	const char *certificate = r->domain_certificate;

	if (!certificate)
		certificate = "inherit";
	else if (!*certificate)
		certificate = "none";
	return (struct rule){r->name, &r->level, certificate, "file", 0};
}

static json_t *
rule_json(const struct rule *rule)
{
	json_t *object = json_object();

	output_set(object, "name", output_text(rule->name));
	setting_set_members(object, &setting_recipients, rule->level);
	output_set(
	    object, "domain_certificate", output_text(rule->certificate));
	output_set(object, "source", output_text(rule->source));
	output_set(object, "created", output_time(rule->created));
	return object;
}

/* The rules of the file, one after the other; NULL behind the last. */
static const struct gateway_recipient *
configured(const struct gateway_config *config, size_t i)
{
	if (i < config->recipient_domain_count)
		return &config->recipient_domains[i];
	i -= config->recipient_domain_count;
	return i < config->recipient_count ? &config->recipients[i] : NULL;
}

static const struct gateway_recipient *
find_configured(const struct gateway_config *config, const char *name)
{
	const struct gateway_recipient *r;

	for (size_t i = 0; (r = configured(config, i)); i++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

/* --- changing --- */

static enum verb_result
read_name(const struct args *args, char **out, struct err *err)
{
	const char *text = args_operand(args, 0);
	int rc = strchr(text, '@') ? name_address(text, out, err)
				   : name_pattern(text, out, err);

	if (rc == 0)
		return VERB_DONE;
	(void)err_prefix(
	    err, "\"%s\" is neither an address, a domain nor *.DOMAIN", text);
	return VERB_USAGE;
}

/* What was not given stays. */
static enum verb_result
read_options(
    const struct args *args, struct store_recipient *r, struct err *err)
{
	enum verb_result rc;

	if (!setting_options_given(
		args, &setting_recipients, "domain-certificate")) {
		(void)err_set(err, ERR_PERMANENT,
		    "nothing to set; see: smimectl help recipient set");
		return VERB_USAGE;
	}
	rc = setting_options_read(args, &setting_recipients, &r->level, err);
	if (rc != VERB_DONE)
		return rc;
	return admin_choice(args_option(args, "domain-certificate"),
	    admin_address, &r->domain_certificate, err);
}

static int
audit(struct admin *a, const struct store_recipient *r, struct err *err)
{
	const struct rule rule = stored_rule(r);
	char *settings = setting_options_text(&setting_recipients, &r->level);
	char *text =
	    xasprintf("%s domain-certificate=%s", settings, rule.certificate);
	int rc = admin_audit(a, "recipient set", r->name, text, err);

	free(text);
	free(settings);
	return rc;
}

/* The rule as it stands, or one that says nothing yet. */
static int
find_or_begin(struct admin *a, const char *name, struct store_recipient *out,
    struct err *err)
{
	struct store *store;

	if (admin_store(a, &store, err))
		return -1;
	if (store_recipient_find(store, name, out, err) == 0)
		return 0;
	if (err->class != ERR_NOT_FOUND)
		return -1;
	*out = (struct store_recipient){.created = a->now};
	out->name = xstrdup(name);
	out->domain_certificate = xstrdup("");
	return 0;
}

static void
print_done(struct admin *a, const struct store_recipient *r)
{
	const struct rule rule = stored_rule(r);
	json_t *object = rule_json(&rule);

	output_done(&a->output, object, "%s: rule set", r->name);
	json_decref(object);
}

static enum verb_result
run_set(struct admin *a, const struct args *args, struct err *err)
{
	struct store_recipient r = {0};
	enum verb_result rc;
	char *name = NULL;

	rc = read_name(args, &name, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (find_or_begin(a, name, &r, err))
		goto out;
	rc = read_options(args, &r, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (store_recipient_put(a->store, &r, err) || audit(a, &r, err))
		goto out;
	print_done(a, &r);
	rc = VERB_DONE;
out:
	store_recipient_fini(&r);
	free(name);
	return rc;
}

static enum verb_result
run_remove(struct admin *a, const struct args *args, struct err *err)
{
	struct store *store;
	enum verb_result rc;
	char *name = NULL;
	json_t *object;

	rc = read_name(args, &name, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_recipient_remove(store, name, err) ||
	    admin_audit(a, "recipient remove", name, "", err))
		goto out;
	object = json_pack("{s: s}", "name", name);
	output_done(&a->output, object, "%s: rule removed", name);
	json_decref(object);
	rc = VERB_DONE;
out:
	free(name);
	return rc;
}

/* --- looking --- */

static enum verb_result
run_show(struct admin *a, const struct args *args, struct err *err)
{
	struct setting_columns columns;
	const struct view view = {NULL, NULL, columns.at};
	const struct gateway_recipient *file;
	struct store_recipient r = {0};
	json_t *object = NULL;
	struct levels levels;
	enum verb_result rc;
	struct rule rule;
	char *name = NULL;

	rc = read_name(args, &name, err);
	if (rc != VERB_DONE)
		return rc;
	all_columns(&columns, true);
	rc = VERB_FAILED;
	if (effective_levels(a, &levels, err))
		goto out;
	file = find_configured(levels.config, name);
	if (store_recipient_find(levels.store, name, &r, err) == 0)
		rule = stored_rule(&r);
	else if (err->class == ERR_NOT_FOUND && file)
		rule = configured_rule(file);
	else {
		if (err->class == ERR_NOT_FOUND)
			(void)err_set(err, ERR_NOT_FOUND,
			    "no rule for %s; for what applies to an address "
			    "see: smimectl policy show",
			    name);
		goto out;
	}
	if (r.name && file)
		rule.source = "store and file";
	object = rule_json(&rule);
	if (effective_set_recipient(object, a, name, err))
		goto out;
	output_document(&a->output, object, &view, 1);
	rc = VERB_DONE;
out:
	json_decref(object);
	setting_columns_fini(&columns);
	store_recipient_fini(&r);
	free(name);
	return rc;
}

struct walk {
	struct listing *listing;
	bool people;
};

/* People see what is set as one text: most settings are inherited. */
static void
add_text(json_t *object, const struct rule *rule)
{
	char *text = setting_spoken_text(&setting_recipients, rule->level);
	char *all;

	if (strcmp(rule->certificate, "inherit") == 0)
		all = xstrdup(text);
	else
		all = xasprintf("%s%sdomain-certificate=%s", text,
		    *text ? " " : "", rule->certificate);
	output_set(object, "settings", output_text(all));
	free(all);
	free(text);
}

static void
list_rule(const struct walk *walk, const struct rule *rule)
{
	json_t *object = rule_json(rule);

	if (walk->people)
		add_text(object, rule);
	listing_add(walk->listing, object);
}

static int
list_stored(const struct store_recipient *r, void *arg)
{
	const struct rule rule = stored_rule(r);

	list_rule(arg, &rule);
	return 0;
}

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	struct walk walk = {.people = a->output.format == OUTPUT_PEOPLE};
	const struct gateway_recipient *file;
	struct setting_columns columns;
	struct levels levels;
	struct rule rule;
	int rc;

	(void)args;
	if (effective_levels(a, &levels, err))
		return VERB_FAILED;
	all_columns(&columns, false);
	walk.listing = listing_begin(
	    &a->output, walk.people ? people_columns : columns.at);
	for (size_t i = 0; (file = configured(levels.config, i)); i++) {
		rule = configured_rule(file);
		list_rule(&walk, &rule);
	}
	rc = store_recipient_each(levels.store, list_stored, &walk, err);
	listing_end(walk.listing,
	    rc ? NULL : "no rule yet; make one with: smimectl recipient set");
	setting_columns_fini(&columns);
	return rc ? VERB_FAILED : VERB_DONE;
}

const struct command recipient_commands[] = {
    {"recipient", "set", "NAME", 1, 1, setting_recipient_options,
	"Sets what applies to mail to and from an address, DOMAIN or *.DOMAIN",
	run_set},
    {"recipient", "list", "", 0, 0, NULL, "Lists the rules for recipients",
	run_list},
    {"recipient", "show", "NAME", 1, 1, NULL,
	"Shows one rule, and what is in effect", run_show},
    {"recipient", "remove", "NAME", 1, 1, NULL, "Removes a rule", run_remove},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
