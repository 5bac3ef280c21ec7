/*
 * intact_text.c: see intact_text.h.
 *
 * A footer begins where a line ends, or behind a tag, and ends where the text
 * does, or before "</body>".  What stands before the first place where it may
 * begin is digested once; from there on, at each such place, the digest is
 * copied and ended with what follows the footer.
 */
#include "smime/intact_text.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/limits.h"
#include "smime/algorithms.h"
#include "smime/cms_body.h"
#include "smime/seal_findings.h"
#include "smime/signed_attrs.h"
#include "smime/signed_data.h"

/* What the first signer saw. */
struct wanted {
	const struct digest_algorithm *algorithm;
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t len;
};

/* The search in one message. */
struct search {
	struct wanted wanted;
	struct slice content; /* what would have been signed */
	size_t work;	      /* bytes that may still be digested */
};

/* What a try costs beside its bytes, in those. */
#define TRY_COST ((size_t)2 * KIB)

/* One place where a footer may end, and those where it may begin, the last
 * first. */
struct places {
	size_t end;
	size_t begin[LIMIT_INTACT_TRIES];
	size_t count;
};

/* --- what was signed --- */

/* false: the signature does not say. */
static bool
wanted_read(struct slice der, struct wanted *out)
{
	struct signed_attrs attrs;
	struct signer_info info;
	struct signed_data data;
	const char *why;
	struct tlv set;

	if (signed_data_read(der, &data) || signed_data_signers(&data, &set) ||
	    signed_data_signer_next(&set, &info) != 1 || !info.has_attrs ||
	    signed_attrs_read(info.attrs, &attrs, &why))
		return false;
	out->algorithm = digest_algorithm_find(info.digest.oid);
	out->len = attrs.message_digest.len;
	if (!out->algorithm || !out->algorithm->md || out->len == 0 ||
	    out->len > sizeof(out->digest))
		return false;
	memcpy(out->digest, attrs.message_digest.data, out->len);
	return true;
}

/* --- places --- */

static bool
may_begin(struct slice content, size_t at, bool html)
{
	const unsigned char *p = content.data + at;

	if (at >= 2 && p[-2] == '\r' && p[-1] == '\n')
		return true;
	if (content.len - at >= 2 && p[0] == '\r' && p[1] == '\n')
		return true;
	return html && at >= 1 && p[-1] == '>';
}

/* From the end of the footer backwards, within its text; no more of them than
 * can be paid for, so that short footers are found in large messages. */
static void
places_find(
    const struct search *s, struct places *places, size_t start, bool html)
{
	size_t rest = s->content.len - places->end;
	size_t most = s->work / (rest + TRY_COST);

	if (most > LIMIT_INTACT_TRIES)
		most = LIMIT_INTACT_TRIES;
	if (places->end - start > LIMIT_INTACT_WINDOW)
		start = places->end - LIMIT_INTACT_WINDOW;
	places->count = 0;
	for (size_t at = places->end; at > start && places->count < most;)
		if (may_begin(s->content, --at, html))
			places->begin[places->count++] = at;
}

/* --- tries --- */

/* Is it what was signed, when what is digested so far goes on with rest? */
static bool
is_wanted(
    const struct wanted *wanted, const EVP_MD_CTX *so_far, struct slice rest)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;
	bool same;

	same = ctx && EVP_MD_CTX_copy_ex(ctx, so_far) == 1 &&
	       EVP_DigestUpdate(ctx, rest.data, rest.len) == 1 &&
	       EVP_DigestFinal_ex(ctx, digest, &len) == 1 &&
	       len == wanted->len && memcmp(digest, wanted->digest, len) == 0;
	EVP_MD_CTX_free(ctx);
	return same;
}

/* Where the footer begins; its end when there is none. */
static size_t
places_try(struct search *s, const struct places *places)
{
	struct slice rest = slice_part(s->content, places->end, s->content.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t from = 0, found = places->end;

	if (!ctx || EVP_DigestInit_ex2(ctx, s->wanted.algorithm->md, NULL) != 1)
		goto out;
	for (size_t i = places->count; i-- > 0 && found == places->end;) {
		size_t at = places->begin[i];
		size_t cost = at - from + rest.len + TRY_COST;

		if (s->work < cost ||
		    EVP_DigestUpdate(ctx, s->content.data + from, at - from) !=
			1)
			break;
		s->work -= cost;
		from = at;
		if (is_wanted(&s->wanted, ctx, rest))
			found = at;
	}
out:
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return found;
}

/* --- texts --- */

/* The offset of the last "</body>" in a text, or its length. */
static size_t
page_end(struct slice text)
{
	const char *tag = "</body>";

	for (size_t at = text.len; at-- > 0;)
		if (slice_has_prefix_ci(slice_part(text, at, text.len), tag))
			return at;
	return text.len;
}

static bool
place_search(struct search *s, const struct mime_part *part, size_t end,
    struct seal_finding *out)
{
	size_t start = (size_t)(part->body.data - s->content.data), begin;
	bool html = mime_type_is(&part->type, "text", "html");
	bool behind = end == part->body.len;
	struct places places = {.end = start + end};

	places_find(s, &places, start, html);
	begin = places_try(s, &places);
	if (begin == places.end)
		return false;
	*out =
	    seal_finding_make(behind ? SEAL_TEXT_APPENDED : SEAL_TEXT_INSERTED,
		part, places.end - begin);
	return true;
}

static bool
text_search(
    struct search *s, const struct mime_part *part, struct seal_finding *out)
{
	size_t end = part->body.len;

	if (part->kind != MIME_LEAF || part->cte == MIME_CTE_BASE64 ||
	    !mime_type_is(&part->type, "text", NULL))
		return false;
	if (mime_type_is(&part->type, "text", "html"))
		end = page_end(part->body);
	return (end < part->body.len && place_search(s, part, end, out)) ||
	       place_search(s, part, part->body.len, out);
}

static bool
texts_search(
    struct search *s, const struct mime_part *content, struct seal_finding *out)
{
	const struct mime_part *end = mime_part_after(content);

	for (const struct mime_part *p = content;
	     p != end && s->work > TRY_COST; p = mime_part_next(p))
		if (text_search(s, p, out))
			return true;
	return false;
}

int
intact_text_find(const struct mime_tree *tree, const struct spool_config *spool,
    struct seal_finding *out, bool *found, struct err *err)
{
	const struct mime_part *content = tree->root->child;
	const struct mime_part *signature = content->next;
	size_t head = content->header_raw.len + content->separator.len;
	struct search s = {.work = (size_t)LIMIT_INTACT_WORK,
	    .content = slice_make(
		content->body.data - head, head + content->body.len)};
	struct cms_body cms;
	int rc = 0;

	*found = false;
	if (cms_body_decode(
		&cms, &signature->header, signature->body, spool, err) == 0)
		*found = wanted_read(cms.der, &s.wanted) &&
			 texts_search(&s, content, out);
	else if (err->class == ERR_TEMPORARY)
		rc = -1;
	cms_body_fini(&cms);
	return rc;
}
