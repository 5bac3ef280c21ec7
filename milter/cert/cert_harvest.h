/*
 * cert_harvest.h: which certificates of a verified message may be kept
 * (rules H1 to H5, B1, B2, B6).  Pure but for the trust check.
 */
#ifndef CERT_CERT_HARVEST_H
#define CERT_CERT_HARVEST_H

#include <stdbool.h>
#include <time.h>

#include "base/slice.h"
#include "cert/store.h"
#include "cert/trust.h"

/* What the verification of one message established. */
struct cert_evidence {
	const char *from;	    /* canonical; the only mailbox of From */
	struct certificate *signer; /* signature verified over the bytes */
	const struct certificate_list *others; /* that came in the message */
	struct certificate *preferred; /* by SMIMEEncryptionKeyPreference, or
	                                * NULL */
	struct slice capabilities;     /* DER of SMIMECapabilities, or empty */
	time_t signing_time;	       /* 0 when absent */
	unsigned used; /* a set of store_used: what the message itself is
	                * made with */
	const char *message_id;
};

enum cert_harvest_word {
	CERT_HARVEST_KEPT = 0,
	CERT_HARVEST_WRONG_ADDRESS, /* certificate's address is not From */
	CERT_HARVEST_UNTRUSTED,	    /* kept, as untrusted: nothing is wrong but
	                         * that nobody knows its authority (B6) */
	CERT_HARVEST_EXPIRED,
	CERT_HARVEST_WEAK,
	CERT_HARVEST_WRONG_USAGE,
	CERT_HARVEST_FUTURE,	  /* signingTime is ahead of us (H3): the
	                      * certificate is kept, without capabilities,
	                      * what was used, and preference */
	CERT_HARVEST_SELF_ISSUED, /* vouches for itself, nobody else does */
	CERT_HARVEST_BROKEN	  /* a path, but not a good one */
};
/* The word for logs: "kept", "wrong-address", "untrusted" ... */
const char *cert_harvest_word_name(enum cert_harvest_word word);

/* Is there a record? */
bool cert_harvest_is_kept(enum cert_harvest_word word);

/*
 * The encryption certificate of the sender: the preferred one, else the
 * newest with the signer's subject that may encrypt, the signer's among them
 * (rule H2); each must itself carry the From address and lead to a trusted
 * root.  Where the signer's authority is not known it must be one of which
 * that is true as well, and of which nothing else is wrong.
 *
 * Whose signature it is may speak of another certificate, what its owner
 * announces and prefers, only when both come from the same authority and its
 * own level is no lower: anybody can point to the certificate of somebody
 * else.  Otherwise the record is without all that.
 *
 * When it is kept *out is a record ready for store_partner_cert_put, harvested
 * or untrusted, which the caller ends with store_partner_cert_fini; otherwise
 * *out is untouched.
 */
enum cert_harvest_word cert_harvest(const struct cert_evidence *evidence,
    struct trust *trust, time_t now, struct store_partner_cert *out);

/* Takes everything out of the record that only its sender says. */
void cert_harvest_drop_claims(struct store_partner_cert *record);

#endif
