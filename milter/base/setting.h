/*
 * setting.h: the words of policy settings, as they are stored, configured
 * and typed.  Every setting may be "inherit": the level above decides.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum setting_switch {
	SWITCH_INHERIT = 0,
	SWITCH_OFF,
	SWITCH_ON
};

enum setting_encrypt {
	ENCRYPT_INHERIT = 0,
	ENCRYPT_OFF,
	ENCRYPT_IF_POSSIBLE,
	ENCRYPT_REQUIRED
};

/* What becomes of mail when its author's own certificate cannot sign (A8). */
enum setting_own_problem {
	OWN_PROBLEM_INHERIT = 0,
	OWN_PROBLEM_UNSIGNED, /* it goes on without a signature */
	OWN_PROBLEM_DEFER     /* it waits with the sender: 451 */
};

/* With what kind of key and signature a user's mail is signed (A7). */
enum setting_algorithm {
	ALGORITHM_INHERIT = 0,
	ALGORITHM_ANY, /* whatever the newest certificate has */
	ALGORITHM_RSA, /* PKCS#1 v1.5 */
	ALGORITHM_RSA_PSS,
	ALGORITHM_ECDSA_P256,
	ALGORITHM_ECDSA_P384,
	ALGORITHM_ECDSA_P521,
	ALGORITHM_ED25519
};

/* What becomes of mail when some of its recipients can be given ciphertext
 * and others, who should be, cannot (C2).  Recipients whom policy wants in
 * clear are no part of the question. */
enum setting_mixed {
	MIXED_INHERIT = 0,
	MIXED_SPLIT,	      /* each gets what is possible for him */
	MIXED_ALL_OR_NONE,    /* nobody gets ciphertext */
	MIXED_ALL_OR_REFUSE,  /* nobody gets anything: 550 */
	MIXED_REFUSE_THE_REST /* who can, gets ciphertext; of the others the
	                       * sender is told that they get nothing */
};

/* Recipients outside To and Cc, when the mail is encrypted (C3, rule B1). */
enum setting_bcc {
	BCC_INHERIT = 0,
	BCC_SEPARATE, /* each gets a ciphertext of his own */
	BCC_REFUSE    /* the sender is asked to send a mail of its own */
};

/* Which wishes of the sender's own (C8) are followed. */
enum setting_triggers {
	TRIGGERS_INHERIT = 0,
	TRIGGERS_OFF,	  /* none; a keyword is just text */
	TRIGGERS_PROTECT, /* those that ask for more protection */
	TRIGGERS_ALL
};

/* Does policy act, or only say what it would do? */
enum setting_mode {
	MODE_INHERIT = 0,
	MODE_ENFORCE,
	MODE_SHADOW /* decide and log, change nothing */
};

/* May a message have the same disclaimer twice (D1)? */
enum setting_disclaimer_repeat {
	DISCLAIMER_REPEAT_INHERIT = 0,
	DISCLAIMER_REPEAT_ONCE,	 /* what carries it already, quoted or not,
	                          * gets none */
	DISCLAIMER_REPEAT_ALWAYS /* each message gets it at its end */
};

/* What becomes of mail that is to have a disclaimer, and is signed or
 * encrypted already, so that nothing can be added (D2). */
enum setting_disclaimer_protected {
	DISCLAIMER_PROTECTED_INHERIT = 0,
	DISCLAIMER_PROTECTED_PASS, /* it goes on without */
	DISCLAIMER_PROTECTED_REFUSE
};

/* What one level (file, domain, user) says about mail of our users; the most
 * specific level that speaks decides. */
struct setting_level {
	enum setting_switch sign;
	enum setting_encrypt encrypt;
	unsigned exempt; /* a set of exemptions */
	enum setting_own_problem own_problem;
	enum setting_algorithm algorithm;
	enum setting_mixed mixed;
	enum setting_bcc bcc;
	enum setting_triggers triggers;
	enum setting_mode mode;
	enum setting_switch decrypt; /* what they get */
	enum setting_disclaimer_repeat disclaimer_repeat;
	enum setting_disclaimer_protected disclaimer_protected;
};

/* Encryption for a recipient.  The stricter of this and what the sender's
 * policy says counts, but for never. */
enum setting_receive {
	RECEIVE_INHERIT = 0,
	RECEIVE_AS_SENDER,
	RECEIVE_NEVER,
	RECEIVE_IF_POSSIBLE,
	RECEIVE_REQUIRED
};

/* How a signature stands beside its content (A2). */
enum setting_form {
	FORM_INHERIT = 0,
	FORM_DETACHED, /* multipart/signed */
	FORM_OPAQUE    /* signed-data: for who rewrites bodies (rule S16) */
};

/* To which of the usable certificates of an address (C4). */
enum setting_certificates {
	CERTIFICATES_INHERIT = 0,
	CERTIFICATES_ALL, /* several devices */
	CERTIFICATES_NEWEST
};

/* Content encryption (C5, rules E1 to E3). */
enum setting_cipher {
	CIPHER_INHERIT = 0,
	CIPHER_AUTO, /* AES-256-CBC, or AES-256-GCM if all announced it */
	CIPHER_AES256_CBC,
	CIPHER_AES128_CBC,
	CIPHER_AES256_GCM,
	CIPHER_AES128_GCM
};

/* Key transport to RSA certificates (rule E4); one whose key allows nothing
 * but OAEP gets OAEP whatever is set. */
enum setting_transport {
	TRANSPORT_INHERIT = 0,
	TRANSPORT_AUTO,	 /* PKCS#1 v1.5, or OAEP if all announced it */
	TRANSPORT_PKCS1, /* v1.5 */
	TRANSPORT_OAEP	 /* with SHA-256 */
};

/* A certificate of which nobody knows whether it is revoked. */
enum setting_unchecked {
	UNCHECKED_INHERIT = 0,
	UNCHECKED_ACCEPT,
	UNCHECKED_REFUSE /* unless the operator vouches for it */
};

/* What mail from a correspondent must be; what is not any is asked for. */
enum setting_demand {
	DEMAND_INHERIT = 0,
	DEMAND_ANY, /* nothing is asked */
	DEMAND_REQUIRED
};

/* Whom the certificate of its signature must name at least (F7); all but any
 * ask for a valid signature, too. */
enum setting_assurance {
	ASSURANCE_INHERIT = 0,
	ASSURANCE_ANY,
	ASSURANCE_MAILBOX,
	ASSURANCE_ORGANISATION,
	ASSURANCE_SPONSOR,
	ASSURANCE_INDIVIDUAL
};

/* What becomes of mail that is not what was asked for. */
enum setting_unmet {
	UNMET_INHERIT = 0,
	UNMET_MARK,  /* its status field says so */
	UNMET_REFUSE /* 550, where that can be told without reading inside */
};

/* What one level (global, domain pattern, domain, address) says about mail to
 * a recipient, and about the mail that he sends us. */
struct recipient_level {
	enum setting_receive encrypt;
	enum setting_form form;
	enum setting_certificates certificates;
	enum setting_cipher cipher;
	enum setting_transport transport;
	enum setting_unchecked unchecked;
	enum setting_demand inbound_signature;
	enum setting_demand inbound_encryption;
	enum setting_assurance inbound_level;
	enum setting_unmet inbound_action;
};

/* What makes mail one that can be left alone (A9, rules N3 and N4), in the
 * order in which it is named when it is several. */
enum exemption {
	EXEMPT_NOT = 0,
	EXEMPT_NULL_SENDER,
	EXEMPT_DSN,
	EXEMPT_MDN,
	EXEMPT_ACME,
	EXEMPT_AUTO_SUBMITTED,
	EXEMPT_LIST,
	EXEMPT_RESENT,
	EXEMPT_CALENDAR,
	EXEMPT_PARTIAL,
	EXEMPTION_COUNT
};

/* Sets of them.  The empty set says nothing: as a setting it is "inherit".
 * message/partial is in every setting that is one: a fragment signed as if
 * it were whole cannot be verified once it is put together (rule N4). */
#define EXEMPTION_BIT(e) (1u << (unsigned)(e))
#define EXEMPT_INHERIT	 0u
#define EXEMPT_ALWAYS	 EXEMPTION_BIT(EXEMPT_PARTIAL)
#define EXEMPT_ALL	 (EXEMPTION_BIT(EXEMPTION_COUNT) - 2u)
/* Written by a program: nobody asks for anything in it. */
#define EXEMPT_AUTOMATIC                                                       \
	(EXEMPTION_BIT(EXEMPT_NULL_SENDER) | EXEMPTION_BIT(EXEMPT_DSN) |       \
	    EXEMPTION_BIT(EXEMPT_MDN) | EXEMPTION_BIT(EXEMPT_ACME) |           \
	    EXEMPTION_BIT(EXEMPT_AUTO_SUBMITTED))

/*
 * One setting as data: the configuration file, the store, the command line
 * and "policy show" all go by these tables.
 */
struct setting {
	const char *name;	  /* "own_cert_problem" */
	const char *const *words; /* of each value, "inherit" first, NULL at
	                           * the end; NULL: a set of exemptions */
	size_t offset;		  /* of the value in its level */
	const char *doc;	  /* half a sentence */
};

extern const struct setting sender_settings[];	  /* of setting_level */
extern const struct setting recipient_settings[]; /* of recipient_level */
#define SENDER_SETTINGS	   12u
#define RECIPIENT_SETTINGS 10u

/* NULL when there is none of that name in table, which has count. */
const struct setting *setting_find(
    const struct setting *table, size_t count, const char *name);

/* Reads text into the value of s in level, which is of the table's kind; -1,
 * and level is untouched, when it is none of its words. */
int setting_parse(
    const struct setting *s, const char *text, void *level) MUST_USE;
/* The value as text that setting_parse reads; out has room for SETTING_TEXT.
 */
#define SETTING_TEXT 128
void setting_text(const struct setting *s, const void *level, char *out);
/* Does level say nothing about it? */
bool setting_is_inherited(const struct setting *s, const void *level);

/* What by sets replaces what stands in level; both of the table's kind. */
void setting_override(
    const struct setting *table, size_t count, void *level, const void *by);

/* Single words where a table would be a detour: "inherit", "off", "on"; then
 * "inherit", "off", "if-possible", "required"; "inherit", "auto",
 * "aes256-cbc" ... */
const char *setting_switch_name(enum setting_switch value);
const char *setting_encrypt_name(enum setting_encrypt value);
const char *setting_cipher_name(enum setting_cipher value);

/* "null-sender", "dsn" ... "partial"; not for EXEMPT_NOT. */
const char *setting_exemption_name(enum exemption exemption);
/* The exemption whose name these len bytes are, or EXEMPT_NOT. */
enum exemption setting_exemption_find(const char *name, size_t len);

/* "inherit" or words with commas, which setting_parse reads as it does "none"
 * and "all"; out has room for SETTING_TEXT. */
void setting_exempt_text(unsigned exempt, char *out);

#endif
