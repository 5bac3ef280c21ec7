/*
 * store.h: everything that outlives a message.
 *
 * One interface, one file per database behind it (store_sqlite.c).  A store
 * may be used by any number of threads and processes.  Every call is one
 * transaction.  Errors: temporary when the database is locked, full or away;
 * not found when the named object does not exist; permanent for bad input
 * and for a schema that this program does not know.
 *
 * A store belongs to the process that opened it: after a fork the child opens
 * its own.  A walk (store_x_each) reads page by page and holds nothing while
 * its callback runs, which may use the store as well; what others write
 * meanwhile may or may not be met.  What an operator writes is on the disk
 * when the call returns; what is learned from mail may be lost when the power
 * fails, and comes again with the next mail.
 *
 * Strings that come out are owned by the record; x_fini frees them.  Going
 * in, NULL is "" where that means something.
 * Addresses and domains go in and come out in canonical form
 * (mail/address.h).  Times are seconds since 1970, 0 when unknown.
 */
#ifndef CERT_STORE_H
#define CERT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/setting.h"
#include "base/slice.h"
#include "cert/certificate.h"

struct store;

/* Opens "sqlite:/path/of/store.db".  The schema must be the newest known
 * one; the error says to run "smimectl store migrate" otherwise, and which
 * command makes a store when there is none.  A file that everybody may read
 * or write is refused. */
int store_open(const char *uri, struct store **out, struct err *err) MUST_USE;

/* Makes the store when it is missing (mode 0600, for the owner of its folder)
 * and brings its schema to the newest version, migration by migration, beside
 * working daemons.  *from and *to: versions; 0 when there was nothing. */
int store_migrate(
    const char *uri, int *from, int *to, struct err *err) MUST_USE;

void store_close(struct store *store);

/* The newest schema that this program knows. */
int store_schema_version(void);

/* Changes with every write that a cache must notice: all administrative
 * ones, and certificates learned or changed. */
int store_generation(
    struct store *store, uint64_t *generation, struct err *err) MUST_USE;

/* --- domains for which S/MIME is activated --- */

struct store_domain {
	char *name;
	struct setting_level level;
	/* Who can read every ciphertext of its users (C9): "" inherits,
	 * "none" is nobody, else canonical addresses with commas. */
	char *escrow;
	char *disclaimer; /* what users append: "" inherits, "none", or a name
	                   * that the configuration gives a text to */
	time_t created;
};
void store_domain_fini(struct store_domain *d);

/* add: permanent error when it exists.  set: not found when it does not. */
int store_domain_add(struct store *store, const struct store_domain *d,
    struct err *err) MUST_USE;
int store_domain_set(struct store *store, const struct store_domain *d,
    struct err *err) MUST_USE;
int store_domain_find(struct store *store, const char *name,
    struct store_domain *out, struct err *err) MUST_USE;
/* Calls each in order of name until it returns non-zero,
 * which ends the walk without being an error. */
int store_domain_each(struct store *store,
    int (*each)(const struct store_domain *, void *), void *arg,
    struct err *err) MUST_USE;

/* --- our users --- */

enum store_user_state {
	STORE_USER_ACTIVE = 0,
	STORE_USER_RETIRED
};

struct store_user {
	char *address;
	char *first_name; /* "" when unknown */
	char *last_name;
	struct setting_level level;
	char *disclaimer; /* as for a domain */
	enum store_user_state state;
	time_t created;
};
void store_user_fini(struct store_user *u);

/* The domain of the address must be activated: not found otherwise. */
int store_user_add(
    struct store *store, const struct store_user *u, struct err *err) MUST_USE;
int store_user_set(
    struct store *store, const struct store_user *u, struct err *err) MUST_USE;
int store_user_find(struct store *store, const char *address,
    struct store_user *out, struct err *err) MUST_USE;
/* domain NULL: all; in order of address, beginning behind after (NULL: from
 * the start). */
int store_user_each(struct store *store, const char *domain, const char *after,
    int (*each)(const struct store_user *, void *), void *arg,
    struct err *err) MUST_USE;

/* --- disclaimers that domains and users name --- */

struct store_disclaimer_use {
	char *name;
	char *example;	     /* a domain or a user that has it */
	unsigned long count; /* of all that have it */
};
void store_disclaimer_use_fini(struct store_disclaimer_use *use);

/* Each name once, in order; reads all domains and users. */
int store_disclaimer_each(struct store *store,
    int (*each)(const struct store_disclaimer_use *, void *), void *arg,
    struct err *err) MUST_USE;

/* --- rules for those to whom our users write, and who write to them --- */

struct store_recipient {
	char *name; /* canonical address or domain, or "*." and a domain */
	struct recipient_level level;
	/* Whose certificates stand in where a recipient has none (C9): ""
	 * inherits, "none" is nobody's, else a canonical address. */
	char *domain_certificate;
	time_t created;
};
void store_recipient_fini(struct store_recipient *r);

/* Makes the rule, or replaces one of that name, whose created stays. */
int store_recipient_put(struct store *store, const struct store_recipient *r,
    struct err *err) MUST_USE;
/* Not found when there is no rule of exactly this name. */
int store_recipient_find(struct store *store, const char *name,
    struct store_recipient *out, struct err *err) MUST_USE;
int store_recipient_remove(
    struct store *store, const char *name, struct err *err) MUST_USE;
/* Does any rule ask something of mail that comes in (inbound_signature,
 * inbound_encryption, inbound_level)? */
int store_recipient_demands(
    struct store *store, bool *any, struct err *err) MUST_USE;
/* In order of name. */
int store_recipient_each(struct store *store,
    int (*each)(const struct store_recipient *, void *), void *arg,
    struct err *err) MUST_USE;

/* --- as whom a login may write, beside its own address (A4) --- */

struct store_login {
	char *login;   /* canonical address, or a bare name in lower case */
	char *address; /* canonical, or "@" and a domain for all of it */
	time_t created;
};
void store_login_fini(struct store_login *l);

/* Permanent error when the login has the address already. */
int store_login_add(struct store *store, const char *login, const char *address,
    time_t now, struct err *err) MUST_USE;
/* address NULL: all that the login has.  Not found when that is nothing. */
int store_login_remove(struct store *store, const char *login,
    const char *address, struct err *err) MUST_USE;
/* login NULL: all, in order of login and address. */
int store_login_each(struct store *store, const char *login,
    int (*each)(const struct store_login *, void *), void *arg,
    struct err *err) MUST_USE;
/* Does the login have the canonical address, or all of its domain?  Only what
 * was added counts: that its own address is its own is not known here. */
int store_login_may(struct store *store, const char *login, const char *address,
    bool *may, struct err *err) MUST_USE;

/* --- our users' certificates, with their sealed private keys --- */

struct store_own_cert {
	char *address;
	char fingerprint[FINGERPRINT_TEXT];
	struct certificate *certificate; /* a reference */
	struct certificate_list chain;	 /* intermediates, no root */
	unsigned char *wrapped;		 /* wrapped PKCS#8; owned */
	size_t wrapped_len;
	time_t added;
};
void store_own_cert_init(struct store_own_cert *c);
void store_own_cert_fini(struct store_own_cert *c);

/* Permanent error when this certificate is already there for the address;
 * not found when the user does not exist. */
int store_own_cert_add(struct store *store, const struct store_own_cert *c,
    struct err *err) MUST_USE;
/* Newest notBefore first; address NULL: all users, in order of address. */
int store_own_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_own_cert *, void *), void *arg,
    struct err *err) MUST_USE;

/* --- correspondents and what we learned of them --- */

enum store_trust {
	STORE_TRUST_HARVESTED = 0, /* verified by path, learned from mail */
	STORE_TRUST_PENDING,	   /* waits for the operator (B4) */
	STORE_TRUST_MANUAL,	   /* put in by the operator */
	STORE_TRUST_PINNED,	   /* the operator said: this one */
	STORE_TRUST_DISTRUSTED,	   /* the operator said: never */
	/* Its signature is good, but its authority is not trusted (B6): never
	 * used, and judged anew when the operator trusts that one. */
	STORE_TRUST_UNTRUSTED
};
/* The word, and back; -1 when text is none of them. */
const char *store_trust_name(enum store_trust trust);
int store_trust_parse(const char *text, enum store_trust *out) MUST_USE;

/* What the owner of a certificate really used (B5). */
enum store_used {
	STORE_USED_AES128_GCM = 1,
	STORE_USED_AES256_GCM = 2,
	STORE_USED_CHACHA20 = 4,
	STORE_USED_OAEP = 8,
	STORE_USED_PSS = 16,
	STORE_USED_ECDH = 32,
	STORE_USED_CBC = 64,
	STORE_USED_ALL = 127
};
/* "aes128-gcm", "oaep" ... for a set with one member. */
const char *store_used_name(enum store_used used);

/* What anyone can forge, mail whose authority is not trusted, does not count
 * here. */
struct store_contact {
	char *address;
	time_t first_seen; /* first certificate of theirs */
	time_t last_seen;  /* last signed message */
	unsigned certificates;
	unsigned pending;  /* of them: that wait for the operator */
	unsigned messages; /* signed messages learned from */
	time_t first_sent; /* signed mail of ours to them; 0: never */
	time_t last_sent;
	time_t suspended_until; /* nothing is encrypted to them; 0: not */
};
void store_contact_fini(struct store_contact *c);

struct store_partner_cert {
	char *address;
	char fingerprint[FINGERPRINT_TEXT];
	struct certificate *certificate; /* a reference */
	struct certificate_list chain;	 /* intermediates that came along */
	enum store_trust trust;
	char *evidence;	     /* Message-ID or file that it came from */
	char *last_evidence; /* and that it was last met in; put: not read */
	time_t first_seen;
	time_t last_seen;
	unsigned char *capabilities; /* DER of SMIMECapabilities; may be NULL */
	size_t capabilities_len;
	time_t signing_time; /* of the message with the capabilities */
	unsigned used;	     /* a set of store_used; 0: not known */
	time_t used_time;    /* signing time of the message that tells */
	bool preferred;	     /* named by SMIMEEncryptionKeyPreference */
	bool from_file;	     /* put: not learned from a message, which then
	                      * is not counted either */
};
void store_partner_cert_init(struct store_partner_cert *c);
void store_partner_cert_fini(struct store_partner_cert *c);

/* Not found when unknown; the caller ends *out. */
int store_contact_find(struct store *store, const char *address,
    struct store_contact *out, struct err *err) MUST_USE;
/* All behind that address, in order of their addresses; NULL or "": from the
 * first.  Ends when each returns other than 0. */
int store_contact_each(struct store *store, const char *after,
    int (*each)(const struct store_contact *, void *), void *arg,
    struct err *err) MUST_USE;

/* Until when nothing is encrypted to the contact; until 0 resumes.  Not found
 * when unknown. */
int store_contact_suspend(struct store *store, const char *address,
    time_t until, struct err *err) MUST_USE;

/* Signed mail of ours was sent to these, now; contacts are made when needed.
 * Not of interest to any cache: the generation stays. */
int store_contacts_sent(struct store *store, const char *const *addresses,
    size_t count, time_t now, struct err *err) MUST_USE;

/*
 * Puts in or renews a partner's certificate, in one transaction: the contact
 * is made when needed.  *is_new tells whether it was unknown.
 *
 * For a known fingerprint last_seen and last_evidence and, when signing_time
 * is newer (rule H3), capabilities and the mark preferred are taken over;
 * their absence takes nothing back, and leaves signing_time where it is; used
 * counts when used_time is newer.  Its
 * trust stays, but for two cases: c says manual, pinned or distrusted, as only
 * the operator does; or it was untrusted, and c says harvested or pending.
 * An untrusted c changes nothing of one that is more than that.
 *
 * Over LIMIT_CERTIFICATES_PER_ADDRESS others go: untrusted ones, then pending
 * ones, then harvested ones; of these the one that expired longest ago, else
 * the one not seen for longest.  But nothing goes for a newcomer that would go
 * before it, and never what the operator put in: then it is a permanent error
 * and nothing has changed.  Over LIMIT_UNTRUSTED_PER_ADDRESS and
 * LIMIT_UNTRUSTED another untrusted one goes: who was met only once before who
 * came again, and who was not seen for longest.
 */
int store_partner_cert_put(struct store *store,
    const struct store_partner_cert *c, bool *is_new, struct err *err) MUST_USE;
/* Newest notBefore first. */
int store_partner_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err) MUST_USE;
/* All of that trust, by address. */
int store_partner_cert_walk(struct store *store, enum store_trust trust,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err) MUST_USE;
/* Sets its trust; not found when the address has none with this SHA-256.  What
 * was untrusted before counts for its contact from now on, unless it is
 * distrusted. */
int store_partner_cert_judge(struct store *store, const char *address,
    const unsigned char fingerprint[FINGERPRINT_SIZE], enum store_trust trust,
    struct err *err) MUST_USE;
/* The same for many, in one transaction.  One that is not there is passed
 * over: done says so. */
struct store_judgement {
	const char *address; /* borrowed, as the next */
	const unsigned char *fingerprint;
	enum store_trust trust;
	bool only_untrusted; /* passed over, too, when it is anything else by
	                      * now: somebody has judged it since */
	bool done;
};
int store_partner_certs_judge(struct store *store, struct store_judgement *list,
    size_t count, struct err *err) MUST_USE;
/* Deletes the contact and all that was learned; not found when unknown. */
int store_contact_forget(
    struct store *store, const char *address, struct err *err) MUST_USE;

/* --- authorities that we met, and what the operator said of them (B6) --- */

enum store_authority_trust {
	STORE_AUTHORITY_UNKNOWN = 0, /* he has not said anything */
	STORE_AUTHORITY_TRUSTED,
	STORE_AUTHORITY_DISTRUSTED
};
/* "unknown", "trusted", "distrusted"; and back: -1 when it is none of them. */
const char *store_authority_trust_name(enum store_authority_trust trust);
int store_authority_trust_parse(
    const char *text, enum store_authority_trust *out) MUST_USE;

struct store_authority {
	char fingerprint[FINGERPRINT_TEXT]; /* "" when only the name is known */
	char *subject;
	struct certificate *certificate; /* may be NULL */
	time_t first_seen;
	time_t last_seen;
	unsigned messages;
	enum store_authority_trust trust;
};
void store_authority_fini(struct store_authority *a);
/* One message more that leads to this authority; subject, certificate and
 * first_seen (now) are read.  Over LIMIT_AUTHORITIES those met least go, of
 * which the operator has not said anything. */
int store_authority_seen(struct store *store, const struct store_authority *a,
    struct err *err) MUST_USE;
/* What the operator says: subject, certificate, first_seen (now) and trust are
 * read, and the authority is put in when it is new.  To be trusted it needs a
 * certificate, permanent error otherwise.  What was only known by the name of
 * this certificate's subject becomes part of it. */
int store_authority_judge(struct store *store, const struct store_authority *a,
    struct err *err) MUST_USE;
/* Those met most first. */
int store_authority_each(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err) MUST_USE;
/* Only those that are trusted or distrusted, which are few. */
int store_authority_each_judged(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err) MUST_USE;

/* --- copies that have been handed over --- */

/* A digest over sender, message and one recipient: made by who asks. */
#define STORE_JOURNAL_KEY 32

/* Remembers copies for LIMIT_JOURNAL_SECONDS; they are on the disk when this
 * returns.  Forgets what is older.  Not of interest to any cache: the
 * generation stays. */
int store_journal_add(struct store *store,
    const unsigned char (*keys)[STORE_JOURNAL_KEY], size_t count, time_t now,
    struct err *err) MUST_USE;
int store_journal_has(struct store *store,
    const unsigned char key[STORE_JOURNAL_KEY], time_t now, bool *has,
    struct err *err) MUST_USE;

/* --- who changed what --- */

/* Appends a line to the audit table: actor e.g. "smimectl:0", action e.g.
 * "user add", object e.g. the address, detail may be "". */
int store_audit(struct store *store, const char *actor, const char *action,
    const char *object, const char *detail, struct err *err) MUST_USE;

/* --- numbers for status --- */

struct store_counts {
	int schema;
	uint64_t generation;
	unsigned long domains, users, own_certificates, contacts,
	    partner_certificates, pending, untrusted, unknown_authorities;
};

/* All of them at one moment. */
int store_count(
    struct store *store, struct store_counts *out, struct err *err) MUST_USE;

/* How many active users have certificates, but none that is valid at until
 * or later: what expires before, and what has. */
int store_count_expiring(struct store *store, time_t until,
    unsigned long *users, struct err *err) MUST_USE;

#endif
