/*
 * cert_pick.c: see cert_pick.h.  A candidate is judged by one question after
 * the other; the first "no" is its word.  Any thread.
 */
#include "cert/cert_pick.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"

/* Words */

struct word {
	const char *name;
	const char *advice;
	int rank; /* the lower, the nearer to a certificate that works */
};

static const struct word words[] = {
    [CERT_PICK_TAKEN] = {"taken", "the certificate is used", 0},
    [CERT_PICK_NONE] = {"no-certificate",
	"no certificate, keys not exchanged; ask for a signed mail", 99},
    [CERT_PICK_PENDING] = {"pending",
	"the new certificate waits for approval; ask the postmaster", 1},
    [CERT_PICK_NOT_YET] = {"not-yet-valid",
	"the certificate is not valid yet; send again later", 2},
    [CERT_PICK_UNTRUSTED] = {"untrusted",
	"the certificate leads to no trusted authority; ask the postmaster", 3},
    [CERT_PICK_EXPIRED] = {"expired",
	"the certificate has expired; ask for a mail signed with a new one", 4},
    [CERT_PICK_REVOKED] = {"revoked",
	"the certificate is revoked; ask for a mail signed with a new one", 5},
    [CERT_PICK_WEAK] = {"weak",
	"key or signature of the certificate is too weak; ask for a mail "
	"signed with a stronger one",
	6},
    [CERT_PICK_UNSUPPORTED] = {"unsupported-key",
	"the key of the certificate cannot be encrypted to; ask for a mail "
	"signed with an RSA or EC certificate",
	7},
    [CERT_PICK_WRONG_USAGE] = {"wrong-usage",
	"the certificate may not be used for encryption; ask for a mail with "
	"one that may",
	8},
    [CERT_PICK_DISTRUSTED] = {"distrusted",
	"the certificate is distrusted; ask the postmaster", 9},
    [CERT_PICK_WRONG_ADDRESS] = {"wrong-address",
	"the certificate names another address; ask for a mail signed with "
	"one for this address",
	10},
    [CERT_PICK_NOT_PREFERRED] = {"not-preferred",
	"the owner prefers another certificate", 11},
};

const char *
cert_pick_word_name(enum cert_pick_word word)
{
	return words[word].name;
}

const char *
cert_pick_word_advice(enum cert_pick_word word)
{
	return words[word].advice;
}

/* Judging one */

static bool
is_vouched_for(enum store_trust trust)
{
	return trust == STORE_TRUST_MANUAL || trust == STORE_TRUST_PINNED;
}

/* The operator may bind a certificate without any address to one; if it
 * names somebody else he took the wrong file. */
static bool
is_for(const struct store_partner_cert *p, const char *address)
{
	const struct certificate *c = p->certificate;

	if (c->address_count == 0)
		return is_vouched_for(p->trust);
	return certificate_has_address(c, address);
}

static bool
can_receive(enum certificate_key key)
{
	return key == CERTIFICATE_KEY_RSA || key == CERTIFICATE_KEY_RSA_OAEP ||
	       key == CERTIFICATE_KEY_EC;
}

static enum cert_pick_word
word_of(enum trust_verdict verdict)
{
	switch (verdict) {
	case TRUST_OK:
		return CERT_PICK_TAKEN;
	case TRUST_EXPIRED:
		return CERT_PICK_EXPIRED;
	case TRUST_NOT_YET:
		return CERT_PICK_NOT_YET;
	case TRUST_REVOKED:
		return CERT_PICK_REVOKED;
	case TRUST_WEAK:
		return CERT_PICK_WEAK;
	case TRUST_UNKNOWN_CA:
	case TRUST_BROKEN:
		break;
	}
	return CERT_PICK_UNTRUSTED;
}

/* What can be told without a path. */
static enum cert_pick_word
judge_itself(
    const struct store_partner_cert *p, const char *address, time_t now)
{
	const struct certificate *c = p->certificate;

	if (p->trust == STORE_TRUST_DISTRUSTED)
		return CERT_PICK_DISTRUSTED;
	if (p->trust == STORE_TRUST_PENDING)
		return CERT_PICK_PENDING;
	if (!is_for(p, address))
		return CERT_PICK_WRONG_ADDRESS;
	if (!can_receive(c->key))
		return CERT_PICK_UNSUPPORTED;
	if (!c->may_encrypt)
		return CERT_PICK_WRONG_USAGE;
	if (now > c->not_after)
		return CERT_PICK_EXPIRED;
	if (now < c->not_before)
		return CERT_PICK_NOT_YET;
	if (!certificate_is_strong(c))
		return CERT_PICK_WEAK;
	return CERT_PICK_TAKEN;
}

static void
judge(struct cert_candidate *out, const struct store_partner_cert *p,
    const char *address, struct trust *trust, time_t now)
{
	out->certificate = certificate_ref(p->certificate);
	out->trust = p->trust;
	out->detail = "";
	out->word = judge_itself(p, address, now);
	if (out->word != CERT_PICK_TAKEN || is_vouched_for(p->trust))
		return;
	out->word = word_of(
	    trust_check(trust, p->certificate, &p->chain, now, &out->detail));
	if (out->word == CERT_PICK_TAKEN)
		out->detail = "";
}

/* Choosing */

/* Several may be preferred: each of the owner's devices names its own. */
static void
follow_preference(
    struct cert_choice *choice, const struct store_partner_cert *certs)
{
	bool preferred = false;

	for (size_t i = 0; i < choice->count; i++)
		if (choice->candidates[i].word == CERT_PICK_TAKEN &&
		    certs[i].preferred)
			preferred = true;
	for (size_t i = 0; preferred && i < choice->count; i++)
		if (choice->candidates[i].word == CERT_PICK_TAKEN &&
		    !certs[i].preferred && !is_vouched_for(certs[i].trust))
			choice->candidates[i].word = CERT_PICK_NOT_PREFERRED;
}

/* Taken ones first, otherwise in the order in which they came. */
static void
sort(struct cert_choice *choice)
{
	struct cert_candidate *sorted = xcalloc(choice->count, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < choice->count; i++)
		if (choice->candidates[i].word == CERT_PICK_TAKEN)
			sorted[n++] = choice->candidates[i];
	choice->taken = n;
	for (size_t i = 0; i < choice->count; i++)
		if (choice->candidates[i].word != CERT_PICK_TAKEN)
			sorted[n++] = choice->candidates[i];
	free(choice->candidates);
	choice->candidates = sorted;
}

static enum cert_pick_word
best_word(const struct cert_choice *choice)
{
	enum cert_pick_word best = CERT_PICK_NONE;

	for (size_t i = 0; i < choice->count; i++)
		if (words[choice->candidates[i].word].rank < words[best].rank)
			best = choice->candidates[i].word;
	return best;
}

void
cert_pick(const struct store_partner_cert *certs, size_t count,
    const char *address, struct trust *trust, time_t now,
    struct cert_choice *out)
{
	struct cert_choice choice = {.count = count};

	choice.candidates = xcalloc(count, sizeof(*choice.candidates));
	for (size_t i = 0; i < count; i++)
		judge(&choice.candidates[i], &certs[i], address, trust, now);
	follow_preference(&choice, certs);
	sort(&choice);
	choice.word = best_word(&choice);
	*out = choice;
}

void
cert_choice_fini(struct cert_choice *choice)
{
	for (size_t i = 0; i < choice->count; i++)
		certificate_unref(&choice->candidates[i].certificate);
	free(choice->candidates);
	*choice = (struct cert_choice){0};
}
