/*
 * A plaintext that the gate holds back, because something is in it that nobody
 * thought of: its sender does not learn so from the answer (rule X4), and gets
 * no mail that can never be delivered.
 */
#include "unit/unit.h"

#include <string.h>

#include "gateway/gate_inbound.h"
#include "unit/gateway_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert alice;
static bool holds_back_all;

int __real_gate_inbound_check(
    const struct gate_inbound_case *c, struct err *err);
int __wrap_gate_inbound_check(
    const struct gate_inbound_case *c, struct err *err);
int
__wrap_gate_inbound_check(const struct gate_inbound_case *c, struct err *err)
{
	if (holds_back_all || c->edits->replace_body || c->relay)
		return err_set(err, ERR_BUG, "gate: held back");
	return __real_gate_inbound_check(c, err);
}

static int
start(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	gateway_fixture_user(&f, "alice@example.org", SWITCH_ON, ENCRYPT_OFF);
	gateway_fixture_user(&f, "carol@example.org", SWITCH_ON, ENCRYPT_OFF);
	gateway_fixture_own(&f, "alice@example.org", &alice);
	gateway_fixture_pem(&f, "alice", &alice);
	gateway_fixture_open(&f);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&alice);
	return 0;
}

static void
send_to_alice(struct fixture_result *r, struct buf *body)
{
	struct fixture_mail mail = {.sender = "<bob@example.net>",
	    .to = {"<alice@example.org>"},
	    .header = "From: bob@example.net\nMIME-Version: 1.0\n"
		      "Content-Type: application/pkcs7-mime; "
		      "smime-type=enveloped-data\n"
		      "Content-Transfer-Encoding: base64\n"};

	assert_int_equal(
	    gateway_fixture_run(&f,
		"printf '\\r\\nHello\\r\\n' | openssl cms -encrypt -binary "
		"-aes256 -outform DER alice.pem | base64 >body"),
	    0);
	gateway_fixture_read(&f, "body", body);
	mail.body = buf_slice(body);
	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, &mail, r);
}

static void
test_held_back(void **state)
{
	struct buf body, message;
	struct fixture_result r;

	(void)state;
	holds_back_all = false;
	send_to_alice(&r, &body);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	gateway_fixture_read(&f, r.file, &message);
	assert_non_null(strstr(buf_text(&message), buf_text(&body)));
	assert_non_null(strstr(buf_text(&message), "decrypted=no"));
	assert_null(strstr(buf_text(&message), "Hello"));
	assert_false(gateway_fixture_logged(&f, " decrypted from="));
	gateway_fixture_expect(&f, "reason=internal");
	buf_fini(&message);
	buf_fini(&body);
	fixture_result_fini(&r);
}

/* Nothing is sent that the gate has not seen. */
static void
test_all_held_back(void **state)
{
	struct fixture_result r;
	struct buf body;

	(void)state;
	holds_back_all = true;
	send_to_alice(&r, &body);
	assert_int_equal(r.outcome, JOB_DEFER);
	buf_fini(&body);
	fixture_result_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_held_back),
	    cmocka_unit_test(test_all_held_back),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
