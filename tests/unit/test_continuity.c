/* Who vouches for a newcomer, and who waits for the operator (B4, H4). */
#include "unit/unit.h"

#include "base/alloc.h"
#include "cert/continuity.h"
#include "cert/partner_certs.h"
#include "unit/cert_fixture.h"
#include "unit/store_scene.h"

#define BOB "bob@example.net"
#define DAY FIXTURE_DAY

#define OPTS(...)                                                              \
	&(struct fixture_opts)                                                 \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

/* Policies of the S/MIME BR 7.1.6.1, strict. */
#define MAILBOX	     "2.23.140.1.5.1.3"
#define ORGANISATION "2.23.140.1.5.2.3"
#define SPONSOR	     "2.23.140.1.5.3.3"
#define INDIVIDUAL   "2.23.140.1.5.4.3"

static struct fixture_cert root, sub, other_root;
static struct trust *trust;

static int
setup(void **state)
{
	const struct trust_config nothing = {0};
	struct err err;

	(void)state;
	fixture_ca(&root, OPTS(.name = "Root"));
	fixture_intermediate(&sub, &root, OPTS(.name = "Sub"));
	fixture_ca(&other_root, OPTS(.name = "Other Root"));
	assert_int_equal(trust_load(&nothing, &trust, &err), 0);
	assert_int_equal(trust_add_anchor(trust, root.certificate, &err), 0);
	assert_int_equal(
	    trust_add_anchor(trust, other_root.certificate, &err), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	trust_release(&trust);
	fixture_fini(&other_root);
	fixture_fini(&sub);
	fixture_fini(&root);
	return 0;
}

/* What the store has of bob. */
static struct partner_certs known;

static void
knows_under(enum store_trust state, const struct fixture_cert *c,
    const struct fixture_cert *chain)
{
	struct store_partner_cert p;

	store_partner_cert_init(&p);
	p.address = xstrdup(BOB);
	p.certificate = certificate_ref(c->certificate);
	p.trust = state;
	if (chain)
		certificate_list_add(&p.chain, chain->certificate);
	partner_certs_add(&known, &p);
	store_partner_cert_fini(&p);
}

static void
knows(enum store_trust state, const struct fixture_cert *issuer,
    const struct fixture_opts *opts)
{
	struct fixture_opts o = *opts;
	struct fixture_cert c;

	o.address = BOB;
	fixture_leaf(&c, issuer, &o);
	knows_under(state, &c, issuer == &sub ? &sub : NULL);
	fixture_fini(&c);
}

static void
check(const struct fixture_cert *c, const struct fixture_cert *others,
    enum continuity expected)
{
	struct certificate_list list;
	struct continuity_newcomer who = {c->certificate, &list};
	enum continuity answer;

	certificate_list_init(&list);
	if (others)
		certificate_list_add(&list, others->certificate);
	answer =
	    continuity_judge(trust, &who, known.at, known.count, fixture_now());
	if (answer != expected)
		fail_msg("%s instead of %s", continuity_name(answer),
		    continuity_name(expected));
	certificate_list_fini(&list);
}

static void
newcomer_is(const struct fixture_cert *issuer, const struct fixture_opts *opts,
    enum continuity expected)
{
	struct fixture_opts o = *opts;
	struct fixture_cert c;

	o.address = BOB;
	fixture_leaf(&c, issuer, &o);
	check(&c, issuer == &sub ? &sub : NULL, expected);
	fixture_fini(&c);
}

static void
forget(void)
{
	partner_certs_fini(&known);
}

/* --- nothing in use --- */

static void
test_first(void **state)
{
	(void)state;
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_FIRST);
	knows(STORE_TRUST_HARVESTED, &root,
	    OPTS(.not_before = -2 * DAY, .not_after = -DAY));
	knows(STORE_TRUST_MANUAL, &root,
	    OPTS(.not_before = DAY, .not_after = 2 * DAY));
	knows(STORE_TRUST_PENDING, &root, OPTS(.name = "pending"));
	knows(STORE_TRUST_DISTRUSTED, &root, OPTS(.name = "distrusted"));
	newcomer_is(&other_root, OPTS(.name = "bob"), CONTINUITY_FIRST);
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_FIRST);
	forget();
}

/* A harvested certificate whose authority is not trusted any more is of no
 * use, then it cannot hold up another one. */
static void
test_first_after_distrust(void **state)
{
	struct certificate_list bad;

	(void)state;
	certificate_list_init(&bad);
	certificate_list_add(&bad, other_root.certificate);
	knows(STORE_TRUST_HARVESTED, &other_root, OPTS(.name = "old"));
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_OTHER_AUTHORITY);
	trust_set_judged(trust, NULL, &bad);
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_FIRST);
	newcomer_is(
	    &other_root, OPTS(.name = "bob"), CONTINUITY_OTHER_AUTHORITY);
	trust_set_judged(trust, NULL, NULL);
	certificate_list_fini(&bad);
	forget();
}

/* --- the same authority --- */

static void
test_renewed(void **state)
{
	(void)state;
	knows(STORE_TRUST_HARVESTED, &root, OPTS(.name = "old"));
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_SAME);
	newcomer_is(
	    &root, OPTS(.name = "bob", .key = "RSA-2048"), CONTINUITY_SAME);
	/* Another intermediate below the same root is no other authority. */
	newcomer_is(&sub, OPTS(.name = "bob"), CONTINUITY_SAME);
	newcomer_is(
	    &other_root, OPTS(.name = "bob"), CONTINUITY_OTHER_AUTHORITY);
	forget();
	knows(STORE_TRUST_HARVESTED, &sub, OPTS(.name = "old"));
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_SAME);
	forget();
}

/* The root is no anchor, but what certified it crosswise is, or both are. */
static void
test_cross_signed(void **state)
{
	const struct trust_config nothing = {0};
	struct trust *usual = trust;
	struct fixture_cert cross, old, bob;
	struct err err;

	(void)state;
	fixture_intermediate(
	    &cross, &other_root, OPTS(.name = "Root", .use_key = root.key));
	fixture_leaf(&old, &other_root, OPTS(.name = "old", .address = BOB));
	fixture_leaf(&bob, &root, OPTS(.name = "bob", .address = BOB));
	assert_int_equal(trust_load(&nothing, &trust, &err), 0);
	assert_int_equal(
	    trust_add_anchor(trust, other_root.certificate, &err), 0);
	knows_under(STORE_TRUST_HARVESTED, &old, NULL);
	check(&bob, NULL, CONTINUITY_OTHER_AUTHORITY);
	check(&bob, &cross, CONTINUITY_SAME);
	forget();
	/* With both roots: one came with the crosswise path, one without. */
	assert_int_equal(trust_add_anchor(trust, root.certificate, &err), 0);
	knows_under(STORE_TRUST_HARVESTED, &bob, &cross);
	newcomer_is(&root, OPTS(.name = "new"), CONTINUITY_SAME);
	forget();
	knows(STORE_TRUST_HARVESTED, &root, OPTS(.name = "old"));
	check(&bob, &cross, CONTINUITY_SAME);
	forget();
	trust_release(&trust);
	trust = usual;
	fixture_fini(&bob);
	fixture_fini(&old);
	fixture_fini(&cross);
}

/* A root that is issued anew for the same key, beside the old one. */
static void
test_reissued_root(void **state)
{
	const struct trust_config nothing = {0};
	struct trust *usual = trust;
	struct fixture_cert again, old, bob;
	struct certificate_list list;
	struct certificate *anchor;
	struct err err;

	(void)state;
	fixture_ca(
	    &again, OPTS(.name = "Root", .use_key = root.key, .serial = 77));
	assert_int_equal(trust_load(&nothing, &trust, &err), 0);
	fixture_leaf(&old, &root, OPTS(.name = "old", .address = BOB));
	fixture_leaf(&bob, &again, OPTS(.name = "bob", .address = BOB));
	/* What was judged under one is compared with the other. */
	certificate_list_init(&list);
	certificate_list_add(&list, root.certificate);
	trust_set_judged(trust, &list, NULL);
	anchor = trust_anchor_of(trust, old.certificate, NULL, fixture_now());
	assert_ptr_equal(anchor, root.certificate);
	assert_true(trust_is_same_authority(anchor, again.certificate));
	certificate_unref(&anchor);
	certificate_list_add(&list, again.certificate);
	trust_set_judged(trust, &list, NULL);
	knows_under(STORE_TRUST_HARVESTED, &old, NULL);
	check(&bob, NULL, CONTINUITY_SAME);
	forget();
	certificate_list_fini(&list);
	trust_release(&trust);
	trust = usual;
	fixture_fini(&bob);
	fixture_fini(&old);
	fixture_fini(&again);
}

/* A company that configured its intermediate beside the root. */
static void
test_intermediate_is_anchor(void **state)
{
	struct certificate_list list;

	(void)state;
	certificate_list_init(&list);
	certificate_list_add(&list, sub.certificate);
	trust_set_judged(trust, &list, NULL);
	knows(STORE_TRUST_HARVESTED, &sub, OPTS(.name = "old"));
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_SAME);
	newcomer_is(
	    &other_root, OPTS(.name = "bob"), CONTINUITY_OTHER_AUTHORITY);
	trust_set_judged(trust, NULL, NULL);
	certificate_list_fini(&list);
	forget();
}

static void
test_same_authority(void **state)
{
	struct fixture_cert a, b, c, d;
	unsigned char *der = NULL;
	int len;

	(void)state;
	fixture_ca(&a, OPTS(.name = "A"));
	fixture_ca(&b, OPTS(.name = "B", .use_key = a.key));
	fixture_ca(&c, OPTS(.name = "A"));
	/* Another key under the old key identifier and name. */
	fixture_ca(&d, OPTS(.name = "A"));
	X509_EXTENSION_free(X509_delete_ext(d.x509,
	    X509_get_ext_by_NID(d.x509, NID_subject_key_identifier, -1)));
	X509_add_ext(d.x509,
	    X509_get_ext(a.x509,
		X509_get_ext_by_NID(a.x509, NID_subject_key_identifier, -1)),
	    -1);
	X509_sign(d.x509, d.key, EVP_sha256());
	certificate_unref(&d.certificate);
	len = i2d_X509(d.x509, &der);
	assert_true(len > 0);
	assert_int_equal(certificate_parse(slice_make(der, (size_t)len),
			     &d.certificate, &(struct err){0}),
	    0);
	OPENSSL_free(der);
	assert_true(trust_is_same_authority(a.certificate, a.certificate));
	assert_true(trust_is_same_authority(a.certificate, b.certificate));
	assert_false(trust_is_same_authority(a.certificate, c.certificate));
	assert_true(trust_is_same_authority(a.certificate, d.certificate));
	assert_false(trust_is_same_authority(b.certificate, d.certificate));
	fixture_fini(&d);
	fixture_fini(&c);
	fixture_fini(&b);
	fixture_fini(&a);
}

/* --- another one --- */

static void
test_other_authority(void **state)
{
	struct fixture_cert private_ca, nobody;

	(void)state;
	fixture_ca(&private_ca, OPTS(.name = "Private"));
	/* The operator vouches for one that leads nowhere: nothing else can
	 * come from there. */
	knows(STORE_TRUST_MANUAL, &private_ca, OPTS(.name = "old"));
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_OTHER_AUTHORITY);
	/* He took another one as well: each vouches for its own. */
	knows(STORE_TRUST_HARVESTED, &root, OPTS(.name = "second"));
	newcomer_is(&root, OPTS(.name = "bob"), CONTINUITY_SAME);
	newcomer_is(
	    &other_root, OPTS(.name = "bob"), CONTINUITY_OTHER_AUTHORITY);
	forget();
	/* Whose own path is not good is nobody. */
	newcomer_is(
	    &private_ca, OPTS(.name = "bob"), CONTINUITY_OTHER_AUTHORITY);
	newcomer_is(&root, OPTS(.not_before = -2 * DAY, .not_after = -DAY),
	    CONTINUITY_OTHER_AUTHORITY);
	fixture_leaf(&nobody, NULL, OPTS(.name = "bob", .address = BOB));
	check(&nobody, NULL, CONTINUITY_OTHER_AUTHORITY);
	fixture_fini(&nobody);
	fixture_fini(&private_ca);
}

/* --- levels --- */

static void
test_levels(void **state)
{
	static const char *const policies[] = {
	    NULL, MAILBOX, ORGANISATION, SPONSOR, INDIVIDUAL};
	const size_t n = sizeof(policies) / sizeof(policies[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		knows(STORE_TRUST_HARVESTED, &root,
		    OPTS(.name = "old", .policies = policies[i]));
		assert_int_equal(known.at[0].certificate->level, i);
		for (size_t j = 0; j < n; j++)
			newcomer_is(&sub,
			    OPTS(.name = "bob", .policies = policies[j]),
			    j < i ? CONTINUITY_LOWER_LEVEL : CONTINUITY_SAME);
		/* A higher level makes up for no authority. */
		newcomer_is(&other_root,
		    OPTS(.name = "bob", .policies = INDIVIDUAL),
		    CONTINUITY_OTHER_AUTHORITY);
		forget();
	}
}

/* One that vouches is enough, wherever it stands. */
static void
test_several(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		if (turn)
			knows(STORE_TRUST_HARVESTED, &root,
			    OPTS(.policies = MAILBOX));
		knows(STORE_TRUST_HARVESTED, &root, OPTS(.policies = SPONSOR));
		knows(STORE_TRUST_HARVESTED, &other_root,
		    OPTS(.policies = SPONSOR));
		if (!turn)
			knows(STORE_TRUST_HARVESTED, &root,
			    OPTS(.policies = MAILBOX));
		newcomer_is(&root, OPTS(.policies = MAILBOX), CONTINUITY_SAME);
		newcomer_is(
		    &root, OPTS(.policies = NULL), CONTINUITY_LOWER_LEVEL);
		newcomer_is(&other_root, OPTS(.policies = MAILBOX),
		    CONTINUITY_LOWER_LEVEL);
		forget();
	}
}

/* --- pinned --- */

static void
test_pinned(void **state)
{
	struct fixture_cert bob;

	(void)state;
	fixture_leaf(&bob, &root, OPTS(.name = "bob", .address = BOB));
	knows(STORE_TRUST_HARVESTED, &root, OPTS(.name = "old"));
	knows_under(STORE_TRUST_PINNED, &bob, NULL);
	newcomer_is(&root, OPTS(.name = "new"), CONTINUITY_PINNED);
	/* Of itself it is no newcomer. */
	check(&bob, NULL, CONTINUITY_SAME);
	forget();
	/* That it has expired does not undo what the operator said. */
	knows(STORE_TRUST_PINNED, &root,
	    OPTS(.not_before = -2 * DAY, .not_after = -DAY));
	newcomer_is(&root, OPTS(.name = "new"), CONTINUITY_PINNED);
	forget();
	fixture_fini(&bob);
}

static void
test_words(void **state)
{
	(void)state;
	for (int c = 0; c <= CONTINUITY_SAME; c++)
		assert_int_equal(continuity_trust((enum continuity)c),
		    c == CONTINUITY_FIRST || c == CONTINUITY_SAME
			? STORE_TRUST_HARVESTED
			: STORE_TRUST_PENDING);
	assert_string_equal(
	    continuity_name(CONTINUITY_OTHER_AUTHORITY), "other-authority");
	assert_string_equal(
	    continuity_name(CONTINUITY_LOWER_LEVEL), "lower-level");
	assert_string_equal(continuity_name(CONTINUITY_PINNED), "pinned");
	assert_string_equal(continuity_name(CONTINUITY_FIRST), "first");
	assert_string_equal(continuity_name(CONTINUITY_SAME), "same");
}

/* --- the store --- */

static void
put(struct store *store, enum store_trust state, const struct fixture_cert *c)
{
	struct store_partner_cert p;
	struct err err;
	bool is_new;

	store_partner_cert_init(&p);
	p.address = xstrdup(BOB);
	p.certificate = certificate_ref(c->certificate);
	p.trust = state;
	if (store_partner_cert_put(store, &p, &is_new, &err))
		fail_msg("%s", err.text);
	store_partner_cert_fini(&p);
}

static enum continuity
judge_stored(struct store *store, const struct fixture_cert *c)
{
	char address[] = BOB;
	const struct store_partner_cert newcomer = {
	    .address = address, .certificate = c->certificate};
	enum continuity answer;
	struct err err;

	if (continuity_judge_stored(
		trust, store, &newcomer, fixture_now(), &answer, &err))
		fail_msg("%s", err.text);
	return answer;
}

static void
test_stored(void **state)
{
	struct fixture_cert old, same, other;
	struct store_scene scene;
	struct store *store = store_scene_start(&scene);

	(void)state;
	fixture_leaf(&old, &root, OPTS(.name = "old", .address = BOB));
	fixture_leaf(&same, &root, OPTS(.name = "same", .address = BOB));
	fixture_leaf(&other, &other_root, OPTS(.name = "o", .address = BOB));
	assert_int_equal(judge_stored(store, &other), CONTINUITY_FIRST);
	put(store, STORE_TRUST_HARVESTED, &old);
	assert_int_equal(judge_stored(store, &same), CONTINUITY_SAME);
	assert_int_equal(
	    judge_stored(store, &other), CONTINUITY_OTHER_AUTHORITY);
	put(store, STORE_TRUST_PINNED, &same);
	assert_int_equal(judge_stored(store, &old), CONTINUITY_PINNED);
	fixture_fini(&other);
	fixture_fini(&same);
	fixture_fini(&old);
	store_scene_stop(&scene, &store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_first_after_distrust),
	    cmocka_unit_test(test_renewed),
	    cmocka_unit_test(test_cross_signed),
	    cmocka_unit_test(test_reissued_root),
	    cmocka_unit_test(test_intermediate_is_anchor),
	    cmocka_unit_test(test_same_authority),
	    cmocka_unit_test(test_other_authority),
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_pinned),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests_name(
	    "continuity", tests, setup, teardown);
}
