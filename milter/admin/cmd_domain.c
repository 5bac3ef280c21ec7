/*
 * cmd_domain.c: domains for which S/MIME is activated, here and in the
 * configuration file.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/effective.h"
#include "base/alloc.h"

static const struct command_option policy_options[] = {
    ADMIN_POLICY_OPTIONS,
    {NULL, NULL, NULL},
};

static const struct column list_columns[] = {
    {"name", "DOMAIN", COLUMN_TEXT},
    {"sign", "SIGN", COLUMN_TEXT},
    {"encrypt", "ENCRYPT", COLUMN_TEXT},
    {"effective.sign", "SIGNS", COLUMN_TEXT},
    {"effective.encrypt", "ENCRYPTS", COLUMN_TEXT},
    {"source", "SET IN", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column show_columns[] = {
    {"name", "Domain", COLUMN_TEXT},
    {"sign", "Sign", COLUMN_TEXT},
    {"encrypt", "Encrypt", COLUMN_TEXT},
    {"effective.sign", "Signs", COLUMN_TEXT},
    {"effective.encrypt", "Encrypts", COLUMN_TEXT},
    {"source", "Set in", COLUMN_TEXT},
    {"created", "Since", COLUMN_DAY},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct view show_view = {NULL, NULL, show_columns};

/* Either may be NULL, not both. */
static json_t *
domain_json(const struct settings *settings, const struct store_domain *stored,
    const struct gateway_domain *file)
{
	const char *name = stored ? stored->name : file->name;
	const struct setting_level *level =
	    stored ? &stored->level : &file->level;
	json_t *object = json_object();

	output_set(object, "name", output_text(name));
	output_set(
	    object, "sign", output_text(setting_switch_name(level->sign)));
	output_set(object, "encrypt",
	    output_text(setting_encrypt_name(level->encrypt)));
	effective_set(object, settings, name, stored, NULL);
	output_set(object, "source",
	    output_text(!stored ? "file"
			: !file ? "store"
				: "store and file"));
	output_set(
	    object, "created", output_time(stored ? stored->created : 0));
	return object;
}

static int
audit(struct admin *a, const char *action, const struct store_domain *d,
    struct err *err)
{
	char text[ADMIN_POLICY_TEXT];

	admin_policy_text(text, sizeof(text), d->level.sign, d->level.encrypt);
	return admin_audit(a, action, d->name, text, err);
}

static void
print_done(struct admin *a, const struct settings *settings,
    const struct store_domain *d, const char *what)
{
	json_t *object =
	    domain_json(settings, d, effective_file_domain(settings, d->name));

	output_done(&a->output, object, "%s: %s", d->name, what);
	json_decref(object);
}

static enum verb_result
run_add(struct admin *a, const struct args *args, struct err *err)
{
	const struct settings *settings;
	struct store_domain d = {.created = a->now};
	struct store *store;
	enum verb_result rc;

	rc = admin_domain(args_operand(args, 0), &d.name, err);
	if (rc == VERB_DONE)
		rc = admin_policy(args, &d.level.sign, &d.level.encrypt, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (admin_settings(a, &settings, err) || admin_store(a, &store, err) ||
	    store_domain_add(store, &d, err) || audit(a, "domain add", &d, err))
		goto out;
	print_done(a, settings, &d, "S/MIME activated");
	rc = VERB_DONE;
out:
	free(d.name);
	return rc;
}

static enum verb_result
run_set(struct admin *a, const struct args *args, struct err *err)
{
	const struct settings *settings;
	struct store_domain d = {0};
	enum verb_result rc;
	struct store *store;
	char *name = NULL;

	rc = admin_domain(args_operand(args, 0), &name, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_settings(a, &settings, err) || admin_store(a, &store, err) ||
	    store_domain_find(store, name, &d, err))
		goto out;
	rc = admin_policy(args, &d.level.sign, &d.level.encrypt, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (store_domain_set(store, &d, err) || audit(a, "domain set", &d, err))
		goto out;
	print_done(a, settings, &d, "changed");
	rc = VERB_DONE;
out:
	store_domain_fini(&d);
	free(name);
	return rc;
}

static enum verb_result
run_show(struct admin *a, const struct args *args, struct err *err)
{
	const struct gateway_domain *file;
	const struct settings *settings;
	struct store_domain d = {0};
	json_t *object = NULL;
	enum verb_result rc;
	struct store *store;
	char *name = NULL;
	bool stored;

	rc = admin_domain(args_operand(args, 0), &name, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_settings(a, &settings, err) || admin_store(a, &store, err))
		goto out;
	file = effective_file_domain(settings, name);
	stored = store_domain_find(store, name, &d, err) == 0;
	if (!stored && (err->class != ERR_NOT_FOUND || !file))
		goto out;
	object = domain_json(settings, stored ? &d : NULL, file);
	output_document(&a->output, object, &show_view, 1);
	rc = VERB_DONE;
out:
	json_decref(object);
	store_domain_fini(&d);
	free(name);
	return rc;
}

struct walk {
	const struct settings *settings;
	struct listing *listing;
	bool *listed; /* beside the domains of the file */
};

static int
list_stored(const struct store_domain *d, void *arg)
{
	struct walk *walk = arg;
	const struct gateway_domain *file =
	    effective_file_domain(walk->settings, d->name);

	if (file)
		walk->listed[file - walk->settings->gateway.domains] = true;
	listing_add(walk->listing, domain_json(walk->settings, d, file));
	return 0;
}

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	const struct gateway_config *config;
	const struct settings *settings;
	struct store *store;
	struct walk walk;
	int rc;

	(void)args;
	if (admin_settings(a, &settings, err) || admin_store(a, &store, err))
		return VERB_FAILED;
	config = &settings->gateway;
	walk.settings = settings;
	walk.listed = xcalloc(config->domain_count + 1, sizeof(*walk.listed));
	walk.listing = listing_begin(&a->output, list_columns);
	rc = store_domain_each(store, list_stored, &walk, err);
	for (size_t i = 0; rc == 0 && i < config->domain_count; i++)
		if (!walk.listed[i])
			listing_add(walk.listing,
			    domain_json(settings, NULL, &config->domains[i]));
	listing_end(walk.listing,
	    rc ? NULL
	       : "no domain yet; activate one with: smimectl domain add");
	free(walk.listed);
	return rc ? VERB_FAILED : VERB_DONE;
}

const struct command domain_commands[] = {
    {"domain", "add", "DOMAIN", 1, 1, policy_options,
	"Activates S/MIME for a domain", run_add},
    {"domain", "set", "DOMAIN", 1, 1, policy_options,
	"Changes what applies to a domain", run_set},
    {"domain", "list", "", 0, 0, NULL, "Lists the domains", run_list},
    {"domain", "show", "DOMAIN", 1, 1, NULL, "Shows one domain", run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
