/*
 * cmd_cert.c: our users' certificates.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/ca_profile.h"
#include "admin/cert_json.h"
#include "admin/commands.h"
#include "admin/effective.h"
#include "admin/enroll.h"
#include "admin/key_request.h"
#include "admin/local_ca.h"
#include "admin/own_listing.h"
#include "base/alloc.h"
#include "mail/address.h"

#define DAYS_DEFAULT 730L

static const struct command_option issue_options[] = {
    {"key", "TYPE",
	KEY_TYPE_NAMES "; default: as the domain's signature algorithm "
		       "wants it, or " KEY_TYPE_DEFAULT},
    {"days", "N", "validity, at most 825; default 730"},
    {NULL, NULL, NULL},
};

static const struct command_option show_options[] = {
    {"pem", NULL, "print the newest certificate and its chain as PEM"},
    {NULL, NULL, NULL},
};

static const struct column list_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"key", "KEY", COLUMN_TEXT},
    {"usage", "USAGE", COLUMN_TEXT},
    {"not_after", "VALID UNTIL", COLUMN_DAY},
    {"days_left", "DAYS", COLUMN_NUMBER},
    {"validity", "VALIDITY", COLUMN_TEXT},
    {"issuer", "ISSUER", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column show_columns[] = {
    CERT_JSON_LINES,
    {"key_id", "Key id", COLUMN_TEXT},
    {"chain", "Chain", COLUMN_TEXT},
    {"added", "Added", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct view show_view = {NULL, NULL, show_columns};

static json_t *
own_json(const struct store_own_cert *c, time_t now)
{
	json_t *object = cert_json(c->certificate, now);
	json_t *chain = json_array();

	for (size_t i = 0; i < c->chain.count; i++)
		(void)json_array_append_new(
		    chain, output_text(c->chain.at[i]->subject));
	output_set(object, "address", output_text(c->address));
	output_set(object, "chain", chain);
	output_set(object, "added", output_time(c->added));
	return object;
}

/* Issuing */

struct issue {
	const char *address;
	char *person;
	const struct key_type *type; /* NULL: as the domain says */
	long days;
	struct local_ca *ca;
	struct key_sealed key;
	struct certificate *certificate;
};

/* The key is made by the key process, which also signs the request: what
 * the authority certifies was shown to be there. */
static int
make_certificate(struct admin *a, struct issue *issue, struct err *err)
{
	struct key_request_opts opts = {.key = &issue->key,
	    .type = issue->type,
	    .address = issue->address,
	    .person = issue->person};
	struct local_ca_order order = {.address = issue->address,
	    .person = issue->person,
	    .days = issue->days};
	int rc;

	if (admin_keys(a, &opts.keys, err) ||
	    key_generate(opts.keys, issue->type->algorithm, &issue->key, err) ||
	    key_request_make(&opts, &order.request, err))
		return -1;
	rc =
	    local_ca_issue(issue->ca, &order, a->now, &issue->certificate, err);
	X509_REQ_free(order.request);
	return rc;
}

static int
find_user(struct admin *a, struct issue *issue, struct err *err)
{
	struct store_user u = {0};
	struct store *store;

	if (admin_store(a, &store, err) ||
	    store_user_find(store, issue->address, &u, err))
		return -1;
	issue->person = xasprintf("%s%s%s", u.first_name,
	    *u.first_name && *u.last_name ? " " : "", u.last_name);
	store_user_fini(&u);
	return 0;
}

static int
choose_type(struct admin *a, struct issue *issue, struct err *err)
{
	struct setting_level level;

	if (issue->type)
		return 0;
	if (effective_sender(a, issue->address, &level, err))
		return -1;
	issue->type = key_type_for(level.algorithm);
	return 0;
}

static int
issue_and_enroll(struct admin *a, struct issue *issue, struct err *err)
{
	struct enroll_opts opts = {.address = issue->address,
	    .key = &issue->key,
	    .action = "cert issue"};
	const struct settings *settings;
	json_t *report;

	if (find_user(a, issue, err) || choose_type(a, issue, err) ||
	    admin_settings(a, &settings, err) ||
	    local_ca_open(settings->local_ca, &issue->ca, err) ||
	    make_certificate(a, issue, err))
		return -1;
	opts.certificate = issue->certificate;
	if (enroll(a, &opts, &report, err))
		return -1;
	output_done(&a->output, report,
	    "%s: certificate %.*s issued, valid until %.10s", issue->address,
	    CERT_ID_DIGITS, issue->certificate->fingerprint_text,
	    json_string_value(json_object_get(report, "not_after")));
	json_decref(report);
	return 0;
}

static enum verb_result
run_issue(struct admin *a, const struct args *args, struct err *err)
{
	const char *key = args_option(args, "key");
	struct issue issue = {.days = DAYS_DEFAULT};
	char *address = NULL;
	enum verb_result rc;

	rc =
	    args_number(args, "days", 1, CA_PROFILE_DAYS_MAX, &issue.days, err);
	if (rc == VERB_DONE)
		rc = admin_address(args_operand(args, 0), &address, err);
	if (rc == VERB_DONE && key && key_type_find(key, &issue.type, err))
		rc = VERB_USAGE;
	if (rc != VERB_DONE)
		goto out;
	issue.address = address;
	key_sealed_init(&issue.key);
	if (issue_and_enroll(a, &issue, err))
		rc = VERB_FAILED;
	key_sealed_fini(&issue.key);
	local_ca_close(issue.ca);
	certificate_unref(&issue.certificate);
	free(issue.person);
out:
	free(address);
	return rc;
}

/* Listing */

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	static const struct own_listing listing = {.columns = list_columns,
	    .row = own_json,
	    .none = "no certificate; see: smimectl help cert issue, smimectl "
		    "help key import"};

	return own_listing_run(a, args, &listing, err);
}

/* Showing */

struct show {
	struct admin *a;
	json_t *all;
	char *pem; /* of the first and its chain */
};

static void
add_pem(char **text, const struct certificate *c)
{
	char *pem = cert_json_pem(c);
	char *both = xasprintf("%s%s", *text, pem);

	free(*text);
	free(pem);
	*text = both;
}

static int
show_one(const struct store_own_cert *c, void *arg)
{
	struct show *show = arg;
	json_t *object = own_json(c, show->a->now);
	char *pem = xstrdup("");

	add_pem(&pem, c->certificate);
	output_set(object, "pem", output_text(pem));
	for (size_t i = 0; !show->pem && i < c->chain.count; i++)
		add_pem(&pem, c->chain.at[i]);
	if (!show->pem)
		show->pem = pem;
	else
		free(pem);
	(void)json_array_append_new(show->all, object);
	return 0;
}

/* For people each one line by line, for spreadsheets as a table. */
static void
print_certificates(struct output *o, const char *address, json_t *all)
{
	static const struct view table = {"certificates", NULL, list_columns};
	json_t *object = json_object(), *one;
	size_t i;

	output_set(object, "address", output_text(address));
	output_set(object, "certificates", json_incref(all));
	if (o->format != OUTPUT_PEOPLE)
		output_document(o, object, &table, 1);
	else
		json_array_foreach(all, i, one)
		{
			if (i > 0)
				(void)fputc('\n', o->file);
			output_document(o, one, &show_view, 1);
		}
	json_decref(object);
}

static enum verb_result
run_show(struct admin *a, const struct args *args, struct err *err)
{
	struct show show = {.a = a};
	struct store_user u = {0};
	struct store *store;
	char *address = NULL;
	enum verb_result rc;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	show.all = json_array();
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_user_find(store, address, &u, err) ||
	    store_own_cert_each(store, address, show_one, &show, err))
		goto out;
	if (json_array_size(show.all) == 0) {
		(void)err_set(
		    err, ERR_NOT_FOUND, "%s: has no certificate", address);
		goto out;
	}
	if (args_has(args, "pem"))
		(void)fputs(show.pem, a->output.file);
	else
		print_certificates(&a->output, address, show.all);
	rc = VERB_DONE;
out:
	json_decref(show.all);
	free(show.pem);
	store_user_fini(&u);
	free(address);
	return rc;
}

const struct command cert_commands[] = {
    {"cert", "issue", "ADDRESS", 1, 1, issue_options,
	"Issues a certificate by the local authority", run_issue},
    {"cert", "list", "[ADDRESS]", 0, 1, NULL, "Lists own certificates",
	run_list},
    {"cert", "show", "ADDRESS", 1, 1, show_options,
	"Shows the certificates of a user", run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
