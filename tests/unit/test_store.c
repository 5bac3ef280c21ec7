/* The store: records, walks, limits, errors, several processes. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/store.h"
#include "unit/cert_fixture.h"

static struct fixture_cert ca, intermediate;
static char *folder, *path, *uri;
static struct store *store;

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

static int
setup(void **state)
{
	int from = -1, to = -1;
	struct err err;

	(void)state;
	folder = fixture_folder();
	path = xasprintf("%s/store.db", folder);
	uri = xasprintf("sqlite:%s", path);
	if (store_migrate(uri, &from, &to, &err) ||
	    store_open(uri, &store, &err))
		fail_msg("%s", err.text);
	assert_int_equal(from, 0);
	assert_int_equal(to, store_schema_version());
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	fixture_folder_remove(folder);
	free(path);
	free(uri);
	return 0;
}

/* Everything that must work says why when it does not. */
#define MUST(call)                                                             \
	do {                                                                   \
		struct err err = {0};                                          \
		if (call)                                                      \
			fail_msg("%s: %s", #call, err.text);                   \
	} while (0)

#define FAILS(wanted, message, call)                                           \
	do {                                                                   \
		struct err err = {0};                                          \
		assert_int_equal((call), -1);                                  \
		if (err.class != (wanted) || !strstr(err.text, message))       \
			fail_msg("%s: %s", #call, err.text);                   \
	} while (0)

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
	    .sign = SWITCH_ON, .encrypt = ENCRYPT_IF_POSSIBLE, .created = 1000};

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
	assert_int_equal(d.sign, SWITCH_ON);
	assert_int_equal(d.encrypt, ENCRYPT_IF_POSSIBLE);
	assert_int_equal(d.created, 1000);
	FAILS(
	    ERR_PERMANENT, "already there", store_domain_add(store, &d, &err));
	d.encrypt = ENCRYPT_REQUIRED;
	d.sign = SWITCH_INHERIT;
	before = generation();
	MUST(store_domain_set(store, &d, &err));
	assert_true(generation() > before);
	store_domain_fini(&d);
	MUST(store_domain_find(store, "example.org", &d, &err));
	assert_int_equal(d.sign, SWITCH_INHERIT);
	assert_int_equal(d.encrypt, ENCRYPT_REQUIRED);
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
	u.sign = SWITCH_OFF;
	u.encrypt = ENCRYPT_REQUIRED;
	before = generation();
	MUST(store_user_add(store, &u, &err));
	assert_true(generation() > before);
	FAILS(ERR_PERMANENT, "already there", store_user_add(store, &u, &err));
	MUST(store_user_find(store, "alice@example.org", &found, &err));
	assert_string_equal(found.address, "alice@example.org");
	assert_string_equal(found.first_name, "Alice");
	assert_string_equal(found.last_name, "");
	assert_int_equal(found.sign, SWITCH_OFF);
	assert_int_equal(found.encrypt, ENCRYPT_REQUIRED);
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

static void
test_own_certificates(void **state)
{
	struct own_seen seen = {0};
	struct fixture_cert old, new, bob;
	struct store_own_cert c;
	uint64_t before;

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

	MUST(store_own_cert_find_key(store, old.certificate->key_id, &c, &err));
	assert_string_equal(c.address, "alice@example.org");
	assert_string_equal(c.certificate->subject, "CN=old");
	assert_int_equal(c.wrapped_len, 7);
	assert_memory_equal(c.wrapped, "wrapped", 7);
	assert_int_equal(c.added, 3000);
	assert_int_equal(c.chain.count, 1);
	assert_string_equal(c.chain.at[0]->subject, "CN=Sub CA");
	store_own_cert_fini(&c);
	FAILS(ERR_NOT_FOUND, "no own certificate",
	    store_own_cert_find_key(store, ca.certificate->key_id, &c, &err));
	fixture_fini(&old);
	fixture_fini(&new);
	fixture_fini(&bob);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_domain, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_user, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_walks, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_own_certificates, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_expiring, setup, teardown),
	};

	return cmocka_run_group_tests_name(
	    "store", tests, group_setup, group_teardown);
}
