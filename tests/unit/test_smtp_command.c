/* MAIL and RCPT: what goes out, and what must never. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "relay/smtp_command.h"

static const struct smtp_extensions all = {.has = ~0u};
static const struct smtp_extensions none = {.has = 0};

/* A copy from one path with these parameters, to one recipient. */
static int
write_mail(struct buf *out, struct slice path, struct slice parameters,
    struct smtp_terms *terms, struct err *err)
{
	struct relay_recipient to = {.path = slice_text("<b@example.net>")};
	struct relay_copy copy = {.path = path,
	    .parameters = parameters,
	    .recipients = &to,
	    .count = 1};

	buf_init(out, 8192);
	return smtp_mail_write(out, &copy, terms, err);
}

/* path and parameters become line, on these terms. */
static void
mail_on(struct smtp_terms terms, const char *path, const char *parameters,
    const char *line)
{
	struct buf out;
	struct err err = {.text = ""};

	if (write_mail(
		&out, slice_text(path), slice_text(parameters), &terms, &err))
		fail_msg("%s", err.text);
	assert_string_equal(buf_text(&out), line);
	buf_fini(&out);
}

static void
mail(const char *path, const char *parameters, const char *line)
{
	struct smtp_terms terms = {.server = &all, .size = 42};

	mail_on(terms, path, parameters, line);
}

static void
rcpt(const char *path, const char *parameters, const char *line)
{
	struct smtp_terms terms = {.server = &all};
	struct relay_recipient to = {
	    .path = slice_text(path), .parameters = slice_text(parameters)};
	struct buf out;
	struct err err = {.text = ""};

	buf_init(&out, 8192);
	if (smtp_rcpt_write(&out, &to, &terms, &err))
		fail_msg("%s", err.text);
	assert_string_equal(buf_text(&out), line);
	buf_fini(&out);
}

static void
complains(const struct err *err, const char *word)
{
	assert_int_equal(err->class, ERR_PERMANENT);
	if (!strstr(err->text, word))
		fail_msg("%s: not \"%s\"", err->text, word);
	for (const char *c = err->text; *c; c++)
		assert_in_range(*c, ' ', '~');
}

/* Neither as sender nor as recipient. */
static void
no_path(struct slice path, const char *word)
{
	struct smtp_terms terms = {.server = &all};
	struct relay_recipient to = {.path = path};
	struct err err;
	struct buf out;

	assert_int_equal(
	    write_mail(&out, path, slice_text(""), &terms, &err), -1);
	complains(&err, word);
	buf_clear(&out);
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), -1);
	complains(&err, word);
	buf_fini(&out);
}

static void
no_parameters(
    struct smtp_terms terms, struct slice parameters, const char *word)
{
	struct err err;
	struct buf out;

	assert_int_equal(write_mail(&out, slice_text("<a@example.org>"),
			     parameters, &terms, &err),
	    -1);
	complains(&err, word);
	buf_fini(&out);
}

static void
no_rcpt_parameters(
    struct smtp_terms terms, const char *parameters, const char *word)
{
	struct relay_recipient to = {.path = slice_text("<b@example.net>"),
	    .parameters = slice_text(parameters)};
	struct err err;
	struct buf out;

	buf_init(&out, 8192);
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), -1);
	complains(&err, word);
	buf_fini(&out);
}

/* Every form that a milter gets (MTA: with and without brackets). */
static void
test_senders(void **state)
{
	(void)state;
	mail("<a@example.org>", "", "MAIL FROM:<a@example.org> SIZE=42\r\n");
	mail("a@example.org", "", "MAIL FROM:<a@example.org> SIZE=42\r\n");
	mail("<>", "", "MAIL FROM:<> SIZE=42\r\n");
	mail("", "", "MAIL FROM:<> SIZE=42\r\n");
	mail("x", "", "MAIL FROM:<x> SIZE=42\r\n");
}

static void
test_recipients(void **state)
{
	(void)state;
	rcpt("<b@example.net>", "", "RCPT TO:<b@example.net>\r\n");
	rcpt("B@EXAMPLE.net", "", "RCPT TO:<B@EXAMPLE.net>\r\n");
	rcpt("<bob>", "", "RCPT TO:<bob>\r\n");
	rcpt("<bob@example.net.>", "", "RCPT TO:<bob@example.net.>\r\n");
	rcpt("<.b..@example.net>", "", "RCPT TO:<.b..@example.net>\r\n");
	rcpt("<b@[192.0.2.1]>", "", "RCPT TO:<b@[192.0.2.1]>\r\n");
	rcpt(
	    "<b@[IPv6:2001:db8::1]>", "", "RCPT TO:<b@[IPv6:2001:db8::1]>\r\n");
	rcpt("<@r.example,@s.example:b@example.net>", "",
	    "RCPT TO:<@r.example,@s.example:b@example.net>\r\n");
	rcpt("<\"b b\"@example.net>", "", "RCPT TO:<\"b b\"@example.net>\r\n");
	rcpt("<\"a\\\"> <\\\\\"@example.net>", "",
	    "RCPT TO:<\"a\\\"> <\\\\\"@example.net>\r\n");
	rcpt("<\"b@c\"@example.net>", "", "RCPT TO:<\"b@c\"@example.net>\r\n");
	rcpt("<b+tag=x#!$%&'*/?^_`{|}~-@example.net>", "",
	    "RCPT TO:<b+tag=x#!$%&'*/?^_`{|}~-@example.net>\r\n");
	rcpt("<\xc3\xb6@b\xc3\xbc.example>", "",
	    "RCPT TO:<\xc3\xb6@b\xc3\xbc.example>\r\n");
}

static void
test_no_recipient(void **state)
{
	struct smtp_terms terms = {.server = &all};
	struct relay_recipient to = {.path = slice_text("<>")};
	struct err err;
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), -1);
	complains(&err, "without path");
	to.path = slice_text("");
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), -1);
	complains(&err, "without path");
	buf_fini(&out);
}

/* Nothing ends the command or begins another. */
static void
test_no_injection(void **state)
{
	(void)state;
	no_path(slice_text("<a@example.org>\r\nRSET"), "brackets");
	no_path(slice_text("<a@example.org\r\nRSET>"), "character");
	no_path(slice_text("a@example.org\r\nRSET"), "character");
	no_path(slice_text("<a@example.org\n>"), "character");
	no_path(slice_text("<a@example.org\r>"), "character");
	no_path(slice_text("<\"a\r\nRSET\r\n\"@example.org>"), "character");
	no_path(slice_text("<\"a\\\r\\\nRSET\"@example.org>"), "character");
	no_path(slice_text("<\"a\n\"@example.org>"), "character");
	no_path(slice_make("<a\0@example.org>", 16), "character");
	no_path(slice_make("<\"a\0\"@example.org>", 18), "character");
	no_path(slice_make("<\"a\\\0\"@example.org>", 19), "character");
	no_path(slice_text("<a\x7f@example.org>"), "character");
	no_path(slice_text("<a\t@example.org>"), "character");
}

/* Nothing in a path becomes a parameter. */
static void
test_no_parameter_from_a_path(void **state)
{
	(void)state;
	no_path(slice_text("<a@example.org> NOTIFY=NEVER"), "brackets");
	no_path(slice_text("a@example.org> NOTIFY=NEVER"), "character");
	no_path(slice_text("<a@example.org> NOTIFY=NEVER>"), "character");
	no_path(slice_text("a@example.org NOTIFY=NEVER"), "character");
	no_path(slice_text("<a <b@example.org>"), "character");
	no_path(slice_text("<a@example.org"), "brackets");
	no_path(slice_text("a@example.org>"), "brackets");
	no_path(slice_text("<"), "brackets");
	no_path(slice_text(">"), "brackets");
	/* Where a quoted string ends, programs must not disagree. */
	no_path(slice_text("<\"a@example.org>"), "character");
	no_path(slice_text("<a\"@example.org>"), "character");
	no_path(slice_text("<\"a\\\"@example.org>"), "character");
	no_path(slice_text("<\"a\\"), "brackets");
	no_path(slice_text("\"a\\"), "character");
	no_path(slice_text("\""), "character");
	no_path(slice_text("<a\\\"b c\"@example.org>"), "character");
	no_path(slice_text("<a\\ b@example.org>"), "character");
	no_path(slice_text("<a(b c)@example.org>"), "character");
	no_path(slice_text("<a(b)@example.org>"), "character");
	no_path(slice_text("<a\\b@example.org>"), "character");
	no_path(slice_text("<a@example.org;>"), "character");
}

static void
test_parameters(void **state)
{
	(void)state;
	mail("<a@example.org>", "RET=HDRS ENVID=QQ+2B314159",
	    "MAIL FROM:<a@example.org> RET=HDRS ENVID=QQ+2B314159 SIZE=42\r\n");
	mail("<a@example.org>", "BODY=8BITMIME SMTPUTF8",
	    "MAIL FROM:<a@example.org> BODY=8BITMIME SMTPUTF8 SIZE=42\r\n");
	mail("<a@example.org>", "body=7bit ret=full",
	    "MAIL FROM:<a@example.org> body=7bit ret=full SIZE=42\r\n");
	mail("<a@example.org>", "BY=120;R REQUIRETLS",
	    "MAIL FROM:<a@example.org> BY=120;R REQUIRETLS SIZE=42\r\n");
	/* Blanks more or less. */
	mail("<>", " RET=FULL  ENVID=a ",
	    "MAIL FROM:<> RET=FULL ENVID=a SIZE=42\r\n");
	rcpt("<b@example.net>",
	    "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Btag@example.net",
	    "RCPT TO:<b@example.net> NOTIFY=SUCCESS,DELAY "
	    "ORCPT=rfc822;b+2Btag@example.net\r\n");
	rcpt("b@example.net", "notify=never",
	    "RCPT TO:<b@example.net> notify=never\r\n");
	rcpt("b@example.net", "ORCPT=utf-8;\xc3\xb6=@example.net",
	    "RCPT TO:<b@example.net> ORCPT=utf-8;\xc3\xb6=@example.net\r\n");
}

/* The client's size is that of another message, and we know no login. */
static void
test_parameters_that_stay_behind(void **state)
{
	(void)state;
	mail("<a@example.org>", "SIZE=12345 AUTH=<> RET=FULL auth=a+40b size=1",
	    "MAIL FROM:<a@example.org> RET=FULL SIZE=42\r\n");
}

static void
test_no_parameters(void **state)
{
	struct smtp_terms terms = {.server = &all};

	(void)state;
	no_parameters(terms, slice_text("RET=HDRS\r\nRSET"), "not a parameter");
	no_parameters(terms, slice_text("ENVID=a\nb"), "not a parameter");
	no_parameters(terms, slice_text("ENVID=a\rb"), "not a parameter");
	no_parameters(terms, slice_text("ENVID=a\tb"), "not a parameter");
	no_parameters(terms, slice_text("ENVID=\x7f"), "not a parameter");
	no_parameters(terms, slice_make("ENVID=a\0b", 9), "not a parameter");
	no_parameters(terms, slice_text("SIZE=1\r\nRSET"), "not a parameter");
	no_parameters(terms, slice_text("RET="), "not a parameter");
	no_parameters(terms, slice_text("=HDRS"), "not a parameter");
	no_parameters(terms, slice_text("R\xc3\x84T=HDRS"), "not a parameter");
	no_parameters(terms, slice_text("RET:HDRS"), "not a parameter");
	no_parameters(terms, slice_text("NOTIFY=NEVER"), "unknown");
	no_parameters(terms, slice_text("HOLDFOR=86400"), "unknown");
	no_parameters(terms, slice_text("BODY=BINARYMIME"), "DATA");
	no_parameters(terms, slice_text("BODY"), "DATA");
	no_rcpt_parameters(terms, "RET=HDRS", "unknown");
	no_rcpt_parameters(terms, "NOTIFY=NEVER\r\nDATA", "not a parameter");
	no_rcpt_parameters(terms, "RRVS=2014-04-03T23:01:00Z", "unknown");
}

/* RFC 3461 5.2.2 (a). */
static void
test_no_dsn(void **state)
{
	struct smtp_terms terms = {.server = &none};
	struct relay_recipient to = {.path = slice_text("<b@example.net>"),
	    .parameters = slice_text("NOTIFY=NEVER ORCPT=rfc822;x")};
	struct err err;
	struct buf out;

	(void)state;
	mail_on(terms, "<a@example.org>", "RET=HDRS ENVID=x SIZE=7",
	    "MAIL FROM:<a@example.org>\r\n");
	assert_int_equal(write_mail(&out, slice_text("<>"),
			     slice_text("AUTH=<>"), &terms, &err),
	    0);
	assert_false(terms.dsn_dropped);
	buf_clear(&out);
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), 0);
	assert_string_equal(buf_text(&out), "RCPT TO:<b@example.net>\r\n");
	assert_true(terms.dsn_dropped);
	buf_fini(&out);
}

static void
test_eight_bit(void **state)
{
	const struct smtp_extensions utf8 = {.has = SMTP_SMTPUTF8};
	struct smtp_terms terms = {.server = &none};

	(void)state;
	mail_on(terms, "<>", "BODY=8BITMIME SMTPUTF8", "MAIL FROM:<>\r\n");
	terms.has_8bit = true;
	no_parameters(terms, slice_text("BODY=8BITMIME"), "not 7-bit");
	no_parameters(terms, slice_text("SMTPUTF8"), "not 7-bit");
	no_parameters(terms, slice_text(""), "8BITMIME");
	terms.server = &utf8;
	no_parameters(terms, slice_text("SMTPUTF8"), "8BITMIME");
	terms.server = &all;
	mail_on(terms, "<>", "", "MAIL FROM:<> BODY=8BITMIME SIZE=0\r\n");
	mail_on(terms, "<>", "body=7bit", "MAIL FROM:<> body=7bit SIZE=0\r\n");
}

/* RFC 6531 3.4: an envelope that is not ASCII needs the parameter, whether
 * the client said it or not. */
static void
test_utf8_envelope(void **state)
{
	const struct smtp_extensions no_utf8 = {.has = SMTP_8BITMIME};
	struct smtp_terms terms = {.server = &all};
	struct relay_recipient to[] = {{.path = slice_text("<b@example.net>")},
	    {.path = slice_text("<\xc3\xb6@example.net>")}};
	struct relay_copy copy = {.path = slice_text("<a@example.org>"),
	    .recipients = to,
	    .count = 2};
	struct err err;
	struct buf out;

	(void)state;
	mail("<\xc3\xa4@example.org>", "",
	    "MAIL FROM:<\xc3\xa4@example.org> SMTPUTF8 SIZE=42\r\n");
	mail("<\xc3\xa4@example.org>", "smtputf8",
	    "MAIL FROM:<\xc3\xa4@example.org> smtputf8 SIZE=42\r\n");
	buf_init(&out, 200);
	assert_int_equal(smtp_mail_write(&out, &copy, &terms, &err), 0);
	assert_string_equal(
	    buf_text(&out), "MAIL FROM:<a@example.org> SMTPUTF8 SIZE=0\r\n");
	terms.server = &no_utf8;
	assert_int_equal(smtp_mail_write(&out, &copy, &terms, &err), -1);
	complains(&err, "SMTPUTF8");
	to[1].path = slice_text("<o@example.net>");
	to[1].parameters = slice_text("ORCPT=utf-8;\xc3\xb6@example.net");
	assert_int_equal(smtp_mail_write(&out, &copy, &terms, &err), -1);
	complains(&err, "SMTPUTF8");
	buf_fini(&out);
}

static void
test_what_must_not_get_lost(void **state)
{
	struct smtp_terms terms = {.server = &none};

	(void)state;
	no_parameters(terms, slice_text("REQUIRETLS"), "must not get lost");
	no_parameters(terms, slice_text("BY=120;R"), "must not get lost");
}

static void
test_wants_texture(void **state)
{
	const struct smtp_extensions eight = {.has = SMTP_8BITMIME};
	struct relay_copy copy = {.parameters = slice_text("RET=FULL")};

	(void)state;
	assert_true(smtp_mail_wants_texture(&copy, &none));
	assert_true(smtp_mail_wants_texture(&copy, &eight));
	copy.parameters = slice_text("RET=FULL body=8bitmime");
	assert_true(smtp_mail_wants_texture(&copy, &none));
	assert_false(smtp_mail_wants_texture(&copy, &eight));
	copy.parameters = slice_text("BODY=7BIT smtputf8");
	assert_true(smtp_mail_wants_texture(&copy, &eight));
	assert_false(smtp_mail_wants_texture(&copy, &all));
}

/* A command of exactly the limit, and one byte more. */
static void
test_longest_command(void **state)
{
	static const char before[] = "RCPT TO:<", after[] = ">\r\n";
	size_t len = LIMIT_RELAY_COMMAND - strlen(before) - strlen(after);
	char *path = xmalloc(len + 1);
	struct smtp_terms terms = {.server = &all};
	struct relay_recipient to = {.path = {.len = 0}};
	struct err err;
	struct buf out;

	(void)state;
	memset(path, 'x', len + 1);
	to.path = slice_make(path, len);
	buf_init(&out, 2 * LIMIT_RELAY_COMMAND);
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), 0);
	assert_int_equal(out.len, LIMIT_RELAY_COMMAND);
	/* Behind another one, whose length does not count. */
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), 0);
	to.path.len++;
	buf_clear(&out);
	assert_int_equal(smtp_rcpt_write(&out, &to, &terms, &err), -1);
	complains(&err, "more than 2048 bytes");
	buf_fini(&out);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_senders),
	    cmocka_unit_test(test_recipients),
	    cmocka_unit_test(test_no_recipient),
	    cmocka_unit_test(test_no_injection),
	    cmocka_unit_test(test_no_parameter_from_a_path),
	    cmocka_unit_test(test_parameters),
	    cmocka_unit_test(test_parameters_that_stay_behind),
	    cmocka_unit_test(test_no_parameters),
	    cmocka_unit_test(test_no_dsn),
	    cmocka_unit_test(test_eight_bit),
	    cmocka_unit_test(test_utf8_envelope),
	    cmocka_unit_test(test_what_must_not_get_lost),
	    cmocka_unit_test(test_wants_texture),
	    cmocka_unit_test(test_longest_command),
	};

	return cmocka_run_group_tests_name("smtp_command", tests, NULL, NULL);
}
