/*
 * verify.c: see verify.h.
 *
 * Finds the signed bytes and the SignedData in a message, has every signer
 * judged (signer.h), and puts the judgements together.  Sizes and counts are
 * checked before anything is computed.  Callable from any thread.
 */
#include "smime/verify.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "mail/mime_build.h"
#include "mail/mime_scan.h"
#include "smime/cms_body.h"
#include "smime/signed_data.h"
#include "smime/signer.h"

/* Octets of a detached signature with its transfer encoding. */
#define ENCODED_SIGNATURE_MAX (2 * (size_t)LIMIT_SIGNATURE)

/* Ends the verification of the message with a status. */
static int
conclude(struct smime_verdict *out, enum smime_status status, const char *why)
{
	out->status = status;
	out->detail = why;
	return 0;
}

/* Which status counts when signers differ: the higher one (verify.h). */
static int
severity(enum smime_status status)
{
	switch (status) {
	case SMIME_MALFORMED:
		return 7;
	case SMIME_ALTERED:
		return 6;
	case SMIME_UNSUPPORTED:
		return 5;
	case SMIME_WEAK:
		return 4;
	case SMIME_UNTRUSTED:
		return 3;
	case SMIME_EXPIRED:
		return 2;
	case SMIME_MISMATCH:
		return 1;
	case SMIME_VALID:
	case SMIME_UNSIGNED:
	default:
		return 0;
	}
}

/* --- the SignedData --- */

/* All certificates of the message.  What cannot be read as one is passed
 * over, but counts: trying took its time.  -1: too many, or not by the
 * grammar. */
static int
certificates_read(const struct signed_data *data,
    struct certificate_cache *cache, struct certificate_list *list)
{
	struct certificate *c;
	unsigned count = 0;
	struct slice der;
	struct tlv set;
	struct err err;
	int more;

	if (signed_data_certificates(data, &set))
		return -1;
	while ((more = signed_data_certificate_next(&set, &der)) == 1) {
		if (count++ == LIMIT_CERTIFICATES_PER_MESSAGE)
			return -1;
		if (certificate_cache_parse(cache, der, &c, &err))
			continue;
		certificate_list_add(list, c);
		certificate_unref(&c);
	}
	return more;
}

/* -1: more than LIMIT_SIGNERS, or not by the grammar. */
static int
signers_read(
    const struct signed_data *data, struct signer_info *infos, unsigned *count)
{
	struct signer_info info;
	struct tlv set;
	int more;

	*count = 0;
	if (signed_data_signers(data, &set))
		return -1;
	while ((more = signed_data_signer_next(&set, &info)) == 1) {
		if (*count == LIMIT_SIGNERS)
			return -1;
		infos[(*count)++] = info;
	}
	return more;
}

/* The signer that the verdict names: the one that owns From, else the
 * first. */
static const struct signer_judgement *
main_signer(const struct signer_judgement *all, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (all[i].owns_from)
			return &all[i];
	return &all[0];
}

/* Rule H2: the certificate that the signer wants mail encrypted to. */
static void
preferred_set(struct smime_verdict *out, const struct key_preference *wish)
{
	for (size_t i = 0; wish->present && i < out->certificates.count; i++) {
		struct certificate *c = out->certificates.at[i];

		if (!cms_id_matches(&wish->id, c))
			continue;
		out->preferred = certificate_ref(c);
		return;
	}
}

static void
signer_set(struct smime_verdict *out, const struct signer_judgement *j)
{
	if (j->certificate)
		out->signer = certificate_ref(j->certificate);
	if (j->digest)
		out->digest = j->digest->name;
	out->owns_from = j->owns_from;
	out->pss = j->pss;
	if (!j->intact)
		return;
	out->signing_time = j->attrs.signing_time;
	if (j->attrs.capabilities.len <= LIMIT_CAPABILITIES)
		buf_add_slice(&out->capabilities, j->attrs.capabilities);
	preferred_set(out, &j->attrs.preference);
}

static void
judgements_join(const struct signer_judgement *all, unsigned count,
    struct smime_verdict *out)
{
	const struct signer_judgement *worst = &all[0];

	out->intact = out->trusted = out->usage_fits = out->in_time = true;
	for (unsigned i = 0; i < count; i++) {
		out->intact = out->intact && all[i].intact;
		out->trusted = out->trusted && all[i].trusted;
		out->usage_fits = out->usage_fits && all[i].usage_fits;
		out->in_time = out->in_time && all[i].in_time;
		if (severity(all[i].status) > severity(worst->status))
			worst = &all[i];
	}
	signer_set(out, main_signer(all, count));
	conclude(out, worst->status, worst->detail);
	if (out->status == SMIME_VALID && !out->owns_from)
		conclude(out, SMIME_MISMATCH,
		    "the certificate is not that of the From address");
}

/* Judges content by the signers of data; NULL: there is none. */
static int
signers_judge(const struct smime_verify_opts *opts,
    const struct signed_data *data, const struct slice *content,
    struct smime_verdict *out)
{
	struct signer_judgement judgements[LIMIT_SIGNERS];
	struct signer_info infos[LIMIT_SIGNERS];
	struct signer_context context = {.opts = opts,
	    .content_type = data->content_type,
	    .certificates = &out->certificates};

	if (certificates_read(data, opts->cache, &out->certificates))
		return conclude(out, SMIME_MALFORMED, "certificates");
	if (signers_read(data, infos, &out->signers))
		return conclude(out, SMIME_MALFORMED, "signers");
	/* Rule V4: certificates alone sign nothing. */
	if (out->signers == 0)
		return conclude(out, SMIME_UNSIGNED, "no signer");
	if (!content)
		return conclude(
		    out, SMIME_MALFORMED, "the signed content is missing");
	context.content = *content;
	/* RFC 8551 2.4.1 */
	if (data->content_type != OID_DATA)
		return conclude(out, SMIME_UNSUPPORTED, "content type");
	for (unsigned i = 0; i < out->signers; i++)
		signer_judge(&context, &infos[i], &judgements[i]);
	judgements_join(judgements, out->signers, out);
	return 0;
}

/* --- multipart/signed --- */

/* All of a part, as it was signed: header, empty line, body. */
static struct slice
part_bytes(const struct mime_part *part)
{
	size_t head = part->header_raw.len + part->separator.len;

	return slice_make(part->body.data - head, head + part->body.len);
}

/* There are programs that read on behind the close-delimiter. */
static bool
goes_on(const struct mime_part *root)
{
	const char *boundary = mime_type_param(&root->type, "boundary");
	char delimiter[LIMIT_BOUNDARY + 3];
	int len = snprintf(delimiter, sizeof(delimiter), "--%s", boundary);

	return memmem(root->epilogue.data, root->epilogue.len, delimiter,
		   (size_t)len) != NULL;
}

/* Exactly two parts in a well-formed multipart (rules S11, V3).  Anything
 * that mail programs could read differently is malformed. */
static const struct mime_part *
signed_part(const struct mime_tree *tree)
{
	const struct mime_part *root = tree->root, *first = root->child;

	if (root->kind != MIME_MULTIPART || root->header_malformed ||
	    root->structure_malformed || root->type.malformed ||
	    root->type.duplicate ||
	    !mime_type_param_is_plain(&root->type, "boundary") || !first ||
	    !first->next || first->next->next ||
	    !smime_is_signature(first->next) || goes_on(root))
		return NULL;
	return first;
}

static int
detached_judge(const struct smime_verify_opts *opts,
    const struct mime_part *part, const struct cms_body *cms,
    struct smime_verdict *out)
{
	struct slice content = part_bytes(part);
	struct signed_data data;

	out->inside = content;
	if (cms->der.len > (size_t)LIMIT_SIGNATURE)
		return conclude(
		    out, SMIME_MALFORMED, "the signature is too large");
	if (signed_data_read(cms->der, &data))
		return conclude(out, SMIME_MALFORMED, "no SignedData");
	/* Rule V3: some programs would show eContent, others part 1. */
	if (data.has_content)
		return conclude(
		    out, SMIME_MALFORMED, "the signature has its own content");
	return signers_judge(opts, &data, &content, out);
}

static int
detached_verify(const struct smime_verify_opts *opts,
    const struct mime_tree *tree, struct smime_verdict *out, struct err *err)
{
	const struct mime_part *part = signed_part(tree), *signature;
	struct cms_body cms;
	int rc = 0;

	if (!part)
		return conclude(out, SMIME_MALFORMED, "multipart/signed");
	signature = part->next;
	if (signature->body.len > ENCODED_SIGNATURE_MAX)
		return conclude(
		    out, SMIME_MALFORMED, "the signature is too large");
	if (cms_body_decode(&cms, &signature->header, signature->body,
		out->content.config, err) == 0)
		rc = detached_judge(opts, part, &cms, out);
	else if (err->class == ERR_TEMPORARY)
		rc = -1;
	else
		conclude(out, SMIME_MALFORMED, "transfer encoding");
	cms_body_fini(&cms);
	return rc;
}

static int
multipart_verify(const struct smime_verify_opts *opts,
    const struct header *header, struct slice body, struct smime_verdict *out,
    struct err *err)
{
	struct mime_tree tree;
	struct buf raw;
	int rc;

	buf_init(&raw, (size_t)LIMIT_HEADER_BYTES);
	mime_entity_header(header, body, &raw);
	mime_scan(&tree, buf_slice(&raw), body);
	rc = detached_verify(opts, &tree, out, err);
	mime_tree_fini(&tree);
	buf_fini(&raw);
	return rc;
}

/* --- application/pkcs7-mime --- */

/* The content leaves the message: out keeps it. */
static int
content_take(
    const struct tlv_octets *content, struct spool *out, struct err *err)
{
	struct slice piece;
	size_t at = 0;

	while (tlv_octets_next(content, &at, &piece))
		if (spool_write(out, piece.data, piece.len, err))
			return -1;
	return spool_finish(out, err);
}

int
smime_verify_cms(const struct smime_verify_opts *opts, struct slice der,
    struct smime_verdict *out, struct err *err)
{
	enum oid type = signed_data_type(der);
	struct signed_data data;
	struct slice content;

	if (type == OID_ENVELOPED_DATA || type == OID_AUTH_ENVELOPED_DATA)
		return conclude(out, SMIME_UNSIGNED, "encrypted");
	if (type == OID_COMPRESSED_DATA)
		return conclude(out, SMIME_UNSIGNED, "compressed");
	if (signed_data_read(der, &data))
		return conclude(out, SMIME_MALFORMED, "no SignedData");
	if (der.len - data.content.raw.len > (size_t)LIMIT_SIGNATURE)
		return conclude(
		    out, SMIME_MALFORMED, "the signature is too large");
	if (content_take(&data.content, &out->content, err))
		return -1;
	content = out->inside = spool_slice(&out->content);
	return signers_judge(
	    opts, &data, data.has_content ? &content : NULL, out);
}

static int
opaque_verify(const struct smime_verify_opts *opts, const struct header *header,
    struct slice body, struct smime_verdict *out, struct err *err)
{
	struct cms_body cms;
	int rc = 0;

	if (cms_body_decode(&cms, header, body, out->content.config, err) == 0)
		rc = smime_verify_cms(opts, cms.der, out, err);
	else if (err->class == ERR_TEMPORARY)
		rc = -1;
	else
		conclude(out, SMIME_MALFORMED, "transfer encoding");
	cms_body_fini(&cms);
	return rc;
}

int
smime_verify(const struct smime_verify_opts *opts, const struct header *header,
    struct slice body, struct smime_verdict *out, struct err *err)
{
	enum smime_kind kind = smime_detect_header(header);

	/* Mail programs differ in which one they believe. */
	if (kind != SMIME_NONE && header_count(header, "Content-Type") > 1)
		return conclude(
		    out, SMIME_MALFORMED, "several Content-Type fields");
	switch (kind) {
	case SMIME_SIGNED_DETACHED:
		return multipart_verify(opts, header, body, out, err);
	case SMIME_SIGNED_OPAQUE:
	case SMIME_PKCS7:
		return opaque_verify(opts, header, body, out, err);
	case SMIME_CERTS_ONLY:
		/* Rule V4: whoever shows the content, or does not, nobody
		 * takes it for a signed one. */
		return conclude(out, SMIME_UNSIGNED, "certificates only");
	case SMIME_ENVELOPED:
	case SMIME_AUTH_ENVELOPED:
	case SMIME_PGP_ENCRYPTED:
		return conclude(out, SMIME_UNSIGNED, "encrypted");
	case SMIME_NONE:
	case SMIME_COMPRESSED:
	case SMIME_PGP_SIGNED:
	case SMIME_PGP_INLINE:
	case SMIME_OTHER_SIGNED:
	default:
		return conclude(out, SMIME_UNSIGNED, "");
	}
}
