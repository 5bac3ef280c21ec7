/* rsa_params.c: see rsa_params.h.  Callable from any thread. */
#include "smime/rsa_params.h"

#include "smime/der.h"
#include "smime/tlv.h"

/* RFC 4055 3.1: DEFAULT of saltLength, as long as a SHA-1. */
#define SALT_DEFAULT 20

/* [0] hashAlgorithm DEFAULT sha1 */
static int
hash_read(struct tlv *b, const struct digest_algorithm **hash)
{
	struct tlv_algorithm algorithm;
	struct tlv inside;

	*hash = digest_algorithm_find(OID_SHA1);
	if (tlv_peek(b) != DER_CONSTRUCTED(0))
		return 0;
	if (tlv_enter(b, DER_CONSTRUCTED(0), &inside) ||
	    tlv_algorithm(&inside, &algorithm) || tlv_leave(b, &inside) ||
	    !tlv_params_absent(algorithm.params))
		return -1;
	*hash = digest_algorithm_find(algorithm.oid);
	return *hash ? 0 : -1;
}

/* [1] maskGenAlgorithm DEFAULT mgf1 with sha1 */
static int
mgf_read(struct tlv *b, const struct digest_algorithm **hash)
{
	struct tlv_algorithm mgf, algorithm;
	struct tlv inside, params;

	*hash = digest_algorithm_find(OID_SHA1);
	if (tlv_peek(b) != DER_CONSTRUCTED(1))
		return 0;
	if (tlv_enter(b, DER_CONSTRUCTED(1), &inside) ||
	    tlv_algorithm(&inside, &mgf) || tlv_leave(b, &inside) ||
	    mgf.oid != OID_MGF1)
		return -1;
	tlv_init(&params, mgf.params);
	if (tlv_algorithm(&params, &algorithm) || !tlv_at_end(&params) ||
	    !tlv_params_absent(algorithm.params))
		return -1;
	*hash = digest_algorithm_find(algorithm.oid);
	return *hash ? 0 : -1;
}

/* [n] INTEGER */
static int
number_read(struct tlv *b, unsigned char tag, unsigned *value)
{
	struct tlv inside;

	if (tlv_peek(b) != tag)
		return 0;
	if (tlv_enter(b, tag, &inside) || tlv_integer(&inside, value))
		return -1;
	return tlv_leave(b, &inside);
}

/* [2] pSourceAlgorithm DEFAULT pSpecified with an empty label */
static int
label_read(struct tlv *b, struct slice *label)
{
	struct tlv_algorithm source;
	struct tlv inside, params;

	*label = slice_make(NULL, 0);
	if (tlv_peek(b) != DER_CONSTRUCTED(2))
		return 0;
	if (tlv_enter(b, DER_CONSTRUCTED(2), &inside) ||
	    tlv_algorithm(&inside, &source) || tlv_leave(b, &inside) ||
	    source.oid != OID_P_SPECIFIED)
		return -1;
	tlv_init(&params, source.params);
	if (tlv_value(&params, DER_OCTET_STRING, label))
		return -1;
	return tlv_at_end(&params) ? 0 : -1;
}

int
rsa_pss_params_read(struct slice params, struct rsa_params *out)
{
	unsigned trailer = 1;
	struct tlv b, inside;

	*out = (struct rsa_params){.salt = SALT_DEFAULT};
	tlv_init(&b, params);
	if (tlv_enter(&b, DER_SEQUENCE, &inside) ||
	    hash_read(&inside, &out->hash) ||
	    mgf_read(&inside, &out->mgf_hash) ||
	    number_read(&inside, DER_CONSTRUCTED(2), &out->salt) ||
	    number_read(&inside, DER_CONSTRUCTED(3), &trailer) ||
	    tlv_leave(&b, &inside) || !tlv_at_end(&b))
		return -1;
	return trailer == 1 ? 0 : -1;
}

int
rsa_oaep_params_read(struct slice params, struct rsa_params *out)
{
	struct tlv b, inside;

	*out = (struct rsa_params){0};
	tlv_init(&b, params);
	if (tlv_enter(&b, DER_SEQUENCE, &inside) ||
	    hash_read(&inside, &out->hash) ||
	    mgf_read(&inside, &out->mgf_hash) ||
	    label_read(&inside, &out->label) || tlv_leave(&b, &inside))
		return -1;
	return tlv_at_end(&b) ? 0 : -1;
}

static void
hashes_write(struct buf *out, const struct digest_algorithm *hash,
    const struct digest_algorithm *mgf_hash)
{
	size_t field, mgf;

	if (hash->oid != OID_SHA1) {
		field = der_open(out, DER_CONSTRUCTED(0));
		der_algorithm_null(out, hash->oid);
		der_close(out, field);
	}
	if (mgf_hash->oid != OID_SHA1) {
		field = der_open(out, DER_CONSTRUCTED(1));
		mgf = der_open(out, DER_SEQUENCE);
		der_oid(out, OID_MGF1);
		der_algorithm_null(out, mgf_hash->oid);
		der_close(out, mgf);
		der_close(out, field);
	}
}

void
rsa_pss_write(struct buf *out, const struct digest_algorithm *hash)
{
	size_t whole = der_open(out, DER_SEQUENCE), params, salt;

	der_oid(out, OID_RSA_PSS);
	params = der_open(out, DER_SEQUENCE);
	hashes_write(out, hash, hash);
	if (EVP_MD_get_size(hash->md) != SALT_DEFAULT) {
		salt = der_open(out, DER_CONSTRUCTED(2));
		der_integer(out, (unsigned)EVP_MD_get_size(hash->md));
		der_close(out, salt);
	}
	der_close(out, params);
	der_close(out, whole);
}

void
rsa_oaep_write(struct buf *out, const struct rsa_params *params)
{
	size_t whole = der_open(out, DER_SEQUENCE), inside;

	der_oid(out, OID_RSA_OAEP);
	inside = der_open(out, DER_SEQUENCE);
	hashes_write(out, params->hash, params->mgf_hash);
	der_close(out, inside);
	der_close(out, whole);
}
