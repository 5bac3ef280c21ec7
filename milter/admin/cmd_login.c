/*
 * cmd_login.c: as whom a login may write, beside its own address.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/effective.h"
#include "base/alloc.h"
#include "mail/address.h"
#include "settings/names.h"

static const struct column list_columns[] = {
    {"login", "LOGIN", COLUMN_TEXT},
    {"address", "MAY WRITE AS", COLUMN_TEXT},
    {"source", "SET IN", COLUMN_TEXT},
    {"created", "SINCE", COLUMN_DAY},
    {NULL, NULL, COLUMN_TEXT},
};

/* Operands in canonical form. */
struct permission {
	char *login;
	char *address; /* or "@" and a domain; NULL: not given */
};

static void
permission_fini(struct permission *p)
{
	free(p->login);
	free(p->address);
}

static enum verb_result
read_login(const char *text, char **out, struct err *err)
{
	if (name_login(text, out, err) == 0)
		return VERB_DONE;
	(void)err_prefix(err, "\"%s\" is not a login", text);
	return VERB_USAGE;
}

static enum verb_result
read_permission(const struct args *args, struct permission *p, struct err *err)
{
	const char *address = args_operand(args, 1);
	enum verb_result rc;

	rc = read_login(args_operand(args, 0), &p->login, err);
	if (rc != VERB_DONE || !address)
		return rc;
	if (name_author(address, &p->address, err) == 0)
		return VERB_DONE;
	(void)err_prefix(
	    err, "\"%s\" is neither a mail address nor @DOMAIN", address);
	return VERB_USAGE;
}

static json_t *
login_json(const char *login, const char *address)
{
	json_t *object = json_object();

	output_set(object, "login", output_text(login));
	output_set(object, "address", output_text(address));
	return object;
}

static void
print_done(struct admin *a, const struct permission *p, const char *what)
{
	json_t *object = login_json(p->login, p->address);

	output_done(&a->output, object, "%s: %s %s", p->login, what,
	    p->address ? p->address : "anybody else");
	json_decref(object);
}

static enum verb_result
run_allow(struct admin *a, const struct args *args, struct err *err)
{
	struct permission p = {NULL, NULL};
	struct store *store;
	enum verb_result rc;

	rc = read_permission(args, &p, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    effective_must_be_ours(a, address_domain(p.address), err) ||
	    store_login_add(store, p.login, p.address, a->now, err) ||
	    admin_audit(a, "login allow", p.login, p.address, err))
		goto out;
	print_done(a, &p, "may write as");
	rc = VERB_DONE;
out:
	permission_fini(&p);
	return rc;
}

static enum verb_result
run_deny(struct admin *a, const struct args *args, struct err *err)
{
	struct permission p = {NULL, NULL};
	struct store *store;
	enum verb_result rc;

	rc = read_permission(args, &p, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_login_remove(store, p.login, p.address, err) ||
	    admin_audit(
		a, "login deny", p.login, p.address ? p.address : "", err))
		goto out;
	print_done(a, &p, "may no longer write as");
	rc = VERB_DONE;
out:
	permission_fini(&p);
	return rc;
}

static void
add_row(
    struct listing *listing, const struct store_login *l, const char *source)
{
	json_t *object = login_json(l->login, l->address);

	output_set(object, "source", output_text(source));
	output_set(object, "created", output_time(l->created));
	listing_add(listing, object);
}

static int
list_stored(const struct store_login *l, void *arg)
{
	add_row(arg, l, "store");
	return 0;
}

static void
list_configured(const struct gateway_login *entry, struct listing *listing)
{
	struct store_login l = {0};

	l.login = xstrdup(entry->name);
	for (size_t i = 0; i < entry->address_count; i++) {
		free(l.address);
		l.address = xstrdup(entry->addresses[i]);
		add_row(listing, &l, "file");
	}
	store_login_fini(&l);
}

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	const char *text = args_operand(args, 0);
	enum verb_result rc = VERB_DONE;
	const struct settings *settings;
	struct listing *listing;
	struct store *store;
	char *login = NULL;

	if (text)
		rc = read_login(text, &login, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_settings(a, &settings, err) || admin_store(a, &store, err))
		goto out;
	listing = listing_begin(&a->output, list_columns);
	for (size_t i = 0; i < settings->gateway.login_count; i++)
		if (!login ||
		    strcmp(login, settings->gateway.logins[i].name) == 0)
			list_configured(&settings->gateway.logins[i], listing);
	if (store_login_each(store, login, list_stored, listing, err) == 0)
		rc = VERB_DONE;
	listing_end(listing,
	    rc ? NULL
	       : "nothing beside their own addresses; allow more with: "
		 "smimectl login allow");
out:
	free(login);
	return rc;
}

const struct command login_commands[] = {
    {"login", "allow", "LOGIN ADDRESS|@DOMAIN", 2, 2, NULL,
	"Lets a login write as somebody else", run_allow},
    {"login", "deny", "LOGIN [ADDRESS|@DOMAIN]", 1, 2, NULL,
	"Takes that back, or all that the login was allowed", run_deny},
    {"login", "list", "[LOGIN]", 0, 1, NULL, "Lists as whom logins may write",
	run_list},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
