/*
 * Judging certificates behind a good signature: the first octet says which
 * authority issues the certificate in the rest.  Whatever stands in it, no
 * authority gets around its name constraints, and what is trusted is what the
 * headers promise.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "fuzz/certifier.h"
#include "mail/address.h"

static bool
is_below(const char *domain, const char *parent)
{
	size_t len = strlen(domain), tail = strlen(parent);

	return strcmp(domain, parent) == 0 ||
	       (len > tail && domain[len - tail - 1] == '.' &&
		   strcmp(domain + len - tail, parent) == 0);
}

/* RFC 5280 4.2.1.10: for mailboxes, by domain. */
static void
check_constraints(const struct certificate *c, enum certifier who)
{
	for (size_t i = 0; i < c->address_count; i++) {
		const char *domain = address_domain(c->addresses[i]);

		if (who == CERTIFIER_EXCLUDED)
			FUZZ_CHECK(!is_below(domain, "example.net"));
		if (who == CERTIFIER_PERMITTED)
			FUZZ_CHECK(strcmp(domain, "example.com") == 0);
	}
}

static void
check_trusted(const struct certificate *c, enum certifier who)
{
	const time_t now = certifier_now();

	FUZZ_CHECK(who != CERTIFIER_STRANGER);
	FUZZ_CHECK(c->not_before <= now && now <= c->not_after);
	FUZZ_CHECK(certificate_is_strong(c));
	FUZZ_CHECK(!(c->is_ca && c->may_sign));
	FUZZ_CHECK(!(X509_get_extension_flags(c->x509) & EXFLAG_CRITICAL));
	check_constraints(c, who);
}

static void
check_anchor(
    struct certificate *c, enum certifier who, enum trust_verdict verdict)
{
	struct certificate *anchor =
	    trust_anchor_of(certifier_trust(), c, NULL, certifier_now());

	if (verdict == TRUST_OK)
		FUZZ_CHECK(anchor == certifier_certificate(who));
	certificate_unref(&anchor);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum trust_verdict verdict;
	struct certificate_list chain;
	const char *reason = NULL;
	struct certificate *c;
	enum certifier who;

	if (size == 0)
		return 0;
	who = data[0] % CERTIFIER_COUNT;
	c = certifier_issue(
	    who, slice_make(data + 1, size - 1), data[0] & 0x80);
	if (!c)
		return 0;
	verdict =
	    trust_check(certifier_trust(), c, NULL, certifier_now(), &reason);
	FUZZ_CHECK(reason && *reason);
	if (verdict == TRUST_OK)
		check_trusted(c, who);
	check_anchor(c, who, verdict);
	/* By heart: the same again. */
	FUZZ_CHECK(trust_check(certifier_trust(), c, NULL, certifier_now(),
		       NULL) == verdict);
	certificate_list_init(&chain);
	trust_build_chain(certifier_trust(), c, NULL, &chain);
	FUZZ_CHECK(chain.count == 0);
	certificate_list_fini(&chain);
	certificate_unref(&c);
	FUZZ_CHECK(ERR_peek_error() == 0);
	return 0;
}
