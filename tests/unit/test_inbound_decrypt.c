/*
 * Mail from outside that is encrypted: who gets the plaintext, who what came,
 * and what is done when something is away.  The partner is the openssl
 * command, the listener does what it is told.
 */
#include "unit/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_codec.h"
#include "unit/compressed_sample.h"
#include "unit/gateway_fixture.h"
#include "unit/smtp_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert alice, alice_old, alice_older, carol, impostor, rita,
    erin, bob, stranger;
static struct smtp_fixture server;

/* Conversations: the plaintext copy. */
#define GREETING                                                               \
	"> 220 mx.example.org ESMTP", "< EHLO [127.0.0.1]",                    \
	    "> 250-mx.example.org", "> 250-8BITMIME", "> 250 DSN"
#define FROM_BOB  "< MAIL FROM:<bob@example.net> RET=HDRS", "> 250 2.1.0 Ok"
#define TO_ALICE  "< RCPT TO:<Alice@example.org>", "> 250 2.1.5 Ok"
#define TO_CAROL  "< RCPT TO:<carol@example.org> NOTIFY=NEVER", "> 250 2.1.5 Ok"
#define CONTENT	  "< DATA", "> 354 go on"
#define ACCEPTED  "* .", "> 250 2.0.0 Ok: queued as ABC", "< QUIT", NULL
#define FOR_ALICE GREETING, FROM_BOB, TO_ALICE, CONTENT
#define FOR_BOTH  GREETING, FROM_BOB, TO_ALICE, TO_CAROL, CONTENT

static const char *const alice_accepted[] = {FOR_ALICE, ACCEPTED};
static const char *const both_accepted[] = {FOR_BOTH, ACCEPTED};

/* --- the site --- */

static void
make_certificates(void)
{
	EVP_PKEY *other = fixture_fresh_key("RSA-2048");

	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(&alice_old, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org",
		.not_before = -20 * FIXTURE_DAY,
		.not_after = -FIXTURE_DAY});
	fixture_leaf(&alice_older, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org",
		.key = "RSA-2048",
		.not_before = -40 * FIXTURE_DAY,
		.not_after = -20 * FIXTURE_DAY});
	fixture_leaf(&carol, &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org",
		.key = "RSA-2048",
		.serial = 4711});
	/* A RecipientInfo for it names carol, whose key does not open it. */
	fixture_leaf(&impostor, &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org",
		.use_key = other,
		.key = "RSA-2048",
		.serial = 4711});
	fixture_leaf(&rita, &f.our_ca,
	    &(struct fixture_opts){.address = "rita@example.org"});
	fixture_leaf(&erin, &f.our_ca,
	    &(struct fixture_opts){.address = "erin@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){.address = "bob@example.net"});
	fixture_leaf(&stranger, &f.their_ca,
	    &(struct fixture_opts){.address = "dave@example.com"});
	EVP_PKEY_free(other);
}

static int
set_up(void **state)
{
	static const struct setting_level nothing;

	(void)state;
	gateway_fixture_start(&f);
	make_certificates();
	gateway_fixture_user_with(
	    &f, "alice@example.org", &nothing, STORE_USER_ACTIVE);
	gateway_fixture_user_with(
	    &f, "carol@example.org", &nothing, STORE_USER_ACTIVE);
	gateway_fixture_user_with(
	    &f, "zoe@example.org", &nothing, STORE_USER_ACTIVE);
	gateway_fixture_user_with(
	    &f, "rita@example.org", &nothing, STORE_USER_RETIRED);
	gateway_fixture_user_with(&f, "erin@example.org",
	    &(struct setting_level){.decrypt = SWITCH_OFF}, STORE_USER_ACTIVE);
	gateway_fixture_own(&f, "alice@example.org", &alice);
	gateway_fixture_own(&f, "alice@example.org", &alice_old);
	gateway_fixture_own(&f, "alice@example.org", &alice_older);
	gateway_fixture_own(&f, "carol@example.org", &carol);
	gateway_fixture_own(&f, "rita@example.org", &rita);
	gateway_fixture_own(&f, "erin@example.org", &erin);
	gateway_fixture_pem(&f, "alice", &alice);
	gateway_fixture_pem(&f, "old", &alice_old);
	gateway_fixture_pem(&f, "older", &alice_older);
	gateway_fixture_pem(&f, "carol", &carol);
	gateway_fixture_pem(&f, "impostor", &impostor);
	gateway_fixture_pem(&f, "rita", &rita);
	gateway_fixture_pem(&f, "erin", &erin);
	gateway_fixture_pem(&f, "bob", &bob);
	gateway_fixture_pem(&f, "stranger", &stranger);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&stranger);
	fixture_fini(&bob);
	fixture_fini(&erin);
	fixture_fini(&rita);
	fixture_fini(&impostor);
	fixture_fini(&carol);
	fixture_fini(&alice_older);
	fixture_fini(&alice_old);
	fixture_fini(&alice);
	return 0;
}

static int
before_each(void **state)
{
	(void)state;
	f.config.relay = (struct relay_config){.reinject = ""};
	f.config.on_error = GATEWAY_TEMPFAIL;
	f.config.keyd = f.keyd.socket;
	f.domain.level = (struct setting_level){0};
	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
	return 0;
}

static void
listen_for(const char *const *script)
{
	const char *const *const scripts[] = {script};

	smtp_fixture_start(&server, scripts, 1);
	f.config.relay = (struct relay_config){.reinject = server.url,
	    .connections = 5,
	    .connect_ms = 60000,
	    .answer_ms = 60000};
	gateway_fixture_open(&f);
}

/* --- a letter --- */

struct letter {
	struct buf header;
	struct buf body;
};

#define PLAIN "Content-Type: text/plain\\r\\n\\r\\nHello\\r\\n"

/* What a shell command makes of the file "in" is the message "letter". */
static void
letter_make(struct letter *l, const char *command)
{
	struct buf head;

	if (gateway_fixture_run(&f,
		"printf '" PLAIN "' >in && { %s; } && tr -d '\\r' <letter | "
		"sed '/^MIME-Version/d;/^$/q' | sed '/^$/d' >head && "
		"sed '1,/^\\r*$/d' letter | sed 's/\\r*$/\\r/' >body",
		command) != 0)
		fail_msg("%s", command);
	gateway_fixture_read(&f, "head", &head);
	buf_init(&l->header, 65536);
	buf_addf(&l->header,
	    "From: Bob <bob@example.net>\nTo: alice@example.org\n"
	    "Message-ID: <%zu@example.net>\nMIME-Version: 1.0\n%s",
	    (size_t)random(), buf_text(&head));
	buf_fini(&head);
	gateway_fixture_read(&f, "body", &l->body);
}

#define SIGN                                                                   \
	"openssl cms -sign -binary -in in -signer bob.pem -inkey bob.key "     \
	"-out signed && sed 's/\\r*$/\\r/' signed >in && "
#define ENCRYPT "openssl cms -encrypt -binary -aes256 -in in -out letter "

static void
letter_fini(struct letter *l)
{
	buf_fini(&l->header);
	buf_fini(&l->body);
}

static struct fixture_mail
mail_of(struct letter *l)
{
	return (struct fixture_mail){.sender = "<bob@example.net>",
	    .parameters = "RET=HDRS",
	    .to = {"<Alice@example.org>"},
	    .header = buf_text(&l->header),
	    .body = buf_slice(&l->body)};
}

/* The message as it leaves. */
static bool
has(const struct fixture_result *r, const char *text)
{
	struct buf in;
	bool found;

	gateway_fixture_read(&f, r->file, &in);
	found = memmem(in.data, in.len, text, strlen(text)) != NULL;
	buf_fini(&in);
	return found;
}

static bool
has_body(const struct fixture_result *r, const struct letter *l)
{
	struct buf in;
	bool same;

	gateway_fixture_read(&f, r->file, &in);
	same = in.len > l->body.len && memcmp(in.data + in.len - l->body.len,
					   l->body.data, l->body.len) == 0;
	buf_fini(&in);
	return same;
}

static void
is_accepted(const struct fixture_mail *mail, struct fixture_result *r)
{
	gateway_fixture_send(&f, mail, r);
	if (r->outcome != JOB_ACCEPT)
		fail_msg("%s %s", r->reply.extended, r->reply.text);
}

/* Everybody gets the plaintext. */
static void
is_opened(const struct fixture_mail *mail)
{
	struct fixture_result r;

	is_accepted(mail, &r);
	assert_true(has(&r, "Content-Type: text/plain\r\n"));
	assert_true(has(&r, "\r\n\r\nHello\r\n"));
	assert_false(has(&r, "pkcs7-mime"));
	assert_false(has(&r, "Content-Transfer-Encoding: base64"));
	assert_true(has(&r, "decrypted=yes"));
	assert_string_equal(r.removed, "");
	fixture_result_fini(&r);
}

/* Everybody gets what came. */
static void
stays_closed(
    const struct fixture_mail *mail, const struct letter *l, const char *logged)
{
	struct fixture_result r;

	is_accepted(mail, &r);
	assert_true(has_body(&r, l));
	assert_true(has(&r, "pkcs7-mime"));
	assert_true(has(&r, "decrypted=no"));
	assert_string_equal(r.removed, "");
	gateway_fixture_expect(&f, logged);
	assert_false(gateway_fixture_logged(&f, ": decrypted "));
	fixture_result_fini(&r);
}

/* --- in place --- */

static void
test_for_one(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	char *line;

	(void)state;
	letter_make(&l, ENCRYPT "alice.pem");
	mail = mail_of(&l);
	is_opened(&mail);
	line = xasprintf("decrypted from=bob@example.net nrcpt=1 cert=%.16s "
			 "cipher=aes256-cbc integrity=unknown\n",
	    alice.certificate->fingerprint_text);
	gateway_fixture_expect(&f, line);
	free(line);
	assert_false(gateway_fixture_logged(&f, ": verified "));
	letter_fini(&l);
}

/* The inner signature stays, and teaches. */
static void
test_signed_inside(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	letter_make(&l, SIGN ENCRYPT "alice.pem");
	mail = mail_of(&l);
	is_accepted(&mail, &r);
	assert_true(has(&r, "Content-Type: multipart/signed;"));
	assert_true(has(&r, "X-SMIME-Status: valid;"));
	assert_int_equal(gateway_fixture_run(&f,
			     "openssl cms -verify -in %s -CAfile ca.pem -out "
			     "/dev/null",
			     r.file),
	    0);
	fixture_result_fini(&r);
	gateway_fixture_close(&f);
	gateway_fixture_expect(
	    &f, "verified from=bob@example.net status=valid");
	gateway_fixture_expect(&f, " integrity=signed\n");
	gateway_fixture_expect(&f, "harvested from=bob@example.net cert=");
	letter_fini(&l);
}

/* F6: a certificate that has expired, the one before, and somebody who has
 * left. */
static void
test_generations(void **state)
{
	static const struct {
		const char *command, *to;
	} rows[] = {
	    {ENCRYPT "old.pem", "<alice@example.org>"},
	    {ENCRYPT "older.pem", "<alice@example.org>"},
	    {ENCRYPT "rita.pem", "<rita@example.org>"},
	};
	struct letter l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail;

		letter_make(&l, rows[i].command);
		mail = mail_of(&l);
		mail.to[0] = rows[i].to;
		is_opened(&mail);
		letter_fini(&l);
	}
}

/* Each has a key of his own, and is named in several spellings. */
static void
test_for_all(void **state)
{
	struct letter l;
	struct fixture_mail mail;

	(void)state;
	letter_make(&l, ENCRYPT "alice.pem carol.pem stranger.pem");
	mail = mail_of(&l);
	mail.to[1] = "<carol@example.org>";
	mail.to[2] = "<alice@EXAMPLE.org>";
	mail.to[3] = "<\"carol\"@example.org>";
	is_opened(&mail);
	gateway_fixture_expect(&f, "decrypted from=bob@example.net nrcpt=2 ");
	letter_fini(&l);
}

/* Whom the mail server knows under the name that has certificates; and who is
 * one of ours only by name. */
static void
test_resolved(void **state)
{
	struct letter l;
	struct fixture_mail mail;

	(void)state;
	letter_make(&l, ENCRYPT "alice.pem");
	mail = mail_of(&l);
	mail.to[0] = "<info@example.org>";
	mail.resolved[0] = "Alice@Example.org";
	is_opened(&mail);
	gateway_fixture_log_clear(&f);
	mail.to[0] = "<alice@example.org>";
	mail.resolved[0] = "alice@example.edu";
	stays_closed(&mail, &l, "reason=not-opened recipients=\"");
	letter_fini(&l);
}

/* --- what stays closed --- */

static void
test_not_opened(void **state)
{
	static const struct {
		const char *command, *to, *logged;
	} rows[] = {
	    {ENCRYPT "stranger.pem", "<alice@example.org>",
		"passed from=bob@example.net nrcpt=1 reason=not-opened "
		"recipients=\"CN=Their CA "},
	    {ENCRYPT "alice.pem", "<zoe@example.org>", "reason=not-opened"},
	    {ENCRYPT "alice.pem", "<dave@example.com>", "reason=not-opened"},
	    {ENCRYPT "impostor.pem", "<carol@example.org>",
		"reason=not-opened"},
	    {ENCRYPT "erin.pem", "<erin@example.org>", "reason=decryption-off"},
	};
	struct letter l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail;

		gateway_fixture_log_clear(&f);
		letter_make(&l, rows[i].command);
		mail = mail_of(&l);
		mail.to[0] = rows[i].to;
		stays_closed(&mail, &l, rows[i].logged);
		letter_fini(&l);
	}
}

/* CompressedData as an entity. */
static void
make_entity(const struct buf *der, struct buf *out)
{
	unsigned char *room;

	buf_init(out, LIMIT_GROWN_BODY);
	buf_add_text(out, "Content-Type: application/pkcs7-mime; "
			  "smime-type=compressed-data\r\n"
			  "Content-Transfer-Encoding: base64\r\n\r\n");
	room = buf_reserve(out, base64_size(der->len));
	assert_non_null(room);
	out->len += base64_encode(buf_slice(der), room);
}

/* Each of its fields would be an edit. */
static void
test_many_fields(void **state)
{
	struct letter l;
	struct fixture_mail mail;

	(void)state;
	letter_make(&l, ENCRYPT "alice.pem");
	/* It has three, and MIME-Version. */
	for (unsigned i = 4; i < LIMIT_CONTENT_FIELDS; i++)
		buf_addf(&l.header, "Content-%u: x\n", i);
	mail = mail_of(&l);
	is_opened(&mail);
	gateway_fixture_log_clear(&f);
	buf_add_text(&l.header, "Content-X: x\n");
	mail = mail_of(&l);
	stays_closed(&mail, &l, "nrcpt=1 reason=not-opened");
	letter_fini(&l);
}

/* What was compressed may become larger, but no mail server may say that it
 * is too large: the sender would hear it. */
static void
test_grown(void **state)
{
	struct buf entity, der, file;
	struct letter l;
	char *path;

	(void)state;
	buf_init(&entity, 2 * LIMIT_GROWN_BODY);
	buf_add_text(&entity, "Content-Type: text/plain\r\n\r\n");
	while (entity.len < LIMIT_GROWN_BODY + 64)
		buf_addf(&entity, "%08ld and 01234567890123456789\r\n",
		    random() % 100000000);
	assert_true(buf_ok(&entity));
	for (int larger = 0; larger < 2; larger++) {
		struct fixture_mail mail;
		struct fixture_result r;

		entity.len = 28 + LIMIT_GROWN_BODY + (size_t)larger;
		memcpy(entity.data + entity.len - 4, "xx\r\n", 4);
		buf_init(&der, LIMIT_GROWN_BODY);
		compressed_sample(buf_slice(&entity), &der);
		make_entity(&der, &file);
		path = xasprintf("%s/compressed", f.folder);
		fixture_write(path, 0600, &file);
		letter_make(&l, "cp compressed in && " ENCRYPT "alice.pem");
		mail = mail_of(&l);
		is_accepted(&mail, &r);
		assert_int_equal(has_body(&r, &l), larger);
		assert_int_equal(has(&r, "decrypted=no"), larger);
		fixture_result_fini(&r);
		letter_fini(&l);
		free(path);
		buf_fini(&file);
		buf_fini(&der);
	}
	buf_fini(&entity);
}

/* --- a split --- */

static void
test_split(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	listen_for(both_accepted);
	letter_make(&l, SIGN ENCRYPT "alice.pem carol.pem stranger.pem");
	mail = mail_of(&l);
	mail.to[1] = "<dave@example.com>";
	mail.to[2] = "<carol@example.org>";
	mail.to_parameters[2] = "NOTIFY=NEVER";
	mail.to[3] = "<carol@Example.org>";
	is_accepted(&mail, &r);
	assert_true(has_body(&r, &l));
	assert_true(has(&r, "decrypted=no"));
	assert_false(has(&r, "valid"));
	assert_string_equal(r.removed,
	    "<Alice@example.org> <carol@example.org> <carol@Example.org> ");
	smtp_fixture_stop(&server);
	gateway_fixture_expect(
	    &f, "decrypted from=bob@example.net nrcpt=2 copy=2/2 cert=");
	gateway_fixture_expect(
	    &f, "passed from=bob@example.net nrcpt=1 copy=1/2 reason=no-key");
	fixture_result_fini(&r);
	letter_fini(&l);
}

/* A RecipientInfo that only names him is no key. */
static void
test_only_named(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	listen_for(alice_accepted);
	letter_make(&l, ENCRYPT "alice.pem impostor.pem");
	mail = mail_of(&l);
	mail.to[1] = "<carol@example.org>";
	is_accepted(&mail, &r);
	assert_true(has_body(&r, &l));
	assert_string_equal(r.removed, "<Alice@example.org> ");
	smtp_fixture_stop(&server);
	fixture_result_fini(&r);
	letter_fini(&l);
}

/* Who wants ciphertext, is looked at only, or has no certificate. */
static void
test_split_by_policy(void **state)
{
	static const char *const others[] = {
	    "<erin@example.org>", "<zoe@example.org>"};
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		listen_for(alice_accepted);
		letter_make(&l, ENCRYPT "alice.pem erin.pem");
		mail = mail_of(&l);
		mail.to[1] = others[i];
		is_accepted(&mail, &r);
		assert_true(has_body(&r, &l));
		assert_string_equal(r.removed, "<Alice@example.org> ");
		smtp_fixture_stop(&server);
		fixture_result_fini(&r);
		letter_fini(&l);
	}
}

static void
test_no_listener(void **state)
{
	struct letter l;
	struct fixture_mail mail;

	(void)state;
	letter_make(&l, ENCRYPT "alice.pem");
	mail = mail_of(&l);
	mail.to[1] = "<zoe@example.org>";
	stays_closed(&mail, &l,
	    "passed from=bob@example.net nrcpt=2 reason=no-listener\n");
	letter_fini(&l);
}

/* To Alice, who can read it, and Zoe, with each listener in its turn. */
static void
with_each(const char *const *const *scripts, size_t count,
    void (*expect)(const struct fixture_mail *mail, const struct letter *l))
{
	struct letter l;
	struct fixture_mail mail;

	letter_make(&l, ENCRYPT "alice.pem");
	mail = mail_of(&l);
	mail.to[1] = "<zoe@example.org>";
	for (size_t i = 0; i < count; i++) {
		gateway_fixture_log_clear(&f);
		listen_for(scripts[i]);
		expect(&mail, &l);
		assert_false(gateway_fixture_logged(&f, ": decrypted "));
		smtp_fixture_stop(&server);
	}
	letter_fini(&l);
}

static void
expect_wait(const struct fixture_mail *mail, const struct letter *l)
{
	struct fixture_result r;

	(void)l;
	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.code, "451");
	assert_string_equal(r.reply.extended, "4.7.56");
	gateway_fixture_expect(
	    &f, "deferred from=bob@example.net nrcpt=2 reason=reinject");
	fixture_result_fini(&r);
}

/* Nobody gets anything of it. */
static void
test_listener_away(void **state)
{
	static const char *const closes[] = {"> 421 4.3.2 no", NULL};
	static const char *const dot_refused[] = {
	    FOR_ALICE, "* .", "> 451 4.3.0 disk", "< QUIT", NULL};
	static const char *const later[] = {GREETING, FROM_BOB,
	    "< RCPT TO:<Alice@example.org>", "> 450 4.2.0 later", "< QUIT",
	    NULL};
	static const char *const nobody[] = {"> 554 5.7.1 not you", NULL};
	static const char *const *const scripts[] = {
	    closes, dot_refused, later, nobody};

	(void)state;
	with_each(scripts, sizeof(scripts) / sizeof(*scripts), expect_wait);
}

static void
expect_closed(const struct fixture_mail *mail, const struct letter *l)
{
	stays_closed(
	    mail, l, "passed from=bob@example.net nrcpt=2 reason=reinject\n");
	gateway_fixture_expect(
	    &f, "the listener takes no copy of what was decrypted: ");
}

/* The listener will never take the copy, and says so before the edits are made:
 * everybody gets what came.  A server that says so as a greeting means more
 * than this copy; see above. */
static void
test_listener_refuses(void **state)
{
	static const char *const sender[] = {GREETING,
	    "< MAIL FROM:<bob@example.net> RET=HDRS", "> 553 5.1.8 no",
	    "< QUIT", NULL};
	static const char *const recipient[] = {GREETING, FROM_BOB,
	    "< RCPT TO:<Alice@example.org>", "> 554 5.7.1 Relay access denied",
	    "< QUIT", NULL};
	static const char *const data[] = {GREETING, FROM_BOB, TO_ALICE,
	    "< DATA", "> 554 5.5.1 no", "end", NULL};
	static const char *const *const scripts[] = {sender, recipient, data};

	(void)state;
	with_each(scripts, sizeof(scripts) / sizeof(*scripts), expect_closed);
}

static void
expect_put_back(const struct fixture_mail *mail, const struct letter *l)
{
	struct fixture_result r;

	is_accepted(mail, &r);
	assert_true(has_body(&r, l));
	assert_true(has(&r, "decrypted=no"));
	assert_string_equal(r.removed, "<Alice@example.org> ");
	assert_string_equal(r.restored, "<Alice@example.org> ");
	gateway_fixture_expect(
	    &f, "passed from=bob@example.net nrcpt=2 reason=reinject\n");
	fixture_result_fini(&r);
}

/* It says so in answer to the dot, when the mail server has removed him: he is
 * put back, and nobody has to come again. */
static void
test_dot_refused(void **state)
{
	static const char *const refused[] = {
	    FOR_ALICE, "* .", "> 554 5.7.1 a virus", "< QUIT", NULL};
	static const char *const too_large[] = {
	    FOR_ALICE, "* .", "> 552 5.3.4 size", "< QUIT", NULL};
	static const char *const *const scripts[] = {refused, too_large};

	(void)state;
	with_each(scripts, sizeof(scripts) / sizeof(*scripts), expect_put_back);
}

/* To Alice, who gets her copy, and Zoe; and then it comes again. */
static void
send_before(struct letter *l, const char *how, struct fixture_mail *mail)
{
	struct fixture_result r;

	letter_make(l, how);
	*mail = mail_of(l);
	mail->to[1] = "<zoe@example.org>";
	listen_for(alice_accepted);
	is_accepted(mail, &r);
	assert_string_equal(r.restored, "");
	fixture_result_fini(&r);
	smtp_fixture_stop(&server);
	gateway_fixture_log_clear(&f);
}

/* Alice has had her copy, and Carol gets what came, as Zoe does. */
static void
expect_carol_closed(void)
{
	gateway_fixture_expect(
	    &f, "decrypted from=bob@example.net nrcpt=1 copy=2/2 cert=");
	gateway_fixture_expect(
	    &f, "passed from=bob@example.net nrcpt=2 copy=1/2 reason=no-key");
}

/* Of two one had his copy when the message came before; the other one is put
 * back with the parameters that he had. */
static void
test_dot_refused_again(void **state)
{
	static const char *const carol_refused[] = {GREETING, FROM_BOB,
	    "< RCPT TO:<@example.com:carol@example.org> NOTIFY=NEVER",
	    "> 250 ok", CONTENT, "* .", "> 554 5.7.1 a virus", "< QUIT", NULL};
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	send_before(&l, ENCRYPT "alice.pem carol.pem", &mail);
	mail.to[2] = "<@example.com:carol@example.org>";
	mail.to_parameters[2] = "NOTIFY=NEVER";
	listen_for(carol_refused);
	is_accepted(&mail, &r);
	assert_string_equal(r.restored, "<carol@example.org> NOTIFY=NEVER ");
	smtp_fixture_stop(&server);
	expect_carol_closed();
	fixture_result_fini(&r);
	letter_fini(&l);
}

/* The same, when the listener says so before the edits are made: who had his
 * copy does not get what came as well. */
static void
test_refused_again(void **state)
{
	static const char *const carol_refused[] = {GREETING, FROM_BOB,
	    "< RCPT TO:<carol@example.org>", "> 554 5.7.1 not you", "< QUIT",
	    NULL};
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	send_before(&l, ENCRYPT "alice.pem carol.pem", &mail);
	mail.to[2] = "<carol@example.org>";
	listen_for(carol_refused);
	is_accepted(&mail, &r);
	assert_true(has_body(&r, &l));
	assert_true(has(&r, "decrypted=no"));
	assert_string_equal(r.removed, "<Alice@example.org> ");
	assert_string_equal(r.restored, "");
	smtp_fixture_stop(&server);
	gateway_fixture_expect(
	    &f, "the listener takes no copy of what was decrypted: ");
	expect_carol_closed();
	fixture_result_fini(&r);
	letter_fini(&l);
}

/* The dot was accepted, the mail server died: he has his copy. */
static void
test_comes_again(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	send_before(&l, ENCRYPT "alice.pem", &mail);
	is_accepted(&mail, &r);
	assert_true(has_body(&r, &l));
	assert_string_equal(r.removed, "<Alice@example.org> ");
	gateway_fixture_expect(&f, "integrity=unknown again=1\n");
	fixture_result_fini(&r);
	letter_fini(&l);
}

/* Rule X4: what was inside does not change the answer. */
static void
test_too_large_for_the_listener(void **state)
{
	static const char *const small[] = {"> 220 mx.example.org ESMTP",
	    "< EHLO [127.0.0.1]", "> 250-mx.example.org", "> 250 SIZE 100",
	    "silent", NULL};
	struct letter l;
	struct fixture_mail mail;

	(void)state;
	letter_make(&l, ENCRYPT "alice.pem");
	mail = mail_of(&l);
	mail.to[1] = "<zoe@example.org>";
	listen_for(small);
	stays_closed(&mail, &l,
	    "passed from=bob@example.net nrcpt=2 reason=too-large\n");
	smtp_fixture_drop(&server);
	letter_fini(&l);
}

/* --- what is away --- */

static void
test_keyd_away(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	f.config.keyd = "/nonexistent/keyd.sock";
	gateway_fixture_open(&f);
	letter_make(&l, ENCRYPT "alice.pem");
	mail = mail_of(&l);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.code, "451");
	assert_string_equal(r.reply.extended, "4.7.51");
	gateway_fixture_expect(
	    &f, "deferred from=bob@example.net nrcpt=1 reason=keyd error=");
	fixture_result_fini(&r);
	/* Nobody's but a stranger's: it goes on. */
	mail.to[0] = "<zoe@example.org>";
	stays_closed(&mail, &l, "reason=not-opened");
	letter_fini(&l);
}

/* As it came it would be of no use to alice; others need not wait. */
static void
test_no_disk(void **state)
{
	static const char *const to[] = {
	    "<alice@example.org>", "<zoe@example.org>"};
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	letter_make(&l, "head -c 200000 /dev/zero >in && " ENCRYPT "alice.pem");
	f.config.spool.folder = "/proc/nowhere";
	for (int pass = 0; pass < 2; pass++) {
		f.config.on_error = pass ? GATEWAY_PASS : GATEWAY_TEMPFAIL;
		gateway_fixture_open(&f);
		for (int i = 0; i < 2; i++) {
			bool waits = !pass && i == 0;

			mail = mail_of(&l);
			mail.to[0] = to[i];
			gateway_fixture_log_clear(&f);
			gateway_fixture_send(&f, &mail, &r);
			assert_int_equal(
			    r.outcome, waits ? JOB_DEFER : JOB_ACCEPT);
			assert_false(r.changed);
			if (waits)
				assert_string_equal(r.reply.extended, "4.7.53");
			gateway_fixture_expect(&f,
			    waits ? "deferred from=bob@example.net nrcpt=1 "
				    "reason=internal error=\"cannot make a "
				  : "passed from=bob@example.net nrcpt=1 "
				    "reason=internal error=\"cannot make a ");
			fixture_result_fini(&r);
		}
	}
	letter_fini(&l);
	f.config.spool.folder = f.folder;
}

static void
test_pass_on_error(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	f.config.keyd = "/nonexistent/keyd.sock";
	f.config.on_error = GATEWAY_PASS;
	gateway_fixture_open(&f);
	letter_make(&l, ENCRYPT "alice.pem");
	buf_add_text(&l.header, "X-SMIME-Status: valid\n");
	mail = mail_of(&l);
	is_accepted(&mail, &r);
	assert_true(has_body(&r, &l));
	assert_true(has(&r, "pkcs7-mime"));
	assert_false(has(&r, "X-SMIME-Status"));
	gateway_fixture_expect(
	    &f, "passed from=bob@example.net nrcpt=1 reason=keyd error=");
	fixture_result_fini(&r);
	letter_fini(&l);
}

/* --- shadow mode --- */

static void
test_shadow(void **state)
{
	struct letter l;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	f.domain.level.mode = MODE_SHADOW;
	gateway_fixture_open(&f);
	letter_make(&l, SIGN ENCRYPT "alice.pem");
	buf_add_text(&l.header, "X-SMIME-Status: valid\n");
	mail = mail_of(&l);
	is_accepted(&mail, &r);
	assert_false(r.changed);
	gateway_fixture_expect(
	    &f, "verified from=bob@example.net shadow=yes status=valid");
	gateway_fixture_expect(
	    &f, "decrypted from=bob@example.net nrcpt=1 shadow=yes cert=");
	fixture_result_fini(&r);
	letter_fini(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_for_one, before_each),
	    cmocka_unit_test_setup(test_signed_inside, before_each),
	    cmocka_unit_test_setup(test_generations, before_each),
	    cmocka_unit_test_setup(test_for_all, before_each),
	    cmocka_unit_test_setup(test_resolved, before_each),
	    cmocka_unit_test_setup(test_not_opened, before_each),
	    cmocka_unit_test_setup(test_many_fields, before_each),
	    cmocka_unit_test_setup(test_grown, before_each),
	    cmocka_unit_test_setup(test_split, before_each),
	    cmocka_unit_test_setup(test_only_named, before_each),
	    cmocka_unit_test_setup(test_split_by_policy, before_each),
	    cmocka_unit_test_setup(test_no_listener, before_each),
	    cmocka_unit_test_setup(test_listener_away, before_each),
	    cmocka_unit_test_setup(test_listener_refuses, before_each),
	    cmocka_unit_test_setup(test_dot_refused, before_each),
	    cmocka_unit_test_setup(test_dot_refused_again, before_each),
	    cmocka_unit_test_setup(test_refused_again, before_each),
	    cmocka_unit_test_setup(test_comes_again, before_each),
	    cmocka_unit_test_setup(
		test_too_large_for_the_listener, before_each),
	    cmocka_unit_test_setup(test_keyd_away, before_each),
	    cmocka_unit_test_setup(test_no_disk, before_each),
	    cmocka_unit_test_setup(test_pass_on_error, before_each),
	    cmocka_unit_test_setup(test_shadow, before_each),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
