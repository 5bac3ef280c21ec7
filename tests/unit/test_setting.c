/* Words of settings read back as what they were written for. */
#include "unit/unit.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_switch_words),
	    cmocka_unit_test(test_encrypt_words),
	};

	return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
