/* Replies: lines, codes, enhanced codes, and servers that write nonsense. */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "relay/smtp_reply.h"

/* Feeds text with its line ends; 0 when a reply was complete exactly at the
 * end of it, 1 when more must come, -1 with err. */
static int
feed(struct smtp_reply *reply, struct slice text, struct err *err)
{
	struct slice line;
	bool last = false;
	size_t used;

	smtp_reply_init(reply);
	while (!last) {
		if (smtp_line_take(text, &line, &used, err))
			return -1;
		if (used == 0)
			return 1;
		if (smtp_reply_add(reply, line, &last, err))
			return -1;
		text = slice_part(text, used, text.len);
	}
	assert_int_equal(text.len, 0);
	return 0;
}

static void
reads(const char *text, int code, const char *enhanced, const char *words)
{
	struct smtp_reply reply;
	struct err err;

	assert_int_equal(feed(&reply, slice_text(text), &err), 0);
	assert_int_equal(reply.code, code);
	assert_string_equal(reply.enhanced, enhanced);
	assert_string_equal(reply.text, words);
}

static void
refuses(struct slice text, const char *why)
{
	struct smtp_reply reply;
	struct err err = {.class = ERR_NONE};

	assert_int_equal(feed(&reply, text, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	if (!strstr(err.text, why))
		fail_msg("%s: not \"%s\"", err.text, why);
	/* What the server wrote is quoted, and can do no harm. */
	for (const char *c = err.text; *c; c++)
		assert_in_range(*c, ' ', '~');
}

static void
test_one_line(void **state)
{
	(void)state;
	reads("250 2.1.0 Ok\r\n", 250, "2.1.0", "Ok");
	reads("250 Ok\r\n", 250, "", "Ok");
	reads("250 \r\n", 250, "", "");
	reads("250\r\n", 250, "", "");
	reads("354 End data with <CR><LF>.<CR><LF>\r\n", 354, "",
	    "End data with <CR><LF>.<CR><LF>");
	reads("200 lowest\r\n", 200, "", "lowest");
	reads("559 highest\r\n", 559, "", "highest");
}

static void
test_several_lines(void **state)
{
	(void)state;
	reads("550-5.1.1 The recipient\r\n550-5.1.1  is not here.  \r\n"
	      "550 5.1.1 Sorry\r\n",
	    550, "5.1.1", "The recipient is not here. Sorry");
	reads("250-\r\n250\r\n", 250, "", "");
	/* The first line's counts. */
	reads("451-4.3.0 a\r\n451 4.7.1 b\r\n", 451, "4.3.0", "a b");
	reads("451-a\r\n451 4.7.1 b\r\n", 451, "", "a b");
}

/* RFC 2034 section 4: class, subject and detail, and the class agrees. */
static void
test_enhanced(void **state)
{
	(void)state;
	reads("550 5.1.1\r\n", 550, "5.1.1", "");
	reads("550 5.999.999 far\r\n", 550, "5.999.999", "far");
	reads("450 4.0.0 x\r\n", 450, "4.0.0", "x");
	reads("550 4.1.1 x\r\n", 550, "", "4.1.1 x");
	reads("550 5.1.1x\r\n", 550, "", "5.1.1x");
	reads("550 5.1000.1 x\r\n", 550, "", "5.1000.1 x");
	reads("550 5.01.1 x\r\n", 550, "", "5.01.1 x");
	reads("550 5.1. x\r\n", 550, "", "5.1. x");
	reads("550 5.1 x\r\n", 550, "", "5.1 x");
	reads("550 5..1 x\r\n", 550, "", "5..1 x");
	reads("550 5.1.1.1 x\r\n", 550, "", "5.1.1.1 x");
	reads("550 5\r\n", 550, "", "5");
	reads("354 3.0.0 go on\r\n", 354, "3.0.0", "go on");
}

static void
test_text_is_harmless(void **state)
{
	struct smtp_reply reply;
	struct err err;

	(void)state;
	reads("550 tab\there \x1b[2J \xc3\xa4 \x7f\r\n", 550, "",
	    "tab?here ?[2J ?? ?");
	assert_int_equal(feed(&reply, slice_make("550 a\0b\r\n", 9), &err), 0);
	assert_string_equal(reply.text, "a?b");
}

static void
test_text_is_cut(void **state)
{
	char line[1024];
	struct smtp_reply reply;
	struct err err;
	int n;

	(void)state;
	n = snprintf(line, sizeof(line), "250-%0*d\r\n250 more\r\n",
	    (int)LIMIT_RELAY_TEXT, 0);
	assert_int_equal(feed(&reply, slice_make(line, (size_t)n), &err), 0);
	assert_int_equal(strlen(reply.text), LIMIT_RELAY_TEXT);
	n = snprintf(line, sizeof(line), "250-%0*d\r\n250 more\r\n",
	    (int)LIMIT_RELAY_TEXT - 3, 0);
	assert_int_equal(feed(&reply, slice_make(line, (size_t)n), &err), 0);
	assert_string_equal(reply.text + LIMIT_RELAY_TEXT - 3, " mo");
	/* No room behind the blank. */
	n = snprintf(line, sizeof(line), "250-%0*d\r\n250 more\r\n",
	    (int)LIMIT_RELAY_TEXT - 1, 0);
	assert_int_equal(feed(&reply, slice_make(line, (size_t)n), &err), 0);
	assert_string_equal(reply.text + LIMIT_RELAY_TEXT - 1, " ");
}

static void
test_no_reply(void **state)
{
	(void)state;
	refuses(slice_text("\r\n"), "no code");
	refuses(slice_text("25\r\n"), "no code");
	refuses(slice_text("hello\r\n"), "no code");
	refuses(slice_text("150 x\r\n"), "no code");
	refuses(slice_text("600 x\r\n"), "no code");
	refuses(slice_text("260 x\r\n"), "no code");
	refuses(slice_text("25a x\r\n"), "no code");
	refuses(slice_text(" 250 x\r\n"), "no code");
	refuses(slice_text("HTTP/1.1 400 Bad Request\r\n"), "no code");
	refuses(slice_text("2500 x\r\n"), "no blank");
	refuses(slice_text("250_x\r\n"), "no blank");
	refuses(slice_text("250\tx\r\n"), "no blank");
	refuses(slice_text("250-a\r\n550 b\r\n"), "another code");
	refuses(slice_text("250-a\r\n251 b\r\n"), "another code");
	refuses(slice_text("250-a\r\n\r\n"), "no code");
}

static void
test_line_ends(void **state)
{
	(void)state;
	refuses(slice_text("250 a\n"), "CR or LF inside");
	refuses(slice_text("250 a\rb\r\n"), "CR or LF inside");
	refuses(slice_text("250 a\r\r\n"), "CR or LF inside");
	refuses(slice_text("\n250 a\r\n"), "CR or LF inside");
	refuses(slice_text("250-a\r\n250 b\n"), "CR or LF inside");
	refuses(slice_text("250 a\nb"), "CR or LF inside");
}

static void
test_piece_by_piece(void **state)
{
	static const char text[] = "250-a\r\n250 b\r\n";
	struct smtp_reply reply;
	struct err err;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(feed(&reply, slice_make(text, n), &err), 1);
	assert_int_equal(feed(&reply, slice_text(text), &err), 0);
}

static void
test_longest_line(void **state)
{
	char text[LIMIT_RELAY_LINE + 2];
	struct smtp_reply reply;
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "250 ", 4);
	/* Not complete, and it might still end in time. */
	assert_int_equal(
	    feed(&reply, slice_make(text, LIMIT_RELAY_LINE - 1), &err), 1);
	refuses(slice_make(text, LIMIT_RELAY_LINE), "without end");
	memcpy(text + LIMIT_RELAY_LINE - 2, "\r\n", 2);
	assert_int_equal(
	    feed(&reply, slice_make(text, LIMIT_RELAY_LINE), &err), 0);
	memcpy(text + LIMIT_RELAY_LINE - 2, "x\r\n", 3);
	refuses(slice_make(text, LIMIT_RELAY_LINE + 1), "without end");
}

static void
test_most_lines(void **state)
{
	char text[LIMIT_RELAY_LINES * 7 + 8] = "";
	struct smtp_reply reply;
	struct err err;
	size_t n = 0;

	(void)state;
	for (unsigned i = 1; i < LIMIT_RELAY_LINES; i++, n += 7)
		memcpy(text + n, "250-x\r\n", 8);
	memcpy(text + n, "250 x\r\n", 8);
	assert_int_equal(feed(&reply, slice_text(text), &err), 0);
	assert_int_equal(reply.lines, LIMIT_RELAY_LINES);
	memcpy(text + n, "250-x\r\n", 8);
	memcpy(text + n + 7, "250 x\r\n", 8);
	refuses(slice_text(text), "a reply without end");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_line),
	    cmocka_unit_test(test_several_lines),
	    cmocka_unit_test(test_enhanced),
	    cmocka_unit_test(test_text_is_harmless),
	    cmocka_unit_test(test_text_is_cut),
	    cmocka_unit_test(test_no_reply),
	    cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_piece_by_piece),
	    cmocka_unit_test(test_longest_line),
	    cmocka_unit_test(test_most_lines),
	};

	return cmocka_run_group_tests_name("smtp_reply", tests, NULL, NULL);
}
