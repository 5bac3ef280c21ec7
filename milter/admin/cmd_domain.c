/*
 * cmd_domain.c: domains for which S/MIME is activated, here and in the
 * configuration file.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/disclaimer_option.h"
#include "admin/effective.h"
#include "admin/escrow_option.h"
#include "admin/setting_option.h"
#include "base/alloc.h"

static const struct column people_columns[] = {
    {"name", "DOMAIN", COLUMN_TEXT},
    {"effective.sign", "SIGNS", COLUMN_TEXT},
    {"effective.encrypt", "ENCRYPTS", COLUMN_TEXT},
    {"source", "SET IN", COLUMN_TEXT},
    {"settings", "SETTINGS", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* Every setting as it was set and as it is in effect. */
static void
all_columns(struct setting_columns *c)
{
	setting_columns_init(c);
	setting_columns_add(c, "name", "Domain", COLUMN_TEXT);
	setting_columns_add_all(c, &setting_senders);
	setting_columns_add(c, "escrow", "Escrow", COLUMN_TEXT);
	setting_columns_add(c, "disclaimer", "Disclaimer", COLUMN_TEXT);
	setting_columns_add_effective(c, &setting_senders);
	setting_columns_add(
	    c, "effective.escrow", "Effective escrow", COLUMN_TEXT);
	setting_columns_add(
	    c, "effective.disclaimer", "Effective disclaimer", COLUMN_TEXT);
	setting_columns_add(c, "source", "Set in", COLUMN_TEXT);
	setting_columns_add(c, "created", "Since", COLUMN_DAY);
}

/* --- showing --- */

/* What store and file say of one domain; either may be NULL, not both. */
struct domain_view {
	const struct store_domain *stored;
	const struct gateway_domain *file;
};

static const char *
name_of(const struct domain_view *d)
{
	return d->stored ? d->stored->name : d->file->name;
}

static const struct setting_level *
level_of(const struct domain_view *d)
{
	return d->stored ? &d->stored->level : &d->file->level;
}

static json_t *
escrow_of(const struct domain_view *d)
{
	if (!d->stored)
		return effective_addresses_text(
		    d->file->escrow, d->file->escrow_count);
	return output_text(*d->stored->escrow ? d->stored->escrow : "inherit");
}

static const char *
disclaimer_of(const struct domain_view *d)
{
	return d->stored ? disclaimer_stored_text(d->stored->disclaimer)
			 : disclaimer_file_text(d->file->disclaimer);
}

static const char *
source_of(const struct domain_view *d)
{
	if (!d->stored)
		return "file";
	return d->file ? "store and file" : "store";
}

static int
domain_json(
    struct admin *a, const struct domain_view *d, json_t **out, struct err *err)
{
	json_t *object = json_object();
	const char *name = name_of(d);

	output_set(object, "name", output_text(name));
	setting_set_members(object, &setting_senders, level_of(d));
	output_set(object, "escrow", escrow_of(d));
	output_set(object, "disclaimer", output_text(disclaimer_of(d)));
	output_set(object, "source", output_text(source_of(d)));
	output_set(
	    object, "created", output_time(d->stored ? d->stored->created : 0));
	if (effective_set_sender(object, a, name, err)) {
		json_decref(object);
		return -1;
	}
	*out = object;
	return 0;
}

/* --- changing --- */

/* What was not given stays. */
static enum verb_result
read_options(struct admin *a, const struct args *args, struct store_domain *d,
    struct err *err)
{
	enum verb_result rc =
	    setting_options_read(args, &setting_senders, &d->level, err);

	if (rc == VERB_DONE)
		rc = escrow_option_read(args, &d->escrow, err);
	if (rc == VERB_DONE)
		rc = disclaimer_option_read(a, args, &d->disclaimer, err);
	return rc;
}

static int
audit(struct admin *a, const char *action, const struct store_domain *d,
    struct err *err)
{
	char *settings = setting_options_text(&setting_senders, &d->level);
	char *text = xasprintf("%s escrow=%s disclaimer=%s", settings,
	    *d->escrow ? d->escrow : "inherit",
	    disclaimer_stored_text(d->disclaimer));
	int rc = admin_audit(a, action, d->name, text, err);

	free(text);
	free(settings);
	return rc;
}

static int
print_done(struct admin *a, const struct store_domain *d, const char *what,
    struct err *err)
{
	const struct domain_view view = {
	    d, effective_file_domain(a->settings, d->name)};
	json_t *object;

	if (domain_json(a, &view, &object, err))
		return -1;
	output_done(&a->output, object, "%s: %s", d->name, what);
	json_decref(object);
	return 0;
}

static enum verb_result
run_add(struct admin *a, const struct args *args, struct err *err)
{
	struct store_domain d = {.created = a->now};
	struct store *store;
	enum verb_result rc;

	d.escrow = xstrdup("");
	d.disclaimer = xstrdup("");
	rc = admin_domain(args_operand(args, 0), &d.name, err);
	if (rc == VERB_DONE)
		rc = read_options(a, args, &d, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) || store_domain_add(store, &d, err) ||
	    audit(a, "domain add", &d, err) ||
	    print_done(a, &d, "S/MIME activated", err))
		goto out;
	escrow_option_warn(store, args, d.escrow);
	rc = VERB_DONE;
out:
	store_domain_fini(&d);
	return rc;
}

static enum verb_result
run_set(struct admin *a, const struct args *args, struct err *err)
{
	struct store_domain d = {0};
	struct store *store;
	enum verb_result rc;
	char *name = NULL;

	rc = admin_domain(args_operand(args, 0), &name, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_domain_find(store, name, &d, err))
		goto out;
	rc = read_options(a, args, &d, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (store_domain_set(store, &d, err) ||
	    audit(a, "domain set", &d, err) ||
	    print_done(a, &d, "changed", err))
		goto out;
	escrow_option_warn(store, args, d.escrow);
	rc = VERB_DONE;
out:
	store_domain_fini(&d);
	free(name);
	return rc;
}

/* --- looking --- */

static enum verb_result
run_show(struct admin *a, const struct args *args, struct err *err)
{
	struct setting_columns columns;
	const struct view view = {NULL, NULL, columns.at};
	const struct settings *settings;
	struct domain_view shown = {NULL, NULL};
	struct store_domain d = {0};
	json_t *object = NULL;
	enum verb_result rc;
	struct store *store;
	char *name = NULL;

	rc = admin_domain(args_operand(args, 0), &name, err);
	if (rc != VERB_DONE)
		return rc;
	all_columns(&columns);
	rc = VERB_FAILED;
	if (admin_settings(a, &settings, err) || admin_store(a, &store, err))
		goto out;
	shown.file = effective_file_domain(settings, name);
	if (store_domain_find(store, name, &d, err) == 0)
		shown.stored = &d;
	else if (err->class != ERR_NOT_FOUND || !shown.file)
		goto out;
	if (domain_json(a, &shown, &object, err))
		goto out;
	output_document(&a->output, object, &view, 1);
	rc = VERB_DONE;
out:
	json_decref(object);
	setting_columns_fini(&columns);
	store_domain_fini(&d);
	free(name);
	return rc;
}

struct walk {
	struct admin *a;
	struct listing *listing;
	bool *listed; /* beside the domains of the file */
	struct err *err;
	bool failed;
};

/* People see what is set as one text: most settings are inherited. */
static void
add_text(json_t *object, const struct domain_view *d)
{
	char *text = setting_spoken_text(&setting_senders, level_of(d));
	json_t *escrow = escrow_of(d);

	text = setting_spoken_add(text, "escrow", json_string_value(escrow));
	text = setting_spoken_add(text, "disclaimer", disclaimer_of(d));
	output_set(object, "settings", output_text(text));
	json_decref(escrow);
	free(text);
}

static void
list_one(struct walk *walk, const struct domain_view *d)
{
	json_t *object;

	if (domain_json(walk->a, d, &object, walk->err)) {
		walk->failed = true;
		return;
	}
	if (walk->a->output.format == OUTPUT_PEOPLE)
		add_text(object, d);
	listing_add(walk->listing, object);
}

static int
list_stored(const struct store_domain *d, void *arg)
{
	struct walk *walk = arg;
	const struct domain_view view = {
	    d, effective_file_domain(walk->a->settings, d->name)};

	if (view.file)
		walk->listed[view.file - walk->a->settings->gateway.domains] =
		    true;
	list_one(walk, &view);
	return walk->failed;
}

static void
list_configured(struct walk *walk)
{
	const struct gateway_config *config = &walk->a->settings->gateway;

	for (size_t i = 0; !walk->failed && i < config->domain_count; i++) {
		const struct domain_view view = {NULL, &config->domains[i]};

		if (!walk->listed[i])
			list_one(walk, &view);
	}
}

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	struct walk walk = {.a = a, .err = err};
	struct setting_columns columns;
	const struct settings *settings;
	struct store *store;

	(void)args;
	if (admin_settings(a, &settings, err) || admin_store(a, &store, err))
		return VERB_FAILED;
	all_columns(&columns);
	walk.listed =
	    xcalloc(settings->gateway.domain_count + 1, sizeof(*walk.listed));
	walk.listing = listing_begin(&a->output,
	    a->output.format == OUTPUT_PEOPLE ? people_columns : columns.at);
	if (store_domain_each(store, list_stored, &walk, err))
		walk.failed = true;
	list_configured(&walk);
	listing_end(walk.listing,
	    walk.failed
		? NULL
		: "no domain yet; activate one with: smimectl domain add");
	free(walk.listed);
	setting_columns_fini(&columns);
	return walk.failed ? VERB_FAILED : VERB_DONE;
}

const struct command domain_commands[] = {
    {"domain", "add", "DOMAIN", 1, 1, setting_domain_options,
	"Activates S/MIME for a domain", run_add},
    {"domain", "set", "DOMAIN", 1, 1, setting_domain_options,
	"Changes what applies to a domain", run_set},
    {"domain", "list", "", 0, 0, NULL, "Lists the domains", run_list},
    {"domain", "show", "DOMAIN", 1, 1, NULL, "Shows one domain", run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
