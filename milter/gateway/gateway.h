/*
 * gateway.h: everything wired together for one configuration.
 *
 * A gateway is made from a configuration, counted, and replaced whole on
 * reload: messages in flight finish with the one that they began with.
 * Knows nothing of libmilter or of files with options.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/network.h"
#include "cert/certificate_cache.h"
#include "cert/store.h"
#include "cert/trust.h"
#include "gateway/sealing.h"
#include "key/key_client.h"
#include "mail/spool.h"
#include "policy/inbound.h"
#include "policy/rules.h"
#include "relay/relay.h"

/* What a process does with mail. */
enum gateway_role {
	ROLE_SIGNER = 0, /* signs, encrypts, verifies, decrypts */
	ROLE_GUARD	 /* last on the way out: verifies signatures again,
	                  * changes nothing (D3) */
};

/* A text that our users append, under the name that domains and users choose
 * it by (D1).  Files are absolute paths; html "": made from the text. */
struct disclaimer_template;
struct gateway_disclaimer {
	const char *name;
	const char *text;
	const char *html;
	/* What stood in the files when the settings were loaded, which own
	 * it. */
	struct disclaimer_template *template_;
};

/* What we leave in signed mail for filters behind us. */
struct gateway_seal {
	const char *key; /* file that fingerprints are keyed with; "": none */
	bool marker;	 /* a field that tells them to keep their hands off */
};

/* What becomes of mail whose signature was broken behind the signer. */
enum guard_action {
	GUARD_REFUSE = 0,
	GUARD_HOLD, /* in the mail server's quarantine */
	GUARD_TEMPFAIL,
	GUARD_LOG /* it passes */
};
struct gateway_guard {
	enum guard_action action; /* with our fingerprint */
	enum guard_action unsealed_action;
	const char *report_to; /* address; "": nobody */
};

/* A domain of the configuration file; the store wins for what it sets. */
struct gateway_domain {
	const char *name; /* canonical */
	struct setting_level level;
	/* Addresses whose certificates can read every ciphertext of the
	 * domain's users (C9); NULL: as for all domains. */
	const char *const *escrow;
	size_t escrow_count;
	/* Name of what its users append; "": nothing, NULL: as for all. */
	const char *disclaimer;
};

/* Whom our users write to: "bob@example.net", "example.net", or
 * "*.example.net" for all domains below it.  Canonical but for the star. */
struct gateway_recipient {
	const char *name;
	struct recipient_level level;
	/* Its certificates stand in where a recipient has none (C9); NULL:
	 * what the more general rule says, "": nobody's. */
	const char *domain_certificate;
};

/* A wish in subject or header field (C8). */
enum gateway_wish {
	WISH_SIGN = 1,
	WISH_ENCRYPT = 2,
	WISH_NO_SIGN = 4,
	WISH_NO_ENCRYPT = 8
};
enum gateway_position {
	POSITION_START = 0,
	POSITION_END,
	POSITION_ANYWHERE
};
struct gateway_trigger {
	const char *name;		/* what it is called in the log */
	const char *subject;		/* keyword, or "" */
	enum gateway_position position; /* of the keyword */
	const char *header;		/* field name, or "" */
	const char *value;		/* of the field; "": any */
	bool keep;			/* do not remove it */
	unsigned wishes;		/* a set of gateway_wish */
};

/* Which addresses a login may write as, beside its own (A4):
 * "alice@example.org", or "@example.org" for all of a domain. */
struct gateway_login {
	const char *name; /* canonical address, or a bare name */
	const char *const *addresses;
	size_t address_count;
};

/* A TLS client certificate that may submit mail (A4). */
struct gateway_client {
	const char *name;   /* common name of its subject */
	const char *issuer; /* of its issuer; "": any that the mail server
	                     * trusts */
	const char *const *addresses; /* as in struct gateway_login */
	size_t address_count;
};

/* Which fields in our name that come from outside are removed. */
enum gateway_remove {
	REMOVE_SMIME = 0, /* about S/MIME, or not to be read */
	REMOVE_ALL
};

/* What stands before the subject of messages of some kind; "": nothing. */
struct gateway_tags {
	const char *signed_;   /* valid */
	const char *encrypted; /* and opened */
	const char *problem;   /* signed but not valid, encrypted and not
	                        * opened, or not what was asked for */
};

enum gateway_on_error {
	GATEWAY_TEMPFAIL = 0, /* 451, nothing changed */
	GATEWAY_PASS	      /* unchanged; never for "required" */
};

/* Strings are borrowed from the settings, which the gateway keeps alive. */
struct gateway_config {
	enum gateway_role role;
	const char *keyd; /* path of keyd's socket */
	unsigned keyd_connections;
	int keyd_timeout_ms;
	const char *store; /* URI */
	struct trust_config trust;
	const char *authserv_id; /* "": the host name */
	enum mark_what mark;
	enum gateway_remove remove_results;
	struct gateway_tags tags;
	struct network_list trusted_networks;
	const char *const *submission_daemons;
	size_t submission_daemon_count;
	struct setting_level defaults;
	enum gateway_on_error on_error;
	const struct gateway_domain *domains;
	size_t domain_count;
	const char *const *escrow; /* see struct gateway_domain */
	size_t escrow_count;
	const char *disclaimer; /* see struct gateway_domain */
	const struct gateway_disclaimer *disclaimers;
	size_t disclaimer_count;
	struct gateway_seal seal;
	struct gateway_guard guard;
	struct recipient_level recipient_defaults;
	/* Domains with and without a star, addresses. */
	const struct gateway_recipient *recipient_domains;
	size_t recipient_domain_count;
	const struct gateway_recipient *recipients;
	size_t recipient_count;
	const struct gateway_trigger *triggers;
	size_t trigger_count;
	const struct gateway_login *logins;
	size_t login_count;
	const struct gateway_client *clients;
	size_t client_count;
	unsigned rate_limit; /* messages of one identity in an hour; 0: any */
	int answer_ms; /* for all the work on a message once it has arrived;
	                * 0: LIMIT_ANSWER_TIME */
	struct relay_config relay; /* reinject "": no copies */
	struct spool_config spool;
};

/* Our name in Authentication-Results: authserv_id, or that of this host,
 * which is written into room. */
#define GATEWAY_NAME_MAX 256
const char *gateway_name(
    const struct gateway_config *config, char room[GATEWAY_NAME_MAX]);

/* NULL when the file has none of that name. */
const struct gateway_disclaimer *gateway_disclaimer_find(
    const struct gateway_config *config, const char *name);

struct gateway;

/* Reads the key of fingerprints, opens the store and loads the authorities; a
 * clear error each.  A guard (ROLE_GUARD) needs and has neither store nor
 * authorities, key process, directory or harvester.  The key process need not be there yet; a host name of the listener for copies is
 * looked up.  harvest: learn certificates, which starts
 * a thread (false for administration).  The configuration must outlive the
 * gateway; release, when not NULL, is called with arg when the last
 * reference is gone. */
struct tokens;
struct gateway_opts {
	bool harvest;
	/* Read the key for fingerprints, where one is configured.  Who only
	 * administers may not read it, and sends nothing. */
	bool seal;
	/* Those of the process; must outlive the gateway.  NULL: no copies
	 * can be handed over (administration). */
	struct tokens *tokens;
	void (*release)(void *arg);
	void *arg;
};
int gateway_new(const struct gateway_config *config,
    const struct gateway_opts *opts, struct gateway **out,
    struct err *err) MUST_USE;
struct gateway *gateway_ref(struct gateway *g);
/* The last reference waits for certificates still to be written. */
void gateway_unref(struct gateway **g);

/* Borrowed parts, for administration. */
struct store *gateway_store(struct gateway *g);
struct trust *gateway_trust(struct gateway *g);
/* For verifying: certificates that came in messages. */
struct certificate_cache *gateway_certificates(struct gateway *g);
struct key_client *gateway_keys(struct gateway *g);
/* For decrypting. */
struct content_guard;
struct content_guard *gateway_guard(struct gateway *g);
const struct gateway_config *gateway_config(const struct gateway *g);

/* Borrowed parts, for jobs; the harvester may be NULL, and of a guard all but
 * notices, rates, relay, the cache of certificates and the seal's key are. */
struct directory;
struct directory *gateway_directory(struct gateway *g);
struct harvester;
struct harvester *gateway_harvester(struct gateway *g);
struct notices;
struct notices *gateway_notices(struct gateway *g);
/* Of ROLE_GUARD: of its reports. */
struct rates;
struct rates *gateway_rates(struct gateway *g);
/* NULL where no listener is configured, or nothing can be handed over. */
struct relay *gateway_relay(struct gateway *g);
struct tokens *gateway_tokens(struct gateway *g);
/* What fingerprints are keyed with; NULL: there are none. */
const struct seal_key *gateway_seal_key(const struct gateway *g);
/* How a message is sealed that leaves now. */
struct sealing gateway_sealing(const struct gateway *g, time_t now);

#endif
