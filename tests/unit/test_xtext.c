/* Logins as Sendmail 8.17 was seen to write them. */
#include "unit/unit.h"

#include <stdlib.h>

#include "mail/xtext.h"

static void
check(const char *text, const char *wanted)
{
	char *got = xtext_decode(text);

	if (wanted)
		assert_string_equal(got, wanted);
	else
		assert_null(got);
	free(got);
}

static void
test_decode(void **state)
{
	(void)state;
	check("", "");
	check("alice@example.org", "alice@example.org");
	check("frank+2Ba+3Db@example.org", "frank+a=b@example.org");
	check("+2B+2b+20", "++ ");
	check("gr+C3+BC+C3+9Fe", "gr\xc3\xbc\xc3\x9f"
				 "e");
	check("+2B2B", "+2B");
}

static void
test_malformed(void **state)
{
	(void)state;
	check("+", NULL);
	check("a+", NULL);
	check("a+2", NULL);
	check("a+2@b", NULL);
	check("a+xy", NULL);
	check("a++2B", NULL);
	check("a+00b", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests_name("xtext", tests, NULL, NULL);
}
