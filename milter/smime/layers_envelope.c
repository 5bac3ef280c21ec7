/*
 * layers_envelope.c: see layers.h: what is encrypted, and for whom.
 *
 * What is told about a ciphertext that stays closed anybody could tell
 * without a key (rule X4).  Belongs to one thread.
 */
#include "smime/layers_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "smime/algorithms.h"
#include "smime/decrypt.h"

/* An inner ciphertext may stay closed inside of an outer one that was
 * opened. */
static enum step
leave_closed(struct walk *w)
{
	bool outside = w->outer_signature || w->has_signature;

	if (w->out->decryption == SMIME_OPENED)
		walk_verdict_unsigned(w, outside, "encrypted");
	else
		walk_close(w);
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
	walk_verdict_reset(w, SMIME_UNSIGNED, "");
	plaintext_fini(&out->plaintext);
	out->plaintext = *plain;
	plaintext_init(plain, w->config);
	return walk_enter(w, spool_slice(&out->plaintext.bytes));
}

static enum step
envelope_open(struct walk *w, const struct envelope *envelope, bool *reads,
    struct err *err)
{
	struct smime_open_opts opts = {w->opts->keys, w->opts->readers,
	    w->opts->reader_count, true, w->opts->guard};
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

enum step
walk_envelope(struct walk *w, struct slice der, struct err *err)
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
