/*
 * What a signed message teaches: evidence from the input, certified by
 * authorities that certify anything, against what the store has for Bob.
 *
 * Two octets of choices and one of time; two certificates, the signer's and
 * another one, with their lengths in two octets before each; the rest is
 * SMIMECapabilities.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"
#include "cert/cert_harvest.h"
#include "cert/continuity.h"
#include "fuzz/certifier.h"
#include "unit/cert_fixture.h"

#define BOB "bob@example.com"

struct input {
	const uint8_t *at;
	size_t left;
};

static struct slice
take(struct input *in, size_t len)
{
	struct slice s;

	if (len > in->left)
		len = in->left;
	s = slice_make(in->at, len);
	in->at += len;
	in->left -= len;
	return s;
}

static unsigned
take_octet(struct input *in)
{
	struct slice s = take(in, 1);

	return s.len > 0 ? s.data[0] : 0;
}

static struct slice
take_certificate(struct input *in)
{
	size_t high = take_octet(in);

	return take(in, high << 8 | take_octet(in));
}

/* Bob's own, from an authority that knows him. */
static struct certificate *
bobs_certificate(void)
{
	static struct fixture_cert bob;
	struct buf der;

	if (!bob.x509) {
		fixture_leaf(
		    &bob, NULL, &(struct fixture_opts){.address = BOB});
		buf_init(&der, 65536);
		buf_add_slice(&der, bob.certificate->der);
		certificate_unref(&bob.certificate);
		bob.certificate =
		    certifier_issue(CERTIFIER_FREE, buf_slice(&der), true);
		buf_fini(&der);
		ERR_clear_error();
	}
	return bob.certificate;
}

static void
check_record(const struct cert_evidence *e, enum cert_harvest_word word,
    const struct store_partner_cert *r)
{
	bool trusted = trust_check(certifier_trust(), r->certificate, e->others,
			   certifier_now(), NULL) == TRUST_OK;

	FUZZ_CHECK(strcmp(r->address, e->from) == 0);
	FUZZ_CHECK(certificate_has_address(e->signer, e->from));
	FUZZ_CHECK(certificate_has_address(r->certificate, e->from));
	FUZZ_CHECK(e->signer->may_sign && r->certificate->may_encrypt);
	FUZZ_CHECK(r->trust == STORE_TRUST_HARVESTED ||
		   r->trust == STORE_TRUST_UNTRUSTED);
	FUZZ_CHECK(trusted == (r->trust == STORE_TRUST_HARVESTED));
	FUZZ_CHECK((word == CERT_HARVEST_UNTRUSTED) ==
		   (r->trust == STORE_TRUST_UNTRUSTED));
	FUZZ_CHECK(r->chain.count <= LIMIT_CHAIN);
	FUZZ_CHECK(r->capabilities_len <= LIMIT_CAPABILITIES);
	FUZZ_CHECK(r->signing_time <= certifier_now() + LIMIT_CLOCK_SKEW);
	if (word == CERT_HARVEST_FUTURE)
		FUZZ_CHECK(!r->capabilities && !r->preferred && !r->used &&
			   r->signing_time == 0);
}

/* Whoever gets a certificate for Bob from anybody else does not take the
 * place of Bob's. */
static void
check_continuity(const struct cert_evidence *e,
    const struct store_partner_cert *r, enum store_trust known_as)
{
	struct store_partner_cert known = {
	    .certificate = bobs_certificate(), .trust = known_as};
	struct continuity_newcomer newcomer = {r->certificate, e->others};
	struct certificate *anchor = trust_anchor_of(
	    certifier_trust(), r->certificate, e->others, certifier_now());
	enum continuity c = continuity_judge(
	    certifier_trust(), &newcomer, &known, 1, certifier_now());
	enum store_trust trust = continuity_trust(c);

	FUZZ_CHECK(
	    trust == STORE_TRUST_HARVESTED || trust == STORE_TRUST_PENDING);
	FUZZ_CHECK(*continuity_name(c));
	if (memcmp(r->certificate->fingerprint, known.certificate->fingerprint,
		FINGERPRINT_SIZE) != 0) {
		if (known_as == STORE_TRUST_PINNED)
			FUZZ_CHECK(trust == STORE_TRUST_PENDING);
		if (known_as == STORE_TRUST_HARVESTED &&
		    anchor != certifier_certificate(CERTIFIER_FREE))
			FUZZ_CHECK(trust == STORE_TRUST_PENDING);
		if (r->certificate->level < known.certificate->level)
			FUZZ_CHECK(trust == STORE_TRUST_PENDING ||
				   known_as == STORE_TRUST_PENDING);
	}
	certificate_unref(&anchor);
}

static void
harvest(const struct cert_evidence *e, enum store_trust known_as)
{
	struct store_partner_cert record;
	enum cert_harvest_word word =
	    cert_harvest(e, certifier_trust(), certifier_now(), &record);

	FUZZ_CHECK(*cert_harvest_word_name(word));
	if (!cert_harvest_is_kept(word))
		return;
	check_record(e, word, &record);
	if (record.trust == STORE_TRUST_HARVESTED && strcmp(e->from, BOB) == 0)
		check_continuity(e, &record, known_as);
	store_partner_cert_fini(&record);
}

static const enum store_trust trusts[] = {STORE_TRUST_HARVESTED,
    STORE_TRUST_MANUAL, STORE_TRUST_PINNED, STORE_TRUST_PENDING};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	unsigned choice = take_octet(&in), more = take_octet(&in);
	struct cert_evidence e = {
	    .from = BOB, .message_id = "<1@example.com>", .used = more};
	struct certificate_list others;
	struct certificate *other;

	e.signing_time = certifier_now() + ((int)take_octet(&in) - 128) * 3600L;
	e.signer = certifier_issue(
	    choice % CERTIFIER_COUNT, take_certificate(&in), choice & 0x80);
	other = certifier_issue(
	    more % CERTIFIER_COUNT, take_certificate(&in), more & 0x80);
	e.capabilities = take(&in, in.left);
	certificate_list_init(&others);
	if (e.signer) {
		certificate_list_add(&others, e.signer);
		if (other)
			certificate_list_add(&others, other);
		e.others = &others;
		e.preferred = choice & 0x40 ? other : NULL;
		if (choice & 0x20 && e.signer->address_count > 0)
			e.from = e.signer->addresses[0];
		harvest(&e, trusts[(more >> 4) % 4]);
	}
	certificate_list_fini(&others);
	certificate_unref(&other);
	certificate_unref(&e.signer);
	FUZZ_CHECK(ERR_peek_error() == 0);
	return 0;
}
