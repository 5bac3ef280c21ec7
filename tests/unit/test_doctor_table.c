/* Rules of header_checks that do away with our fields. */
#include "unit/unit.h"

#include <string.h>

#include "admin/doctor_table.h"
#include "base/buf.h"
#include "base/limits.h"

static void
hit(const char *text, unsigned first, unsigned last, const char *field)
{
	struct doctor_rule rule;

	assert_true(doctor_table_find(slice_text(text), &rule));
	assert_int_equal(rule.first, first);
	assert_int_equal(rule.last, last);
	assert_memory_equal(rule.field, field, strlen(field));
}

static void
miss(const char *text)
{
	struct doctor_rule rule;

	assert_false(doctor_table_find(slice_text(text), &rule));
}

static void
test_hits(void **state)
{
	(void)state;
	hit("/^X-SMIME-/ IGNORE", 1, 1, "X-SMIME-Status");
	hit("# a comment\n\n/^x-smime-seal:/ REJECT no\n", 3, 3,
	    "X-SMIME-Seal");
	hit("/^Subject: x/ REJECT\n/^Authentication-Results:/\n\tSTRIP\n", 2, 3,
	    "Authentication-Results");
	hit("/name=.*\\.(exe|p7m)\"/ REJECT", 1, 1, "Content-Type");
	hit("!/^Received:/ IGNORE", 1, 1, "X-SMIME-Status");
	hit("/^MIME-Version/ 550 no", 1, 1, "MIME-Version");
	hit("/^X-\\/|MIME-Version/ DISCARD", 1, 1, "MIME-Version");
}

static void
test_misses(void **state)
{
	(void)state;
	miss("");
	miss("/^X-SMIME-/ WARN");
	miss("/^X-SMIME-/ PREPEND X-Seen: yes");
	miss("/^x-smime-/i IGNORE"); /* i: it cares for case */
	miss("/^X-Spam/ IGNORE\n/name=.*\\.exe\"/ REJECT");
	miss("if /^X-SMIME/\nendif\n/unfinished");
	miss("/(/ IGNORE");
	miss("/^X-SMIME/");
	miss("/");
	miss("!");
	miss("/a\\");
}

/* Nothing that can take any time: neither compiled nor tried. */
static void
test_costly(void **state)
{
	char text[4096];

	(void)state;
	miss("/(X{1,99}){1,99}-?/ IGNORE");
	miss("/(X)-SMIME|\\1/ IGNORE");
	memset(text, 'X', sizeof(text));
	memcpy(text, "/X-SMIME|", 9);
	memcpy(text + sizeof(text) - 9, "/ IGNORE", 9);
	miss(text);
}

static void
test_limit(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	for (unsigned i = 1; i < LIMIT_DOCTOR_RULES; i++)
		buf_add_text(&text, "#\n");
	buf_add_text(&text, "/^X-SMIME/ IGNORE\n");
	hit(buf_text(&text), LIMIT_DOCTOR_RULES, LIMIT_DOCTOR_RULES,
	    "X-SMIME-Status");
	buf_clear(&text);
	for (unsigned i = 0; i < LIMIT_DOCTOR_RULES; i++)
		buf_add_text(&text, "#\n");
	buf_add_text(&text, "/^X-SMIME/ IGNORE\n");
	miss(buf_text(&text));
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hits),
	    cmocka_unit_test(test_misses),
	    cmocka_unit_test(test_costly),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
