/* Non-delivery reports, as another program reads them: tools/report_judge.py
 * prints what Python's email package understands. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "gateway/report.h"
#include "gateway/report_text.h"

#define NOW 1136214245 /* 2006-01-02 15:04:05 UTC */

static const struct spool_config spool_config = {
    .memory = 1 << 20, .max = 64 << 20, .folder = "/tmp"};

static const struct report_recipient bob = {
    .address = "bob@example.net", .reason = REASON_NO_CERTIFICATE};

/* A mail and its report; tests change what they are about. */
struct scene {
	struct header header;
	struct report_case c;
	struct spool out;
};

static void
add_field(struct scene *s, const char *name, const char *body)
{
	struct err err;

	assert_int_equal(
	    header_add(&s->header, slice_text(name), slice_text(body), &err),
	    0);
}

static void
scene_init(struct scene *s)
{
	header_init(&s->header);
	spool_init(&s->out, &spool_config);
	s->c = (struct report_case){.host = "gateway.example.org",
	    .sender = "alice@example.org",
	    .header = &s->header,
	    .recipients = &bob,
	    .count = 1,
	    .now = NOW};
}

static void
scene_fini(struct scene *s)
{
	spool_fini(&s->out);
	header_fini(&s->header);
}

static struct slice
write_report(struct scene *s)
{
	struct err err;

	assert_true(report_is_wanted(&s->c));
	if (report_write(&s->c, &s->out, &err) < 0)
		fail_msg("%s", err.text);
	return spool_slice(&s->out);
}

/* What the judge makes of it; the caller ends it. */
static void
judge(struct scene *s, struct buf *seen)
{
	struct slice report = write_report(s);
	char path[] = "/tmp/report-test.XXXXXX", line[4096];
	int fd = mkstemp(path);
	const char *top = getenv("top_srcdir");
	char *command;
	size_t n;
	FILE *in;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, report.data, report.len), report.len);
	close(fd);
	command = xasprintf("/usr/bin/python3 %s/tests/tools/report_judge.py "
			    "%s 2>&1",
	    top ? top : "..", path);
	in = popen(command, "r");
	assert_non_null(in);
	buf_init(seen, 1 << 20);
	while ((n = fread(line, 1, sizeof(line), in)) > 0)
		buf_add(seen, line, n);
	if (pclose(in) != 0)
		fail_msg("%s", buf_text(seen));
	unlink(path);
	free(command);
}

static void
has(struct buf *seen, const char *text)
{
	if (!strstr(buf_text(seen), text))
		fail_msg("no \"%s\" in:\n%s", text, buf_text(seen));
}

static void
has_not(struct buf *seen, const char *text)
{
	if (strstr(buf_text(seen), text))
		fail_msg("\"%s\" in:\n%s", text, buf_text(seen));
}

static void
test_report(void **state)
{
	static const struct report_recipient both[] = {
	    {.address = "bob@example.net",
		.parameters = "NOTIFY=SUCCESS,FAILURE "
			      "ORCPT=rfc822;Bob+2BInbox@Example.NET",
		.reason = REASON_NO_CERTIFICATE},
	    {.address = "carol@example.com",
		.reason = REASON_RECIPIENT_EXPIRED,
		.advice = "the certificate has expired; ask for a mail signed "
			  "with a new one"}};
	static const char wanted[] =
	    "Date: Mon, 02 Jan 2006 15:04:05 +0000\n"
	    "From: Mail Delivery System <MAILER-DAEMON@gateway.example.org>\n"
	    "To: alice@example.org\n"
	    "In-Reply-To: <1@example.org>\n"
	    "References: <1@example.org>\n"
	    "Auto-Submitted: auto-replied\n"
	    "Bcc: None\n"
	    "Id: True\n"
	    "Type: multipart/report\n"
	    "Report: delivery-status\n"
	    "Words: text/plain\n"
	    "|: \n"
	    "|:   bob@example.net\n"
	    "|:       no certificate, keys not exchanged; ask for a signed "
	    "mail\n"
	    "|: \n"
	    "|:   carol@example.com\n"
	    "|:       the certificate has expired; ask for a mail signed with "
	    "a new\n"
	    "|:       one\n"
	    "Status: message/delivery-status\n"
	    "--\n"
	    "Original-Envelope-Id: QQ+314159\n"
	    "Reporting-MTA: dns; gateway.example.org\n"
	    "--\n"
	    "Original-Recipient: rfc822; Bob+Inbox@Example.NET\n"
	    "Final-Recipient: rfc822; bob@example.net\n"
	    "Action: failed\n"
	    "Status: 5.7.51\n"
	    "Diagnostic-Code: smtp; 550 5.7.51 no certificate, keys not "
	    "exchanged; ask for a signed mail\n"
	    "--\n"
	    "Final-Recipient: rfc822; carol@example.com\n"
	    "Action: failed\n"
	    "Status: 5.7.52\n"
	    "Diagnostic-Code: smtp; 550 5.7.52 the certificate has expired; "
	    "ask for a mail signed with a new one\n"
	    "Original: text/rfc822-headers\n"
	    "From: alice@example.org\r\n"
	    "To: bob@example.net,\r\n\tcarol@example.com\r\n"
	    "Subject: Report\r\n"
	    "Message-ID: <1@example.org>\r\n";
	struct scene s;
	struct buf seen;

	(void)state;
	scene_init(&s);
	add_field(&s, "From", " alice@example.org");
	add_field(&s, "To", " bob@example.net,\n\tcarol@example.com");
	add_field(&s, "Bcc", " dave@example.com");
	add_field(&s, "RESENT-BCC", " dave@example.com");
	add_field(&s, "X-SMIME-Milter-Copy", " 1 dave");
	add_field(&s, "Subject", " Report");
	add_field(&s, "Message-ID", " <1@example.org>");
	s.c.parameters = "RET=FULL ENVID=QQ+2B314159";
	s.c.recipients = both;
	s.c.count = 2;
	judge(&s, &seen);
	assert_string_equal(buf_text(&seen), wanted);
	buf_fini(&seen);
	scene_fini(&s);
}

/* Who wants to know nothing is not mentioned; a report about nobody, or to
 * nobody, is none. */
static void
test_notify(void **state)
{
	static const struct {
		const char *parameters;
		bool mentioned;
	} rows[] = {{NULL, true}, {"", true}, {"NOTIFY=FAILURE", true},
	    {"notify=delay,failure ORCPT=rfc822;x", true},
	    {"ORCPT=rfc822;x NOTIFY=NEVER", false}, {"Notify=never", false},
	    {"NOTIFY=SUCCESS", false}, {"NOTIFY=DELAY,SUCCESS", false},
	    {"ORCPT=rfc822;NOTIFY=NEVER", true}, {"NOTIFY=", true},
	    {"NOTIFY", true}};
	struct report_recipient two[] = {bob,
	    {.address = "quiet@example.com", .reason = REASON_NO_CERTIFICATE}};
	struct scene s;
	struct buf seen;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		scene_init(&s);
		two[1].parameters = rows[i].parameters;
		s.c.recipients = two + 1;
		assert_int_equal(report_is_wanted(&s.c), rows[i].mentioned);
		scene_fini(&s);
	}
	two[1].parameters = "NOTIFY=NEVER";
	scene_init(&s);
	s.c.recipients = two;
	s.c.count = 2;
	judge(&s, &seen);
	has(&seen, "bob@example.net");
	has_not(&seen, "quiet");
	buf_fini(&seen);
	scene_fini(&s);
	scene_init(&s);
	s.c.recipients = two + 1;
	assert_int_equal(report_write(&s.c, &s.out, &err), -1);
	assert_int_equal(err.class, ERR_BUG);
	s.c.recipients = two;
	s.c.sender = "";
	assert_false(report_is_wanted(&s.c));
	s.c.sender = "<>";
	assert_false(report_is_wanted(&s.c));
	s.c.sender = "alice@example.org";
	s.c.count = 0;
	assert_false(report_is_wanted(&s.c));
	scene_fini(&s);
}

/* Nothing that strangers wrote can add a field, a line or a part. */
static void
test_foreign_text(void **state)
{
	static const struct report_recipient bad = {
	    .address = "<x\r\nBcc: y@example.net\r\n\r\n--\x01@\xff>",
	    .parameters = "NOTIFY=FAILURE "
			  "ORCPT=rfc822;a+0D+0AAction:+20delivered+FF",
	    .reason = REASON_BAD_RECIPIENT,
	    .advice = "do\r\nAction: delivered"};
	static const char *const ids[] = {" <a b@example.org>", " <a>\nBcc: x",
	    " a@example.org", " <>", " <a\n @b>", " <(a)@b>", " <\xe4@b>"};
	struct scene s;
	struct buf seen;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		scene_init(&s);
		add_field(&s, "Subject", " a\nBcc:x");
		add_field(&s, "X-\xe4", " \xe4\x01\x7f");
		add_field(&s, "Message-ID", ids[i]);
		s.c.recipients = &bad;
		s.c.sender = "<ali\r\nBcc: z\xff>";
		s.c.parameters = "ENVID=a+0D+0AReporting-MTA:+20b";
		judge(&s, &seen);
		has(&seen, "To: undisclosed-recipients:;\n");
		has(&seen, "In-Reply-To: None\nReferences: None\n");
		has(&seen, "Bcc: None\n");
		has(&seen, "Final-Recipient: rfc822; x??Bcc: y@example.net??"
			   "?"
			   "?--?@?\n");
		has(&seen, "Original-Recipient: rfc822; a??Action: "
			   "delivered?\n");
		has(&seen, "Original-Envelope-Id: a??Reporting-MTA: b\n");
		has(&seen, "smtp; 550 5.7.56 do??Action: delivered\n");
		has(&seen, "X-?: ???\r\n");
		has_not(&seen, "\nAction: delivered");
		buf_fini(&seen);
		scene_fini(&s);
	}
}

/* RFC 6531 to 6533 */
static void
test_international(void **state)
{
	static const struct report_recipient r[] = {
	    {.address = "gr\xc3\xbc\xc3\x9f+e@xn--bcher-kva.example",
		.parameters = "ORCPT=utf-8;gr\\x{FC}\\x{DF}+e@example",
		.reason = REASON_NO_CERTIFICATE},
	    {.address = "\xf0\x9f\x98\x80\xe2\x82\xac@example.net",
		.reason = REASON_NO_CERTIFICATE}};
	struct scene s;
	struct buf seen;

	(void)state;
	scene_init(&s);
	s.c.recipients = r;
	s.c.count = 2;
	s.c.sender = "\xc3\xa4@example.org";
	judge(&s, &seen);
	has(&seen, "To: \xc3\xa4@example.org\n");
	has(&seen, "|:   gr\xc3\xbc\xc3\x9f+e@xn--bcher-kva.example\n");
	has(&seen, "Original-Recipient: utf-8; gr\\x{FC}\\x{DF}+e@example\n");
	has(&seen, "Final-Recipient: utf-8; "
		   "gr\\x{FC}\\x{DF}\\x{2B}e@xn--bcher-kva.example\n");
	has(&seen, "Final-Recipient: utf-8; \\x{1F600}\\x{20AC}@example.net\n");
	buf_fini(&seen);
	scene_fini(&s);
}

/* A reason that keeps a whole mail waiting is a refusal all the same where
 * the others have got theirs. */
static void
test_temporary_reason(void **state)
{
	static const struct report_recipient r = {
	    .address = "bob@example.net", .reason = REASON_INTERNAL};
	struct scene s;
	struct buf seen;

	(void)state;
	scene_init(&s);
	s.c.recipients = &r;
	judge(&s, &seen);
	has(&seen, "Status: 5.7.53\nDiagnostic-Code: smtp; 550 5.7.53 ");
	buf_fini(&seen);
	scene_fini(&s);
}

/* --- bounds --- */

static char *
repeat(char c, size_t count)
{
	char *text = xcalloc(1, count + 1);

	memset(text, c, count);
	return text;
}

/* A field that fits is shown, one past it is not, nor half of it. */
static void
test_header_limit(void **state)
{
	static const size_t each = 512, fields = LIMIT_REPORT_HEADER / 512;
	char *body = repeat('x', each - 4);
	struct scene s;
	struct buf seen;

	(void)state;
	body[0] = ' ';
	for (int more = 0; more <= 1; more++) {
		scene_init(&s);
		for (size_t i = 1; i < fields; i++)
			add_field(&s, "N", body);
		add_field(&s, "L1", body + more);
		/* What is small enough still has room. */
		add_field(&s, "Z", "");
		judge(&s, &seen);
		(more ? has : has_not)(&seen, "L1:x");
		(more ? has_not : has)(&seen, "Z:\r\n");
		buf_fini(&seen);
		scene_fini(&s);
	}
	free(body);
}

static void
test_lines(void **state)
{
	char *fits = repeat('y', 998 - 2), *long_one = repeat('z', 998 - 1);
	char *address = repeat('b', 5000), *id = repeat('i', 600);
	char *advice = repeat('c', 3000), *value, *parameters;
	struct report_recipient r = {.reason = REASON_NO_CERTIFICATE};
	struct scene s;
	struct buf seen;

	(void)state;
	value = xasprintf(" <%s>", id);
	parameters = xasprintf("ORCPT=%s;%s", address, address);
	r.address = address;
	r.parameters = parameters;
	r.advice = advice;
	scene_init(&s);
	add_field(&s, "F", fits);
	add_field(&s, "G", long_one);
	add_field(&s, "Message-ID", value);
	s.c.sender = address;
	s.c.recipients = &r;
	s.c.parameters = parameters;
	judge(&s, &seen);
	has(&seen, "F:yyy");
	has_not(&seen, "G:zzz");
	has(&seen, "References: None");
	buf_fini(&seen);
	scene_fini(&s);
	free(parameters);
	free(value);
	free(advice);
	free(id);
	free(address);
	free(long_one);
	free(fits);
}

/* As many as a message may have. */
static void
test_many(void **state)
{
	struct report_recipient *all = xcalloc(LIMIT_RECIPIENTS, sizeof(*all));
	struct scene s;
	struct slice report;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < LIMIT_RECIPIENTS; i++)
		all[i] = bob;
	scene_init(&s);
	s.c.recipients = all;
	s.c.count = LIMIT_RECIPIENTS;
	report = write_report(&s);
	for (const char *p = (const char *)report.data, *end = p + report.len;
	     (p = memmem(p, (size_t)(end - p), "Action: failed", 14)); p++)
		n++;
	assert_int_equal(n, LIMIT_RECIPIENTS);
	scene_fini(&s);
	free(all);
}

/* A disk that is full is not the recipients' fault. */
static void
test_no_room(void **state)
{
	static const struct spool_config small = {
	    .memory = 100, .max = 1000, .folder = "/tmp"};
	struct scene s;
	struct err err;

	(void)state;
	scene_init(&s);
	spool_fini(&s.out);
	spool_init(&s.out, &small);
	assert_int_equal(report_write(&s.c, &s.out, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	scene_fini(&s);
}

static void
test_dates(void **state)
{
	static const struct {
		time_t when;
		const char *text;
	} rows[] = {{0, "Thu, 01 Jan 1970 00:00:00 +0000"},
	    {951782400, "Tue, 29 Feb 2000 00:00:00 +0000"},
	    {4102444799, "Thu, 31 Dec 2099 23:59:59 +0000"}};
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_clear(&out);
		report_text_date(&out, rows[i].when);
		assert_string_equal(buf_text(&out), rows[i].text);
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_report),
	    cmocka_unit_test(test_notify),
	    cmocka_unit_test(test_foreign_text),
	    cmocka_unit_test(test_international),
	    cmocka_unit_test(test_temporary_reason),
	    cmocka_unit_test(test_header_limit),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_no_room),
	    cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
