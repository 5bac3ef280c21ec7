/*
 * rsa_params.h: the parameters of RSASSA-PSS and RSAES-OAEP (RFC 4055
 * sections 3 and 4).
 *
 * Read strictly: present, each field at most once and in order, hashes that
 * we know.  OpenSSL's CMS takes broken OAEP parameters for PKCS#1 v1.5; this
 * does not.
 */
#ifndef SMIME_RSA_PARAMS_H
#define SMIME_RSA_PARAMS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "smime/algorithms.h"

struct rsa_params {
	const struct digest_algorithm *hash;
	const struct digest_algorithm *mgf_hash;
	unsigned salt;	    /* PSS: octets of salt */
	struct slice label; /* OAEP: borrowed from what was read */
};

/* params: the element behind the algorithm's identifier.  -1 when they are
 * absent, not by the grammar, or name something that we cannot do. */
int rsa_pss_params_read(struct slice params, struct rsa_params *out) MUST_USE;
int rsa_oaep_params_read(struct slice params, struct rsa_params *out) MUST_USE;

/* AlgorithmIdentifier with parameters.  Fields at their default are left out
 * (rule E4).  PSS: the mask function uses the same hash, the salt is as long
 * as the hash.  OAEP: the label is empty. */
void rsa_pss_write(struct buf *out, const struct digest_algorithm *hash);
void rsa_oaep_write(struct buf *out, const struct rsa_params *params);

#endif
