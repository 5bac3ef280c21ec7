/* The store: records, walks, limits, errors, several processes. */
#include "unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/store.h"
#include "db/sqlite.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"
#include "unit/store_case.h"

static struct fixture_cert ca, intermediate;

static int
group_setup(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_intermediate(
	    &intermediate, &ca, &(struct fixture_opts){.name = "Sub CA"});
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
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

static void
add_domain(const char *name)
{
	struct store_domain d = {
	    .level = {.sign = SWITCH_ON, .encrypt = ENCRYPT_IF_POSSIBLE},
	    .created = 1000};

	d.name = xstrdup(name);
	MUST(store_domain_add(store, &d, &err));
	store_domain_fini(&d);
}

static void
add_user(const char *address)
{
	struct store_user u = {.created = 2000};

	u.address = xstrdup(address);
	MUST(store_user_add(store, &u, &err));
	store_user_fini(&u);
}

/* Domains and users */

static void
test_domain(void **state)
{
	struct store_domain d;
	uint64_t before = generation();

	(void)state;
	add_domain("example.org");
	assert_true(generation() > before);
	MUST(store_domain_find(store, "example.org", &d, &err));
	assert_string_equal(d.name, "example.org");
	assert_int_equal(d.level.sign, SWITCH_ON);
	assert_int_equal(d.level.encrypt, ENCRYPT_IF_POSSIBLE);
	assert_int_equal(d.created, 1000);
	FAILS(
	    ERR_PERMANENT, "already there", store_domain_add(store, &d, &err));
	assert_int_equal(d.level.exempt, EXEMPT_INHERIT);
	assert_int_equal(d.level.own_problem, OWN_PROBLEM_INHERIT);
	assert_int_equal(d.level.algorithm, ALGORITHM_INHERIT);
	d.level.encrypt = ENCRYPT_REQUIRED;
	d.level.sign = SWITCH_INHERIT;
	d.level.exempt = EXEMPT_ALL;
	d.level.own_problem = OWN_PROBLEM_UNSIGNED;
	d.level.algorithm = ALGORITHM_ED25519;
	before = generation();
	MUST(store_domain_set(store, &d, &err));
	assert_true(generation() > before);
	store_domain_fini(&d);
	MUST(store_domain_find(store, "example.org", &d, &err));
	assert_int_equal(d.level.sign, SWITCH_INHERIT);
	assert_int_equal(d.level.encrypt, ENCRYPT_REQUIRED);
	assert_int_equal(d.level.exempt, EXEMPT_ALL);
	assert_int_equal(d.level.own_problem, OWN_PROBLEM_UNSIGNED);
	assert_int_equal(d.level.algorithm, ALGORITHM_ED25519);
	d.name[0] = 'E';
	FAILS(ERR_NOT_FOUND, "smimectl domain add",
	    store_domain_set(store, &d, &err));
	store_domain_fini(&d);
	FAILS(ERR_NOT_FOUND, "not activated",
	    store_domain_find(store, "example.net", &d, &err));
}

static void
test_user(void **state)
{
	struct store_user u = {.created = 7}, found;
	uint64_t before;

	(void)state;
	u.address = xstrdup("alice@example.org");
	FAILS(ERR_NOT_FOUND, "example.org is not activated",
	    store_user_add(store, &u, &err));
	add_domain("example.org");
	u.first_name = xstrdup("Alice");
	u.level.sign = SWITCH_OFF;
	u.level.encrypt = ENCRYPT_REQUIRED;
	before = generation();
	MUST(store_user_add(store, &u, &err));
	assert_true(generation() > before);
	FAILS(ERR_PERMANENT, "already there", store_user_add(store, &u, &err));
	MUST(store_user_find(store, "alice@example.org", &found, &err));
	assert_string_equal(found.address, "alice@example.org");
	assert_string_equal(found.first_name, "Alice");
	assert_string_equal(found.last_name, "");
	assert_int_equal(found.level.sign, SWITCH_OFF);
	assert_int_equal(found.level.encrypt, ENCRYPT_REQUIRED);
	assert_int_equal(found.state, STORE_USER_ACTIVE);
	assert_int_equal(found.created, 7);
	store_user_fini(&found);

	u.state = STORE_USER_RETIRED;
	MUST(store_user_set(store, &u, &err));
	MUST(store_user_find(store, "alice@example.org", &found, &err));
	assert_int_equal(found.state, STORE_USER_RETIRED);
	store_user_fini(&found);
	u.address[0] = 'b';
	FAILS(ERR_NOT_FOUND, "no user blice@", store_user_set(store, &u, &err));
	store_user_fini(&u);
	FAILS(ERR_NOT_FOUND, "no user bob@",
	    store_user_find(store, "bob@example.org", &found, &err));
}

struct seen {
	size_t count;
	char first[64], last[64];
	size_t stop; /* 0: never */
	bool sorted;
};

static int
see(struct seen *seen, const char *key)
{
	if (seen->count == 0) {
		seen->sorted = true;
		strcpy(seen->first, key);
	} else if (strcmp(seen->last, key) >= 0) {
		seen->sorted = false;
	}
	strcpy(seen->last, key);
	seen->count++;
	return seen->count == seen->stop;
}

static int
see_user(const struct store_user *u, void *arg)
{
	return see(arg, u->address);
}

static int
see_domain(const struct store_domain *d, void *arg)
{
	return see(arg, d->name);
}

/* More than one page, and a callback that uses the store. */
static int
see_and_change(const struct store_user *u, void *arg)
{
	struct store_user copy = *u;

	copy.state = STORE_USER_RETIRED;
	MUST(store_user_set(store, &copy, &err));
	return see(arg, u->address);
}

static void
test_walks(void **state)
{
	struct seen seen = {0};
	char address[64];

	(void)state;
	add_domain("example.org");
	add_domain("example.net");
	MUST(store_domain_each(store, see_domain, &seen, &err));
	assert_int_equal(seen.count, 2);
	assert_true(seen.sorted);
	for (int i = 0; i < 600; i++) {
		snprintf(address, sizeof(address), "u%03d@example.%s", i,
		    i % 3 ? "org" : "net");
		add_user(address);
	}
	seen = (struct seen){0};
	MUST(store_user_each(store, NULL, NULL, see_and_change, &seen, &err));
	assert_int_equal(seen.count, 600);
	assert_true(seen.sorted);
	seen = (struct seen){0};
	MUST(
	    store_user_each(store, "example.net", NULL, see_user, &seen, &err));
	assert_int_equal(seen.count, 200);
	seen = (struct seen){.stop = 3};
	MUST(store_user_each(
	    store, "example.org", "u500@example.org", see_user, &seen, &err));
	assert_int_equal(seen.count, 3);
	assert_string_equal(seen.first, "u502@example.org");
	seen = (struct seen){0};
	MUST(store_user_each(
	    store, NULL, "u599@example.org", see_user, &seen, &err));
	assert_int_equal(seen.count, 0);
}

/* Own certificates */

static void
add_own(const char *address, const struct fixture_cert *cert, bool chain)
{
	struct store_own_cert c;

	store_own_cert_init(&c);
	c.address = xstrdup(address);
	c.certificate = certificate_ref(cert->certificate);
	if (chain)
		certificate_list_add(&c.chain, intermediate.certificate);
	c.wrapped = (unsigned char *)xstrdup("wrapped");
	c.wrapped_len = 7;
	c.added = 3000;
	MUST(store_own_cert_add(store, &c, &err));
	FAILS(ERR_PERMANENT, "already there",
	    store_own_cert_add(store, &c, &err));
	c.address[0] = 'x';
	FAILS(ERR_NOT_FOUND, "smimectl user add",
	    store_own_cert_add(store, &c, &err));
	store_own_cert_fini(&c);
}

struct own_seen {
	size_t count;
	char text[1024];
};

static int
see_own(const struct store_own_cert *c, void *arg)
{
	struct own_seen *seen = arg;
	size_t len = strlen(seen->text);

	assert_string_equal(c->fingerprint, c->certificate->fingerprint_text);
	snprintf(seen->text + len, sizeof(seen->text) - len, "%s/%s ",
	    c->address, c->certificate->subject);
	seen->count++;
	return 0;
}

/* All that was stored. */
static int
check_old(const struct store_own_cert *c, void *arg)
{
	uint64_t *count = arg;

	assert_string_equal(c->address, "alice@example.org");
	assert_int_equal(c->wrapped_len, 7);
	assert_memory_equal(c->wrapped, "wrapped", 7);
	assert_int_equal(c->added, 3000);
	assert_int_equal(c->chain.count, 1);
	assert_string_equal(c->chain.at[0]->subject, "CN=Sub CA");
	if (strcmp(c->certificate->subject, "CN=old") == 0)
		++*count;
	return 0;
}

static int
check_longest_chain(const struct store_own_cert *c, void *arg)
{
	uint64_t *count = arg;

	assert_int_equal(c->chain.count, LIMIT_CHAIN);
	++*count;
	return 0;
}

static void
test_own_certificates(void **state)
{
	struct own_seen seen = {0};
	struct fixture_cert old, new, bob;
	uint64_t before, olds;

	(void)state;
	add_domain("example.org");
	add_user("alice@example.org");
	add_user("bob@example.org");
	fixture_leaf(&old, &intermediate,
	    &(struct fixture_opts){
		.name = "old", .not_before = -20 * FIXTURE_DAY});
	fixture_leaf(
	    &new, &intermediate, &(struct fixture_opts){.name = "new"});
	fixture_leaf(&bob, &ca, &(struct fixture_opts){.name = "bob"});
	before = generation();
	add_own("alice@example.org", &new, true);
	assert_true(generation() > before);
	add_own("alice@example.org", &old, true);
	add_own("bob@example.org", &bob, false);

	MUST(store_own_cert_each(
	    store, "alice@example.org", see_own, &seen, &err));
	assert_string_equal(
	    seen.text, "alice@example.org/CN=new alice@example.org/CN=old ");
	seen = (struct own_seen){0};
	MUST(store_own_cert_each(store, NULL, see_own, &seen, &err));
	assert_string_equal(seen.text,
	    "alice@example.org/CN=new alice@example.org/CN=old "
	    "bob@example.org/CN=bob ");
	seen = (struct own_seen){0};
	MUST(store_own_cert_each(
	    store, "carol@example.org", see_own, &seen, &err));
	assert_int_equal(seen.count, 0);

	olds = 0;
	MUST(store_own_cert_each(
	    store, "alice@example.org", check_old, &olds, &err));
	assert_int_equal(olds, 1);
	fixture_fini(&old);
	fixture_fini(&new);
	fixture_fini(&bob);
}

static void
test_length_of_chain(void **state)
{
	struct store_own_cert c;
	struct fixture_cert cert;
	uint64_t count = 0;

	(void)state;
	add_domain("example.org");
	add_user("alice@example.org");
	fixture_leaf(&cert, &ca, &(struct fixture_opts){.name = "x"});
	store_own_cert_init(&c);
	c.address = xstrdup("alice@example.org");
	c.certificate = certificate_ref(cert.certificate);
	c.wrapped = (unsigned char *)xstrdup("wrapped");
	c.wrapped_len = 7;
	for (unsigned i = 0; i <= LIMIT_CHAIN; i++)
		certificate_list_add(&c.chain, intermediate.certificate);
	FAILS(ERR_PERMANENT, "chain of more than 10",
	    store_own_cert_add(store, &c, &err));
	certificate_unref(&c.chain.at[--c.chain.count]);
	MUST(store_own_cert_add(store, &c, &err));
	MUST(store_own_cert_each(
	    store, NULL, check_longest_chain, &count, &err));
	assert_int_equal(count, 1);
	store_own_cert_fini(&c);
	fixture_fini(&cert);
}

static unsigned long
expiring(time_t until)
{
	unsigned long users = 99;

	MUST(store_count_expiring(store, until, &users, &err));
	return users;
}

static void
test_expiring(void **state)
{
	struct store_user retired = {.state = STORE_USER_RETIRED};
	struct fixture_cert soon, later, gone;
	time_t now = fixture_now();

	(void)state;
	add_domain("example.org");
	add_user("alice@example.org");
	add_user("bob@example.org");
	add_user("carol@example.org");
	fixture_leaf(
	    &soon, &ca, &(struct fixture_opts){.not_after = 10 * FIXTURE_DAY});
	fixture_leaf(&later, &ca,
	    &(struct fixture_opts){.not_after = 100 * FIXTURE_DAY});
	fixture_leaf(&gone, &ca,
	    &(struct fixture_opts){
		.not_before = -9 * FIXTURE_DAY, .not_after = -FIXTURE_DAY});
	assert_int_equal(expiring(now + 30 * FIXTURE_DAY), 0);
	add_own("alice@example.org", &soon, false);
	add_own("bob@example.org", &gone, false);
	assert_int_equal(expiring(now), 1);
	assert_int_equal(expiring(now + 10 * FIXTURE_DAY), 1);
	assert_int_equal(expiring(now + 10 * FIXTURE_DAY + 1), 2);
	/* renewed in time */
	add_own("alice@example.org", &later, false);
	assert_int_equal(expiring(now + 30 * FIXTURE_DAY), 1);
	retired.address = xstrdup("bob@example.org");
	MUST(store_user_set(store, &retired, &err));
	store_user_fini(&retired);
	assert_int_equal(expiring(now + 30 * FIXTURE_DAY), 0);
	fixture_fini(&soon);
	fixture_fini(&later);
	fixture_fini(&gone);
}

/* Correspondents */

/* A certificate of bob as it comes from the harvest. */
static void
partner_init(struct store_partner_cert *c, const struct fixture_cert *cert,
    enum store_trust trust, time_t now)
{
	store_partner_cert_init(c);
	c->address = xstrdup("bob@example.net");
	c->certificate = certificate_ref(cert->certificate);
	c->trust = trust;
	c->evidence = xasprintf("<%lld@example.net>", (long long)now);
	c->first_seen = c->last_seen = now;
	c->signing_time = now;
}

static void
set_capabilities(struct store_partner_cert *c, const char *text)
{
	free(c->capabilities);
	c->capabilities = (unsigned char *)xstrdup(text);
	c->capabilities_len = strlen(text);
}

/* Puts it in, ends it, and tells whether it was new. */
static bool
put(struct store_partner_cert *c)
{
	bool is_new = false;

	MUST(store_partner_cert_put(store, c, &is_new, &err));
	store_partner_cert_fini(c);
	return is_new;
}

struct partner_seen {
	size_t count;
	struct store_partner_cert all[LIMIT_CERTIFICATES_PER_ADDRESS];
};

static void *
copy_bytes(const void *data, size_t len)
{
	return data ? memcpy(xmalloc(len), data, len) : NULL;
}

static int
see_partner(const struct store_partner_cert *c, void *arg)
{
	struct partner_seen *seen = arg;
	struct store_partner_cert *copy = &seen->all[seen->count++];

	*copy = *c;
	copy->address = xstrdup(c->address);
	copy->evidence = xstrdup(c->evidence);
	copy->last_evidence = xstrdup(c->last_evidence);
	copy->certificate = certificate_ref(c->certificate);
	copy->capabilities = copy_bytes(c->capabilities, c->capabilities_len);
	certificate_list_init(&copy->chain);
	for (size_t i = 0; i < c->chain.count; i++)
		certificate_list_add(&copy->chain, c->chain.at[i]);
	return 0;
}

static struct partner_seen
partners(void)
{
	struct partner_seen seen = {0};

	MUST(store_partner_cert_each(
	    store, "bob@example.net", see_partner, &seen, &err));
	return seen;
}

static void
partners_fini(struct partner_seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		store_partner_cert_fini(&seen->all[i]);
}

static void
test_partner(void **state)
{
	struct store_partner_cert c;
	struct store_contact contact;
	struct partner_seen seen;
	struct fixture_cert cert;
	uint64_t before = generation();

	(void)state;
	fixture_leaf(
	    &cert, &intermediate, &(struct fixture_opts){.name = "bob"});
	FAILS(ERR_NOT_FOUND, "no contact bob@",
	    store_contact_find(store, "bob@example.net", &contact, &err));
	partner_init(&c, &cert, STORE_TRUST_HARVESTED, 1000);
	certificate_list_add(&c.chain, intermediate.certificate);
	set_capabilities(&c, "caps");
	c.preferred = true;
	assert_true(put(&c));
	assert_true(generation() > before);

	seen = partners();
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.all[0].address, "bob@example.net");
	assert_string_equal(
	    seen.all[0].fingerprint, cert.certificate->fingerprint_text);
	assert_true(
	    slice_equal(seen.all[0].certificate->der, cert.certificate->der));
	assert_int_equal(seen.all[0].chain.count, 1);
	assert_int_equal(seen.all[0].trust, STORE_TRUST_HARVESTED);
	assert_string_equal(seen.all[0].evidence, "<1000@example.net>");
	assert_int_equal(seen.all[0].first_seen, 1000);
	assert_int_equal(seen.all[0].last_seen, 1000);
	assert_int_equal(seen.all[0].signing_time, 1000);
	assert_int_equal(seen.all[0].capabilities_len, 4);
	assert_memory_equal(seen.all[0].capabilities, "caps", 4);
	assert_true(seen.all[0].preferred);
	partners_fini(&seen);

	MUST(store_contact_find(store, "bob@example.net", &contact, &err));
	assert_int_equal(contact.first_seen, 1000);
	assert_int_equal(contact.last_seen, 1000);
	assert_int_equal(contact.certificates, 1);
	assert_int_equal(contact.messages, 1);
	store_contact_fini(&contact);

	before = generation();
	MUST(store_contact_forget(store, "bob@example.net", &err));
	assert_true(generation() > before);
	FAILS(ERR_NOT_FOUND, "no contact bob@",
	    store_contact_forget(store, "bob@example.net", &err));
	seen = partners();
	assert_int_equal(seen.count, 0);
	fixture_fini(&cert);
}

/* Rule H3: only what is newer counts, and times alone wake no cache. */
static void
test_known_partner(void **state)
{
	struct store_partner_cert c;
	struct store_contact contact;
	struct partner_seen seen;
	struct fixture_cert cert;
	uint64_t before;

	(void)state;
	fixture_leaf(&cert, &ca, &(struct fixture_opts){.name = "bob"});
	partner_init(&c, &cert, STORE_TRUST_HARVESTED, 1000);
	set_capabilities(&c, "one");
	assert_true(put(&c));

	before = generation();
	partner_init(&c, &cert, STORE_TRUST_HARVESTED, 2000);
	set_capabilities(&c, "one");
	assert_false(put(&c));
	assert_int_equal(generation(), before);

	partner_init(&c, &cert, STORE_TRUST_HARVESTED, 3000);
	set_capabilities(&c, "three");
	c.preferred = true;
	assert_false(put(&c));
	assert_true(generation() > before);

	/* An older message that was under way for long. */
	before = generation();
	partner_init(&c, &cert, STORE_TRUST_HARVESTED, 4000);
	c.signing_time = 2500;
	set_capabilities(&c, "two");
	assert_false(put(&c));
	assert_int_equal(generation(), before);
	seen = partners();
	assert_int_equal(seen.all[0].first_seen, 1000);
	assert_int_equal(seen.all[0].last_seen, 4000);
	assert_int_equal(seen.all[0].signing_time, 3000);
	assert_memory_equal(seen.all[0].capabilities, "three", 5);
	assert_true(seen.all[0].preferred);
	assert_string_equal(seen.all[0].evidence, "<1000@example.net>");
	partners_fini(&seen);

	/* Silence about capabilities or preference takes nothing back, nor
	 * does it tell when they were announced. */
	partner_init(&c, &cert, STORE_TRUST_HARVESTED, 5000);
	assert_false(put(&c));
	seen = partners();
	assert_memory_equal(seen.all[0].capabilities, "three", 5);
	assert_true(seen.all[0].preferred);
	assert_int_equal(seen.all[0].signing_time, 3000);
	partners_fini(&seen);

	MUST(store_contact_find(store, "bob@example.net", &contact, &err));
	assert_int_equal(contact.first_seen, 1000);
	assert_int_equal(contact.last_seen, 5000);
	assert_int_equal(contact.messages, 5);
	assert_int_equal(contact.certificates, 1);
	store_contact_fini(&contact);
	fixture_fini(&cert);
}

static enum store_trust
trust_after(const struct fixture_cert *cert, enum store_trust trust)
{
	struct store_partner_cert c;
	struct partner_seen seen;
	enum store_trust found;

	partner_init(&c, cert, trust, 1000);
	put(&c);
	seen = partners();
	assert_int_equal(seen.count, 1);
	found = seen.all[0].trust;
	partners_fini(&seen);
	return found;
}

/* Mail changes no trust; the operator does. */
static void
test_trust_of_a_known_partner(void **state)
{
	struct store_contact contact;
	struct fixture_cert cert;

	(void)state;
	fixture_leaf(&cert, &ca, &(struct fixture_opts){.name = "bob"});
	assert_int_equal(
	    trust_after(&cert, STORE_TRUST_PENDING), STORE_TRUST_PENDING);
	assert_int_equal(
	    trust_after(&cert, STORE_TRUST_HARVESTED), STORE_TRUST_PENDING);
	assert_int_equal(
	    trust_after(&cert, STORE_TRUST_MANUAL), STORE_TRUST_MANUAL);
	assert_int_equal(
	    trust_after(&cert, STORE_TRUST_HARVESTED), STORE_TRUST_MANUAL);
	assert_int_equal(
	    trust_after(&cert, STORE_TRUST_DISTRUSTED), STORE_TRUST_DISTRUSTED);
	assert_int_equal(
	    trust_after(&cert, STORE_TRUST_HARVESTED), STORE_TRUST_DISTRUSTED);
	assert_int_equal(
	    trust_after(&cert, STORE_TRUST_PINNED), STORE_TRUST_PINNED);
	/* Only four of these came by mail. */
	MUST(store_contact_find(store, "bob@example.net", &contact, &err));
	assert_int_equal(contact.messages, 4);
	store_contact_fini(&contact);
	fixture_fini(&cert);
}

static void
put_many(struct fixture_cert *certs, size_t from, size_t to,
    enum store_trust trust, time_t now)
{
	struct store_partner_cert c;
	char name[16];

	for (size_t i = from; i < to; i++) {
		snprintf(name, sizeof(name), "c%zu", i);
		fixture_leaf(&certs[i], &ca,
		    &(struct fixture_opts){.name = name,
			.not_before = -(long)(2000 * FIXTURE_DAY) + (long)i});
		partner_init(&c, &certs[i], trust, now + (time_t)i);
		assert_true(put(&c));
	}
}

static bool
has_partner(const struct fixture_cert *cert)
{
	struct partner_seen seen = partners();
	bool found = false;

	for (size_t i = 0; i < seen.count; i++)
		if (strcmp(seen.all[i].fingerprint,
			cert->certificate->fingerprint_text) == 0)
			found = true;
	partners_fini(&seen);
	return found;
}

#define MAX LIMIT_CERTIFICATES_PER_ADDRESS

/* At the cap everything is kept; one past it the one that expired longest
 * ago goes, else the one not seen for longest. */
static void
test_cap_of_an_address(void **state)
{
	struct fixture_cert certs[MAX + 2], expired[2];
	struct partner_seen seen;
	struct store_partner_cert c;

	(void)state;
	for (int i = 0; i < 2; i++) {
		fixture_leaf(&expired[i], &ca,
		    &(struct fixture_opts){.name = "expired",
			.not_before = -50 * FIXTURE_DAY,
			.not_after = -(i + 1) * FIXTURE_DAY});
		partner_init(&c, &expired[i], STORE_TRUST_HARVESTED,
		    fixture_now() + 1000);
		assert_true(put(&c));
	}
	put_many(certs, 0, MAX - 2, STORE_TRUST_HARVESTED, fixture_now());
	seen = partners();
	assert_int_equal(seen.count, MAX);
	/* Newest notBefore first. */
	for (size_t i = 1; i < seen.count; i++)
		assert_true(seen.all[i - 1].certificate->not_before >=
			    seen.all[i].certificate->not_before);
	partners_fini(&seen);
	assert_true(has_partner(&expired[1]));

	put_many(certs, MAX - 2, MAX - 1, STORE_TRUST_HARVESTED, fixture_now());
	assert_false(has_partner(&expired[1]));
	assert_true(has_partner(&expired[0]));
	put_many(certs, MAX - 1, MAX, STORE_TRUST_HARVESTED, fixture_now());
	assert_false(has_partner(&expired[0]));
	/* Nobody is expired now; certs[0] was just seen again. */
	partner_init(
	    &c, &certs[0], STORE_TRUST_HARVESTED, fixture_now() + 2000);
	assert_false(put(&c));
	put_many(certs, MAX, MAX + 1, STORE_TRUST_HARVESTED, fixture_now());
	assert_true(has_partner(&certs[0]));
	assert_false(has_partner(&certs[1]));
	assert_true(has_partner(&certs[MAX]));
	put_many(certs, MAX + 1, MAX + 2, STORE_TRUST_PINNED, 0);
	assert_true(has_partner(&certs[MAX + 1]));
	for (size_t i = 0; i < MAX + 2; i++)
		fixture_fini(&certs[i]);
	fixture_fini(&expired[0]);
	fixture_fini(&expired[1]);
}

/* Nothing that the operator had a hand in goes, distrust least of all. */
static void
test_cap_spares_the_operators(void **state)
{
	struct fixture_cert certs[MAX + 1];
	struct store_partner_cert c;
	struct store_contact contact;
	bool is_new;

	(void)state;
	put_many(certs, 0, 1, STORE_TRUST_DISTRUSTED, 1000);
	put_many(certs, 1, 8, STORE_TRUST_MANUAL, 1000);
	put_many(certs, 8, MAX, STORE_TRUST_PINNED, 1000);
	fixture_leaf(&certs[MAX], &ca, &(struct fixture_opts){.name = "new"});
	partner_init(&c, &certs[MAX], STORE_TRUST_HARVESTED, fixture_now());
	FAILS(ERR_PERMANENT, "contact forget bob@example.net",
	    store_partner_cert_put(store, &c, &is_new, &err));
	store_partner_cert_fini(&c);
	/* And nothing of the attempt is left. */
	assert_false(has_partner(&certs[MAX]));
	MUST(store_contact_find(store, "bob@example.net", &contact, &err));
	assert_int_equal(contact.certificates, MAX);
	assert_int_equal(contact.messages, 0);
	store_contact_fini(&contact);
	for (size_t i = 0; i < MAX + 1; i++)
		fixture_fini(&certs[i]);
}

/* A certificate that the operator brings is not a signed message. */
static void
test_from_file(void **state)
{
	struct store_contact contact;
	struct store_partner_cert c;
	struct fixture_cert bob;

	(void)state;
	fixture_leaf(&bob, &ca, &(struct fixture_opts){.name = "bob"});
	for (unsigned messages = 0; messages < 2; messages++) {
		partner_init(&c, &bob, STORE_TRUST_HARVESTED, fixture_now());
		c.from_file = messages == 0;
		assert_int_equal(put(&c), messages == 0);
		MUST(store_contact_find(
		    store, "bob@example.net", &contact, &err));
		assert_int_equal(contact.messages, messages);
		store_contact_fini(&contact);
	}
	fixture_fini(&bob);
}

static int
see_contact(const struct store_contact *c, void *arg)
{
	assert_int_equal(c->certificates, 1);
	return see(arg, c->address);
}

static void
test_contacts_and_counts(void **state)
{
	struct store_partner_cert c;
	struct store_counts n;
	struct fixture_cert cert;
	struct seen seen = {0};

	(void)state;
	fixture_leaf(&cert, &ca, &(struct fixture_opts){.name = "x"});
	add_domain("example.org");
	add_user("alice@example.org");
	add_own("alice@example.org", &cert, true);
	for (int i = 0; i < 300; i++) {
		partner_init(&c, &cert,
		    i < 7 ? STORE_TRUST_PENDING : STORE_TRUST_HARVESTED, 1000);
		free(c.address);
		c.address = xasprintf("c%03d@example.net", i);
		put(&c);
	}
	MUST(store_contact_each(store, NULL, see_contact, &seen, &err));
	assert_int_equal(seen.count, 300);
	assert_true(seen.sorted);
	seen = (struct seen){0};
	MUST(store_contact_each(
	    store, "c250@example.net", see_contact, &seen, &err));
	assert_int_equal(seen.count, 49);
	MUST(store_count(store, &n, &err));
	assert_int_equal(n.schema, store_schema_version());
	assert_int_equal(n.generation, generation());
	assert_int_equal(n.domains, 1);
	assert_int_equal(n.users, 1);
	assert_int_equal(n.own_certificates, 1);
	assert_int_equal(n.contacts, 300);
	assert_int_equal(n.partner_certificates, 300);
	assert_int_equal(n.pending, 7);
	fixture_fini(&cert);
}

static void
test_trust_words(void **state)
{
	enum store_trust trust;

	(void)state;
	for (int i = STORE_TRUST_HARVESTED; i <= STORE_TRUST_UNTRUSTED; i++) {
		const char *name = store_trust_name((enum store_trust)i);

		assert_int_equal(store_trust_parse(name, &trust), 0);
		assert_int_equal(trust, i);
	}
	assert_int_equal(store_trust_parse("Pinned", &trust), -1);
	assert_int_equal(store_trust_parse("", &trust), -1);
}

/* Authorities and audit */

struct authorities {
	size_t count;
	char first[64];
	unsigned messages;
	bool has_certificate;
};

static int
see_authority(const struct store_authority *a, void *arg)
{
	struct authorities *seen = arg;

	if (seen->count++ == 0) {
		snprintf(seen->first, sizeof(seen->first), "%s", a->subject);
		seen->messages = a->messages;
		seen->has_certificate = a->certificate != NULL;
		if (a->certificate)
			assert_string_equal(
			    a->fingerprint, a->certificate->fingerprint_text);
		else
			assert_string_equal(a->fingerprint, "");
	}
	return 0;
}

static void
test_authorities(void **state)
{
	char name[32];
	struct store_authority a = {.subject = name, .first_seen = 1000};
	struct authorities seen = {0};

	(void)state;
	for (unsigned i = 0; i <= LIMIT_AUTHORITIES; i++) {
		if (i == LIMIT_AUTHORITIES) {
			MUST(store_authority_each(
			    store, see_authority, &seen, &err));
			assert_int_equal(seen.count, LIMIT_AUTHORITIES);
		}
		snprintf(name, sizeof(name), "CN=%u", i);
		a.first_seen = 1000 + i;
		MUST(store_authority_seen(store, &a, &err));
	}
	strcpy(name, "CN=Test CA");
	a.certificate = ca.certificate;
	MUST(store_authority_seen(store, &a, &err));
	MUST(store_authority_seen(store, &a, &err));
	seen = (struct authorities){0};
	MUST(store_authority_each(store, see_authority, &seen, &err));
	assert_int_equal(seen.count, LIMIT_AUTHORITIES);
	assert_string_equal(seen.first, "CN=Test CA");
	assert_int_equal(seen.messages, 2);
	assert_true(seen.has_certificate);
}

static void
test_audit(void **state)
{
	uint64_t before = generation();

	(void)state;
	MUST(store_audit(store, "smimectl:0", "user add", "alice@example.org",
	    "it's \"quoted\"; DROP TABLE audit", &err));
	store_case_says(
	    "SELECT actor || '|' || action || '|' || object || '|' || detail"
	    " FROM audit",
	    "smimectl:0|user add|alice@example.org|"
	    "it's \"quoted\"; DROP TABLE audit");
	store_case_says(
	    "SELECT abs(at - strftime('%s', 'now')) < 60 FROM audit", "1");
	assert_int_equal(generation(), before);
}

/* A chain is kept once for all who share it. */
static void
test_chains_are_shared(void **state)
{
	struct fixture_cert a, b;

	(void)state;
	add_domain("example.org");
	add_user("alice@example.org");
	fixture_leaf(&a, &intermediate, &(struct fixture_opts){.name = "a"});
	fixture_leaf(&b, &intermediate, &(struct fixture_opts){.name = "b"});
	add_own("alice@example.org", &a, true);
	add_own("alice@example.org", &b, true);
	store_case_says("SELECT COUNT(*) FROM chains", "1");
	fixture_fini(&a);
	fixture_fini(&b);
}

/* Opening, and what can be wrong with the file */

static void
open_fails(const char *which, enum err_class class, const char *message)
{
	struct store *other = NULL;
	struct err err;

	assert_int_equal(store_open(which, &other, &err), -1);
	assert_null(other);
	if (err.class != class || !strstr(err.text, message))
		fail_msg("%s", err.text);
}

static void
test_open_errors(void **state)
{
	char *other = xasprintf("sqlite:%s/none.db", scene.folder);

	(void)state;
	open_fails(
	    other, ERR_NOT_FOUND, "make it with: smimectl store migrate");
	open_fails("sqlite:store.db", ERR_PERMANENT, "must begin with /");
	open_fails("mysql:x", ERR_PERMANENT, "unknown kind");
	open_fails("", ERR_PERMANENT, "unknown kind");
	open_fails("sqlite:/", ERR_PERMANENT, "not a regular file");
	free(other);
	other = xasprintf("sqlite:%s/no/folder.db", scene.folder);
	FAILS(ERR_TEMPORARY, "cannot create",
	    store_migrate(other, &(int){0}, &(int){0}, &err));
	free(other);
	store_close(NULL);
}

static void
test_empty_file(void **state)
{
	char *name = xasprintf("%s/empty.db", scene.folder);
	char *other = xasprintf("sqlite:%s", name);
	struct buf nothing;
	int from, to;

	(void)state;
	buf_init(&nothing, 1);
	fixture_write(name, 0600, &nothing);
	open_fails(other, ERR_PERMANENT, "run: smimectl store migrate");
	MUST(store_migrate(other, &from, &to, &err));
	assert_int_equal(from, 0);
	MUST(store_migrate(other, &from, &to, &err));
	assert_int_equal(from, store_schema_version());
	assert_int_equal(to, store_schema_version());
	free(other);
	free(name);
}

static mode_t
mode_of(const char *suffix)
{
	char *name = xasprintf("%s%s", scene.path, suffix);
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	free(name);
	return st.st_mode & 07777;
}

static void
test_modes(void **state)
{
	static const mode_t masks[] = {0, 0777};
	int from, to;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		mode_t old;

		store_close(store);
		unlink(scene.path);
		old = umask(masks[i]);
		MUST(store_migrate(scene.uri, &from, &to, &err));
		MUST(store_open(scene.uri, &store, &err));
		add_domain("example.org");
		umask(old);
		assert_int_equal(mode_of(""), 0600);
		assert_int_equal(mode_of("-wal"), 0600);
		assert_int_equal(mode_of("-shm"), 0600);
	}
	store_close(store);
	store = NULL;

	chmod(scene.path, 0660);
	MUST(store_open(scene.uri, &store, &err));
	store_close(store);
	store = NULL;
	chmod(scene.path, 0604);
	open_fails(scene.uri, ERR_PERMANENT, "run: chmod o= ");
	FAILS(ERR_PERMANENT,
	    "run: chmod o= ", store_migrate(scene.uri, &from, &to, &err));
	chmod(scene.path, 0602);
	open_fails(scene.uri, ERR_PERMANENT, "run: chmod o= ");
}

/* Root makes the store for the user whose folder it is. */

static void
open_as(uid_t uid, const char *message)
{
	struct store *own = NULL;
	struct err err;
	int rc;

	if (setgid(uid) || setuid(uid))
		_exit(9);
	rc = store_open(scene.uri, &own, &err);
	store_close(own);
	if (rc == 0)
		_exit(0);
	_exit(err.class == ERR_TEMPORARY && strstr(err.text, message) ? 1 : 2);
}

static int
status_as(uid_t uid, const char *message)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		open_as(uid, message);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define SOMEBODY      54321
#define SOMEBODY_ELSE 54322

static void
test_owner(void **state)
{
	struct stat st;
	int from, to;

	(void)state;
	if (geteuid() != 0) {
		print_message("not root: cannot give files away\n");
		return;
	}
	store_close(store);
	store = NULL;
	unlink(scene.path);
	assert_int_equal(chown(scene.folder, SOMEBODY, SOMEBODY), 0);
	MUST(store_migrate(scene.uri, &from, &to, &err));
	assert_int_equal(stat(scene.path, &st), 0);
	assert_int_equal(st.st_uid, SOMEBODY);
	assert_int_equal(st.st_gid, SOMEBODY);
	assert_int_equal(status_as(SOMEBODY, ""), 0);
	assert_int_equal(
	    status_as(SOMEBODY_ELSE, "user 54322 cannot reach it"), 1);
	chmod(scene.folder, 0711);
	assert_int_equal(
	    status_as(SOMEBODY_ELSE, "must be writable for this user"), 1);
	/* Beside an operator who is root. */
	MUST(store_open(scene.uri, &store, &err));
	add_domain("example.org");
	assert_int_equal(status_as(SOMEBODY, ""), 0);
}

static void
test_foreign_database(void **state)
{
	char *before, *after;
	struct buf nothing;

	(void)state;
	store_close(store);
	store = NULL;
	buf_init(&nothing, 1);
	fixture_write(scene.path, 0600, &nothing);
	free(store_case_ask("CREATE TABLE t (x)"));
	before = store_case_ask("PRAGMA journal_mode");
	open_fails(scene.uri, ERR_PERMANENT, "database of another program");
	FAILS(ERR_PERMANENT, "database of another program",
	    store_migrate(scene.uri, &(int){0}, &(int){0}, &err));
	/* And it was left as it is. */
	after = store_case_ask("PRAGMA journal_mode");
	assert_string_equal(before, after);
	store_case_says("SELECT COUNT(*) FROM sqlite_master", "1");
	free(before);
	free(after);
}

static void
test_newer_schema(void **state)
{
	uint64_t n;

	(void)state;
	free(store_case_ask("UPDATE state SET schema = 99"));
	open_fails(scene.uri, ERR_PERMANENT, "upgrade this program");
	FAILS(ERR_PERMANENT, "upgrade this program",
	    store_migrate(scene.uri, &(int){0}, &(int){0}, &err));
	/* One that was open meanwhile stops and says so. */
	FAILS(ERR_TEMPORARY, "restart it", store_generation(store, &n, &err));
	FAILS(ERR_TEMPORARY, "restart it",
	    store_audit(store, "a", "b", "c", "d", &err));
	store_case_says("SELECT COUNT(*) FROM audit", "0");
}

static void
test_no_database(void **state)
{
	struct buf text;

	(void)state;
	store_close(store);
	store = NULL;
	buf_init(&text, 8192);
	for (int i = 0; i < 8192; i++)
		buf_add_char(&text, 'x');
	fixture_write(scene.path, 0600, &text);
	open_fails(
	    scene.uri, ERR_PERMANENT, "no SQLite database; restore a backup");
	buf_fini(&text);
}

static int
never(const struct store_partner_cert *c, void *arg)
{
	(void)c;
	(void)arg;
	abort();
}

/* Rows that somebody else wrote are refused, with their name. */
static void
test_rows_of_others(void **state)
{
	struct store_partner_cert c;
	struct store_domain d;
	struct store_user u;
	struct fixture_cert cert;
	struct seen seen = {0};

	(void)state;
	fixture_leaf(&cert, &ca, &(struct fixture_opts){.name = "bob"});
	partner_init(&c, &cert, STORE_TRUST_HARVESTED, 1000);
	put(&c);
	add_domain("example.org");
	add_user("alice@example.org");
	free(store_case_ask("UPDATE users SET encrypt = 'never'"));
	FAILS(ERR_PERMANENT, "alice@example.org: encrypt is \"never\"",
	    store_user_find(store, "alice@example.org", &u, &err));
	FAILS(ERR_PERMANENT, "encrypt is",
	    store_user_each(store, NULL, NULL, see_user, &seen, &err));
	assert_int_equal(seen.count, 0);
	free(
	    store_case_ask("UPDATE users SET encrypt = 'off', state = 'gone'"));
	FAILS(ERR_PERMANENT, "state is \"gone\"",
	    store_user_find(store, "alice@example.org", &u, &err));
	free(store_case_ask("UPDATE domains SET sign = 1"));
	FAILS(ERR_PERMANENT, "example.org: sign is \"1\"",
	    store_domain_find(store, "example.org", &d, &err));
	free(
	    store_case_ask("UPDATE domains SET sign = 'on', exempt = 'lists'"));
	FAILS(ERR_PERMANENT, "example.org: exempt is \"lists\"",
	    store_domain_find(store, "example.org", &d, &err));
	free(store_case_ask("UPDATE domains SET exempt = 'dsn',"
			    " own_cert_problem = 'pass'"));
	FAILS(ERR_PERMANENT, "example.org: own_cert_problem is \"pass\"",
	    store_domain_find(store, "example.org", &d, &err));
	free(store_case_ask("UPDATE domains SET own_cert_problem = 'defer',"
			    " signature_algorithm = 'dsa'"));
	FAILS(ERR_PERMANENT, "example.org: signature_algorithm is \"dsa\"",
	    store_domain_find(store, "example.org", &d, &err));
	free(store_case_ask("UPDATE partner_certificates SET trust = 'yes'"));
	FAILS(ERR_PERMANENT, "trust is \"yes\"",
	    store_partner_cert_each(
		store, "bob@example.net", never, NULL, &err));
	free(store_case_ask("UPDATE partner_certificates SET trust = 'pinned',"
			    " der = x'3000'"));
	FAILS(ERR_PERMANENT, "certificate of bob@example.net: ",
	    store_partner_cert_each(
		store, "bob@example.net", never, NULL, &err));
	fixture_fini(&cert);
}

/* Many processes */

/* The daemon's harvest and an operator at the same time. */
static void
work_as_another_process(int number)
{
	struct store_partner_cert c;
	struct store *own = NULL;
	struct store_user u = {0};
	struct fixture_cert cert;
	struct err err;
	bool is_new;

	if (store_open(scene.uri, &own, &err))
		_exit(2);
	fixture_leaf(&cert, &ca, &(struct fixture_opts){.name = "x"});
	for (int i = 0; i < 40; i++) {
		partner_init(&c, &cert, STORE_TRUST_HARVESTED, 1000 + i);
		if (store_partner_cert_put(own, &c, &is_new, &err))
			_exit(3);
		store_partner_cert_fini(&c);
		u.address = xasprintf("u%d-%d@example.org", number, i);
		if (store_user_add(own, &u, &err))
			_exit(4);
		store_user_fini(&u);
	}
	store_close(own);
	_exit(0);
}

static void
test_processes(void **state)
{
	struct store_contact contact;
	struct store_counts n;
	pid_t pids[3];
	int status;

	(void)state;
	add_domain("example.org");
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			work_as_another_process(i);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	MUST(store_count(store, &n, &err));
	assert_int_equal(n.users, 120);
	assert_int_equal(n.partner_certificates, 3);
	MUST(store_contact_find(store, "bob@example.net", &contact, &err));
	assert_int_equal(contact.messages, 120);
	store_contact_fini(&contact);
}

static void
migrate_as_another_process(void)
{
	struct err err;
	int from, to;

	_exit(store_migrate(scene.uri, &from, &to, &err) ? 1 : 0);
}

/* Several operators and scripts at once: one of them makes the tables. */
static void
test_concurrent_migrations(void **state)
{
	pid_t pids[4];
	int status;

	(void)state;
	store_close(store);
	store = NULL;
	unlink(scene.path);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			migrate_as_another_process();
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	MUST(store_open(scene.uri, &store, &err));
}

/* Killed in the middle of its work, a process leaves whole records. */
static void
harvest_for_ever(const struct fixture_cert *cert, int ready)
{
	struct store_partner_cert c;
	struct store *own;
	struct err err;
	bool is_new;

	if (store_open(scene.uri, &own, &err))
		_exit(2);
	for (int i = 0;; i++) {
		partner_init(&c, cert, STORE_TRUST_HARVESTED, 1000);
		free(c.address);
		c.address = xasprintf("k%d@example.net", i);
		certificate_list_add(&c.chain, intermediate.certificate);
		if (store_partner_cert_put(own, &c, &is_new, &err))
			_exit(3);
		store_partner_cert_fini(&c);
		if (i == 10 && write(ready, "x", 1) != 1)
			_exit(4);
	}
}

static void
test_killed_harvest(void **state)
{
	struct fixture_cert cert;
	struct seen seen = {0};
	int fds[2], status;
	char byte;
	pid_t pid;

	(void)state;
	fixture_leaf(&cert, &ca, &(struct fixture_opts){.name = "x"});
	for (int round = 0; round < 3; round++) {
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0)
			harvest_for_ever(&cert, fds[1]);
		assert_int_equal(read(fds[0], &byte, 1), 1);
		usleep((useconds_t)(500 + 1777 * round));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		close(fds[0]);
		close(fds[1]);
	}
	/* see_contact wants one certificate for each contact. */
	MUST(store_contact_each(store, NULL, see_contact, &seen, &err));
	assert_true(seen.count > 10);
	store_case_says("PRAGMA integrity_check", "ok");
	store_case_says("PRAGMA foreign_key_check", "");
	fixture_fini(&cert);
}

/* Many threads, as in the daemon: look-ups and harvest. */

static int
look_at(const struct store_partner_cert *c, void *arg)
{
	size_t *count = arg;

	if (c->certificate->der.len > 0)
		(*count)++;
	return 0;
}

/* In a thread, which cmocka cannot end a test in. */
static void
must_go_on(bool went_well, const struct err *e)
{
	if (went_well)
		return;
	fprintf(stderr, "%s\n", e->text);
	abort();
}

static void *
work_as_thread(void *arg)
{
	const struct fixture_cert *cert = arg;
	struct store_partner_cert c;
	struct store_user u;
	struct err err;
	bool is_new;
	size_t count;

	for (int i = 0; i < 25; i++) {
		partner_init(&c, cert, STORE_TRUST_HARVESTED, 1000 + i);
		must_go_on(
		    store_partner_cert_put(store, &c, &is_new, &err) == 0,
		    &err);
		store_partner_cert_fini(&c);
		must_go_on(
		    store_user_find(store, "alice@example.org", &u, &err) == 0,
		    &err);
		store_user_fini(&u);
		count = 0;
		must_go_on(store_partner_cert_each(store, "bob@example.net",
			       look_at, &count, &err) == 0,
		    &err);
		if (count == 0)
			abort();
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct fixture_cert certs[4];
	pthread_t threads[4];
	struct store_contact contact;

	(void)state;
	add_domain("example.org");
	add_user("alice@example.org");
	for (int i = 0; i < 4; i++) {
		fixture_leaf(
		    &certs[i], &ca, &(struct fixture_opts){.name = "x"});
		pthread_create(&threads[i], NULL, work_as_thread, &certs[i]);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	MUST(store_contact_find(store, "bob@example.net", &contact, &err));
	assert_int_equal(contact.certificates, 4);
	assert_int_equal(contact.messages, 100);
	store_contact_fini(&contact);
	for (int i = 0; i < 4; i++)
		fixture_fini(&certs[i]);
}

#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, store_case_setup, store_case_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_domain),
	    CASE(test_user),
	    CASE(test_walks),
	    CASE(test_own_certificates),
	    CASE(test_length_of_chain),
	    CASE(test_expiring),
	    CASE(test_partner),
	    CASE(test_known_partner),
	    CASE(test_trust_of_a_known_partner),
	    CASE(test_cap_of_an_address),
	    CASE(test_cap_spares_the_operators),
	    CASE(test_from_file),
	    CASE(test_contacts_and_counts),
	    CASE(test_trust_words),
	    CASE(test_authorities),
	    CASE(test_audit),
	    CASE(test_chains_are_shared),
	    CASE(test_open_errors),
	    CASE(test_empty_file),
	    CASE(test_modes),
	    CASE(test_owner),
	    CASE(test_foreign_database),
	    CASE(test_newer_schema),
	    CASE(test_no_database),
	    CASE(test_rows_of_others),
	    CASE(test_processes),
	    CASE(test_concurrent_migrations),
	    CASE(test_killed_harvest),
	    CASE(test_threads),
	};

	return cmocka_run_group_tests_name(
	    "store", tests, group_setup, group_teardown);
}
