/*
 * directory.h: domains, senders, recipients and rules as the store knows
 * them, in the form that a decision needs, from memory.
 *
 * Everything that costs (SQL, parsing and judging certificates, encoding an
 * identity) is done once and kept, until the store's generation changes or a
 * validity begins or ends.  Entries are immutable, counted, and shared by all
 * threads.  Bounded (limits.h).
 */
#ifndef GATEWAY_DIRECTORY_H
#define GATEWAY_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "cert/cert_pick.h"
#include "cert/store.h"
#include "cert/trust.h"
#include "gateway/gateway.h"
#include "mail/address_list.h"
#include "policy/facts.h"
#include "policy/rules.h"
#include "smime/identity.h"

struct directory;

/* Borrows all three, which must outlive it. */
struct directory *directory_new(const struct gateway_config *config,
    struct store *store, struct trust *trust);
void directory_free(struct directory *d);

/* One message's look at the directory: what is newer than its generation is
 * not seen, what is older is not used. */
struct directory_view {
	struct directory *directory;
	uint64_t generation;
	time_t now;
};

/* max_age_ms: how old our knowledge of the store's generation may be; 0 asks
 * the store.  Where that is a new one, what the operator said about
 * authorities is set in the trust first. */
int directory_look(struct directory *d, int max_age_ms, time_t now,
    struct directory_view *view, struct err *err) MUST_USE;

/* What all entries have in common. */
struct directory_entry {
	int refs;
	uint64_t generation;
	time_t until; /* first moment at which it has to be judged anew */
};

struct directory_domain {
	struct directory_entry entry;
	bool is_own;
};

/* One of our addresses. */
struct directory_sender {
	struct directory_entry entry;
	struct setting_level level; /* effective */
	/* Whose certificates all his ciphertexts must be for, too (C9);
	 * malformed when nobody can say whose. */
	struct address_list escrow;
	/* Name of what is appended to his mail, "": nothing.  The
	 * configuration need not know a name that the store has. */
	char *disclaimer;
	enum identity_state state;
	struct smime_identity *identity; /* when the state is ready */
	/* Whose certificate the state is about when it cannot sign, NULL
	 * otherwise; and what an operation said, or NULL. */
	struct certificate *problem;
	char *why;
};

/* What policy says about mail to an address. */
struct directory_rule {
	struct directory_entry entry;
	struct recipient_level level; /* effective */
	char *domain_certificate;     /* whose stand in for it, or NULL */
};

/* Whom to encrypt to for an address: what its owner's mail came with and what
 * the operator put in; for one of our own users his own certificates; and
 * where none can be used, those of the address that stands in. */
struct directory_recipient {
	struct directory_entry entry;
	struct cert_choice choice;
	/* What all whose certificates are taken announced (rule D7). */
	bool reads_gcm;
	bool reads_oaep; /* true where no key is RSA */
	/* Those taken whose owners announced OAEP, but not with SHA-256. */
	struct certificate_list oaep_sha1;
};

/* All take canonical names and give a reference that the caller drops with
 * the function below.  Errors are those of the store; unknown names are none.
 */
int directory_find_domain(const struct directory_view *view, const char *name,
    struct directory_domain **out, struct err *err) MUST_USE;
/* The address is in one of our domains. */
int directory_find_sender(const struct directory_view *view,
    const char *address, struct directory_sender **out,
    struct err *err) MUST_USE;
int directory_find_rule(const struct directory_view *view, const char *address,
    struct directory_rule **out, struct err *err) MUST_USE;
int directory_find_recipient(const struct directory_view *view,
    const char *address, struct directory_recipient **out,
    struct err *err) MUST_USE;

/* Drop a reference and set the pointer to NULL; NULL is fine. */
void directory_domain_unref(struct directory_domain **domain);
void directory_sender_unref(struct directory_sender **sender);
void directory_rule_unref(struct directory_rule **rule);
void directory_recipient_unref(struct directory_recipient **recipient);

/* Is the address in one of our domains? */
int directory_is_own(const struct directory_view *view, const char *address,
    bool *own, struct err *err) MUST_USE;

/* Does any rule, of whomever, ask something of mail that comes in?  Asks the
 * store once in a generation. */
int directory_demands(
    const struct directory_view *view, bool *any, struct err *err) MUST_USE;

/* The same for when the store cannot be asked: what it said last, or, if it
 * never did, what the configuration says. */
bool directory_may_demand(struct directory *d);

/* How many domains we serve, counted up to 2. */
int directory_count_domains(
    const struct directory_view *view, size_t *count, struct err *err) MUST_USE;

#endif
