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
		envelope_set_sender(&e, rows[i].path, NULL);
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
		envelope_add_recipient(&e, paths[i], NULL, NULL);
	envelope_unique(&e);
	/* What cannot be read is not the same as anything. */
	assert_int_equal(e.count, sizeof(left) / sizeof(*left));
	for (size_t i = 0; i < e.count; i++)
		assert_string_equal(e.recipients[i].path, left[i]);
	assert_null(e.recipients[2].address);
	/* A spelling that is the same is no other name. */
	assert_int_equal(e.recipients[0].alias_count, 2);
	assert_string_equal(e.recipients[0].aliases[0], "<BOB@Example.com>");
	assert_string_equal(e.recipients[0].aliases[1], "bob@example.com");
	for (size_t i = 1; i < e.count; i++)
		assert_int_equal(e.recipients[i].alias_count, 0);
	envelope_fini(&e);
}

/* What Postfix knows a source route by; elsewhere the path is enough. */
static void
test_source_routes(void **state)
{
	struct envelope e;

	(void)state;
	envelope_init(&e);
	envelope_add_recipient(
	    &e, "<bob@example.com>", NULL, "bob@example.com");
	envelope_add_recipient(
	    &e, "<@relay.example:carol@example.com>", "", "carol@example.com");
	envelope_add_recipient(
	    &e, "<@relay.example:BOB@example.com>", NULL, "BOB@example.com");
	envelope_add_recipient(
	    &e, "<@relay.example:dave@example.com>", NULL, NULL);
	envelope_add_recipient(&e, "", NULL, "erin@example.com");
	envelope_unique(&e);
	assert_int_equal(e.count, 4);
	assert_int_equal(e.recipients[0].alias_count, 2);
	assert_string_equal(
	    e.recipients[0].aliases[0], "<@relay.example:BOB@example.com>");
	assert_string_equal(e.recipients[0].aliases[1], "BOB@example.com");
	assert_int_equal(e.recipients[1].alias_count, 1);
	assert_string_equal(e.recipients[1].aliases[0], "carol@example.com");
	assert_int_equal(e.recipients[2].alias_count, 0);
	assert_int_equal(e.recipients[3].alias_count, 0);
	envelope_fini(&e);
}

/* Whose rules count: those of who gets it. */
static void
test_destinations(void **state)
{
	static const struct {
		const char *path, *resolved, *address, *other;
	} rows[] = {
	    {"<bob%example.net@example.org>", "Bob@Example.net",
		"bob@example.net", NULL},
	    {"<example.net!bob@example.org>", "bob@example.net",
		"bob@example.net", NULL},
	    {"<\"bob@example.net\"@example.org>", "bob@example.net",
		"bob@example.net", NULL},
	    {"<example.net!bob>", "bob@example.net", "bob@example.net", NULL},
	    {"<carol>", "carol@example.org", "carol@example.org", NULL},
	    {"<carol>", "carol", NULL, NULL},
	    {"<carol>", NULL, NULL, NULL},
	    {"<a%b@example.com>", "a%b@example.com", "a%b@example.com", NULL},
	    {"<a%b@example.com>", "nobody", "a%b@example.com", NULL},
	    {"<a%b@example.com>", NULL, "a%b@example.com", NULL},
	    /* What a table of aliases says is not asked. */
	    {"<sales@example.org>", "Bob@Example.net", "sales@example.org",
		"bob@example.net"},
	    {"<Sales@example.org>", "sales@EXAMPLE.org", "sales@example.org",
		NULL},
	};
	struct envelope e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		envelope_init(&e);
		envelope_add_recipient(
		    &e, rows[i].path, NULL, rows[i].resolved);
		if (rows[i].address)
			assert_string_equal(
			    e.recipients[0].address, rows[i].address);
		else
			assert_null(e.recipients[0].address);
		if (rows[i].other)
			assert_string_equal(
			    e.recipients[0].resolved, rows[i].other);
		else
			assert_null(e.recipients[0].resolved);
		envelope_fini(&e);
	}
}

/* A copy is known again by what its envelope says, and one who is named twice
 * gets one. */
static void
test_destinations_join(void **state)
{
	struct envelope e;

	(void)state;
	envelope_init(&e);
	envelope_add_recipient(&e, "<carol>", NULL, "carol@example.org");
	envelope_add_recipient(
	    &e, "<carol@example.org>", NULL, "carol@example.org");
	envelope_unique(&e);
	assert_int_equal(e.count, 1);
	assert_string_equal(e.recipients[0].path, "<carol>");
	assert_string_equal(e.recipients[0].name, "carol");
	assert_int_equal(e.recipients[0].alias_count, 1);
	assert_string_equal(e.recipients[0].aliases[0], "<carol@example.org>");
	envelope_fini(&e);
}

static void
test_parameters(void **state)
{
	struct envelope e;

	(void)state;
	envelope_init(&e);
	assert_null(e.sender_path);
	envelope_set_sender(&e, "<A@example.org>", "RET=HDRS ENVID=x+20y");
	assert_string_equal(e.sender_path, "<A@example.org>");
	assert_string_equal(e.parameters, "RET=HDRS ENVID=x+20y");
	envelope_set_sender(&e, "<>", NULL);
	assert_string_equal(e.sender_path, "<>");
	assert_string_equal(e.parameters, "");
	envelope_add_recipient(
	    &e, "<bob@example.com>", "NOTIFY=NEVER ORCPT=rfc822;b", NULL);
	envelope_add_recipient(&e, "<Bob@example.com>", "NOTIFY=SUCCESS", NULL);
	envelope_unique(&e);
	assert_int_equal(e.count, 1);
	assert_string_equal(
	    e.recipients[0].parameters, "NOTIFY=NEVER ORCPT=rfc822;b");
	envelope_fini(&e);
}

/* As many names as there may be recipients. */
static void
test_many_aliases(void **state)
{
	struct envelope e;
	char path[64];

	(void)state;
	envelope_init(&e);
	for (unsigned i = 0; i < LIMIT_RECIPIENTS; i++) {
		snprintf(
		    path, sizeof(path), "<@r%u.example:bob@example.com>", i);
		envelope_add_recipient(&e, path, NULL, "bob@example.com");
	}
	envelope_unique(&e);
	assert_int_equal(e.count, 1);
	/* What all of them resolve to is one name. */
	assert_int_equal(e.recipients[0].alias_count, LIMIT_RECIPIENTS);
	envelope_fini(&e);
	/* Two names, over and over. */
	envelope_init(&e);
	for (unsigned i = 0; i < LIMIT_RECIPIENTS; i++)
		envelope_add_recipient(&e,
		    i % 2 ? "<BOB@example.com>" : "bob@example.com", NULL,
		    NULL);
	envelope_unique(&e);
	assert_int_equal(e.count, 1);
	assert_string_equal(e.recipients[0].path, "bob@example.com");
	assert_int_equal(e.recipients[0].alias_count, 1);
	assert_string_equal(e.recipients[0].aliases[0], "<BOB@example.com>");
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
		envelope_add_recipient(&e, path, NULL, NULL);
	}
	assert_false(e.over_limit);
	assert_int_equal(e.count, LIMIT_RECIPIENTS);
	envelope_add_recipient(&e, "<one-more@example.com>", NULL, NULL);
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
	    cmocka_unit_test(test_source_routes),
	    cmocka_unit_test(test_destinations),
	    cmocka_unit_test(test_destinations_join),
	    cmocka_unit_test(test_parameters),
	    cmocka_unit_test(test_many_aliases),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
