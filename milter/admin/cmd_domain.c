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

#define EXEMPT_WORDS                                                           \
	"null-sender, dsn, mdn, acme, auto-submitted, list, resent, "          \
	"calendar, partial"
#define ALGORITHM_WORDS                                                        \
	"any, rsa, rsa-pss, ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519"

static const struct command_option policy_options[] = {
    ADMIN_POLICY_OPTIONS,
    {"exempt", "WORD,...|none|all|inherit",
	"mail that is left alone: " EXEMPT_WORDS},
    {"own-cert-problem", "unsigned|defer|inherit",
	"what becomes of mail whose author's certificate cannot sign"},
    {"signature-algorithm", "WORD|inherit",
	"how mail is signed: " ALGORITHM_WORDS},
    {NULL, NULL, NULL},
};

static const struct column list_columns[] = {
    {"name", "DOMAIN", COLUMN_TEXT},
    {"sign", "SIGN", COLUMN_TEXT},
    {"encrypt", "ENCRYPT", COLUMN_TEXT},
    {"exempt", "EXEMPT", COLUMN_TEXT},
    {"own_cert_problem", "OWN PROBLEM", COLUMN_TEXT},
    {"signature_algorithm", "ALGORITHM", COLUMN_TEXT},
    {"effective.sign", "SIGNS", COLUMN_TEXT},
    {"effective.encrypt", "ENCRYPTS", COLUMN_TEXT},
    {"source", "SET IN", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column show_columns[] = {
    {"name", "Domain", COLUMN_TEXT},
    {"sign", "Sign", COLUMN_TEXT},
    {"encrypt", "Encrypt", COLUMN_TEXT},
    {"exempt", "Exempt", COLUMN_TEXT},
    {"own_cert_problem", "Own certificate problem", COLUMN_TEXT},
    {"signature_algorithm", "Signature algorithm", COLUMN_TEXT},
    {"effective.sign", "Signs", COLUMN_TEXT},
    {"effective.encrypt", "Encrypts", COLUMN_TEXT},
    {"effective.exempt", "Leaves alone", COLUMN_TEXT},
    {"effective.own_cert_problem", "If it cannot sign", COLUMN_TEXT},
    {"effective.signature_algorithm", "Signs with", COLUMN_TEXT},
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
	output_set(object, "exempt", effective_exempt_text(level->exempt));
	output_set(object, "own_cert_problem",
	    output_text(setting_own_problem_name(level->own_problem)));
	output_set(object, "signature_algorithm",
	    output_text(setting_algorithm_name(level->algorithm)));
	effective_set(object, settings, name, stored, NULL);
	output_set(object, "source",
	    output_text(!stored ? "file"
			: !file ? "store"
				: "store and file"));
	output_set(
	    object, "created", output_time(stored ? stored->created : 0));
	return object;
}

static enum verb_result
complain_option(
    const char *name, const char *text, const char *words, struct err *err)
{
	(void)err_set(err, ERR_PERMANENT, "--%s %s: not %s", name, text, words);
	return VERB_USAGE;
}

/* All that a domain may set; what was not given stays. */
static enum verb_result
read_level(
    const struct args *args, struct setting_level *level, struct err *err)
{
	const char *exempt = args_option(args, "exempt");
	const char *problem = args_option(args, "own-cert-problem");
	const char *algorithm = args_option(args, "signature-algorithm");

	if (exempt && setting_exempt_parse(exempt, &level->exempt))
		return complain_option("exempt", exempt,
		    "none, all, inherit or a list of: " EXEMPT_WORDS, err);
	if (problem && setting_own_problem_parse(problem, &level->own_problem))
		return complain_option("own-cert-problem", problem,
		    "unsigned, defer or inherit", err);
	if (algorithm && setting_algorithm_parse(algorithm, &level->algorithm))
		return complain_option("signature-algorithm", algorithm,
		    ALGORITHM_WORDS " or inherit", err);
	return admin_policy(args, &level->sign, &level->encrypt, err);
}

static int
audit(struct admin *a, const char *action, const struct store_domain *d,
    struct err *err)
{
	char policy[ADMIN_POLICY_TEXT], exempt[SETTING_EXEMPT_TEXT], *text;
	const struct setting_level *level = &d->level;
	int rc;

	admin_policy_text(policy, sizeof(policy), level->sign, level->encrypt);
	setting_exempt_text(level->exempt, exempt);
	text =
	    xasprintf("%s exempt=%s own-cert-problem=%s signature-algorithm=%s",
		policy, exempt, setting_own_problem_name(level->own_problem),
		setting_algorithm_name(level->algorithm));
	rc = admin_audit(a, action, d->name, text, err);
	free(text);
	return rc;
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
		rc = read_level(args, &d.level, err);
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
	rc = read_level(args, &d.level, err);
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
