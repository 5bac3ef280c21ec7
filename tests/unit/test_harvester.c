/*
 * The queue of what is to be learned: bounded, drained at the end, and never
 * in the way, not even of a store that does not answer.
 */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "gateway/harvester.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

static struct gateway_fixture f;
static struct store *store;
static struct trust *trust;
static struct fixture_cert bob;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	store = gateway_fixture_store(&f);
	MUST(trust_load(&f.config.trust, &trust, &err));
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){.address = "bob@example.net"});
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fixture_fini(&bob);
	trust_release(&trust);
	store_close(store);
	gateway_fixture_stop(&f);
	return 0;
}

static struct harvester *
make(void)
{
	struct harvester *h;

	MUST(harvester_new(store, trust, &h, &err));
	return h;
}

static void
add(struct harvester *h, const char *from, size_t others)
{
	struct harvest_source source = {
	    .queue_id = "4Q", .from = from, .message_id = "<1@example.net>"};
	struct smime_verdict verdict;

	smime_verdict_init(&verdict, &f.config.spool);
	verdict.status = SMIME_VALID;
	verdict.intact = verdict.trusted = verdict.owns_from = true;
	verdict.signer = certificate_ref(bob.certificate);
	for (size_t i = 0; i < others; i++)
		certificate_list_add(&verdict.certificates, bob.certificate);
	harvester_add(h, &source, &verdict);
	smime_verdict_fini(&verdict);
}

static unsigned
messages(void)
{
	struct store_contact contact;
	struct err err;
	unsigned n;

	if (store_contact_find(store, "bob@example.net", &contact, &err) < 0)
		return 0;
	n = contact.messages;
	store_contact_fini(&contact);
	return n;
}

static void
test_written_before_the_end(void **state)
{
	struct harvester *h = make();
	unsigned before = messages();

	(void)state;
	harvester_free(NULL);
	for (int i = 0; i < 50; i++)
		add(h, "bob@example.net", 1);
	harvester_free(h);
	assert_int_equal(messages(), before + 50);
	h = make();
	harvester_free(h);
}

/* The evidence is judged once more: a certificate for another address is not
 * kept, whatever the caller says. */
static void
test_judged(void **state)
{
	struct harvester *h = make();
	struct store_contact contact;
	struct err err;

	(void)state;
	gateway_fixture_log_clear(&f);
	add(h, "mallory@example.com", 1);
	harvester_free(h);
	assert_int_equal(
	    store_contact_find(store, "mallory@example.com", &contact, &err),
	    -1);
	gateway_fixture_expect(
	    &f, "4Q: unlearned from=mallory@example.com cert=");
}

/* Somebody else holds the store: adding takes no time, and what is over the
 * limits is dropped with one line. */
static void
test_bounded(void **state)
{
	char *path = xasprintf("%s/store.db", f.folder);
	struct harvester *h;
	unsigned before = messages(), after;
	int64_t start;
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	gateway_fixture_log_clear(&f);
	h = make();
	add(h, "bob@example.net", 1);
	start = clock_monotonic_ms();
	for (unsigned i = 0; i < 2 * LIMIT_HARVEST_QUEUE; i++)
		add(h, "bob@example.net", 1);
	assert_true(clock_monotonic_ms() - start < 5000);
	gateway_fixture_expect(&f, "were not learned");
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	harvester_free(h);
	after = messages();
	/* The queue, and what the thread had taken before it was full. */
	assert_true(after >= before + LIMIT_HARVEST_QUEUE);
	assert_true(after <= before + 2 * LIMIT_HARVEST_QUEUE);
	free(path);
}

/* The bytes count, too: not many messages with many certificates each. */
static void
test_bytes_are_bounded(void **state)
{
	const size_t each = 64 * bob.certificate->der.len;
	const unsigned fit = (unsigned)(LIMIT_HARVEST_BYTES / each);
	char *path = xasprintf("%s/store.db", f.folder);
	unsigned before = messages(), after;
	struct harvester *h;
	sqlite3 *db;

	(void)state;
	assert_true(fit < LIMIT_HARVEST_QUEUE);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	h = make();
	for (unsigned i = 0; i < 4 * LIMIT_HARVEST_QUEUE; i++)
		add(h, "bob@example.net", 64);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	harvester_free(h);
	after = messages();
	assert_true(after >= before + fit);
	/* What is queued, and one batch that the thread had taken. */
	assert_true(after <= before + 2 * (fit + 1));
	free(path);
}

static void *
add_many(void *arg)
{
	for (int i = 0; i < 100; i++)
		add(arg, "bob@example.net", 1);
	return NULL;
}

static void
test_threads(void **state)
{
	struct harvester *h = make();
	unsigned before = messages();
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, add_many, h), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	harvester_free(h);
	assert_int_equal(messages(), before + 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_written_before_the_end),
	    cmocka_unit_test(test_judged),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_bytes_are_bounded),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
