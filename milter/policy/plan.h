/*
 * plan.h: what shall happen to a message, and the words that say why.
 */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/setting.h"

enum plan_direction {
	PLAN_INBOUND = 0, /* not submitted by one of ours: verify, learn */
	PLAN_OUTBOUND
};

enum plan_action {
	PLAN_PASS = 0, /* unchanged */
	PLAN_PROTECT,  /* sign and/or encrypt, or only add a disclaimer */
	PLAN_REFUSE,   /* 550 */
	PLAN_DEFER     /* 451 */
};

/* The fixed list of reason= words in the log; the manual explains each. */
enum plan_reason {
	REASON_NONE = 0,
	/* why there is no signature */
	REASON_NOT_SUBMITTED,  /* nobody of ours sent it */
	REASON_FOREIGN_FROM,   /* From is not in our domains */
	REASON_FOREIGN_SENDER, /* the envelope sender is not */
	REASON_NO_FROM,
	REASON_SEVERAL_FROM, /* fields or mailboxes */
	REASON_MALFORMED_FROM,
	REASON_LOGIN_MISMATCH, /* logged in as somebody else */
	REASON_SIGNING_OFF,
	REASON_ASKED_NOT_TO, /* by the sender, in this message (C8) */
	REASON_NO_USER,
	REASON_RETIRED,
	REASON_NO_OWN_CERTIFICATE,
	REASON_OWN_EXPIRED,
	REASON_OWN_NOT_YET,
	REASON_OWN_MISMATCH,
	REASON_OWN_USAGE,
	REASON_OWN_WEAK,
	REASON_TOO_COMPLEX, /* more parts or levels than we look at */
	/* left alone */
	REASON_ALREADY_SIGNED,
	REASON_ALREADY_ENCRYPTED,
	REASON_NULL_SENDER,
	REASON_DSN,
	REASON_MDN,
	REASON_ACME,
	REASON_AUTO_SUBMITTED,
	REASON_LIST,
	REASON_RESENT,
	REASON_CALENDAR,
	REASON_PARTIAL,
	REASON_OWN_COPY, /* through the reinjection listener */
	/* why it is not encrypted, or refused where it must be */
	REASON_ENCRYPTION_OFF,
	REASON_NO_CERTIFICATE, /* of a recipient */
	REASON_RECIPIENT_EXPIRED,
	REASON_RECIPIENT_UNUSABLE, /* wrong usage, weak, unsupported ... */
	REASON_RECIPIENT_UNTRUSTED,
	REASON_RECIPIENT_PENDING,
	REASON_RECIPIENT_SUSPENDED, /* by the operator, for some time */
	REASON_RECIPIENT_NEVER,	    /* policy wants him to get clear text */
	REASON_CONTRADICTION,	    /* and the sender's, that nobody does */
	REASON_ESCROW,		    /* no certificate of who must read it too */
	REASON_MIXED,		    /* others get clear text, so he does, too */
	REASON_BCC,		    /* a recipient outside To and Cc */
	REASON_LOCAL_RECIPIENT,	    /* local and remote recipients together */
	REASON_BAD_RECIPIENT,	    /* not readable as an address */
	/* what happened underway */
	REASON_NOT_ENCRYPTABLE, /* a certificate looked usable but is not */
	REASON_TOO_LARGE,
	REASON_MUST_SIGN, /* the sender asked for a signature */
	/* why no disclaimer can be added */
	REASON_INNER_SIGNED,	/* it would touch a signed part */
	REASON_INNER_ENCRYPTED, /* the text is in an encrypted part */
	REASON_INLINE_PGP,
	REASON_BROKEN,		   /* nobody can say where parts end */
	REASON_CHARSET,		   /* of the text, which nobody knows */
	REASON_DISCLAIMER_REFUSED, /* the mail is protected already, so that
	                            * none can be added (D2) */
	REASON_DISCLAIMER_UNKNOWN, /* the store names one that we have not */
	REASON_RATE_LIMIT,
	REASON_REINJECT, /* the listener for copies is away */
	REASON_KEYD,	 /* the key process is away */
	REASON_STORE,
	REASON_INTERNAL,
	/* inbound */
	REASON_UNSIGNED,
	/* what was asked of its author and is not there (E6) */
	REASON_MUST_BE_SIGNED,
	REASON_MUST_BE_ENCRYPTED,
	REASON_LEVEL_TOO_LOW, /* of the signer's certificate (F7) */
	/* at the end of the way out */
	REASON_SEAL_BROKEN, /* changed after it was signed (D3) */
	/* why who gets the ciphertext does; for the log only (rule X4) */
	REASON_NOT_OPENED,
	REASON_NO_KEY,	       /* none of his certificates opens it */
	REASON_DECRYPTION_OFF, /* he wants it so */
	REASON_SHADOW,	       /* nothing is changed for him */
	REASON_NO_LISTENER,    /* for copies, and he is not the only one */
	REASON_COUNT
};

/* Its word in the log: "no-certificate"; "none" for REASON_NONE.  Never
 * NULL. */
const char *plan_reason_name(enum plan_reason reason);

/* Does a certificate of the author's own keep the mail from being signed
 * (A8)?  Not when there is none. */
bool plan_reason_is_own(enum plan_reason reason);

/* Is there nothing to encrypt with for a recipient, or does it not work? */
bool plan_reason_is_no_key(enum plan_reason reason);

/*
 * How the mail server is told, RFC 3463 codes of our own below x.7.5:
 *
 *   550 5.7.51  no-certificate
 *   550 5.7.52  recipient-expired
 *   550 5.7.53  recipient-unusable, recipient-untrusted, recipient-pending,
 *               recipient-suspended
 *   550 5.7.54  bcc
 *   550 5.7.55  local-recipient
 *   550 5.7.56  bad-recipient
 *   550 5.7.57  not-encryptable
 *   550 5.7.58  recipient-never, contradiction
 *   550 5.7.59  mixed
 *   550 5.7.60  must-sign
 *   550 5.7.61  must-be-signed
 *   550 5.7.62  must-be-encrypted
 *   550 5.7.63  level-too-low
 *   550 5.7.64  disclaimer-refused
 *   550 5.7.65  seal-broken
 *   552 5.3.4   too-large
 *   451 4.7.51  keyd
 *   451 4.7.52  store
 *   451 4.7.53  internal, and every other reason
 *   451 4.7.54  own-expired, own-not-yet-valid, own-mismatch, own-usage,
 *               own-weak
 *   451 4.7.55  rate-limit
 *   451 4.7.56  reinject
 *   451 4.7.57  escrow
 *   451 4.7.58  seal-broken, where it waits
 *   451 4.7.59  disclaimer-unknown
 */
struct plan_wording {
	const char *code;
	const char *extended;
	const char *text; /* what; remedy.  Where the state of a certificate
	                   * is the reason, cert_pick_word_advice knows better
	                   * and this is the fallback. */
};

/* Never NULL. */
const struct plan_wording *plan_reason_wording(enum plan_reason reason);

/* The same for mail that waits for what would otherwise be refused: never
 * 5xx. */
const struct plan_wording *plan_reason_waiting(enum plan_reason reason);

/* What becomes of a disclaimer (D1). */
enum plan_disclaimer {
	PLAN_DISCLAIMER_NONE = 0, /* none is wanted */
	PLAN_DISCLAIMER_ADD,
	PLAN_DISCLAIMER_PRESENT, /* the mail carries it already */
	PLAN_DISCLAIMER_REFUSED, /* it cannot be added, or must not (D2) */
	PLAN_DISCLAIMER_NO_BODY	 /* the mail has no text */
};

/* "none", "added", "present", "refused", "no-body" */
const char *plan_disclaimer_name(enum plan_disclaimer disclaimer);

/* No recipient in particular. */
#define PLAN_NO_RECIPIENT ((size_t)-1)

/* Who belongs to no group: he gets nothing. */
#define PLAN_NO_GROUP ((size_t)-1)

/* What one recipient gets. */
struct plan_recipient {
	bool encrypt;
	bool required;		 /* ciphertext or nothing */
	bool refused;		 /* nothing; the sender is told (C2) */
	enum plan_reason reason; /* why not encrypted */
	size_t group;
};

/* Recipients who get the same bytes. */
struct plan_group {
	bool encrypt;
	bool opaque; /* signed in clear with its content inside */
	bool blind;  /* the only recipient is not in To or Cc */
	enum setting_cipher cipher; /* one that can be computed with */
	bool oaep;
	size_t count; /* of recipients */
};

/* Groups and recipients belong to the plan. */
struct plan {
	enum plan_direction direction;
	enum plan_action action;
	bool sign;
	bool encrypt;	   /* at least one group */
	bool opaque;	   /* the first group, see there */
	bool must_sign;	   /* or nothing leaves */
	bool must_encrypt; /* required for at least one recipient, and it is
	                    * not encrypted yet: to him never in clear */
	bool shadow;	   /* log the rest, and pass unchanged */
	/* Put into the text before it is signed, of every copy. */
	enum plan_disclaimer disclaimer;
	enum plan_reason disclaimer_reason; /* why refused */
	enum plan_reason sign_reason;	    /* why sign is false */
	enum plan_reason encrypt_reason;    /* why encrypt is false, or for
	                                  * whom it is not */
	enum plan_reason reason; /* of pass, refuse, defer: for the log */
	size_t recipient;	 /* whose fault encrypt_reason is, or
	                          * PLAN_NO_RECIPIENT */
	/* The first group's copy stays in place: the best protected one, so
	 * that nobody who could not be removed sees clear text (MTA.md d).
	 * Then ciphertexts, then clear text.  Empty when nothing leaves or
	 * the mail is inbound. */
	struct plan_group *groups;
	size_t group_count;
	struct plan_recipient *recipients; /* as in the facts */
	size_t recipient_count;
	size_t refused; /* how many get nothing while others do */
};

/* Does it sign or encrypt, or keep somebody from being given clear text?  Not
 * when all that it does is to add a disclaimer. */
bool plan_is_protection(const struct plan *plan);

void plan_init(struct plan *plan);
void plan_fini(struct plan *plan);

#endif
