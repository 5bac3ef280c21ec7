/*
 * What makes mail one that can be left alone: bounces, reports, machines,
 * lists, invitations (rules N3 and N4).
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/exemption.h"
#include "unit/header_lines.h"

#define BIT(e) EXEMPTION_BIT(EXEMPT_##e)

/* --- the header --- */

struct row {
	const char *header;
	unsigned set;
};

static void
check_rows(const struct row *rows, size_t count, bool null_sender)
{
	for (size_t i = 0; i < count; i++) {
		struct header h;
		unsigned set;

		header_init(&h);
		header_lines_add(&h, rows[i].header);
		set = exemptions_of_header(&h, null_sender);
		if (set != rows[i].set)
			fail_msg("%#x, not %#x: %s", set, rows[i].set,
			    rows[i].header);
		header_fini(&h);
	}
}

#define CHECK_ROWS(rows, null_sender)                                          \
	check_rows(rows, sizeof(rows) / sizeof(*(rows)), null_sender)

static void
test_null_sender(void **state)
{
	static const struct row rows[] = {
	    {"", BIT(NULL_SENDER)},
	    {"Subject: ACME: x\nList-Id: l\n",
		BIT(NULL_SENDER) | BIT(ACME) | BIT(LIST)},
	};

	(void)state;
	CHECK_ROWS(rows, true);
}

/* Quoted, in any case, with comments, folded, in RFC 2231 form and pieces. */
static void
test_reports(void **state)
{
	static const struct row rows[] = {
	    {"Content-Type: multipart/report\n", 0},
	    {"Content-Type: multipart/report; boundary=delivery-status\n", 0},
	    {"Content-Type: multipart/report; report-type=feedback-report\n",
		0},
	    {"Content-Type: multipart/mixed; report-type=delivery-status\n", 0},
	    {"X-Content-Type: multipart/report; "
	     "report-type=delivery-status\n",
		0},
	    {"Content-Type: multipart/report; report-type=delivery-status\n",
		BIT(DSN)},
	    {"content-type:multipart/report;report-type=delivery-status\n",
		BIT(DSN)},
	    {"Content-Type: Multipart/REPORT;\n\tboundary=\"b\";\n\t"
	     "Report-Type=\"Delivery-STATUS\"\n",
		BIT(DSN)},
	    {"Content-Type: multipart/report (a (b) \\) c); report-type (d)\n"
	     " = (e) delivery-status (f)\n",
		BIT(DSN)},
	    {"Content-Type: multipart/report; "
	     "report-type*=us-ascii'en'delivery%2Dstatus\n",
		BIT(DSN)},
	    {"Content-Type: multipart/report; report-type*1=\"-status\"; "
	     "report-type*0=delivery\n",
		BIT(DSN)},
	    {"Content-Type: multipart/report; "
	     "report-type=\"delivery-status; x\"\n",
		0},
	    {"Content-Type: multipart/report; "
	     "report-type=\"disposition\\-notification\"; boundary=b\n",
		BIT(MDN)},
	    {"Content-Type: multipart/report; "
	     "report-type=Disposition-Notification\n",
		BIT(MDN)},
	};

	(void)state;
	CHECK_ROWS(rows, false);
}

static void
test_types(void **state)
{
	static const struct row rows[] = {
	    {"Content-Type: message/partial; number=1; id=x\n", BIT(PARTIAL)},
	    {"Content-Type: MESSAGE/Partial\n", BIT(PARTIAL)},
	    {"Content-Type: message/rfc822\n", 0},
	    {"Content-Type: text/calendar\n", 0},
	    {"Content-Type: text/plain; method=REQUEST\n", 0},
	    {"Content-Type: TEXT/Calendar; METHOD=reply\n", BIT(CALENDAR)},
	    {"Content-Type: text/calendar; method=\"REQUEST\"\n"
	     "Content-Disposition: inline\n",
		BIT(CALENDAR)},
	    {"Content-Type: text/calendar; method=REQUEST\n"
	     "Content-Disposition: Attachment; filename=x.ics\n",
		0},
	};

	(void)state;
	CHECK_ROWS(rows, false);
}

static void
test_machines(void **state)
{
	static const struct row rows[] = {
	    {"Subject: ACMED\n", 0},
	    {"Subject: about ACME: x\n", 0},
	    {"Subject: acme: x\n", BIT(ACME)},
	    {"Subject:\n Re: ACME: x\n", BIT(ACME)},
	    {"Auto-Submitted: no\n", 0},
	    {"Auto-Submitted:  No ; x=y\n", 0},
	    {"Auto-Submitted: no (really)\n", 0},
	    {"Auto-Submitted: (honestly)\n no\n", 0},
	    {"Auto-Submitted: not\n", BIT(AUTO_SUBMITTED)},
	    {"Auto-Submitted:\n", BIT(AUTO_SUBMITTED)},
	    {"Auto-Submitted: (no)\n", BIT(AUTO_SUBMITTED)},
	    {"auto-submitted: auto-replied (vacation)\n", BIT(AUTO_SUBMITTED)},
	    {"Auto-Submitted: no\nAuto-Submitted: auto-generated\n",
		BIT(AUTO_SUBMITTED)},
	    {"Subject: ACME: x\nAuto-Submitted: auto-generated\n",
		BIT(ACME) | BIT(AUTO_SUBMITTED)},
	    /* Vacation answers of those who know no RFC 3834. */
	    {"X-Autoreply: yes\n", BIT(AUTO_SUBMITTED)},
	    {"X-Autorespond: out of office\n", BIT(AUTO_SUBMITTED)},
	    {"Precedence: auto_reply\n", BIT(AUTO_SUBMITTED)},
	    {"Precedence: bulk\n", 0},
	    {"X-Auto-Response-Suppress: All\n", 0},
	};

	(void)state;
	CHECK_ROWS(rows, false);
}

static void
test_lists(void **state)
{
	static const struct row rows[] = {
	    {"Listen: x\n", 0},
	    {"List-Id: A list <l.example.org>\n", BIT(LIST)},
	    {"LIST-ID:\n", BIT(LIST)},
	    {"List-Post: <mailto:l@example.org>\n", BIT(LIST)},
	    {"Mailing-List: contact l-help@example.org; run by ezmlm\n",
		BIT(LIST)},
	    {"Precedence: list\n", BIT(LIST)},
	    {"List-: x\n", 0},
	    {"List: x\n", 0},
	    {"X-List-Id: x\n", 0},
	    {"list-help: <mailto:h@example.org>\n", BIT(LIST)},
	    {"List-Unsubscribe: <https://example.org/u>\n", BIT(LIST)},
	    {"Resent-From: carol@example.org\nResent-Date: x\n", BIT(RESENT)},
	    {"resent-date: x\n", BIT(RESENT)},
	    {"Auto-Submitted: auto-replied\nList-Id: x\n",
		BIT(AUTO_SUBMITTED) | BIT(LIST)},
	    {"List-Id: x\nContent-Type: text/calendar; method=REQUEST\n",
		BIT(LIST) | BIT(CALENDAR)},
	};

	(void)state;
	CHECK_ROWS(rows, false);
}

/* --- the body --- */

static void
check_body(const char *type, const char *body, unsigned wanted)
{
	char *field = xasprintf("Content-Type: %s\r\n", type);
	struct mime_tree tree;
	unsigned set;

	mime_scan(&tree, slice_text(field), slice_text(body));
	set = exemptions_of_body(&tree);
	if (set != wanted)
		fail_msg("%#x, not %#x: %s", set, wanted, body);
	mime_tree_fini(&tree);
	free(field);
}

#define INVITATION                                                             \
	"Content-Type: text/calendar; charset=\"utf-8\"; method=REQUEST\r\n"   \
	"Content-Transfer-Encoding: 7bit\r\n\r\nBEGIN:VCALENDAR\r\n"
#define TEXT "Content-Type: text/plain\r\n\r\nCome!\r\n"
#define FILE_OF_IT                                                             \
	"Content-Type: text/calendar; method=REQUEST; name=\"invite.ics\"\r\n" \
	"Content-Disposition: attachment; filename=\"invite.ics\"\r\n\r\n"     \
	"BEGIN:VCALENDAR\r\n"

/* Google: multipart/mixed of an alternative and the same as a file.  Outlook:
 * the alternative alone.  Apple: mixed inside the alternative. */
static void
test_invitations(void **state)
{
	(void)state;
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\nContent-Type: multipart/alternative; boundary=\"oi\"\r\n"
	    "\r\n--oi\r\n" TEXT "--oi\r\nContent-Type: text/html\r\n\r\nx\r\n"
	    "--oi\r\n" INVITATION "--oi--\r\n\r\n--o\r\n"
	    "Content-Type: application/ics; name=\"invite.ics\"\r\n"
	    "Content-Disposition: attachment; filename=\"invite.ics\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nQkVH\r\n--o--\r\n",
	    BIT(CALENDAR));
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\nContent-Type: multipart/alternative; boundary=\"i\"\r\n"
	    "\r\n--i\r\n" TEXT "--i\r\n" INVITATION "--i--\r\n\r\n"
	    "--o\r\n" FILE_OF_IT "--o--\r\n",
	    BIT(CALENDAR));
	check_body("multipart/alternative; boundary=\"i\"",
	    "--i\r\n" TEXT "--i\r\n" INVITATION "--i--\r\n", BIT(CALENDAR));
	check_body("multipart/alternative; boundary=\"i\"",
	    "--i\r\n" TEXT "--i\r\nContent-Type: multipart/mixed; "
	    "boundary=\"m\"\r\n\r\n--m\r\n" TEXT "--m\r\n" INVITATION
	    "--m--\r\n--i--\r\n",
	    BIT(CALENDAR));
	check_body("text/calendar; method=REPLY", "BEGIN:VCALENDAR\r\n",
	    BIT(CALENDAR));
}

static void
test_no_invitations(void **state)
{
	(void)state;
	check_body("text/plain", "text/calendar; method=REQUEST\r\n", 0);
	/* A calendar file. */
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\nContent-Type: text/calendar\r\n\r\nx\r\n--o--\r\n", 0);
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\n" TEXT "--o\r\n" FILE_OF_IT "--o--\r\n", 0);
	/* Attached as a whole. */
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\n" TEXT "--o\r\n"
	    "Content-Disposition: attachment\r\n"
	    "Content-Type: multipart/alternative; boundary=\"i\"\r\n\r\n"
	    "--i\r\n" INVITATION "--i--\r\n--o--\r\n",
	    0);
	/* Somebody else's, forwarded; as a message of its own it is one. */
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\n" TEXT "--o\r\nContent-Type: message/rfc822\r\n\r\n"
	    "Subject: x\r\n" INVITATION "--o--\r\n",
	    0);
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\nContent-Type: multipart/digest; boundary=\"d\"\r\n\r\n"
	    "--d\r\n\r\n" INVITATION "--d--\r\n--o--\r\n",
	    0);
	/* And one behind the other: what follows is still looked at. */
	check_body("multipart/mixed; boundary=\"o\"",
	    "--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n"
	    "--o\r\n" FILE_OF_IT "--o\r\n" INVITATION "--o--\r\n",
	    BIT(CALENDAR));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_null_sender),
	    cmocka_unit_test(test_reports),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_machines),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_invitations),
	    cmocka_unit_test(test_no_invitations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
