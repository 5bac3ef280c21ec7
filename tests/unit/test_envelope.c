/* Sender and recipients: spellings, duplicates, limits. */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/envelope.h"

static void
test_sender(void **state)
{
	static const struct {
		const char *path;
		const char *sender;
		bool is_null;
	} rows[] = {
	    {"<Alice@Example.ORG>", "alice@example.org", false},
	    {"alice@example.org", "alice@example.org", false},
	    {"<>", NULL, true},
	    {"", NULL, true}, /* sendmail -t through Postfix */
	    {"<no at>", NULL, false},
	    {"<@relay.example:alice@example.org>", "alice@example.org", false},
	};
	struct envelope e;

	(void)state;
	envelope_init(&e);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		envelope_set_sender(&e, rows[i].path);
		assert_int_equal(e.null_sender, rows[i].is_null);
		if (rows[i].sender)
			assert_string_equal(e.sender, rows[i].sender);
		else
			assert_null(e.sender);
	}
	envelope_fini(&e);
}

static void
test_unique(void **state)
{
	static const char *const paths[] = {"<bob@example.com>",
	    "<carol@example.com>", "<BOB@Example.com>", "<bad", "<also bad>",
	    "bob@example.com", "<bad", "<dave@example.net>"};
	static const char *const left[] = {"<bob@example.com>",
	    "<carol@example.com>", "<bad", "<also bad>", "<bad",
	    "<dave@example.net>"};
	struct envelope e;

	(void)state;
	envelope_init(&e);
	envelope_unique(&e);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		envelope_add_recipient(&e, paths[i]);
	envelope_unique(&e);
	/* What cannot be read is not the same as anything. */
	assert_int_equal(e.count, sizeof(left) / sizeof(*left));
	for (size_t i = 0; i < e.count; i++)
		assert_string_equal(e.recipients[i].path, left[i]);
	assert_null(e.recipients[2].address);
	envelope_fini(&e);
}

static void
test_limit(void **state)
{
	struct envelope e;
	char path[64];

	(void)state;
	envelope_init(&e);
	for (unsigned i = 0; i < LIMIT_RECIPIENTS; i++) {
		snprintf(path, sizeof(path), "<user%u@example.com>", i);
		envelope_add_recipient(&e, path);
	}
	assert_false(e.over_limit);
	assert_int_equal(e.count, LIMIT_RECIPIENTS);
	envelope_add_recipient(&e, "<one-more@example.com>");
	assert_true(e.over_limit);
	assert_int_equal(e.count, LIMIT_RECIPIENTS);
	envelope_fini(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sender),
	    cmocka_unit_test(test_unique),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
