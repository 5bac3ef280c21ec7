/* Parameters of MAIL and RCPT, as mail servers hand them on. */
#include "unit/unit.h"

#include "mail/esmtp.h"

/* value NULL: there is none. */
static void
has(const char *parameters, const char *name, const char *value)
{
	struct slice got = esmtp_parameter(slice_text(parameters), name);

	if (!value) {
		assert_null(got.data);
		assert_int_equal(got.len, 0);
		return;
	}
	assert_non_null(got.data);
	assert_true(slice_equal(got, slice_text(value)));
}

static void
test_found(void **state)
{
	(void)state;
	has("BODY=7BIT", "BODY", "7BIT");
	has("SIZE=9 body=8BitMime RET=HDRS", "BODY", "8BitMime");
	has("ENVID=a=b", "ENVID", "a=b");
	has("BODY=", "BODY", "");
	has("  BODY=7BIT  ", "BODY", "7BIT");
	has("BODY=7BIT BODY=8BITMIME", "BODY", "7BIT");
}

static void
test_missing(void **state)
{
	(void)state;
	has("", "BODY", NULL);
	has("BODY", "BODY", NULL);
	has("SMTPUTF8 X-BODY=7BIT", "BODY", NULL);
	has("BODYX=7BIT", "BODY", NULL);
	has("ENVID=BODY=7BIT", "BODY", NULL);
}

static void
test_has(void **state)
{
	struct slice s = slice_text("SIZE=9 body=7bit BODY=8BITMIME SMTPUTF8");

	(void)state;
	assert_true(esmtp_has(s, "BODY=7BIT"));
	assert_true(esmtp_has(s, "BODY=8BITMIME"));
	assert_true(esmtp_has(s, "smtputf8"));
	assert_false(esmtp_has(s, "BODY"));
	assert_false(esmtp_has(s, "SIZE=99"));
	assert_false(esmtp_has(slice_text(""), "BODY=7BIT"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_found),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_has),
	};

	return cmocka_run_group_tests_name("esmtp", tests, NULL, NULL);
}
