/* Inheritance of settings: the most specific level that speaks wins. */
#include "unit/unit.h"

#include "policy/rules.h"

static void
test_builtin(void **state)
{
	struct setting_level e = policy_effective(NULL, 0);

	(void)state;
	assert_int_equal(e.sign, SWITCH_ON);
	assert_int_equal(e.encrypt, ENCRYPT_OFF);
	assert_int_equal(e.exempt, EXEMPT_ALL);
	assert_int_equal(e.own_problem, OWN_PROBLEM_UNSIGNED);
	assert_int_equal(e.algorithm, ALGORITHM_ANY);
	assert_int_equal(e.decrypt, SWITCH_ON);
	assert_int_equal(e.disclaimer_repeat, DISCLAIMER_REPEAT_ONCE);
	assert_int_equal(e.disclaimer_protected, DISCLAIMER_PROTECTED_PASS);
}

static void
test_levels(void **state)
{
	struct setting_level levels[3] = {
	    {.sign = SWITCH_OFF, .encrypt = ENCRYPT_REQUIRED},
	    {.encrypt = ENCRYPT_IF_POSSIBLE},
	    {.sign = SWITCH_ON},
	};
	struct setting_level e = policy_effective(levels, 3);

	(void)state;
	assert_int_equal(e.sign, SWITCH_ON);
	assert_int_equal(e.encrypt, ENCRYPT_IF_POSSIBLE);
	e = policy_effective(levels, 1);
	assert_int_equal(e.sign, SWITCH_OFF);
	assert_int_equal(e.encrypt, ENCRYPT_REQUIRED);
	e = policy_effective(levels, 2);
	assert_int_equal(e.sign, SWITCH_OFF);
	assert_int_equal(e.encrypt, ENCRYPT_IF_POSSIBLE);
}

static void
test_own_problem(void **state)
{
	const struct setting_level levels[] = {
	    {.own_problem = OWN_PROBLEM_DEFER},
	    {.sign = SWITCH_ON},
	    {.own_problem = OWN_PROBLEM_UNSIGNED},
	};

	(void)state;
	assert_int_equal(
	    policy_effective(levels, 2).own_problem, OWN_PROBLEM_DEFER);
	assert_int_equal(
	    policy_effective(levels, 3).own_problem, OWN_PROBLEM_UNSIGNED);
}

static void
test_algorithm(void **state)
{
	const struct setting_level levels[] = {
	    {.algorithm = ALGORITHM_ED25519},
	    {.encrypt = ENCRYPT_OFF},
	    {.algorithm = ALGORITHM_ANY},
	};

	(void)state;
	assert_int_equal(
	    policy_effective(levels, 2).algorithm, ALGORITHM_ED25519);
	assert_int_equal(policy_effective(levels, 3).algorithm, ALGORITHM_ANY);
}

/* A list replaces the one above, it is not added to it. */
static void
test_exempt(void **state)
{
	const struct setting_level levels[] = {
	    {.exempt = EXEMPTION_BIT(EXEMPT_DSN)},
	    {.exempt = EXEMPT_INHERIT},
	    {.exempt = EXEMPTION_BIT(EXEMPT_LIST)},
	};

	(void)state;
	assert_int_equal(
	    policy_effective(levels, 2).exempt, EXEMPTION_BIT(EXEMPT_DSN));
	assert_int_equal(
	    policy_effective(levels, 3).exempt, EXEMPTION_BIT(EXEMPT_LIST));
}

static void
test_strictest(void **state)
{
	(void)state;
	assert_int_equal(
	    policy_strictest(ENCRYPT_OFF, ENCRYPT_INHERIT), ENCRYPT_OFF);
	assert_int_equal(
	    policy_strictest(ENCRYPT_OFF, ENCRYPT_REQUIRED), ENCRYPT_REQUIRED);
	assert_int_equal(
	    policy_strictest(ENCRYPT_REQUIRED, ENCRYPT_IF_POSSIBLE),
	    ENCRYPT_REQUIRED);
	assert_int_equal(policy_strictest(ENCRYPT_IF_POSSIBLE, ENCRYPT_OFF),
	    ENCRYPT_IF_POSSIBLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_builtin),
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_own_problem),
	    cmocka_unit_test(test_algorithm),
	    cmocka_unit_test(test_exempt),
	    cmocka_unit_test(test_strictest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
