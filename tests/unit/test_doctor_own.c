/* What signer and guard have to agree on; what a report holds. */
#include "unit/unit.h"

#include <string.h>

#include "admin/doctor_own.h"

static struct doctor_own
make_own(const char *key, const char *guard_file, const char *guard_key)
{
	return (struct doctor_own){.file = "/etc/x/smime-milter.conf",
	    .user = "signer",
	    .seal_key = key,
	    .guard_file = guard_file,
	    .guard_user = "watchman",
	    .guard_key = guard_key};
}

/* The word that is found, "" for none, and how many steps mend it. */
static void
expect(const struct doctor_own *own, const char *word, size_t steps)
{
	struct doctor_report r;

	doctor_report_init(&r);
	doctor_own_check(own, &r);
	assert_int_equal(r.count, *word ? 1 : 0);
	if (*word) {
		assert_string_equal(
		    doctor_check_info(r.findings[0].check)->word, word);
		assert_int_equal(r.findings[0].step_count, steps);
	}
	doctor_report_fini(&r);
}

static void
test_keys(void **state)
{
	struct doctor_own own = make_own("", NULL, "");

	(void)state;
	expect(&own, "", 0);
	own = make_own("/a", NULL, "");
	expect(&own, "seal-without-guard", 2);
	own = make_own("/a", "/g", "/b");
	expect(&own, "", 0);
	own.keys_differ = true;
	expect(&own, "guard-key", 1);
	own = make_own("/a", "/g", "");
	expect(&own, "guard-key", 2);
	own = make_own("", "/g", "/b");
	expect(&own, "guard-key", 2);
	own = make_own("", "/g", "");
	expect(&own, "guard-key", 4);
}

/* The copy of a key belongs to whom the configuration says. */
static void
test_key_owner(void **state)
{
	struct doctor_own own = make_own("/a", "/g", "");
	struct doctor_report r;

	(void)state;
	doctor_report_init(&r);
	doctor_own_check(&own, &r);
	assert_string_equal(r.findings[0].steps[0].text,
	    "install -o watchman -m 0400 /a /guard-seal.key");
	doctor_report_fini(&r);
	own = make_own("", "/etc/x/g", "/b");
	doctor_report_init(&r);
	doctor_own_check(&own, &r);
	assert_string_equal(r.findings[0].steps[0].text,
	    "install -o signer -m 0400 /b /etc/x/seal.key");
	doctor_report_fini(&r);
}

/* Every weakness has all that people are told of it. */
static void
test_checks(void **state)
{
	const struct doctor_check_info *a, *b;

	(void)state;
	for (int i = 0; i < CHECK_COUNT; i++) {
		a = doctor_check_info((enum doctor_check)i);
		assert_non_null(a->word);
		assert_true(a->why[strlen(a->why) - 1] == '.');
		for (int k = 0; k < i; k++) {
			b = doctor_check_info((enum doctor_check)k);
			assert_string_not_equal(a->word, b->word);
		}
	}
}

static void
test_report(void **state)
{
	struct doctor_report r;
	size_t n = 0;

	(void)state;
	doctor_report_init(&r);
	for (int i = 0; i < 100; i++)
		n = doctor_find(&r, CHECK_TIME, "here", "%d", i);
	assert_int_equal(n, 99);
	assert_string_equal(r.findings[41].what, "41");
	assert_true(doctor_has(&r, CHECK_TIME, "here"));
	assert_false(doctor_has(&r, CHECK_TIME, "there"));
	assert_false(doctor_has(&r, CHECK_SIZE, "here"));
	for (int i = 0; i < DOCTOR_STEPS_MAX; i++)
		doctor_remedy(&r, n, DOCTOR_SHELL, "step %d", i);
	doctor_instead(&r, n, "x");
	assert_string_equal(r.findings[n].steps[0].text, "step 0");
	assert_null(r.findings[n].steps[0].instead);
	assert_string_equal(
	    r.findings[n].steps[DOCTOR_STEPS_MAX - 1].instead, "x");
	assert_int_equal(doctor_count(&r, DOCTOR_WARNING), 100);
	assert_int_equal(doctor_count(&r, DOCTOR_ERROR), 0);
	assert_string_equal(doctor_quoted(&r, "a=/b:c,d"), "a=/b:c,d");
	assert_string_equal(doctor_quoted(&r, "it's $x"), "'it'\\''s $x'");
	assert_string_equal(doctor_quoted(&r, ""), "''");
	doctor_report_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_key_owner),
	    cmocka_unit_test(test_checks),
	    cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
