/* What is a comment, and where it ends. */
#include "unit/unit.h"

#include "mail/comment.h"

/* text begins with a comment, behind which there is rest; NULL: it has no
 * end. */
static void
ends_before(const char *text, const char *rest)
{
	size_t pos = 0;
	bool has_end = comment_skip(slice_text(text), &pos);

	assert_int_equal(has_end, rest != NULL);
	assert_string_equal(text + pos, rest ? rest : "");
}

static void
test_ends(void **state)
{
	(void)state;
	ends_before("()", "");
	ends_before("(a) b", " b");
	ends_before("(a)(b)", "(b)");
	ends_before("(a (b) c) d", " d");
	ends_before("((((a))))b", "b");
	ends_before("(\\)) a", " a");
	ends_before("(\\() a", " a");
	ends_before("(\\\\) a", " a");
	ends_before("(\") a", " a");
	ends_before("(a\r\n b) c", " c");
}

static void
test_without_end(void **state)
{
	(void)state;
	ends_before("(", NULL);
	ends_before("(a", NULL);
	ends_before("((a)", NULL);
	ends_before("(a\\)", NULL);
	ends_before("(a\\", NULL);
}

/* From where it begins; NUL is an octet like others. */
static void
test_in_the_middle(void **state)
{
	static const char text[] = "a) (b\0) c";
	struct slice s = slice_make(text, sizeof(text) - 1);
	size_t pos = 3;

	(void)state;
	assert_true(comment_skip(s, &pos));
	assert_int_equal(pos, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_without_end),
	    cmocka_unit_test(test_in_the_middle),
	};

	return cmocka_run_group_tests_name("comment", tests, NULL, NULL);
}
