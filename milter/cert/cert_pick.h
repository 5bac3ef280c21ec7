/*
 * cert_pick.h: which certificates to encrypt to for an address, and why not
 * the others (rules E6, H4, V10).
 *
 * Pure but for the trust check: no store, no network.  Every candidate gets
 * a word, so that "explain" can show them all.
 */
#ifndef CERT_CERT_PICK_H
#define CERT_CERT_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/setting.h"
#include "cert/store.h"
#include "cert/trust.h"

enum cert_pick_word {
	CERT_PICK_TAKEN = 0,
	CERT_PICK_NONE, /* no candidate at all: keys not exchanged */
	CERT_PICK_EXPIRED,
	CERT_PICK_NOT_YET,
	CERT_PICK_WRONG_ADDRESS, /* the certificate does not name the address */
	CERT_PICK_WRONG_USAGE,	 /* KU or EKU forbid encryption */
	CERT_PICK_WEAK,
	CERT_PICK_UNSUPPORTED, /* a key that we cannot encrypt to */
	CERT_PICK_UNTRUSTED,   /* no path to a trusted root */
	CERT_PICK_REVOKED,
	CERT_PICK_PENDING,
	CERT_PICK_DISTRUSTED,
	CERT_PICK_NOT_PREFERRED, /* usable, but its owner prefers another */
	CERT_PICK_NOT_NEWEST,	 /* usable, but policy wants only the newest */
	CERT_PICK_UNCHECKED,	 /* may be revoked, and policy wants to know */
	CERT_PICK_DOMAIN,    /* taken in place of his own: his domain's (C9) */
	CERT_PICK_SUSPENDED, /* usable, but the operator said: not now */
	CERT_PICK_COUNT
};

/* The word as it stands in logs and explanations: "taken", "no-certificate",
 * "expired" ... */
const char *cert_pick_word_name(enum cert_pick_word word);
/* The same for a refusal: what to tell the sender, with the remedy.  Static,
 * ASCII, without the address. */
const char *cert_pick_word_advice(enum cert_pick_word word);

struct cert_candidate {
	struct certificate *certificate; /* a reference */
	enum store_trust trust;
	enum cert_pick_word word;
	const char *detail;	     /* static text of the path check, or "" */
	bool is_domain;		     /* of the address that stands in (C9) */
	unsigned char *capabilities; /* as in the store; owned, may be NULL */
	size_t capabilities_len;
	unsigned used; /* a set of store_used: what its owner did after he
	                * announced the capabilities, if he ever did */
};

struct cert_choice {
	struct cert_candidate *candidates; /* taken ones first */
	size_t count;
	size_t taken;
	enum cert_pick_word word; /* TAKEN, or the most helpful reason why
	                           * there is none */
};
void cert_choice_fini(struct cert_choice *choice);

/* For whom, and what policy says; inherit means as usual. */
struct cert_pick_opts {
	const char *address;
	struct trust *trust;
	time_t now;
	enum setting_certificates certificates;
	enum setting_unchecked unchecked;
	bool suspended; /* nothing is encrypted to this address for now */
};

/*
 * Judges the certificates of one address.  All usable ones are taken (C4);
 * when one of them is marked preferred by its owner only the preferred and
 * the manual or pinned ones are; several may be marked, one for each of his
 * devices.  A manual or pinned certificate needs no path to an anchor, and may
 * name no address at all: the operator vouches.  One that names only other
 * addresses is refused even so.
 *
 * Where policy wants the newest it is the one with the latest notBefore; but a
 * new certificate never displaces a manual or pinned one (rule H4).  No
 * revocation information is had yet, so that where policy refuses what is
 * unchecked only manual and pinned ones are taken.
 *
 * While the address is suspended none is taken, whatever there is.
 *
 * certs are borrowed for the call; *out holds references and is ended with
 * cert_choice_fini.
 */
void cert_pick(const struct store_partner_cert *certs, size_t count,
    const struct cert_pick_opts *opts, struct cert_choice *out);

/* A recipient of whom none is taken: those of the address that stands in for
 * him are, with the word for it.  Takes what is in domain, which is empty
 * then. */
void cert_choice_fall_back(
    struct cert_choice *choice, struct cert_choice *domain);

#endif
