/*
 * layers.c: see layers.h.
 *
 * The walk holds at most one entity that it owns beside the message: what was
 * opened last.  Everything else is borrowed from the message, from that
 * entity or from the content of a signature.  Belongs to one thread.
 * RFC 8551 3.7, RFC 2634 1.1.
 */
#include "smime/layers.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "smime/cms_body.h"
#include "smime/compressed.h"
#include "smime/content_cipher.h"
#include "smime/decrypt.h"
#include "smime/envelope.h"
#include "smime/signed_data.h"

enum step {
	STEP_FAILED = -1, /* err is filled */
	STEP_END = 0,	  /* nothing more inside, or nothing to be seen */
	STEP_INSIDE = 1	  /* header and body are those of what is inside */
};

struct walk {
	const struct smime_layers_opts *opts;
	struct smime_layers *out;
	const struct spool_config *config;
	const struct header *header; /* of the entity that is looked at */
	struct slice body;
	struct header inner;  /* what header is, but for the message's own */
	bool has_signature;   /* since the last encryption */
	bool is_judged;	      /* the verdict stands, such as it is */
	bool outer_signature; /* around the last encryption that was opened */
	bool root_signature;  /* around the outermost encryption */
	size_t encrypted;     /* layers down to the outermost encryption, that
	                       * included; 0: none */
	size_t compressed;    /* layers since the last encryption */
	struct plaintext
	    inflated; /* what was compressed and is not delivered */
	struct smime_verdict peeled; /* of a signature that does not count:
	                              * it holds its content */
};

const char *
smime_decryption_name(enum smime_decryption decryption)
{
	switch (decryption) {
	case SMIME_OPENED:
		return "opened";
	case SMIME_CLOSED:
		return "closed";
	case SMIME_CLEAR:
	default:
		return "clear";
	}
}

void
smime_layers_init(struct smime_layers *l, const struct spool_config *config)
{
	*l = (struct smime_layers){.cipher = ""};
	smime_verdict_init(&l->verdict, config);
	header_init(&l->content);
	buf_init(&l->recipients, LIMIT_RECIPIENTS_SHOWN);
	plaintext_init(&l->plaintext, config);
}

void
smime_layers_fini(struct smime_layers *l)
{
	smime_verdict_fini(&l->verdict);
	free(l->reads);
	header_fini(&l->content);
	buf_fini(&l->recipients);
	plaintext_fini(&l->plaintext);
	*l = (struct smime_layers){.cipher = ""};
}

static void
verdict_reset(struct walk *w, enum smime_status status, const char *why)
{
	smime_verdict_fini(&w->out->verdict);
	smime_verdict_init(&w->out->verdict, w->config);
	w->out->verdict.status = status;
	w->out->verdict.detail = why;
	w->out->part[0] = '\0';
	w->is_judged = w->has_signature = false;
	w->compressed = 0;
}

/* Nothing is signed inside of what is encrypted; around it, perhaps. */
static void
verdict_unsigned(struct walk *w, bool outside, const char *why)
{
	verdict_reset(w, SMIME_UNSIGNED,
	    outside ? "signed only outside of the encryption" : why);
	w->out->signed_outside = outside;
	w->is_judged = true;
}

/* What is told about a message that was not opened depends on nothing that
 * only a key can show (rule X4). */
static void
message_close(struct walk *w)
{
	struct smime_layers *out = w->out;

	out->decryption = SMIME_CLOSED;
	out->count = w->encrypted;
	for (size_t i = 0; i < w->opts->reader_count; i++)
		out->reads[i] = false;
	out->fingerprint[0] = '\0';
	out->authenticated = false;
	out->used = 0;
	verdict_unsigned(w, w->root_signature, "encrypted");
}

/* Ends the walk with a verdict, unless there is one. */
static enum step
give_up(struct walk *w, enum smime_status status, const char *why)
{
	if (!w->is_judged)
		verdict_reset(w, status, why);
	w->is_judged = true;
	return STEP_END;
}

/* Rule V2: over a limit nobody can say what it is.  Behind a ciphertext only
 * a key can show that (rule X4). */
static enum step
over_limit(struct walk *w, const char *why)
{
	if (w->encrypted > 0) {
		message_close(w);
		return STEP_END;
	}
	w->is_judged = false;
	return give_up(w, SMIME_UNSUPPORTED, why);
}

static void
layer_add(struct walk *w, enum smime_kind kind)
{
	w->out->kinds[w->out->count++] = kind;
}

/* Goes into the entity that stands whole in bytes. */
static enum step
enter(struct walk *w, struct slice bytes)
{
	bool complete;
	size_t body;

	header_fini(&w->inner);
	header_init(&w->inner);
	body = header_parse(&w->inner, bytes, &complete);
	w->header = &w->inner;
	w->body = slice_part(bytes, body, bytes.len);
	return STEP_INSIDE;
}

/* --- signatures --- */

/* Rule A3: where the signature stands. */
static void
part_set(struct walk *w, const char *section)
{
	char *at = w->out->part;

	for (size_t i = 0; i < w->compressed; i++)
		at = stpcpy(at, "1/");
	stpcpy(at, section);
}

/* The first signature is judged, and counts.  Of others only what is inside
 * matters; what is looked at may be in the one before. */
static enum step
signature_take(struct walk *w, struct smime_verdict *v, const char *section)
{
	bool first = !w->is_judged;
	struct smime_verdict *keep = first ? &w->out->verdict : &w->peeled;
	bool stop = v->signers == 0 || v->status == SMIME_MALFORMED ||
		    v->inside.len == 0;
	enum step step = STEP_END;

	if (!stop)
		step = enter(w, v->inside);
	smime_verdict_fini(keep);
	*keep = *v;
	if (!first)
		return step;
	w->is_judged = true;
	w->has_signature = v->signers > 0;
	if (w->has_signature)
		part_set(w, section);
	return step;
}

static enum step
signature_pass(struct walk *w, const struct slice *der, const char *section,
    struct err *err)
{
	const struct smime_verify_opts *opts = &w->opts->verify;
	struct smime_verdict v;
	int rc;

	smime_verdict_init(&v, w->config);
	rc = der ? smime_verify_cms(opts, *der, &v, err)
		 : smime_verify(opts, w->header, w->body, &v, err);
	if (rc == 0)
		return signature_take(w, &v, section);
	smime_verdict_fini(&v);
	if (err->class == ERR_TEMPORARY)
		return STEP_FAILED;
	return over_limit(w, "the signed content is too large");
}

/* --- encryption --- */

/* An inner ciphertext may stay closed inside of an outer one that was
 * opened. */
static enum step
leave_closed(struct walk *w)
{
	bool outside = w->outer_signature || w->has_signature;

	if (w->out->decryption == SMIME_OPENED)
		verdict_unsigned(w, outside, "encrypted");
	else
		message_close(w);
	return STEP_END;
}

/* Only who reads all layers reads the message.  false: that is nobody. */
static bool
readers_join(struct walk *w, const bool *reads)
{
	bool first = w->out->decryption != SMIME_OPENED, any = false;
	bool *all = w->out->reads;

	for (size_t i = 0; i < w->opts->reader_count; i++)
		any = any || (reads[i] && (first || all[i]));
	for (size_t i = 0; any && i < w->opts->reader_count; i++)
		all[i] = reads[i] && (first || all[i]);
	return any;
}

/* B5: what the sender's program did it can do. */
static unsigned
used_by_envelope(const struct smime_opened *opened)
{
	unsigned used = 0;

	switch (opened->cipher_oid) {
	case OID_AES128_GCM:
		used = STORE_USED_AES128_GCM;
		break;
	case OID_AES256_GCM:
		used = STORE_USED_AES256_GCM;
		break;
	case OID_CHACHA20_POLY1305:
		used = STORE_USED_CHACHA20;
		break;
	case OID_AES128_CBC:
	case OID_AES192_CBC:
	case OID_AES256_CBC:
		used = STORE_USED_CBC;
		break;
	default:
		break;
	}
	if (opened->info.kind == RECIPIENT_AGREEMENT)
		used |= STORE_USED_ECDH;
	if (opened->info.algorithm.oid == OID_RSA_OAEP)
		used |= STORE_USED_OAEP;
	return used;
}

static enum step
opened_enter(
    struct walk *w, struct plaintext *plain, const struct smime_opened *opened)
{
	struct smime_layers *out = w->out;
	bool first = out->decryption != SMIME_OPENED;

	if (first)
		memcpy(out->fingerprint,
		    opened->used->certificate->fingerprint_text,
		    sizeof(out->fingerprint));
	out->authenticated =
	    opened->authenticated && (first || out->authenticated);
	out->decryption = SMIME_OPENED;
	out->used |= used_by_envelope(opened);
	w->outer_signature = w->outer_signature || w->has_signature;
	verdict_reset(w, SMIME_UNSIGNED, "");
	plaintext_fini(&out->plaintext);
	out->plaintext = *plain;
	plaintext_init(plain, w->config);
	return enter(w, spool_slice(&out->plaintext.bytes));
}

static enum step
envelope_open(struct walk *w, const struct envelope *envelope, bool *reads,
    struct err *err)
{
	struct smime_open_opts opts = {
	    w->opts->keys, w->opts->readers, w->opts->reader_count, true};
	struct smime_opened opened;
	struct plaintext plain;
	enum step step;

	plaintext_init(&plain, w->config);
	if (smime_open(&opts, envelope, &plain.bytes, reads, &opened, err) ||
	    plaintext_read(&plain, err))
		step =
		    err->class == ERR_TEMPORARY ? STEP_FAILED : leave_closed(w);
	else if (!readers_join(w, reads))
		step = leave_closed(w);
	else
		step = opened_enter(w, &plain, &opened);
	plaintext_fini(&plain);
	return step;
}

/* What anybody can see of the outermost one. */
static void
envelope_describe(struct walk *w, const struct envelope *envelope)
{
	const struct cipher_algorithm *cipher =
	    cipher_algorithm_find(envelope->cipher.oid);

	if (cipher)
		w->out->cipher = cipher->name;
	smime_recipient_list(envelope, &w->out->recipients);
	w->out->recipient_count = smime_recipient_count(envelope,
	    w->opts->readers, w->opts->reader_count, &w->out->is_for_reader);
}

static enum step
envelope_pass(struct walk *w, struct slice der, struct err *err)
{
	bool outermost = w->encrypted == 0, *reads;
	struct envelope envelope;
	enum step step;

	if (outermost) {
		w->encrypted = w->out->count;
		w->root_signature = w->has_signature;
	}
	if (envelope_read(der, &envelope))
		return leave_closed(w);
	if (outermost)
		envelope_describe(w, &envelope);
	if (!w->opts->keys)
		return leave_closed(w);
	reads = xcalloc(w->opts->reader_count + 1, sizeof(*reads));
	step = envelope_open(w, &envelope, reads, err);
	free(reads);
	return step;
}

/* --- compression --- */

/* Directly inside of what was opened it is part of the way there; around or
 * inside a signature it is only looked into. */
static enum step
inflated_enter(struct walk *w, struct plaintext *plain)
{
	bool delivered =
	    w->out->decryption == SMIME_OPENED && !w->has_signature;
	struct plaintext *keep = delivered ? &w->out->plaintext : &w->inflated;

	if (!delivered)
		w->compressed++;
	plaintext_fini(keep);
	*keep = *plain;
	plaintext_init(plain, w->config);
	return enter(w, spool_slice(&keep->bytes));
}

static enum step
compressed_pass(struct walk *w, struct slice der, struct err *err)
{
	struct plaintext plain;
	enum step step;

	plaintext_init(&plain, w->config);
	if (compressed_read(der, &plain.bytes, err) == 0 &&
	    plaintext_read(&plain, err) == 0)
		step = inflated_enter(w, &plain);
	else if (err->class == ERR_TEMPORARY)
		step = STEP_FAILED;
	else if (err->class == ERR_POLICY)
		step = over_limit(w, "the compressed content is too large");
	else
		step = give_up(w, SMIME_MALFORMED, "compressed content");
	plaintext_fini(&plain);
	return step;
}

/* --- one layer after the other --- */

/* The CMS says what it is: agents and gateways write other smime-types. */
static enum smime_kind
cms_kind(enum smime_kind said, struct slice der)
{
	switch (signed_data_type(der)) {
	case OID_SIGNED_DATA:
		return said == SMIME_CERTS_ONLY ? said : SMIME_SIGNED_OPAQUE;
	case OID_ENVELOPED_DATA:
		return SMIME_ENVELOPED;
	case OID_AUTH_ENVELOPED_DATA:
		return SMIME_AUTH_ENVELOPED;
	case OID_COMPRESSED_DATA:
		return SMIME_COMPRESSED;
	default:
		return said;
	}
}

static enum step
cms_pass(
    struct walk *w, enum smime_kind kind, struct slice der, struct err *err)
{
	kind = cms_kind(kind, der);
	layer_add(w, kind);
	if (smime_kind_is_encrypted(kind))
		return envelope_pass(w, der, err);
	if (kind == SMIME_COMPRESSED)
		return compressed_pass(w, der, err);
	return signature_pass(w, &der, "1", err);
}

static enum step
cms_decode(struct walk *w, enum smime_kind kind, struct err *err)
{
	struct cms_body cms;
	enum step step;

	if (cms_body_decode(&cms, w->header, w->body, w->config, err) == 0)
		step = cms_pass(w, kind, cms.der, err);
	else if (err->class == ERR_TEMPORARY)
		step = STEP_FAILED;
	else
		/* Neither encoding nor size: there is no CMS. */
		step = cms_pass(w, kind, slice_make(NULL, 0), err);
	cms_body_fini(&cms);
	return step;
}

/* Mail programs differ in which Content-Type they believe. */
static enum step
ambiguous(struct walk *w, enum smime_kind kind)
{
	layer_add(w, kind);
	if (smime_kind_is_encrypted(kind) && w->encrypted == 0) {
		w->encrypted = w->out->count;
		w->root_signature = w->has_signature;
		return leave_closed(w);
	}
	return give_up(w, SMIME_MALFORMED, "several Content-Type fields");
}

static enum step
layer_pass(struct walk *w, struct err *err)
{
	enum smime_kind kind = smime_detect_header(w->header);

	if (kind != SMIME_SIGNED_DETACHED && !smime_kind_is_cms(kind))
		return STEP_END;
	if (w->out->count == LIMIT_LAYERS)
		return over_limit(w, "too many layers");
	if (header_count(w->header, "Content-Type") > 1)
		return ambiguous(w, kind);
	if (kind != SMIME_SIGNED_DETACHED)
		return cms_decode(w, kind, err);
	layer_add(w, kind);
	return signature_pass(w, NULL, "2", err);
}

/* What was opened becomes what is delivered.  Inner signatures and
 * ciphertexts stay as they are (E4). */
static int
content_settle(struct walk *w, struct err *err)
{
	struct plaintext *plain = &w->out->plaintext;
	bool keep = smime_detect_header(&plain->header) != SMIME_NONE;

	if (plaintext_settle(plain, keep, err) ||
	    plaintext_fields(plain, &w->out->content, err)) {
		if (err->class == ERR_TEMPORARY)
			return -1;
		message_close(w);
		return 0;
	}
	w->out->body = plain->body;
	if (!w->has_signature && !w->is_judged && w->outer_signature)
		verdict_unsigned(w, true, "");
	return 0;
}

static int
walk(struct walk *w, struct err *err)
{
	enum step step;

	do
		step = layer_pass(w, err);
	while (step == STEP_INSIDE);
	if (step == STEP_FAILED)
		return -1;
	return w->out->decryption == SMIME_OPENED ? content_settle(w, err) : 0;
}

int
smime_layers_read(const struct smime_layers_opts *opts,
    const struct header *header, struct slice body, struct smime_layers *out,
    struct err *err)
{
	struct walk w = {
	    .opts = opts,
	    .out = out,
	    .config = out->verdict.content.config,
	    .header = header,
	    .body = body,
	};
	int rc;

	out->reads = xcalloc(opts->reader_count + 1, sizeof(*out->reads));
	header_init(&w.inner);
	plaintext_init(&w.inflated, w.config);
	smime_verdict_init(&w.peeled, w.config);
	rc = walk(&w, err);
	if (out->verdict.pss && out->verdict.intact)
		out->used |= STORE_USED_PSS;
	/* What it points to is the walk's. */
	out->verdict.inside = slice_make(NULL, 0);
	smime_verdict_fini(&w.peeled);
	plaintext_fini(&w.inflated);
	header_fini(&w.inner);
	return rc;
}
