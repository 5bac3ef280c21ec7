/* Who waits for a word about which authority. */
#include "unit/unit.h"

#include <string.h>

#include "admin/authority_list.h"
#include "base/alloc.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"
#include "unit/store_scene.h"

static struct fixture_cert root, sub, other, leaf;
static struct store_scene scene;
static struct store *store;

static int
setup(void **state)
{
	(void)state;
	fixture_ca(&root, &(struct fixture_opts){.name = "Root"});
	/* Of the same name, with another key. */
	fixture_ca(&other, &(struct fixture_opts){.name = "Root"});
	fixture_intermediate(
	    &sub, &root, &(struct fixture_opts){.name = "Sub"});
	fixture_leaf(&leaf, &sub, &(struct fixture_opts){.name = "leaf"});
	store = store_scene_start(&scene);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	store_scene_stop(&scene, &store);
	fixture_fini(&leaf);
	fixture_fini(&sub);
	fixture_fini(&other);
	fixture_fini(&root);
	return 0;
}

static void
put(const char *address, const struct fixture_cert *cert,
    enum store_trust trust, bool chain)
{
	struct store_partner_cert c;
	bool is_new;

	store_partner_cert_init(&c);
	c.address = xstrdup(address);
	c.certificate = certificate_ref(cert->certificate);
	c.trust = trust;
	c.first_seen = c.last_seen = 1000;
	if (chain)
		certificate_list_add(&c.chain, sub.certificate);
	MUST(store_partner_cert_put(store, &c, &is_new, &err));
	store_partner_cert_fini(&c);
}

static void
meet(const struct fixture_cert *authority, bool by_name)
{
	struct store_authority a = {.subject = authority->certificate->subject,
	    .certificate = by_name ? NULL : authority->certificate,
	    .first_seen = 1000};

	MUST(store_authority_seen(store, &a, &err));
}

/* How many contacts wait for it; NULL: for the one known by name. */
static json_int_t
waiting(const struct authority_list *list, const struct fixture_cert *authority)
{
	const char *wanted =
	    authority ? authority->certificate->fingerprint_text : "";
	json_t *one;
	size_t i;

	json_array_foreach(list->authorities, i, one)
	{
		const char *fingerprint =
		    json_string_value(json_object_get(one, "fingerprint"));

		if (strcmp(fingerprint ? fingerprint : "", wanted) == 0)
			return json_integer_value(
			    json_object_get(one, "contacts"));
	}
	return -1;
}

static struct authority_list
list_of(bool only_unknown)
{
	struct authority_list list;

	MUST(authority_list(store, only_unknown, fixture_now(), &list, &err));
	return list;
}

/* By what it signed, not by what it is called. */
static void
test_waiting(void **state)
{
	struct authority_list list;

	(void)state;
	meet(&root, false);
	meet(&other, false);
	put("a@example.net", &leaf, STORE_TRUST_UNTRUSTED, true);
	put("b@example.net", &leaf, STORE_TRUST_UNTRUSTED, true);
	put("c@example.net", &leaf, STORE_TRUST_HARVESTED, true);
	list = list_of(false);
	assert_int_equal(waiting(&list, &root), 2);
	assert_int_equal(waiting(&list, &other), 0);
	assert_int_equal(list.unknown, 2);
	json_decref(list.authorities);
}

/* A contact with two such certificates is one. */
static void
test_contacts_not_certificates(void **state)
{
	struct fixture_cert second;
	struct authority_list list;

	(void)state;
	fixture_leaf(&second, &sub, &(struct fixture_opts){.name = "2"});
	meet(&root, false);
	put("a@example.net", &leaf, STORE_TRUST_UNTRUSTED, true);
	put("a@example.net", &second, STORE_TRUST_UNTRUSTED, true);
	list = list_of(false);
	assert_int_equal(waiting(&list, &root), 1);
	json_decref(list.authorities);
	fixture_fini(&second);
}

/* Mail came without the root, or without the intermediate. */
static void
test_by_name(void **state)
{
	struct authority_list list;

	(void)state;
	meet(&root, true);
	put("a@example.net", &leaf, STORE_TRUST_UNTRUSTED, true);
	put("b@example.net", &leaf, STORE_TRUST_UNTRUSTED, false);
	list = list_of(false);
	assert_int_equal(waiting(&list, NULL), 1);
	json_decref(list.authorities);
	meet(&sub, false);
	list = list_of(false);
	assert_int_equal(waiting(&list, NULL), 1);
	/* It is the top for b, and part of the path for a. */
	assert_int_equal(waiting(&list, &sub), 2);
	json_decref(list.authorities);
}

static void
test_only_unknown(void **state)
{
	struct store_authority a = {.subject = root.certificate->subject,
	    .certificate = root.certificate,
	    .first_seen = 1000,
	    .trust = STORE_AUTHORITY_DISTRUSTED};
	struct authority_list list;

	(void)state;
	MUST(store_authority_judge(store, &a, &err));
	a.certificate = other.certificate;
	a.trust = STORE_AUTHORITY_TRUSTED;
	MUST(store_authority_judge(store, &a, &err));
	meet(&sub, false);
	list = list_of(true);
	assert_int_equal(json_array_size(list.authorities), 1);
	assert_int_equal(waiting(&list, &sub), 0);
	assert_int_equal(list.unknown, 1);
	assert_int_equal(list.trusted, 1);
	assert_int_equal(list.distrusted, 1);
	json_decref(list.authorities);
	list = list_of(false);
	assert_int_equal(json_array_size(list.authorities), 3);
	json_decref(list.authorities);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_waiting),
	    CASE(test_contacts_not_certificates),
	    CASE(test_by_name),
	    CASE(test_only_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
