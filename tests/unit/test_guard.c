/*
 * The guard through a whole gateway: what it lets go on, keeps back and
 * refuses, by each action; that its field is gone whatever happens; and what
 * it asks of a mail server for mail that is none of its business.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/cms.h>

#include "base/alloc.h"
#include "base/io.h"
#include "mail/mime_build.h"
#include "smime/seal.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

#define BOUNDARY "----=_guarded"
#define ENTITY	 "Content-Type: text/plain\r\n\r\nHello Bob,\r\nyours\r\n"
#define ENVELOPE                                                               \
	"From: Alice <alice@example.org>\nTo: bob@example.net\n"               \
	"Message-ID: <1@example.org>\n"
#define SIGNED_TYPE                                                            \
	"MIME-Version: 1.0\nContent-Type: multipart/signed; "                  \
	"micalg=sha-256;\n protocol=\"application/pkcs7-signature\";\n"        \
	" boundary=\"" BOUNDARY "\"\n"
#define SEAL_NAME SEAL_FIELD ":"

/* One site for all cases: it knows nothing of anybody. */
static struct gateway_fixture site;
static struct seal_key key;
static char *key_file;
static struct fixture_cert alice;
static char *signed_body; /* of a message by alice */
static char *seal_text;	  /* of that message: the body of the field */

/* --- a message --- */

static char *
sign(const char *entity)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED;
	BIO *content = BIO_new_mem_buf(entity, -1), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms =
	    CMS_sign(alice.x509, alice.key, NULL, content, flags);
	BIO *base64 = BIO_push(BIO_new(BIO_f_base64()), BIO_new(BIO_s_mem()));
	char *text, *at, *line, *result;
	long n;

	assert_non_null(cms);
	assert_int_equal(i2d_CMS_bio(base64, cms), 1);
	(void)BIO_flush(base64);
	BIO_printf(out, "--" BOUNDARY "\r\n%s\r\n--" BOUNDARY "\r\n", entity);
	BIO_printf(out, "Content-Type: application/pkcs7-signature\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n");
	n = BIO_get_mem_data(BIO_next(base64), &text);
	text = at = xstrndup(text, (size_t)n);
	while ((line = strsep(&at, "\n")) && *line)
		BIO_printf(out, "%s\r\n", line);
	BIO_printf(out, "\r\n--" BOUNDARY "--\r\n");
	free(text);
	n = BIO_get_mem_data(out, &text);
	result = xstrndup(text, (size_t)n);
	CMS_ContentInfo_free(cms);
	BIO_free_all(base64);
	BIO_free(content);
	BIO_free(out);
	return result;
}

/* The field's body for a message with these fields and body.  passing: it is
 * not of the signer's making. */
static char *
seal(const char *fields, const char *body, bool passing)
{
	const struct seal_opts opts = {
	    .key = &key, .spool = &site.config.spool};
	struct header header;
	struct mime_tree tree;
	struct buf block, out;
	struct seal s;
	bool complete;
	char *text;

	header_init(&header);
	(void)header_parse(&header, slice_text(fields), &complete);
	buf_init(&block, 65536);
	mime_entity_header(&header, slice_text(body), &block);
	mime_scan(&tree, buf_slice(&block), slice_text(body));
	MUST(seal_take(&opts, &tree, &s, &err));
	s.passing = passing;
	buf_init(&out, 65536);
	MUST(seal_write(&s, &key, fixture_now(), &out, &err));
	text = buf_take_text(&out);
	mime_tree_fini(&tree);
	buf_fini(&block);
	header_fini(&header);
	return text;
}

static void
open_guard(enum guard_action action, enum guard_action unsealed_action)
{
	site.config.guard.action = action;
	site.config.guard.unsealed_action = unsealed_action;
	gateway_fixture_open(&site);
	gateway_fixture_log_clear(&site);
}

static int
start(void **state)
{
	char text[2 * sizeof(key.bytes) + 1];

	(void)state;
	gateway_fixture_start(&site);
	fixture_leaf(&alice, NULL,
	    &(struct fixture_opts){.address = "alice@example.org"});
	MUST(seal_key_random(&key, &err));
	for (size_t i = 0; i < sizeof(key.bytes); i++)
		sprintf(text + 2 * i, "%02x", key.bytes[i]);
	key_file = xasprintf("%s/seal.key", site.folder);
	MUST(io_write_file(key_file, slice_text(text), 0400, &err));
	site.config.role = ROLE_GUARD;
	site.config.seal.key = key_file;
	site.config.guard.report_to = "";
	signed_body = sign(ENTITY);
	seal_text = seal(SIGNED_TYPE, signed_body, false);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	free(seal_text);
	free(signed_body);
	free(key_file);
	fixture_fini(&alice);
	gateway_fixture_stop(&site);
	return 0;
}

/* Appends the fingerprint to these fields. */
static char *
with_seal(const char *fields)
{
	return xasprintf("%s" SEAL_NAME "%s\n", fields, seal_text);
}

static void
send_with(const char *header, const char *body, struct fixture_result *result)
{
	gateway_fixture_send(&site,
	    &(struct fixture_mail){.header = header, .body = slice_text(body)},
	    result);
}

/* It has gone on, and is this: header with LF, body with CRLF. */
static void
check_passed(
    const struct fixture_result *result, const char *header, const char *body)
{
	struct buf text, wanted;

	assert_int_equal(result->outcome, JOB_ACCEPT);
	buf_init(&text, 1 << 20);
	buf_init(&wanted, 1 << 20);
	gateway_fixture_read(&site, result->file, &text);
	for (; *header; header++) {
		if (*header == '\n')
			buf_add_char(&wanted, '\r');
		buf_add_char(&wanted, *header);
	}
	buf_addf(&wanted, "\r\n%s", body);
	assert_string_equal(buf_text(&text), buf_text(&wanted));
	buf_fini(&wanted);
	buf_fini(&text);
}

static char *
replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return xasprintf(
	    "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* --- cases --- */

/* Its header says everything: nobody has to send the rest. */
static void
test_not_ours(void **state)
{
	static const char *const headers[] = {
	    ENVELOPE,
	    ENVELOPE "Content-Type: multipart/mixed; boundary=x\n",
	    ENVELOPE "Content-Type: multipart/signed; boundary=x;\n"
		     " protocol=\"application/pgp-signature\"\n",
	    ENVELOPE "Content-Type: application/pkcs7-mime;\n"
		     " smime-type=enveloped-data\n",
	};
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_REFUSE);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		send_with(headers[i], signed_body, &result);
		assert_false(result.wanted_body);
		assert_false(result.changed);
		fixture_result_fini(&result);
	}
	gateway_fixture_expect(&site, "4QueueId: passed reason=unsigned");
}

static void
test_intact(void **state)
{
	char *sealed = with_seal(ENVELOPE SIGNED_TYPE);
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_REFUSE);
	send_with(sealed, signed_body, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, signed_body);
	assert_true(result.changed);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site,
	    "4QueueId: seal-intact sealed=yes from=alice@example.org nrcpt=1");
	send_with(ENVELOPE SIGNED_TYPE, signed_body, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, signed_body);
	assert_false(result.changed);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site,
	    "4QueueId: seal-intact sealed=no from=alice@example.org nrcpt=1");
	free(sealed);
}

/* What each action makes of the same mail. */
static void
test_actions(void **state)
{
	char *sealed = with_seal(ENVELOPE SIGNED_TYPE);
	char *changed =
	    replace(signed_body, "yours\r\n", "yours\r\n-- \r\nAd\r\n");
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_LOG);
	send_with(sealed, changed, &result);
	assert_int_equal(result.outcome, JOB_REFUSE);
	assert_string_equal(result.reply.code, "550");
	assert_string_equal(result.reply.extended, "5.7.65");
	assert_non_null(strstr(result.reply.text,
	    "changed after it was signed: text appended to part 1 ("));
	fixture_result_fini(&result);
	gateway_fixture_expect(&site,
	    "seal-broken action=refuse sealed=yes change=text-appended part=1 "
	    "bytes=");
	open_guard(GUARD_TEMPFAIL, GUARD_LOG);
	send_with(sealed, changed, &result);
	assert_int_equal(result.outcome, JOB_DEFER);
	assert_string_equal(result.reply.code, "451");
	assert_string_equal(result.reply.extended, "4.7.58");
	assert_non_null(strstr(result.reply.text, "text appended to part 1"));
	fixture_result_fini(&result);
	open_guard(GUARD_HOLD, GUARD_REFUSE);
	send_with(sealed, changed, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, changed);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-broken action=hold sealed=yes ");
	open_guard(GUARD_LOG, GUARD_REFUSE);
	send_with(sealed, changed, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, changed);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-broken action=log sealed=yes ");
	free(changed);
	free(sealed);
}

static size_t
count_lines(const char *event)
{
	size_t count = 0;
	struct buf log;

	buf_init(&log, 1 << 20);
	gateway_fixture_read(&site, site.log, &log);
	for (const char *p = buf_text(&log); (p = strstr(p, event)); p++)
		count++;
	buf_fini(&log);
	return count;
}

/* The worst finding stands in the line of the message, and some others in
 * lines of their own; how many there are is always told. */
static void
test_findings(void **state)
{
	struct fixture_result result;
	struct buf parts;
	char *before, *text, *header, more[32];

	(void)state;
	open_guard(GUARD_LOG, GUARD_LOG);
	for (unsigned changed = LIMIT_GUARD_FINDINGS + 1;
	     changed <= LIMIT_GUARD_FINDINGS + 2; changed++) {
		buf_init(&parts, 65536);
		buf_add_text(&parts,
		    "Content-Type: multipart/mixed; boundary=m\r\n\r\n");
		for (unsigned i = 0; i < changed; i++)
			buf_addf(&parts, "--m\r\n\r\nhello %u\r\n", i);
		buf_add_text(&parts, "--m--\r\n");
		before = sign(buf_text(&parts));
		text = seal(SIGNED_TYPE, before, false);
		header = xasprintf(ENVELOPE SIGNED_TYPE SEAL_NAME "%s\n", text);
		for (char *p = before; (p = strstr(p, "hello ")); p++)
			*p = 'y';
		gateway_fixture_log_clear(&site);
		send_with(header, before, &result);
		fixture_result_fini(&result);
		assert_int_equal(count_lines(": seal-broken "), 1);
		assert_int_equal(
		    count_lines(": seal-finding "), LIMIT_GUARD_FINDINGS);
		snprintf(more, sizeof(more), " more=%u ", changed - 1);
		gateway_fixture_expect(&site, more);
		free(header);
		free(text);
		free(before);
		buf_fini(&parts);
	}
}

/* Without a fingerprint, or without a key, there is another action. */
static void
test_unsealed(void **state)
{
	char *sealed = with_seal(ENVELOPE SIGNED_TYPE);
	char *changed = replace(signed_body, "yours", "mine");
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_LOG, GUARD_REFUSE);
	send_with(ENVELOPE SIGNED_TYPE, changed, &result);
	assert_int_equal(result.outcome, JOB_REFUSE);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-broken action=refuse sealed=no ");
	site.config.seal.key = "";
	open_guard(GUARD_LOG, GUARD_REFUSE);
	send_with(sealed, changed, &result);
	assert_int_equal(result.outcome, JOB_REFUSE);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-broken action=refuse sealed=no ");
	send_with(sealed, signed_body, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, signed_body);
	fixture_result_fini(&result);
	site.config.seal.key = key_file;
	free(changed);
	free(sealed);
}

/* Our field over a message that is no S/MIME any more, or inside of another
 * one: whoever did that, those who get it see no signature. */
static void
test_signature_gone(void **state)
{
	static const char inner[] =
	    "--x\r\nContent-Type: multipart/signed; micalg=sha-256;\r\n "
	    "protocol=\"application/pkcs7-signature\";\r\n "
	    "boundary=\"" BOUNDARY "\"\r\n\r\n";
	char *plain = with_seal(ENVELOPE);
	char *mixed =
	    with_seal(ENVELOPE "Content-Type: multipart/mixed; boundary=x\n");
	char *wrapped = xasprintf(
	    "%s%s\r\n--x\r\n\r\na footer\r\n--x--\r\n", inner, signed_body);
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_LOG);
	send_with(plain, "Hello Bob,\r\nyours\r\n", &result);
	assert_int_equal(result.outcome, JOB_REFUSE);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "change=unprotected ");
	send_with(mixed, wrapped, &result);
	assert_int_equal(result.outcome, JOB_REFUSE);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "change=wrapped ");
	free(wrapped);
	free(mixed);
	free(plain);
}

/* It came to the signer so, and the signer has only passed it on.  What he
 * has made himself, and is the same, nobody verifies. */
static void
test_broken_before(void **state)
{
	char *changed = replace(signed_body, "yours", "mine");
	char *text = seal(SIGNED_TYPE, changed, true);
	char *header = xasprintf(ENVELOPE SIGNED_TYPE SEAL_NAME "%s\n", text);
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_LOG);
	send_with(header, changed, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, changed);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-broken action=log sealed=yes ");
	gateway_fixture_expect(&site, " before=yes ");
	free(header);
	free(text);
	text = seal(SIGNED_TYPE, changed, false);
	header = xasprintf(ENVELOPE SIGNED_TYPE SEAL_NAME "%s\n", text);
	send_with(header, changed, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, changed);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-intact sealed=yes ");
	free(header);
	free(text);
	free(changed);
}

/* Who signs otherwise has no reader here: what he signed must stay what it
 * is.  What is encrypted may be wrapped anew. */
static void
test_others_sealed(void **state)
{
#define PGP                                                                    \
	"Content-Type: multipart/signed; protocol=\"application/"              \
	"pgp-signature\";\n boundary=b\n"
#define PGP_BODY                                                               \
	"--b\r\n\r\nhello\r\n--b\r\nContent-Type: "                            \
	"application/pgp-signature\r\n\r\nsignature\r\n--b--\r\n"
#define CIPHER                                                                 \
	"Content-Type: application/pkcs7-mime; "                               \
	"smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n"
	static const struct {
		const char *type, *body, *from, *to;
		enum job_outcome outcome;
	} cases[] = {
	    {PGP, PGP_BODY, "hello", "hello", JOB_ACCEPT},
	    {PGP, PGP_BODY, "hello", "hello ", JOB_REFUSE},
	    {PGP, PGP_BODY, "signature\r\n--b--", "Signature\r\n--b--",
		JOB_REFUSE},
	    {CIPHER, "MIIBAgMEBQYH\r\n", "MIIB", "MIIB\r\n", JOB_ACCEPT},
	    {CIPHER, "MIIBAgMEBQYH\r\n", "MIIB", "MIIC", JOB_REFUSE},
	    /* A blank to text, but not to a cipher. */
	    {CIPHER, "MIIBIAQF\r\n", "MIIBIAQF", "MIIBCQQF", JOB_REFUSE},
	};
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_LOG);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = seal(cases[i].type, cases[i].body, true);
		char *header = xasprintf(
		    ENVELOPE "%s" SEAL_NAME "%s\n", cases[i].type, text);
		char *body = replace(cases[i].body, cases[i].from, cases[i].to);

		send_with(header, body, &result);
		assert_int_equal(result.outcome, cases[i].outcome);
		fixture_result_fini(&result);
		free(body);
		free(header);
		free(text);
	}
}

/* A good signature, but of another message: of the same signer, below a
 * fingerprint that somebody has copied, or made anew by a gateway.  White
 * space and labels are nothing, text behind the end is. */
static void
test_signed_anew(void **state)
{
	static const struct {
		const char *entity, *behind;
		enum job_outcome outcome;
		const char *logged;
	} cases[] = {
	    {"Content-Type: text/plain\r\n\r\nHello Bob,\r\nmine!\r\n", "",
		JOB_REFUSE, " change=text-changed part=1 "},
	    {"Content-Type: text/plain\r\n\r\nHello Bob, \r\nyours\r\n", "",
		JOB_ACCEPT, "seal-intact sealed=yes change=white-space "},
	    {"Content-Type: text/html\r\n\r\nHello Bob,\r\nyours\r\n", "",
		JOB_ACCEPT, "seal-intact sealed=yes change=header-changed "},
	    {"Content-Type: text/html\r\n\r\nHello Bob,\r\nyours\r\n",
		"a footer\r\n", JOB_REFUSE, " change=after-end part=0 "},
	};
	char *header = with_seal(ENVELOPE SIGNED_TYPE);
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_LOG);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *anew = sign(cases[i].entity);
		char *body = xasprintf("%s%s", anew, cases[i].behind);

		gateway_fixture_log_clear(&site);
		send_with(header, body, &result);
		assert_int_equal(result.outcome, cases[i].outcome);
		fixture_result_fini(&result);
		gateway_fixture_expect(&site, cases[i].logged);
		free(body);
		free(anew);
	}
	free(header);
}

/* Somebody else's fields go, and mean nothing. */
static void
test_forged(void **state)
{
	static const char forged[] =
	    ENVELOPE SIGNED_TYPE SEAL_NAME " v=1; x\nx-smime-seal:\n\tabc\n";
	char *changed = replace(signed_body, "yours", "mine");
	struct fixture_result result;

	(void)state;
	open_guard(GUARD_REFUSE, GUARD_LOG);
	send_with(forged, signed_body, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, signed_body);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-forged count=2 ");
	send_with(forged, changed, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, changed);
	fixture_result_fini(&result);
	gateway_fixture_expect(&site, "seal-broken action=log sealed=no ");
	send_with(ENVELOPE SEAL_NAME " x\n", "text\r\n", &result);
	assert_true(result.wanted_body); /* there is no end without it */
	check_passed(&result, ENVELOPE, "text\r\n");
	fixture_result_fini(&result);
	free(changed);
}

/* At the limit all are taken out; nobody takes out more. */
static void
test_many_forged(void **state)
{
	struct fixture_result result;
	struct buf header;

	(void)state;
	open_guard(GUARD_LOG, GUARD_LOG);
	buf_init(&header, 1 << 20);
	buf_add_text(&header, ENVELOPE);
	for (unsigned i = 0; i < LIMIT_FORGED_FIELDS; i++)
		buf_add_text(&header, SEAL_NAME " x\n");
	send_with(buf_text(&header), "text\r\n", &result);
	check_passed(&result, ENVELOPE, "text\r\n");
	fixture_result_fini(&result);
	buf_add_text(&header, SEAL_NAME " x\n");
	send_with(buf_text(&header), "text\r\n", &result);
	assert_int_equal(result.outcome, JOB_REFUSE);
	assert_string_equal(result.reply.code, "552");
	fixture_result_fini(&result);
	buf_fini(&header);
}

/* What is too large to look at counts as changed, unless the operator only
 * wants to read about it. */
static void
test_too_large(void **state)
{
	static const struct {
		enum guard_action action;
		enum job_outcome outcome;
		const char *code;
	} cases[] = {
	    {GUARD_REFUSE, JOB_REFUSE, "552"},
	    {GUARD_TEMPFAIL, JOB_DEFER, "451"},
	    {GUARD_HOLD, JOB_ACCEPT, NULL},
	    {GUARD_LOG, JOB_ACCEPT, NULL},
	};
	size_t max = site.config.spool.max;
	char *sealed = with_seal(ENVELOPE SIGNED_TYPE);
	struct fixture_result result;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		site.config.spool.max = strlen(signed_body) - 1;
		open_guard(cases[i].action, GUARD_REFUSE);
		send_with(sealed, signed_body, &result);
		assert_int_equal(result.outcome, cases[i].outcome);
		if (cases[i].code)
			assert_string_equal(result.reply.code, cases[i].code);
		else
			check_passed(
			    &result, ENVELOPE SIGNED_TYPE, signed_body);
		fixture_result_fini(&result);
		gateway_fixture_expect(&site, " reason=too-large error=");
		site.config.spool.max++;
		open_guard(cases[i].action, GUARD_REFUSE);
		send_with(sealed, signed_body, &result);
		check_passed(&result, ENVELOPE SIGNED_TYPE, signed_body);
		fixture_result_fini(&result);
	}
	site.config.spool.max = max;
	free(sealed);
}

/* What is our own trouble passes by: the mail waits, whatever the action. */
static void
test_no_room(void **state)
{
	const char *folder = site.config.spool.folder;
	size_t memory = site.config.spool.memory;
	char *sealed = with_seal(ENVELOPE SIGNED_TYPE);
	struct fixture_result result;

	(void)state;
	site.config.spool.folder = "/nowhere";
	site.config.spool.memory = 16;
	open_guard(GUARD_REFUSE, GUARD_REFUSE);
	send_with(sealed, signed_body, &result);
	assert_int_equal(result.outcome, JOB_DEFER);
	assert_string_equal(result.reply.code, "451");
	assert_string_equal(result.reply.extended, "4.7.53");
	fixture_result_fini(&result);
	gateway_fixture_expect(
	    &site, "seal-unchecked action=tempfail reason=internal error=");
	open_guard(GUARD_LOG, GUARD_REFUSE);
	send_with(sealed, signed_body, &result);
	check_passed(&result, ENVELOPE SIGNED_TYPE, signed_body);
	fixture_result_fini(&result);
	site.config.spool.folder = folder;
	site.config.spool.memory = memory;
	free(sealed);
}

/* Nothing of a site is needed but its key, and that has to be readable. */
static void
test_needs(void **state)
{
	const struct gateway_opts opts = {.seal = true, .tokens = site.tokens};
	struct gateway_config config = {
	    .role = ROLE_GUARD, .spool = site.config.spool};
	struct gateway *gateway = NULL;

	(void)state;
	MUST(gateway_new(&config, &opts, &gateway, &err));
	assert_null(gateway_seal_key(gateway));
	assert_null(gateway_store(gateway));
	assert_null(gateway_trust(gateway));
	assert_null(gateway_keys(gateway));
	assert_null(gateway_directory(gateway));
	assert_null(gateway_harvester(gateway));
	gateway_unref(&gateway);
	config.seal.key = "/nowhere/seal.key";
	FAILS(ERR_NOT_FOUND, "/nowhere/seal.key",
	    gateway_new(&config, &opts, &gateway, &err));
	config.seal.key = key_file;
	MUST(gateway_new(&config, &opts, &gateway, &err));
	assert_memory_equal(
	    gateway_seal_key(gateway)->bytes, key.bytes, sizeof(key.bytes));
	gateway_unref(&gateway);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_not_ours),
	    cmocka_unit_test(test_intact),
	    cmocka_unit_test(test_actions),
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_unsealed),
	    cmocka_unit_test(test_signature_gone),
	    cmocka_unit_test(test_broken_before),
	    cmocka_unit_test(test_others_sealed),
	    cmocka_unit_test(test_signed_anew),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_many_forged),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_no_room),
	    cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
