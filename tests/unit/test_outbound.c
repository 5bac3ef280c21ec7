/*
 * What cannot be made as it was planned: certificates that look usable but
 * are not, and copies that are too large.  Who makes ciphertexts is replaced
 * by one who fails on demand.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "mail/disclaimer_text.h"
#include "smime/encrypt.h"
#include "unit/gateway_fixture.h"
#include "unit/smtp_fixture.h"

#define READERS 6

static struct gateway_fixture f;
static struct fixture_cert carol, readers[READERS];
static char addresses[READERS][32]; /* r0@example.net ... */
static struct smtp_fixture server;

/* --- who makes ciphertexts --- */

static bool fails_for[READERS];
static bool fails_together; /* for several, but for nobody alone */
static enum err_class failure;
static unsigned calls;

static bool
is_to_fail(const struct smime_encrypt_opts *opts)
{
	for (size_t i = 0; i < opts->recipient_count; i++)
		for (size_t r = 0; r < READERS; r++)
			if (fails_for[r] &&
			    memcmp(opts->recipients[i]->fingerprint,
				readers[r].certificate->fingerprint,
				FINGERPRINT_SIZE) == 0)
				return true;
	return false;
}

int __real_smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct smime_entity *out,
    struct err *err);
int __real_smime_encrypt_der(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct spool *out, struct err *err);
int __wrap_smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct smime_entity *out,
    struct err *err);
int __wrap_smime_encrypt_der(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct spool *out, struct err *err);

int
__wrap_smime_encrypt(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct smime_entity *out, struct err *err)
{
	calls++;
	if (fails_together || is_to_fail(opts))
		return err_set(err, failure, "on demand");
	return __real_smime_encrypt(opts, content, out, err);
}

int
__wrap_smime_encrypt_der(const struct smime_encrypt_opts *opts,
    const struct slice_list *content, struct spool *out, struct err *err)
{
	if (is_to_fail(opts))
		return err_set(err, failure, "on demand");
	return __real_smime_encrypt_der(opts, content, out, err);
}

/* --- mail --- */

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&carol, &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	gateway_fixture_user(
	    &f, "carol@example.org", SWITCH_ON, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "carol@example.org", &carol);
	for (size_t i = 0; i < READERS; i++) {
		snprintf(
		    addresses[i], sizeof(addresses[i]), "r%zu@example.net", i);
		fixture_leaf(&readers[i], &f.their_ca,
		    &(struct fixture_opts){.address = addresses[i]});
		gateway_fixture_partner(
		    &f, addresses[i], &readers[i], STORE_TRUST_HARVESTED);
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	for (size_t i = 0; i < READERS; i++)
		fixture_fini(&readers[i]);
	fixture_fini(&carol);
	return 0;
}

static int
before_each(void **state)
{
	(void)state;
	memset(fails_for, 0, sizeof(fails_for));
	fails_together = false;
	failure = ERR_PERMANENT;
	calls = 0;
	f.domain.level = (struct setting_level){.encrypt = ENCRYPT_IF_POSSIBLE};
	f.config.relay = (struct relay_config){.reinject = ""};
	f.config.spool.max = 200u << 20;
	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
	return 0;
}

/* To that many readers, all visible, or all but the first blind. */
static struct fixture_mail
mail_to(size_t count, bool blind)
{
	static char header[512], paths[READERS][48];
	struct fixture_mail mail = {.login = "carol@example.org",
	    .sender = "<carol@example.org>",
	    .header = header,
	    .body = slice_text("secret\r\n")};

	snprintf(header, sizeof(header),
	    "From: carol@example.org\nTo: %s%s%s%s\n", addresses[0],
	    blind ? "" : ", ", blind ? "" : addresses[1],
	    blind ? "" : ", r2@example.net");
	for (size_t i = 0; i < count; i++) {
		snprintf(paths[i], sizeof(paths[i]), "<%s>", addresses[i]);
		mail.to[i] = paths[i];
	}
	return mail;
}

static bool
is_ciphertext(const struct fixture_result *r)
{
	struct buf bytes;
	bool found;

	gateway_fixture_read(&f, r->file, &bytes);
	found = memmem(bytes.data, bytes.len, "smime-type=enveloped-data",
		    25) != NULL;
	buf_fini(&bytes);
	return found;
}

static void
accepts(const struct fixture_mail *mail, bool ciphertext, const char *logged)
{
	struct fixture_result r;

	gateway_fixture_send(&f, mail, &r);
	if (r.outcome != JOB_ACCEPT)
		fail_msg("%s %s", r.reply.extended, r.reply.text);
	assert_int_equal(is_ciphertext(&r), ciphertext);
	gateway_fixture_expect(&f, logged);
	fixture_result_fini(&r);
}

/* --- a listener --- */

static void
listen_with(const char *const *const *scripts, size_t count)
{
	smtp_fixture_start(&server, scripts, count);
	f.config.relay = (struct relay_config){.reinject = server.url,
	    .connections = READERS,
	    .connect_ms = 60000,
	    .answer_ms = 60000};
	gateway_fixture_open(&f);
}

/* Takes a copy for each of these readers, in their order. */
static void
listen_for(const size_t *who, size_t count)
{
	static const char *scripts[READERS][16];
	static const char *const *all[READERS];
	static char rcpt[READERS][64];

	for (size_t i = 0; i < count; i++) {
		const char *const script[] = {"> 220 mx.example.org ESMTP",
		    "< EHLO [127.0.0.1]", "> 250 mx.example.org",
		    "< MAIL FROM:<carol@example.org>", "> 250 2.1.0 Ok",
		    rcpt[i], "> 250 2.1.5 Ok", "< DATA", "> 354 go on", "* .",
		    "> 250 2.0.0 Ok", "< QUIT", NULL};

		snprintf(rcpt[i], sizeof(rcpt[i]), "< RCPT TO:<%s>",
		    addresses[who[i]]);
		memcpy(scripts[i], script, sizeof(script));
		all[i] = scripts[i];
	}
	listen_with(all, count);
}

/* --- certificates --- */

/* The others do not suffer for one. */
static void
test_one_of_three(void **state)
{
	static const size_t clear[] = {1};
	struct fixture_mail mail = mail_to(3, false);

	(void)state;
	fails_for[1] = true;
	listen_for(clear, 1);
	accepts(&mail, true,
	    "split from=carol@example.org nrcpt=3 copies=2 encrypted=2 "
	    "clear=1 refused=0\n");
	gateway_fixture_expect(
	    &f, "encrypt-reason=not-encryptable to=r1@example.net");
	assert_int_equal(calls, 2);
	smtp_fixture_stop(&server);
}

/* Who has his in clear and unsigned has the disclaimer, too. */
static void
test_disclaimer(void **state)
{
	static const char *const script[] = {"> 220 mx.example.org ESMTP",
	    "< EHLO [127.0.0.1]", "> 250 mx.example.org",
	    "< MAIL FROM:<dave@example.org>", "> 250 2.1.0 Ok",
	    "< RCPT TO:<r1@example.net>", "> 250 2.1.5 Ok", "< DATA",
	    "> 354 go on", "* ", "< secret", "< ", "< a legal text", "< .",
	    "> 250 2.0.0 Ok", "< QUIT", NULL};
	static const char *const *const all[] = {script};
	struct gateway_disclaimer text = {
	    .name = "legal", .text = "", .html = ""};
	struct fixture_mail mail = mail_to(3, false);
	struct err err;

	(void)state;
	fails_for[1] = true;
	mail.login = "dave@example.org";
	mail.sender = "<dave@example.org>";
	mail.header = "From: dave@example.org\nTo: r0@example.net, "
		      "r1@example.net, r2@example.net\n";
	assert_int_equal(disclaimer_template_new(slice_text("a legal text\n"),
			     slice_text(""), &text.template_, &err),
	    0);
	f.config.disclaimers = &text;
	f.config.disclaimer_count = 1;
	f.config.disclaimer = "legal";
	gateway_fixture_user(
	    &f, "dave@example.org", SWITCH_OFF, ENCRYPT_INHERIT);
	listen_with(all, 1);
	accepts(&mail, true,
	    "split from=dave@example.org nrcpt=3 copies=2 encrypted=2 "
	    "clear=1 refused=0 disclaimer=added");
	smtp_fixture_stop(&server);
	f.config.disclaimer = NULL;
	f.config.disclaimers = NULL;
	f.config.disclaimer_count = 0;
	disclaimer_template_free(text.template_);
}

/* Without a listener it is one copy for all. */
static void
test_no_listener(void **state)
{
	struct fixture_mail mail = mail_to(3, false);

	(void)state;
	fails_for[1] = true;
	accepts(&mail, false, "signed from=carol@example.org nrcpt=3 cert=");
	gateway_fixture_expect(
	    &f, "encrypt-reason=not-encryptable to=r1@example.net");
}

static void
test_all(void **state)
{
	struct fixture_mail mail = mail_to(3, false);

	(void)state;
	memset(fails_for, true, sizeof(fails_for));
	accepts(&mail, false, "signed from=carol@example.org nrcpt=3 cert=");
	gateway_fixture_expect(
	    &f, "encrypt-reason=not-encryptable to=r0@example.net");
}

/* Nobody can be told from the others. */
static void
test_nobody_in_particular(void **state)
{
	struct fixture_mail mail = mail_to(3, false);

	(void)state;
	fails_together = true;
	accepts(&mail, false, "encrypt-reason=not-encryptable");
	assert_int_equal(calls, 1);
}

static void
test_required(void **state)
{
	struct fixture_mail mail = mail_to(3, false);
	struct fixture_result r;

	(void)state;
	f.domain.level.encrypt = ENCRYPT_REQUIRED;
	gateway_fixture_open(&f);
	fails_for[2] = true;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, "5.7.57");
	assert_non_null(strstr(r.reply.text, "r2@example.net: "));
	assert_false(r.changed);
}

/* What may be better later waits. */
static void
test_temporary(void **state)
{
	struct fixture_mail mail = mail_to(2, false);
	struct fixture_result r;

	(void)state;
	failure = ERR_TEMPORARY;
	fails_for[0] = true;
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_string_equal(r.reply.extended, "4.7.53");
}

/* Blind copies that fail one after the other, round after round: at last there
 * is no ciphertext at all. */
static void
test_rounds(void **state)
{
	struct fixture_mail mail = mail_to(READERS, true);

	(void)state;
	f.config.relay = (struct relay_config){.reinject = "smtp://127.0.0.1:1",
	    .connections = READERS,
	    .connect_ms = 1000,
	    .answer_ms = 1000};
	gateway_fixture_open(&f);
	fails_together = true;
	accepts(&mail, false, "signed from=carol@example.org nrcpt=6 cert=");
	assert_true(calls <= (LIMIT_COPIES_ROUNDS + 1) * READERS);
}

/* --- size --- */

/* About 97 kB are set aside for each ciphertext, most of it for a chain that
 * could be longer: LIMIT_COPIES_SPACE of them fit. */
#define MAX_MESSAGE 100000u

static void
test_space(void **state)
{
	static const size_t others[] = {1, 2, 3, 4};
	struct fixture_mail mail = mail_to(LIMIT_COPIES_SPACE, true);

	(void)state;
	f.config.spool.max = MAX_MESSAGE;
	listen_for(others, LIMIT_COPIES_SPACE - 1);
	accepts(&mail, true, " copies=4 encrypted=4 clear=0 refused=0\n");
	smtp_fixture_stop(&server);
	/* One past it: that one goes in clear, as policy says. */
	mail = mail_to(LIMIT_COPIES_SPACE + 1, true);
	listen_for(others, LIMIT_COPIES_SPACE);
	accepts(&mail, true, " copies=5 encrypted=4 clear=1 refused=0\n");
	gateway_fixture_expect(
	    &f, "encrypt-reason=too-large to=r4@example.net");
	smtp_fixture_stop(&server);
}

static void
test_space_required(void **state)
{
	struct fixture_mail mail = mail_to(LIMIT_COPIES_SPACE + 1, true);
	struct fixture_result r;

	(void)state;
	f.domain.level.encrypt = ENCRYPT_REQUIRED;
	f.config.spool.max = MAX_MESSAGE;
	f.config.relay = (struct relay_config){.reinject = "smtp://127.0.0.1:1",
	    .connections = READERS,
	    .connect_ms = 1000,
	    .answer_ms = 1000};
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.code, "552");
	assert_string_equal(r.reply.extended, "5.3.4");
}

#define CASE(test) cmocka_unit_test_setup(test, before_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_one_of_three),
	    CASE(test_disclaimer),
	    CASE(test_no_listener),
	    CASE(test_all),
	    CASE(test_nobody_in_particular),
	    CASE(test_required),
	    CASE(test_temporary),
	    CASE(test_rounds),
	    CASE(test_space),
	    CASE(test_space_required),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
