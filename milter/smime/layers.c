/*
 * layers.c: see layers.h.
 *
 * The walk holds at most one entity that it owns beside the message: what was
 * opened last.  Everything else is borrowed from the message, from that
 * entity or from the content of a signature.  Belongs to one thread.
 * RFC 8551 3.7, RFC 2634 1.1.
 */
#include "smime/layers_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "smime/cms_body.h"
#include "smime/compressed.h"
#include "smime/envelope.h"
#include "smime/signed_data.h"

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

void
walk_verdict_reset(struct walk *w, enum smime_status status, const char *why)
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
void
walk_verdict_unsigned(struct walk *w, bool outside, const char *why)
{
	walk_verdict_reset(w, SMIME_UNSIGNED,
	    outside ? "signed only outside of the encryption" : why);
	w->out->signed_outside = outside;
	w->is_judged = true;
}

/* What is told about a message that was not opened depends on nothing that
 * only a key can show (rule X4). */
void
walk_close(struct walk *w)
{
	struct smime_layers *out = w->out;

	out->decryption = SMIME_CLOSED;
	out->count = w->encrypted;
	for (size_t i = 0; i < w->opts->reader_count; i++)
		out->reads[i] = false;
	out->fingerprint[0] = '\0';
	out->authenticated = false;
	out->used = 0;
	out->unwrapped = false;
	header_fini(&out->content);
	header_init(&out->content);
	out->body = slice_make(NULL, 0);
	walk_verdict_unsigned(w, w->root_signature, "encrypted");
}

/* Ends the walk with a verdict, unless there is one. */
static enum step
give_up(struct walk *w, enum smime_status status, const char *why)
{
	if (!w->is_judged)
		walk_verdict_reset(w, status, why);
	w->is_judged = true;
	return STEP_END;
}

/* Rule V2: over a limit nobody can say what it is.  Behind a ciphertext only
 * a key can show that (rule X4). */
static enum step
over_limit(struct walk *w, const char *why)
{
	if (w->encrypted > 0) {
		walk_close(w);
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
enum step
walk_enter(struct walk *w, struct slice bytes)
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

/* What is in an opaque signature may have other line ends than a message has
 * (NSS signs what it is given): the next layer is looked for in a copy that
 * has them. */
static enum step
signed_enter(struct walk *w, struct slice inside, struct err *err)
{
	struct plaintext copy;

	(void)walk_enter(w, inside);
	if (!smime_kind_is_layer(smime_detect_header(w->header)))
		return STEP_END;
	plaintext_init(&copy, w->config);
	if (spool_write(&copy.bytes, inside.data, inside.len, err) ||
	    spool_finish(&copy.bytes, err) || plaintext_read(&copy, err)) {
		plaintext_fini(&copy);
		return err->class == ERR_TEMPORARY ? STEP_FAILED : STEP_END;
	}
	plaintext_fini(&w->copy);
	w->copy = copy;
	return walk_enter(w, spool_slice(&w->copy.bytes));
}

/* The first signature is judged, and counts.  Of others only what is inside
 * matters. */
static enum step
signature_take(struct walk *w, struct smime_verdict *v, const char *section,
    struct err *err)
{
	bool first = !w->is_judged, stop;

	stop = v->signers == 0 || v->status == SMIME_MALFORMED ||
	       v->inside.len == 0;
	if (first) {
		smime_verdict_fini(&w->out->verdict);
		w->out->verdict = *v;
		smime_verdict_init(v, w->config);
		v = &w->out->verdict;
		w->is_judged = true;
		w->has_signature = v->signers > 0;
		if (w->has_signature)
			part_set(w, section);
	}
	return stop ? STEP_END : signed_enter(w, v->inside, err);
}

static enum step
signature_pass(struct walk *w, const struct slice *der, const char *section,
    struct err *err)
{
	const struct smime_verify_opts *opts = &w->opts->verify;
	struct smime_verdict v;
	enum step step;
	int rc;

	smime_verdict_init(&v, w->config);
	rc = der ? smime_verify_cms(opts, *der, &v, err)
		 : smime_verify(opts, w->header, w->body, &v, err);
	if (rc == 0)
		step = signature_take(w, &v, section, err);
	else if (err->class == ERR_TEMPORARY)
		step = STEP_FAILED;
	else
		step = over_limit(w, "the signed content is too large");
	smime_verdict_fini(&v);
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
	struct plaintext *keep = delivered ? &w->out->plaintext : &w->copy;

	if (!delivered)
		w->compressed++;
	plaintext_fini(keep);
	*keep = *plain;
	plaintext_init(plain, w->config);
	return walk_enter(w, spool_slice(&keep->bytes));
}

static enum step
compressed_pass(struct walk *w, struct slice der, struct err *err)
{
	struct plaintext plain;
	enum step step;

	plaintext_init(&plain, w->config);
	if (compressed_read(der, w->whole, &plain.bytes, err) == 0 &&
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
	/* Anybody can see that this is no ciphertext, so that no demand for
	 * one is met by it (rule X4 does not matter before the first). */
	if (smime_kind_is_encrypted(kind) && w->encrypted == 0 &&
	    envelope_read(der, &(struct envelope){0}))
		return give_up(w, SMIME_MALFORMED, "no EnvelopedData");
	if (smime_kind_is_encrypted(kind))
		return walk_envelope(w, der, err);
	if (kind == SMIME_COMPRESSED)
		return compressed_pass(w, der, err);
	if (kind == SMIME_CERTS_ONLY) /* rule V4 */
		return give_up(w, SMIME_UNSIGNED, "certificates only");
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

/* Mail programs differ in which Content-Type they believe: what one of them
 * calls encrypted another one shows. */
static enum step
ambiguous(struct walk *w, enum smime_kind kind)
{
	layer_add(w, kind);
	return give_up(w, SMIME_MALFORMED, "several Content-Type fields");
}

static enum step
layer_pass(struct walk *w, struct err *err)
{
	enum smime_kind kind = smime_detect_header(w->header);

	if (!smime_kind_is_layer(kind))
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

/* A detached signature over what no road leaves as it is: its reader gets what
 * was signed, and the verdict, which is that of the bytes that were signed. */
static int
content_unwrap(struct walk *w, struct err *err)
{
	struct smime_layers *out = w->out;

	if (err->class == ERR_TEMPORARY || !w->has_signature ||
	    smime_detect_header(&out->plaintext.header) !=
		SMIME_SIGNED_DETACHED ||
	    plaintext_unwrap(
		&out->plaintext, out->verdict.inside, w->opts->takes_8bit, err))
		return -1;
	out->verdict.inside = slice_make(NULL, 0);
	out->unwrapped = true;
	out->part[0] = '\0';
	return 0;
}

/* Inner signatures and ciphertexts stay as they are (E4), but where nobody
 * could read the message then. */
static int
content_travel(struct walk *w, struct err *err)
{
	struct plaintext *plain = &w->out->plaintext;
	bool keep = smime_detect_header(&plain->header) != SMIME_NONE;

	if (plaintext_settle(plain, keep, w->opts->takes_8bit, err) == 0)
		return 0;
	return content_unwrap(w, err);
}

/* What was opened becomes what is delivered. */
static int
content_settle(struct walk *w, struct err *err)
{
	struct plaintext *plain = &w->out->plaintext;

	if (content_travel(w, err) ||
	    plaintext_fields(plain, &w->out->content, err)) {
		if (err->class == ERR_TEMPORARY)
			return -1;
		walk_close(w);
		return 0;
	}
	w->out->body = plain->body;
	if (w->outer_signature && !w->has_signature &&
	    w->out->verdict.status == SMIME_UNSIGNED)
		walk_verdict_unsigned(w, true, "");
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
	    .whole = body.len,
	};
	int rc;

	out->reads = xcalloc(opts->reader_count + 1, sizeof(*out->reads));
	header_init(&w.inner);
	plaintext_init(&w.copy, w.config);
	rc = walk(&w, err);
	if (out->verdict.pss && out->verdict.intact)
		out->used |= STORE_USED_PSS;
	/* What it points to is the walk's. */
	out->verdict.inside = slice_make(NULL, 0);
	plaintext_fini(&w.copy);
	header_fini(&w.inner);
	return rc;
}
