/*
 * decrypt.c: see decrypt.h.
 *
 * The sender of a message may try to learn from how it fails, and from how
 * long that takes (rule X4): whatever goes wrong behind the choice of a
 * recipient ends in content_cipher_refuse(), with one text; a key that cannot
 * be unwrapped is replaced by a random one, with which the content is
 * decrypted all the same.  Plaintext goes to a spool of its own, which is
 * handed over only when all of it is there and checked (rule X2).  Callable
 * from any thread.  RFC 5652 section 6, RFC 3218.
 */
#include "smime/decrypt.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "smime/cms_body.h"
#include "smime/content_cipher.h"
#include "smime/detect.h"
#include "smime/plaintext.h"
#include "smime/recipient_open.h"

/* A RecipientInfo that one of our certificates fits, and its content key. */
struct unwrapping {
	const struct store_own_cert *own;
	struct recipient_info info;
	unsigned char key[CONTENT_KEY_MAX];
};

/* A reader says: this one is mine. */
struct claim {
	size_t reader;
	size_t unwrapping;
};

struct decryption {
	const struct smime_open_opts *opts;
	const struct envelope *envelope;
	struct content_cipher cipher;
	struct own_index index;
	struct unwrapping *unwrappings; /* at most LIMIT_UNWRAPS */
	size_t unwrapping_count, unwrapping_size;
	struct claim *claims; /* at most LIMIT_DECRYPT_TRIES of each reader */
	size_t claim_count, claim_size;
	unsigned *tries; /* claims of each reader */
	size_t recipients;
};

/* --- whose they are --- */

/* false: there are LIMIT_UNWRAPS already. */
static bool
unwrapping_add(struct decryption *d, const struct store_own_cert *own,
    const struct recipient_info *info)
{
	if (d->unwrapping_count == LIMIT_UNWRAPS)
		return false;
	if (d->unwrapping_count == d->unwrapping_size) {
		d->unwrapping_size = d->unwrapping_size * 2 + 4;
		d->unwrappings = xreallocarray(d->unwrappings,
		    d->unwrapping_size, sizeof(*d->unwrappings));
	}
	d->unwrappings[d->unwrapping_count++] =
	    (struct unwrapping){.own = own, .info = *info};
	return true;
}

static void
claim_add(struct decryption *d, size_t reader)
{
	if (d->claim_count == d->claim_size) {
		d->claim_size = d->claim_size * 2 + 4;
		d->claims =
		    xreallocarray(d->claims, d->claim_size, sizeof(*d->claims));
	}
	d->claims[d->claim_count++] =
	    (struct claim){reader, d->unwrapping_count - 1};
	d->tries[reader]++;
}

/* Entries of one certificate stand side by side: its key is asked once. */
static void
claims_add(struct decryption *d, const struct recipient_info *info)
{
	const struct certificate *last = NULL;
	const struct own_entry *e;
	struct own_matches matches;

	if (info->kind == RECIPIENT_OTHER)
		return;
	own_matches_init(&matches, &d->index, &info->id);
	while ((e = own_matches_next(&matches))) {
		if (d->tries[e->reader] == LIMIT_DECRYPT_TRIES)
			continue;
		if (last != matches.last && !unwrapping_add(d, e->own, info))
			return;
		last = matches.last;
		claim_add(d, e->reader);
	}
}

/* All RecipientInfos are read: a broken one behind ours counts. */
static int
claims_find(struct decryption *d)
{
	struct recipient_reader reader;
	struct recipient_info info;
	int more;

	if (recipient_reader_init(&reader, d->envelope->recipients))
		return -1;
	while ((more = recipient_reader_next(&reader, &info)) == 1) {
		d->recipients++;
		claims_add(d, &info);
	}
	return more;
}

/* --- their content keys --- */

/* Only a key process that is away is an error; a RecipientInfo that it cannot
 * open yields a random key. */
static int
unwrap(struct decryption *d, struct unwrapping *u, struct err *err)
{
	size_t wanted = d->cipher.algorithm->key_size;
	struct buf key;
	int rc = 0;

	/* First, so that it is done whether it is needed or not. */
	if (RAND_bytes(u->key, sizeof(u->key)) != 1)
		return err_set_crypto(err, ERR_TEMPORARY, "random numbers");
	buf_init(&key, CONTENT_KEY_MAX);
	if (recipient_open(
		d->opts->keys, u->own, &u->info, wanted, &key, err)) {
		rc = err->class == ERR_TEMPORARY ? -1 : 0;
		ERR_clear_error();
	} else if (buf_ok(&key) && key.len == wanted) {
		memcpy(u->key, key.data, wanted);
	}
	buf_wipe(&key);
	return rc;
}

static int
unwrap_all(struct decryption *d, struct err *err)
{
	for (size_t i = 0; i < d->unwrapping_count; i++)
		if (unwrap(d, &d->unwrappings[i], err))
			return -1;
	return 0;
}

static bool
same_key(const struct decryption *d, const struct unwrapping *a,
    const struct unwrapping *b)
{
	return CRYPTO_memcmp(a->key, b->key, d->cipher.algorithm->key_size) ==
	       0;
}

/* --- the content --- */

static bool
was_tried(const struct decryption *d, const struct unwrapping *u,
    const struct unwrapping *const *tried, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (same_key(d, u, tried[i]))
			return true;
	return false;
}

/* -1 with err filled: not with this key. */
static int
content_try(const struct decryption *d, const struct unwrapping *u,
    struct spool *out, struct err *err)
{
	bool allowed = content_guard_allows(
	    d->opts->guard, &d->cipher, d->envelope, u->key);

	spool_reset(out);
	if (content_cipher_open(&d->cipher, d->envelope, u->key, out, err))
		return -1;
	/* Not before: it takes as long as any other. */
	if (!allowed)
		return content_cipher_refuse(err);
	if (d->opts->only_entity && !plaintext_is_entity(spool_slice(out)))
		return content_cipher_refuse(err);
	return 0;
}

/* The first key that opens it; NULL with err filled when none does. */
static const struct unwrapping *
content_open(const struct decryption *d, struct spool *out, struct err *err)
{
	const struct unwrapping *tried[LIMIT_DECRYPT_TRIES], *u;
	size_t count = 0;

	content_cipher_refuse(err);
	for (size_t i = 0; i < d->unwrapping_count; i++) {
		u = &d->unwrappings[i];
		if (was_tried(d, u, tried, count))
			continue;
		if (count == LIMIT_DECRYPT_TRIES)
			break;
		tried[count++] = u;
		if (content_try(d, u, out, err) == 0)
			return u;
		if (err->class == ERR_TEMPORARY)
			return NULL;
		content_cipher_refuse(err);
	}
	return NULL;
}

static void
readers_tell(
    const struct decryption *d, const struct unwrapping *good, bool *reads)
{
	for (size_t i = 0; i < d->claim_count; i++) {
		const struct claim *claim = &d->claims[i];

		if (same_key(d, good, &d->unwrappings[claim->unwrapping]))
			reads[claim->reader] = true;
	}
}

static int
open_claimed(struct decryption *d, struct spool *out, bool *reads,
    struct smime_opened *result, struct err *err)
{
	const struct unwrapping *good;
	struct spool plain;

	if (unwrap_all(d, err))
		return -1;
	spool_init(&plain, out->config);
	good = content_open(d, &plain, err);
	if (!good) {
		spool_fini(&plain);
		return -1;
	}
	spool_fini(out);
	*out = plain;
	readers_tell(d, good, reads);
	*result = (struct smime_opened){.used = good->own,
	    .info = good->info,
	    .cipher = d->cipher.algorithm->name,
	    .cipher_oid = d->cipher.algorithm->oid,
	    .authenticated = d->envelope->authenticated,
	    .recipients = d->recipients};
	return 0;
}

static int
open_read(struct decryption *d, struct spool *out, bool *reads,
    struct smime_opened *result, struct err *err)
{
	if (claims_find(d))
		return content_cipher_refuse(err);
	if (d->claim_count == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "the message is encrypted to none of our certificates");
	/* What the message is encrypted with anybody can see. */
	if (content_cipher_choose(d->envelope, &d->cipher))
		return content_cipher_refuse(err);
	return open_claimed(d, out, reads, result, err);
}

int
smime_open(const struct smime_open_opts *opts, const struct envelope *envelope,
    struct spool *out, bool *reads, struct smime_opened *result,
    struct err *err)
{
	struct decryption d = {.opts = opts, .envelope = envelope};
	int rc;

	for (size_t i = 0; i < opts->reader_count; i++)
		reads[i] = false;
	d.tries = xcalloc(opts->reader_count + 1, sizeof(*d.tries));
	own_index_init(&d.index, opts->readers, opts->reader_count);
	rc = open_read(&d, out, reads, result, err);
	own_index_fini(&d.index);
	if (d.unwrappings)
		OPENSSL_cleanse(
		    d.unwrappings, d.unwrapping_size * sizeof(*d.unwrappings));
	free(d.unwrappings);
	free(d.claims);
	free(d.tries);
	return rc;
}

/* --- one reader --- */

int
smime_decrypt_der(const struct smime_decrypt_opts *opts, struct slice der,
    struct spool *out, struct smime_decrypted *result, struct err *err)
{
	struct smime_reader reader = {opts->own, opts->own_count};
	struct smime_open_opts open = {opts->keys, &reader, 1, true, NULL};
	struct smime_opened opened;
	struct envelope envelope;
	bool reads;
	int rc;

	if (envelope_read(der, &envelope))
		return content_cipher_refuse(err);
	rc = smime_open(&open, &envelope, out, &reads, &opened, err);
	if (rc && err->class == ERR_PERMANENT) {
		open.only_entity = false;
		rc = smime_open(&open, &envelope, out, &reads, &opened, err);
	}
	if (rc)
		return -1;
	*result = (struct smime_decrypted){.used = opened.used,
	    .authenticated = opened.authenticated,
	    .proven = opened.authenticated || open.only_entity,
	    .cipher = opened.cipher,
	    .recipients = opened.recipients};
	return 0;
}

int
smime_decrypt(const struct smime_decrypt_opts *opts,
    const struct header *header, struct slice body, struct spool *out,
    struct smime_decrypted *result, struct err *err)
{
	enum smime_kind kind = smime_detect_header(header);
	struct cms_body cms;
	int rc = -1;

	/* Without a smime-type the CMS says what it is. */
	if (kind != SMIME_ENVELOPED && kind != SMIME_AUTH_ENVELOPED &&
	    kind != SMIME_PKCS7)
		return content_cipher_refuse(err);
	if (cms_body_decode(&cms, header, body, out->config, err) == 0)
		rc = smime_decrypt_der(opts, cms.der, out, result, err);
	else if (err->class != ERR_TEMPORARY)
		content_cipher_refuse(err);
	cms_body_fini(&cms);
	return rc;
}

/* --- whom it is encrypted to --- */

static bool
is_ours(const struct own_index *index, const struct recipient_info *info)
{
	struct own_matches matches;

	if (info->kind == RECIPIENT_OTHER)
		return false;
	own_matches_init(&matches, index, &info->id);
	return own_matches_next(&matches) != NULL;
}

static void
recipient_text(const struct recipient_info *info, struct buf *out)
{
	if (info->kind == RECIPIENT_OTHER)
		buf_add_text(out, "other");
	else
		cms_id_text(&info->id, out);
}

size_t
smime_recipient_count(const struct envelope *envelope,
    const struct smime_reader *readers, size_t reader_count, bool *named)
{
	struct recipient_reader reader;
	struct recipient_info info;
	struct own_index index;
	size_t count = 0;

	*named = false;
	if (recipient_reader_init(&reader, envelope->recipients))
		return 0;
	own_index_init(&index, readers, reader_count);
	while (recipient_reader_next(&reader, &info) == 1) {
		count++;
		*named = *named || is_ours(&index, &info);
	}
	own_index_fini(&index);
	return count;
}

void
smime_recipient_list(const struct envelope *envelope, struct buf *out)
{
	struct recipient_reader reader;
	struct recipient_info info;
	struct buf text;

	buf_init(&text, LIMIT_RECIPIENTS_SHOWN);
	if (recipient_reader_init(&reader, envelope->recipients))
		return;
	while (recipient_reader_next(&reader, &info) == 1) {
		buf_clear(&text);
		recipient_text(&info, &text);
		if (!buf_ok(&text) || out->len + text.len + strlen("; ...; ") >
					  LIMIT_RECIPIENTS_SHOWN) {
			buf_add_text(out, out->len > 0 ? "; ..." : "...");
			break;
		}
		if (out->len > 0)
			buf_add_text(out, "; ");
		buf_add_slice(out, buf_slice(&text));
	}
	buf_fini(&text);
}
