/* Errors: one line, of a class, cut to fit, and OpenSSL's queue left clean. */
#include "unit/unit.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/err.h"

static void
test_set(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(
	    err_set(&err, ERR_POLICY, "%s: no %d", "alice", 7), -1);
	assert_int_equal(err.class, ERR_POLICY);
	assert_string_equal(err.text, "alice: no 7");
}

static void
test_errno(void **state)
{
	struct err err;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(
	    err_set_errno(&err, ERR_TEMPORARY, "%s", "/var/tmp"), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_string_equal(err.text, "/var/tmp: No space left on device");
}

static void
test_prefix(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_NOT_FOUND, "no such user");
	assert_int_equal(err_prefix(&err, "order %d", 3), -1);
	assert_string_equal(err.text, "order 3: no such user");
	assert_int_equal(err.class, ERR_NOT_FOUND);
}

/* Too long is cut, never overrun, and stays a C string. */
static void
test_cut(void **state)
{
	char long_text[2 * ERR_TEXT_MAX];
	struct err err;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	err_set(&err, ERR_PERMANENT, "%s", long_text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	err_prefix(&err, "%s", long_text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	errno = EIO;
	err_set_errno(&err, ERR_TEMPORARY, "%s", long_text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
	err_set_crypto(&err, ERR_PERMANENT, "%s", long_text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
test_crypto(void **state)
{
	struct err err;

	(void)state;
	ERR_clear_error();
	ERR_raise_data(ERR_LIB_EVP, EVP_R_BAD_DECRYPT, "of %s", "a key");
	ERR_raise(ERR_LIB_EVP, EVP_R_UNSUPPORTED_ALGORITHM);
	assert_int_equal(
	    err_set_crypto(&err, ERR_PERMANENT, "cannot open"), -1);
	assert_string_equal(err.text,
	    "cannot open: bad decrypt of a key, unsupported algorithm");
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(ERR_peek_error(), 0);
	err_set_crypto(&err, ERR_BUG, "nothing in the queue");
	assert_string_equal(err.text, "nothing in the queue");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_errno),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_crypto),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
