/* Words of settings read back as what they were written for. */
#include "unit/unit.h"

#include <string.h>

#include "base/setting.h"

static void
test_switch_words(void **state)
{
	enum setting_switch value;

	(void)state;
	for (int i = SWITCH_INHERIT; i <= SWITCH_ON; i++) {
		const char *name = setting_switch_name((enum setting_switch)i);

		assert_int_equal(setting_switch_parse(name, &value), 0);
		assert_int_equal(value, i);
	}
	assert_int_equal(setting_switch_parse("ON", &value), -1);
	assert_int_equal(setting_switch_parse("", &value), -1);
}

static void
test_encrypt_words(void **state)
{
	enum setting_encrypt value;

	(void)state;
	for (int i = ENCRYPT_INHERIT; i <= ENCRYPT_REQUIRED; i++) {
		const char *name =
		    setting_encrypt_name((enum setting_encrypt)i);

		assert_int_equal(setting_encrypt_parse(name, &value), 0);
		assert_int_equal(value, i);
	}
	assert_int_equal(setting_encrypt_parse("always", &value), -1);
}

static void
test_own_problem_words(void **state)
{
	enum setting_own_problem value;

	(void)state;
	for (int i = OWN_PROBLEM_INHERIT; i <= OWN_PROBLEM_DEFER; i++) {
		const char *name =
		    setting_own_problem_name((enum setting_own_problem)i);

		assert_int_equal(setting_own_problem_parse(name, &value), 0);
		assert_int_equal(value, i);
	}
	assert_int_equal(setting_own_problem_parse("wait", &value), -1);
}

static void
test_algorithm_words(void **state)
{
	enum setting_algorithm value;

	(void)state;
	for (int i = ALGORITHM_INHERIT; i <= ALGORITHM_ED25519; i++) {
		const char *name =
		    setting_algorithm_name((enum setting_algorithm)i);

		assert_int_equal(setting_algorithm_parse(name, &value), 0);
		assert_int_equal(value, i);
	}
	assert_int_equal(setting_algorithm_parse("rsa-sha256", &value), -1);
}

static void
parses_to(const char *text, unsigned wanted)
{
	unsigned set = 12345;

	assert_int_equal(setting_exempt_parse(text, &set), 0);
	assert_int_equal(set, wanted);
}

static void
test_exempt_words(void **state)
{
	char text[SETTING_EXEMPT_TEXT];

	(void)state;
	parses_to("inherit", EXEMPT_INHERIT);
	/* Always there (rule N4). */
	parses_to("none", EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to("partial", EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to(
	    "list", EXEMPTION_BIT(EXEMPT_LIST) | EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to("dsn,null-sender,dsn", EXEMPTION_BIT(EXEMPT_NULL_SENDER) |
					     EXEMPTION_BIT(EXEMPT_DSN) |
					     EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to("all", EXEMPT_ALL);
	setting_exempt_text(EXEMPT_ALL, text);
	assert_string_equal(text,
	    "null-sender,dsn,mdn,acme,auto-submitted,list,resent,calendar,"
	    "partial");
	parses_to(text, EXEMPT_ALL);
	setting_exempt_text(EXEMPT_INHERIT, text);
	assert_string_equal(text, "inherit");
}

static void
test_exempt_others(void **state)
{
	static const char *const bad[] = {"", ",", "dsn,", ",dsn", "dsn,,mdn",
	    "dsn, mdn", "DSN", "lists", "not", "all,dsn", "inherit,dsn"};
	unsigned set = 12345;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(setting_exempt_parse(bad[i], &set), -1);
	assert_int_equal(set, 12345);
}

/* Every set of exemptions reads back, with partial in it. */
static void
test_exempt_sets(void **state)
{
	char text[SETTING_EXEMPT_TEXT];

	(void)state;
	for (unsigned set = 2; set <= EXEMPT_ALL; set += 2) {
		setting_exempt_text(set, text);
		parses_to(text, set | EXEMPT_ALWAYS);
	}
	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++) {
		const char *name = setting_exemption_name((enum exemption)e);

		assert_int_equal(setting_exemption_find(name, strlen(name)), e);
	}
	assert_int_equal(setting_exemption_find("dsn", 2), EXEMPT_NOT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_switch_words),
	    cmocka_unit_test(test_encrypt_words),
	    cmocka_unit_test(test_own_problem_words),
	    cmocka_unit_test(test_algorithm_words),
	    cmocka_unit_test(test_exempt_words),
	    cmocka_unit_test(test_exempt_others),
	    cmocka_unit_test(test_exempt_sets),
	};

	return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
