/*
 * A gateway that does one thing wrong: the mail server is told to wait,
 * whatever it was.  The linker puts a saboteur in front of each function that
 * makes something of a message; he does his worst once he is told to, and
 * calls the real one otherwise.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "gateway/edits.h"
#include "gateway/gather.h"
#include "gateway/sealing.h"
#include "gateway/token.h"
#include "gateway/trigger.h"
#include "policy/decide.h"
#include "smime/encrypt.h"
#include "smime/sign.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

static struct gateway_fixture f;
static struct fixture_cert carol, bob, dave;

enum deed {
	NOTHING = 0,
	FORGET_TO_REMOVE,
	REMOVE_ANOTHER,
	SHOW_THE_BLIND,
	LEAVE_ONE_OUT,
	ENCRYPT_NOTHING,
	ANOTHER_CIPHER,
	SIGN_NOTHING,
	SIGN_HALF,
	KEEP_BCC,
	KEEP_THE_BODY,
	ADD_A_FIELD,
	LOSE_A_FIELD,
	FORGE_A_TOKEN,
	IGNORE_POLICY,
	DROP_A_GROUP,
	KEEP_A_KEYWORD,
	KEEP_ONE_ELSEWHERE,
	TAKE_TOO_MUCH,
	KEEP_A_RESULT,
	LOSE_A_RESULT,
	NO_SEAL,
	OLD_SEAL,
	SEAL_ANOTHER,
	SEAL_TWICE,
	SAY_OTHERWISE
};
static enum deed deed;
static bool done;      /* he had his chance */
static unsigned turns; /* how often triggers were taken out */

static bool
now(enum deed what)
{
	done |= deed == what;
	return deed == what;
}

/* --- saboteurs --- */

void __real_edits_remove_recipient(struct edits *e, const char *path);
void __wrap_edits_remove_recipient(struct edits *e, const char *path);
void
__wrap_edits_remove_recipient(struct edits *e, const char *path)
{
	if (strcmp(path, "<Kim@example.net>") == 0 && now(FORGET_TO_REMOVE))
		return;
	__real_edits_remove_recipient(
	    e, now(REMOVE_ANOTHER) ? "<bob@example.net>" : path);
}

void __real_gather_group_certificates(const struct gather *g,
    const struct plan *plan, size_t group, struct certificate_list *out);
void __wrap_gather_group_certificates(const struct gather *g,
    const struct plan *plan, size_t group, struct certificate_list *out);
void
__wrap_gather_group_certificates(const struct gather *g,
    const struct plan *plan, size_t group, struct certificate_list *out)
{
	__real_gather_group_certificates(g, plan, group, out);
	if (group == 0 && now(SHOW_THE_BLIND))
		certificate_list_add(out, dave.certificate);
	if (group == 1 && now(LEAVE_ONE_OUT)) {
		certificate_list_fini(out);
		certificate_list_init(out);
		certificate_list_add(out, bob.certificate);
	}
}

int __real_smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *payload, struct smime_entity *out,
    struct err *err);
int __wrap_smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *payload, struct smime_entity *out,
    struct err *err);
int
__wrap_smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *payload, struct smime_entity *out, struct err *err)
{
	struct smime_encrypt_opts changed = *opts;
	int rc;

	if (now(ANOTHER_CIPHER))
		changed.cipher = SMIME_CIPHER_AES256_GCM;
	rc = __real_smime_encrypt(&changed, payload, out, err);
	if (now(ENCRYPT_NOTHING))
		out->body = *payload;
	return rc;
}

int __real_smime_sign(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct smime_entity *out,
    struct err *err);
int __wrap_smime_sign(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct smime_entity *out,
    struct err *err);
int
__wrap_smime_sign(const struct smime_sign_opts *opts,
    const struct slice_list *content, struct smime_entity *out, struct err *err)
{
	int rc = __real_smime_sign(opts, content, out, err);

	if (now(SIGN_NOTHING)) {
		buf_clear(&out->content_type);
		buf_add_text(&out->content_type, " text/plain");
		out->body = *content;
	}
	if (now(SIGN_HALF))
		out->body.count--;
	return rc;
}

void __real_edits_delete_fields(
    struct edits *e, const struct header *header, const char *name);
void __wrap_edits_delete_fields(
    struct edits *e, const struct header *header, const char *name);
void
__wrap_edits_delete_fields(
    struct edits *e, const struct header *header, const char *name)
{
	if (!now(KEEP_BCC))
		__real_edits_delete_fields(e, header, name);
}

void __real_mark_remove_results(const struct gateway_config *config,
    const struct header *header, struct edits *edits);
void __wrap_mark_remove_results(const struct gateway_config *config,
    const struct header *header, struct edits *edits);
void
__wrap_mark_remove_results(const struct gateway_config *config,
    const struct header *header, struct edits *edits)
{
	if (!now(KEEP_A_RESULT))
		__real_mark_remove_results(config, header, edits);
	if (now(LOSE_A_RESULT))
		__real_edits_delete_fields(
		    edits, header, "Authentication-Results");
}

void __real_edits_carry(struct edits *e, const struct header *header,
    const struct smime_entity *entity);
void __wrap_edits_carry(struct edits *e, const struct header *header,
    const struct smime_entity *entity);
void
__wrap_edits_carry(struct edits *e, const struct header *header,
    const struct smime_entity *entity)
{
	__real_edits_carry(e, header, entity);
	if (now(KEEP_THE_BODY))
		e->replace_body = false;
}

void __real_edits_write_header(
    const struct edits *e, const struct header *header, struct buf *out);
void __wrap_edits_write_header(
    const struct edits *e, const struct header *header, struct buf *out);
void
__wrap_edits_write_header(
    const struct edits *e, const struct header *header, struct buf *out)
{
	if (now(ADD_A_FIELD))
		buf_add_text(out, "X-Encrypted-For: dave@example.net\r\n");
	__real_edits_write_header(e, header, out);
	/* The first one that is not ours. */
	if (now(LOSE_A_FIELD)) {
		const char *text = buf_text(out);
		const char *from = strstr(text, "From: ");
		size_t at = (size_t)(from - text);
		size_t end = slice_find(buf_slice(out), '\n', at) + 1;

		assert_non_null(from);
		memmove(out->data + at, out->data + end, out->len - end);
		out->len -= end - at;
	}
}

int __real_token_make(struct tokens *tokens,
    const struct token_subject *subject, time_t when, char text[TOKEN_TEXT],
    struct err *err);
int __wrap_token_make(struct tokens *tokens,
    const struct token_subject *subject, time_t when, char text[TOKEN_TEXT],
    struct err *err);
int
__wrap_token_make(struct tokens *tokens, const struct token_subject *subject,
    time_t when, char text[TOKEN_TEXT], struct err *err)
{
	int rc = __real_token_make(tokens, subject, when, text, err);

	if (now(FORGE_A_TOKEN))
		strcpy(text, "1\r\nBcc: dave@example.net");
	return rc;
}

void __real_decide(const struct policy_facts *facts, struct plan *plan);
void __wrap_decide(const struct policy_facts *facts, struct plan *plan);
void
__wrap_decide(const struct policy_facts *facts, struct plan *plan)
{
	__real_decide(facts, plan);
	if (plan->group_count == 0)
		return;
	if (now(IGNORE_POLICY)) {
		plan->encrypt = plan->must_encrypt = false;
		plan->group_count = 1;
		plan->groups[0] = (struct plan_group){.count = 1};
		for (size_t i = 0; i < plan->recipient_count; i++)
			plan->recipients[i] = (struct plan_recipient){0};
	}
	if (plan->group_count > 1 && now(DROP_A_GROUP))
		plan->group_count--;
}

void __real_triggers_edit(const struct triggers *t, struct edits *edits);
void __wrap_triggers_edit(const struct triggers *t, struct edits *edits);
void
__wrap_triggers_edit(const struct triggers *t, struct edits *edits)
{
	turns++;
	if (now(KEEP_A_KEYWORD) || (turns > 1 && now(KEEP_ONE_ELSEWHERE)))
		return;
	__real_triggers_edit(t, edits);
	if (now(TAKE_TOO_MUCH))
		edits_set_header(edits, "To", 1, NULL);
}

int __real_sealing_add(const struct sealing *s,
    const struct sealing_message *message, struct edits *edits,
    struct err *err);
int __wrap_sealing_add(const struct sealing *s,
    const struct sealing_message *message, struct edits *edits,
    struct err *err);
int
__wrap_sealing_add(const struct sealing *s,
    const struct sealing_message *message, struct edits *edits, struct err *err)
{
	struct sealing_message m = *message;
	struct slice_list body = edits->body;
	struct sealing other = *s;
	int rc;

	if (now(NO_SEAL))
		return 0;
	other.now -= now(OLD_SEAL);
	if (now(SEAL_ANOTHER)) {
		struct slice *first = &edits->body.at[0];

		*first = slice_part(*first, 1, first->len);
		m.body = slice_part(m.body, 1, m.body.len);
	}
	m.deed.is_signed ^= now(SAY_OTHERWISE);
	rc = __real_sealing_add(&other, &m, edits, err);
	edits->body = body;
	if (rc == 0 && now(SEAL_TWICE))
		edits_insert_top(edits, SEAL_FIELD,
		    edits->headers[edits->header_count - 1].value);
	return rc;
}

/* --- mail --- */

static const struct gateway_trigger triggers[] = {
    {.name = "sign",
	.subject = "[sign]",
	.header = "",
	.value = "",
	.wishes = WISH_SIGN},
};

static const char *
make_seal_key(void)
{
	static char path[256];
	struct secret key;

	snprintf(path, sizeof(path), "%s/seal.key", f.folder);
	MUST(secret_random(&key, sizeof(struct seal_key), &err));
	MUST(secret_write_new_file(&key, path, &err));
	secret_fini(&key);
	return path;
}

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&carol, &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){
		.address = "bob@example.net", .key = "RSA-2048"});
	fixture_leaf(&dave, &f.their_ca,
	    &(struct fixture_opts){.address = "dave@example.net"});
	gateway_fixture_user(
	    &f, "carol@example.org", SWITCH_ON, ENCRYPT_IF_POSSIBLE);
	gateway_fixture_own(&f, "carol@example.org", &carol);
	gateway_fixture_partner(
	    &f, "bob@example.net", &bob, STORE_TRUST_HARVESTED);
	gateway_fixture_partner(
	    &f, "dave@example.net", &dave, STORE_TRUST_HARVESTED);
	f.config.triggers = triggers;
	f.config.trigger_count = 1;
	f.config.seal.key = make_seal_key();
	f.config.seal.marker = true;
	/* Nobody listens there: whatever passes the gate waits for that. */
	f.config.relay = (struct relay_config){.reinject = "smtp://127.0.0.1:9",
	    .connections = 5,
	    .connect_ms = 60000,
	    .answer_ms = 60000};
	gateway_fixture_open(&f);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&dave);
	fixture_fini(&bob);
	fixture_fini(&carol);
	return 0;
}

/* bob gets ciphertext, dave, who is blind, one of his own, kim clear text. */
static const struct fixture_mail to_three = {
    .login = "carol@example.org",
    .sender = "<carol@example.org>",
    .to = {"<bob@example.net>", "<dave@example.net>", "<Kim@example.net>"},
    .header = "From: carol@example.org\nTo: bob@example.net, kim@example.net\n"
	      "Bcc: dave@example.net\nSubject: hello\n"
	      "X-SMIME-Status: valid\n"
	      "Authentication-Results: mx.example.org; dkim=pass\n",
    .body = {(const unsigned char *)"secret\r\n", 8},
};

static const struct fixture_mail to_bob = {
    .login = "carol@example.org",
    .sender = "<carol@example.org>",
    .to = {"<bob@example.net>"},
    .header = "From: carol@example.org\nTo: bob@example.net\n"
	      "Bcc: dave@example.net\nSubject: hello\n"
	      "X-SMIME-Status: valid\n"
	      "Authentication-Results: mx.example.org; dkim=pass\n",
    .body = {(const unsigned char *)"secret\r\n", 8},
};

static const struct fixture_mail asks_three = {
    .login = "carol@example.org",
    .sender = "<carol@example.org>",
    .to = {"<bob@example.net>", "<dave@example.net>", "<Kim@example.net>"},
    .header = "From: carol@example.org\nTo: bob@example.net, kim@example.net\n"
	      "Subject: Re: [sign] hello\n",
    .body = {(const unsigned char *)"secret\r\n", 8},
};

static const struct fixture_mail asks_bob = {
    .login = "carol@example.org",
    .sender = "<carol@example.org>",
    .to = {"<bob@example.net>"},
    .header = "From: carol@example.org\nTo: bob@example.net\n"
	      "Subject: =?utf-8?q?[sign]_hello?=\n",
    .body = {(const unsigned char *)"secret\r\n", 8},
};

/* It passes as it came. */
static const struct fixture_mail signed_before = {
    .login = "carol@example.org",
    .sender = "<carol@example.org>",
    .to = {"<Kim@example.net>"},
    .header = "From: carol@example.org\nTo: kim@example.net\n"
	      "Content-Type: application/pkcs7-mime; smime-type=signed-data\n"
	      "X-SMIME-Status: valid\n",
    .body = {(const unsigned char *)"MIIB\r\n", 6},
};

struct row {
	enum deed deed;
	const struct fixture_mail *mail;
	const char *gap;
};

static const struct row rows[] = {
    {FORGET_TO_REMOVE, &to_three, "gets what is not for him"},
    {REMOVE_ANOTHER, &to_three, "loses his copy"},
    {SHOW_THE_BLIND, &to_three, "other recipients than planned"},
    {SHOW_THE_BLIND, &to_bob, "other recipients than planned"},
    {LEAVE_ONE_OUT, &to_three, "other recipients than planned"},
    {ENCRYPT_NOTHING, &to_three, "not base64"},
    {ENCRYPT_NOTHING, &to_bob, "not base64"},
    {ANOTHER_CIPHER, &to_three, "not encrypted as planned"},
    {ANOTHER_CIPHER, &to_bob, "not encrypted as planned"},
    {SIGN_NOTHING, &to_three, "not signed detached"},
    {SIGN_NOTHING, &to_bob, "not signed detached"},
    {SIGN_HALF, &to_three, "exactly two parts"},
    {SIGN_HALF, &to_bob, "exactly two parts"},
    {KEEP_BCC, &to_three, "Bcc is left"},
    {KEEP_BCC, &to_bob, "Bcc is left"},
    {KEEP_THE_BODY, &to_three, "body is not replaced"},
    {KEEP_THE_BODY, &to_bob, "body is not replaced"},
    {ADD_A_FIELD, &to_three, "not as it came"},
    {LOSE_A_FIELD, &to_three, "not as it came"},
    {FORGE_A_TOKEN, &to_three, "Bcc is left"},
    {IGNORE_POLICY, &to_bob, "must be encrypted and is not"},
    {DROP_A_GROUP, &to_three, "in no group"},
    {KEEP_A_KEYWORD, &asks_three, "left in the subject"},
    {KEEP_A_KEYWORD, &asks_bob, "left in the subject"},
    {KEEP_ONE_ELSEWHERE, &asks_three, "left in the subject"},
    {TAKE_TOO_MUCH, &asks_three, "a field is edited that is none of ours"},
    {TAKE_TOO_MUCH, &asks_bob, "a field is edited that is none of ours"},
    {KEEP_A_RESULT, &to_three, "a result in our name is left"},
    {KEEP_A_RESULT, &to_bob, "a result in our name is left"},
    {LOSE_A_RESULT, &to_three, "results of others"},
    {LOSE_A_RESULT, &to_bob, "results of others"},
    {KEEP_A_RESULT, &signed_before, "a result in our name is left"},
    {NO_SEAL, &to_three, "a fingerprint is missing"},
    {NO_SEAL, &to_bob, "a fingerprint is missing"},
    {NO_SEAL, &signed_before, "a fingerprint is missing"},
    {OLD_SEAL, &to_three, "a fingerprint of another time"},
    {OLD_SEAL, &signed_before, "a fingerprint of another time"},
    {SEAL_ANOTHER, &to_three, "a fingerprint of something else"},
    {SEAL_ANOTHER, &to_bob, "a fingerprint of something else"},
    {SEAL_ANOTHER, &signed_before, "a fingerprint of something else"},
    {SEAL_TWICE, &to_three, "the marker is not as planned"},
    {SEAL_TWICE, &signed_before, "a result in our name is left"},
    {SAY_OTHERWISE, &to_three, "the marker is not as planned"},
    {SAY_OTHERWISE, &to_bob, "the marker is not as planned"},
    {SAY_OTHERWISE, &signed_before, "a result in our name is left"},
};

static enum setting_encrypt
policy_for(enum deed what)
{
	return what == IGNORE_POLICY ? ENCRYPT_REQUIRED : ENCRYPT_IF_POSSIBLE;
}

static void
send_mail(
    enum deed what, const struct fixture_mail *mail, struct fixture_result *r)
{
	deed = what;
	done = false;
	turns = 0;
	gateway_fixture_user(
	    &f, "carol@example.org", SWITCH_ON, policy_for(what));
	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, r);
}

/* The mail server and the author learn nothing but that it has to wait; the
 * operator what was wrong. */
static void
test_every_deed(void **state)
{
	struct fixture_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		send_mail(rows[i].deed, rows[i].mail, &r);
		assert_true(done);
		assert_int_equal(r.outcome, JOB_DEFER);
		assert_string_equal(r.reply.code, "451");
		assert_string_equal(r.reply.extended, "4.7.53");
		gateway_fixture_expect(&f, " reason=internal ");
		gateway_fixture_expect(&f, " error=\"gate: ");
		gateway_fixture_expect(&f, rows[i].gap);
		fixture_result_fini(&r);
	}
}

/* Without a saboteur the same mails pass the gate. */
static void
test_nothing_done(void **state)
{
	struct fixture_result r;

	(void)state;
	send_mail(NOTHING, &to_bob, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.plan.encrypt);
	fixture_result_fini(&r);
	send_mail(NOTHING, &to_three, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.extended, "4.7.56");
	fixture_result_fini(&r);
	send_mail(NOTHING, &asks_bob, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_int_equal(turns, 1);
	fixture_result_fini(&r);
	send_mail(NOTHING, &asks_three, &r);
	assert_string_equal(r.reply.extended, "4.7.56");
	assert_int_equal(turns, 3);
	fixture_result_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_done),
	    cmocka_unit_test(test_every_deed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
