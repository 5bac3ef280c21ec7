/*
 * facts.h: everything that a decision depends on, as plain data.
 *
 * Collected by gateway/gather.c, judged by decide.c.  No pointers into
 * anything that does I/O, so that a decision can be written down as a test.
 * Strings are borrowed; addresses are canonical (mail/address.h).
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/setting.h"
#include "cert/cert_pick.h"
#include "mail/address.h"
#include "mail/disclaimer.h"

/* How we know that the client may submit mail for us (A4). */
enum submitter {
	SUBMITTER_NONE = 0,   /* a stranger */
	SUBMITTER_LOGIN,      /* SASL; facts.login says who */
	SUBMITTER_NETWORK,    /* client address in trusted_networks */
	SUBMITTER_DAEMON,     /* listener named in submission_daemons */
	SUBMITTER_CERTIFICATE /* TLS client certificate that the operator
	                       * listed; facts.login says whose */
};

/* What there is to sign with for the From address (A8). */
enum identity_state {
	IDENTITY_NO_USER = 0, /* the address is no S/MIME user */
	IDENTITY_RETIRED,     /* decrypts, never signs (F6) */
	IDENTITY_NO_CERTIFICATE,
	IDENTITY_EXPIRED,
	IDENTITY_NOT_YET,
	IDENTITY_WRONG_ADDRESS, /* the certificate does not name the user */
	IDENTITY_WRONG_USAGE,
	IDENTITY_WEAK,
	IDENTITY_READY
};

/* What the message is already (A5). */
enum protection {
	PROTECTION_NONE = 0,
	PROTECTION_SIGNED, /* S/MIME, PGP/MIME, inline PGP ... */
	PROTECTION_ENCRYPTED
};

/* What was in the way when a copy was to be encrypted for a recipient: then
 * it is decided anew, with one more fact. */
enum recipient_obstacle {
	OBSTACLE_NONE = 0,
	OBSTACLE_KEY, /* a certificate looked usable but is not */
	OBSTACLE_SIZE /* it would be too large */
};

struct recipient_facts {
	const char *address;	      /* NULL: not readable as an address */
	const char *envelope;	      /* as in RCPT, for texts */
	bool visible;		      /* named in To or Cc */
	bool is_local;		      /* in one of our domains */
	struct recipient_level level; /* effective, never inherit */
	size_t certificates;	      /* usable ones */
	enum cert_pick_word word;     /* why there is none */
	enum recipient_obstacle obstacle;
	/* What the owners of all those certificates announced (D7). */
	bool reads_gcm;	 /* AES-256-GCM */
	bool reads_oaep; /* RSA-OAEP; true where no key is RSA */
};

/* Certificates that every ciphertext of a domain's users must be readable
 * with (C9). */
enum escrow_state {
	ESCROW_NONE = 0, /* none is wanted */
	ESCROW_READY,
	ESCROW_MISSING /* wanted, and one has no usable certificate */
};

/* A text that is to be added to the mail (D1). */
enum disclaimer_state {
	DISCLAIM_NOT = 0, /* there is none */
	DISCLAIM_WANTED,  /* whether it can be is not known yet */
	DISCLAIM_UNKNOWN, /* nobody knows a text of the name that the store
	                   * has */
	DISCLAIM_TRIED
};

struct policy_facts {
	enum submitter submitter;
	bool login_may;	    /* the operator lets it write as facts.from */
	bool over_rate;	    /* it has sent more than it may, for now */
	const char *login;  /* canonical address, or a bare name */
	size_t own_domains; /* how many domains we serve */

	const char *sender; /* reverse path; NULL when unreadable or null */
	bool null_sender;
	bool sender_is_own; /* its domain is one of ours */

	size_t from_fields; /* header fields called From */
	size_t from_mailboxes;
	bool from_malformed;
	const char *from;  /* the only mailbox of the only field, or NULL */
	bool from_is_own;  /* there is a From, and every mailbox of it is in
	                       * one of our domains */
	bool from_any_own; /* at least one mailbox is */

	/* Effective settings.  sign is that of the only From mailbox; encrypt
	 * the strictest of those of the envelope sender, the login and every
	 * From mailbox, as far as they are ours: nobody escapes from
	 * "required" by writing two names.  Never inherit. */
	enum setting_switch sign;
	enum setting_encrypt encrypt;
	enum identity_state identity;
	enum setting_own_problem own_problem; /* of the only From mailbox */
	/* Of the first From mailbox that is ours, else of the envelope
	 * sender; mode is shadow only when it is for all of our addresses. */
	enum setting_mixed mixed;
	enum setting_bcc bcc;
	enum setting_triggers triggers;
	enum setting_mode mode;
	/* Likewise. */
	enum disclaimer_state disclaimer;
	enum disclaimer_result disclaimer_result; /* once it was tried */
	enum setting_disclaimer_repeat disclaimer_repeat;
	enum setting_disclaimer_protected disclaimer_protected;
	enum escrow_state escrow;

	/* What the sender asks for in this message (C8). */
	bool asks_sign, asks_encrypt;
	bool asks_no_sign, asks_no_encrypt;

	bool too_complex; /* nobody can say what is inside, and it would not
	                   * arrive as it is: not to be signed */
	enum protection protection;
	unsigned exemptions; /* all that the message is */
	unsigned exempt;     /* what policy leaves alone: that of the domain of
	                      * the first From mailbox that is ours, else of
	                      * the envelope sender's */

	const struct recipient_facts *recipients; /* each address once */
	size_t recipient_count;
	size_t copies; /* that can be reinjected; 0: there is no listener */
};

#endif
