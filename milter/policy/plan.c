/* plan.c: see plan.h.  The words and texts of all reasons, in one table. */
#include "policy/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	struct plan_wording wording;
} reasons[REASON_COUNT] = {
    [REASON_NONE] = {"none", {0}},
    [REASON_NOT_SUBMITTED] = {"not-submitted", {0}},
    [REASON_FOREIGN_FROM] = {"foreign-from", {0}},
    [REASON_FOREIGN_SENDER] = {"foreign-sender", {0}},
    [REASON_NO_FROM] = {"no-from", {0}},
    [REASON_SEVERAL_FROM] = {"several-from", {0}},
    [REASON_MALFORMED_FROM] = {"malformed-from", {0}},
    [REASON_LOGIN_MISMATCH] = {"login-mismatch", {0}},
    [REASON_SIGNING_OFF] = {"signing-off", {0}},
    [REASON_ASKED_NOT_TO] = {"asked-not-to", {0}},
    [REASON_NO_USER] = {"no-user", {0}},
    [REASON_RETIRED] = {"retired", {0}},
    [REASON_NO_OWN_CERTIFICATE] = {"no-own-certificate", {0}},
    [REASON_OWN_EXPIRED] = {"own-expired",
	{"451", "4.7.54",
	    "the sender's certificate has expired, the mail waits; the "
	    "administrator has to install a new one"}},
    [REASON_OWN_NOT_YET] = {"own-not-yet-valid",
	{"451", "4.7.54",
	    "the sender's certificate is not valid yet, the mail waits; the "
	    "administrator has to look at the clock or install another one"}},
    [REASON_OWN_MISMATCH] = {"own-mismatch",
	{"451", "4.7.54",
	    "the sender's certificate is of another address, the mail waits; "
	    "the administrator has to install one of this address"}},
    [REASON_OWN_USAGE] = {"own-usage",
	{"451", "4.7.54",
	    "the sender's certificate is not for signing mail, the mail waits; "
	    "the administrator has to install one that is"}},
    [REASON_OWN_WEAK] = {"own-weak",
	{"451", "4.7.54",
	    "the sender's certificate is too weak, the mail waits; the "
	    "administrator has to install a stronger one"}},
    [REASON_TOO_COMPLEX] = {"too-complex", {0}},
    [REASON_ALREADY_SIGNED] = {"already-signed", {0}},
    [REASON_ALREADY_ENCRYPTED] = {"already-encrypted", {0}},
    [REASON_NULL_SENDER] = {"null-sender", {0}},
    [REASON_DSN] = {"dsn", {0}},
    [REASON_MDN] = {"mdn", {0}},
    [REASON_ACME] = {"acme", {0}},
    [REASON_AUTO_SUBMITTED] = {"auto-submitted", {0}},
    [REASON_LIST] = {"list", {0}},
    [REASON_RESENT] = {"resent", {0}},
    [REASON_CALENDAR] = {"calendar", {0}},
    [REASON_PARTIAL] = {"partial", {0}},
    [REASON_OWN_COPY] = {"own-copy", {0}},
    [REASON_ENCRYPTION_OFF] = {"encryption-off", {0}},
    [REASON_NO_CERTIFICATE] = {"no-certificate",
	{"550", "5.7.51",
	    "no certificate, keys not exchanged; ask for a signed mail"}},
    [REASON_RECIPIENT_EXPIRED] = {"recipient-expired",
	{"550", "5.7.52", "certificate expired; ask for a new signed mail"}},
    [REASON_RECIPIENT_UNUSABLE] = {"recipient-unusable",
	{"550", "5.7.53",
	    "certificate cannot be used to encrypt; ask for a signed mail "
	    "with another one"}},
    [REASON_RECIPIENT_UNTRUSTED] = {"recipient-untrusted",
	{"550", "5.7.53",
	    "certificate is not trusted; ask your administrator to look "
	    "at it"}},
    [REASON_RECIPIENT_PENDING] = {"recipient-pending",
	{"550", "5.7.53",
	    "new certificate waits for approval; ask your "
	    "administrator"}},
    [REASON_RECIPIENT_SUSPENDED] = {"recipient-suspended",
	{"550", "5.7.53",
	    "encryption to this address is suspended; ask your "
	    "administrator"}},
    [REASON_RECIPIENT_NEVER] = {"recipient-never",
	{"550", "5.7.58",
	    "is never sent encrypted mail, and this mail must not leave in "
	    "clear; ask your administrator"}},
    [REASON_CONTRADICTION] = {"contradiction",
	{"550", "5.7.58",
	    "is never sent encrypted mail, and yours must be encrypted; ask "
	    "your administrator"}},
    [REASON_ESCROW] = {"escrow",
	{"451", "4.7.57",
	    "the certificate of the organisation is missing, the mail waits; "
	    "the administrator has to install one"}},
    [REASON_MIXED] = {"mixed",
	{"550", "5.7.59",
	    "gets this mail in clear text, and others must get it encrypted; "
	    "send two mails"}},
    [REASON_BCC] = {"bcc",
	{"550", "5.7.54",
	    "a blind copy cannot be encrypted together with other recipients; "
	    "send it as a mail of its own"}},
    [REASON_LOCAL_RECIPIENT] = {"local-recipient",
	{"550", "5.7.55",
	    "a recipient on this server cannot share an encrypted mail "
	    "with outside ones; send two mails"}},
    [REASON_BAD_RECIPIENT] = {"bad-recipient",
	{"550", "5.7.56",
	    "cannot be read as a mail address, so there is no certificate "
	    "for it; correct the address"}},
    [REASON_NOT_ENCRYPTABLE] = {"not-encryptable",
	{"550", "5.7.57",
	    "this mail must be encrypted but cannot be; ask your "
	    "administrator"}},
    [REASON_TOO_LARGE] = {"too-large",
	{"552", "5.3.4",
	    "the mail is too large to be protected; send less at a time"}},
    [REASON_MUST_SIGN] = {"must-sign",
	{"550", "5.7.60",
	    "you asked for a signature, and there can be none; ask your "
	    "administrator"}},
    [REASON_INNER_SIGNED] = {"inner-signed", {0}},
    [REASON_INNER_ENCRYPTED] = {"inner-encrypted", {0}},
    [REASON_INLINE_PGP] = {"inline-pgp", {0}},
    [REASON_BROKEN] = {"broken", {0}},
    [REASON_CHARSET] = {"charset", {0}},
    [REASON_DISCLAIMER_REFUSED] = {"disclaimer-refused",
	{"550", "5.7.64",
	    "your mail program signs or encrypts, so that the legal text "
	    "cannot be added; put it into your own text, or leave signing and "
	    "encrypting to the server"}},
    [REASON_DISCLAIMER_UNKNOWN] = {"disclaimer-unknown",
	{"451", "4.7.59",
	    "the legal text for this mail is not configured, the mail waits; "
	    "the administrator has to look at \"disclaimers\""}},
    [REASON_RATE_LIMIT] = {"rate-limit",
	{"451", "4.7.55",
	    "you have sent very much mail in a short time; try again later"}},
    [REASON_REINJECT] = {"reinject",
	{"451", "4.7.56",
	    "the copies for the other recipients cannot be handed over now; "
	    "try again later"}},
    [REASON_KEYD] = {"keyd",
	{"451", "4.7.51",
	    "the signing service is not available; try again later"}},
    [REASON_STORE] = {"store",
	{"451", "4.7.52",
	    "the certificate store is not available; try again later"}},
    [REASON_INTERNAL] = {"internal",
	{"451", "4.7.53", "the mail cannot be protected now; try again later"}},
    [REASON_UNSIGNED] = {"unsigned", {0}},
    [REASON_MUST_BE_SIGNED] = {"must-be-signed",
	{"550", "5.7.61",
	    "mail from you is taken here only with a valid S/MIME signature "
	    "of the address in From; sign it and send it again"}},
    [REASON_MUST_BE_ENCRYPTED] = {"must-be-encrypted",
	{"550", "5.7.62",
	    "mail from you is taken here only when it is encrypted with "
	    "S/MIME; encrypt it to the recipient and send it again"}},
    [REASON_LEVEL_TOO_LOW] = {"level-too-low",
	{"550", "5.7.63",
	    "the certificate of your signature says too little about who you "
	    "are; sign with one of a higher assurance level"}},
    [REASON_SEAL_BROKEN] = {"seal-broken",
	{"550", "5.7.65",
	    "the message was changed after it was signed; ask your "
	    "administrator to look for what changes mail behind the signer"}},
    [REASON_NOT_OPENED] = {"not-opened", {0}},
    [REASON_NO_KEY] = {"no-key", {0}},
    [REASON_DECRYPTION_OFF] = {"decryption-off", {0}},
    [REASON_SHADOW] = {"shadow", {0}},
    [REASON_NO_LISTENER] = {"no-listener", {0}},
};

/* The same where the operator chooses whether such mail waits. */
static const struct plan_wording waiting[REASON_COUNT] = {
    [REASON_SEAL_BROKEN] = {"451", "4.7.58",
	"the message was changed after it was signed, it waits; the "
	"administrator has to look for what changes mail behind the signer"},
};

const char *
plan_reason_name(enum plan_reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].name;
}

bool
plan_reason_is_own(enum plan_reason reason)
{
	return reason >= REASON_OWN_EXPIRED && reason <= REASON_OWN_WEAK;
}

bool
plan_reason_is_no_key(enum plan_reason reason)
{
	switch (reason) {
	case REASON_NO_CERTIFICATE:
	case REASON_RECIPIENT_EXPIRED:
	case REASON_RECIPIENT_UNUSABLE:
	case REASON_RECIPIENT_UNTRUSTED:
	case REASON_RECIPIENT_PENDING:
	case REASON_RECIPIENT_SUSPENDED:
	case REASON_BAD_RECIPIENT:
	case REASON_NOT_ENCRYPTABLE:
	case REASON_TOO_LARGE:
		return true;
	default:
		return false;
	}
}

const struct plan_wording *
plan_reason_wording(enum plan_reason reason)
{
	assert(reason < REASON_COUNT);
	if (!reasons[reason].wording.code)
		reason = REASON_INTERNAL;
	return &reasons[reason].wording;
}

const struct plan_wording *
plan_reason_waiting(enum plan_reason reason)
{
	const struct plan_wording *wording = plan_reason_wording(reason);

	if (wording->code[0] == '4')
		return wording;
	if (waiting[reason].code)
		return &waiting[reason];
	return &reasons[REASON_INTERNAL].wording;
}

const char *
plan_disclaimer_name(enum plan_disclaimer disclaimer)
{
	static const char *const names[] = {
	    [PLAN_DISCLAIMER_NONE] = "none",
	    [PLAN_DISCLAIMER_ADD] = "added",
	    [PLAN_DISCLAIMER_PRESENT] = "present",
	    [PLAN_DISCLAIMER_REFUSED] = "refused",
	    [PLAN_DISCLAIMER_NO_BODY] = "no-body",
	};

	return names[disclaimer];
}

bool
plan_is_protection(const struct plan *plan)
{
	return plan->action == PLAN_PROTECT &&
	       (plan->sign || plan->encrypt || plan->refused > 0);
}

void
plan_init(struct plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->recipient = PLAN_NO_RECIPIENT;
}

void
plan_fini(struct plan *plan)
{
	free(plan->groups);
	free(plan->recipients);
	plan_init(plan);
}
