/* What a mistyped word was meant to be. */
#include "unit/unit.h"

#include "base/suggest.h"

static const char *const words[] = {
    "domain", "user", "key", "cert", "contact", NULL, "message"};

#define COUNT (sizeof(words) / sizeof(*words))

static void
test_typing_mistakes(void **state)
{
	(void)state;
	assert_string_equal(suggest("domian", words, COUNT), "domain");
	assert_string_equal(suggest("usr", words, COUNT), "user");
	assert_string_equal(suggest("keys", words, COUNT), "key");
	assert_string_equal(suggest("mesage", words, COUNT), "message");
	assert_string_equal(suggest("contract", words, COUNT), "contact");
}

static void
test_nothing_near(void **state)
{
	(void)state;
	assert_null(suggest("frobnicate", words, COUNT));
	assert_null(suggest("", words, COUNT));
	assert_null(suggest("x", words, 0));
}

static void
test_longest_word(void **state)
{
	static const char word32[] = "abcdefghijklmnopqrstuvwxyzabcdef";
	static const char word33[] = "abcdefghijklmnopqrstuvwxyzabcdefg";
	const char *const one[] = {word32};

	(void)state;
	assert_string_equal(suggest(word32, one, 1), word32);
	assert_null(suggest(word33, one, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_typing_mistakes),
	    cmocka_unit_test(test_nothing_near),
	    cmocka_unit_test(test_longest_word),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
