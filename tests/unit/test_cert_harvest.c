/* What is learned from a verified message, and what is not (rules H1 to H3,
 * B1 to B3). */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/cert_harvest.h"
#include "unit/cert_fixture.h"

#define BOB "bob@example.net"
#define DAY FIXTURE_DAY

#define OPTS(...)                                                              \
	&(struct fixture_opts)                                                 \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

static struct fixture_cert root, sub, second_root, stranger;
static struct trust *trust;

static int
setup(void **state)
{
	const struct trust_config nothing = {0};
	struct err err;

	(void)state;
	fixture_ca(&root, OPTS(.name = "Root"));
	fixture_intermediate(&sub, &root, OPTS(.name = "Sub"));
	fixture_ca(&second_root, OPTS(.name = "Second"));
	fixture_ca(&stranger, OPTS(.name = "Stranger"));
	assert_int_equal(trust_load(&nothing, &trust, &err), 0);
	assert_int_equal(trust_add_anchor(trust, root.certificate, &err), 0);
	assert_int_equal(
	    trust_add_anchor(trust, second_root.certificate, &err), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	trust_release(&trust);
	fixture_fini(&stranger);
	fixture_fini(&second_root);
	fixture_fini(&sub);
	fixture_fini(&root);
	return 0;
}

/* A message from bob with one signer and what came along. */
struct message {
	struct fixture_cert signer;
	struct fixture_cert others[2];
	struct certificate_list list;
	struct cert_evidence evidence;
};

static void
message_init(struct message *m, struct fixture_cert *issuer,
    const struct fixture_opts *signer, const struct fixture_opts *first,
    const struct fixture_opts *second)
{
	*m = (struct message){0};
	certificate_list_init(&m->list);
	fixture_leaf(&m->signer, issuer, signer);
	certificate_list_add(&m->list, m->signer.certificate);
	certificate_list_add(&m->list, sub.certificate);
	if (first) {
		fixture_leaf(&m->others[0], issuer, first);
		certificate_list_add(&m->list, m->others[0].certificate);
	}
	if (second) {
		fixture_leaf(&m->others[1], issuer, second);
		certificate_list_add(&m->list, m->others[1].certificate);
	}
	m->evidence = (struct cert_evidence){
	    .from = BOB,
	    .signer = m->signer.certificate,
	    .others = &m->list,
	    .capabilities = slice_text("caps"),
	    .signing_time = fixture_now() - 10,
	    .message_id = "<1@example.net>",
	};
}

static void
message_fini(struct message *m)
{
	certificate_list_fini(&m->list);
	fixture_fini(&m->signer);
	fixture_fini(&m->others[0]);
	fixture_fini(&m->others[1]);
}

static enum cert_harvest_word
harvest(const struct message *m, struct store_partner_cert *out)
{
	return cert_harvest(&m->evidence, trust, fixture_now(), out);
}

/* Nothing is kept, for this reason, and *out is as it was. */
static void
refused(struct message *m, enum cert_harvest_word expected)
{
	struct store_partner_cert out, untouched;
	enum cert_harvest_word word;

	memset(&out, 0x5a, sizeof(out));
	memcpy(&untouched, &out, sizeof(out));
	word = harvest(m, &out);
	if (word != expected)
		fail_msg("%s instead of %s", cert_harvest_word_name(word),
		    cert_harvest_word_name(expected));
	assert_memory_equal(&out, &untouched, sizeof(out));
	message_fini(m);
}

/* Keeps this certificate. */
static void
kept(struct message *m, const struct certificate *expected, bool preferred)
{
	struct store_partner_cert out;

	assert_int_equal(harvest(m, &out), CERT_HARVEST_KEPT);
	if (out.certificate != expected)
		fail_msg("kept %s", out.certificate->subject);
	assert_string_equal(out.fingerprint, expected->fingerprint_text);
	assert_string_equal(out.address, BOB);
	assert_int_equal(out.preferred, preferred);
	assert_int_equal(out.trust, STORE_TRUST_HARVESTED);
	store_partner_cert_fini(&out);
	message_fini(m);
}

static void
test_record(void **state)
{
	struct store_partner_cert out;
	struct message m;

	(void)state;
	message_init(&m, &sub, OPTS(.address = BOB), NULL, NULL);
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_KEPT);
	assert_string_equal(out.address, BOB);
	assert_ptr_equal(out.certificate, m.signer.certificate);
	assert_string_equal(out.evidence, "<1@example.net>");
	assert_int_equal(out.first_seen, fixture_now());
	assert_int_equal(out.last_seen, fixture_now());
	assert_int_equal(out.signing_time, fixture_now() - 10);
	assert_int_equal(out.capabilities_len, 4);
	assert_memory_equal(out.capabilities, "caps", 4);
	assert_false(out.preferred);
	/* The path, and not whatever else was in the message. */
	assert_int_equal(out.chain.count, 1);
	assert_ptr_equal(out.chain.at[0], sub.certificate);
	store_partner_cert_fini(&out);
	m.evidence.message_id = NULL;
	m.evidence.capabilities = slice_make(NULL, 0);
	m.evidence.signing_time = 0;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_KEPT);
	assert_string_equal(out.evidence, "");
	assert_null(out.capabilities);
	store_partner_cert_fini(&out);
	message_fini(&m);
}

static void
test_refused(void **state)
{
	struct fixture_cert bound;
	struct message m;

	(void)state;
	message_init(&m, &root, OPTS(.address = "eve@example.net"), NULL, NULL);
	refused(&m, CERT_HARVEST_WRONG_ADDRESS);
	message_init(&m, &root, OPTS(.name = BOB), NULL, NULL);
	refused(&m, CERT_HARVEST_WRONG_ADDRESS);
	message_init(&m, NULL, OPTS(.address = BOB), NULL, NULL);
	refused(&m, CERT_HARVEST_SELF_ISSUED);
	/* An authority that may not issue for this address. */
	fixture_intermediate(&bound, &root,
	    OPTS(.name = "Bound",
		.constraints = "critical,excluded;email:example.net"));
	message_init(&m, &bound, OPTS(.address = BOB), NULL, NULL);
	certificate_list_add(&m.list, bound.certificate);
	refused(&m, CERT_HARVEST_BROKEN);
	fixture_fini(&bound);
	message_init(
	    &m, &root, OPTS(.address = BOB, .not_after = -60), NULL, NULL);
	refused(&m, CERT_HARVEST_EXPIRED);
	message_init(
	    &m, &root, OPTS(.address = BOB, .not_before = 60), NULL, NULL);
	refused(&m, CERT_HARVEST_EXPIRED);
	message_init(
	    &m, &root, OPTS(.address = BOB, .digest = "SHA1"), NULL, NULL);
	refused(&m, CERT_HARVEST_WEAK);
	message_init(
	    &m, &root, OPTS(.address = BOB, .key = "RSA-1024"), NULL, NULL);
	refused(&m, CERT_HARVEST_WEAK);
	/* Signed by something that may not sign. */
	message_init(&m, &root, OPTS(.address = BOB, .usage = "keyAgreement"),
	    NULL, NULL);
	refused(&m, CERT_HARVEST_WRONG_USAGE);
	message_init(&m, &root,
	    OPTS(.address = BOB, .extended_usage = "clientAuth"), NULL, NULL);
	refused(&m, CERT_HARVEST_WRONG_USAGE);
	/* Only a signing certificate, and none to encrypt to. */
	message_init(&m, &root,
	    OPTS(.address = BOB, .usage = "digitalSignature"), NULL, NULL);
	refused(&m, CERT_HARVEST_WRONG_USAGE);
}

/* B6: all is well, but nobody knows the authority. */
static void
test_untrusted(void **state)
{
	struct store_partner_cert out;
	struct message m;

	(void)state;
	message_init(&m, &stranger, OPTS(.address = BOB), NULL, NULL);
	m.evidence.used = STORE_USED_PSS;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_UNTRUSTED);
	assert_int_equal(out.trust, STORE_TRUST_UNTRUSTED);
	assert_ptr_equal(out.certificate, m.signer.certificate);
	assert_int_equal(out.capabilities_len, 4);
	assert_int_equal(out.used, STORE_USED_PSS);
	store_partner_cert_fini(&out);
	m.evidence.signing_time = fixture_now() + LIMIT_CLOCK_SKEW + 1;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_UNTRUSTED);
	assert_null(out.capabilities);
	assert_int_equal(out.used, 0);
	store_partner_cert_fini(&out);
	message_fini(&m);
	/* The path as far as it came along is kept, for later. */
	trust_set_judged(
	    trust, NULL, &(struct certificate_list){&root.certificate, 1, 1});
	message_init(&m, &sub, OPTS(.address = BOB), NULL, NULL);
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_UNTRUSTED);
	assert_int_equal(out.chain.count, 1);
	assert_ptr_equal(out.chain.at[0], sub.certificate);
	store_partner_cert_fini(&out);
	message_fini(&m);
	trust_set_judged(trust, NULL, NULL);
}

/* Only that: any other fault counts more. */
static void
test_untrusted_and_more(void **state)
{
	struct message m;

	(void)state;
	message_init(
	    &m, &stranger, OPTS(.address = "eve@example.net"), NULL, NULL);
	refused(&m, CERT_HARVEST_WRONG_ADDRESS);
	message_init(
	    &m, &stranger, OPTS(.address = BOB, .not_after = -60), NULL, NULL);
	refused(&m, CERT_HARVEST_EXPIRED);
	message_init(
	    &m, &stranger, OPTS(.address = BOB, .not_before = 60), NULL, NULL);
	refused(&m, CERT_HARVEST_EXPIRED);
	message_init(
	    &m, &stranger, OPTS(.address = BOB, .digest = "SHA1"), NULL, NULL);
	refused(&m, CERT_HARVEST_WEAK);
	message_init(
	    &m, &stranger, OPTS(.address = BOB, .key = "RSA-1024"), NULL, NULL);
	refused(&m, CERT_HARVEST_WEAK);
	message_init(&m, &stranger,
	    OPTS(.address = BOB, .usage = "digitalSignature"), NULL, NULL);
	refused(&m, CERT_HARVEST_WRONG_USAGE);
}

/* A stranger's signature cannot point to a certificate that is good. */
static void
test_untrusted_pointer(void **state)
{
	struct fixture_cert good, own;
	struct store_partner_cert out;
	struct message m;

	(void)state;
	fixture_leaf(&good, &root, OPTS(.address = BOB));
	message_init(&m, &stranger, OPTS(.address = BOB), NULL, NULL);
	certificate_list_add(&m.list, good.certificate);
	m.evidence.preferred = good.certificate;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_UNTRUSTED);
	assert_ptr_equal(out.certificate, m.signer.certificate);
	assert_false(out.preferred);
	store_partner_cert_fini(&out);
	/* To one of its own kind, but then it says nothing about it. */
	fixture_leaf(&own, &stranger, OPTS(.address = BOB, .name = "other"));
	m.evidence.preferred = own.certificate;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_UNTRUSTED);
	assert_ptr_equal(out.certificate, own.certificate);
	assert_false(out.preferred);
	assert_null(out.capabilities);
	store_partner_cert_fini(&out);
	message_fini(&m);
	fixture_fini(&own);
	fixture_fini(&good);
}

/* --- whose word it is --- */

static void
claims_are(struct message *m, bool expected)
{
	struct store_partner_cert out;

	m->evidence.used = STORE_USED_OAEP;
	m->evidence.preferred = m->others[0].certificate;
	assert_int_equal(harvest(m, &out), CERT_HARVEST_KEPT);
	assert_ptr_equal(out.certificate, m->others[0].certificate);
	assert_int_equal(out.preferred, expected);
	assert_int_equal(out.capabilities_len, expected ? 4 : 0);
	assert_int_equal(out.used, expected ? STORE_USED_OAEP : 0);
	assert_int_equal(out.signing_time, expected ? fixture_now() - 10 : 0);
	assert_int_equal(out.used_time, out.signing_time);
	store_partner_cert_fini(&out);
	message_fini(m);
}

/* Two certificates of one person, from two authorities: anybody can point to
 * somebody else's. */
static void
test_whose_word(void **state)
{
	const char *mailbox = "2.23.140.1.5.1.3", *sponsor = "2.23.140.1.5.3.3";
	struct message m;

	(void)state;
	message_init(
	    &m, &root, OPTS(.address = BOB), OPTS(.address = BOB), NULL);
	claims_are(&m, true);
	/* Another intermediate of the same authority. */
	message_init(&m, &root, OPTS(.address = BOB), NULL, NULL);
	fixture_leaf(&m.others[0], &sub, OPTS(.address = BOB));
	claims_are(&m, true);
	message_init(&m, &second_root, OPTS(.address = BOB), NULL, NULL);
	fixture_leaf(&m.others[0], &root, OPTS(.address = BOB));
	claims_are(&m, false);
	/* Of a lower level it is not his word either; of a higher one it is. */
	message_init(&m, &root, OPTS(.address = BOB, .policies = mailbox),
	    OPTS(.address = BOB, .policies = sponsor), NULL);
	claims_are(&m, false);
	message_init(&m, &root, OPTS(.address = BOB, .policies = sponsor),
	    OPTS(.address = BOB, .policies = mailbox), NULL);
	claims_are(&m, true);
}

/* Nobody has signed the bag of certificates: one from elsewhere with the
 * signer's name is not taken because it is newer. */
static void
test_bag_is_not_signed(void **state)
{
	struct fixture_cert planted;
	struct message m;

	(void)state;
	fixture_leaf(
	    &planted, &second_root, OPTS(.address = BOB, .not_before = -60));
	message_init(&m, &root, OPTS(.address = BOB), NULL, NULL);
	certificate_list_add(&m.list, planted.certificate);
	kept(&m, m.signer.certificate, false);
	message_init(&m, &root,
	    OPTS(.address = BOB, .usage = "digitalSignature"), NULL, NULL);
	certificate_list_add(&m.list, planted.certificate);
	refused(&m, CERT_HARVEST_WRONG_USAGE);
	fixture_fini(&planted);
}

static void
test_drop_claims(void **state)
{
	struct store_partner_cert out;
	struct message m;

	(void)state;
	message_init(&m, &root, OPTS(.address = BOB), NULL, NULL);
	m.evidence.preferred = m.signer.certificate;
	m.evidence.used = STORE_USED_OAEP;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_KEPT);
	assert_int_equal(out.used, STORE_USED_OAEP);
	cert_harvest_drop_claims(&out);
	assert_null(out.capabilities);
	assert_int_equal(out.capabilities_len, 0);
	assert_int_equal(out.used, 0);
	assert_int_equal(out.used_time, 0);
	assert_int_equal(out.signing_time, 0);
	assert_false(out.preferred);
	assert_ptr_equal(out.certificate, m.signer.certificate);
	store_partner_cert_fini(&out);
	message_fini(&m);
}

/* Rule H2, first: what the sender prefers. */
static void
test_preferred(void **state)
{
	struct message m;

	(void)state;
	message_init(&m, &root, OPTS(.address = BOB),
	    OPTS(.address = BOB, .name = "other subject",
		.usage = "keyAgreement"),
	    NULL);
	m.evidence.preferred = m.others[0].certificate;
	kept(&m, m.others[0].certificate, true);
	message_init(&m, &root, OPTS(.address = BOB), NULL, NULL);
	m.evidence.preferred = m.signer.certificate;
	kept(&m, m.signer.certificate, true);
}

/* A pointer to somebody else's certificate, or to one that is no good, is
 * as if there was none. */
static void
test_bad_preference(void **state)
{
	struct fixture_cert eve;
	struct message m;

	(void)state;
	message_init(&m, &root, OPTS(.address = BOB),
	    OPTS(.address = "carol@example.net"), NULL);
	m.evidence.preferred = m.others[0].certificate;
	kept(&m, m.signer.certificate, false);

	message_init(&m, &root, OPTS(.address = BOB), NULL, NULL);
	fixture_leaf(&eve, &stranger, OPTS(.address = BOB));
	m.evidence.preferred = eve.certificate;
	kept(&m, m.signer.certificate, false);
	fixture_fini(&eve);

	message_init(&m, &root,
	    OPTS(.address = BOB, .usage = "digitalSignature"),
	    OPTS(.address = BOB, .not_after = -60), NULL);
	m.evidence.preferred = m.others[0].certificate;
	refused(&m, CERT_HARVEST_WRONG_USAGE);
}

/* Rule H2, second: the same subject, for key management. */
static void
test_companion(void **state)
{
	const char *sign = "digitalSignature", *agree = "keyAgreement";
	struct message m;

	(void)state;
	message_init(&m, &root, OPTS(.address = BOB, .usage = sign),
	    OPTS(.address = BOB, .usage = agree), NULL);
	kept(&m, m.others[0].certificate, false);
	/* Of two, the newer one, whatever the order. */
	for (int i = 0; i < 2; i++) {
		long a = i ? -2 * DAY : -DAY, b = i ? -DAY : -2 * DAY;

		message_init(&m, &root, OPTS(.address = BOB, .usage = sign),
		    OPTS(.address = BOB, .usage = agree, .not_before = a),
		    OPTS(.address = BOB, .usage = agree, .not_before = b));
		kept(&m, m.others[i].certificate, false);
	}
	/* Another subject, another address, another authority. */
	message_init(&m, &root, OPTS(.address = BOB, .usage = sign),
	    OPTS(.address = BOB, .usage = agree, .name = "another"), NULL);
	refused(&m, CERT_HARVEST_WRONG_USAGE);
	message_init(&m, &root, OPTS(.address = BOB, .usage = sign),
	    OPTS(.address = "eve@example.net", .usage = agree), NULL);
	refused(&m, CERT_HARVEST_WRONG_USAGE);
	/* A renewed signer brings the old certificate along. */
	message_init(&m, &root, OPTS(.address = BOB, .not_before = -DAY),
	    OPTS(.address = BOB, .not_before = -300 * DAY), NULL);
	kept(&m, m.signer.certificate, false);
}

/* Rule H3: a message from the future has no say about capabilities. */
static void
test_future(void **state)
{
	struct store_partner_cert out;
	struct message m;

	(void)state;
	message_init(&m, &root, OPTS(.address = BOB),
	    OPTS(.address = BOB, .usage = "keyAgreement"), NULL);
	m.evidence.preferred = m.others[0].certificate;
	m.evidence.signing_time = fixture_now() + LIMIT_CLOCK_SKEW;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_KEPT);
	assert_non_null(out.capabilities);
	assert_true(out.preferred);
	store_partner_cert_fini(&out);

	m.evidence.signing_time++;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_FUTURE);
	assert_ptr_equal(out.certificate, m.signer.certificate);
	assert_null(out.capabilities);
	assert_int_equal(out.capabilities_len, 0);
	assert_int_equal(out.signing_time, 0);
	assert_false(out.preferred);
	store_partner_cert_fini(&out);
	message_fini(&m);
}

static void
test_limits(void **state)
{
	unsigned char *big = xcalloc(1, LIMIT_CAPABILITIES + 1);
	char *id = xcalloc(1, LIMIT_LINE + 2);
	struct store_partner_cert out;
	struct message m;

	(void)state;
	memset(id, 'x', LIMIT_LINE + 1);
	message_init(&m, &root, OPTS(.address = BOB), NULL, NULL);
	m.evidence.message_id = id;
	m.evidence.capabilities = slice_make(big, LIMIT_CAPABILITIES);
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_KEPT);
	assert_int_equal(out.capabilities_len, LIMIT_CAPABILITIES);
	assert_int_equal(strlen(out.evidence), LIMIT_LINE);
	store_partner_cert_fini(&out);
	m.evidence.capabilities.len++;
	assert_int_equal(harvest(&m, &out), CERT_HARVEST_KEPT);
	assert_null(out.capabilities);
	store_partner_cert_fini(&out);
	message_fini(&m);
	free(big);
	free(id);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(cert_harvest_word_name(CERT_HARVEST_KEPT), "kept");
	assert_string_equal(
	    cert_harvest_word_name(CERT_HARVEST_FUTURE), "future-signing-time");
	for (int i = 0; i <= CERT_HARVEST_BROKEN; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    cert_harvest_word_name((enum cert_harvest_word)i),
			    cert_harvest_word_name((enum cert_harvest_word)j));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_untrusted),
	    cmocka_unit_test(test_untrusted_and_more),
	    cmocka_unit_test(test_untrusted_pointer),
	    cmocka_unit_test(test_whose_word),
	    cmocka_unit_test(test_bag_is_not_signed),
	    cmocka_unit_test(test_drop_claims),
	    cmocka_unit_test(test_preferred),
	    cmocka_unit_test(test_bad_preference),
	    cmocka_unit_test(test_companion),
	    cmocka_unit_test(test_future),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name(
	    "cert_harvest", tests, setup, teardown);
}
