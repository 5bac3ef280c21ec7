/*
 * verify.h: what a signature at the root of a message proves (rules V1 to
 * V13), as separate facts and one word derived from them.
 *
 * Zero means nothing proven: a verdict that was never filled is unsigned and
 * trusts nobody.
 *
 * A message may have several signers, and each may fail in its own way.  The
 * word is the first of these that holds for any of them: malformed, altered,
 * unsupported, weak, untrusted, expired; then, when no signer owns the From
 * address, mismatch; else valid.  A fact is true only when it is true of
 * every signer (owns_from: of the one that the verdict names).
 */
#ifndef SMIME_VERIFY_H
#define SMIME_VERIFY_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"
#include "cert/certificate_cache.h"
#include "cert/trust.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "smime/detect.h"

enum smime_status {
	SMIME_UNSIGNED = 0,
	SMIME_VALID,	   /* every fact below holds */
	SMIME_UNTRUSTED,   /* intact, but no path to a trusted root */
	SMIME_EXPIRED,	   /* intact, but outside the validity */
	SMIME_MISMATCH,	   /* intact and trusted, but not the sender's */
	SMIME_ALTERED,	   /* the bytes are not those that were signed */
	SMIME_WEAK,	   /* algorithm or key not accepted any more */
	SMIME_UNSUPPORTED, /* an algorithm that we cannot do */
	SMIME_MALFORMED	   /* not by the grammar of MIME or CMS */
};
const char *smime_status_name(enum smime_status status);

struct smime_verdict {
	enum smime_status status;
	const char *detail;	    /* static text: why not valid; or "" */
	bool intact;		    /* the bytes are those that were signed */
	bool trusted;		    /* path to an anchor */
	bool owns_from;		    /* the signer's certificate names From */
	bool usage_fits;	    /* KU and EKU */
	bool in_time;		    /* valid now */
	bool revocation_checked;    /* false: unchecked */
	struct certificate *signer; /* the one that matches From, else the
	                             * first; NULL when none was found */
	struct certificate_list certificates; /* all in the message */
	struct certificate *preferred;	      /* SMIMEEncryptionKeyPreference */
	struct buf capabilities; /* DER of SMIMECapabilities; may be empty */
	time_t signing_time;	 /* the signer's claim; 0 when absent */
	unsigned signers;
	const char *digest;   /* "sha256" ...; "" when unknown */
	bool pss;	      /* the signer used RSASSA-PSS */
	struct spool content; /* opaque kinds: the signed content;
	                             * finished */
	struct slice inside;  /* what was signed, with its own header:
	                             * content, or part 1 of the multipart,
	                             * which is borrowed from the message;
	                             * empty when it cannot be told */
};
void smime_verdict_init(
    struct smime_verdict *v, const struct spool_config *config);
void smime_verdict_fini(struct smime_verdict *v);

struct smime_verify_opts {
	struct trust *trust; /* NULL: nobody; what is intact is UNTRUSTED, and
	                      * no path is looked for */
	struct certificate_cache *cache; /* NULL: every certificate is parsed
	                                  * again */
	time_t now;
	const char *from; /* canonical address of the only From mailbox; NULL
	                   * when From is not exactly one: then never valid */
};

/* Judges a message by its header and body (exact bytes, CRLF).  Never fails
 * on content: whatever the message holds ends in a status.  Errors are those
 * of the spool. */
int smime_verify(const struct smime_verify_opts *opts,
    const struct header *header, struct slice body, struct smime_verdict *out,
    struct err *err) MUST_USE;

/* The same for the CMS of an application/pkcs7-mime without its transfer
 * encoding. */
int smime_verify_cms(const struct smime_verify_opts *opts, struct slice der,
    struct smime_verdict *out, struct err *err) MUST_USE;

#endif
