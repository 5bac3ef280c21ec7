/*
 * Messages from envelope to edits, through a real gateway with a real key
 * process and store.  What comes out is judged by the openssl command.
 */
#include "unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "unit/gateway_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert alice, carol, bob, dave, erin_expired;

#define HEADER                                                                 \
	"From: Alice <alice@example.org>\n"                                    \
	"To: Bob <bob@example.net>\n"                                          \
	"Subject: hello\n"
#define TEXT  "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
#define EIGHT "Content-Transfer-Encoding: 8bit\n"

/* Who: signs, encrypts.  alice yes, off; carol yes, if-possible; paul yes,
 * required; nora no; erin's certificate has expired. */
static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){
		.address = "alice@example.org", .key = "RSA-2048"});
	fixture_leaf(&carol, &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){
		.address = "bob@example.net", .key = "RSA-2048"});
	fixture_leaf(&dave, &f.their_ca,
	    &(struct fixture_opts){.address = "dave@example.net"});
	fixture_leaf(&erin_expired, &f.our_ca,
	    &(struct fixture_opts){.address = "erin@example.org",
		.not_before = -20 * FIXTURE_DAY,
		.not_after = -FIXTURE_DAY});
	gateway_fixture_user(
	    &f, "alice@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "alice@example.org", &alice);
	gateway_fixture_user(
	    &f, "carol@example.org", SWITCH_ON, ENCRYPT_IF_POSSIBLE);
	gateway_fixture_own(&f, "carol@example.org", &carol);
	gateway_fixture_user(
	    &f, "nora@example.org", SWITCH_OFF, ENCRYPT_INHERIT);
	gateway_fixture_user(
	    &f, "erin@example.org", SWITCH_ON, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "erin@example.org", &erin_expired);
	gateway_fixture_user(
	    &f, "paul@example.org", SWITCH_OFF, ENCRYPT_REQUIRED);
	gateway_fixture_partner(
	    &f, "bob@example.net", &bob, STORE_TRUST_HARVESTED);
	gateway_fixture_partner(
	    &f, "dave@example.net", &dave, STORE_TRUST_HARVESTED);
	gateway_fixture_pem(&f, "alice", &alice);
	gateway_fixture_pem(&f, "carol", &carol);
	gateway_fixture_pem(&f, "bob", &bob);
	gateway_fixture_pem(&f, "dave", &dave);
	gateway_fixture_open(&f);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&erin_expired);
	fixture_fini(&dave);
	fixture_fini(&bob);
	fixture_fini(&carol);
	fixture_fini(&alice);
	return 0;
}

static int
before_each(void **state)
{
	(void)state;
	gateway_fixture_log_clear(&f);
	return 0;
}

/* --- judging --- */

/* openssl takes the signature, and it is that user's; the signed entity is
 * in the folder as "content". */
static void
verifies(const char *file, const char *who)
{
	if (gateway_fixture_run(&f,
		"openssl cms -verify -in %s -CAfile ca.pem -out content "
		"-signer signer.pem && openssl x509 -in signer.pem -outform "
		"DER -out signer.der && openssl x509 -in %s.pem -outform DER "
		"-out wanted.der && cmp signer.der wanted.der",
		file, who) != 0)
		fail_msg("%s is not signed by %s", file, who);
}

/* That recipient can open it; the plain text is in the folder as "plain". */
static void
decrypts(const char *file, const char *who)
{
	if (gateway_fixture_run(&f,
		"openssl cms -decrypt -in %s -recip %s.pem -inkey %s.key "
		"-out plain",
		file, who, who) != 0)
		fail_msg("%s cannot open %s", who, file);
}

/* The message is, byte for byte, what came in. */
static void
is_untouched(const struct fixture_mail *mail, struct fixture_result *r)
{
	struct buf bytes;

	assert_int_equal(r->outcome, JOB_ACCEPT);
	assert_false(r->changed);
	gateway_fixture_read(&f, r->file, &bytes);
	assert_true(bytes.len >= mail->body.len);
	if (mail->body.len > 0)
		assert_memory_equal(bytes.data + bytes.len - mail->body.len,
		    mail->body.data, mail->body.len);
	buf_fini(&bytes);
	fixture_result_fini(r);
}

static void
passes(const struct fixture_mail *mail, const char *logged)
{
	struct fixture_result r;

	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	is_untouched(mail, &r);
	gateway_fixture_expect(&f, logged);
}

static void
refuses(const struct fixture_mail *mail, const char *extended, const char *text,
    const char *logged)
{
	struct fixture_result r;

	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, extended);
	if (!strstr(r.reply.text, text))
		fail_msg("\"%s\" without \"%s\"", r.reply.text, text);
	gateway_fixture_expect(&f, logged);
}

static struct fixture_mail
from_alice(const char *header, const char *body)
{
	return (struct fixture_mail){.login = "alice@example.org",
	    .header = header,
	    .body = slice_text(body)};
}

/* Sends it and expects a signature in clear; the caller ends the result. */
static void
signs(
    const struct fixture_mail *mail, const char *who, struct fixture_result *r)
{
	gateway_fixture_send(&f, mail, r);
	if (r->outcome != JOB_ACCEPT)
		fail_msg("%s %s", r->reply.extended, r->reply.text);
	assert_true(r->changed);
	assert_true(r->plan.sign);
	assert_false(r->plan.encrypt);
	assert_true(gateway_fixture_has(&f, r->file, "multipart/signed"));
	verifies(r->file, who);
}

/* --- signing --- */

static void
test_signed(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "Hello Bob\r\n");
	struct fixture_result r;
	char *line;

	(void)state;
	signs(&mail, "alice", &r);
	assert_true(gateway_fixture_has(&f, r.file, "Subject: hello\r\n"));
	assert_true(gateway_fixture_has(&f, "content",
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "\r\nHello Bob\r\n"));
	line = xasprintf("4QueueId: signed from=alice@example.org nrcpt=1 "
			 "cert=%.16s encrypt=no encrypt-reason=encryption-off "
			 "alg=rsa-sha256\n",
	    alice.certificate->fingerprint_text);
	gateway_fixture_expect(&f, line);
	free(line);
	fixture_result_fini(&r);
}

static void
test_eight_bit(void **state)
{
	struct fixture_mail mail =
	    from_alice(HEADER TEXT EIGHT, "Gr\xc3\xbc\xc3\x9f"
					  "e   \r\nFrom here\r\n");
	struct fixture_result r;

	(void)state;
	signs(&mail, "alice", &r);
	assert_false(gateway_fixture_has(&f, r.file, "\xc3"));
	assert_false(gateway_fixture_has(&f, r.file, "8bit"));
	fixture_result_fini(&r);
}

/* No Content-*, no MIME-Version, no Date, no Message-ID. */
static void
test_bare_header(void **state)
{
	struct fixture_mail mail =
	    from_alice("From: alice@example.org\n", "x\r\n");
	struct fixture_result r;

	(void)state;
	signs(&mail, "alice", &r);
	assert_true(gateway_fixture_has(&f, r.file, "MIME-Version: 1.0\r\n"));
	assert_true(gateway_fixture_has(&f, "content",
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\nx"));
	fixture_result_fini(&r);
}

static void
test_odd_bodies(void **state)
{
	static const struct {
		const char *header;
		const char *body;
	} rows[] = {
	    {HEADER, ""},
	    {HEADER TEXT, ""},
	    {HEADER TEXT, "no final newline"},
	    {HEADER TEXT, "\r\n"},
	    {HEADER TEXT, "\r\n\r\n\r\n"},
	    {HEADER TEXT, "--\r\n"},
	    {HEADER TEXT, "bare\rCR and bare\nLF\r\n"},
	    /* A message inside, with an 8-bit part of its own. */
	    {HEADER
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n"
		"Content-Transfer-Encoding: 8bit\n",
		"--o\r\nContent-Type: message/rfc822\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n"
		"From: x@example.com\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n"
		"--o--\r\n"},
	    /* Broken multiparts are signed whole. */
	    {HEADER "MIME-Version: 1.0\n"
		    "Content-Type: multipart/mixed; boundary=o\n",
		"--o\r\n\r\nno close-delimiter\r\n"},
	    {HEADER "MIME-Version: 1.0\n"
		    "Content-Type: multipart/mixed; boundary=o\n",
		"the boundary never occurs\r\n"},
	    {HEADER "MIME-Version: 1.0\nContent-Type: multipart/mixed\n",
		"no boundary\r\n"},
	    {HEADER TEXT "Content-Language: de\nContent-ID: <1@x>\n", "x\r\n"},
	};
	struct fixture_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail =
		    from_alice(rows[i].header, rows[i].body);

		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, JOB_ACCEPT);
		assert_true(r.plan.sign);
		verifies(r.file, "alice");
		fixture_result_fini(&r);
	}
}

/* Every Content-* field is inside, none of the old ones outside. */
static void
test_content_fields_move(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT
	    "Content-Language: de,\n en\nContent-ID: <1@example.org>\n"
	    "X-Other: stays\nMIME-Version: 1.0\n",
	    "x\r\n");
	struct fixture_result r;

	(void)state;
	signs(&mail, "alice", &r);
	assert_int_equal(gateway_fixture_run(&f,
			     "sed '/^\\r$/q' %s >outer && "
			     "test $(grep -ci '^content-' outer) = 1 && "
			     "test $(grep -ci '^mime-version:' outer) = 1 && "
			     "grep -q '^X-Other: stays' outer",
			     r.file),
	    0);
	assert_true(gateway_fixture_has(
	    &f, "content", "Content-Language: de,\r\n en\r\n"));
	assert_true(gateway_fixture_has(
	    &f, "content", "Content-ID: <1@example.org>\r\n"));
	fixture_result_fini(&r);
}

/* What cannot be made 7-bit is signed opaque (rules S5, S16). */
static void
test_opaque(void **state)
{
	struct fixture_mail mail = from_alice(HEADER
	    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n",
	    "--o\r\nContent-Type: multipart/signed; protocol=\"a/b\"; "
	    "micalg=x; boundary=i\r\n\r\n--i\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n--i\r\n"
	    "Content-Type: a/b\r\n\r\nsignature\r\n--i--\r\n--o--\r\n");
	struct fixture_result r;

	(void)state;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.plan.sign);
	assert_true(gateway_fixture_has(&f, r.file, "smime-type=signed-data"));
	verifies(r.file, "alice");
	assert_true(gateway_fixture_has(&f, "content", "\xc3\xa4"));
	gateway_fixture_expect(&f, "opaque=");
	fixture_result_fini(&r);
}

static void
test_evidence(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	mail.login = NULL;
	mail.client = "127.0.0.1";
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	mail.client = NULL;
	passes(&mail, "passed from=alice@example.org nrcpt=1 "
		      "reason=not-submitted");
	mail.daemon = "SUBMISSION";
	passes(&mail, "reason=not-submitted");
	f.config.submission_daemons = (const char *const[]){"SUBMISSION"};
	f.config.submission_daemon_count = 1;
	gateway_fixture_open(&f);
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	f.config.submission_daemon_count = 0;
	gateway_fixture_open(&f);
	/* A login in any spelling; a bare one in the only domain. */
	mail.daemon = NULL;
	mail.login = "Alice@Example.ORG";
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	mail.login = "ALICE";
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	/* Somebody else's login, even from a trusted network. */
	mail.login = "nora@example.org";
	mail.client = "127.0.0.1";
	passes(&mail, "reason=login-mismatch");
}

static void
test_not_signed(void **state)
{
	static const struct {
		const char *login, *sender, *header, *logged;
	} rows[] = {
	    {"nora@example.org", "<nora@example.org>",
		"From: nora@example.org\n", "reason=signing-off"},
	    {"erin@example.org", "<erin@example.org>",
		"From: erin@example.org\n", "reason=own-expired"},
	    {"zoe@example.org", "<zoe@example.org>", "From: zoe@example.org\n",
		"reason=no-user"},
	    {"alice@example.org", "<x@example.com>", HEADER,
		"reason=foreign-sender"},
	    {"alice@example.org", NULL,
		"From: alice@example.org\nFrom: alice@example.org\n",
		"reason=several-from"},
	    {"alice@example.org", NULL,
		"From: alice@example.org, nora@example.org\n",
		"reason=several-from"},
	    {"alice@example.org", NULL, "From: Bob <bob@example.com>\n",
		"reason=foreign-from"},
	    {"alice@example.org", NULL, "Subject: no From\n", "reason=no-from"},
	    {"alice@example.org", "<>", HEADER, "reason=null-sender"},
	    {"alice@example.org", NULL, HEADER "List-Id: <x.example.org>\n",
		"reason=list"},
	    {"alice@example.org", NULL,
		HEADER "Auto-Submitted: no\n"
		       "List-Post: <x>\n",
		"reason=list"},
	    {"alice@example.org", NULL, HEADER "Auto-Submitted: auto-replied\n",
		"reason=auto-submitted"},
	    {"alice@example.org", NULL,
		"From: alice@example.org\nSubject:  ACME: token\n",
		"reason=acme"},
	    {"alice@example.org", NULL,
		HEADER "Content-Type: multipart/report; boundary=b;\n "
		       "report-type=\"delivery-status\"\n",
		"reason=dsn"},
	    {"alice@example.org", NULL,
		HEADER "Content-Type: multipart/report; boundary=b;\n "
		       "report-type=disposition-notification\n",
		"reason=mdn"},
	    {"alice@example.org", NULL,
		HEADER "Content-Type: message/partial; id=x; number=1\n",
		"reason=partial"},
	    {"alice@example.org", NULL,
		HEADER "Content-Type: text/calendar; method=REQUEST\n",
		"reason=calendar"},
	    {"alice@example.org", NULL,
		HEADER "Content-Type: multipart/signed; boundary=b;\n "
		       "protocol=\"application/pgp-signature\"\n",
		"reason=already-signed"},
	    {"alice@example.org", NULL,
		HEADER "Content-Type: application/pkcs7-mime;\n "
		       "smime-type=enveloped-data; name=smime.p7m\n",
		"reason=already-encrypted"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail = {.login = rows[i].login,
		    .sender = rows[i].sender,
		    .header = rows[i].header,
		    .body = slice_text("--b\r\n\r\nx\r\n--b--\r\n")};

		passes(&mail, rows[i].logged);
	}
}

/* None of these needs the body to be sent. */
static void
test_early_answer(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.wanted_body);
	fixture_result_fini(&r);
	mail.header = HEADER "List-Id: <x>\n";
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.wanted_body);
	fixture_result_fini(&r);
	mail.login = NULL;
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.wanted_body);
	fixture_result_fini(&r);
}

/* Only the body tells. */
static void
test_told_by_the_body(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT,
	    "-----BEGIN PGP MESSAGE-----\r\n\r\nhQ==\r\n=abcd\r\n"
	    "-----END PGP MESSAGE-----\r\n");

	(void)state;
	passes(&mail, "reason=already-signed");
	mail = from_alice(HEADER
	    "MIME-Version: 1.0\n"
	    "Content-Type: multipart/alternative; boundary=o\n",
	    "--o\r\n\r\nCome!\r\n--o\r\n"
	    "Content-Type: text/calendar; method=REQUEST\r\n\r\n"
	    "BEGIN:VCALENDAR\r\n--o--\r\n");
	passes(&mail, "reason=calendar");
}

/* --- encrypting --- */

#define CAROL "From: carol@example.org\nTo: bob@example.net, dave@example.net\n"

static struct fixture_mail
from_carol(const char *header, const char *body)
{
	return (struct fixture_mail){.login = "carol@example.org",
	    .sender = "<carol@example.org>",
	    .header = header,
	    .body = slice_text(body)};
}

static void
test_sign_then_encrypt(void **state)
{
	static const char *const who[] = {"bob", "dave"};
	struct fixture_mail mail = from_carol(
	    CAROL TEXT EIGHT "Bcc: x@example.com\n", "secret \xc3\xa4\r\n");
	struct fixture_result r;

	(void)state;
	mail.to[0] = "<bob@example.net>";
	mail.to[1] = "<Dave@Example.NET>";
	mail.to[2] = "<dave@example.net>";
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.plan.sign && r.plan.encrypt);
	assert_true(
	    gateway_fixture_has(&f, r.file, "smime-type=enveloped-data"));
	assert_false(gateway_fixture_has(&f, r.file, "secret"));
	for (size_t i = 0; i < 2; i++) {
		decrypts(r.file, who[i]);
		/* Nothing of the message's own header is inside (B2). */
		assert_false(
		    gateway_fixture_has(&f, "plain", "carol@example.org"));
		assert_false(gateway_fixture_has(&f, "plain", "x@example.com"));
		verifies("plain", "carol");
		assert_true(
		    gateway_fixture_has(&f, "content", "secret =C3=A4"));
	}
	gateway_fixture_expect(
	    &f, "encrypted from=carol@example.org nrcpt=2 certs=");
	gateway_fixture_expect(&f, "sign=yes cert=");
	fixture_result_fini(&r);
}

static void
test_cannot_encrypt_signs(void **state)
{
	struct fixture_mail mail = from_carol(CAROL TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	mail.to[0] = "<bob@example.net>";
	mail.to[1] = "<zoe@example.net>";
	signs(&mail, "carol", &r);
	gateway_fixture_expect(
	    &f, "encrypt=no encrypt-reason=no-certificate to=zoe@example.net");
	fixture_result_fini(&r);
	/* bob is named, dave is a blind copy. */
	mail.header = "From: carol@example.org\nTo: bob@example.net\n";
	mail.to[1] = "<dave@example.net>";
	signs(&mail, "carol", &r);
	gateway_fixture_expect(&f, "encrypt-reason=bcc to=dave@example.net");
	fixture_result_fini(&r);
	mail.to[1] = "<alice@example.org>";
	signs(&mail, "carol", &r);
	gateway_fixture_expect(
	    &f, "encrypt-reason=local-recipient to=alice@example.org");
	fixture_result_fini(&r);
	mail.to[1] = "<no at>";
	signs(&mail, "carol", &r);
	gateway_fixture_expect(&f, "encrypt-reason=bad-recipient");
	fixture_result_fini(&r);
}

/* The only recipient may be a blind copy. */
static void
test_single_blind_copy(void **state)
{
	struct fixture_mail mail = from_carol("From: carol@example.org\n", "x");
	struct fixture_result r;

	(void)state;
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.plan.encrypt);
	decrypts(r.file, "bob");
	fixture_result_fini(&r);
}

static struct fixture_mail
from_paul(const char *header, const char *body)
{
	return (struct fixture_mail){.login = "paul@example.org",
	    .sender = "<paul@example.org>",
	    .header = header,
	    .body = slice_text(body)};
}

#define PAUL "From: paul@example.org\nTo: bob@example.net, dave@example.net\n"

static void
test_required(void **state)
{
	struct fixture_mail mail = from_paul(PAUL TEXT EIGHT, "\xc3\xa4\r\n");
	struct fixture_result r;

	(void)state;
	/* Encrypted although it is not signed (C1). */
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	decrypts(r.file, "bob");
	assert_true(gateway_fixture_has(&f, "plain", "=C3=A4"));
	gateway_fixture_expect(&f, "sign=no sign-reason=signing-off");
	fixture_result_fini(&r);
	mail.to[0] = "<zoe@example.net>";
	refuses(&mail, "5.7.51",
	    "zoe@example.net: no certificate, keys not exchanged; ask for a "
	    "signed mail",
	    "refused from=paul@example.org nrcpt=1 reason=no-certificate "
	    "to=zoe@example.net");
	mail.to[0] = "<bob@example.net>";
	mail.to[1] = "<alice@example.org>";
	refuses(&mail, "5.7.55", "alice@example.org: ",
	    "reason=local-recipient to=alice@example.org");
	mail.to[1] = "<no at>";
	refuses(&mail, "5.7.56", "no at: ", "reason=bad-recipient");
	mail.header = "From: paul@example.org\nTo: bob@example.net\n";
	mail.to[1] = "<dave@example.net>";
	refuses(&mail, "5.7.54",
	    "dave@example.net: ", "reason=bcc to=dave@example.net");
	/* It does not leave the server. */
	mail.to[0] = "<alice@example.org>";
	mail.to[1] = NULL;
	passes(&mail, "reason=signing-off encrypt-reason=local-recipient");
}

/* Nobody escapes by another name. */
static void
test_required_holds(void **state)
{
	static const struct {
		const char *login, *sender, *header;
	} rows[] = {
	    {"paul@example.org", NULL, "From: alice@example.org\n"},
	    {"alice@example.org", "<paul@example.org>",
		"From: alice@example.org\n"},
	    {"alice@example.org", NULL,
		"From: alice@example.org, paul@example.org\n"},
	    {"alice@example.org", NULL,
		"From: x@example.com, paul@example.org\n"},
	    {"alice@example.org", NULL,
		"From: alice@example.org\nFrom: paul@example.org\n"},
	    {"alice@example.org", "<paul@example.org>", "Subject: no From\n"},
	    {"paul@example.org", "<>", "From: paul@example.org\n"},
	};
	struct fixture_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail = {.login = rows[i].login,
		    .sender = rows[i].sender,
		    .to = {"<zoe@example.net>"},
		    .header = rows[i].header,
		    .body = slice_text("x\r\n")};

		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, JOB_REFUSE);
	}
}

/* Already signed: encrypted as it is, to the byte (A5). */
static void
test_required_wraps_signed(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;
	struct buf bytes;
	char *body;

	(void)state;
	signs(&mail, "alice", &r);
	assert_int_equal(gateway_fixture_run(&f,
			     "sed '1,/^\\r$/d' %s >body && sed '/^\\r$/q' %s | "
			     "grep -A9 -i '^content-type' | sed '/^\\r$/d' | "
			     "tr -d '\\r' >type",
			     r.file, r.file),
	    0);
	fixture_result_fini(&r);
	gateway_fixture_read(&f, "type", &bytes);
	mail = from_paul("", "");
	body = xasprintf("%s%s", PAUL, buf_text(&bytes));
	mail.header = body;
	buf_fini(&bytes);
	gateway_fixture_read(&f, "body", &bytes);
	mail.body = buf_slice(&bytes);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.plan.encrypt && !r.plan.sign);
	decrypts(r.file, "bob");
	verifies("plain", "alice");
	assert_int_equal(
	    gateway_fixture_run(&f, "sed '1,/^\\r$/d' plain | cmp - body"), 0);
	fixture_result_fini(&r);
	buf_fini(&bytes);
	free(body);
}

static void
test_many_recipients(void **state)
{
	struct fixture_mail mail = from_paul(NULL, "x\r\n");
	struct fixture_result r;
	char text[1024] = "From: paul@example.org\nTo: ";
	char paths[10][80];

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct fixture_cert cert;
		char address[64];

		snprintf(address, sizeof(address), "r%d@example.net", i);
		snprintf(paths[i], sizeof(paths[i]), "<%s>", address);
		mail.to[i] = paths[i];
		fixture_leaf(&cert, &f.their_ca,
		    &(struct fixture_opts){.address = address});
		gateway_fixture_partner(
		    &f, address, &cert, STORE_TRUST_HARVESTED);
		if (i == 0 || i == 9)
			gateway_fixture_pem(&f, i ? "r9" : "r0", &cert);
		fixture_fini(&cert);
		/* The last three are blind copies. */
		if (i < 7)
			snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), "%s%s",
			    i ? ",\n " : "", address);
	}
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\n");
	mail.header = text;
	refuses(&mail, "5.7.54", "r7@example.net: ", "reason=bcc");
	/* Without the blind ones. */
	mail.to[7] = NULL;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	decrypts(r.file, "r0");
	assert_int_not_equal(
	    gateway_fixture_run(&f,
		"openssl cms -decrypt -in %s -recip r9.pem -inkey r9.key",
		r.file),
	    0);
	fixture_result_fini(&r);
}

/* --- sizes --- */

/* Sanitizers keep what was freed and shadow the rest. */
#ifdef WITH_SANITIZERS
#define MEMORY_SLACK ((size_t)1 << 40)
#else
#define MEMORY_SLACK ((size_t)16 << 20)
#endif

static size_t
anonymous_memory(void)
{
	char line[128];
	size_t kib = 0;
	FILE *file = fopen("/proc/self/status", "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %zu", &kib) == 1)
			break;
	fclose(file);
	return kib * 1024;
}

/* 50 MB without 50 MB of memory (I4): signed, and signed and encrypted. */
static void
test_large(void **state)
{
	static const char line[] =
	    "The quick brown fox jumps over the lazy dog again and again.\r\n";
	/* A sanitizer's memory is not measured. */
	const size_t size = ((UNIT_SANITIZED ? 10u : 50u) << 20) /
			    (sizeof(line) - 1) * (sizeof(line) - 1);
	struct fixture_mail mail = from_alice(HEADER TEXT, "");
	struct fixture_result r;
	size_t before, after;
	char *path = xasprintf("%s/large", f.folder);
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	void *body;

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	body = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(body != MAP_FAILED);
	for (size_t at = 0; at < size; at += sizeof(line) - 1)
		memcpy((char *)body + at, line, sizeof(line) - 1);
	mail.body = slice_make(body, size);
	before = anonymous_memory();
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	mail.login = "carol@example.org";
	mail.sender = "<carol@example.org>";
	mail.header = CAROL TEXT;
	gateway_fixture_send(&f, &mail, &r);
	after = anonymous_memory();
	assert_true(r.plan.encrypt);
	decrypts(r.file, "bob");
	verifies("plain", "carol");
	fixture_result_fini(&r);
	if (after > before + MEMORY_SLACK)
		fail_msg("%zu bytes of memory more", after - before);
	munmap(body, size);
	close(fd);
	free(path);
}

static void
test_too_large(void **state)
{
	static char body[3000], eight[3000];
	struct fixture_mail mail = from_alice(HEADER TEXT, "");
	struct fixture_result r;

	(void)state;
	memset(body, '\n', sizeof(body));
	for (size_t i = 0; i + 1 < sizeof(body); i += 2)
		body[i] = '\r';
	mail.body = slice_make(body, sizeof(body));
	/* The message itself. */
	f.config.spool.max = sizeof(body) - 1;
	gateway_fixture_open(&f);
	passes(&mail, "passed from=alice@example.org nrcpt=1 reason=too-large");
	mail.override.encrypt = ENCRYPT_REQUIRED;
	refuses(&mail, "5.3.4", "too large", "refused");
	mail.override.encrypt = ENCRYPT_INHERIT;
	mail.login = NULL;
	mail.header = "From: bob@example.net\nContent-Type: multipart/signed; "
		      "protocol=\"application/pkcs7-signature\"; boundary=b\n";
	passes(&mail, "passed from=bob@example.net nrcpt=1 reason=too-large");
	/* What is made of it. */
	mail = from_alice(HEADER TEXT, "");
	mail.body = slice_make(body, sizeof(body));
	f.config.spool.max = 66000;
	gateway_fixture_open(&f);
	passes(&mail, "passed from=alice@example.org nrcpt=1 reason=too-large");
	memset(eight, 0xfc, sizeof(eight));
	mail.header = HEADER TEXT EIGHT;
	mail.body = slice_make(eight, sizeof(eight));
	f.config.spool.max = sizeof(eight) + 200;
	gateway_fixture_open(&f);
	passes(&mail, "passed from=alice@example.org nrcpt=1 reason=too-large");
	mail = from_alice(HEADER TEXT, "");
	mail.body = slice_make(body, sizeof(body));
	f.config.spool.max = 80000;
	gateway_fixture_open(&f);
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	/* Encrypted it would be: as policy says. */
	mail.login = "carol@example.org";
	mail.sender = "<carol@example.org>";
	mail.header = CAROL TEXT;
	signs(&mail, "carol", &r);
	gateway_fixture_expect(&f, "encrypt-reason=too-large");
	fixture_result_fini(&r);
	mail.login = "paul@example.org";
	mail.sender = "<paul@example.org>";
	mail.header = PAUL TEXT;
	refuses(&mail, "5.3.4", "too large", "reason=too-large");
	/* Nobody is told of a signature that did not come about. */
	mail = from_alice(HEADER TEXT, "");
	mail.body = slice_make(body, sizeof(body));
	f.config.spool.max = 66000;
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.plan.action, PLAN_PASS);
	assert_int_equal(r.plan.reason, REASON_TOO_LARGE);
	assert_false(r.plan.sign);
	fixture_result_fini(&r);
	f.config.spool.max = 200u << 20;
	gateway_fixture_open(&f);
}

/* Each of them would be an edit. */
static void
test_content_fields(void **state)
{
	struct fixture_mail mail;
	struct fixture_result r;
	struct buf header;

	(void)state;
	buf_init(&header, 1 << 20);
	buf_add_text(&header, HEADER TEXT);
	for (unsigned i = 1; i < LIMIT_CONTENT_FIELDS; i++)
		buf_addf(&header, "Content-X%u: y\n", i % 400);
	mail = from_alice(buf_text(&header), "x\r\n");
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	buf_add_text(&header, "Content-Y: z\n");
	mail.header = buf_text(&header);
	passes(
	    &mail, "reason=too-large error=\"more than 500 Content-* and Bcc");
	mail.override.encrypt = ENCRYPT_REQUIRED;
	refuses(&mail, "5.3.4", "too large", "reason=too-large");
	/* So would these. */
	buf_clear(&header);
	buf_add_text(&header, HEADER TEXT);
	for (unsigned i = 1; i < LIMIT_CONTENT_FIELDS; i++)
		buf_add_text(&header, "Bcc: nobody@example.net\n");
	mail = from_alice(buf_text(&header), "x\r\n");
	signs(&mail, "alice", &r);
	assert_false(gateway_fixture_has(&f, r.file, "nobody@example.net"));
	fixture_result_fini(&r);
	buf_add_text(&header, "resent-BCC: nobody@example.net\n");
	mail.header = buf_text(&header);
	passes(&mail, "reason=too-large");
	buf_fini(&header);
}

static void
test_large_header(void **state)
{
	struct buf header;
	struct fixture_mail mail;
	struct fixture_result r;

	(void)state;
	buf_init(&header, 64 << 20);
	buf_add_text(&header, HEADER TEXT);
	for (int i = 0; i < 200; i++) {
		buf_addf(&header, "X-Large-%d:", i);
		for (int k = 0; k < 100; k++)
			buf_add_text(&header,
			    " abcdefghijklmnopqrstuvwxyz0123456789\n ");
		buf_add_text(&header, "end\n");
	}
	mail = from_alice(buf_text(&header), "x\r\n");
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
	for (unsigned i = 0; i < LIMIT_HEADER_FIELDS; i++)
		buf_addf(&header, "X: %u\n", i);
	mail.header = buf_text(&header);
	mail.decide_only = true;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, "5.3.4");
	buf_fini(&header);
}

/* --- deciding only --- */

static void
test_decide_only(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;
	struct buf log;

	(void)state;
	mail.decide_only = true;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_int_equal(r.plan.action, PLAN_PROTECT);
	assert_true(r.plan.sign);
	assert_false(r.changed);
	fixture_result_fini(&r);
	mail = from_paul(PAUL, "x\r\n");
	mail.decide_only = true;
	mail.to[0] = "<zoe@example.net>";
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.code, "550");
	gateway_fixture_read(&f, f.log, &log);
	assert_int_equal(log.len, 0);
	buf_fini(&log);
}

/* What the operator asks for counts more than the user's settings. */
static void
test_override(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	mail.override.encrypt = ENCRYPT_REQUIRED;
	mail.override.sign = SWITCH_OFF;
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.plan.encrypt);
	assert_false(r.plan.sign);
	decrypts(r.file, "bob");
	fixture_result_fini(&r);
}

/* --- when something is away --- */

static void
test_keyd_away(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	keyd_fixture_kill(&f.keyd);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.code, "451");
	assert_string_equal(r.reply.extended, "4.7.51");
	gateway_fixture_expect(
	    &f, "deferred from=alice@example.org nrcpt=1 reason=keyd error=");
	/* Who does not sign does not wait. */
	mail = from_paul(PAUL TEXT, "x\r\n");
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	fixture_result_fini(&r);
	keyd_fixture_restart(&f.keyd);
	mail = from_alice(HEADER TEXT, "x\r\n");
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
}

/* on_error = "pass" is never for what must be encrypted. */
static void
test_pass_on_error(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	f.config.on_error = GATEWAY_PASS;
	gateway_fixture_open(&f);
	keyd_fixture_kill(&f.keyd);
	passes(&mail, "passed from=alice@example.org nrcpt=1 reason=keyd");
	mail.override.encrypt = ENCRYPT_REQUIRED;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	keyd_fixture_restart(&f.keyd);
	f.config.on_error = GATEWAY_TEMPFAIL;
	gateway_fixture_open(&f);
}

/* No temporary file can be made: nothing leaves half. */
static void
test_no_disk(void **state)
{
	static char body[200000];
	struct fixture_mail mail = from_alice(HEADER TEXT, "");
	struct fixture_result r;

	(void)state;
	memset(body, '\n', sizeof(body));
	mail.body = slice_make(body, sizeof(body));
	f.config.spool.folder = "/proc/nowhere";
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.extended, "4.7.53");
	f.config.spool.folder = f.folder;
	gateway_fixture_open(&f);
}

/* Nobody knows whether encryption is required: submitted mail waits, mail
 * from outside does not. */
static void
test_store_away(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	gateway_fixture_sql(&f, "ALTER TABLE state RENAME TO away");
	for (int on_error = 0; on_error < 2; on_error++) {
		f.config.on_error = (enum gateway_on_error)on_error;
		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, JOB_DEFER);
		assert_string_equal(r.reply.extended, "4.7.52");
		gateway_fixture_expect(&f,
		    "deferred from=alice@example.org nrcpt=1 "
		    "reason=store error=");
	}
	f.config.on_error = GATEWAY_TEMPFAIL;
	mail.login = NULL;
	mail.header = "From: bob@example.net\n";
	passes(&mail, "reason=unsigned");
	gateway_fixture_sql(&f, "ALTER TABLE away RENAME TO state");
	mail = from_alice(HEADER TEXT, "x\r\n");
	signs(&mail, "alice", &r);
	fixture_result_fini(&r);
}

/* --- changes of the store --- */

static void
test_store_changes_are_noticed(void **state)
{
	struct fixture_mail mail = from_alice(HEADER TEXT, "x\r\n");
	struct fixture_result r;

	(void)state;
	mail.header = "From: nora@example.org\nTo: bob@example.net\n";
	mail.sender = "<nora@example.org>";
	mail.login = "nora@example.org";
	passes(&mail, "reason=signing-off");
	gateway_fixture_user(
	    &f, "nora@example.org", SWITCH_OFF, ENCRYPT_IF_POSSIBLE);
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.plan.encrypt);
	fixture_result_fini(&r);
	gateway_fixture_user(
	    &f, "nora@example.org", SWITCH_ON, ENCRYPT_INHERIT);
	passes(&mail, "reason=no-own-certificate");
	gateway_fixture_user(
	    &f, "nora@example.org", SWITCH_OFF, ENCRYPT_INHERIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_signed, before_each),
	    cmocka_unit_test_setup(test_eight_bit, before_each),
	    cmocka_unit_test_setup(test_bare_header, before_each),
	    cmocka_unit_test_setup(test_odd_bodies, before_each),
	    cmocka_unit_test_setup(test_content_fields_move, before_each),
	    cmocka_unit_test_setup(test_opaque, before_each),
	    cmocka_unit_test_setup(test_evidence, before_each),
	    cmocka_unit_test_setup(test_not_signed, before_each),
	    cmocka_unit_test_setup(test_early_answer, before_each),
	    cmocka_unit_test_setup(test_told_by_the_body, before_each),
	    cmocka_unit_test_setup(test_sign_then_encrypt, before_each),
	    cmocka_unit_test_setup(test_cannot_encrypt_signs, before_each),
	    cmocka_unit_test_setup(test_single_blind_copy, before_each),
	    cmocka_unit_test_setup(test_required, before_each),
	    cmocka_unit_test_setup(test_required_holds, before_each),
	    cmocka_unit_test_setup(test_required_wraps_signed, before_each),
	    cmocka_unit_test_setup(test_many_recipients, before_each),
	    cmocka_unit_test_setup(test_large, before_each),
	    cmocka_unit_test_setup(test_too_large, before_each),
	    cmocka_unit_test_setup(test_content_fields, before_each),
	    cmocka_unit_test_setup(test_large_header, before_each),
	    cmocka_unit_test_setup(test_decide_only, before_each),
	    cmocka_unit_test_setup(test_override, before_each),
	    cmocka_unit_test_setup(test_keyd_away, before_each),
	    cmocka_unit_test_setup(test_pass_on_error, before_each),
	    cmocka_unit_test_setup(test_no_disk, before_each),
	    cmocka_unit_test_setup(test_store_changes_are_noticed, before_each),
	    cmocka_unit_test_setup(test_store_away, before_each),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
