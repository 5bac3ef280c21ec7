/*
 * cmd_user.c: our S/MIME users.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/disclaimer_option.h"
#include "admin/effective.h"
#include "admin/setting_option.h"
#include "base/alloc.h"
#include "mail/address.h"

static const struct command_option list_options[] = {
    {"domain", "DOMAIN", "of this domain only"},
    {NULL, NULL, NULL},
};

static const struct column people_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"name", "NAME", COLUMN_TEXT},
    {"state", "STATE", COLUMN_TEXT},
    {"created", "SINCE", COLUMN_DAY},
    {"settings", "SETTINGS", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* What is known of every user; one alone is shown with more. */
static void
all_columns(struct setting_columns *c, bool alone)
{
	setting_columns_init(c);
	setting_columns_add(c, "address", "Address", COLUMN_TEXT);
	setting_columns_add(c, "name", "Name", COLUMN_TEXT);
	setting_columns_add_all(c, &setting_senders);
	setting_columns_add(c, "disclaimer", "Disclaimer", COLUMN_TEXT);
	if (alone) {
		setting_columns_add_effective(c, &setting_senders);
		setting_columns_add(
		    c, "effective.escrow", "Effective escrow", COLUMN_TEXT);
		setting_columns_add(c, "effective.disclaimer",
		    "Effective disclaimer", COLUMN_TEXT);
	}
	setting_columns_add(c, "state", "State", COLUMN_TEXT);
	setting_columns_add(c, "created", "Since", COLUMN_DAY);
	if (!alone)
		return;
	setting_columns_add(c, "certificates", "Certificates", COLUMN_NUMBER);
	setting_columns_add(c, "valid_until", "Valid until", COLUMN_DAY);
}

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
	setting_set_members(object, &setting_senders, &u->level);
	output_set(object, "disclaimer",
	    output_text(disclaimer_stored_text(u->disclaimer)));
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
apply_options(struct admin *a, const struct args *args, struct store_user *u,
    struct err *err)
{
	enum verb_result rc;

	replace(&u->first_name, args_option(args, "first"));
	replace(&u->last_name, args_option(args, "last"));
	rc = setting_options_read(args, &setting_senders, &u->level, err);
	if (rc == VERB_DONE)
		rc = disclaimer_option_read(a, args, &u->disclaimer, err);
	return rc;
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
	if (err->class != ERR_NOT_FOUND || effective_must_be_ours(a, name, err))
		return -1;
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
	char *settings = setting_options_text(&setting_senders, &u->level);
	char *text = xasprintf("%s disclaimer=%s", settings,
	    disclaimer_stored_text(u->disclaimer));
	int rc = admin_audit(a, action, u->address, text, err);

	free(text);
	free(settings);
	return rc;
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
	u.disclaimer = xstrdup("");
	rc = admin_address(args_operand(args, 0), &u.address, err);
	if (rc == VERB_DONE)
		rc = apply_options(a, args, &u, err);
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

/* What a verb makes of a stored user. */
struct change {
	enum verb_result (*make)(struct admin *a, const struct args *args,
	    struct store_user *u, struct err *err);
	const char *action; /* in the audit trail */
	const char *done;
	bool of_settings; /* the audit trail has them */
};

static enum verb_result
change_user(struct admin *a, const struct args *args,
    const struct change *change, struct err *err)
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
	rc = change->make(a, args, &u, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (store_user_set(store, &u, err) ||
	    (change->of_settings
		    ? audit(a, change->action, &u, err)
		    : admin_audit(a, change->action, u.address, "", err)))
		goto out;
	print_done(a, &u, change->done);
	rc = VERB_DONE;
out:
	store_user_fini(&u);
	free(address);
	return rc;
}

static enum verb_result
run_set(struct admin *a, const struct args *args, struct err *err)
{
	static const struct change set = {
	    apply_options, "user set", "changed", true};

	return change_user(a, args, &set, err);
}

static enum verb_result
make_retired(struct admin *a, const struct args *args, struct store_user *u,
    struct err *err)
{
	(void)a;
	(void)args;
	(void)err;
	u->state = STORE_USER_RETIRED;
	return VERB_DONE;
}

static enum verb_result
run_retire(struct admin *a, const struct args *args, struct err *err)
{
	static const struct change retire = {make_retired, "user retire",
	    "retired: decrypts, but does not sign any more", false};

	return change_user(a, args, &retire, err);
}

static enum verb_result
make_active(struct admin *a, const struct args *args, struct store_user *u,
    struct err *err)
{
	(void)a;
	(void)args;
	(void)err;
	u->state = STORE_USER_ACTIVE;
	return VERB_DONE;
}

static enum verb_result
run_reinstate(struct admin *a, const struct args *args, struct err *err)
{
	static const struct change reinstate = {
	    make_active, "user reinstate", "active again", false};

	return change_user(a, args, &reinstate, err);
}

struct walk {
	struct listing *listing;
	bool people;
};

/* People see what is set as one text: most settings are inherited. */
static int
list_user(const struct store_user *u, void *arg)
{
	const struct walk *walk = arg;
	json_t *object = user_json(u);
	char *text;

	if (walk->people) {
		text = setting_spoken_text(&setting_senders, &u->level);
		text = setting_spoken_add(
		    text, "disclaimer", disclaimer_stored_text(u->disclaimer));
		output_set(object, "settings", output_text(text));
		free(text);
	}
	listing_add(walk->listing, object);
	return 0;
}

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	const char *text = args_option(args, "domain");
	struct walk walk = {.people = a->output.format == OUTPUT_PEOPLE};
	enum verb_result rc = VERB_DONE;
	struct setting_columns columns;
	struct store *store;
	char *domain = NULL;

	if (text)
		rc = admin_domain(text, &domain, err);
	if (rc != VERB_DONE)
		return rc;
	all_columns(&columns, false);
	rc = VERB_FAILED;
	if (admin_store(a, &store, err))
		goto out;
	walk.listing = listing_begin(
	    &a->output, walk.people ? people_columns : columns.at);
	if (store_user_each(store, domain, NULL, list_user, &walk, err) == 0)
		rc = VERB_DONE;
	listing_end(walk.listing,
	    rc ? NULL : "no user yet; add one with: smimectl user add");
out:
	setting_columns_fini(&columns);
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
	struct setting_columns columns;
	const struct view view = {NULL, NULL, columns.at};
	struct certificates found = {0};
	struct store_user u = {0};
	json_t *object = NULL;
	char *address = NULL;
	struct store *store;
	enum verb_result rc;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	all_columns(&columns, true);
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_user_find(store, address, &u, err) ||
	    store_own_cert_each(store, address, count_certificate, &found, err))
		goto out;
	object = user_json(&u);
	if (effective_set_sender(object, a, address, err))
		goto out;
	output_set(object, "certificates", json_integer(found.count));
	output_set(object, "valid_until", output_time(found.end));
	output_document(&a->output, object, &view, 1);
	rc = VERB_DONE;
out:
	json_decref(object);
	setting_columns_fini(&columns);
	store_user_fini(&u);
	free(address);
	return rc;
}

const struct command user_commands[] = {
    {"user", "add", "ADDRESS", 1, 1, setting_user_options,
	"Adds a user whose mail is to be signed", run_add},
    {"user", "set", "ADDRESS", 1, 1, setting_user_options,
	"Changes a user's name and what applies", run_set},
    {"user", "retire", "ADDRESS", 1, 1, NULL,
	"Ends signing; mail to the user is still decrypted", run_retire},
    {"user", "reinstate", "ADDRESS", 1, 1, NULL, "Takes that back",
	run_reinstate},
    {"user", "list", "", 0, 0, list_options, "Lists the users", run_list},
    {"user", "show", "ADDRESS", 1, 1, NULL, "Shows one user", run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
