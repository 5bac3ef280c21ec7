/*
 * What the store learns from mail, and what it must not: certificates whose
 * authority nobody trusts, caps against floods, what was really used,
 * contacts, authorities that the operator judges.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/judged.h"
#include "cert/partner_certs.h"
#include "cert/store.h"
#include "db/sqlite.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"
#include "unit/store_case.h"

#define BOB "bob@example.net"
/* As many different certificates as a test needs at most. */
#define POOL (LIMIT_CERTIFICATES_PER_ADDRESS + 3u)

static struct fixture_cert ca, intermediate, pool[POOL];

static int
group_setup(void **state)
{
	char name[16];

	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_intermediate(
	    &intermediate, &ca, &(struct fixture_opts){.name = "Sub CA"});
	for (size_t i = 0; i < POOL; i++) {
		snprintf(name, sizeof(name), "c%zu", i);
		fixture_leaf(
		    &pool[i], &ca, &(struct fixture_opts){.name = name});
	}
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < POOL; i++)
		fixture_fini(&pool[i]);
	fixture_fini(&intermediate);
	fixture_fini(&ca);
	return 0;
}

static uint64_t
generation(void)
{
	uint64_t n = 0;

	MUST(store_generation(store, &n, &err));
	return n;
}

/* One store belongs to one opener in a process: nobody has it meanwhile. */
static void
run_script(const char *sql)
{
	struct sqlite_pool *sqlite;
	struct sqlite *db;

	store_close(store);
	MUST(sqlite_pool_open(scene.path, &sqlite, &err));
	MUST(sqlite_write(sqlite, SQLITE_PROMISE_SOON, &db, &err));
	MUST(sqlite_script(db, sql, &err));
	MUST(sqlite_commit(db, &err));
	sqlite_release(&db);
	sqlite_pool_close(sqlite);
	MUST(store_open(scene.uri, &store, &err));
}

static int64_t
ask(const char *sql)
{
	struct sqlite_pool *sqlite;
	struct sqlite_query q;
	struct sqlite *db;
	int64_t answer;

	store_close(store);
	MUST(sqlite_pool_open(scene.path, &sqlite, &err));
	MUST(sqlite_read(sqlite, &db, &err));
	sqlite_query(&q, db, sql);
	assert_true(sqlite_step(&q));
	answer = sqlite_number(&q, 0);
	MUST(sqlite_done(&q, &err));
	sqlite_release(&db);
	sqlite_pool_close(sqlite);
	MUST(store_open(scene.uri, &store, &err));
	return answer;
}

/* --- putting in --- */

/* As it comes from the harvest. */
static struct store_partner_cert
record(const struct fixture_cert *cert, enum store_trust trust, time_t now)
{
	struct store_partner_cert c;

	store_partner_cert_init(&c);
	c.address = xstrdup(BOB);
	c.certificate = certificate_ref(cert->certificate);
	c.trust = trust;
	c.evidence = xasprintf("<%lld@example.net>", (long long)now);
	c.first_seen = c.last_seen = c.signing_time = now;
	return c;
}

/* Ends c; was it new? */
static bool
put(struct store_partner_cert c)
{
	bool is_new = false;

	MUST(store_partner_cert_put(store, &c, &is_new, &err));
	store_partner_cert_fini(&c);
	return is_new;
}

static void
put_fails(struct store_partner_cert c, const char *message)
{
	bool is_new = false;

	FAILS(ERR_PERMANENT, message,
	    store_partner_cert_put(store, &c, &is_new, &err));
	store_partner_cert_fini(&c);
}

/* pool[from] to before pool[to], a second after each other. */
static void
put_pool(size_t from, size_t to, enum store_trust trust, time_t now)
{
	for (size_t i = from; i < to; i++)
		assert_true(put(record(&pool[i], trust, now + (time_t)i)));
}

static struct partner_certs
partners(const char *address)
{
	struct partner_certs list;

	partner_certs_init(&list);
	MUST(partner_certs_load(&list, store, address, &err));
	return list;
}

static bool
has(const struct fixture_cert *cert)
{
	struct partner_certs list = partners(BOB);
	bool found = partner_certs_find(&list, cert->certificate) != NULL;

	partner_certs_fini(&list);
	return found;
}

/* A copy that partner_certs_fini of *list ends. */
static const struct store_partner_cert *
load(struct partner_certs *list, const struct fixture_cert *cert)
{
	const struct store_partner_cert *c;

	*list = partners(BOB);
	c = partner_certs_find(list, cert->certificate);
	assert_non_null(c);
	return c;
}

static enum store_trust
trust_of(const struct fixture_cert *cert)
{
	struct partner_certs list;
	enum store_trust trust = load(&list, cert)->trust;

	partner_certs_fini(&list);
	return trust;
}

/* How many of pool the address has. */
static size_t
count_pool(void)
{
	struct partner_certs list = partners(BOB);
	size_t count = list.count;

	partner_certs_fini(&list);
	return count;
}

static struct store_contact
contact(const char *address)
{
	struct store_contact c;

	MUST(store_contact_find(store, address, &c, &err));
	return c;
}

/* --- what is not trusted --- */

/* It says nothing about the contact, and is nothing that a cache knows. */
static void
test_untrusted(void **state)
{
	uint64_t before = generation();
	struct store_contact c;

	(void)state;
	assert_true(put(record(&pool[0], STORE_TRUST_UNTRUSTED, 1000)));
	assert_int_equal(trust_of(&pool[0]), STORE_TRUST_UNTRUSTED);
	assert_false(put(record(&pool[0], STORE_TRUST_UNTRUSTED, 2000)));
	assert_int_equal(generation(), before);
	c = contact(BOB);
	assert_int_equal(c.certificates, 1);
	assert_int_equal(c.pending, 0);
	assert_int_equal(c.messages, 0);
	assert_int_equal(c.first_seen, 0);
	assert_int_equal(c.last_seen, 0);
	store_contact_fini(&c);
	/* And beside mail that counts. */
	assert_true(put(record(&pool[1], STORE_TRUST_HARVESTED, 3000)));
	assert_true(put(record(&pool[2], STORE_TRUST_UNTRUSTED, 4000)));
	c = contact(BOB);
	assert_int_equal(c.certificates, 3);
	assert_int_equal(c.messages, 1);
	assert_int_equal(c.first_seen, 3000);
	assert_int_equal(c.last_seen, 3000);
	store_contact_fini(&c);
}

/* Its authority is trusted now: mail alone makes it what the others are. */
static void
test_untrusted_becomes_more(void **state)
{
	uint64_t before;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		put(record(&pool[i], STORE_TRUST_UNTRUSTED, 1000));
	before = generation();
	assert_false(put(record(&pool[0], STORE_TRUST_HARVESTED, 2000)));
	assert_int_equal(trust_of(&pool[0]), STORE_TRUST_HARVESTED);
	assert_true(generation() > before);
	assert_false(put(record(&pool[1], STORE_TRUST_PENDING, 2000)));
	assert_int_equal(trust_of(&pool[1]), STORE_TRUST_PENDING);
	/* Pending stays: that is for the operator to say. */
	assert_false(put(record(&pool[1], STORE_TRUST_HARVESTED, 3000)));
	assert_int_equal(trust_of(&pool[1]), STORE_TRUST_PENDING);
}

/* Neither trust nor capabilities nor anything else of what is more. */
static void
test_untrusted_changes_nothing(void **state)
{
	static const enum store_trust more[] = {STORE_TRUST_HARVESTED,
	    STORE_TRUST_PENDING, STORE_TRUST_MANUAL, STORE_TRUST_PINNED,
	    STORE_TRUST_DISTRUSTED};
	const struct store_partner_cert *found;
	struct store_partner_cert c;
	struct partner_certs list;
	uint64_t before;

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		assert_true(put(record(&pool[i], more[i], 1000)));
		before = generation();
		c = record(&pool[i], STORE_TRUST_UNTRUSTED, 2000);
		c.preferred = true;
		c.used = STORE_USED_CBC;
		c.used_time = 2000;
		c.capabilities = (unsigned char *)xstrdup("caps");
		c.capabilities_len = 4;
		assert_false(put(c));
		assert_int_equal(generation(), before);
		found = load(&list, &pool[i]);
		assert_int_equal(found->trust, more[i]);
		assert_int_equal(found->last_seen, 1000);
		assert_int_equal(found->signing_time, 1000);
		assert_string_equal(found->last_evidence, "<1000@example.net>");
		assert_int_equal(found->used, 0);
		assert_int_equal(found->capabilities_len, 0);
		assert_false(found->preferred);
		partner_certs_fini(&list);
	}
}

/* --- caps of an address --- */

/* Who came again stays before who came once. */
static void
test_few_untrusted(void **state)
{
	const size_t few = LIMIT_UNTRUSTED_PER_ADDRESS;
	struct store_counts n;

	(void)state;
	put_pool(0, few, STORE_TRUST_UNTRUSTED, 1000);
	MUST(store_count(store, &n, &err));
	assert_int_equal(n.untrusted, few);
	assert_int_equal(n.pending, 0);
	assert_false(put(record(&pool[0], STORE_TRUST_UNTRUSTED, 1010)));
	assert_int_equal(count_pool(), few);
	put_pool(few, few + 1, STORE_TRUST_UNTRUSTED, 1000);
	assert_int_equal(count_pool(), few);
	assert_false(has(&pool[1]));
	/* A flood washes away a flood. */
	put_pool(few + 1, POOL, STORE_TRUST_UNTRUSTED, 1000);
	assert_int_equal(count_pool(), few);
	assert_true(has(&pool[0]));
	assert_true(has(&pool[POOL - 1]));
	assert_true(has(&pool[POOL - 2]));
	assert_true(has(&pool[POOL - 3]));
}

/* The order in which they go: untrusted, pending, harvested; and nothing for
 * a newcomer that would go before it. */
static void
test_order_of_going(void **state)
{
	const size_t max = LIMIT_CERTIFICATES_PER_ADDRESS;

	(void)state;
	put_pool(0, 1, STORE_TRUST_HARVESTED, 1000);
	put_pool(1, 2, STORE_TRUST_PENDING, 2000);
	put_pool(2, 3, STORE_TRUST_UNTRUSTED, 3000);
	put_pool(3, 4, STORE_TRUST_DISTRUSTED, 100);
	put_pool(4, 5, STORE_TRUST_PINNED, 100);
	put_pool(5, max, STORE_TRUST_MANUAL, 100);
	assert_int_equal(count_pool(), max);
	/* An untrusted one displaces its like. */
	put_pool(max, max + 1, STORE_TRUST_UNTRUSTED, 4000);
	assert_false(has(&pool[2]));
	/* A pending one that one, and then its like. */
	put_pool(max + 1, max + 2, STORE_TRUST_PENDING, 5000);
	assert_false(has(&pool[max]));
	put_pool(max + 2, max + 3, STORE_TRUST_PENDING, 6000);
	assert_false(has(&pool[1]));
	assert_true(has(&pool[0]));
	put_fails(record(&pool[2], STORE_TRUST_UNTRUSTED, 7000),
	    "none of which makes room for one that is untrusted");
	/* A harvested one the pending ones, and last its like. */
	put_pool(2, 3, STORE_TRUST_HARVESTED, 7000);
	assert_false(has(&pool[max + 1]));
	assert_true(has(&pool[max + 2]));
	put_pool(1, 2, STORE_TRUST_HARVESTED, 8000);
	assert_false(has(&pool[max + 2]));
	put_fails(record(&pool[max], STORE_TRUST_PENDING, 9000),
	    "none of which makes room for one that is pending");
	put_pool(max, max + 1, STORE_TRUST_HARVESTED, 9000);
	assert_false(has(&pool[0]));
	for (size_t i = 3; i < max; i++)
		assert_true(has(&pool[i]));
	assert_int_equal(count_pool(), max);
}

/* --- caps of all --- */

/* LIMIT_UNTRUSTED of them, one for each contact; every second one came
 * twice. */
static const char flood[] =
    "WITH RECURSIVE n (i) AS"
    " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
    " INSERT INTO contacts (address, first_seen, last_seen, messages)"
    "  SELECT printf('x%%05d@example.com', i), 0, 0, 0 FROM n;"
    "WITH RECURSIVE n (i) AS"
    " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
    " INSERT INTO partner_certificates (address, fingerprint, trust,"
    "  not_before, not_after, first_seen, last_seen, signing_time, preferred,"
    "  evidence, der)"
    "  SELECT printf('x%%05d@example.com', i), CAST(i AS BLOB), 'untrusted',"
    "   0, 0, i, i + i %% 2, 0, 0, '', x'00' FROM n;";

static void
test_untrusted_in_all(void **state)
{
	char *sql = xasprintf(flood, LIMIT_UNTRUSTED, LIMIT_UNTRUSTED);
	struct store_contact c;

	(void)state;
	put(record(&pool[0], STORE_TRUST_HARVESTED, 1));
	put(record(&pool[1], STORE_TRUST_DISTRUSTED, 1));
	put(record(&pool[2], STORE_TRUST_PENDING, 1));
	run_script(sql);
	free(sql);
	/* x00002 and x00004 came once, long ago; but something else is known
	 * of x00004. */
	MUST(store_contacts_sent(
	    store, (const char *[]){"x00004@example.com"}, 1, 5, &err));
	for (size_t i = 3; i < 5; i++)
		put(record(&pool[i], STORE_TRUST_UNTRUSTED, 1000));
	assert_int_equal(ask("SELECT COUNT(*) FROM partner_certificates"
			     " WHERE trust = 'untrusted'"),
	    LIMIT_UNTRUSTED);
	FAILS(ERR_NOT_FOUND, "no contact",
	    store_contact_find(store, "x00002@example.com", &c, &err));
	c = contact("x00004@example.com");
	assert_int_equal(c.certificates, 0);
	store_contact_fini(&c);
	c = contact("x00001@example.com");
	assert_int_equal(c.certificates, 1);
	store_contact_fini(&c);
	assert_int_equal(count_pool(), 5);
}

/* With its chain it is more than ordinary ones ever are. */
static void
test_size_of_untrusted(void **state)
{
	struct store_partner_cert c;
	struct fixture_cert large;
	char *policies;
	struct buf text;

	(void)state;
	buf_init(&text, LIMIT_UNTRUSTED_BYTES * 2);
	buf_add_text(&text, "ASN1:UTF8String:");
	while (text.len < LIMIT_UNTRUSTED_BYTES / 2)
		buf_add_text(&text, "x");
	policies = buf_take_text(&text);
	fixture_leaf(&large, &ca,
	    &(struct fixture_opts){.name = "large",
		.extra_oid = "1.3.6.1.4.1.99999.1",
		.extra = policies});
	assert_non_null(large.certificate);
	assert_true(put(record(&large, STORE_TRUST_UNTRUSTED, 1000)));
	c = record(&pool[0], STORE_TRUST_UNTRUSTED, 1000);
	for (int i = 0; i < 2; i++)
		certificate_list_add(&c.chain, large.certificate);
	put_fails(c, "untrusted certificate with its chain");
	assert_int_equal(count_pool(), 1);
	c = record(&pool[0], STORE_TRUST_HARVESTED, 1000);
	for (int i = 0; i < 2; i++)
		certificate_list_add(&c.chain, large.certificate);
	assert_true(put(c));
	fixture_fini(&large);
	free(policies);
}

/* A chain goes with the last one that needs it, however that one goes. */
static void
test_chains_go(void **state)
{
	static const char chains[] = "SELECT COUNT(*) FROM chains";
	struct store_partner_cert c;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		c = record(&pool[i], STORE_TRUST_UNTRUSTED, 1000);
		free(c.address);
		c.address = xasprintf("b%zu@example.net", i);
		certificate_list_add(&c.chain, intermediate.certificate);
		put(c);
	}
	put(record(&pool[2], STORE_TRUST_UNTRUSTED, 1000));
	assert_int_equal(ask(chains), 1);
	MUST(store_contact_forget(store, BOB, &err));
	MUST(store_contact_forget(store, "b0@example.net", &err));
	assert_int_equal(ask(chains), 1);
	MUST(store_contact_forget(store, "b1@example.net", &err));
	assert_int_equal(ask(chains), 0);
}

/* b<number> with a chain of one large certificate of his own; returns its
 * size. */
static size_t
put_large_chain(size_t number)
{
	static unsigned char san[60000] = {
	    0x30, 0x82, (60000 - 4) >> 8, (60000 - 4) & 0xff};
	struct store_partner_cert c;
	struct fixture_cert large;
	size_t size;

	for (size_t i = 4; i < sizeof(san); i += 2)
		san[i] = 0x82; /* dNSName "" */
	fixture_leaf(&large, &ca,
	    &(struct fixture_opts){
		.name = "Large", .raw_san = slice_make(san, sizeof(san))});
	size = large.certificate->der.len;
	c = record(&pool[0], STORE_TRUST_HARVESTED, 1000);
	free(c.address);
	c.address = xasprintf("b%zu@example.net", number);
	certificate_list_add(&c.chain, large.certificate);
	put(c);
	fixture_fini(&large);
	return size;
}

/* What is in the chain of b<number>; a reference. */
static struct certificate *
chain_of(size_t number)
{
	char *address = xasprintf("b%zu@example.net", number);
	struct partner_certs list;
	struct certificate *c;

	partner_certs_init(&list);
	MUST(partner_certs_load(&list, store, address, &err));
	assert_int_equal(list.count, 1);
	assert_int_equal(list.at[0].chain.count, 1);
	c = certificate_ref(list.at[0].chain.at[0]);
	partner_certs_fini(&list);
	free(address);
	return c;
}

/* Is the chain of b0 still kept parsed after those of count others? */
static bool
is_kept(size_t count)
{
	struct certificate *before = chain_of(0), *other, *after;
	bool kept;

	for (size_t i = 1; i <= count; i++) {
		other = chain_of(i);
		certificate_unref(&other);
	}
	after = chain_of(0);
	kept = after == before;
	certificate_unref(&after);
	certificate_unref(&before);
	return kept;
}

static void
test_bytes_of_parsed_chains(void **state)
{
	size_t size = put_large_chain(0),
	       fit = LIMIT_CHAINS_CACHED_BYTES / size;

	(void)state;
	for (size_t i = 1; i <= fit; i++)
		put_large_chain(i);
	assert_true(is_kept(fit - 1));
	assert_false(is_kept(fit));
}

/* --- what was used --- */

static void
put_used(unsigned used, time_t when)
{
	struct store_partner_cert c =
	    record(&pool[0], STORE_TRUST_HARVESTED, 1000);

	c.used = used;
	c.used_time = when;
	put(c);
}

static void
used_is(unsigned used, time_t when)
{
	struct partner_certs list;
	const struct store_partner_cert *c = load(&list, &pool[0]);

	assert_int_equal(c->used, used);
	assert_int_equal(c->used_time, when);
	partner_certs_fini(&list);
}

/* The newest signing time wins (B5), and silence says nothing. */
static void
test_used(void **state)
{
	const unsigned gcm = STORE_USED_AES256_GCM | STORE_USED_OAEP;
	uint64_t before;

	(void)state;
	put_used(gcm, 2000);
	used_is(gcm, 2000);
	before = generation();
	put_used(STORE_USED_CBC, 1999);
	used_is(gcm, 2000);
	put_used(0, 3000);
	used_is(gcm, 2000);
	put_used(gcm, 3000);
	used_is(gcm, 3000);
	assert_int_equal(generation(), before);
	put_used(STORE_USED_CBC, 4000);
	used_is(STORE_USED_CBC, 4000);
	assert_true(generation() > before);
}

static void
test_used_words(void **state)
{
	(void)state;
	assert_string_equal(
	    store_used_name(STORE_USED_AES128_GCM), "aes128-gcm");
	assert_string_equal(store_used_name(STORE_USED_OAEP), "oaep");
	for (unsigned a = 1; a <= STORE_USED_ALL; a *= 2)
		for (unsigned b = 1; b < a; b *= 2)
			assert_string_not_equal(
			    store_used_name((enum store_used)a),
			    store_used_name((enum store_used)b));
}

/* Since when, and from which message. */
static void
test_evidence(void **state)
{
	const struct store_partner_cert *c;
	struct partner_certs list;

	(void)state;
	put(record(&pool[0], STORE_TRUST_HARVESTED, 1000));
	put(record(&pool[0], STORE_TRUST_HARVESTED, 3000));
	put(record(&pool[0], STORE_TRUST_HARVESTED, 2000));
	c = load(&list, &pool[0]);
	assert_int_equal(c->first_seen, 1000);
	assert_int_equal(c->last_seen, 3000);
	assert_string_equal(c->evidence, "<1000@example.net>");
	assert_string_equal(c->last_evidence, "<3000@example.net>");
	partner_certs_fini(&list);
}

/* --- judging --- */

static void
test_judge(void **state)
{
	const unsigned char *digest = pool[0].certificate->fingerprint;
	uint64_t before;

	(void)state;
	put(record(&pool[0], STORE_TRUST_PENDING, 1000));
	for (int i = STORE_TRUST_HARVESTED; i <= STORE_TRUST_UNTRUSTED; i++) {
		before = generation();
		MUST(store_partner_cert_judge(
		    store, BOB, digest, (enum store_trust)i, &err));
		assert_int_equal(trust_of(&pool[0]), i);
		assert_true(generation() > before);
	}
	before = generation();
	FAILS(ERR_NOT_FOUND, BOB " has no such certificate",
	    store_partner_cert_judge(store, BOB,
		pool[1].certificate->fingerprint, STORE_TRUST_PINNED, &err));
	FAILS(ERR_NOT_FOUND, "has no such certificate",
	    store_partner_cert_judge(
		store, "carol@example.net", digest, STORE_TRUST_PINNED, &err));
	assert_int_equal(generation(), before);
}

/* Many at a time; one that is not there is no error. */
static void
test_judge_many(void **state)
{
	struct store_judgement list[] = {
	    {.address = BOB,
		.fingerprint = pool[0].certificate->fingerprint,
		.trust = STORE_TRUST_PINNED},
	    {.address = "carol@example.net",
		.fingerprint = pool[0].certificate->fingerprint,
		.trust = STORE_TRUST_PINNED,
		.done = true},
	    {.address = BOB,
		.fingerprint = pool[1].certificate->fingerprint,
		.trust = STORE_TRUST_PENDING,
		.only_untrusted = true},
	};
	uint64_t before;

	(void)state;
	put(record(&pool[0], STORE_TRUST_HARVESTED, 1000));
	put(record(&pool[1], STORE_TRUST_UNTRUSTED, 1000));
	before = generation();
	MUST(store_partner_certs_judge(store, list, 0, &err));
	assert_int_equal(generation(), before);
	MUST(store_partner_certs_judge(store, list, 3, &err));
	assert_int_equal(generation(), before + 1);
	assert_true(list[0].done);
	assert_false(list[1].done);
	assert_true(list[2].done);
	assert_int_equal(trust_of(&pool[0]), STORE_TRUST_PINNED);
	assert_int_equal(trust_of(&pool[1]), STORE_TRUST_PENDING);
	/* What was said meanwhile stands. */
	MUST(store_partner_cert_judge(store, BOB,
	    pool[1].certificate->fingerprint, STORE_TRUST_DISTRUSTED, &err));
	before = generation();
	MUST(store_partner_certs_judge(store, &list[2], 1, &err));
	assert_false(list[2].done);
	assert_int_equal(trust_of(&pool[1]), STORE_TRUST_DISTRUSTED);
	assert_int_equal(generation(), before);
}

/* The mail of one that was untrusted counts from then on. */
static void
test_judge_counts(void **state)
{
	struct store_contact c;

	(void)state;
	put(record(&pool[0], STORE_TRUST_UNTRUSTED, 1000));
	put(record(&pool[0], STORE_TRUST_UNTRUSTED, 4000));
	put(record(&pool[2], STORE_TRUST_UNTRUSTED, 7000));
	MUST(store_partner_cert_judge(store, BOB,
	    pool[2].certificate->fingerprint, STORE_TRUST_DISTRUSTED, &err));
	c = contact(BOB);
	assert_int_equal(c.first_seen, 0);
	assert_int_equal(c.last_seen, 0);
	assert_int_equal(c.messages, 0);
	store_contact_fini(&c);
	MUST(store_partner_cert_judge(store, BOB,
	    pool[0].certificate->fingerprint, STORE_TRUST_HARVESTED, &err));
	c = contact(BOB);
	assert_int_equal(c.first_seen, 1000);
	assert_int_equal(c.last_seen, 4000);
	assert_int_equal(c.messages, 1);
	store_contact_fini(&c);
	put(record(&pool[1], STORE_TRUST_UNTRUSTED, 500));
	MUST(store_partner_cert_judge(store, BOB,
	    pool[1].certificate->fingerprint, STORE_TRUST_PENDING, &err));
	c = contact(BOB);
	assert_int_equal(c.first_seen, 500);
	assert_int_equal(c.last_seen, 4000);
	assert_int_equal(c.messages, 2);
	assert_int_equal(c.pending, 1);
	store_contact_fini(&c);
}

struct walk {
	size_t count;
	char last[64];
	unsigned certificates; /* of the last address */
	size_t stop;
	bool sorted;
};

static int
see_partner(const struct store_partner_cert *c, void *arg)
{
	struct walk *walk = arg;
	int order = strcmp(walk->last, c->address);

	assert_int_equal(c->trust, STORE_TRUST_UNTRUSTED);
	walk->sorted = walk->sorted && order <= 0;
	walk->certificates = order == 0 ? walk->certificates + 1 : 1;
	snprintf(walk->last, sizeof(walk->last), "%s", c->address);
	return ++walk->count == walk->stop;
}

/* More than a page, and more than one certificate where a page ends. */
static void
test_walk(void **state)
{
	struct walk walk = {.sorted = true};
	struct store_partner_cert c;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		c = record(&pool[i % 3],
		    i < 290 ? STORE_TRUST_UNTRUSTED : STORE_TRUST_PENDING,
		    1000);
		free(c.address);
		/* A blank may stand in a quoted local part. */
		c.address = xasprintf("\"c %03zu\"@example.net", i / 3);
		put(c);
	}
	MUST(store_partner_cert_walk(
	    store, STORE_TRUST_UNTRUSTED, see_partner, &walk, &err));
	assert_int_equal(walk.count, 290);
	assert_true(walk.sorted);
	assert_int_equal(walk.certificates, 2);
	walk = (struct walk){.stop = 257};
	MUST(store_partner_cert_walk(
	    store, STORE_TRUST_UNTRUSTED, see_partner, &walk, &err));
	assert_int_equal(walk.count, 257);
	walk = (struct walk){.sorted = true};
	MUST(store_partner_cert_walk(
	    store, STORE_TRUST_PINNED, see_partner, &walk, &err));
	assert_int_equal(walk.count, 0);
}

/* --- contacts --- */

static void
test_sent(void **state)
{
	static const char *const both[] = {BOB, "carol@example.net"};
	uint64_t before = generation();
	struct store_contact c;

	(void)state;
	MUST(store_contacts_sent(store, both, 2, 1000, &err));
	MUST(store_contacts_sent(store, both, 1, 2000, &err));
	MUST(store_contacts_sent(store, both, 1, 1500, &err));
	MUST(store_contacts_sent(store, NULL, 0, 3000, &err));
	assert_int_equal(generation(), before);
	c = contact(BOB);
	assert_int_equal(c.first_sent, 1000);
	assert_int_equal(c.last_sent, 2000);
	assert_int_equal(c.first_seen, 0);
	assert_int_equal(c.last_seen, 0);
	assert_int_equal(c.messages, 0);
	assert_int_equal(c.certificates, 0);
	store_contact_fini(&c);
	/* Then comes the first signed mail of theirs. */
	put(record(&pool[0], STORE_TRUST_HARVESTED, 4000));
	put(record(&pool[0], STORE_TRUST_HARVESTED, 5000));
	c = contact(BOB);
	assert_int_equal(c.first_seen, 4000);
	assert_int_equal(c.last_seen, 5000);
	assert_int_equal(c.first_sent, 1000);
	assert_int_equal(c.messages, 2);
	store_contact_fini(&c);
	c = contact("carol@example.net");
	assert_int_equal(c.first_sent, 1000);
	assert_int_equal(c.last_sent, 1000);
	store_contact_fini(&c);
}

static void
test_suspend(void **state)
{
	struct store_contact c;
	uint64_t before;

	(void)state;
	FAILS(ERR_NOT_FOUND, "no contact " BOB,
	    store_contact_suspend(store, BOB, 5000, &err));
	put(record(&pool[0], STORE_TRUST_HARVESTED, 1000));
	before = generation();
	MUST(store_contact_suspend(store, BOB, 5000, &err));
	assert_true(generation() > before);
	c = contact(BOB);
	assert_int_equal(c.suspended_until, 5000);
	store_contact_fini(&c);
	/* Mail does not end it; the operator does. */
	put(record(&pool[1], STORE_TRUST_HARVESTED, 2000));
	c = contact(BOB);
	assert_int_equal(c.suspended_until, 5000);
	store_contact_fini(&c);
	before = generation();
	MUST(store_contact_suspend(store, BOB, 0, &err));
	assert_true(generation() > before);
	c = contact(BOB);
	assert_int_equal(c.suspended_until, 0);
	store_contact_fini(&c);
}

/* --- authorities --- */

struct authorities {
	size_t count;
	struct store_authority first; /* without pointers */
	char subject[64];
};

static int
see_authority(const struct store_authority *a, void *arg)
{
	struct authorities *seen = arg;

	if (seen->count++ > 0)
		return 0;
	seen->first = *a;
	snprintf(seen->subject, sizeof(seen->subject), "%s", a->subject);
	return 0;
}

/* Of which the operator has said something. */
static size_t
count_judged(void)
{
	struct authorities seen = {0};

	MUST(store_authority_each_judged(store, see_authority, &seen, &err));
	assert_true(
	    seen.count == 0 || seen.first.trust != STORE_AUTHORITY_UNKNOWN);
	return seen.count;
}

static struct authorities
authorities(void)
{
	struct authorities seen = {0};

	MUST(store_authority_each(store, see_authority, &seen, &err));
	return seen;
}

static void
test_judged_authority(void **state)
{
	struct store_authority a = {.subject = ca.certificate->subject,
	    .certificate = ca.certificate,
	    .first_seen = 2000,
	    .trust = STORE_AUTHORITY_TRUSTED};
	struct authorities seen;
	uint64_t before = generation();

	(void)state;
	MUST(store_authority_seen(store, &a, &err));
	/* Mail says nothing about trust, and wakes nobody. */
	assert_int_equal(authorities().first.trust, STORE_AUTHORITY_UNKNOWN);
	assert_int_equal(generation(), before);
	assert_int_equal(count_judged(), 0);
	MUST(store_authority_judge(store, &a, &err));
	assert_int_equal(count_judged(), 1);
	assert_true(generation() > before);
	a.trust = STORE_AUTHORITY_UNKNOWN;
	a.first_seen = 3000;
	MUST(store_authority_seen(store, &a, &err));
	seen = authorities();
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.first.trust, STORE_AUTHORITY_TRUSTED);
	assert_int_equal(seen.first.messages, 2);
	assert_int_equal(seen.first.first_seen, 2000);
	assert_int_equal(seen.first.last_seen, 3000);
	a.trust = STORE_AUTHORITY_DISTRUSTED;
	MUST(store_authority_judge(store, &a, &err));
	assert_int_equal(authorities().first.trust, STORE_AUTHORITY_DISTRUSTED);
	a.trust = STORE_AUTHORITY_UNKNOWN;
	MUST(store_authority_judge(store, &a, &err));
	assert_int_equal(authorities().first.trust, STORE_AUTHORITY_UNKNOWN);
}

/* A file that the operator has, of an authority that was met by name. */
static void
test_authority_met_by_name(void **state)
{
	struct store_authority a = {
	    .subject = ca.certificate->subject, .first_seen = 1000};
	struct authorities seen;

	(void)state;
	for (int i = 0; i < 3; i++)
		MUST(store_authority_seen(store, &a, &err));
	a.trust = STORE_AUTHORITY_TRUSTED;
	FAILS(ERR_PERMANENT, "trust needs its certificate",
	    store_authority_judge(store, &a, &err));
	a.trust = STORE_AUTHORITY_DISTRUSTED;
	MUST(store_authority_judge(store, &a, &err));
	a.trust = STORE_AUTHORITY_TRUSTED;
	a.certificate = ca.certificate;
	a.first_seen = 5000;
	MUST(store_authority_judge(store, &a, &err));
	seen = authorities();
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.first.trust, STORE_AUTHORITY_TRUSTED);
	assert_string_equal(
	    seen.first.fingerprint, ca.certificate->fingerprint_text);
	assert_int_equal(seen.first.messages, 3);
	assert_int_equal(seen.first.first_seen, 1000);
	assert_int_equal(seen.first.last_seen, 1000);
}

/* What the store says about authorities is what is believed. */
static void
test_judged_load(void **state)
{
	const struct trust_config nothing = {0};
	struct store_authority a = {.subject = ca.certificate->subject,
	    .certificate = ca.certificate,
	    .trust = STORE_AUTHORITY_TRUSTED};
	struct certificate_list configured;
	struct trust *trust;

	(void)state;
	MUST(trust_load(&nothing, &trust, &err));
	MUST(store_authority_seen(store, &a, &err));
	MUST(judged_load(store, trust, &err));
	assert_int_equal(trust_anchor_count(trust), 0);
	MUST(store_authority_judge(store, &a, &err));
	MUST(judged_load(store, trust, &err));
	assert_int_equal(trust_anchor_count(trust), 1);
	assert_int_equal(
	    trust_check(trust, pool[0].certificate, NULL, fixture_now(), NULL),
	    TRUST_OK);
	MUST(trust_add_anchor(trust, ca.certificate, &err));
	a.trust = STORE_AUTHORITY_DISTRUSTED;
	MUST(store_authority_judge(store, &a, &err));
	MUST(judged_load(store, trust, &err));
	assert_int_equal(
	    trust_check(trust, pool[0].certificate, NULL, fixture_now(), NULL),
	    TRUST_UNKNOWN_CA);
	certificate_list_init(&configured);
	trust_list_configured(trust, &configured);
	assert_int_equal(configured.count, 1);
	certificate_list_fini(&configured);
	trust_release(&trust);
}

/* A flood of authorities leaves those alone that the operator judged. */
static void
test_cap_of_authorities(void **state)
{
	char name[32] = "CN=distrusted";
	struct store_authority a = {
	    .subject = name, .trust = STORE_AUTHORITY_DISTRUSTED};
	struct store_authority trusted = {.subject = ca.certificate->subject,
	    .certificate = ca.certificate,
	    .trust = STORE_AUTHORITY_TRUSTED};
	struct store_counts n;

	(void)state;
	MUST(store_authority_judge(store, &a, &err));
	MUST(store_authority_judge(store, &trusted, &err));
	for (unsigned i = 0; i <= LIMIT_AUTHORITIES; i++) {
		snprintf(name, sizeof(name), "CN=%u", i);
		a.first_seen = 1000 + i;
		MUST(store_authority_seen(store, &a, &err));
		MUST(store_authority_seen(store, &a, &err));
	}
	assert_int_equal(authorities().count, LIMIT_AUTHORITIES + 2);
	MUST(store_count(store, &n, &err));
	assert_int_equal(n.unknown_authorities, LIMIT_AUTHORITIES);
	assert_int_equal(count_judged(), 2);
}

/* A word that no version knows. */
static void
test_foreign_words(void **state)
{
	struct store_authority a = {.subject = ca.certificate->subject};
	enum store_authority_trust trust;
	struct authorities seen = {0};
	struct partner_certs list;

	(void)state;
	for (int i = 0; i <= STORE_AUTHORITY_DISTRUSTED; i++) {
		assert_int_equal(store_authority_trust_parse(
				     store_authority_trust_name(
					 (enum store_authority_trust)i),
				     &trust),
		    0);
		assert_int_equal(trust, i);
	}
	assert_int_equal(store_authority_trust_parse("Trusted", &trust), -1);
	MUST(store_authority_seen(store, &a, &err));
	put(record(&pool[0], STORE_TRUST_HARVESTED, 1000));
	run_script("UPDATE authorities SET trust = 'perhaps';"
		   "UPDATE partner_certificates SET trust = 'perhaps'");
	FAILS(ERR_PERMANENT, "CN=Test CA: trust is \"perhaps\"",
	    store_authority_each(store, see_authority, &seen, &err));
	partner_certs_init(&list);
	FAILS(ERR_PERMANENT, BOB ": trust is \"perhaps\"",
	    partner_certs_load(&list, store, BOB, &err));
	partner_certs_fini(&list);
}

#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, store_case_setup, store_case_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_untrusted),
	    CASE(test_untrusted_becomes_more),
	    CASE(test_untrusted_changes_nothing),
	    CASE(test_few_untrusted),
	    CASE(test_order_of_going),
	    CASE(test_untrusted_in_all),
	    CASE(test_size_of_untrusted),
	    CASE(test_chains_go),
	    CASE(test_bytes_of_parsed_chains),
	    CASE(test_used),
	    CASE(test_used_words),
	    CASE(test_evidence),
	    CASE(test_judge),
	    CASE(test_judge_many),
	    CASE(test_judge_counts),
	    CASE(test_walk),
	    CASE(test_sent),
	    CASE(test_suspend),
	    CASE(test_judged_authority),
	    CASE(test_authority_met_by_name),
	    CASE(test_judged_load),
	    CASE(test_cap_of_authorities),
	    CASE(test_foreign_words),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
