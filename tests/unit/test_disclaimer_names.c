/* Disclaimers that the store names, and the configuration has no text for. */
#include "unit/unit.h"

#include <string.h>

#include "base/alloc.h"
#include "gateway/disclaimer_names.h"
#include "unit/must.h"
#include "unit/store_case.h"

static void
add(const char *text, void *arg)
{
	strcat(strcat(arg, text), "\n");
}

static void
says(const struct gateway_config *config, const char *expected)
{
	char text[512] = "";

	MUST(disclaimer_names_check(config, store, add, text, &err));
	assert_string_equal(text, expected);
}

static void
store_domain_with(const char *name, const char *disclaimer)
{
	struct store_domain d = {
	    .name = xstrdup(name), .disclaimer = xstrdup(disclaimer)};

	MUST(store_domain_add(store, &d, &err));
	store_domain_fini(&d);
}

static void
test_names(void **state)
{
	static const struct gateway_disclaimer list[] = {
	    {.name = "legal"}, {.name = "sales"}};
	const struct gateway_config nothing = {.disclaimers = NULL};
	const struct gateway_config config = {
	    .disclaimers = list, .disclaimer_count = 2};

	(void)state;
	says(&nothing, "");
	store_domain_with("a.example.org", "legal");
	store_domain_with("b.example.org", "none");
	says(&config, "");
	store_domain_with("c.example.org", "old");
	store_domain_with("d.example.org", "old");
	store_domain_with("e.example.org", "older");
	says(&config,
	    "there is no disclaimer old, which c.example.org and 1 more have: "
	    "mail that is to have it waits\n"
	    "there is no disclaimer older, which e.example.org has: mail that "
	    "is to have it waits\n");
	says(&nothing,
	    "there is no disclaimer legal, which a.example.org has: mail that "
	    "is to have it waits\n"
	    "there is no disclaimer old, which c.example.org and 1 more have: "
	    "mail that is to have it waits\n"
	    "there is no disclaimer older, which e.example.org has: mail that "
	    "is to have it waits\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_names, store_case_setup, store_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
