/*
 * cmd_store.c: the database itself.
 */
#include "admin/admin.h"
#include "admin/commands.h"

static enum verb_result
run_migrate(struct admin *a, const struct args *args, struct err *err)
{
	const struct settings *settings;
	const char *uri;
	json_t *object;
	int from, to;

	(void)args;
	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	uri = settings->gateway.store;
	if (store_migrate(uri, &from, &to, err))
		return VERB_FAILED;
	object = json_object();
	output_set(object, "store", output_text(uri));
	output_set(object, "from", json_integer(from));
	output_set(object, "to", json_integer(to));
	if (from == to)
		output_done(&a->output, object,
		    "%s: nothing to do, schema %d is the newest", uri, to);
	else if (from == 0)
		output_done(
		    &a->output, object, "%s: made with schema %d", uri, to);
	else
		output_done(&a->output, object, "%s: schema %d brought to %d",
		    uri, from, to);
	json_decref(object);
	if (from == to)
		return VERB_DONE;
	return admin_store(a, &a->store, err) ||
		       admin_audit(a, "store migrate", uri, "", err)
		   ? VERB_FAILED
		   : VERB_DONE;
}

static const struct column check_columns[] = {
    {"store", "Store", COLUMN_TEXT},
    {"schema", "Schema", COLUMN_NUMBER},
    {"domains", "Domains", COLUMN_NUMBER},
    {"users", "Users", COLUMN_NUMBER},
    {"recipients", "Rules for recipients", COLUMN_NUMBER},
    {"logins", "Permissions of logins", COLUMN_NUMBER},
    {"certificates", "Own certificates", COLUMN_NUMBER},
    {"contacts", "Contacts", COLUMN_NUMBER},
    {"partner_certificates", "Their certificates", COLUMN_NUMBER},
    {"authorities", "Authorities met or judged", COLUMN_NUMBER},
    {NULL, NULL, COLUMN_TEXT},
};

/* Reading every row decodes every certificate. */
static int
read_user(const struct store_user *u, void *arg)
{
	(void)u;
	++*(json_int_t *)arg;
	return 0;
}

static int
read_domain(const struct store_domain *d, void *arg)
{
	(void)d;
	++*(json_int_t *)arg;
	return 0;
}

static int
read_recipient(const struct store_recipient *r, void *arg)
{
	(void)r;
	++*(json_int_t *)arg;
	return 0;
}

static int
read_login(const struct store_login *l, void *arg)
{
	(void)l;
	++*(json_int_t *)arg;
	return 0;
}

static int
read_own(const struct store_own_cert *c, void *arg)
{
	(void)c;
	++*(json_int_t *)arg;
	return 0;
}

static int
read_authority(const struct store_authority *a, void *arg)
{
	(void)a;
	++*(json_int_t *)arg;
	return 0;
}

struct partner_walk {
	struct store *store;
	json_int_t contacts, certificates;
	struct err *err;
	int rc;
};

static int
read_partner(const struct store_partner_cert *c, void *arg)
{
	struct partner_walk *walk = arg;

	(void)c;
	walk->certificates++;
	return 0;
}

static int
read_contact(const struct store_contact *c, void *arg)
{
	struct partner_walk *walk = arg;

	walk->contacts++;
	walk->rc = store_partner_cert_each(
	    walk->store, c->address, read_partner, walk, walk->err);
	return walk->rc;
}

static int
read_all(struct store *store, json_t *object, struct err *err)
{
	struct partner_walk walk = {.store = store, .err = err};
	json_int_t domains = 0, users = 0, own = 0, recipients = 0, logins = 0,
		   authorities = 0;

	if (store_domain_each(store, read_domain, &domains, err) ||
	    store_user_each(store, NULL, NULL, read_user, &users, err) ||
	    store_recipient_each(store, read_recipient, &recipients, err) ||
	    store_login_each(store, NULL, read_login, &logins, err) ||
	    store_own_cert_each(store, NULL, read_own, &own, err) ||
	    store_contact_each(store, NULL, read_contact, &walk, err) ||
	    walk.rc ||
	    store_authority_each(store, read_authority, &authorities, err))
		return -1;
	output_set(object, "domains", json_integer(domains));
	output_set(object, "users", json_integer(users));
	output_set(object, "recipients", json_integer(recipients));
	output_set(object, "logins", json_integer(logins));
	output_set(object, "certificates", json_integer(own));
	output_set(object, "contacts", json_integer(walk.contacts));
	output_set(
	    object, "partner_certificates", json_integer(walk.certificates));
	output_set(object, "authorities", json_integer(authorities));
	return 0;
}

static enum verb_result
run_check(struct admin *a, const struct args *args, struct err *err)
{
	static const struct view view = {NULL, NULL, check_columns};
	enum verb_result rc = VERB_FAILED;
	struct store *store;
	json_t *object;

	(void)args;
	if (admin_store(a, &store, err))
		return VERB_FAILED;
	object = json_object();
	output_set(object, "store", output_text(a->settings->gateway.store));
	output_set(object, "schema", json_integer(store_schema_version()));
	if (read_all(store, object, err) == 0) {
		output_document(&a->output, object, &view, 1);
		rc = VERB_DONE;
	}
	json_decref(object);
	return rc;
}

const struct command store_commands[] = {
    {"store", "migrate", "", 0, 0, NULL,
	"Makes the store, or brings it to the newest schema", run_migrate},
    {"store", "check", "", 0, 0, NULL,
	"Reads everything in the store and decodes it", run_check},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
