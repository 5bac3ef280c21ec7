/*
 * intact.h: is what was signed still what is there?
 *
 * Integrity and nothing else (rules V3 to V6): the digest of the content, and
 * the signature over it by the key of the signer's own certificate.  Nobody
 * is trusted, no path is built, no store is asked, and a weak algorithm is as
 * good as any other: whoever passes mail on has to ask only whether he or his
 * neighbours broke it.  It is smime_verify without trust, so that both always
 * agree about what is altered or malformed.
 *
 * Any thread.
 */
#ifndef SMIME_INTACT_H
#define SMIME_INTACT_H

#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate_cache.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "smime/seal_compare.h"

enum smime_integrity {
	INTEGRITY_NONE = 0, /* no signature at the root: no S/MIME, encrypted,
	                     * certificates only */
	INTEGRITY_INTACT,
	INTEGRITY_BROKEN,
	INTEGRITY_UNKNOWN /* nobody can say: an algorithm that we cannot do, or
	                   * the signer's certificate is not there */
};
/* "none", "intact", "broken", "unknown" */
const char *smime_integrity_name(enum smime_integrity integrity);

struct smime_intact {
	enum smime_integrity integrity;
	const char *detail; /* static text: why it is not INTACT; or "" */
	/* What can be said without a fingerprint; when BROKEN at least one, and
	 * none of them benign. */
	struct seal_findings findings;
};

struct smime_intact_opts {
	struct certificate_cache *cache; /* NULL: every certificate is parsed
	                                  * again */
	const struct spool_config *spool;
};

/* Judges a message by its header and body (exact bytes, CRLF).  Whatever the
 * message holds ends in a result; errors are those of the spool. */
int smime_check_integrity(const struct smime_intact_opts *opts,
    const struct header *header, struct slice body, struct smime_intact *out,
    struct err *err) MUST_USE;

#endif
