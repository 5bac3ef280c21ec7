/*
 * Whom signed mail of ours went to (B7): message by message through a real
 * gateway, and off the mail's path.
 */
#include "unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "gateway/harvester.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

static struct gateway_fixture f;
static struct fixture_cert anna;
static struct store *store;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	store = gateway_fixture_store(&f);
	fixture_leaf(&anna, &f.our_ca,
	    &(struct fixture_opts){.address = "anna@example.org"});
	gateway_fixture_user(
	    &f, "anna@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "anna@example.org", &anna);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(store);
	gateway_fixture_stop(&f);
	fixture_fini(&anna);
	return 0;
}

/* When the first and the last one went there; false: none. */
static bool
was_sent(const char *address, time_t *first, time_t *last)
{
	struct store_contact contact;
	struct err err;

	if (store_contact_find(store, address, &contact, &err) < 0) {
		assert_int_equal(err.class, ERR_NOT_FOUND);
		return false;
	}
	*first = contact.first_sent;
	*last = contact.last_sent;
	assert_int_equal(contact.messages, 0);
	assert_int_equal(contact.first_seen, 0);
	store_contact_fini(&contact);
	return *first != 0;
}

static bool
is_remembered(const char *address)
{
	time_t first, last;

	return was_sent(address, &first, &last);
}

/* --- messages --- */

static void
send_mail(struct fixture_mail mail, enum job_outcome expected)
{
	struct fixture_result r;

	mail.sender = "<anna@example.org>";
	if (!mail.client)
		mail.login = "anna@example.org";
	mail.header = "From: anna@example.org\nTo: one@example.com, "
		      "two@example.com\n";
	mail.body = slice_text("Hello\r\n");
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, expected);
	fixture_result_fini(&r);
	gateway_fixture_close(&f); /* what is queued is written */
}

static void
test_signed(void **state)
{
	time_t before = time(NULL), first, last;

	(void)state;
	send_mail(
	    (struct fixture_mail){
		.to = {"<One@Example.com>", "<two@example.com>",
		    "<zoe@example.org>", "<one@example.com>"}},
	    JOB_ACCEPT);
	assert_true(was_sent("one@example.com", &first, &last));
	assert_true(first >= before && last == first);
	assert_true(is_remembered("two@example.com"));
	/* One of our own. */
	assert_false(is_remembered("zoe@example.org"));
}

static void
test_not_signed(void **state)
{
	(void)state;
	/* Refused. */
	send_mail((struct fixture_mail){.to = {"<refused@example.com>"},
		      .override.encrypt = ENCRYPT_REQUIRED},
	    JOB_REFUSE);
	assert_false(is_remembered("refused@example.com"));
	/* Without a signature. */
	send_mail((struct fixture_mail){.to = {"<plain@example.com>"},
		      .override.sign = SWITCH_OFF},
	    JOB_ACCEPT);
	assert_false(is_remembered("plain@example.com"));
	/* Only what would be. */
	f.config.defaults.mode = MODE_SHADOW;
	send_mail(
	    (struct fixture_mail){.to = {"<shadow@example.com>"}}, JOB_ACCEPT);
	f.config.defaults.mode = MODE_INHERIT;
	assert_false(is_remembered("shadow@example.com"));
	/* A stranger under our name. */
	send_mail((struct fixture_mail){.to = {"<stranger@example.com>"},
		      .client = "192.0.2.9"},
	    JOB_ACCEPT);
	assert_false(is_remembered("stranger@example.com"));
}

static void
test_key_is_away(void **state)
{
	const char *keyd = f.config.keyd;

	(void)state;
	f.config.keyd = "/nonexistent/keyd.sock";
	send_mail(
	    (struct fixture_mail){.to = {"<later@example.com>"}}, JOB_DEFER);
	assert_false(is_remembered("later@example.com"));
	f.config.on_error = GATEWAY_PASS;
	send_mail((struct fixture_mail){.to = {"<unsigned@example.com>"}},
	    JOB_ACCEPT);
	assert_false(is_remembered("unsigned@example.com"));
	f.config.on_error = GATEWAY_TEMPFAIL;
	f.config.keyd = keyd;
}

/* --- the queue --- */

static struct trust *trust;

static struct harvester *
make(void)
{
	struct harvester *h;

	MUST(trust_load(&f.config.trust, &trust, &err));
	MUST(harvester_new(store, trust, &h, &err));
	return h;
}

static void
end(struct harvester *h)
{
	harvester_free(h);
	trust_release(&trust);
}

/* Lets the other thread work, but not for ever. */
static void
yield_since(int64_t start_ms)
{
	if (clock_monotonic_ms() - start_ms > 60 * 1000)
		fail_msg("nothing happens");
	sched_yield();
}

/* How often anything was written. */
static unsigned long
writes(sqlite3 *db)
{
	sqlite3_stmt *q;
	unsigned long n;

	assert_int_equal(sqlite3_prepare_v2(
			     db, "SELECT COUNT(*) FROM written", -1, &q, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = (unsigned long)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

static sqlite3 *
open_store(void)
{
	char *path = xasprintf("%s/store.db", f.folder);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	free(path);
	return db;
}

/* The same again: at most one write for an address and day. */
static void
test_once_a_day(void **state)
{
	static const char *const both[] = {"a@example.com", "b@example.com"};
	static const char *const more[] = {"b@example.com", "c@example.com"};
	struct harvester *h = make();
	uint64_t before, after;
	sqlite3 *db = open_store();

	(void)state;
	gateway_fixture_sql(&f,
	    "CREATE TABLE written (address TEXT);"
	    "CREATE TRIGGER made AFTER INSERT ON contacts BEGIN"
	    " INSERT INTO written VALUES (new.address); END;"
	    "CREATE TRIGGER changed AFTER UPDATE ON contacts BEGIN"
	    " INSERT INTO written VALUES (new.address); END");
	MUST(store_generation(store, &before, &err));
	harvester_sent(h, both, 2);
	for (int64_t start = clock_monotonic_ms(); writes(db) < 2;)
		yield_since(start);
	/* Time to have remembered that. */
	harvester_sent(h, more + 1, 1);
	for (int64_t start = clock_monotonic_ms(); writes(db) < 3;)
		yield_since(start);
	for (int i = 0; i < 100; i++) {
		harvester_sent(h, both, 2);
		harvester_sent(h, more, 1);
	}
	harvester_sent(h, both, 0);
	end(h);
	/* Of the last batch nobody need have remembered anything yet. */
	assert_true(writes(db) <= 4);
	assert_true(is_remembered("a@example.com"));
	assert_true(is_remembered("c@example.com"));
	/* No cache has to be emptied for it. */
	MUST(store_generation(store, &after, &err));
	assert_int_equal(before, after);
	gateway_fixture_sql(
	    &f, "DROP TRIGGER made; DROP TRIGGER changed; DROP TABLE written");
	sqlite3_close(db);
}

/* More than one transaction takes. */
static void
test_many(void **state)
{
	enum {
		N = 2 * LIMIT_CONTACTS_AT_ONCE + 1
	};
	char *addresses[N];
	struct harvester *h = make();

	(void)state;
	for (size_t i = 0; i < N; i++)
		addresses[i] = xasprintf("many%zu@example.com", i);
	harvester_sent(h, (const char *const *)addresses, N);
	end(h);
	for (size_t i = 0; i < N; i++) {
		assert_true(is_remembered(addresses[i]));
		free(addresses[i]);
	}
}

static void *
send_many(void *arg)
{
	static const char *const all[] = {"t1@example.com", "t2@example.com"};

	for (int i = 0; i < 200; i++)
		harvester_sent(arg, &all[i % 2], 1);
	return NULL;
}

/* The mail never waits for a store that somebody else holds; and what could
 * not be written is written with the next message. */
static void
test_store_is_busy(void **state)
{
	static const char *const first[] = {"busy@example.com"};
	struct harvester *h = make();
	sqlite3 *db = open_store();
	pthread_t threads[4];
	int64_t start;

	(void)state;
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	start = clock_monotonic_ms();
	harvester_sent(h, first, 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, send_many, h), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(clock_monotonic_ms() - start < 5000);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	harvester_sent(h, first, 1);
	end(h);
	assert_true(is_remembered("busy@example.com"));
	assert_true(is_remembered("t1@example.com"));
	assert_true(is_remembered("t2@example.com"));
}

static void
test_store_is_away(void **state)
{
	static const char *const address[] = {"away@example.com"};
	struct harvester *h = make();

	(void)state;
	gateway_fixture_log_clear(&f);
	gateway_fixture_sql(&f, "ALTER TABLE contacts RENAME TO away");
	harvester_sent(h, address, 1);
	for (int64_t start = clock_monotonic_ms();
	     !gateway_fixture_logged(&f, "cannot remember to whom we wrote");)
		yield_since(start);
	gateway_fixture_sql(&f, "ALTER TABLE away RENAME TO contacts");
	harvester_sent(h, address, 1);
	end(h);
	assert_true(is_remembered("away@example.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signed),
	    cmocka_unit_test(test_not_signed),
	    cmocka_unit_test(test_key_is_away),
	    cmocka_unit_test(test_once_a_day),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_store_is_busy),
	    cmocka_unit_test(test_store_is_away),
	};

	return cmocka_run_group_tests_name("sent", tests, set_up, tear_down);
}
