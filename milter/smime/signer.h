/*
 * signer.h: what one SignerInfo proves about a message.
 */
#ifndef SMIME_SIGNER_H
#define SMIME_SIGNER_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "base/limits.h"
#include "smime/algorithms.h"
#include "smime/signed_attrs.h"
#include "smime/signed_data.h"
#include "smime/verify.h"

/* The content's digest by one algorithm. */
struct signer_digest {
	const struct digest_algorithm *algorithm;
	unsigned char value[EVP_MAX_MD_SIZE];
	size_t len;
};

/* What all signers of a message share. */
struct signer_context {
	const struct smime_verify_opts *opts;
	enum oid content_type;
	struct slice content;
	const struct certificate_list *certificates;
	/* Each algorithm is computed once; a signer has at most one. */
	struct signer_digest digests[LIMIT_SIGNERS];
	size_t digest_count;
};

struct signer_judgement {
	enum smime_status status; /* of this signer; never MISMATCH: From
	                           * belongs to one signer only */
	const char *detail;	  /* static; why it is not VALID, or "" */
	struct certificate *certificate; /* borrowed; NULL when none fits */
	bool intact, trusted, owns_from, usage_fits, in_time;
	const struct digest_algorithm *digest; /* NULL when unknown */
	bool pss;			       /* RSASSA-PSS */
	struct signed_attrs attrs;	       /* to be believed when intact */
};

/* Never fails: whatever the SignerInfo holds ends in a status. */
void signer_judge(struct signer_context *context,
    const struct signer_info *info, struct signer_judgement *out);

#endif
