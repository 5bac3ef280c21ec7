/* What a refused sender reads, whatever the recipient is called. */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "gateway/reply.h"

static void
test_text(void **state)
{
	struct job_reply reply;

	(void)state;
	reply_fill(&reply, REASON_NO_CERTIFICATE, "bob@example.net", NULL);
	assert_string_equal(reply.code, "550");
	assert_string_equal(reply.extended, "5.7.51");
	assert_string_equal(reply.text,
	    "bob@example.net: no certificate, keys not exchanged; ask for a "
	    "signed mail");
	reply_fill(&reply, REASON_RECIPIENT_UNUSABLE, "bob@example.net",
	    "certificate revoked; ask for a new one");
	assert_string_equal(reply.text,
	    "bob@example.net: certificate revoked; ask for a new one");
	reply_fill(&reply, REASON_KEYD, NULL, NULL);
	assert_string_equal(reply.code, "451");
	assert_string_equal(reply.text,
	    "the signing service is not available; try again later");
}

static void
test_foreign_text(void **state)
{
	struct job_reply reply;

	(void)state;
	reply_fill(&reply, REASON_BAD_RECIPIENT,
	    "<%s%n\r\n250 ok\xc3\xa4\x7f\x1b[0m>", "x");
	assert_string_equal(reply.text, "?s?n??250 ok????[0m: x");
	reply_fill(&reply, REASON_BAD_RECIPIENT, "<>", "x");
	assert_string_equal(reply.text, ": x");
	reply_fill(&reply, REASON_BAD_RECIPIENT, ">", "50%\n");
	assert_string_equal(reply.text, ": 50??");
}

static void
test_length(void **state)
{
	char name[1000], advice[1000];
	struct job_reply reply;

	(void)state;
	memset(name, 'n', sizeof(name));
	memset(advice, 'a', sizeof(advice));
	name[sizeof(name) - 1] = advice[sizeof(advice) - 1] = '\0';
	reply_fill(&reply, REASON_BCC, name, NULL);
	/* The reason is there all the same. */
	assert_non_null(strstr(reply.text, "n: a blind copy"));
	reply_fill(&reply, REASON_BCC, name, advice);
	assert_int_equal(strlen(reply.text), REPLY_TEXT_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_foreign_text),
	    cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
