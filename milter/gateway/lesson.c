/*
 * lesson.c: see lesson.h.  Belongs to one thread.
 */
#include "gateway/lesson.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/cert_harvest.h"
#include "cert/continuity.h"
#include "cert/partner_certs.h"
#include "gateway/record.h"

struct lesson {
	char *queue_id;
	char *from;
	char *message_id;
	bool valid; /* otherwise only trust is missing */
	struct certificate *signer;
	struct certificate *preferred;
	struct certificate_list others;
	struct buf capabilities;
	time_t signing_time;
	unsigned used;
	size_t weight;
};

struct lesson *
lesson_new(
    const struct harvest_source *source, const struct smime_verdict *verdict)
{
	struct lesson *l = xcalloc(1, sizeof(*l));

	l->queue_id = xstrdup(source->queue_id ? source->queue_id : "");
	l->from = xstrdup(source->from);
	l->message_id = xstrdup(source->message_id ? source->message_id : "");
	l->valid = verdict->status == SMIME_VALID;
	l->signer = certificate_ref(verdict->signer);
	if (verdict->preferred)
		l->preferred = certificate_ref(verdict->preferred);
	certificate_list_init(&l->others);
	for (size_t i = 0; i < verdict->certificates.count; i++) {
		certificate_list_add(&l->others, verdict->certificates.at[i]);
		l->weight += verdict->certificates.at[i]->der.len;
	}
	buf_init(&l->capabilities, verdict->capabilities.len);
	buf_add_slice(&l->capabilities, buf_slice(&verdict->capabilities));
	l->weight += l->capabilities.len;
	l->signing_time = verdict->signing_time;
	l->used = source->used;
	return l;
}

void
lesson_free(struct lesson *l)
{
	free(l->queue_id);
	free(l->from);
	free(l->message_id);
	certificate_unref(&l->signer);
	certificate_unref(&l->preferred);
	certificate_list_fini(&l->others);
	buf_fini(&l->capabilities);
	free(l);
}

size_t
lesson_weight(const struct lesson *lesson)
{
	return lesson->weight;
}

/* Being learned. */
struct class
{
	const struct lesson *lesson;
	struct store *store;
	struct trust *trust;
	time_t now;
	struct partner_certs known;	  /* of the contact, before */
	struct store_partner_cert record; /* what is to be put */
};

static void
say_unlearned(const struct class *c, const char *reason, const struct err *err)
{
	const struct certificate *about =
	    c->record.certificate ? c->record.certificate : c->lesson->signer;

	record_unlearned(c->lesson->queue_id, c->lesson->from,
	    about->fingerprint_text, reason, err);
}

/* --- an authority that nobody knows (B6) --- */

static struct certificate *
find_issuer(const struct certificate_list *list, const struct certificate *of)
{
	for (size_t i = 0; i < list->count; i++) {
		struct certificate *c = list->at[i];

		if (c != of && c->is_ca &&
		    X509_NAME_cmp(X509_get_subject_name(c->x509),
			X509_get_issuer_name(of->x509)) == 0)
			return c;
	}
	return NULL;
}

/* The top of the path as far as the message shows it. */
static struct certificate *
find_top(const struct lesson *l)
{
	struct certificate *top = l->signer, *issuer;

	for (size_t i = 0; i < LIMIT_CHAIN && !top->self_issued; i++) {
		issuer = find_issuer(&l->others, top);
		if (!issuer)
			break;
		top = issuer;
	}
	return top;
}

/* A certificate that vouches for itself names no authority (B2). */
static void
note_authority(const struct class *c)
{
	const struct lesson *l = c->lesson;
	struct certificate *top = find_top(l);
	struct store_authority authority = {
	    .messages = 1, .first_seen = c->now};
	struct err err;

	if (l->signer->self_issued ||
	    trust_check(c->trust, l->signer, &l->others, c->now, NULL) !=
		TRUST_UNKNOWN_CA)
		return;
	if (top->self_issued) {
		authority.certificate = top;
		authority.subject = top->subject;
		memcpy(authority.fingerprint, top->fingerprint_text,
		    sizeof(authority.fingerprint));
	} else {
		authority.subject = top->issuer;
	}
	if (store_authority_seen(c->store, &authority, &err) < 0)
		say_unlearned(c, "store", &err);
}

/* --- what is known already --- */

static bool
is_vouched_for(const struct store_partner_cert *p)
{
	return p && (p->trust == STORE_TRUST_MANUAL ||
			p->trust == STORE_TRUST_PINNED);
}

static bool
is_in_use(const struct store_partner_cert *p)
{
	return is_vouched_for(p) || (p && p->trust == STORE_TRUST_HARVESTED);
}

static bool
has_trust(const struct store_partner_cert *p, enum store_trust trust)
{
	return p && p->trust == trust;
}

/* It has signed itself, not only been named. */
static bool
has_signed(const struct class *c)
{
	return memcmp(c->record.certificate->fingerprint,
		   c->lesson->signer->fingerprint, FINGERPRINT_SIZE) == 0;
}

static bool
is_anything_pinned(const struct partner_certs *known)
{
	for (size_t i = 0; i < known->count; i++)
		if (known->at[i].trust == STORE_TRUST_PINNED)
			return true;
	return false;
}

/* Newest signing time wins (B5), for the contact as a whole: an old message
 * that comes again must not make the certificate of then the preferred one. */
static bool
is_outdated(const struct class *c)
{
	for (size_t i = 0; i < c->known.count; i++)
		if (c->known.at[i].signing_time > c->record.signing_time)
			return true;
	return false;
}

/* Rule H4: where the operator pinned one, nothing but what is in use speaks
 * for others of the contact. */
static void
limit_claims(struct class *c)
{
	if (!has_signed(c) && is_anything_pinned(&c->known) &&
	    !is_in_use(partner_certs_find(&c->known, c->lesson->signer)))
		cert_harvest_drop_claims(&c->record);
	if (is_outdated(c))
		c->record.preferred = false;
}

/* --- newcomers (B4) --- */

static enum continuity
judge(const struct class *c, struct certificate *certificate,
    const struct partner_certs *known)
{
	const struct continuity_newcomer newcomer = {
	    certificate, &c->lesson->others};

	return continuity_judge(
	    c->trust, &newcomer, known->at, known->count, c->now);
}

/* Both the certificate and who names it must go on from what there is. */
static enum continuity
judge_newcomer(const struct class *c)
{
	enum continuity answer = judge(c, c->record.certificate, &c->known);

	if (continuity_trust(answer) == STORE_TRUST_PENDING ||
	    is_in_use(partner_certs_find(&c->known, c->lesson->signer)))
		return answer;
	return judge(c, c->lesson->signer, &c->known);
}

/* Two of one contact may be learned by two processes at a time, each as if
 * there were no other.  Whoever was second sees the first one now, and takes
 * his own back; when both do, both wait for the operator. */
static int
look_again(const struct class *c, enum continuity *answer, struct err *err)
{
	const struct store_partner_cert *record = &c->record;
	struct partner_certs known;
	int rc;

	partner_certs_init(&known);
	rc = partner_certs_load(&known, c->store, record->address, err);
	if (rc == 0)
		*answer = judge(c, record->certificate, &known);
	partner_certs_fini(&known);
	if (rc < 0 || continuity_trust(*answer) == STORE_TRUST_HARVESTED)
		return rc;
	return store_partner_cert_judge(c->store, record->address,
	    record->certificate->fingerprint, STORE_TRUST_PENDING, err);
}

static int
put(const struct class *c, bool *is_new, struct err *err)
{
	return store_partner_cert_put(c->store, &c->record, is_new, err);
}

static void
learn_newcomer(struct class *c)
{
	const struct lesson *l = c->lesson;
	enum continuity answer = judge_newcomer(c);
	struct err err;
	bool is_new;

	c->record.trust = continuity_trust(answer);
	if (put(c, &is_new, &err) < 0 ||
	    (c->record.trust == STORE_TRUST_HARVESTED &&
		look_again(c, &answer, &err) < 0))
		say_unlearned(c, "store", &err);
	else if (continuity_trust(answer) == STORE_TRUST_PENDING)
		record_pending(l->queue_id, l->from, c->record.fingerprint,
		    continuity_name(answer));
	else
		record_harvested(
		    l->queue_id, l->from, c->record.fingerprint, true);
}

/* --- all others --- */

static void
renew(struct class *c, const struct store_partner_cert *old)
{
	const struct lesson *l = c->lesson;
	struct err err;
	bool is_new;

	c->record.trust = STORE_TRUST_HARVESTED;
	if (old->trust == STORE_TRUST_PENDING)
		c->record.trust = STORE_TRUST_PENDING;
	if (put(c, &is_new, &err) < 0)
		say_unlearned(c, "store", &err);
	else if (old->trust == STORE_TRUST_PENDING)
		say_unlearned(c, "pending", NULL);
	else
		record_harvested(
		    l->queue_id, l->from, c->record.fingerprint, is_new);
}

/* Nothing that is known changes because of a signature that leads nowhere,
 * but what the operator himself vouches for needs no path. */
static void
learn_untrusted(struct class *c, const struct store_partner_cert *old)
{
	struct err err;
	bool is_new;

	if (is_vouched_for(old) && has_signed(c)) {
		renew(c, old);
		return;
	}
	if (old && old->trust != STORE_TRUST_UNTRUSTED) {
		say_unlearned(c, "untrusted", NULL);
		return;
	}
	if (put(c, &is_new, &err) < 0)
		say_unlearned(c, "store", &err);
	else
		record_untrusted(c->lesson->queue_id, c->lesson->from,
		    c->record.fingerprint, is_new);
}

static void
learn(struct class *c)
{
	const struct store_partner_cert *old =
	    partner_certs_find(&c->known, c->record.certificate);
	const struct store_partner_cert *signer =
	    partner_certs_find(&c->known, c->lesson->signer);

	limit_claims(c);
	if (has_trust(old, STORE_TRUST_DISTRUSTED) ||
	    has_trust(signer, STORE_TRUST_DISTRUSTED))
		say_unlearned(c, "distrusted", NULL);
	else if (c->record.trust == STORE_TRUST_UNTRUSTED)
		learn_untrusted(c, old);
	else if (!c->lesson->valid) /* its authority is known since then */
		say_unlearned(c, "untrusted", NULL);
	else if (!old || old->trust == STORE_TRUST_UNTRUSTED)
		learn_newcomer(c);
	else
		renew(c, old);
}

/* --- a lesson --- */

static enum cert_harvest_word
harvest(struct class *c)
{
	const struct lesson *l = c->lesson;
	const struct cert_evidence evidence = {
	    .from = l->from,
	    .signer = l->signer,
	    .others = &l->others,
	    .preferred = l->preferred,
	    .capabilities = buf_slice(&l->capabilities),
	    .signing_time = l->signing_time,
	    .used = l->used,
	    .message_id = l->message_id,
	};

	return cert_harvest(&evidence, c->trust, c->now, &c->record);
}

void
lesson_learn(const struct lesson *lesson, struct store *store,
    struct trust *trust, time_t now)
{
	struct class c = {
	    .lesson = lesson, .store = store, .trust = trust, .now = now};
	enum cert_harvest_word word;
	struct err err;

	store_partner_cert_init(&c.record);
	partner_certs_init(&c.known);
	if (!lesson->valid)
		note_authority(&c);
	word = harvest(&c);
	if (!cert_harvest_is_kept(word))
		say_unlearned(&c, cert_harvest_word_name(word), NULL);
	else if (partner_certs_load(&c.known, store, lesson->from, &err) < 0)
		say_unlearned(&c, "store", &err);
	else
		learn(&c);
	partner_certs_fini(&c.known);
	store_partner_cert_fini(&c.record);
}
