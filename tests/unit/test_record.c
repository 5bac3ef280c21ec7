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
#include "gateway/record_inbound.h"
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

/* The only lines since the last call, without their times; "": none. */
static void
check(const char *wanted)
{
	struct buf in, lines;
	struct err err;

	buf_init(&in, 65536);
	buf_init(&lines, 65536);
	assert_int_equal(io_read_file(path, &in, &err), 0);
	assert_int_equal(truncate(path, 0), 0);
	for (const char *at = buf_text(&in); *at; at += strcspn(at, "\n") + 1) {
		assert_true(strlen(at) > 24);
		buf_addf(
		    &lines, "%.*s\n", (int)strcspn(at, "\n") - 24, at + 24);
	}
	assert_string_equal(buf_text(&lines), wanted);
	buf_fini(&lines);
	buf_fini(&in);
}

static void
check_plan(const char *wanted)
{
	record_plan(&record);
	check(wanted);
}

static void
test_signed(void **state)
{
	(void)state;
	plan.sign = true;
	plan.encrypt_reason = REASON_ENCRYPTION_OFF;
	record.signer = &signer;
	check_plan("4Q: signed from=alice@example.org nrcpt=2 "
		   "cert=0123456789abcdef encrypt=no "
		   "encrypt-reason=encryption-off\n");
	plan.encrypt_reason = REASON_NO_CERTIFICATE;
	plan.recipient = 0;
	record.opaque = "inner-signature";
	record.algorithm = "rsa-pss-sha256";
	check_plan("4Q: signed from=alice@example.org nrcpt=2 "
		   "cert=0123456789abcdef opaque=inner-signature encrypt=no "
		   "encrypt-reason=no-certificate to=bob@example.net "
		   "alg=rsa-pss-sha256\n");
}

/* In the line of the message; why not in one of its own. */
static void
test_disclaimer(void **state)
{
	(void)state;
	plan.sign = true;
	plan.encrypt_reason = REASON_ENCRYPTION_OFF;
	plan.disclaimer = PLAN_DISCLAIMER_ADD;
	check_plan("4Q: signed from=alice@example.org nrcpt=2 encrypt=no "
		   "encrypt-reason=encryption-off disclaimer=added\n");
	plan.disclaimer = PLAN_DISCLAIMER_REFUSED;
	plan.disclaimer_reason = REASON_INNER_SIGNED;
	check_plan("4Q: signed from=alice@example.org nrcpt=2 encrypt=no "
		   "encrypt-reason=encryption-off disclaimer=refused\n"
		   "4Q: disclaimer from=alice@example.org nrcpt=2 "
		   "disclaimer=refused reason=inner-signed\n");
	/* It is not signed, and only gets that. */
	plan.sign = false;
	plan.sign_reason = REASON_NO_USER;
	plan.disclaimer = PLAN_DISCLAIMER_ADD;
	check_plan("4Q: passed from=alice@example.org nrcpt=2 reason=no-user "
		   "encrypt-reason=encryption-off disclaimer=added\n");
	plan.action = PLAN_PASS;
	plan.reason = REASON_SIGNING_OFF;
	plan.disclaimer = PLAN_DISCLAIMER_PRESENT;
	check_plan(
	    "4Q: passed from=alice@example.org nrcpt=2 reason=signing-off "
	    "encrypt-reason=encryption-off disclaimer=present\n");
	/* It goes back for it, or for something else. */
	plan.action = PLAN_REFUSE;
	plan.reason = REASON_DISCLAIMER_REFUSED;
	plan.disclaimer = PLAN_DISCLAIMER_REFUSED;
	check_plan("4Q: refused from=alice@example.org nrcpt=2 "
		   "reason=disclaimer-refused\n"
		   "4Q: disclaimer from=alice@example.org nrcpt=2 "
		   "disclaimer=refused reason=inner-signed\n");
	plan.reason = REASON_MUST_SIGN;
	check_plan("4Q: refused from=alice@example.org nrcpt=2 "
		   "reason=must-sign\n");
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
	check_plan("4Q: signed from=alice@example.org nrcpt=2 encrypt=no "
		   "encrypt-reason=encryption-off triggers=encrypt\n");
	triggers.count = 2;
	plan.action = PLAN_PASS;
	plan.reason = plan.encrypt_reason = REASON_LIST;
	check_plan("4Q: passed from=alice@example.org nrcpt=2 reason=list "
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
	check_plan("4Q: encrypted from=alice@example.org nrcpt=2 "
		   "certs=0000000000000000 sign=no sign-reason=signing-off\n");
	record.algorithm = "ed25519";
	plan.sign = true;
	plan.sign_reason = REASON_NONE;
	record.signer = &signer;
	to.count = 2;
	check_plan("4Q: encrypted from=alice@example.org nrcpt=2 "
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
	check_plan("4Q: encrypted from=alice@example.org nrcpt=2 "
		   "certs=0000000000000000,0000000000000001,0000000000000002,"
		   "0000000000000003,0000000000000004,0000000000000005,"
		   "0000000000000006,0000000000000007 sign=yes "
		   "cert=0123456789abcdef\n");
	to.count = RECORD_CERTS + 2;
	check_plan("4Q: encrypted from=alice@example.org nrcpt=2 "
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
	check_plan("4Q: passed from=alice@example.org nrcpt=2 reason=list\n");
	plan.encrypt_reason = REASON_BAD_RECIPIENT;
	plan.recipient = 1;
	check_plan("4Q: passed from=alice@example.org nrcpt=2 reason=list "
		   "encrypt-reason=bad-recipient to=<no\\x20at>\n");
	plan.recipient = PLAN_NO_RECIPIENT;
	plan.reason = plan.sign_reason = REASON_LOGIN_MISMATCH;
	plan.encrypt_reason = REASON_ENCRYPTION_OFF;
	facts.login = "mallory";
	check_plan("4Q: passed from=alice@example.org nrcpt=2 "
		   "reason=login-mismatch encrypt-reason=encryption-off "
		   "login=mallory\n");
	facts.login = NULL;
	plan.action = PLAN_REFUSE;
	plan.reason = REASON_BCC;
	plan.recipient = 0;
	check_plan("4Q: refused from=alice@example.org nrcpt=2 reason=bcc "
		   "to=bob@example.net\n");
	plan.action = PLAN_DEFER;
	plan.reason = plan.sign_reason = REASON_OWN_EXPIRED;
	check_plan("4Q: deferred from=alice@example.org nrcpt=2 "
		   "reason=own-expired\n");
}

/* What would have been done; nobody has looked for certificates. */
static void
test_shadow(void **state)
{
	(void)state;
	plan.shadow = plan.encrypt = plan.sign = true;
	check_plan("4Q: encrypted from=alice@example.org nrcpt=2 shadow=yes "
		   "sign=yes\n");
	plan.action = PLAN_REFUSE;
	plan.reason = REASON_NO_CERTIFICATE;
	plan.recipient = 0;
	check_plan("4Q: refused from=alice@example.org nrcpt=2 shadow=yes "
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

/* --- mail from outside --- */

static struct inbound_plan inbound;
static struct smime_layers layers;
static const struct record_inbound inbound_record = {
    .message = {.queue_id = "4Q",
	.facts = &facts,
	.plan = &plan,
	.recipients = 3},
    .plan = &inbound,
    .layers = &layers};

static void
begin_inbound(void)
{
	static bool plain[3];
	static enum plan_reason why[3];

	memset(plain, 0, sizeof(plain));
	memset(why, 0, sizeof(why));
	plan = (struct plan){.reason = REASON_UNSIGNED};
	facts.from = "bob@example.net";
	inbound = (struct inbound_plan){
	    .plain = plain, .why = why, .recipient_count = 3};
	smime_layers_init(&layers, &spool);
}

static void
end_inbound(void)
{
	layers.verdict.signer = NULL;
	smime_layers_fini(&layers);
	facts.from = "alice@example.org";
}

static void
test_verified(void **state)
{
	struct record_inbound nothing = inbound_record;
	struct smime_verdict *v = &layers.verdict;

	(void)state;
	begin_inbound();
	facts.from = NULL;
	facts.sender = "bounce@example.com";
	record_inbound(&inbound_record);
	check("4Q: verified from=bounce@example.com status=unsigned "
	      "intact=no\n");
	facts.sender = NULL;
	v->status = SMIME_EXPIRED;
	v->detail = "it has expired";
	v->intact = v->trusted = v->usage_fits = true;
	v->signer = &signer;
	v->digest = "sha256";
	v->signers = 1;
	record_inbound(&inbound_record);
	check("4Q: verified from= status=expired detail=\"it has expired\" "
	      "signer=0123456789abcdef intact=yes digest=sha256 trusted=yes "
	      "address=no usage=yes time=no revocation=unchecked "
	      "level=unknown\n");
	/* Anybody's own authority can give any level. */
	v->status = SMIME_UNTRUSTED;
	v->detail = "";
	v->trusted = false;
	record_inbound(&inbound_record);
	check("4Q: verified from= status=untrusted signer=0123456789abcdef "
	      "intact=yes digest=sha256 trusted=no address=no usage=yes "
	      "time=no revocation=unchecked\n");
	v->trusted = true;
	inbound.unmet = REASON_LEVEL_TOO_LOW;
	inbound.shadow = true;
	v->status = SMIME_VALID;
	v->detail = "";
	v->owns_from = v->in_time = true;
	record_inbound(&inbound_record);
	check("4Q: verified from= shadow=yes status=valid "
	      "signer=0123456789abcdef intact=yes digest=sha256 trusted=yes "
	      "address=yes usage=yes time=yes revocation=unchecked "
	      "level=unknown unmet=level-too-low\n");
	inbound.shadow = false;
	inbound.would = PLAN_REFUSE;
	nothing.layers = NULL;
	record_inbound(&nothing);
	check("4Q: refused from= nrcpt=3 reason=level-too-low\n");
	end_inbound();
}

static void
test_decrypted(void **state)
{
	(void)state;
	begin_inbound();
	layers.decryption = SMIME_OPENED;
	memcpy(layers.fingerprint, "fedcba98765432100", 18);
	layers.cipher = "aes256-cbc";
	inbound.plain_count = inbound.would_plain = 3;
	record_inbound(&inbound_record);
	check("4Q: decrypted from=bob@example.net nrcpt=3 "
	      "cert=fedcba9876543210 cipher=aes256-cbc integrity=unknown\n");
	/* There is no other line that could tell of it. */
	inbound.unmet = REASON_MUST_BE_SIGNED;
	record_inbound(&inbound_record);
	check("4Q: decrypted from=bob@example.net nrcpt=3 "
	      "cert=fedcba9876543210 cipher=aes256-cbc integrity=unknown "
	      "unmet=must-be-signed\n");
	layers.authenticated = true;
	inbound.plain_count = inbound.would_plain = 1;
	inbound.why[1] = REASON_NO_KEY;
	record_inbound(&inbound_record);
	check("4Q: decrypted from=bob@example.net nrcpt=1 copy=2/2 "
	      "cert=fedcba9876543210 cipher=aes256-cbc "
	      "integrity=authenticated unmet=must-be-signed\n"
	      "4Q: passed from=bob@example.net nrcpt=2 copy=1/2 reason=no-key "
	      "unmet=must-be-signed\n");
	/* Some are in shadow mode, and nothing else is in the way. */
	inbound.unmet = REASON_NONE;
	inbound.why[1] = REASON_SHADOW;
	record_inbound(&inbound_record);
	check("4Q: decrypted from=bob@example.net nrcpt=1 copy=2/2 "
	      "cert=fedcba9876543210 cipher=aes256-cbc "
	      "integrity=authenticated\n"
	      "4Q: passed from=bob@example.net nrcpt=2 copy=1/2 "
	      "reason=shadow\n");
	inbound.why[1] = REASON_NO_KEY;
	/* No listener for the copy. */
	inbound.plain_count = inbound.would_plain = 0;
	inbound.why[0] = inbound.reason = REASON_NO_LISTENER;
	record_inbound(&inbound_record);
	check("4Q: passed from=bob@example.net nrcpt=3 reason=no-listener\n");
	/* What shadow mode keeps back. */
	inbound.shadow = true;
	inbound.would_plain = 3;
	record_inbound(&inbound_record);
	check("4Q: decrypted from=bob@example.net nrcpt=3 shadow=yes "
	      "cert=fedcba9876543210 cipher=aes256-cbc "
	      "integrity=authenticated\n");
	end_inbound();
}

static void
test_closed(void **state)
{
	struct record_inbound to_nobody = inbound_record;

	(void)state;
	begin_inbound();
	layers.decryption = SMIME_CLOSED;
	layers.verdict.detail = "encrypted";
	inbound.reason = REASON_NOT_OPENED;
	buf_add_text(&layers.recipients, "CN=A 1; \"02\"");
	record_inbound(&inbound_record);
	check("4Q: passed from=bob@example.net nrcpt=3 reason=not-opened "
	      "recipients=\"CN=A 1; \\x2202\\x22\"\n");
	to_nobody.message.recipients = 0;
	buf_clear(&layers.recipients);
	record_inbound(&to_nobody);
	check("4Q: passed from=bob@example.net nrcpt=0 reason=not-opened\n");
	end_inbound();
}

static void
test_unsigned(void **state)
{
	struct record_inbound record_unsigned = inbound_record;

	(void)state;
	begin_inbound();
	record_unsigned.layers = NULL;
	inbound.unmet = REASON_MUST_BE_SIGNED;
	record_inbound(&record_unsigned);
	check("4Q: passed from=bob@example.net nrcpt=3 reason=unsigned "
	      "unmet=must-be-signed\n");
	end_inbound();
}

/* One line tells of it, that of the signature if there is one. */
static void
test_forged(void **state)
{
	struct record_inbound forged = inbound_record;

	(void)state;
	begin_inbound();
	forged.forged = true;
	inbound.unmet = REASON_MUST_BE_SIGNED;
	record_inbound(&forged);
	check("4Q: verified from=bob@example.net status=unsigned intact=no"
	      " unmet=must-be-signed forged=yes\n");
	inbound.would = PLAN_REFUSE;
	record_inbound(&forged);
	check("4Q: verified from=bob@example.net status=unsigned intact=no"
	      " unmet=must-be-signed forged=yes\n"
	      "4Q: refused from=bob@example.net nrcpt=3 "
	      "reason=must-be-signed\n");
	forged.layers = NULL;
	record_inbound(&forged);
	check("4Q: refused from=bob@example.net nrcpt=3 reason=must-be-signed "
	      "forged=yes\n");
	inbound.would = PLAN_PASS;
	inbound.unmet = REASON_NONE;
	record_inbound(&forged);
	check("4Q: passed from=bob@example.net nrcpt=3 reason=unsigned "
	      "forged=yes\n");
	end_inbound();
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
	    cmocka_unit_test_setup(test_disclaimer, before_each),
	    cmocka_unit_test_setup(test_triggers, before_each),
	    cmocka_unit_test_setup(test_encrypted, before_each),
	    cmocka_unit_test_setup(test_many_certificates, before_each),
	    cmocka_unit_test_setup(test_passed_and_refused, before_each),
	    cmocka_unit_test_setup(test_shadow, before_each),
	    cmocka_unit_test_setup(test_failures, before_each),
	    cmocka_unit_test_setup(test_verified, before_each),
	    cmocka_unit_test_setup(test_decrypted, before_each),
	    cmocka_unit_test_setup(test_closed, before_each),
	    cmocka_unit_test_setup(test_unsigned, before_each),
	    cmocka_unit_test_setup(test_forged, before_each),
	    cmocka_unit_test_setup(test_harvest, before_each),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
