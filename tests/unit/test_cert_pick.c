/* Which certificates are encrypted to, and the word for every other one
 * (rules E6, H4, V10). */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/cert_pick.h"
#include "unit/cert_fixture.h"

#define BOB   "bob@example.net"
#define DAY   FIXTURE_DAY
#define MAX_N 4

static struct fixture_cert root, stranger, expired_root;
static struct trust *trust;

static int
setup(void **state)
{
	const struct trust_config nothing = {0};
	struct err err;

	(void)state;
	fixture_ca(&root, &(struct fixture_opts){.name = "Root"});
	fixture_ca(&stranger, &(struct fixture_opts){.name = "Stranger"});
	fixture_ca(&expired_root,
	    &(struct fixture_opts){
		.name = "Old", .not_before = -3 * DAY, .not_after = -DAY});
	assert_int_equal(trust_load(&nothing, &trust, &err), 0);
	assert_int_equal(trust_add_anchor(trust, root.certificate, &err), 0);
	assert_int_equal(
	    trust_add_anchor(trust, expired_root.certificate, &err), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	trust_release(&trust);
	fixture_fini(&expired_root);
	fixture_fini(&stranger);
	fixture_fini(&root);
	return 0;
}

enum issuer {
	BY_ROOT = 0,
	BY_STRANGER,
	BY_EXPIRED_ROOT,
	BY_ITSELF
};

struct candidate {
	struct fixture_opts opts;
	enum issuer issuer;
	enum store_trust trust;
	bool preferred;
	enum cert_pick_word expected;
};

static struct fixture_cert *
issuer_of(const struct candidate *c)
{
	static struct fixture_cert *const issuers[] = {
	    [BY_ROOT] = &root,
	    [BY_STRANGER] = &stranger,
	    [BY_EXPIRED_ROOT] = &expired_root,
	    [BY_ITSELF] = NULL,
	};

	return issuers[c->issuer];
}

static void
make_record(struct store_partner_cert *out, const struct candidate *c)
{
	struct fixture_cert cert;

	fixture_leaf(&cert, issuer_of(c), &c->opts);
	assert_non_null(cert.certificate);
	store_partner_cert_init(out);
	out->certificate = certificate_ref(cert.certificate);
	out->trust = c->trust;
	out->preferred = c->preferred;
	fixture_fini(&cert);
}

/* Every candidate has its word, taken ones come first, nothing is lost. */
static void
check_choice(const struct cert_choice *choice,
    const struct store_partner_cert *records, const struct candidate *cases,
    size_t count)
{
	assert_int_equal(choice->count, count);
	for (size_t i = 0; i < count; i++) {
		const struct cert_candidate *found = NULL;

		for (size_t j = 0; j < count; j++)
			if (choice->candidates[j].certificate ==
			    records[i].certificate)
				found = &choice->candidates[j];
		assert_non_null(found);
		if (found->word != cases[i].expected)
			fail_msg("candidate %zu: %s (%s) instead of %s", i,
			    cert_pick_word_name(found->word), found->detail,
			    cert_pick_word_name(cases[i].expected));
		assert_int_equal(found->trust, cases[i].trust);
		assert_non_null(found->detail);
	}
	for (size_t j = 0; j < count; j++)
		assert_int_equal(j < choice->taken,
		    choice->candidates[j].word == CERT_PICK_TAKEN);
}

static struct cert_pick_opts
opts_at(time_t now)
{
	return (struct cert_pick_opts){
	    .address = BOB, .trust = trust, .now = now};
}

/* What policy says, for all that are picked until it is changed. */
static struct cert_pick_opts wanted;

static void
pick_is(const struct candidate *cases, size_t count, enum cert_pick_word word)
{
	struct cert_pick_opts opts = opts_at(fixture_now());
	struct store_partner_cert records[MAX_N];
	struct cert_choice choice;

	assert_true(count <= MAX_N);
	for (size_t i = 0; i < count; i++)
		make_record(&records[i], &cases[i]);
	opts.certificates = wanted.certificates;
	opts.unchecked = wanted.unchecked;
	cert_pick(records, count, &opts, &choice);
	check_choice(&choice, records, cases, count);
	if (choice.word != word)
		fail_msg("all in all %s instead of %s",
		    cert_pick_word_name(choice.word),
		    cert_pick_word_name(word));
	cert_choice_fini(&choice);
	assert_null(choice.candidates);
	for (size_t i = 0; i < count; i++)
		store_partner_cert_fini(&records[i]);
}

#define PICK(word, ...)                                                        \
	do {                                                                   \
		const struct candidate cases[] = {__VA_ARGS__};                \
		pick_is(cases, sizeof(cases) / sizeof(*cases), word);          \
	} while (0)

static void
test_no_candidate(void **state)
{
	const struct cert_pick_opts opts = opts_at(fixture_now());
	struct cert_choice choice;

	(void)state;
	cert_pick(NULL, 0, &opts, &choice);
	assert_int_equal(choice.count, 0);
	assert_int_equal(choice.taken, 0);
	assert_int_equal(choice.word, CERT_PICK_NONE);
	cert_choice_fini(&choice);
}

/* One candidate for each word. */
static void
test_words(void **state)
{
	static const struct candidate cases[] = {
	    {.opts = {.address = BOB}, .expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB, .key = "RSA-2048"},
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = "Bob@EXAMPLE.net"},
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.subject_address = BOB}, .expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB, .not_after = -60},
		.expected = CERT_PICK_EXPIRED},
	    {.opts = {.address = BOB},
		.issuer = BY_EXPIRED_ROOT,
		.expected = CERT_PICK_EXPIRED},
	    {.opts = {.address = BOB, .not_before = 60},
		.expected = CERT_PICK_NOT_YET},
	    {.opts = {.address = "eve@example.net"},
		.expected = CERT_PICK_WRONG_ADDRESS},
	    {.opts = {.name = BOB}, .expected = CERT_PICK_WRONG_ADDRESS},
	    {.opts = {.address = BOB, .usage = "digitalSignature"},
		.expected = CERT_PICK_WRONG_USAGE},
	    {.opts = {.address = BOB, .extended_usage = "clientAuth"},
		.expected = CERT_PICK_WRONG_USAGE},
	    {.opts = {.address = BOB, .key = "RSA-1024"},
		.expected = CERT_PICK_WEAK},
	    {.opts = {.address = BOB, .digest = "SHA1"},
		.expected = CERT_PICK_WEAK},
	    {.opts = {.address = BOB, .key = "ED25519"},
		.expected = CERT_PICK_UNSUPPORTED},
	    {.opts = {.address = BOB, .key = "secp256k1"},
		.expected = CERT_PICK_UNSUPPORTED},
	    {.opts = {.address = BOB, .key = "RSA-PSS-2048"},
		.expected = CERT_PICK_UNSUPPORTED},
	    {.opts = {.address = BOB},
		.issuer = BY_STRANGER,
		.expected = CERT_PICK_UNTRUSTED},
	    {.opts = {.address = BOB},
		.issuer = BY_ITSELF,
		.expected = CERT_PICK_UNTRUSTED},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_PENDING,
		.expected = CERT_PICK_PENDING},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_DISTRUSTED,
		.expected = CERT_PICK_DISTRUSTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		pick_is(&cases[i], 1, cases[i].expected);
}

/* For these the operator vouches; physics still applies. */
static void
test_vouched_for(void **state)
{
	static const struct candidate cases[] = {
	    {.opts = {.address = BOB},
		.issuer = BY_ITSELF,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB},
		.issuer = BY_STRANGER,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.name = "a gateway"},
		.issuer = BY_STRANGER,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = "eve@example.net"},
		.issuer = BY_ITSELF,
		.expected = CERT_PICK_WRONG_ADDRESS},
	    {.opts = {.address = BOB, .not_after = -60},
		.issuer = BY_ITSELF,
		.expected = CERT_PICK_EXPIRED},
	    {.opts = {.address = BOB, .usage = "digitalSignature"},
		.issuer = BY_ITSELF,
		.expected = CERT_PICK_WRONG_USAGE},
	    {.opts = {.address = BOB, .key = "RSA-1024"},
		.issuer = BY_ITSELF,
		.expected = CERT_PICK_WEAK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct candidate c = cases[i];

		c.trust = STORE_TRUST_MANUAL;
		pick_is(&c, 1, c.expected);
		c.trust = STORE_TRUST_PINNED;
		pick_is(&c, 1, c.expected);
	}
}

static void
test_all_usable_ones_are_taken(void **state)
{
	(void)state;
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB, .not_after = -60},
		.expected = CERT_PICK_EXPIRED},
	    {.opts = {.address = BOB}, .expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_DISTRUSTED,
		.expected = CERT_PICK_DISTRUSTED},
	    {.opts = {.address = BOB}, .expected = CERT_PICK_TAKEN});
}

static void
test_preference(void **state)
{
	(void)state;
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB}, .expected = CERT_PICK_NOT_PREFERRED},
	    {.opts = {.address = BOB},
		.preferred = true,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_MANUAL,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB},
		.preferred = true,
		.expected = CERT_PICK_TAKEN});
	/* One that cannot be used prefers nothing. */
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB}, .expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB, .not_after = -60},
		.preferred = true,
		.expected = CERT_PICK_EXPIRED});
}

/* Policy wants one: the latest notBefore.  What the operator vouches for is
 * not displaced by what came with some mail (rule H4). */
static void
test_newest(void **state)
{
	(void)state;
	wanted.certificates = CERTIFICATES_NEWEST;
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB, .not_before = -900},
		.expected = CERT_PICK_NOT_NEWEST},
	    {.opts = {.address = BOB, .not_before = -600},
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB, .not_before = -700},
		.expected = CERT_PICK_NOT_NEWEST},
	    {.opts = {.address = BOB, .not_before = -60, .not_after = -30},
		.expected = CERT_PICK_EXPIRED});
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB, .not_before = -60},
		.expected = CERT_PICK_NOT_NEWEST},
	    {.opts = {.address = BOB, .not_before = -900},
		.trust = STORE_TRUST_PINNED,
		.expected = CERT_PICK_NOT_NEWEST},
	    {.opts = {.address = BOB, .not_before = -600},
		.trust = STORE_TRUST_MANUAL,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB, .not_before = -30},
		.expected = CERT_PICK_NOT_NEWEST});
	/* Of two of the same second the first; and what its owner prefers
	 * goes before what is new. */
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB, .not_before = -60},
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB, .not_before = -60},
		.expected = CERT_PICK_NOT_NEWEST});
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB, .not_before = -60},
		.expected = CERT_PICK_NOT_PREFERRED},
	    {.opts = {.address = BOB, .not_before = -90},
		.preferred = true,
		.expected = CERT_PICK_TAKEN});
	wanted.certificates = CERTIFICATES_INHERIT;
}

/* Nobody has asked whether they are revoked. */
static void
test_unchecked(void **state)
{
	(void)state;
	wanted.unchecked = UNCHECKED_REFUSE;
	PICK(CERT_PICK_UNCHECKED,
	    {.opts = {.address = BOB}, .expected = CERT_PICK_UNCHECKED},
	    {.opts = {.address = BOB, .not_after = -60},
		.expected = CERT_PICK_EXPIRED});
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB},
		.preferred = true,
		.expected = CERT_PICK_UNCHECKED},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_PINNED,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB},
		.issuer = BY_ITSELF,
		.trust = STORE_TRUST_MANUAL,
		.expected = CERT_PICK_TAKEN},
	    {.opts = {.address = BOB},
		.issuer = BY_STRANGER,
		.expected = CERT_PICK_UNTRUSTED});
	wanted.unchecked = UNCHECKED_ACCEPT;
	PICK(CERT_PICK_TAKEN,
	    {.opts = {.address = BOB}, .expected = CERT_PICK_TAKEN});
	wanted.unchecked = UNCHECKED_INHERIT;
}

/* Two choices become one: whose they are can be told, and none is lost. */
static void
check_fall_back(const struct candidate *own, const struct candidate *domain,
    size_t taken, enum cert_pick_word word)
{
	const struct cert_pick_opts opts = opts_at(fixture_now());
	struct store_partner_cert records[2][2];
	struct cert_choice choice, other;
	size_t of_domain = 0;

	for (size_t i = 0; i < 2; i++) {
		make_record(&records[0][i], &own[i]);
		make_record(&records[1][i], &domain[i]);
	}
	cert_pick(records[0], 2, &opts, &choice);
	cert_pick(records[1], 2, &opts, &other);
	cert_choice_fall_back(&choice, &other);
	assert_int_equal(other.count, 0);
	assert_null(other.candidates);
	assert_int_equal(choice.count, 4);
	assert_int_equal(choice.taken, taken);
	assert_int_equal(choice.word, word);
	for (size_t i = 0; i < 4; i++) {
		const struct cert_candidate *c = &choice.candidates[i];

		of_domain += c->is_domain;
		assert_int_equal(i < taken, c->word == CERT_PICK_DOMAIN);
		assert_true(c->word != CERT_PICK_TAKEN);
		assert_true(c->is_domain || i >= taken);
	}
	assert_int_equal(of_domain, 2);
	cert_choice_fini(&choice);
	for (size_t i = 0; i < 2; i++) {
		store_partner_cert_fini(&records[0][i]);
		store_partner_cert_fini(&records[1][i]);
	}
}

static void
test_fall_back(void **state)
{
	static const struct candidate bad[2] = {
	    {.opts = {.address = BOB, .not_after = -60}},
	    {.opts = {.address = BOB, .usage = "digitalSignature"}}};
	static const struct candidate worse[2] = {
	    {.opts = {.address = BOB, .usage = "digitalSignature"}},
	    {.opts = {.address = BOB, .key = "RSA-1024"}}};
	static const struct candidate good[2] = {
	    {.opts = {.address = BOB, .not_after = -60}},
	    {.opts = {.address = BOB}}};

	(void)state;
	check_fall_back(bad, good, 1, CERT_PICK_TAKEN);
	/* What the sender is told is about the recipient's own. */
	check_fall_back(worse, bad, 0, CERT_PICK_WEAK);
}

/* What its owner announced stays with the certificate. */
static void
test_capabilities(void **state)
{
	const struct cert_pick_opts opts = opts_at(fixture_now());
	struct store_partner_cert records[2];
	struct cert_choice choice;

	(void)state;
	make_record(&records[0], &(struct candidate){.opts = {.address = BOB}});
	make_record(&records[1], &(struct candidate){.opts = {.address = BOB}});
	records[1].capabilities = xcalloc(2, 1);
	records[1].capabilities[0] = 0x30;
	records[1].capabilities_len = 2;
	cert_pick(records, 2, &opts, &choice);
	assert_null(choice.candidates[0].capabilities);
	assert_int_equal(choice.candidates[1].capabilities_len, 2);
	assert_memory_equal(choice.candidates[1].capabilities, "\x30\x00", 2);
	assert_ptr_not_equal(
	    choice.candidates[1].capabilities, records[1].capabilities);
	cert_choice_fini(&choice);
	store_partner_cert_fini(&records[0]);
	store_partner_cert_fini(&records[1]);
}

/* Nothing is taken, whoever vouches for it; what could not be taken anyway
 * keeps its word. */
static void
test_suspended(void **state)
{
	static const struct candidate cases[] = {
	    {.opts = {.address = BOB}, .expected = CERT_PICK_SUSPENDED},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_PINNED,
		.expected = CERT_PICK_SUSPENDED},
	    {.opts = {.address = BOB, .not_after = -60},
		.expected = CERT_PICK_EXPIRED},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_UNTRUSTED,
		.expected = CERT_PICK_UNTRUSTED},
	};
	struct cert_pick_opts opts = opts_at(fixture_now());
	struct store_partner_cert records[4];
	struct cert_choice choice;

	(void)state;
	opts.suspended = true;
	for (size_t i = 0; i < 4; i++)
		make_record(&records[i], &cases[i]);
	cert_pick(records, 4, &opts, &choice);
	check_choice(&choice, records, cases, 4);
	assert_int_equal(choice.taken, 0);
	assert_int_equal(choice.word, CERT_PICK_SUSPENDED);
	cert_choice_fini(&choice);
	cert_pick(records, 0, &opts, &choice);
	assert_int_equal(choice.word, CERT_PICK_SUSPENDED);
	cert_choice_fini(&choice);
	for (size_t i = 0; i < 4; i++)
		store_partner_cert_fini(&records[i]);
}

/* What was used counts as long as nothing newer was announced. */
static void
test_used(void **state)
{
	static const struct {
		size_t announced;
		time_t signing_time, used_time;
		bool counts;
	} rows[] = {{0, 100, 100, true}, {0, 200, 100, true},
	    {1, 100, 100, false}, {1, 100, 99, false}, {1, 100, 101, true},
	    {0, 0, 0, true}};
	const struct cert_pick_opts opts = opts_at(fixture_now());
	struct store_partner_cert record;
	struct cert_choice choice;

	(void)state;
	make_record(&record, &(struct candidate){.opts = {.address = BOB}});
	record.used = STORE_USED_OAEP;
	record.capabilities = xcalloc(1, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		record.capabilities_len = rows[i].announced;
		record.signing_time = rows[i].signing_time;
		record.used_time = rows[i].used_time;
		cert_pick(&record, 1, &opts, &choice);
		assert_int_equal(choice.candidates[0].used,
		    rows[i].counts ? STORE_USED_OAEP : 0);
		cert_choice_fini(&choice);
	}
	store_partner_cert_fini(&record);
}

/* The reason that is told is the one that can be mended most easily. */
static void
test_most_helpful_word(void **state)
{
	(void)state;
	PICK(CERT_PICK_EXPIRED,
	    {.opts = {.address = BOB, .usage = "digitalSignature"},
		.expected = CERT_PICK_WRONG_USAGE},
	    {.opts = {.address = BOB, .not_after = -60},
		.expected = CERT_PICK_EXPIRED},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_DISTRUSTED,
		.expected = CERT_PICK_DISTRUSTED});
	PICK(CERT_PICK_PENDING,
	    {.opts = {.address = BOB, .not_after = -60},
		.expected = CERT_PICK_EXPIRED},
	    {.opts = {.address = BOB},
		.trust = STORE_TRUST_PENDING,
		.expected = CERT_PICK_PENDING});
	PICK(CERT_PICK_UNTRUSTED,
	    {.opts = {.address = BOB},
		.issuer = BY_STRANGER,
		.expected = CERT_PICK_UNTRUSTED},
	    {.opts = {.address = BOB, .not_after = -60},
		.expected = CERT_PICK_EXPIRED});
}

/* The chain that the store keeps with it is used. */
static void
test_intermediate(void **state)
{
	struct fixture_cert sub, leaf;
	struct store_partner_cert record;
	const struct cert_pick_opts opts = opts_at(fixture_now());
	struct cert_choice choice;

	(void)state;
	fixture_intermediate(
	    &sub, &root, &(struct fixture_opts){.name = "Sub"});
	fixture_leaf(&leaf, &sub, &(struct fixture_opts){.address = BOB});
	store_partner_cert_init(&record);
	record.certificate = certificate_ref(leaf.certificate);
	cert_pick(&record, 1, &opts, &choice);
	assert_int_equal(choice.word, CERT_PICK_UNTRUSTED);
	assert_string_not_equal(choice.candidates[0].detail, "");
	cert_choice_fini(&choice);
	certificate_list_add(&record.chain, sub.certificate);
	cert_pick(&record, 1, &opts, &choice);
	assert_int_equal(choice.word, CERT_PICK_TAKEN);
	assert_string_equal(choice.candidates[0].detail, "");
	cert_choice_fini(&choice);
	store_partner_cert_fini(&record);
	fixture_fini(&leaf);
	fixture_fini(&sub);
}

/* Validity ends behind its last second (RFC 5280 4.1.2.5). */
static void
test_edges_of_validity(void **state)
{
	struct fixture_cert leaf;
	struct store_partner_cert record;
	struct cert_choice choice;
	static const struct {
		long at;
		enum cert_pick_word word;
	} cases[] = {{99, CERT_PICK_NOT_YET}, {100, CERT_PICK_TAKEN},
	    {200, CERT_PICK_TAKEN}, {201, CERT_PICK_EXPIRED}};

	(void)state;
	fixture_leaf(&leaf, NULL,
	    &(struct fixture_opts){
		.address = BOB, .not_before = 100, .not_after = 200});
	store_partner_cert_init(&record);
	record.certificate = certificate_ref(leaf.certificate);
	record.trust = STORE_TRUST_MANUAL;
	for (size_t i = 0; i < 4; i++) {
		const struct cert_pick_opts opts =
		    opts_at(fixture_now() + cases[i].at);

		cert_pick(&record, 1, &opts, &choice);
		assert_int_equal(choice.word, cases[i].word);
		cert_choice_fini(&choice);
	}
	store_partner_cert_fini(&record);
	fixture_fini(&leaf);
}

/* Words are stable, distinct, and fit for a log line and an SMTP reply. */
static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(cert_pick_word_name(CERT_PICK_TAKEN), "taken");
	assert_string_equal(
	    cert_pick_word_name(CERT_PICK_NONE), "no-certificate");
	assert_string_equal(cert_pick_word_name(CERT_PICK_EXPIRED), "expired");
	assert_string_equal(cert_pick_word_advice(CERT_PICK_NONE),
	    "no certificate, keys not exchanged; ask for a signed mail");
	for (int i = 0; i < CERT_PICK_COUNT; i++) {
		const char *name = cert_pick_word_name((enum cert_pick_word)i);
		const char *advice =
		    cert_pick_word_advice((enum cert_pick_word)i);

		assert_int_equal(
		    strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		assert_true(strlen(advice) > 10 && strlen(advice) < 150);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    name, cert_pick_word_name((enum cert_pick_word)j));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_candidate),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_vouched_for),
	    cmocka_unit_test(test_all_usable_ones_are_taken),
	    cmocka_unit_test(test_preference),
	    cmocka_unit_test(test_newest),
	    cmocka_unit_test(test_unchecked),
	    cmocka_unit_test(test_fall_back),
	    cmocka_unit_test(test_capabilities),
	    cmocka_unit_test(test_suspended),
	    cmocka_unit_test(test_used),
	    cmocka_unit_test(test_most_helpful_word),
	    cmocka_unit_test(test_intermediate),
	    cmocka_unit_test(test_edges_of_validity),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("cert_pick", tests, setup, teardown);
}
