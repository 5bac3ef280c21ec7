/* What servers announce. */
#include "unit/unit.h"

#include "relay/smtp_extensions.h"

static struct smtp_extensions
announce(const char *const *lines)
{
	struct smtp_extensions extensions = {0};

	for (; *lines; lines++)
		smtp_extensions_add(&extensions, slice_text(*lines));
	return extensions;
}

/* As Postfix 3.7 and Sendmail 8.17 write them. */
static void
test_real_servers(void **state)
{
	static const char *const postfix[] = {"PIPELINING", "SIZE 10240000",
	    "VRFY", "ETRN", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN",
	    "SMTPUTF8", "CHUNKING", NULL};
	static const char *const sendmail[] = {"ENHANCEDSTATUSCODES",
	    "PIPELINING", "EXPN", "VERB", "8BITMIME", "SIZE", "DSN",
	    "AUTH PLAIN LOGIN", "DELIVERBY", "HELP", NULL};
	struct smtp_extensions e;

	(void)state;
	e = announce(postfix);
	assert_int_equal(e.has, SMTP_PIPELINING | SMTP_SIZE | SMTP_8BITMIME |
				    SMTP_DSN | SMTP_SMTPUTF8);
	assert_int_equal(e.size_max, 10240000);
	e = announce(sendmail);
	assert_int_equal(e.has, SMTP_PIPELINING | SMTP_SIZE | SMTP_8BITMIME |
				    SMTP_DSN | SMTP_DELIVERBY);
	assert_int_equal(e.size_max, 0);
}

static void
test_spellings(void **state)
{
	static const char *const lines[] = {
	    "dsn", "Pipelining", "8bitmime ", "smtputf8 x", "requiretls", NULL};
	static const char *const others[] = {
	    "", " DSN", "DSN2", "XDSN", "DSN=1", "8BITMIME\t", NULL};

	(void)state;
	assert_int_equal(
	    announce(lines).has, SMTP_DSN | SMTP_PIPELINING | SMTP_8BITMIME |
				     SMTP_SMTPUTF8 | SMTP_REQUIRETLS);
	assert_int_equal(announce(others).has, 0);
}

static uint64_t
size_of(const char *line)
{
	const char *const lines[] = {line, NULL};
	struct smtp_extensions e = announce(lines);

	assert_int_equal(e.has, SMTP_SIZE);
	return e.size_max;
}

static void
test_size(void **state)
{
	static const char *const several[] = {
	    "SIZE 300", "SIZE 100", "SIZE 200", "SIZE", "SIZE 0", NULL};

	(void)state;
	assert_int_equal(size_of("SIZE 1"), 1);
	assert_int_equal(size_of("size  007 "), 7);
	assert_int_equal(size_of("SIZE 0"), 0);
	assert_int_equal(size_of("SIZE"), 0);
	assert_int_equal(size_of("SIZE -1"), 0);
	assert_int_equal(size_of("SIZE 1e6"), 0);
	assert_int_equal(size_of("SIZE 1 2"), 0);
	assert_true(size_of("SIZE 18446744073709551615") == UINT64_MAX);
	assert_int_equal(size_of("SIZE 18446744073709551616"), 0);
	assert_int_equal(size_of("SIZE 99999999999999999999"), 0);
	assert_int_equal(size_of("SIZE 000000000000000000001"), 0);
	assert_int_equal(announce(several).size_max, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_real_servers),
	    cmocka_unit_test(test_spellings),
	    cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests_name(
	    "smtp_extensions", tests, NULL, NULL);
}
