/*
 * seal.c: see seal.h: taking the fingerprint of a message.
 *
 * Every byte goes through a digest once, in the innermost part that it belongs
 * to, and once more for the message as a whole; what is in base64 or
 * quoted-printable is decoded for that.  Any thread.
 */
#include "smime/seal.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/secret.h"
#include "mail/mime_codec.h"
#include "smime/detect.h"
#include "smime/seal_digest.h"

/* --- keys --- */

int
seal_key_read(const char *path, struct seal_key *out, struct err *err)
{
	struct secret secret = {0};

	if (secret_read_file(&secret, path, sizeof(out->bytes), err))
		return -1;
	memcpy(out->bytes, secret.data, sizeof(out->bytes));
	secret_fini(&secret);
	return 0;
}

int
seal_key_random(struct seal_key *out, struct err *err)
{
	if (RAND_priv_bytes(out->bytes, sizeof(out->bytes)) != 1)
		return err_set_crypto(err, ERR_TEMPORARY, "no random bytes");
	return 0;
}

void
seal_key_wipe(struct seal_key *key)
{
	OPENSSL_cleanse(key->bytes, sizeof(key->bytes));
}

/* --- parts --- */

enum seal_root
seal_root_of(const struct header *header)
{
	enum smime_kind kind = smime_detect_header(header);

	if (kind == SMIME_SIGNED_DETACHED)
		return SEAL_ROOT_DETACHED;
	return smime_kind_is_cms(kind) ? SEAL_ROOT_CMS : SEAL_ROOT_OTHER;
}

void
seal_header_take(struct seal_digester *d, const struct mime_part *part,
    bool loose, struct seal_bytes *out)
{
	seal_digest_begin(d, SEAL_LABEL_HEADER);
	if (loose)
		seal_digest_add_fields(d, &part->header, true);
	else
		seal_digest_add(d, part->header_raw);
	seal_digest_end_bytes(d, out);
}

void
seal_type_take(struct seal_digester *d, const struct header *header,
    unsigned char out[SEAL_DIGEST])
{
	seal_digest_begin(d, SEAL_LABEL_TYPE);
	seal_digest_add_fields(d, header, false);
	seal_digest_end(d, out, SEAL_DIGEST);
}

static bool
is_encoded(const struct mime_part *part)
{
	return part->cte == MIME_CTE_BASE64 || part->cte == MIME_CTE_QP;
}

int
seal_body_decode(const struct mime_part *part, struct spool *spool,
    struct slice *out, struct err *err)
{
	bool strict;

	*out = part->body;
	if (!is_encoded(part))
		return 0;
	if (part->cte == MIME_CTE_BASE64
		? base64_decode(part->body, spool, &strict, err)
		: qp_decode(part->body, spool, &strict, err))
		return -1;
	if (spool_finish(spool, err))
		return -1;
	*out = spool_slice(spool);
	return 0;
}

static void
bytes_take(struct seal_digester *d, struct slice bytes, struct seal_bytes *out)
{
	seal_digest_begin(d, SEAL_LABEL_BODY);
	seal_digest_add(d, bytes);
	seal_digest_end_bytes(d, out);
}

static int
leaf_take(struct seal_digester *d, const struct mime_part *part,
    const struct spool_config *config, struct seal_part *out, struct err *err)
{
	struct slice decoded;
	struct spool spool;
	int rc = -1;

	spool_init(&spool, config);
	bytes_take(d, part->body, &out->raw);
	if (is_encoded(part))
		seal_text_add(d, part->body, &out->letters, NULL);
	if (seal_body_decode(part, &spool, &decoded, err))
		goto out;
	seal_text_add(d, decoded, &out->decoded_letters, &out->blanks);
	if (is_encoded(part)) {
		bytes_take(d, decoded, &out->decoded);
	} else {
		out->decoded = out->raw;
		out->letters = out->decoded_letters;
	}
	rc = 0;
out:
	spool_fini(&spool);
	return rc;
}

static void
add_between(
    struct seal_digester *d, const unsigned char *from, const unsigned char *to)
{
	if (from && to && from < to)
		seal_digest_add(d, slice_make(from, (size_t)(to - from)));
}

/* All bytes of a container that are in none of its children. */
static void
add_glue(struct seal_digester *d, const struct mime_part *part)
{
	const unsigned char *from = part->body.data;

	for (const struct mime_part *c = part->child; c; c = c->next) {
		add_between(d, from, c->header_raw.data);
		seal_digest_add(d, c->separator);
		from = c->body.data + c->body.len;
	}
	add_between(d, from, part->body.data + part->body.len);
}

static void
container_take(struct seal_digester *d, const struct mime_part *part,
    struct seal_part *out)
{
	out->in_ruins = part->structure_malformed;
	if (!out->loose) {
		seal_digest_begin(d, SEAL_LABEL_GLUE);
		add_glue(d, part);
		seal_digest_end_bytes(d, &out->glue);
	}
	if (part->child)
		seal_text_add(d, part->preamble, &out->preamble, NULL);
	seal_text_add(d, part->epilogue, &out->epilogue, NULL);
}

int
seal_part_take(struct seal_digester *d, const struct mime_part *part,
    const struct spool_config *spool, struct seal_part *out, struct err *err)
{
	*out = (struct seal_part){.depth = out->depth,
	    .loose = out->loose,
	    .kind = part->kind,
	    .cte = part->cte};
	seal_header_take(d, part, out->loose, &out->header);
	if (part->kind == MIME_LEAF)
		return leaf_take(d, part, spool, out, err);
	container_take(d, part, out);
	return 0;
}

void
seal_rest_take(struct seal_digester *d, const struct mime_part *part,
    const struct mime_part *end, struct seal_bytes *out)
{
	seal_digest_begin(d, SEAL_LABEL_REST);
	for (; part != end; part = mime_part_next(part)) {
		/* So that there is something of every part. */
		seal_digest_add(d, slice_text("\n"));
		seal_digest_add(d, part->header_raw);
		if (part->kind == MIME_LEAF)
			seal_digest_add(d, part->body);
		else
			add_glue(d, part);
	}
	seal_digest_end_bytes(d, out);
}

/* --- the message --- */

static void
whole_take(struct seal_digester *d, const struct header *header,
    struct slice body, unsigned char out[16])
{
	while (body.len > 0 && ascii_is_white(body.data[body.len - 1]))
		body.len--;
	seal_digest_begin_once(d, SEAL_LABEL_WHOLE);
	seal_digest_add_fields(d, header, true);
	seal_digest_add(d, slice_text("\n"));
	seal_digest_add(d, body);
	seal_digest_end(d, out, 16);
}

/* The root and its signature. */
static bool
is_loose(const struct seal *s, const struct mime_part *part)
{
	const struct mime_part *root = part->parent;

	return !root || (s->root == SEAL_ROOT_DETACHED && !root->parent &&
			    part == root->child->next);
}

static int
parts_take(const struct seal_opts *opts, struct seal_digester *d,
    const struct mime_part *part, struct seal *out, struct err *err)
{
	for (; part && out->count < LIMIT_SEAL_PARTS;
	     part = mime_part_next(part)) {
		struct seal_part *p = &out->parts[out->count];

		p->depth = part->depth;
		p->loose = is_loose(out, part);
		if (seal_part_take(d, part, opts->spool, p, err))
			return -1;
		out->count++;
	}
	if (part)
		seal_rest_take(d, part, NULL, &out->rest);
	return 0;
}

int
seal_take(const struct seal_opts *opts, const struct mime_tree *tree,
    struct seal *out, struct err *err)
{
	const struct mime_part *root = tree->root;
	struct seal_digester d = {0};
	int rc = -1;

	*out = (struct seal){.root = seal_root_of(&root->header)};
	if (RAND_bytes(out->nonce, sizeof(out->nonce)) != 1)
		return err_set_crypto(err, ERR_TEMPORARY, "no random bytes");
	if (seal_digester_init_message(&d, opts->key, out->nonce, err) ||
	    parts_take(opts, &d, root, out, err))
		goto out;
	seal_type_take(&d, &root->header, out->type);
	whole_take(&d, &root->header, root->body, out->whole);
	rc = seal_digester_check(&d, err);
out:
	seal_digester_fini(&d);
	return rc;
}

bool
seal_is_same(const struct seal *was, const struct seal_key *key,
    const struct header *header, struct slice body)
{
	unsigned char whole[sizeof(was->whole)];
	struct seal_digester d;
	struct err err;
	bool same;

	if (seal_digester_init_message(&d, key, was->nonce, &err))
		return false;
	whole_take(&d, header, body, whole);
	same = !d.failed && CRYPTO_memcmp(whole, was->whole, 16) == 0;
	seal_digester_fini(&d);
	return same;
}
