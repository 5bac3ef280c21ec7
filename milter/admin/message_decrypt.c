/*
 * message_decrypt.c: "message decrypt": with every key that our users ever
 * had.
 */
#include "admin/admin.h"
#include "admin/mail_run.h"
#include "admin/message_file.h"
#include "admin/message_sink.h"
#include "admin/message_verbs.h"
#include "admin/own_list.h"
#include "smime/decrypt.h"

/* Own certificates that are tried at a time, when nobody says whose. */
#define DECRYPT_BATCH 256

struct decrypt {
	struct admin *a;
	const struct message_file *message;
	struct own_list own; /* to be tried next */
	struct spool plain;
	struct smime_decrypted result;
	bool opened;
	int rc;
	struct err *err;
};

/* Tries what was collected.  Not being a recipient is no error yet. */
static void
try_list(struct decrypt *d)
{
	struct smime_decrypt_opts opts = {
	    .own = d->own.at, .own_count = d->own.count};

	if (d->own.count == 0 || d->opened || d->rc)
		return;
	d->rc = admin_keys(d->a, &opts.keys, d->err);
	if (d->rc)
		return;
	d->rc = smime_decrypt(&opts, &d->message->header, d->message->body,
	    &d->plain, &d->result, d->err);
	d->opened = d->rc == 0;
	if (d->opened)
		return; /* result points into the list */
	if (d->err->class == ERR_NOT_FOUND)
		d->rc = 0;
	own_list_fini(&d->own);
	spool_reset(&d->plain);
}

static int
collect(const struct store_own_cert *c, void *arg)
{
	struct decrypt *d = arg;

	own_list_add(&d->own, c);
	if (d->own.count >= DECRYPT_BATCH)
		try_list(d);
	return d->opened || d->rc;
}

static int
try_addresses(struct decrypt *d, const struct address_list *to)
{
	for (size_t i = 0; i < to->count; i++)
		if (own_list_load(
			&d->own, d->a->store, to->addresses[i], d->err))
			return -1;
	try_list(d);
	return d->rc;
}

/* Whoever it was redirected to: any of our keys. */
static int
try_all(struct decrypt *d)
{
	if (store_own_cert_each(d->a->store, NULL, collect, d, d->err))
		return -1;
	try_list(d);
	return d->rc;
}

static int
decrypt(struct decrypt *d, const struct address_list *to, bool only)
{
	if (try_addresses(d, to))
		return -1;
	if (!d->opened && !only && try_all(d))
		return -1;
	if (d->opened)
		return 0;
	return err_set(d->err, ERR_NOT_FOUND,
	    "cannot be decrypted: it is not encrypted to any of our "
	    "certificates");
}

static int
print_decrypted(struct decrypt *d)
{
	const struct store_own_cert *used = d->result.used;
	struct output *o = &d->a->output;
	struct message_sink sink;
	json_t *object;
	int rc;

	if (message_sink_open(&sink, o, d->err))
		return -1;
	rc = message_file_write_entity(
	    d->message, spool_slice(&d->plain), sink.file, d->err);
	object = json_object();
	output_set(object, "address", output_text(used->address));
	output_set(object, "certificate", output_text(used->fingerprint));
	output_set(object, "cipher", output_text(d->result.cipher));
	output_set(
	    object, "authenticated", json_boolean(d->result.authenticated));
	output_set(object, "recipients",
	    json_integer((json_int_t)d->result.recipients));
	message_sink_close(&sink, object);
	json_decref(object);
	return rc;
}

enum verb_result
message_decrypt_run(struct admin *a, const struct args *args, struct err *err)
{
	const char *text = args_option(args, "to");
	enum verb_result rc = VERB_DONE;
	const struct settings *settings;
	struct address_list to;
	struct message_file m;
	struct store *store;
	struct decrypt d = {.a = a, .message = &m, .err = err};

	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	message_file_init(&m, &settings->gateway.spool);
	spool_init(&d.plain, &settings->gateway.spool);
	own_list_init(&d.own);
	address_list_init(&to);
	if (text)
		rc = mail_run_addresses(text, &to, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    message_file_read(&m, args_operand(args, 0), err))
		goto out;
	if (!text)
		message_file_recipients(&m, &to);
	if (decrypt(&d, &to, text != NULL) == 0 && print_decrypted(&d) == 0)
		rc = VERB_DONE;
out:
	own_list_fini(&d.own);
	address_list_fini(&to);
	spool_fini(&d.plain);
	message_file_fini(&m);
	return rc;
}
