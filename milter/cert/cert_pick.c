/*
 * cert_pick.c: see cert_pick.h.  A candidate is judged by one question after
 * the other; the first "no" is its word.  Any thread.
 */
#include "cert/cert_pick.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
	"the certificate is not valid yet; send again later", 3},
    [CERT_PICK_UNTRUSTED] = {"untrusted",
	"the certificate leads to no trusted authority; ask the postmaster", 4},
    [CERT_PICK_EXPIRED] = {"expired",
	"the certificate has expired; ask for a mail signed with a new one", 5},
    [CERT_PICK_REVOKED] = {"revoked",
	"the certificate is revoked; ask for a mail signed with a new one", 6},
    [CERT_PICK_WEAK] = {"weak",
	"key or signature of the certificate is too weak; ask for a mail "
	"signed with a stronger one",
	7},
    [CERT_PICK_UNSUPPORTED] = {"unsupported-key",
	"the key of the certificate cannot be encrypted to; ask for a mail "
	"signed with an RSA or EC certificate",
	8},
    [CERT_PICK_WRONG_USAGE] = {"wrong-usage",
	"the certificate may not be used for encryption; ask for a mail with "
	"one that may",
	9},
    [CERT_PICK_DISTRUSTED] = {"distrusted",
	"the certificate is distrusted; ask the postmaster", 10},
    [CERT_PICK_WRONG_ADDRESS] = {"wrong-address",
	"the certificate names another address; ask for a mail signed with "
	"one for this address",
	11},
    [CERT_PICK_NOT_PREFERRED] = {"not-preferred",
	"the owner prefers another certificate", 12},
    [CERT_PICK_NOT_NEWEST] = {"not-newest",
	"there is a newer certificate, which is used", 13},
    [CERT_PICK_UNCHECKED] = {"unchecked",
	"nobody knows whether the certificate is revoked; ask the postmaster",
	2},
    [CERT_PICK_DOMAIN] = {"domain-certificate",
	"the certificate of the domain is used", 0},
    [CERT_PICK_SUSPENDED] = {"suspended",
	"encryption to this address is suspended; ask the postmaster", 0},
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
	if (p->trust == STORE_TRUST_UNTRUSTED)
		return CERT_PICK_UNTRUSTED;
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

/* Newest wins (B5).  A list that came with the signature is the owner's own
 * word, in his order; what his program used is what anybody saw, who may have
 * wrapped the message anew.  So of one message the list counts, and what was
 * used only where no list is newer. */
static void
copy_capabilities(
    struct cert_candidate *out, const struct store_partner_cert *p)
{
	if (p->capabilities_len == 0 || p->used_time > p->signing_time)
		out->used = p->used;
	if (p->capabilities_len == 0)
		return;
	out->capabilities = xreallocarray(NULL, p->capabilities_len, 1);
	memcpy(out->capabilities, p->capabilities, p->capabilities_len);
	out->capabilities_len = p->capabilities_len;
}

static void
judge(struct cert_candidate *out, const struct store_partner_cert *p,
    const struct cert_pick_opts *opts)
{
	out->certificate = certificate_ref(p->certificate);
	out->trust = p->trust;
	out->detail = "";
	copy_capabilities(out, p);
	out->word = judge_itself(p, opts->address, opts->now);
	if (out->word != CERT_PICK_TAKEN || is_vouched_for(p->trust))
		return;
	out->word = word_of(trust_check(
	    opts->trust, p->certificate, &p->chain, opts->now, &out->detail));
	if (out->word != CERT_PICK_TAKEN)
		return;
	out->detail = "";
	if (opts->unchecked == UNCHECKED_REFUSE)
		out->word = CERT_PICK_UNCHECKED;
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

/* Rule H4: what the operator vouches for, then the newest. */
static bool
is_better(const struct cert_candidate *a, const struct cert_candidate *b)
{
	if (is_vouched_for(a->trust) != is_vouched_for(b->trust))
		return is_vouched_for(a->trust);
	return a->certificate->not_before > b->certificate->not_before;
}

static void
keep_newest(struct cert_choice *choice)
{
	struct cert_candidate *newest = NULL;

	for (size_t i = 0; i < choice->count; i++) {
		struct cert_candidate *c = &choice->candidates[i];

		if (c->word != CERT_PICK_TAKEN)
			continue;
		if (newest && !is_better(c, newest)) {
			c->word = CERT_PICK_NOT_NEWEST;
			continue;
		}
		if (newest)
			newest->word = CERT_PICK_NOT_NEWEST;
		newest = c;
	}
}

static void
suspend(struct cert_choice *choice)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->candidates[i].word == CERT_PICK_TAKEN)
			choice->candidates[i].word = CERT_PICK_SUSPENDED;
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
    const struct cert_pick_opts *opts, struct cert_choice *out)
{
	struct cert_choice choice = {.count = count};

	choice.candidates = xcalloc(count, sizeof(*choice.candidates));
	for (size_t i = 0; i < count; i++)
		judge(&choice.candidates[i], &certs[i], opts);
	follow_preference(&choice, certs);
	if (opts->certificates == CERTIFICATES_NEWEST)
		keep_newest(&choice);
	if (opts->suspended)
		suspend(&choice);
	sort(&choice);
	choice.word =
	    opts->suspended ? CERT_PICK_SUSPENDED : best_word(&choice);
	*out = choice;
}

/* Appends those from first to before end. */
static void
append(struct cert_choice *to, const struct cert_choice *from, size_t first,
    size_t end)
{
	for (size_t i = first; i < end; i++)
		to->candidates[to->count++] = from->candidates[i];
}

void
cert_choice_fall_back(struct cert_choice *choice, struct cert_choice *domain)
{
	struct cert_choice all = {.taken = domain->taken, .word = choice->word};

	all.candidates =
	    xcalloc(choice->count + domain->count, sizeof(*all.candidates));
	for (size_t i = 0; i < domain->count; i++) {
		domain->candidates[i].is_domain = true;
		if (domain->candidates[i].word == CERT_PICK_TAKEN)
			domain->candidates[i].word = CERT_PICK_DOMAIN;
	}
	if (domain->taken > 0)
		all.word = CERT_PICK_TAKEN;
	append(&all, domain, 0, domain->taken);
	append(&all, choice, 0, choice->count);
	append(&all, domain, domain->taken, domain->count);
	free(choice->candidates);
	free(domain->candidates);
	*choice = all;
	*domain = (struct cert_choice){0};
}

void
cert_choice_fini(struct cert_choice *choice)
{
	for (size_t i = 0; i < choice->count; i++) {
		certificate_unref(&choice->candidates[i].certificate);
		free(choice->candidates[i].capabilities);
	}
	free(choice->candidates);
	*choice = (struct cert_choice){0};
}
