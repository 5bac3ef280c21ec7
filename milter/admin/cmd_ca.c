/*
 * cmd_ca.c: the built-in local authority, and those of others.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/ca_verbs.h"
#include "admin/cert_json.h"
#include "admin/commands.h"
#include "admin/complain.h"
#include "admin/local_ca.h"
#include "base/alloc.h"

#define DAYS_DEFAULT 3650L
#define DAYS_MAX     10950L
#define HOST_MAX     256

static const struct command_option init_options[] = {
    {"name", "NAME", "the authority's name; default: of this host"},
    {"key", "TYPE", KEY_TYPE_NAMES "; default " KEY_TYPE_DEFAULT},
    {"days", "N", "validity; default 3650"},
    {NULL, NULL, NULL},
};

static const struct command_option list_options[] = {
    {"unknown", NULL, "only those that you have not judged"},
    {NULL, NULL, NULL},
};

static char *
default_name(const struct settings *settings)
{
	const char *id = settings->gateway.authserv_id;
	char host[HOST_MAX];

	if (*id)
		return xasprintf("Local S/MIME CA of %.40s", id);
	if (gethostname(host, sizeof(host)))
		strcpy(host, "this host");
	host[sizeof(host) - 1] = '\0';
	return xasprintf("Local S/MIME CA of %.40s", host);
}

static json_t *
ca_json(
    const struct settings *settings, const struct certificate *root, time_t now)
{
	json_t *object = cert_json(root, now);

	output_set(object, "folder", output_text(settings->local_ca));
	return object;
}

/* The one who made the authority may have no store yet: then nobody can be
 * told, and nothing is lost. */
static void
audit_init(struct admin *a, const struct certificate *root)
{
	struct store *store;
	struct err err;

	if (admin_store(a, &store, &err) ||
	    admin_audit(a, "ca init", root->fingerprint_text, "", &err))
		complain("not written to the audit: %s", err.text);
}

static enum verb_result
run_init(struct admin *a, const struct args *args, struct err *err)
{
	struct local_ca_opts opts = {
	    .name = args_option(args, "name"), .days = DAYS_DEFAULT};
	const struct settings *settings;
	struct certificate *root = NULL;
	enum verb_result rc;
	char *name = NULL;
	json_t *object;

	rc = args_number(args, "days", 1, DAYS_MAX, &opts.days, err);
	if (rc != VERB_DONE)
		return rc;
	if (key_type_find(args_option(args, "key"), &opts.type, err))
		return VERB_USAGE;
	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	if (!opts.name)
		opts.name = name = default_name(settings);
	rc = VERB_FAILED;
	if (local_ca_init(settings->local_ca, &opts, a->now, &root, err))
		goto out;
	audit_init(a, root);
	object = ca_json(settings, root, a->now);
	output_done(&a->output, object,
	    "%s: authority made in %s; let others trust it: smimectl ca export",
	    root->subject, settings->local_ca);
	json_decref(object);
	rc = VERB_DONE;
out:
	certificate_unref(&root);
	free(name);
	return rc;
}

static enum verb_result
run_export(struct admin *a, const struct args *args, struct err *err)
{
	const struct settings *settings;
	struct certificate *root = NULL;
	json_t *object;
	char *pem;

	(void)args;
	if (admin_settings(a, &settings, err) ||
	    local_ca_root(settings->local_ca, &root, err))
		return VERB_FAILED;
	pem = cert_json_pem(root);
	object = ca_json(settings, root, a->now);
	output_set(object, "pem", output_text(pem));
	if (a->output.format == OUTPUT_JSON)
		output_document(&a->output, object, NULL, 0);
	else
		(void)fputs(pem, a->output.file);
	json_decref(object);
	free(pem);
	certificate_unref(&root);
	return VERB_DONE;
}

const struct command ca_commands[] = {
    {"ca", "init", "", 0, 0, init_options, "Makes the built-in local authority",
	run_init},
    {"ca", "export", "", 0, 0, NULL, "Prints its root certificate as PEM",
	run_export},
    {"ca", "list", "", 0, 0, list_options,
	"Lists the authorities that you judged, or that were met in mail",
	ca_list_run},
    {"ca", "trust", "FINGERPRINT|FILE", 1, 1, NULL,
	"Trusts an authority, and judges anew who waits for that",
	ca_trust_run},
    {"ca", "distrust", "FINGERPRINT|FILE", 1, 1, NULL,
	"Uses nothing that comes from an authority, even a configured one",
	ca_distrust_run},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
