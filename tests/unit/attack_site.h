/*
 * attack_site.h: a gateway that somebody attacks.
 *
 * Bob is a partner of the site; Mallory has a certificate of the same
 * trusted authority, for an address of her own.  A letter comes in from
 * outside, and what counts is the word that the log has for its signature,
 * and what the store knows afterwards.
 */
#ifndef TESTS_UNIT_ATTACK_SITE_H
#define TESTS_UNIT_ATTACK_SITE_H

#include "unit/gateway_fixture.h"
#include "unit/handmade.h"

#define BOB	"bob@example.net"
#define MALLORY "mallory@example.com"

struct attack_site {
	struct gateway_fixture gateway;
	struct fixture_cert intermediate; /* below "Their CA" */
	struct fixture_cert bob, mallory; /* RSA-2048, P-256 */
	struct buf by_bob, by_mallory;	  /* attack_sign of handmade_entity */
};

void attack_site_start(struct attack_site *site);
void attack_site_stop(struct attack_site *site);

/* DER of a SignedData by cert, as its owner's mail program would make it,
 * with the intermediate; out is initialised. */
void attack_sign(struct attack_site *site, const struct fixture_cert *cert,
    struct slice content, struct buf *der);

/* The attributes that a careful program signs, contentType and messageDigest
 * among them. */
void attack_attributes(struct handmade *h);

/* A multipart/signed message with these fields ("From: ...\r\n") above;
 * content is what is signed, or should be.  out is initialised. */
void attack_letter(struct buf *out, const char *fields, struct slice content,
    struct slice der);

/* The message arrives and is accepted.  Returns the status that was logged,
 * or "unsigned" when it was not even looked at; valid until the next call. */
const char *attack_word(struct attack_site *site, struct slice message);

/* The message with the first place of old replaced by new; out is
 * initialised.  Ends the test when old is not there. */
void attack_replace(
    struct buf *out, struct slice message, const char *old, const char *new);

/* attack_word must be this one. */
void attack_expect(struct attack_site *site, const char *what,
    struct slice message, const char *word);

/* How many certificates are in use for that address, once everything that
 * was learned has been written. */
unsigned attack_learned(struct attack_site *site, const char *address);

/* attack_learned must be 0 for both. */
void attack_nothing_learned(struct attack_site *site);

#endif
