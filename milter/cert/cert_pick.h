/*
 * cert_pick.h: which certificates to encrypt to for an address, and why not
 * the others (rules E6, H4, V10).
 *
 * Pure but for the trust check: no store, no network.  Every candidate gets
 * a word, so that "explain" can show them all.
 */
#ifndef CERT_CERT_PICK_H
#define CERT_CERT_PICK_H

#include <stddef.h>
#include <time.h>

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
	CERT_PICK_NOT_PREFERRED /* usable, but its owner prefers another */
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
	const char *detail; /* static text of the path check, or "" */
};

struct cert_choice {
	struct cert_candidate *candidates; /* taken ones first */
	size_t count;
	size_t taken;
	enum cert_pick_word word; /* TAKEN, or the most helpful reason why
	                           * there is none */
};
void cert_choice_fini(struct cert_choice *choice);

/*
 * Judges the certificates of one address.  All usable ones are taken (C4);
 * when one of them is marked preferred by its owner only the preferred and
 * the manual or pinned ones are; several may be marked, one for each of his
 * devices.  A manual or pinned certificate needs no path to an anchor, and may
 * name no address at all: the operator vouches.  One that names only other
 * addresses is refused even so.
 *
 * certs are borrowed for the call; *out holds references and is ended with
 * cert_choice_fini.
 */
void cert_pick(const struct store_partner_cert *certs, size_t count,
    const char *address, struct trust *trust, time_t now,
    struct cert_choice *out);

#endif
