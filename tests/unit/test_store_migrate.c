/*
 * A store that an older version made: refused until it is migrated, and then
 * everything is there.  What such a version wrote is kept here as text.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "cert/store.h"
#include "cert/store_schema.h"
#include "db/sqlite.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"
#include "unit/store_case.h"

static struct fixture_cert ca, alice, bob;

static int
group_setup(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(
	    &bob, &ca, &(struct fixture_opts){.address = "bob@example.net"});
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	fixture_fini(&bob);
	fixture_fini(&alice);
	fixture_fini(&ca);
	return 0;
}

static int
setup(void **state)
{
	struct buf nothing;

	(void)state;
	store_scene_prepare(&scene);
	buf_init(&nothing, 1);
	fixture_write(scene.path, 0600, &nothing);
	return 0;
}

static void
run_script(const char *sql)
{
	struct sqlite_pool *pool;
	struct sqlite *db;

	MUST(sqlite_pool_open(scene.path, &pool, &err));
	MUST(sqlite_write(pool, SQLITE_PROMISE_KEPT, &db, &err));
	MUST(sqlite_script(db, sql, &err));
	MUST(sqlite_commit(db, &err));
	sqlite_release(&db);
	sqlite_pool_close(pool);
}

/* --- schema 1 --- */

static char *
hex_of(const void *data, size_t len)
{
	char *text = xmalloc(2 * len + 1);

	hex_encode(data, len, text);
	return text;
}

/* What version 0.1.0 wrote for these two. */
static const char schema_1[] =
    "UPDATE state SET generation = 41;"
    "INSERT INTO domains VALUES"
    " ('example.com', 'off', 'required', 1700000000),"
    " ('example.org', 'inherit', 'if-possible', 1700000001);"
    "INSERT INTO users VALUES"
    " ('alice@example.org', 'example.org', 'Alice', 'Example', 'on',"
    "  'inherit', 'active', 1700000002),"
    " ('old@example.com', 'example.com', '', '', 'inherit', 'off',"
    "  'retired', 1700000003);"
    "INSERT INTO own_certificates VALUES (7, 'alice@example.org', x'%s',"
    " x'%s', 1700000000, 1900000000, 1700000004, NULL, x'%s', x'c0ffee');"
    "INSERT INTO contacts VALUES"
    " ('bob@example.net', 1700000005, 1700000006, 3);"
    "INSERT INTO partner_certificates VALUES (9, 'bob@example.net', x'%s',"
    " 'pinned', 1700000000, 1900000000, 1700000005, 1700000006, 1700000007,"
    " 1, NULL, '<1@example.net>', x'3000', x'%s');"
    "INSERT INTO authorities VALUES"
    " (1, x'', 'CN=Unknown', 1700000008, 1700000009, 2, NULL);"
    "INSERT INTO audit VALUES"
    " (1, 1700000010, 'smimectl:0', 'user add', 'alice@example.org', '');";

static void
make_schema_1(void)
{
	const struct certificate *a = alice.certificate, *b = bob.certificate;
	char *a_print = hex_of(a->fingerprint, FINGERPRINT_SIZE);
	char *a_key = hex_of(a->key_id, sizeof(a->key_id));
	char *a_der = hex_of(a->der.data, a->der.len);
	char *b_print = hex_of(b->fingerprint, FINGERPRINT_SIZE);
	char *b_der = hex_of(b->der.data, b->der.len);
	char *sql;

	run_script(store_schema_sqlite(1));
	sql = xasprintf(schema_1, a_print, a_key, a_der, b_print, b_der);
	run_script(sql);
	free(sql);
	free(b_der);
	free(b_print);
	free(a_der);
	free(a_key);
	free(a_print);
}

/* --- schema 2 --- */

/* What a store of that schema says beside. */
static const char schema_2[] =
    "UPDATE domains SET exempt = 'list,partial', own_cert_problem = 'defer',"
    " signature_algorithm = 'ecdsa-p384' WHERE name = 'example.org';";

static void
make_schema_2(void)
{
	make_schema_1();
	run_script(store_schema_sqlite(2));
	run_script(schema_2);
}

/* --- schema 3 --- */

static const char schema_3[] =
    "UPDATE domains SET mixed = 'all-or-none', mode = 'shadow',"
    " escrow = 'escrow@example.org' WHERE name = 'example.org';"
    "UPDATE users SET triggers = 'off' WHERE address = 'alice@example.org';"
    "INSERT INTO recipients VALUES ('*.example.net', 'never', 'opaque',"
    " 'newest', 'aes128-cbc', 'oaep', 'refuse', 'gateway@example.net',"
    " 1700000011);"
    "INSERT INTO logins VALUES ('alice', '@example.org', 1700000012);"
    "INSERT INTO journal VALUES (x'%064d', 1700000013);";

static void
make_schema_3(void)
{
	char *sql = xasprintf(schema_3, 0);

	make_schema_2();
	run_script(store_schema_sqlite(3));
	run_script(sql);
	free(sql);
}

/* --- schema 4 --- */

static const char schema_4[] =
    "UPDATE domains SET decrypt = 'off' WHERE name = 'example.org';"
    "UPDATE users SET decrypt = 'on' WHERE address = 'alice@example.org';"
    "UPDATE contacts SET last_sent = 1700000014;"
    "UPDATE authorities SET trust = 'distrusted';";

static void
make_schema_4(void)
{
	make_schema_3();
	run_script(store_schema_sqlite(4));
	run_script(schema_4);
}

/* --- and what is made of them --- */

static void
migrate_from(int version)
{
	int from = -1, to = -1;

	MUST(store_migrate(scene.uri, &from, &to, &err));
	assert_int_equal(from, version);
	assert_int_equal(to, store_schema_version());
}

static void
test_refused(void **state)
{
	struct err why;

	(void)state;
	make_schema_1();
	assert_int_equal(store_open(scene.uri, &store, &why), -1);
	assert_int_equal(why.class, ERR_PERMANENT);
	if (!strstr(why.text, "schema 1 is older than ") ||
	    !strstr(why.text, "run: smimectl store migrate"))
		fail_msg("%s", why.text);
	store_case_says("SELECT schema FROM state", "1");
	migrate_from(1);
	MUST(store_open(scene.uri, &store, &err));
}

static void
test_domains(void **state)
{
	struct store_domain d;
	uint64_t generation;

	(void)state;
	make_schema_1();
	migrate_from(1);
	MUST(store_open(scene.uri, &store, &err));
	MUST(store_generation(store, &generation, &err));
	assert_true(generation > 41);
	MUST(store_domain_find(store, "example.com", &d, &err));
	assert_int_equal(d.level.sign, SWITCH_OFF);
	assert_int_equal(d.level.encrypt, ENCRYPT_REQUIRED);
	assert_int_equal(d.level.exempt, EXEMPT_INHERIT);
	assert_int_equal(d.level.own_problem, OWN_PROBLEM_INHERIT);
	assert_int_equal(d.level.algorithm, ALGORITHM_INHERIT);
	assert_int_equal(d.created, 1700000000);
	/* And the new settings can be made. */
	d.level.exempt = EXEMPTION_BIT(EXEMPT_LIST) | EXEMPT_ALWAYS;
	d.level.own_problem = OWN_PROBLEM_DEFER;
	d.level.algorithm = ALGORITHM_ECDSA_P384;
	MUST(store_domain_set(store, &d, &err));
	store_domain_fini(&d);
	MUST(store_domain_find(store, "example.com", &d, &err));
	assert_int_equal(d.level.sign, SWITCH_OFF);
	assert_int_equal(
	    d.level.exempt, EXEMPTION_BIT(EXEMPT_LIST) | EXEMPT_ALWAYS);
	assert_int_equal(d.level.own_problem, OWN_PROBLEM_DEFER);
	assert_int_equal(d.level.algorithm, ALGORITHM_ECDSA_P384);
	store_domain_fini(&d);
}

/* What a level says, "inherit" left out. */
static void
level_says(const struct setting_level *level, const char *expected)
{
	char all[1024] = "", one[SETTING_TEXT];

	for (size_t i = 0; i < SENDER_SETTINGS; i++) {
		const struct setting *s = &sender_settings[i];

		setting_text(s, level, one);
		if (!setting_is_inherited(s, level))
			snprintf(all + strlen(all), sizeof(all) - strlen(all),
			    "%s=%s ", s->name, one);
	}
	assert_string_equal(all, expected);
}

static void
domain_says(const char *name, const char *expected)
{
	struct store_domain d;

	MUST(store_domain_find(store, name, &d, &err));
	level_says(&d.level, expected);
	assert_string_equal(d.escrow, "");
	store_domain_fini(&d);
}

static void
user_says(const char *address, const char *expected)
{
	struct store_user u;

	MUST(store_user_find(store, address, &u, &err));
	level_says(&u.level, expected);
	store_user_fini(&u);
}

/* What a version before said, it says still; about the rest it says nothing.
 */
static void
test_from_2(void **state)
{
	uint64_t generation;

	(void)state;
	make_schema_2();
	store_case_says("SELECT schema FROM state", "2");
	migrate_from(2);
	MUST(store_open(scene.uri, &store, &err));
	MUST(store_generation(store, &generation, &err));
	assert_true(generation > 42);
	domain_says("example.com", "sign=off encrypt=required ");
	domain_says("example.org",
	    "encrypt=if-possible exempt=list,partial own_cert_problem=defer "
	    "signature_algorithm=ecdsa-p384 ");
	user_says("alice@example.org", "sign=on ");
	user_says("old@example.com", "encrypt=off ");
	store_case_says("PRAGMA integrity_check", "ok");
	store_case_says("SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
}

static void
test_settings_from_1(void **state)
{
	(void)state;
	make_schema_1();
	migrate_from(1);
	MUST(store_open(scene.uri, &store, &err));
	domain_says("example.com", "sign=off encrypt=required ");
	domain_says("example.org", "encrypt=if-possible ");
	user_says("alice@example.org", "sign=on ");
}

static void
test_from_3(void **state)
{
	struct store_recipient r;
	uint64_t generation;
	bool may = false;

	(void)state;
	make_schema_3();
	store_case_says("SELECT schema FROM state", "3");
	migrate_from(3);
	MUST(store_open(scene.uri, &store, &err));
	MUST(store_generation(store, &generation, &err));
	assert_true(generation > 43);
	user_says("alice@example.org", "sign=on triggers=off ");
	store_case_says("SELECT escrow || mixed || mode || decrypt FROM domains"
			" WHERE name = 'example.org'",
	    "escrow@example.orgall-or-noneshadowinherit");
	MUST(store_recipient_find(store, "*.example.net", &r, &err));
	assert_int_equal(r.level.encrypt, RECEIVE_NEVER);
	assert_int_equal(r.level.unchecked, UNCHECKED_REFUSE);
	assert_int_equal(r.level.inbound_signature, DEMAND_INHERIT);
	assert_int_equal(r.level.inbound_encryption, DEMAND_INHERIT);
	assert_int_equal(r.level.inbound_level, ASSURANCE_INHERIT);
	assert_int_equal(r.level.inbound_action, UNMET_INHERIT);
	assert_string_equal(r.domain_certificate, "gateway@example.net");
	assert_int_equal(r.created, 1700000011);
	store_recipient_fini(&r);
	MUST(store_login_may(store, "alice", "x@example.org", &may, &err));
	assert_true(may);
	store_case_says("SELECT COUNT(*) FROM journal", "1");
	store_case_says("SELECT trust FROM authorities", "unknown");
	store_case_says(
	    "SELECT first_sent || last_sent || suspended_until FROM contacts",
	    "000");
	store_case_says(
	    "SELECT used || used_time FROM partner_certificates", "00");
	store_case_says("PRAGMA integrity_check", "ok");
	store_case_says("SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
}

static void
test_from_4(void **state)
{
	struct store_domain d;
	struct store_user u;
	uint64_t generation;

	(void)state;
	make_schema_4();
	store_case_says("SELECT schema FROM state", "4");
	migrate_from(4);
	MUST(store_open(scene.uri, &store, &err));
	MUST(store_generation(store, &generation, &err));
	assert_true(generation > 44);
	MUST(store_domain_find(store, "example.org", &d, &err));
	level_says(&d.level,
	    "encrypt=if-possible exempt=list,partial own_cert_problem=defer "
	    "signature_algorithm=ecdsa-p384 mixed=all-or-none mode=shadow "
	    "decrypt=off ");
	assert_string_equal(d.escrow, "escrow@example.org");
	assert_string_equal(d.disclaimer, "");
	d.level.disclaimer_protected = DISCLAIMER_PROTECTED_REFUSE;
	free(d.disclaimer);
	d.disclaimer = xstrdup("legal");
	MUST(store_domain_set(store, &d, &err));
	store_domain_fini(&d);
	MUST(store_user_find(store, "alice@example.org", &u, &err));
	level_says(&u.level, "sign=on triggers=off decrypt=on ");
	assert_string_equal(u.disclaimer, "");
	u.level.disclaimer_repeat = DISCLAIMER_REPEAT_ALWAYS;
	free(u.disclaimer);
	u.disclaimer = xstrdup("none");
	MUST(store_user_set(store, &u, &err));
	store_user_fini(&u);
	store_case_says(
	    "SELECT disclaimer || disclaimer_repeat || disclaimer_protected"
	    " FROM domains WHERE name = 'example.org'",
	    "legalinheritrefuse");
	store_case_says(
	    "SELECT disclaimer || disclaimer_repeat || disclaimer_protected"
	    " FROM users WHERE address = 'alice@example.org'",
	    "nonealwaysinherit");
	store_case_says("SELECT trust FROM authorities", "distrusted");
	store_case_says("SELECT last_sent FROM contacts", "1700000014");
	store_case_says("PRAGMA integrity_check", "ok");
	store_case_says("SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
}

/* What only later schemas have room for can be put into an old store. */
static void
test_new_tables(void **state)
{
	char name[] = "*.example.net", escrow[] = "escrow@example.org";
	const unsigned char key[1][STORE_JOURNAL_KEY] = {{1, 2, 3}};
	struct store_recipient r = {.name = name,
	    .level = {
		.encrypt = RECEIVE_NEVER, .inbound_level = ASSURANCE_SPONSOR}};
	struct store_domain d;
	bool yes = false;

	(void)state;
	make_schema_2();
	migrate_from(2);
	MUST(store_open(scene.uri, &store, &err));
	MUST(store_recipient_put(store, &r, &err));
	MUST(store_login_add(store, "alice", "@example.org", 1, &err));
	MUST(store_login_may(store, "alice", "x@example.org", &yes, &err));
	assert_true(yes);
	MUST(store_journal_add(store, key, 1, 1800000000, &err));
	MUST(store_domain_find(store, "example.com", &d, &err));
	d.level.mixed = MIXED_ALL_OR_REFUSE;
	d.level.decrypt = SWITCH_OFF;
	free(d.escrow);
	d.escrow = xstrdup(escrow);
	MUST(store_domain_set(store, &d, &err));
	store_domain_fini(&d);
	MUST(store_domain_find(store, "example.com", &d, &err));
	assert_int_equal(d.level.mixed, MIXED_ALL_OR_REFUSE);
	assert_int_equal(d.level.decrypt, SWITCH_OFF);
	assert_int_equal(d.level.encrypt, ENCRYPT_REQUIRED);
	assert_string_equal(d.escrow, escrow);
	store_domain_fini(&d);
}

static int
see_own(const struct store_own_cert *c, void *arg)
{
	size_t *count = arg;

	assert_string_equal(
	    c->fingerprint, alice.certificate->fingerprint_text);
	assert_int_equal(c->wrapped_len, 3);
	assert_memory_equal(c->wrapped, "\xc0\xff\xee", 3);
	assert_int_equal(c->added, 1700000004);
	++*count;
	return 0;
}

static int
see_partner(const struct store_partner_cert *c, void *arg)
{
	size_t *count = arg;

	assert_string_equal(c->fingerprint, bob.certificate->fingerprint_text);
	assert_int_equal(c->trust, STORE_TRUST_PINNED);
	assert_string_equal(c->evidence, "<1@example.net>");
	assert_int_equal(c->signing_time, 1700000007);
	assert_true(c->preferred);
	++*count;
	return 0;
}

static void
test_everything_else(void **state)
{
	struct store_contact contact;
	struct store_counts n;
	struct store_user u;
	size_t own = 0, partners = 0;

	(void)state;
	make_schema_1();
	migrate_from(1);
	MUST(store_open(scene.uri, &store, &err));
	MUST(store_user_find(store, "alice@example.org", &u, &err));
	assert_string_equal(u.first_name, "Alice");
	assert_string_equal(u.last_name, "Example");
	assert_int_equal(u.level.sign, SWITCH_ON);
	assert_int_equal(u.level.encrypt, ENCRYPT_INHERIT);
	store_user_fini(&u);
	MUST(store_user_find(store, "old@example.com", &u, &err));
	assert_int_equal(u.state, STORE_USER_RETIRED);
	assert_int_equal(u.created, 1700000003);
	store_user_fini(&u);
	MUST(store_own_cert_each(
	    store, "alice@example.org", see_own, &own, &err));
	MUST(store_partner_cert_each(
	    store, "bob@example.net", see_partner, &partners, &err));
	assert_int_equal(own, 1);
	assert_int_equal(partners, 1);
	MUST(store_contact_find(store, "bob@example.net", &contact, &err));
	assert_int_equal(contact.messages, 3);
	store_contact_fini(&contact);
	MUST(store_count(store, &n, &err));
	assert_int_equal(n.schema, store_schema_version());
	assert_int_equal(n.domains, 2);
	assert_int_equal(n.users, 2);
	store_case_says(
	    "SELECT subject || messages FROM authorities", "CN=Unknown2");
	store_case_says(
	    "SELECT actor || action FROM audit", "smimectl:0user add");
	store_case_says("PRAGMA integrity_check", "ok");
	store_case_says("SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
}

/* However it came to be, the newest schema is the same one. */
static void
test_same_as_new(void **state)
{
	static const char tables[] =
	    "SELECT group_concat(type || ' ' || name || ' ' || sql, char(10))"
	    " FROM (SELECT * FROM sqlite_master ORDER BY name)";
	char *old, *new;

	(void)state;
	make_schema_2();
	migrate_from(2);
	old = store_case_ask(tables);
	free(scene.path);
	free(scene.uri);
	scene.path = xasprintf("%s/new.db", scene.folder);
	scene.uri = xasprintf("sqlite:%s", scene.path);
	migrate_from(0);
	new = store_case_ask(tables);
	assert_true(strlen(new) > 1000);
	assert_string_equal(old, new);
	free(new);
	free(old);
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, setup, store_case_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_refused),
	    CASE(test_domains),
	    CASE(test_from_2),
	    CASE(test_from_3),
	    CASE(test_from_4),
	    CASE(test_settings_from_1),
	    CASE(test_new_tables),
	    CASE(test_everything_else),
	    CASE(test_same_as_new),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
