/* identity.c: see identity.h. */
#include "smime/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "smime/cms_id.h"
#include "smime/der.h"
#include "smime/rsa_params.h"
#include "smime/signed_attrs.h"

/* A chain of the largest certificates, and a little for the rest. */
#define DER_MAX ((LIMIT_CHAIN + 2) * (size_t)LIMIT_CERTIFICATE)

struct smime_identity {
	struct certificate *certificate;
	struct key_ref key;
	struct smime_identity_der der;
	char algorithm[32]; /* for the log */
	struct arena arena; /* what key and der point to */
};

/* The default of the certificate's key; -1 when it does not sign. */
static int
default_signing(const struct certificate *c, struct key_signing *how)
{
	switch (c->key) {
	case CERTIFICATE_KEY_RSA:
		*how = (struct key_signing){KEY_ALG_RSA_PKCS1, KEY_HASH_SHA256};
		return 0;
	case CERTIFICATE_KEY_EC:
		/* RFC 5753 and 8551 2.2: the hash goes with the curve. */
		how->algorithm = KEY_ALG_ECDSA;
		how->hash = c->key_bits > 384	? KEY_HASH_SHA512
			    : c->key_bits > 256 ? KEY_HASH_SHA384
						: KEY_HASH_SHA256;
		return 0;
	case CERTIFICATE_KEY_ED25519:
		*how = (struct key_signing){KEY_ALG_ED25519, KEY_HASH_SHA512};
		return 0;
	case CERTIFICATE_KEY_OTHER:
	case CERTIFICATE_KEY_RSA_OAEP:
	case CERTIFICATE_KEY_RSA_PSS: /* smime-keyd takes no such keys */
	default:
		return -1;
	}
}

/* Can a key that signs as by default does also sign like this? */
static bool
signing_fits(const struct key_signing *normal, const struct key_signing *how)
{
	if (how->hash < KEY_HASH_SHA256 || how->hash > KEY_HASH_SHA512)
		return false;
	if (normal->algorithm == KEY_ALG_ED25519 &&
	    how->hash != KEY_HASH_SHA512) /* RFC 8419 section 3 */
		return false;
	return how->algorithm == normal->algorithm ||
	       (normal->algorithm == KEY_ALG_RSA_PKCS1 &&
		   how->algorithm == KEY_ALG_RSA_PSS);
}

/* What is asked for, of a key. */
static const struct wish {
	enum certificate_key key;
	int bits;
	enum key_algorithm algorithm;
} wishes[] = {
    [ALGORITHM_RSA] = {CERTIFICATE_KEY_RSA, 0, KEY_ALG_RSA_PKCS1},
    [ALGORITHM_RSA_PSS] = {CERTIFICATE_KEY_RSA, 0, KEY_ALG_RSA_PSS},
    [ALGORITHM_ECDSA_P256] = {CERTIFICATE_KEY_EC, 256, KEY_ALG_ECDSA},
    [ALGORITHM_ECDSA_P384] = {CERTIFICATE_KEY_EC, 384, KEY_ALG_ECDSA},
    [ALGORITHM_ECDSA_P521] = {CERTIFICATE_KEY_EC, 521, KEY_ALG_ECDSA},
    [ALGORITHM_ED25519] = {CERTIFICATE_KEY_ED25519, 0, KEY_ALG_ED25519},
};

int
smime_signing_choose(const struct certificate *c, enum setting_algorithm wish,
    struct key_signing *how)
{
	const struct wish *w = &wishes[wish];
	struct key_signing normal;

	if (default_signing(c, &normal) < 0)
		return -1;
	if (wish > ALGORITHM_ANY) {
		if (c->key != w->key || (w->bits && c->key_bits != w->bits))
			return -1;
		normal.algorithm = w->algorithm;
	}
	*how = normal;
	return 0;
}

static int
signing_choose(const struct certificate *c, const struct key_signing *wish,
    struct key_signing *how, struct err *err)
{
	if (default_signing(c, how))
		return err_set(err, ERR_PERMANENT,
		    "the key of certificate %s (%s) cannot sign",
		    c->fingerprint_text, c->subject);
	if (wish && !signing_fits(how, wish))
		return err_set(err, ERR_PERMANENT,
		    "the key of certificate %s (%s) cannot sign as asked for",
		    c->fingerprint_text, c->subject);
	if (wish)
		*how = *wish;
	return 0;
}

/* Moves what was written to tmp into the identity. */
static struct slice
keep(struct smime_identity *identity, struct buf *tmp)
{
	struct slice s = slice_make(
	    arena_dup(&identity->arena, tmp->data, tmp->len), tmp->len);

	buf_clear(tmp);
	return s;
}

static void
algorithms_encode(struct smime_identity *identity, struct buf *tmp)
{
	struct smime_identity_der *der = &identity->der;
	enum oid oid =
	    signature_algorithm_oid(der->how.algorithm, der->digest->oid);

	/* RFC 5754 section 2: no parameters for the SHA-2 family. */
	der_algorithm(tmp, der->digest->oid);
	der->digest_algorithm = keep(identity, tmp);
	if (oid == OID_RSA_PSS)
		rsa_pss_write(tmp, der->digest);
	else if (oid == OID_RSA)
		der_algorithm_null(tmp, oid);
	else
		der_algorithm(tmp, oid);
	der->signature_algorithm = keep(identity, tmp);
}

/* Signer and intermediates (rule D6). */
static int
certificates_encode(struct smime_identity *identity,
    const struct store_own_cert *own, struct buf *tmp, struct err *err)
{
	struct slice all[LIMIT_CHAIN + 1];
	size_t count = 0;

	if (own->chain.count > LIMIT_CHAIN)
		return err_set(err, ERR_PERMANENT,
		    "certificate %s has more than %u issuers",
		    own->certificate->fingerprint_text, LIMIT_CHAIN);
	all[count++] = own->certificate->der;
	for (size_t i = 0; i < own->chain.count; i++)
		all[count++] = own->chain.at[i]->der;
	der_set_of(tmp, DER_CONSTRUCTED(0), all, count);
	identity->der.certificates = keep(identity, tmp);
	return 0;
}

static void
attributes_encode(struct smime_identity *identity, struct buf *tmp)
{
	struct smime_identity_der *der = &identity->der;
	size_t n = 0;

	signed_attr_content_type(tmp, OID_DATA);
	der->attributes[n++] = keep(identity, tmp);
	signed_attr_capabilities(tmp, identity->certificate);
	der->attributes[n++] = keep(identity, tmp);
	signed_attr_signing_certificate(tmp, identity->certificate);
	der->attributes[n++] = keep(identity, tmp);
	signed_attr_algorithm_protection(
	    tmp, der->digest_algorithm, der->signature_algorithm);
	der->attributes[n++] = keep(identity, tmp);
}

static void
algorithm_name(struct smime_identity *identity)
{
	char *out = identity->algorithm;
	const size_t size = sizeof(identity->algorithm);
	const char *digest = identity->der.digest->name;

	switch (identity->der.how.algorithm) {
	case KEY_ALG_ED25519:
		snprintf(out, size, "ed25519");
		break;
	case KEY_ALG_ECDSA:
		snprintf(out, size, "ecdsa-p%d-%s",
		    identity->certificate->key_bits, digest);
		break;
	case KEY_ALG_RSA_PSS:
		snprintf(out, size, "rsa-pss-%s", digest);
		break;
	default:
		snprintf(out, size, "rsa-%s", digest);
	}
}

static int
encode(struct smime_identity *identity, const struct store_own_cert *own,
    struct buf *tmp, struct err *err)
{
	if (cms_id_write(identity->certificate, tmp))
		return err_set_crypto(err, ERR_PERMANENT,
		    "certificate %s: cannot encode its issuer",
		    identity->certificate->fingerprint_text);
	identity->der.signer = keep(identity, tmp);
	if (certificates_encode(identity, own, tmp, err))
		return -1;
	algorithms_encode(identity, tmp);
	algorithm_name(identity);
	attributes_encode(identity, tmp);
	return 0;
}

int
smime_identity_new(const struct store_own_cert *own,
    const struct key_signing *how, struct smime_identity **out, struct err *err)
{
	struct smime_identity *identity;
	struct key_signing chosen = {KEY_ALG_NONE, KEY_HASH_NONE};
	struct buf tmp;
	int rc = -1;

	if (signing_choose(own->certificate, how, &chosen, err))
		return -1;
	identity = xcalloc(1, sizeof(*identity));
	identity->certificate = certificate_ref(own->certificate);
	arena_init(&identity->arena, 2 * DER_MAX);
	buf_init(&tmp, DER_MAX);

	identity->der.how = chosen;
	identity->der.digest = digest_algorithm_for(chosen.hash);
	memcpy(identity->key.id, own->certificate->key_id, KEY_ID_SIZE);
	if (own->wrapped_len == 0 ||
	    own->wrapped_len > (size_t)LIMIT_KEY_FIELD) {
		err_set(err, ERR_PERMANENT,
		    "certificate %s (%s) has no usable private key",
		    own->certificate->fingerprint_text,
		    own->certificate->subject);
		goto out;
	}
	buf_add(&tmp, own->wrapped, own->wrapped_len);
	identity->key.wrapped = keep(identity, &tmp);
	if (!identity->der.digest->md) {
		err_set(err, ERR_BUG, "OpenSSL offers no %s",
		    identity->der.digest->name);
		goto out;
	}
	if (encode(identity, own, &tmp, err))
		goto out;
	*out = identity;
	identity = NULL;
	rc = 0;
out:
	buf_fini(&tmp);
	smime_identity_release(&identity);
	return rc;
}

void
smime_identity_release(struct smime_identity **identity)
{
	struct smime_identity *i = *identity;

	*identity = NULL;
	if (!i)
		return;
	certificate_unref(&i->certificate);
	arena_fini(&i->arena);
	free(i);
}

struct certificate *
smime_identity_certificate(const struct smime_identity *identity)
{
	return identity->certificate;
}

const struct key_ref *
smime_identity_key(const struct smime_identity *identity)
{
	return &identity->key;
}

const char *
smime_identity_micalg(const struct smime_identity *identity)
{
	return identity->der.digest->micalg;
}

const char *
smime_identity_algorithm(const struct smime_identity *identity)
{
	return identity->algorithm;
}

const struct smime_identity_der *
smime_identity_der(const struct smime_identity *identity)
{
	return &identity->der;
}
