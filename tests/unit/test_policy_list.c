/* What applies to an address, and which level says so. */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "admin/policy_list.h"
#include "db/sqlite.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"
#include "unit/store_scene.h"

static struct store_scene scene;
static struct store *store;

static const char *const auditor[] = {"audit@example.org", "b@example.org"};
static const struct gateway_domain domains[] = {{.name = "example.org",
    .level = {.encrypt = ENCRYPT_IF_POSSIBLE,
	.mixed = MIXED_ALL_OR_NONE,
	.exempt = EXEMPT_ALWAYS},
    .escrow = auditor,
    .escrow_count = 2}};
static const struct gateway_recipient patterns[] = {
    {.name = "*.example.net",
	.level = {.cipher = CIPHER_AES256_GCM},
	.domain_certificate = "gateway@example.net"},
};
static const struct gateway_config config = {
    .defaults = {.encrypt = ENCRYPT_REQUIRED,
	.sign = SWITCH_OFF,
	.own_problem = OWN_PROBLEM_UNSIGNED},
    .disclaimer = "all",
    .domains = domains,
    .domain_count = 1,
    .recipient_defaults = {.cipher = CIPHER_AES128_CBC},
    .recipient_domains = patterns,
    .recipient_domain_count = 1,
};
static struct levels levels = {.config = &config};

static int
set_up(void **state)
{
	char address[] = "alice@example.org", domain[] = "example.org",
	     nobody[] = "none", recipient[] = "bob@mail.example.net",
	     legal[] = "legal";
	struct store_user user = {.address = address,
	    .level = {.encrypt = ENCRYPT_OFF},
	    .disclaimer = nobody};
	struct store_domain stored = {.name = domain,
	    .level = {.mode = MODE_SHADOW},
	    .escrow = nobody,
	    .disclaimer = legal};
	struct store_recipient rule = {.name = recipient,
	    .level = {.encrypt = RECEIVE_REQUIRED},
	    .domain_certificate = nobody};

	(void)state;
	store = store_scene_start(&scene);
	levels.store = store;
	MUST(store_domain_add(store, &stored, &err));
	MUST(store_user_add(store, &user, &err));
	MUST(store_recipient_put(store, &rule, &err));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_scene_stop(&scene, &store);
	return 0;
}

static void
check(const json_t *list, const char *setting, const char *wanted)
{
	const char *name, *value, *level, *instead;
	char text[512];
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		assert_int_equal(json_unpack(row, "{s:s, s:s, s:s, s:s}",
				     "setting", &name, "value", &value, "level",
				     &level, "instead_of", &instead),
		    0);
		if (strcmp(name, setting) != 0)
			continue;
		snprintf(
		    text, sizeof(text), "%s by %s; %s", value, level, instead);
		assert_string_equal(text, wanted);
		return;
	}
	fail_msg("no %s", setting);
}

static void
test_sender(void **state)
{
	json_t *list;

	(void)state;
	MUST(policy_list_sender(&levels, "alice@example.org", &list, &err));
	assert_int_equal(json_array_size(list), SENDER_SETTINGS + 2);
	check(list, "sign", "off by defaults; on (built-in)");
	check(list, "encrypt",
	    "off by alice@example.org (store); off (built-in), required "
	    "(defaults), if-possible (example.org (file))");
	check(list, "mixed",
	    "all-or-none by example.org (file); split "
	    "(built-in)");
	check(list, "exempt", "none by example.org (file); all (built-in)");
	check(list, "own_cert_problem",
	    "unsigned by defaults; unsigned (built-in)");
	check(list, "bcc", "separate by built-in; ");
	check(list, "mode",
	    "shadow by example.org (store); enforce "
	    "(built-in)");
	check(list, "escrow",
	    "none by example.org (store); none (built-in), "
	    "audit@example.org,b@example.org (example.org (file))");
	check(list, "disclaimer",
	    "none by alice@example.org (store); none (built-in), all "
	    "(defaults), legal (example.org (store))");
	json_decref(list);
	/* Nobody knows her: her domain speaks. */
	MUST(policy_list_sender(&levels, "eve@example.org", &list, &err));
	check(list, "encrypt",
	    "if-possible by example.org (file); off (built-in), required "
	    "(defaults)");
	check(list, "disclaimer",
	    "legal by example.org (store); none (built-in), all (defaults)");
	json_decref(list);
}

static void
test_recipient(void **state)
{
	json_t *list;

	(void)state;
	MUST(policy_list_recipient(
	    &levels, "bob@mail.example.net", &list, &err));
	assert_int_equal(json_array_size(list), RECIPIENT_SETTINGS + 1);
	check(list, "encrypt",
	    "required by bob@mail.example.net (store); "
	    "as-sender (built-in)");
	check(list, "cipher",
	    "aes256-gcm by *.example.net (file); auto "
	    "(built-in), aes128-cbc (defaults)");
	check(list, "domain_certificate",
	    "none by bob@mail.example.net (store); none (built-in), "
	    "gateway@example.net (*.example.net (file))");
	json_decref(list);
	MUST(policy_list_recipient(&levels, "mail.example.net", &list, &err));
	check(list, "encrypt", "as-sender by built-in; ");
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sender),
	    cmocka_unit_test(test_recipient),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
