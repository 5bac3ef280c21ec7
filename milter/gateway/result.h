/*
 * result.h: what was found in a message, as the bodies of header fields
 * (rules A1 to A4, RFC 8601, RFC 7281).  For mark.c.
 */
#ifndef GATEWAY_RESULT_H
#define GATEWAY_RESULT_H

#include <stdbool.h>

#include "base/buf.h"
#include "policy/plan.h"
#include "smime/layers.h"

/* What who reads this copy may know. */
struct result {
	const struct smime_verdict *verdict; /* of the signature; NULL: none,
	                                      * or none that he can see */
	const char *signer;  /* canonical address to name him by, one of his
	                         * certificate's; NULL: none */
	bool unwrapped;	     /* the signature is not in this copy */
	const char *part;    /* where the signature is; "": unknown */
	bool signed_outside; /* of the encryption, where it proves nothing
	                         * (V8) */
	bool encrypted;
	bool decrypted;		/* then the next two count */
	const char *cipher;	/* "": unknown */
	bool authenticated;	/* the ciphertext had a tag, and it was good */
	enum plan_reason unmet; /* what was asked for; REASON_NONE: nothing */
};

/* Both append a body with its leading blank, folds as LF and a blank, lines of
 * 78 octets where a word is not longer, and never more than 998; printable
 * ASCII, whatever stands in certificates.  name: our authserv-id. */
void result_write_authres(
    const struct result *r, const char *name, struct buf *out);
void result_write_status(const struct result *r, struct buf *out);

/* Longer than any of them. */
#define RESULT_MAX 8192u

#endif
