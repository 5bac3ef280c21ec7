/* Fingerprints as people give them. */
#include "unit/unit.h"

#include <string.h>

#include "admin/fingerprint.h"

#define FULL "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
reads(const char *text, const char *expected)
{
	char out[FINGERPRINT_TEXT] = "untouched";
	struct err err = {0};

	if (fingerprint_read(text, out, &err) != VERB_DONE)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(out, expected);
}

static void
test_read(void **state)
{
	(void)state;
	reads("01234567", "01234567");
	reads("ABCDEFab", "abcdefab");
	reads("AB:CD:EF:01:23", "abcdef0123");
	reads(FULL, FULL);
	/* As openssl x509 -fingerprint prints it. */
	reads("01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:"
	      "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF",
	    FULL);
}

static void
test_wrong(void **state)
{
	static const char *const wrong[] = {"", ":", "0123456", "012345:6",
	    "0123456g", "012345 67", "0x01234567", "-01234567", FULL "0",
	    FULL ":0", "bob.pem", "./01234567"};
	char out[FINGERPRINT_TEXT] = "untouched";
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(
		    fingerprint_read(wrong[i], out, &err), VERB_USAGE);
		assert_string_equal(out, "untouched");
		assert_non_null(strstr(err.text, "8 hexadecimal digits"));
	}
}

static void
test_fits(void **state)
{
	(void)state;
	assert_true(fingerprint_fits(FULL, "01234567"));
	assert_true(fingerprint_fits(FULL, FULL));
	assert_false(fingerprint_fits(FULL, "01234568"));
	assert_false(fingerprint_fits(FULL, "12345678"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
