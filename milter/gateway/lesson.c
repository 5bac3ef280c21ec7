/*
 * lesson.c: see lesson.h.  Belongs to one thread.
 */
#include "gateway/lesson.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
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

static const char *const words[] = {
    [LESSON_UNLEARNED] = "unlearned",
    [LESSON_UNTRUSTED] = "untrusted",
    [LESSON_PENDING] = "pending",
    [LESSON_WAITS] = "unlearned",
    [LESSON_HARVESTED] = "harvested",
    [LESSON_RENEWED] = "harvested",
};

const char *
lesson_word_name(enum lesson_word word)
{
	return words[word];
}

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

/* A certificate that vouches for itself names no authority (B2). */
static void
note_authority(const struct class *c)
{
	const struct lesson *l = c->lesson;
	struct certificate *top = trust_top_of(l->signer, &l->others);
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
	return certificate_is_same(c->record.certificate, c->lesson->signer);
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
 * that comes again must not make the certificate of then the preferred one.
 * When a stranger in his name says that he wrote proves nothing. */
static bool
is_outdated(const struct class *c)
{
	for (size_t i = 0; i < c->known.count; i++)
		if (is_in_use(&c->known.at[i]) &&
		    c->known.at[i].signing_time > c->record.signing_time)
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

/* What is new for the contact: c->record gets the trust for that. */
static struct lesson_outlook
meet_newcomer(struct class *c)
{
	enum continuity answer = judge_newcomer(c);

	c->record.trust = continuity_trust(answer);
	return (struct lesson_outlook){c->record.trust == STORE_TRUST_PENDING
					   ? LESSON_PENDING
					   : LESSON_HARVESTED,
	    continuity_name(answer)};
}

/* --- all others --- */

static const struct lesson_outlook distrusted = {
    LESSON_UNLEARNED, "distrusted"};
static const struct lesson_outlook untrusted = {LESSON_UNLEARNED, "untrusted"};

static struct lesson_outlook
meet_known(struct class *c, const struct store_partner_cert *old)
{
	if (old->trust == STORE_TRUST_PENDING) {
		c->record.trust = STORE_TRUST_PENDING;
		return (struct lesson_outlook){LESSON_WAITS, "pending"};
	}
	c->record.trust = STORE_TRUST_HARVESTED;
	return (struct lesson_outlook){LESSON_RENEWED, ""};
}

/* Nothing that is known changes because of a signature that leads nowhere,
 * but what the operator himself vouches for needs no path. */
static struct lesson_outlook
meet_untrusted(struct class *c, const struct store_partner_cert *old)
{
	if (is_vouched_for(old) && has_signed(c))
		return meet_known(c, old);
	if (old && old->trust != STORE_TRUST_UNTRUSTED)
		return untrusted;
	return (struct lesson_outlook){LESSON_UNTRUSTED, ""};
}

/* What becomes of c->record, and with what trust. */
static struct lesson_outlook
meet(struct class *c)
{
	const struct store_partner_cert *old =
	    partner_certs_find(&c->known, c->record.certificate);
	const struct store_partner_cert *signer =
	    partner_certs_find(&c->known, c->lesson->signer);

	limit_claims(c);
	if (has_trust(old, STORE_TRUST_DISTRUSTED) ||
	    has_trust(signer, STORE_TRUST_DISTRUSTED))
		return distrusted;
	if (c->record.trust == STORE_TRUST_UNTRUSTED)
		return meet_untrusted(c, old);
	if (!c->lesson->valid) /* its authority is known since then */
		return untrusted;
	if (!old || old->trust == STORE_TRUST_UNTRUSTED)
		return meet_newcomer(c);
	return meet_known(c, old);
}

/* --- learning --- */

/* Two of one contact may be learned by two processes at a time, each as if
 * there were no other.  Whoever was second sees the first one now, and takes
 * his own back; when both do, both wait for the operator. */
static int
look_again(
    const struct class *c, struct lesson_outlook *outlook, struct err *err)
{
	const struct store_partner_cert *record = &c->record;
	enum continuity answer = CONTINUITY_OTHER_AUTHORITY;
	struct partner_certs known;
	int rc;

	partner_certs_init(&known);
	rc = partner_certs_load(&known, c->store, record->address, err);
	if (rc == 0)
		answer = judge(c, record->certificate, &known);
	partner_certs_fini(&known);
	if (rc < 0 || continuity_trust(answer) == STORE_TRUST_HARVESTED)
		return rc;
	*outlook =
	    (struct lesson_outlook){LESSON_PENDING, continuity_name(answer)};
	return store_partner_cert_judge(c->store, record->address,
	    record->certificate->fingerprint, STORE_TRUST_PENDING, err);
}

static int
put(const struct class *c, struct lesson_outlook *outlook, bool *is_new,
    struct err *err)
{
	if (store_partner_cert_put(c->store, &c->record, is_new, err) < 0)
		return -1;
	return outlook->word == LESSON_HARVESTED ? look_again(c, outlook, err)
						 : 0;
}

static void
say_learned(
    const struct class *c, const struct lesson_outlook *outlook, bool is_new)
{
	const char *queue_id = c->lesson->queue_id, *from = c->lesson->from;

	switch (outlook->word) {
	case LESSON_UNLEARNED:
	case LESSON_WAITS:
		say_unlearned(c, outlook->reason, NULL);
		break;
	case LESSON_UNTRUSTED:
		record_untrusted(queue_id, from, c->record.fingerprint, is_new);
		break;
	case LESSON_PENDING:
		record_pending(
		    queue_id, from, c->record.fingerprint, outlook->reason);
		break;
	case LESSON_HARVESTED:
		record_harvested(queue_id, from, c->record.fingerprint, true);
		break;
	case LESSON_RENEWED:
		record_harvested(queue_id, from, c->record.fingerprint, is_new);
		break;
	}
}

static void
learn(struct class *c)
{
	struct lesson_outlook outlook = meet(c);
	bool is_new = false;
	struct err err;

	if (outlook.word != LESSON_UNLEARNED &&
	    put(c, &outlook, &is_new, &err) < 0)
		say_unlearned(c, "store", &err);
	else
		say_learned(c, &outlook, is_new);
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

int
lesson_foresee(const struct lesson *lesson, struct store *store,
    struct trust *trust, time_t now, struct lesson_forecast *out,
    struct err *err)
{
	struct class c = {
	    .lesson = lesson, .store = store, .trust = trust, .now = now};
	enum cert_harvest_word word;
	int rc = 0;

	store_partner_cert_init(&c.record);
	partner_certs_init(&c.known);
	word = harvest(&c);
	if (!cert_harvest_is_kept(word)) {
		out->outlook = (struct lesson_outlook){
		    LESSON_UNLEARNED, cert_harvest_word_name(word)};
		out->certificate = certificate_ref(lesson->signer);
	} else if ((rc = partner_certs_load(
			&c.known, store, lesson->from, err)) == 0) {
		out->outlook = meet(&c);
		out->certificate = certificate_ref(c.record.certificate);
	}
	partner_certs_fini(&c.known);
	store_partner_cert_fini(&c.record);
	return rc;
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
