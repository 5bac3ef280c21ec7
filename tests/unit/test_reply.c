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

/* Who is refused is told what was found instead of what is asked. */
static void
test_unmet(void **state)
{
	struct certificate signer = {.level = CERTIFICATE_LEVEL_MAILBOX};
	struct smime_verdict verdict = {.detail = ""};
	struct job_reply reply;

	(void)state;
	reply_unmet(&reply, REASON_MUST_BE_SIGNED, "bob@example.net", &verdict);
	assert_string_equal(reply.extended, "5.7.61");
	assert_string_equal(reply.text,
	    "bob@example.net: mail from you is taken here only with a valid "
	    "S/MIME signature of the address in From; sign it and send it "
	    "again");
	verdict.status = SMIME_ALTERED;
	verdict.detail = "the digest differs";
	reply_unmet(&reply, REASON_MUST_BE_SIGNED, NULL, &verdict);
	assert_string_equal(reply.text,
	    "mail from you is taken here only with a valid S/MIME signature "
	    "of the address in From; sign it and send it again (this one: "
	    "altered, the digest differs)");
	verdict.status = SMIME_EXPIRED;
	verdict.detail = "";
	reply_unmet(&reply, REASON_MUST_BE_SIGNED, NULL, &verdict);
	assert_non_null(strstr(reply.text, "again (this one: expired)"));
	verdict.status = SMIME_VALID;
	verdict.signer = &signer;
	reply_unmet(&reply, REASON_LEVEL_TOO_LOW, NULL, &verdict);
	assert_string_equal(reply.extended, "5.7.63");
	assert_non_null(strstr(reply.text, "level (this one: mailbox)"));
	reply_unmet(&reply, REASON_MUST_BE_ENCRYPTED, NULL, &verdict);
	assert_string_equal(reply.extended, "5.7.62");
	assert_null(strstr(reply.text, "this one"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_foreign_text),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_unmet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
