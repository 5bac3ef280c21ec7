/*
 * cmd_status.c: is everything there, and how much of it?
 *
 * Looks at each thing by itself, so that one that is away does not hide the
 * others.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/complain.h"
#include "admin/local_ca.h"
#include "config.h"
#include "gateway/disclaimer_names.h"

#define EXPIRY_DAYS    30
#define SECONDS_OF_DAY (24L * 60 * 60)

struct status {
	struct admin *a;
	json_t *object;
	json_t *problems;
	bool away;
};

static void
problem(struct status *s, const struct err *err)
{
	(void)json_array_append_new(s->problems, output_text(err->text));
	s->away = s->away || err->class == ERR_TEMPORARY;
}

static void
look_at_counts(struct status *s, struct store *store, json_t *part)
{
	struct store_counts counts;
	struct err err;

	if (store_count(store, &counts, &err)) {
		problem(s, &err);
		return;
	}
	output_set(part, "schema", json_integer(counts.schema));
	output_set(
	    part, "generation", json_integer((json_int_t)counts.generation));
	output_set(part, "domains", json_integer((json_int_t)counts.domains));
	output_set(part, "users", json_integer((json_int_t)counts.users));
	output_set(part, "certificates",
	    json_integer((json_int_t)counts.own_certificates));
	output_set(part, "contacts", json_integer((json_int_t)counts.contacts));
	output_set(part, "partner_certificates",
	    json_integer((json_int_t)counts.partner_certificates));
	output_set(part, "pending", json_integer((json_int_t)counts.pending));
	output_set(
	    part, "untrusted", json_integer((json_int_t)counts.untrusted));
	output_set(part, "unknown_authorities",
	    json_integer((json_int_t)counts.unknown_authorities));
}

static void
look_at_expiry(struct status *s, struct store *store, json_t *part)
{
	time_t until = s->a->now + EXPIRY_DAYS * SECONDS_OF_DAY;
	unsigned long users;
	struct err err;

	if (store_count_expiring(store, until, &users, &err))
		problem(s, &err);
	else
		output_set(
		    part, "users_expiring", json_integer((json_int_t)users));
}

static void
add_problem(const char *text, void *arg)
{
	(void)json_array_append_new(arg, output_text(text));
}

static void
look_at_disclaimers(struct status *s, struct store *store)
{
	struct err err;

	if (disclaimer_names_check(&s->a->settings->gateway, store, add_problem,
		s->problems, &err))
		problem(s, &err);
}

static void
look_at_store(struct status *s)
{
	json_t *part = json_object();
	struct store *store;
	struct err err;

	output_set(part, "uri", output_text(s->a->settings->gateway.store));
	if (admin_store(s->a, &store, &err)) {
		problem(s, &err);
	} else {
		look_at_counts(s, store, part);
		look_at_expiry(s, store, part);
		look_at_disclaimers(s, store);
	}
	output_set(s->object, "store", part);
}

static void
look_at_keyd(struct status *s)
{
	json_t *part = json_object();
	struct key_client *keys;
	char *version = NULL;
	struct err err;

	output_set(part, "socket", output_text(s->a->settings->gateway.keyd));
	if (admin_keys(s->a, &keys, &err) || key_hello(keys, &version, &err))
		problem(s, &err);
	else
		output_set(part, "version", output_text(version));
	output_set(part, "reachable", json_boolean(version != NULL));
	output_set(s->object, "keyd", part);
	free(version);
}

static void
look_at_trust(struct status *s)
{
	json_t *part = json_object();
	struct trust *trust;
	struct err err;
	size_t count;
	int rc;

	rc = s->a->store ? admin_trust(s->a, &trust, &err)
			 : admin_configured_trust(s->a, &trust, &err);
	if (rc) {
		problem(s, &err);
	} else {
		count = trust_anchor_count(trust);
		output_set(part, "anchors", json_integer((json_int_t)count));
	}
	output_set(s->object, "trust", part);
}

/* A site need not have an authority of its own, and the daemon's user need
 * not be able to look at it. */
static void
look_at_ca(struct status *s)
{
	const char *folder = s->a->settings->local_ca;
	struct certificate *root = NULL;
	json_t *part = json_object();
	struct err err;

	output_set(part, "folder", output_text(folder));
	if (local_ca_root(folder, &root, &err) == 0) {
		output_set(part, "subject", output_text(root->subject));
		output_set(part, "not_after", output_time(root->not_after));
	} else if (err.class == ERR_PERMANENT) {
		problem(s, &err);
	}
	output_set(s->object, "ca", part);
	certificate_unref(&root);
}

static void
print(struct status *s)
{
	static const struct column columns[] = {
	    {"version", "Version", COLUMN_TEXT},
	    {"config", "Configuration", COLUMN_TEXT},
	    {"store.uri", "Store", COLUMN_TEXT},
	    {"store.schema", "Schema", COLUMN_TEXT},
	    {"store.domains", "Domains", COLUMN_TEXT},
	    {"store.users", "Users", COLUMN_TEXT},
	    {"store.certificates", "Certificates", COLUMN_TEXT},
	    {"store.users_expiring", "Users without certificate in 30 days",
		COLUMN_TEXT},
	    {"store.contacts", "Contacts", COLUMN_TEXT},
	    {"store.partner_certificates", "Their certificates", COLUMN_TEXT},
	    {"store.pending", "  wait for you", COLUMN_TEXT},
	    {"store.unknown_authorities", "Unknown authorities", COLUMN_TEXT},
	    {"store.untrusted", "  certificates from them", COLUMN_TEXT},
	    {"keyd.socket", "Key process", COLUMN_TEXT},
	    {"keyd.version", "  answers as", COLUMN_TEXT},
	    {"trust.anchors", "Trusted authorities", COLUMN_TEXT},
	    {"ca.subject", "Local authority", COLUMN_TEXT},
	    {"ca.not_after", "  until", COLUMN_DAY},
	    {NULL, NULL, COLUMN_TEXT},
	};
	static const struct view view = {NULL, NULL, columns};
	const json_t *text;
	size_t i;

	output_document(&s->a->output, s->object, &view, 1);
	if (s->a->output.format == OUTPUT_JSON)
		return;
	json_array_foreach(s->problems, i, text)
	    complain("%s", json_string_value(text));
}

static enum verb_result
run_status(struct admin *a, const struct args *args, struct err *err)
{
	struct status s = {.a = a};
	const struct settings *settings;
	bool ok;

	(void)args;
	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	s.object = json_object();
	s.problems = json_array();
	output_set(s.object, "version", output_text(PACKAGE_VERSION));
	output_set(s.object, "config", output_text(settings->file));
	look_at_store(&s);
	look_at_keyd(&s);
	look_at_trust(&s);
	look_at_ca(&s);
	ok = json_array_size(s.problems) == 0;
	output_set(s.object, "ok", json_boolean(ok));
	output_set(s.object, "problems", json_incref(s.problems));
	print(&s);
	json_decref(s.problems);
	json_decref(s.object);
	if (ok)
		return VERB_DONE;
	return s.away ? VERB_AWAY : VERB_NO;
}

const struct command status_commands[] = {
    {"status", NULL, "", 0, 0, NULL,
	"Shows whether everything is there, and how much", run_status},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
