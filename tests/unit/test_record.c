/* The lines that people grep for, word by word. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "gateway/record.h"
#include "unit/cert_fixture.h"

static char *folder, *path;
static const struct spool_config spool = {
    .memory = 4096, .max = 4096, .folder = "/tmp"};

static const struct recipient_facts recipients[] = {
    {.address = "bob@example.net", .envelope = "<Bob@example.net>"},
    {.address = NULL, .envelope = "<no at>"},
};
static struct policy_facts facts = {
    .from = "alice@example.org",
    .recipients = recipients,
    .recipient_count = 2,
};
static struct plan plan;
static struct certificate signer;
static struct certificate_list to;
static struct certificate others[RECORD_CERTS + 2];
static struct certificate *listed[RECORD_CERTS + 2];
static struct record record = {
    .queue_id = "4Q", .facts = &facts, .plan = &plan, .recipients = 2};

static int
set_up(void **state)
{
	(void)state;
	folder = fixture_folder();
	path = xasprintf("%s/log", folder);
	memcpy(signer.fingerprint_text, "0123456789abcdef0123", 21);
	for (int i = 0; i < RECORD_CERTS + 2; i++) {
		snprintf(others[i].fingerprint_text, FINGERPRINT_TEXT,
		    "%016d9999", i);
		listed[i] = &others[i];
	}
	to.at = listed;
	return log_open(LOG_TARGET_FILE, LOG_LEVEL_INFO, "p", path);
}

static int
tear_down(void **state)
{
	(void)state;
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, "p", NULL);
	fixture_folder_remove(folder);
	free(path);
	return 0;
}

static int
before_each(void **state)
{
	(void)state;
	plan = (struct plan){.direction = PLAN_OUTBOUND,
	    .action = PLAN_PROTECT,
	    .recipient = PLAN_NO_RECIPIENT};
	record.signer = NULL;
	record.opaque = NULL;
	record.algorithm = NULL;
	record.to = NULL;
	record.triggers = NULL;
	return 0;
}

/* The only line since the last call, without its time. */
static void
check(const char *wanted)
{
	struct buf in;
	struct err err;

	buf_init(&in, 65536);
	assert_int_equal(io_read_file(path, &in, &err), 0);
	assert_int_equal(truncate(path, 0), 0);
	if (*wanted) {
		assert_true(in.len > 24);
		assert_string_equal(buf_text(&in) + 24, wanted);
	} else {
		assert_int_equal(in.len, 0);
	}
	buf_fini(&in);
}

static void
test_signed(void **state)
{
	(void)state;
	plan.sign = true;
	plan.encrypt_reason = REASON_ENCRYPTION_OFF;
	record.signer = &signer;
	record_plan(&record);
	check("4Q: signed from=alice@example.org nrcpt=2 "
	      "cert=0123456789abcdef encrypt=no "
	      "encrypt-reason=encryption-off\n");
	plan.encrypt_reason = REASON_NO_CERTIFICATE;
	plan.recipient = 0;
	record.opaque = "inner-signature";
	record.algorithm = "rsa-pss-sha256";
	record_plan(&record);
	check("4Q: signed from=alice@example.org nrcpt=2 "
	      "cert=0123456789abcdef opaque=inner-signature encrypt=no "
	      "encrypt-reason=no-certificate to=bob@example.net "
	      "alg=rsa-pss-sha256\n");
}

/* Names come from the configuration; granted or not. */
static void
test_triggers(void **state)
{
	const char *names[] = {"encrypt", "odd name"};
	struct triggers triggers = {.names = names, .count = 1};
	struct err err;

	(void)state;
	record.triggers = &triggers;
	plan.sign = true;
	plan.encrypt_reason = REASON_ENCRYPTION_OFF;
	record_plan(&record);
	check("4Q: signed from=alice@example.org nrcpt=2 encrypt=no "
	      "encrypt-reason=encryption-off triggers=encrypt\n");
	triggers.count = 2;
	plan.action = PLAN_PASS;
	plan.reason = plan.encrypt_reason = REASON_LIST;
	record_plan(&record);
	check("4Q: passed from=alice@example.org nrcpt=2 reason=list "
	      "triggers=encrypt,odd\\x20name\n");
	record_split(&record);
	check("4Q: split from=alice@example.org nrcpt=2 copies=0 encrypted=0 "
	      "clear=0 refused=0 triggers=encrypt,odd\\x20name\n");
	err_set(&err, ERR_TEMPORARY, "no disk");
	record_deferred(&record, REASON_INTERNAL, &err);
	check("4Q: deferred from=alice@example.org nrcpt=2 reason=internal "
	      "triggers=encrypt,odd\\x20name error=\"no disk\"\n");
}

static void
test_encrypted(void **state)
{
	(void)state;
	plan.encrypt = true;
	plan.sign_reason = REASON_SIGNING_OFF;
	to.count = 1;
	record.to = &to;
	record_plan(&record);
	check("4Q: encrypted from=alice@example.org nrcpt=2 "
	      "certs=0000000000000000 sign=no sign-reason=signing-off\n");
	record.algorithm = "ed25519";
	plan.sign = true;
	plan.sign_reason = REASON_NONE;
	record.signer = &signer;
	to.count = 2;
	record_plan(&record);
	check("4Q: encrypted from=alice@example.org nrcpt=2 "
	      "certs=0000000000000000,0000000000000001 sign=yes "
	      "cert=0123456789abcdef alg=ed25519\n");
}

static void
test_many_certificates(void **state)
{
	(void)state;
	plan.encrypt = plan.sign = true;
	record.signer = &signer;
	record.to = &to;
	to.count = RECORD_CERTS;
	record_plan(&record);
	check("4Q: encrypted from=alice@example.org nrcpt=2 "
	      "certs=0000000000000000,0000000000000001,0000000000000002,"
	      "0000000000000003,0000000000000004,0000000000000005,"
	      "0000000000000006,0000000000000007 sign=yes "
	      "cert=0123456789abcdef\n");
	to.count = RECORD_CERTS + 2;
	record_plan(&record);
	check("4Q: encrypted from=alice@example.org nrcpt=2 "
	      "certs=0000000000000000,0000000000000001,0000000000000002,"
	      "0000000000000003,0000000000000004,0000000000000005,"
	      "0000000000000006,0000000000000007,+2 sign=yes "
	      "cert=0123456789abcdef\n");
}

static void
test_passed_and_refused(void **state)
{
	(void)state;
	plan.action = PLAN_PASS;
	plan.reason = plan.sign_reason = REASON_LIST;
	plan.encrypt_reason = REASON_LIST;
	record_plan(&record);
	check("4Q: passed from=alice@example.org nrcpt=2 reason=list\n");
	plan.encrypt_reason = REASON_BAD_RECIPIENT;
	plan.recipient = 1;
	record_plan(&record);
	check("4Q: passed from=alice@example.org nrcpt=2 reason=list "
	      "encrypt-reason=bad-recipient to=<no\\x20at>\n");
	plan.recipient = PLAN_NO_RECIPIENT;
	plan.reason = plan.sign_reason = REASON_LOGIN_MISMATCH;
	plan.encrypt_reason = REASON_ENCRYPTION_OFF;
	facts.login = "mallory";
	record_plan(&record);
	check("4Q: passed from=alice@example.org nrcpt=2 "
	      "reason=login-mismatch encrypt-reason=encryption-off "
	      "login=mallory\n");
	facts.login = NULL;
	plan.action = PLAN_REFUSE;
	plan.reason = REASON_BCC;
	plan.recipient = 0;
	record_plan(&record);
	check("4Q: refused from=alice@example.org nrcpt=2 reason=bcc "
	      "to=bob@example.net\n");
	plan.action = PLAN_DEFER;
	plan.reason = plan.sign_reason = REASON_OWN_EXPIRED;
	record_plan(&record);
	check("4Q: deferred from=alice@example.org nrcpt=2 "
	      "reason=own-expired\n");
}

/* What would have been done; nobody has looked for certificates. */
static void
test_shadow(void **state)
{
	(void)state;
	plan.shadow = plan.encrypt = plan.sign = true;
	record_plan(&record);
	check("4Q: encrypted from=alice@example.org nrcpt=2 shadow=yes "
	      "sign=yes\n");
	plan.action = PLAN_REFUSE;
	plan.reason = REASON_NO_CERTIFICATE;
	plan.recipient = 0;
	record_plan(&record);
	check("4Q: refused from=alice@example.org nrcpt=2 shadow=yes "
	      "reason=no-certificate to=bob@example.net\n");
}

static void
test_failures(void **state)
{
	struct err err = {ERR_TEMPORARY, "no \"such\" thing"};

	(void)state;
	record.queue_id = NULL;
	record_deferred(&record, REASON_KEYD, &err);
	check("NOQUEUE: deferred from=alice@example.org nrcpt=2 reason=keyd "
	      "error=\"no \\x22such\\x22 thing\"\n");
	record.queue_id = "4Q";
	record_refused(&record, REASON_TOO_LARGE, &err);
	check("4Q: refused from=alice@example.org nrcpt=2 reason=too-large "
	      "error=\"no \\x22such\\x22 thing\"\n");
	record_passed(&record, REASON_INTERNAL, &err);
	check("4Q: passed from=alice@example.org nrcpt=2 reason=internal "
	      "error=\"no \\x22such\\x22 thing\"\n");
}

static void
test_verified(void **state)
{
	struct smime_verdict verdict;

	(void)state;
	smime_verdict_init(&verdict, &spool);
	facts.from = NULL;
	facts.sender = "bounce@example.com";
	record_verified(&record, &verdict);
	check("4Q: verified from=bounce@example.com status=unsigned intact=no "
	      "trusted=no\n");
	verdict.status = SMIME_EXPIRED;
	verdict.detail = "it has expired";
	verdict.intact = verdict.trusted = true;
	verdict.signer = &signer;
	verdict.digest = "sha256";
	facts.sender = NULL;
	record_verified(&record, &verdict);
	check("4Q: verified from= status=expired detail=\"it has expired\" "
	      "signer=0123456789abcdef intact=yes trusted=yes "
	      "digest=sha256\n");
	verdict.signer = NULL;
	smime_verdict_fini(&verdict);
	facts.from = "alice@example.org";
}

static void
test_harvest(void **state)
{
	struct err err = {ERR_TEMPORARY, "locked"};

	(void)state;
	record_harvested("4Q", "bob@example.net", "fedcba98765432100", true);
	check("4Q: harvested from=bob@example.net cert=fedcba9876543210 "
	      "new=yes\n");
	/* No news is of level debug. */
	record_harvested("4Q", "bob@example.net", "fedcba98765432100", false);
	check("");
	record_unlearned("4Q", "bob@example.net", "fedc", "weak", NULL);
	check("");
	record_unlearned("4Q", "bob@example.net", "fedc", "store", &err);
	check("4Q: unlearned from=bob@example.net cert=fedc reason=store "
	      "error=\"locked\"\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_signed, before_each),
	    cmocka_unit_test_setup(test_triggers, before_each),
	    cmocka_unit_test_setup(test_encrypted, before_each),
	    cmocka_unit_test_setup(test_many_certificates, before_each),
	    cmocka_unit_test_setup(test_passed_and_refused, before_each),
	    cmocka_unit_test_setup(test_shadow, before_each),
	    cmocka_unit_test_setup(test_failures, before_each),
	    cmocka_unit_test_setup(test_verified, before_each),
	    cmocka_unit_test_setup(test_harvest, before_each),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
