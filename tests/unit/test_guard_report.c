/* The guard's report: what stands in it, what does not, and how long it may
 * become, whatever strangers have written. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/guard_report.h"
#include "mail/mime_codec.h"
#include "unit/must.h"

#define NOW 1136214245 /* 2006-01-02 15:04:05 UTC */

static const struct spool_config spool_config = {
    .memory = 1 << 20, .max = 64 << 20, .folder = "/tmp"};

/* A mail and its report; tests change what they are about. */
struct scene {
	struct header header;
	struct envelope envelope;
	struct seal_findings findings;
	struct guard_report r;
	char *mail; /* as written */
	char *text; /* its body, decoded, LF lines */
};

static void
add_field(struct scene *s, const char *name, const char *body)
{
	MUST(header_add(&s->header, slice_text(name), slice_text(body), &err));
}

static void
scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	header_init(&s->header);
	envelope_init(&s->envelope);
	envelope_set_sender(&s->envelope, "<alice@example.org>", NULL);
	s->findings.at[0] = (struct seal_finding){
	    .change = SEAL_TEXT_APPENDED, .part = "1", .bytes = 213};
	s->findings.count = 1;
	s->r = (struct guard_report){
	    .host = "mx.example.org",
	    .to = "postmaster@example.org",
	    .queue_id = "4QueueId",
	    .from = "alice@example.org",
	    .envelope = &s->envelope,
	    .header = &s->header,
	    .action = GUARD_HOLD,
	    .sealed = true,
	    .findings = &s->findings,
	    .now = NOW,
	};
}

static void
scene_fini(struct scene *s)
{
	envelope_fini(&s->envelope);
	header_fini(&s->header);
	free(s->mail);
	free(s->text);
}

/* The body, decoded by the very function that incoming mail is. */
static void
read_body(struct scene *s)
{
	const char *body = strstr(s->mail, "\r\n\r\n");
	struct spool plain;
	bool clean;
	struct slice out;
	size_t n = 0;

	assert_non_null(body);
	spool_init(&plain, &spool_config);
	MUST(qp_decode(slice_text(body + 4), &plain, &clean, &err));
	assert_true(clean);
	MUST(spool_finish(&plain, &err));
	out = spool_slice(&plain);
	s->text = xmalloc(out.len + 1);
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] != '\r')
			s->text[n++] = (char)out.data[i];
	s->text[n] = '\0';
	spool_fini(&plain);
}

/* Writes it; every line is whole, 7-bit and not too long. */
static void
write_report(struct scene *s)
{
	struct spool out;
	size_t line = 0;

	free(s->mail);
	free(s->text);
	spool_init(&out, &spool_config);
	MUST(guard_report_write(&s->r, &out, &err));
	s->mail = slice_dup_text(spool_slice(&out));
	spool_fini(&out);
	for (const char *p = s->mail; *p; p++, line++) {
		assert_true(*p == '\r' ? p[1] == '\n' : *p < 0x7f);
		assert_true(*p != '\n' || p[-1] == '\r');
		if (*p == '\n')
			line = 0;
		assert_true(line < 1000);
	}
	read_body(s);
}

static void
has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void
lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

/* --- cases --- */

static void
test_what_it_says(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	add_field(&s, "Subject", " a secret");
	add_field(&s, "Message-ID", " <1.2@example.org>");
	envelope_add_recipient(&s.envelope, "<Bob@Example.NET>", NULL, NULL);
	s.findings.at[1] =
	    (struct seal_finding){.change = SEAL_HEADER_CHANGED, .part = "1"};
	s.findings.count = 2;
	s.findings.more = 5;
	write_report(&s);
	has(s.mail, "Date: Mon, 02 Jan 2006 15:04:05 +0000\r\n");
	has(s.mail,
	    "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\n");
	has(s.mail, "To: <postmaster@example.org>\r\n");
	has(s.mail, "Auto-Submitted: auto-generated\r\n");
	has(s.mail, "Subject: A signed mail was changed on its way out\r\n");
	has(s.text, "It is held");
	has(s.text, "  queue id    4QueueId\n");
	has(s.text, "  from        alice@example.org\n");
	has(s.text, "  to          bob@example.net\n");
	has(s.text, "  message-id  <1.2@example.org>\n");
	has(s.text, "  sealed      yes");
	has(s.text, "  1       text-appended       text appended to part 1");
	has(s.text, "  1       header-changed      ");
	has(s.text, "  and 5 more\n");
	has(s.text, "Something behind the signer");
	lacks(s.mail, "secret");
	scene_fini(&s);
}

static void
test_what_became_of_it(void **state)
{
	static const char *const words[] = {[GUARD_REFUSE] = "It was refused",
	    [GUARD_HOLD] = "It is held",
	    [GUARD_TEMPFAIL] = "It waits with",
	    [GUARD_LOG] = "It was sent all the same"};
	struct scene s;

	(void)state;
	scene_init(&s);
	for (int i = 0; i < 4; i++) {
		s.r.action = (enum guard_action)i;
		write_report(&s);
		has(s.text, words[i]);
	}
	s.r.before = true;
	write_report(&s);
	has(s.text, "It came to the signer like that");
	s.r.before = s.r.sealed = false;
	s.r.queue_id = NULL;
	write_report(&s);
	has(s.text, "Without our fingerprint");
	has(s.text, "  queue id    unknown\n");
	has(s.text, "  message-id  none, or odd\n");
	scene_fini(&s);
}

/* Ten are named; how many more there are is a number. */
static void
test_recipients(void **state)
{
	char path[64];
	struct scene s;

	(void)state;
	scene_init(&s);
	for (unsigned i = 0; i < LIMIT_GUARD_RECIPIENTS; i++) {
		snprintf(path, sizeof(path), "<r%u@example.net>", i);
		envelope_add_recipient(&s.envelope, path, NULL, NULL);
	}
	write_report(&s);
	has(s.text, "r9@example.net\n");
	lacks(s.text, " more\n");
	envelope_add_recipient(
	    &s.envelope, "<one.more@example.net>", NULL, NULL);
	write_report(&s);
	has(s.text, "r9@example.net\n");
	has(s.text, "and 1 more\n");
	lacks(s.text, "one.more");
	scene_fini(&s);
}

/* Nothing that a stranger writes ends a line or a header. */
static void
test_foreign_text(void **state)
{
	char *longest = xmalloc(5001);
	struct scene s;

	(void)state;
	memset(longest, 'x', 5000);
	longest[5000] = '\0';
	scene_init(&s);
	add_field(&s, "Message-ID", " <1@example.org>\r\n\r\nX: y");
	envelope_add_recipient(
	    &s.envelope, "<a\r\nX: y@\xff\x01 b>", NULL, NULL);
	envelope_add_recipient(&s.envelope, longest, NULL, NULL);
	envelope_add_recipient(&s.envelope,
	    "<gr\xc3\xbc\xc3\x9f"
	    "e@example.net>",
	    NULL, NULL);
	s.r.from = longest;
	s.r.queue_id = "Q\r\nX: y";
	write_report(&s);
	lacks(s.text, "\nX: y");
	has(s.text, "  queue id    Q??X: y\n");
	has(s.text, "gr\xc3\xbc\xc3\x9f"
		    "e@example.net\n");
	assert_true(strlen(s.mail) < 8192);
	scene_fini(&s);
	free(longest);
}

/* As many findings as there can be. */
static void
test_findings(void **state)
{
	struct scene s;
	size_t lines = 0;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < LIMIT_SEAL_FINDINGS; i++)
		s.findings.at[i] = s.findings.at[0];
	s.findings.count = LIMIT_SEAL_FINDINGS;
	write_report(&s);
	for (const char *p = s.text; (p = strstr(p, "text-appended")); p++)
		lines++;
	assert_int_equal(lines, LIMIT_SEAL_FINDINGS);
	lacks(s.text, " more\n");
	scene_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_it_says),
	    cmocka_unit_test(test_what_became_of_it),
	    cmocka_unit_test(test_recipients),
	    cmocka_unit_test(test_foreign_text),
	    cmocka_unit_test(test_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
