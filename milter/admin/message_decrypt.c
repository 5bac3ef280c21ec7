/*
 * message_decrypt.c: "message decrypt": with every key that our users ever
 * had, a message as the gateway would deliver it, or whatever is inside.
 */
#include "admin/admin.h"
#include "admin/complain.h"
#include "admin/mail_run.h"
#include "admin/message_file.h"
#include "admin/message_open.h"
#include "admin/message_sink.h"
#include "admin/message_verbs.h"

static int
check_opened(const struct message_opening *o, bool only, struct err *err)
{
	if (o->opened)
		return 0;
	if (o->layers.decryption == SMIME_CLEAR &&
	    o->layers.verdict.status != SMIME_MALFORMED)
		return err_set(
		    err, ERR_PERMANENT, "the message is not encrypted");
	if (o->layers.recipient_count > 0 && !o->is_for_us)
		return err_set(err, ERR_NOT_FOUND,
		    "cannot be decrypted: it is not encrypted to any of our "
		    "certificates%s",
		    only ? " of --to" : "");
	return err_set(err, ERR_PERMANENT, "the message cannot be decrypted");
}

struct facts {
	const struct store_own_cert *used; /* may be NULL */
	const char *cipher;
	bool authenticated;
	bool proven; /* as in struct smime_decrypted */
	size_t recipients;
};

static json_t *
facts_json(const struct facts *f)
{
	json_t *object = json_object();

	output_set(
	    object, "address", output_text(f->used ? f->used->address : NULL));
	output_set(object, "certificate",
	    output_text(f->used ? f->used->fingerprint : NULL));
	output_set(object, "cipher", output_text(f->cipher));
	output_set(object, "authenticated", json_boolean(f->authenticated));
	output_set(object, "proven", json_boolean(f->proven));
	output_set(
	    object, "recipients", json_integer((json_int_t)f->recipients));
	return object;
}

static int
write_bytes(struct slice bytes, FILE *file, struct err *err)
{
	if (fwrite(bytes.data, 1, bytes.len, file) == bytes.len &&
	    fflush(file) == 0)
		return 0;
	return err_set_errno(
	    err, ERR_TEMPORARY, "cannot write standard output");
}

static int
print_with(struct admin *a, const struct message_file *m,
    const struct message_opening *o, const struct facts *facts, struct err *err)
{
	const struct smime_layers *l = &o->layers;
	struct message_sink sink;
	json_t *object;
	int rc;

	if (message_sink_open(&sink, &a->output, err))
		return -1;
	if (o->raw.finished)
		rc = write_bytes(spool_slice(&o->raw), sink.file, err);
	else
		rc = message_file_write_entity(
		    m, &l->content, l->body, sink.file, err);
	object = facts_json(facts);
	message_sink_close(&sink, object);
	json_decref(object);
	return rc;
}

static int
print_decrypted(struct admin *a, const struct message_file *m,
    const struct message_opening *o, struct err *err)
{
	const struct smime_layers *l = &o->layers;
	const struct smime_decrypted *raw = &o->raw_facts;
	struct facts facts = {message_opening_used(o), l->cipher,
	    l->authenticated, true, l->recipient_count};

	if (o->raw.finished)
		facts = (struct facts){raw->used, raw->cipher,
		    raw->authenticated, raw->proven, raw->recipients};
	if (!facts.proven)
		complain("what is inside is no mail, and the cipher does not "
			 "show whether the key was right: it may be anything");
	return print_with(a, m, o, &facts, err);
}

static int
decrypt(struct admin *a, const struct message_file *m,
    const struct message_open_opts *opts, struct message_opening *o,
    struct err *err)
{
	if (message_open(a, m, opts, o, err) ||
	    check_opened(o, opts->only, err))
		return -1;
	return print_decrypted(a, m, o, err);
}

enum verb_result
message_decrypt_run(struct admin *a, const struct args *args, struct err *err)
{
	const char *text = args_option(args, "to");
	enum verb_result rc = VERB_DONE;
	const struct settings *settings;
	struct message_opening opening;
	struct address_list to;
	struct message_open_opts opts = {
	    .to = &to, .only = text != NULL, .raw = args_has(args, "raw")};
	struct message_file m;

	if (admin_settings(a, &settings, err))
		return VERB_FAILED;
	message_file_init(&m, &settings->gateway.spool);
	message_opening_init(&opening, &settings->gateway.spool);
	address_list_init(&to);
	if (text)
		rc = mail_run_addresses(text, &to, err);
	if (rc != VERB_DONE)
		goto out;
	rc = VERB_FAILED;
	if (message_file_read(&m, args_operand(args, 0), err))
		goto out;
	if (!text)
		message_file_recipients(&m, &to);
	if (decrypt(a, &m, &opts, &opening, err) == 0)
		rc = VERB_DONE;
out:
	message_opening_fini(&opening);
	address_list_fini(&to);
	message_file_fini(&m);
	return rc;
}
