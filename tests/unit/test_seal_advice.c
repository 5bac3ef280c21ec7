/* What is said about each kind of change. */
#include "unit/unit.h"

#include <string.h>

#include "admin/seal_advice.h"

static struct seal_findings findings;

static void
find(enum seal_change change, bool benign)
{
	findings.at[findings.count++] = (struct seal_finding){
	    .change = change, .part = "1", .benign = benign};
}

/* The words of which there is one in each sentence, in this order. */
static void
check_advice(enum smime_integrity was, enum smime_integrity now,
    const char *const *wanted)
{
	const struct seal_advice_case c = {
	    .was = was, .now = now, .findings = &findings};
	const char *out[SEAL_ADVICE_MAX];
	size_t count = seal_advice(&c, out), i;

	for (i = 0; i < count && wanted[i]; i++)
		if (!strstr(out[i], wanted[i]))
			fail_msg("no \"%s\" in \"%s\"", wanted[i], out[i]);
	assert_int_equal(i, count);
	assert_null(wanted[i]);
	findings.count = 0;
}

/* Whatever is found, something is said; a word that tells which. */
static void
test_each(void **state)
{
	static const char *const words[] = {
	    [SEAL_WRAPPED] = "mailing list",
	    [SEAL_UNPROTECTED] = "S/MIME layer",
	    [SEAL_TEXT_APPENDED] = "disclaimer",
	    [SEAL_TEXT_PREPENDED] = "disclaimer",
	    [SEAL_TEXT_INSERTED] = "disclaimer",
	    [SEAL_PART_ADDED] = "disclaimer",
	    [SEAL_PART_REMOVED] = "attachment filter",
	    [SEAL_TEXT_CUT] = "attachment filter",
	    [SEAL_TEXT_CHANGED] = "rewrites",
	    [SEAL_RE_ENCODED] = "signature = \"opaque\"",
	    [SEAL_WHITE_SPACE] = "\"opaque\"",
	    [SEAL_LINE_ENDS] = "\"opaque\"",
	    [SEAL_HEADER_CHANGED] = "header of a part",
	    [SEAL_SIGNATURE_CHANGED] = "another one",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		find((enum seal_change)i, false);
		check_advice(INTEGRITY_INTACT, INTEGRITY_BROKEN,
		    (const char *const[]){words[i], NULL});
		find((enum seal_change)i, true);
		check_advice(INTEGRITY_INTACT, INTEGRITY_INTACT,
		    (const char *const[]){NULL});
	}
}

static void
test_several(void **state)
{
	(void)state;
	find(SEAL_TEXT_APPENDED, false);
	find(SEAL_PART_ADDED, false);
	find(SEAL_RE_ENCODED, false);
	check_advice(INTEGRITY_INTACT, INTEGRITY_BROKEN,
	    (const char *const[]){"disclaimer", "transfer encoding", NULL});
	find(SEAL_AFTER_END, false);
	find(SEAL_BEFORE_START, false);
	check_advice(INTEGRITY_INTACT, INTEGRITY_INTACT,
	    (const char *const[]){
		"outside of what is signed", "disclaimer", NULL});
	/* The footer of a list comes with what is around the message. */
	find(SEAL_WRAPPED, false);
	find(SEAL_PART_ADDED, false);
	find(SEAL_TEXT_CHANGED, false);
	check_advice(INTEGRITY_INTACT, INTEGRITY_NONE,
	    (const char *const[]){"mailing list", "rewrites", NULL});
	find(SEAL_UNPROTECTED, false);
	find(SEAL_PART_REMOVED, false);
	find(SEAL_HEADER_CHANGED, false);
	check_advice(INTEGRITY_INTACT, INTEGRITY_NONE,
	    (const char *const[]){"S/MIME layer", NULL});
}

static void
test_first_file(void **state)
{
	(void)state;
	check_advice(INTEGRITY_BROKEN, INTEGRITY_BROKEN,
	    (const char *const[]){"there before", NULL});
	check_advice(INTEGRITY_BROKEN, INTEGRITY_INTACT,
	    (const char *const[]){"right order", NULL});
	check_advice(
	    INTEGRITY_NONE, INTEGRITY_NONE, (const char *const[]){NULL});
}

/* More kinds than there is room for. */
static void
test_limit(void **state)
{
	(void)state;
	find(SEAL_TEXT_APPENDED, false);
	find(SEAL_TEXT_CUT, false);
	find(SEAL_TEXT_CHANGED, false);
	find(SEAL_RE_ENCODED, false);
	find(SEAL_WHITE_SPACE, false);
	find(SEAL_HEADER_CHANGED, false);
	find(SEAL_SIGNATURE_CHANGED, false);
	check_advice(INTEGRITY_INTACT, INTEGRITY_BROKEN,
	    (const char *const[]){"disclaimer", "attachment filter", "rewrites",
		"transfer encoding", "blanks", "header of a part", NULL});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_first_file),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
