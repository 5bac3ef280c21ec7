/*
 * cmd_user.c: our S/MIME users.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/effective.h"
#include "base/alloc.h"
#include "mail/address.h"

static const struct command_option change_options[] = {
    {"first", "NAME", "first name, for certificates"},
    {"last", "NAME", "last name"},
    ADMIN_POLICY_OPTIONS,
    {NULL, NULL, NULL},
};

static const struct command_option list_options[] = {
    {"domain", "DOMAIN", "of this domain only"},
    {NULL, NULL, NULL},
};

static const struct column list_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"name", "NAME", COLUMN_TEXT},
    {"sign", "SIGN", COLUMN_TEXT},
    {"encrypt", "ENCRYPT", COLUMN_TEXT},
    {"state", "STATE", COLUMN_TEXT},
    {"created", "SINCE", COLUMN_DAY},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column show_columns[] = {
    {"address", "Address", COLUMN_TEXT},
    {"name", "Name", COLUMN_TEXT},
    {"sign", "Sign", COLUMN_TEXT},
    {"encrypt", "Encrypt", COLUMN_TEXT},
    {"effective.sign", "Signs", COLUMN_TEXT},
    {"effective.encrypt", "Encrypts", COLUMN_TEXT},
    {"state", "State", COLUMN_TEXT},
    {"created", "Since", COLUMN_DAY},
    {"certificates", "Certificates", COLUMN_NUMBER},
    {"valid_until", "Valid until", COLUMN_DAY},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct view show_view = {NULL, NULL, show_columns};

static json_t *
user_json(const struct store_user *u)
{
	json_t *object = json_object();
	char *name = xasprintf("%s%s%s", u->first_name,
	    *u->first_name && *u->last_name ? " " : "", u->last_name);

	output_set(object, "address", output_text(u->address));
	output_set(object, "first_name", output_text(u->first_name));
	output_set(object, "last_name", output_text(u->last_name));
	output_set(object, "name", output_text(name));
	output_set(
	    object, "sign", output_text(setting_switch_name(u->level.sign)));
	output_set(object, "encrypt",
	    output_text(setting_encrypt_name(u->level.encrypt)));
	output_set(object, "state",
	    output_text(u->state == STORE_USER_RETIRED ? "retired" : "active"));
	output_set(object, "created", output_time(u->created));
	free(name);
	return object;
}

static void
replace(char **text, const char *with)
{
	if (!with)
		return;
	free(*text);
	*text = xstrdup(with);
}

static enum verb_result
apply_options(const struct args *args, struct store_user *u, struct err *err)
{
	replace(&u->first_name, args_option(args, "first"));
	replace(&u->last_name, args_option(args, "last"));
	return admin_policy(args, &u->level.sign, &u->level.encrypt, err);
}

/* The store knows users of domains in the store only; one that is activated
 * in the file gets its row by its first user. */
static int
ensure_domain(struct admin *a, const char *name, struct err *err)
{
	struct store_domain d = {0};
	int rc;

	if (store_domain_find(a->store, name, &d, err) == 0) {
		store_domain_fini(&d);
		return 0;
	}
	if (err->class != ERR_NOT_FOUND)
		return -1;
	if (!effective_file_domain(a->settings, name))
		return err_set(err, ERR_NOT_FOUND,
		    "S/MIME is not activated for %s; run: smimectl domain add "
		    "%s",
		    name, name);
	d.name = xstrdup(name);
	d.created = a->now;
	rc = store_domain_add(a->store, &d, err);
	store_domain_fini(&d);
	return rc ? -1 : admin_audit(a, "domain add", name, "from file", err);
}

static int
audit(struct admin *a, const char *action, const struct store_user *u,
    struct err *err)
{
	char text[ADMIN_POLICY_TEXT];

	admin_policy_text(text, sizeof(text), u->level.sign, u->level.encrypt);
	return admin_audit(a, action, u->address, text, err);
}

static void
print_done(struct admin *a, const struct store_user *u, const char *what)
{
	json_t *object = user_json(u);

	output_done(&a->output, object, "%s: %s", u->address, what);
	json_decref(object);
}

static enum verb_result
run_add(struct admin *a, const struct args *args, struct err *err)
{
	struct store_user u = {.created = a->now};
	struct store *store;
	enum verb_result rc;

	u.first_name = xstrdup("");
	u.last_name = xstrdup("");
	rc = admin_address(args_operand(args, 0), &u.address, err);
	if (rc == VERB_DONE)
		rc = apply_options(args, &u, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    ensure_domain(a, address_domain(u.address), err) ||
	    store_user_add(store, &u, err) || audit(a, "user add", &u, err))
		goto out;
	print_done(a, &u, "user added");
	rc = VERB_DONE;
out:
	store_user_fini(&u);
	return rc;
}

static enum verb_result
run_set(struct admin *a, const struct args *args, struct err *err)
{
	struct store_user u = {0};
	char *address = NULL;
	struct store *store;
	enum verb_result rc;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_user_find(store, address, &u, err))
		goto out;
	rc = apply_options(args, &u, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (store_user_set(store, &u, err) || audit(a, "user set", &u, err))
		goto out;
	print_done(a, &u, "changed");
	rc = VERB_DONE;
out:
	store_user_fini(&u);
	free(address);
	return rc;
}

static int
list_user(const struct store_user *u, void *arg)
{
	listing_add(arg, user_json(u));
	return 0;
}

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	const char *text = args_option(args, "domain");
	enum verb_result rc = VERB_DONE;
	struct listing *listing;
	struct store *store;
	char *domain = NULL;

	if (text)
		rc = admin_domain(text, &domain, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err))
		goto out;
	listing = listing_begin(&a->output, list_columns);
	if (store_user_each(store, domain, NULL, list_user, listing, err) == 0)
		rc = VERB_DONE;
	listing_end(listing,
	    rc ? NULL : "no user yet; add one with: smimectl user add");
out:
	free(domain);
	return rc;
}

struct certificates {
	json_int_t count;
	time_t end; /* of the one that is valid longest */
};

static int
count_certificate(const struct store_own_cert *c, void *arg)
{
	struct certificates *found = arg;

	found->count++;
	if (c->certificate->not_after > found->end)
		found->end = c->certificate->not_after;
	return 0;
}

static enum verb_result
run_show(struct admin *a, const struct args *args, struct err *err)
{
	struct certificates found = {0};
	struct store_domain d = {0};
	struct store_user u = {0};
	json_t *object = NULL;
	char *address = NULL;
	struct store *store;
	enum verb_result rc;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_user_find(store, address, &u, err) ||
	    store_domain_find(store, address_domain(address), &d, err) ||
	    store_own_cert_each(store, address, count_certificate, &found, err))
		goto out;
	object = user_json(&u);
	effective_set(object, a->settings, d.name, &d, &u);
	output_set(object, "certificates", json_integer(found.count));
	output_set(object, "valid_until", output_time(found.end));
	output_document(&a->output, object, &show_view, 1);
	rc = VERB_DONE;
out:
	json_decref(object);
	store_user_fini(&u);
	store_domain_fini(&d);
	free(address);
	return rc;
}

const struct command user_commands[] = {
    {"user", "add", "ADDRESS", 1, 1, change_options,
	"Adds a user whose mail is to be signed", run_add},
    {"user", "set", "ADDRESS", 1, 1, change_options,
	"Changes a user's name and what applies", run_set},
    {"user", "list", "", 0, 0, list_options, "Lists the users", run_list},
    {"user", "show", "ADDRESS", 1, 1, NULL, "Shows one user", run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
