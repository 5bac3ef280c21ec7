/* certifier.c: see certifier.h. */
#include "fuzz/fuzz.h"

#include "fuzz/certifier.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "unit/cert_fixture.h"

static struct fixture_cert authorities[CERTIFIER_COUNT];

static void
make(void)
{
	static const struct fixture_opts opts[CERTIFIER_COUNT] = {
	    [CERTIFIER_FREE] = {.name = "Free"},
	    [CERTIFIER_EXCLUDED] = {.name = "Excluded",
		.constraints = "critical,excluded;email:example.net,"
			       "excluded;email:.example.net"},
	    [CERTIFIER_PERMITTED] = {.name = "Permitted",
		.constraints = "critical,permitted;email:example.com"},
	    [CERTIFIER_STRANGER] = {.name = "Stranger"},
	};

	if (authorities[0].x509)
		return;
	for (int i = 0; i < CERTIFIER_COUNT; i++)
		fixture_ca(&authorities[i], &opts[i]);
	ERR_clear_error();
}

time_t
certifier_now(void)
{
	return fixture_now();
}

struct trust *
certifier_trust(void)
{
	static struct trust *trust;
	const struct trust_config none = {0};
	struct err err;

	if (trust)
		return trust;
	make();
	FUZZ_CHECK(trust_load(&none, &trust, &err) == 0);
	for (int i = 0; i < CERTIFIER_STRANGER; i++)
		FUZZ_CHECK(trust_add_anchor(
			       trust, authorities[i].certificate, &err) == 0);
	return trust;
}

struct certificate *
certifier_certificate(enum certifier who)
{
	make();
	return authorities[who].certificate;
}

static void
remove_extension(X509 *x509, int nid)
{
	int at = X509_get_ext_by_NID(x509, nid, -1);

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x509, at));
}

static void
date(X509 *x509)
{
	const time_t now = certifier_now();

	FUZZ_CHECK(ASN1_TIME_set(X509_getm_notBefore(x509), now - 3600) &&
		   ASN1_TIME_set(X509_getm_notAfter(x509), now + 3600));
}

struct certificate *
certifier_issue(enum certifier who, struct slice der, bool as_dated)
{
	const unsigned char *at = der.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
	struct certificate *c = NULL;
	struct err err;

	make();
	if (!x509)
		goto out;
	remove_extension(x509, NID_authority_key_identifier);
	if (!as_dated)
		date(x509);
	if (X509_set_issuer_name(
		x509, X509_get_subject_name(authorities[who].x509)) != 1 ||
	    X509_sign(x509, authorities[who].key, EVP_sha256()) <= 0 ||
	    certificate_from_x509(x509, &c, &err))
		c = NULL;
out:
	X509_free(x509);
	ERR_clear_error();
	return c;
}
