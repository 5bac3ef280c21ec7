/*
 * cmd_key.c: our users' private keys, which only smime-keyd can open.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/cert_json.h"
#include "admin/commands.h"
#include "admin/enroll.h"
#include "admin/key_file.h"
#include "admin/key_ready.h"
#include "admin/own_list.h"
#include "admin/own_listing.h"
#include "base/io.h"
#include "base/limits.h"

static const struct command_option import_options[] = {
    {"passphrase-file", "FILE", "file whose first line opens the key"},
    {"certificates", "FILE", "certificate and chain, if not with the key"},
    {"archive", NULL, "only to read old mail: expired or weak is fine"},
    {NULL, NULL, NULL},
};

static const struct column list_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"key_short", "KEY ID", COLUMN_TEXT},
    {"key", "KEY", COLUMN_TEXT},
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"validity", "VALIDITY", COLUMN_TEXT},
    {"added", "ADDED", COLUMN_DAY},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column test_columns[] = {
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"not_after", "VALID UNTIL", COLUMN_DAY},
    {"in_time", "IN TIME", COLUMN_TEXT},
    {"owns_address", "ADDRESS", COLUMN_TEXT},
    {"usage_fits", "USAGE", COLUMN_TEXT},
    {"trusted", "CHAIN", COLUMN_TEXT},
    {"signature", "SIGNATURE", COLUMN_TEXT},
    {"result", "RESULT", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* Importing */

struct import {
	const char *address;
	const char *file;
	const char *passphrase_file; /* NULL: ask */
	const char *certificates;    /* another file; or NULL */
	bool archive;
	struct key_file content;
};

static int
read_certificates(struct import *import, struct err *err)
{
	struct buf text;
	int rc;

	if (!import->certificates)
		return 0;
	buf_init(&text, LIMIT_FILE);
	rc = io_read_file(import->certificates, &text, err);
	if (rc == 0) {
		rc = certificate_list_read(
		    &import->content.certificates, buf_slice(&text), err);
		if (rc)
			err_prefix(err, "%s", import->certificates);
	}
	buf_fini(&text);
	return rc;
}

static int
read_files(struct import *import, struct err *err)
{
	struct passphrase passphrase;
	struct buf text;
	int rc;

	passphrase_init(&passphrase, import->passphrase_file, import->file);
	buf_init(&text, LIMIT_FILE);
	rc = io_read_file(import->file, &text, err);
	if (rc == 0) {
		rc = key_file_read(
		    buf_slice(&text), &passphrase, &import->content, err);
		if (rc)
			err_prefix(err, "%s", import->file);
	}
	buf_wipe(&text);
	passphrase_fini(&passphrase);
	return rc ? rc : read_certificates(import, err);
}

static int
find_certificate(
    const struct import *import, struct certificate **out, struct err *err)
{
	size_t count = import->content.certificates.count;

	*out = key_file_certificate(&import->content);
	if (*out)
		return 0;
	if (count == 0)
		return err_set(err, ERR_PERMANENT,
		    "%s: a private key without a certificate; give "
		    "--certificates FILE",
		    import->file);
	return err_set(err, ERR_PERMANENT,
	    "%s: the private key does not belong to %s", import->file,
	    count == 1 ? "the certificate" : "any of the certificates");
}

static int
seal(struct admin *a, const struct import *import, struct key_sealed *out,
    struct err *err)
{
	struct key_client *keys;
	struct buf pkcs8;
	int rc;

	buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
	rc = key_file_pkcs8(&import->content, &pkcs8, err);
	if (rc == 0)
		rc = admin_keys(a, &keys, err);
	if (rc == 0)
		rc = key_wrap(keys, buf_slice(&pkcs8), out, err);
	buf_wipe(&pkcs8);
	return rc;
}

static void
print_import(struct admin *a, const struct import *import,
    const struct certificate *c, const json_t *report)
{
	const char *result =
	    json_string_value(json_object_get(report, "result"));

	output_done(&a->output, report, "%s: certificate %.*s imported, %s",
	    import->address, CERT_ID_DIGITS, c->fingerprint_text, result);
}

static int
import_key(struct admin *a, struct import *import, struct err *err)
{
	struct enroll_opts opts = {.address = import->address,
	    .others = &import->content.certificates,
	    .archive = import->archive,
	    .action = "key import"};
	struct store_user u = {0};
	struct key_sealed sealed;
	struct store *store;
	json_t *report;
	int rc = -1;

	key_sealed_init(&sealed);
	if (admin_store(a, &store, err) ||
	    store_user_find(store, import->address, &u, err) ||
	    read_files(import, err) ||
	    find_certificate(import, &opts.certificate, err))
		goto out;
	if (enroll_check(a, &opts, err)) {
		err_prefix(err, "%s", import->file);
		goto out;
	}
	opts.key = &sealed;
	if (seal(a, import, &sealed, err) || enroll(a, &opts, &report, err))
		goto out;
	print_import(a, import, opts.certificate, report);
	json_decref(report);
	rc = 0;
out:
	key_sealed_fini(&sealed);
	store_user_fini(&u);
	return rc;
}

static enum verb_result
run_import(struct admin *a, const struct args *args, struct err *err)
{
	struct import import = {
	    .file = args_operand(args, 1),
	    .passphrase_file = args_option(args, "passphrase-file"),
	    .certificates = args_option(args, "certificates"),
	    .archive = args_has(args, "archive"),
	};
	char *address = NULL;
	enum verb_result rc;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	import.address = address;
	key_file_init(&import.content);
	if (import_key(a, &import, err))
		rc = VERB_FAILED;
	key_file_fini(&import.content);
	free(address);
	return rc;
}

/* Listing */

static json_t *
key_json(const struct store_own_cert *c, time_t now)
{
	json_t *object = cert_json(c->certificate, now);
	const char *id = json_string_value(json_object_get(object, "key_id"));

	output_set(object, "address", output_text(c->address));
	output_set(object, "key_short", json_stringn(id, CERT_ID_DIGITS));
	output_set(object, "added", output_time(c->added));
	output_set(
	    object, "sealed_bytes", json_integer((json_int_t)c->wrapped_len));
	return object;
}

static enum verb_result
run_list(struct admin *a, const struct args *args, struct err *err)
{
	static const struct own_listing listing = {.columns = list_columns,
	    .row = key_json,
	    .none = "no key; see: smimectl help cert issue, smimectl help "
		    "key import"};

	return own_listing_run(a, args, &listing, err);
}

/* Testing */

static int
test_one(struct admin *a, const struct store_own_cert *own, json_t *rows,
    bool *ready, struct err *err)
{
	struct key_ready result;
	json_t *object;

	if (key_ready_test(a, own, &result, err))
		return -1;
	object = cert_json(own->certificate, a->now);
	output_set(object, "address", output_text(own->address));
	key_ready_set(object, &result);
	(void)json_array_append_new(rows, object);
	*ready = *ready || result.ready;
	key_ready_fini(&result);
	return 0;
}

static int
test_all(struct admin *a, const struct own_list *list, json_t *rows,
    bool *ready, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (test_one(a, &list->at[i], rows, ready, err))
			return -1;
	return 0;
}

static void
print_test(struct admin *a, const char *address, json_t *rows, bool ready)
{
	static const struct column head[] = {
	    {"address", "Address", COLUMN_TEXT},
	    {"ready", "Ready to sign", COLUMN_TEXT},
	    {NULL, NULL, COLUMN_TEXT},
	};
	static const struct view views[] = {
	    {NULL, NULL, head},
	    {"certificates", NULL, test_columns},
	};
	json_t *object = json_object();

	output_set(object, "address", output_text(address));
	output_set(object, "ready", json_boolean(ready));
	output_set(object, "certificates", json_incref(rows));
	output_document(&a->output, object, views, 2);
	json_decref(object);
}

static enum verb_result
run_test(struct admin *a, const struct args *args, struct err *err)
{
	struct store_user u = {0};
	struct own_list list;
	struct store *store;
	char *address = NULL;
	enum verb_result rc;
	bool ready = false;
	json_t *rows;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	own_list_init(&list);
	rows = json_array();
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_user_find(store, address, &u, err) ||
	    own_list_load(&list, store, address, err))
		goto out;
	if (list.count == 0) {
		(void)err_set(err, ERR_NOT_FOUND,
		    "%s: has no key; see: smimectl help cert issue, smimectl "
		    "help key import",
		    address);
		goto out;
	}
	if (test_all(a, &list, rows, &ready, err))
		goto out;
	print_test(a, address, rows, ready);
	rc = ready ? VERB_DONE : VERB_NO;
out:
	json_decref(rows);
	own_list_fini(&list);
	store_user_fini(&u);
	free(address);
	return rc;
}

const struct command key_commands[] = {
    {"key", "import", "ADDRESS FILE", 2, 2, import_options,
	"Imports a private key with its certificate", run_import},
    {"key", "list", "[ADDRESS]", 0, 1, NULL, "Lists private keys", run_list},
    {"key", "test", "ADDRESS", 1, 1, NULL,
	"Signs with each key of a user and verifies", run_test},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
