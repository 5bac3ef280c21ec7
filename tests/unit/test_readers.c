/*
 * Which recipients are ours, what they want, and every certificate that they
 * ever had.
 */
#include "unit/unit.h"

#include "base/limits.h"
#include "gateway/readers.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

static struct gateway_fixture f;
static struct fixture_cert alice, alice_old, rita, erin;
static struct store *store;
static struct directory_view view;
static struct envelope envelope;
static struct readers readers;

static int
set_up(void **state)
{
	static const struct setting_level nothing;

	(void)state;
	gateway_fixture_start(&f);
	store = gateway_fixture_store(&f);
	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(&alice_old, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org",
		.not_before = -20 * FIXTURE_DAY,
		.not_after = -FIXTURE_DAY});
	fixture_leaf(&rita, &f.our_ca,
	    &(struct fixture_opts){.address = "rita@example.org"});
	fixture_leaf(&erin, &f.our_ca,
	    &(struct fixture_opts){.address = "erin@example.org"});
	gateway_fixture_user_with(
	    &f, "alice@example.org", &nothing, STORE_USER_ACTIVE);
	gateway_fixture_user_with(&f, "rita@example.org",
	    &(struct setting_level){.mode = MODE_SHADOW}, STORE_USER_RETIRED);
	gateway_fixture_user_with(&f, "erin@example.org",
	    &(struct setting_level){.decrypt = SWITCH_OFF}, STORE_USER_ACTIVE);
	gateway_fixture_own(&f, "alice@example.org", &alice);
	gateway_fixture_own(&f, "alice@example.org", &alice_old);
	gateway_fixture_own(&f, "rita@example.org", &rita);
	gateway_fixture_own(&f, "erin@example.org", &erin);
	gateway_fixture_open(&f);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(store);
	gateway_fixture_stop(&f);
	fixture_fini(&erin);
	fixture_fini(&rita);
	fixture_fini(&alice_old);
	fixture_fini(&alice);
	return 0;
}

static int
before_each(void **state)
{
	(void)state;
	envelope_init(&envelope);
	readers_init(&readers);
	return 0;
}

static int
after_each(void **state)
{
	(void)state;
	readers_fini(&readers);
	envelope_fini(&envelope);
	return 0;
}

static void
to(const char *path, const char *resolved)
{
	envelope_add_recipient(&envelope, path, NULL, resolved);
}

static void
find(void)
{
	MUST(directory_look(
	    gateway_directory(f.gateway), 0, fixture_now(), &view, &err));
	MUST(readers_find(&readers, &view, &envelope, &err));
	MUST(readers_load(&readers, store, &envelope, &err));
	assert_int_equal(readers.count, envelope.count);
}

static void
check(size_t i, bool own, enum setting_switch decrypt, size_t certificates)
{
	const struct inbound_recipient *r = &readers.recipients[i];

	assert_int_equal(r->is_own, own);
	assert_int_equal(r->decrypt, decrypt);
	assert_false(r->reads);
	assert_int_equal(readers.at[i].own_count, certificates);
}

static void
test_people(void **state)
{
	(void)state;
	to("<Alice@example.org>", NULL);
	to("<rita@example.org>", "rita@example.org");
	to("<erin@example.org>", NULL);
	to("<nobody@example.org>", NULL);
	to("<alice@example.net>", NULL);
	to("<alice>", NULL);
	find();
	check(0, true, SWITCH_ON, 2);
	check(1, true, SWITCH_ON, 1);
	check(2, true, SWITCH_OFF, 0);
	check(3, true, SWITCH_ON, 0);
	check(4, false, SWITCH_OFF, 0);
	check(5, false, SWITCH_OFF, 0);
	assert_int_equal(readers.recipients[0].mode, MODE_ENFORCE);
	assert_int_equal(readers.recipients[1].mode, MODE_SHADOW);
	assert_int_equal(readers.certificates, 3);
	assert_string_equal(readers.recipients[0].address, "alice@example.org");
	for (size_t i = 0; i < 2; i++) {
		const struct store_own_cert *own = &readers.at[0].own[i];

		assert_string_equal(own->address, "alice@example.org");
		assert_true(own->wrapped_len > 0);
		assert_non_null(own->certificate);
	}
}

/* By what the mail server makes of him, too; nobody under two names gets what
 * he does not want under one of them, or what goes elsewhere. */
static void
test_resolved(void **state)
{
	(void)state;
	to("<info@example.org>", "alice@example.org");
	to("<rita@example.org>", "alice@example.org");
	to("<erin@example.org>", "alice@example.org");
	to("<rita@example.org>", "erin@example.org");
	to("<alice@example.org>", "alice@example.edu");
	to("<alice@example.edu>", "alice@example.org");
	find();
	check(0, true, SWITCH_ON, 2);
	check(1, true, SWITCH_ON, 3);
	check(2, true, SWITCH_OFF, 0);
	check(3, true, SWITCH_OFF, 0);
	check(4, false, SWITCH_OFF, 0);
	check(5, true, SWITCH_ON, 2);
}

static void
test_unknown(void **state)
{
	(void)state;
	to("<alice@example.org>", NULL);
	readers_unknown(&readers, &envelope);
	check(0, false, SWITCH_OFF, 0);
	assert_int_equal(readers.recipients[0].mode, MODE_ENFORCE);
}

/* Nobody makes us parse more certificates than that. */
static void
test_limit(void **state)
{
	(void)state;
	gateway_fixture_sql(&f,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 4100) INSERT INTO own_certificates (address,"
	    " fingerprint, key_id, not_before, not_after, added, chain, der,"
	    " wrapped) SELECT address, CAST(i AS BLOB), key_id, not_before,"
	    " not_after, added, chain, der, wrapped FROM own_certificates, n"
	    " WHERE address = 'rita@example.org';");
	to("<alice@example.org>", NULL);
	to("<rita@example.org>", NULL);
	to("<info@example.org>", "alice@example.org");
	find();
	check(0, true, SWITCH_ON, 2);
	check(1, true, SWITCH_ON, LIMIT_READER_CERTIFICATES - 2);
	check(2, true, SWITCH_ON, 0);
	assert_int_equal(readers.certificates, LIMIT_READER_CERTIFICATES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_people, before_each, after_each),
	    cmocka_unit_test_setup_teardown(
		test_resolved, before_each, after_each),
	    cmocka_unit_test_setup_teardown(
		test_unknown, before_each, after_each),
	    cmocka_unit_test_setup_teardown(
		test_limit, before_each, after_each),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
