/* capabilities.c: see capabilities.h.  Callable from any thread. */
#include "smime/capabilities.h"

#include "smime/der.h"

/* RFC 3560 section 5 gives these very octets for OAEP with SHA-256.  They
 * lack the tags [0] and [1] of the real parameters; but capabilities are
 * compared octet by octet, so that the published form is the right one. */
static void
oaep_sha256(struct buf *out)
{
	size_t whole = der_open(out, DER_SEQUENCE), params, mgf;

	der_oid(out, OID_RSA_OAEP);
	params = der_open(out, DER_SEQUENCE);
	der_algorithm_null(out, OID_SHA256);
	mgf = der_open(out, DER_SEQUENCE);
	der_oid(out, OID_MGF1);
	der_algorithm_null(out, OID_SHA256);
	der_close(out, mgf);
	der_close(out, params);
	der_close(out, whole);
}

/* RFC 3560 section 5: with every hash at its default, parameters empty. */
static void
oaep_sha1(struct buf *out)
{
	size_t whole = der_open(out, DER_SEQUENCE);

	der_oid(out, OID_RSA_OAEP);
	der_head(out, DER_SEQUENCE, 0);
	der_close(out, whole);
}

/* RFC 5753 section 6. */
static void
agreement(struct buf *out, enum oid scheme, enum oid wrap)
{
	size_t whole = der_open(out, DER_SEQUENCE);

	der_oid(out, scheme);
	der_algorithm(out, wrap);
	der_close(out, whole);
}

static void
key_management(struct buf *out, const struct certificate *certificate)
{
	if (!certificate->may_encrypt)
		return;
	if (certificate->key == CERTIFICATE_KEY_RSA) {
		oaep_sha256(out);
		oaep_sha1(out);
	} else if (certificate->key == CERTIFICATE_KEY_EC) {
		agreement(out, OID_STD_DH_SHA256, OID_AES256_WRAP);
		agreement(out, OID_STD_DH_SHA256, OID_AES128_WRAP);
	}
}

void
capabilities_write(struct buf *out, const struct certificate *certificate)
{
	size_t list = der_open(out, DER_SEQUENCE);

	/* In order of preference, grouped by class: CBC first because the
	 * owner's mail programs may hold the key too, and most of them
	 * cannot read GCM (rule E2). */
	der_algorithm(out, OID_AES256_CBC);
	der_algorithm(out, OID_AES128_CBC);
	der_algorithm(out, OID_AES256_GCM);
	der_algorithm(out, OID_AES128_GCM);
	key_management(out, certificate);
	der_close(out, list);
}
