/*
 * What domains may set, message by message: through a real gateway with a
 * real key process and store.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "unit/gateway_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert anna, zoe;

/* example.org: anna, every setting as by default; example.net: zoe, what
 * the test says. */
static struct gateway_domain served[] = {
    {.name = "example.org"}, {.name = "example.net"}};
#define NET served[1].level

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	f.config.domains = served;
	f.config.domain_count = 2;
	fixture_leaf(&anna, &f.our_ca,
	    &(struct fixture_opts){.address = "anna@example.org"});
	fixture_leaf(&zoe, &f.our_ca,
	    &(struct fixture_opts){.address = "zoe@example.net"});
	gateway_fixture_user(
	    &f, "anna@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "anna@example.org", &anna);
	gateway_fixture_user(
	    &f, "zoe@example.net", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "zoe@example.net", &zoe);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&zoe);
	fixture_fini(&anna);
	return 0;
}

/* Settings as by default, and nothing in the log. */
static int
before_each(void **state)
{
	(void)state;
	f.config.defaults = NET =
	    (struct setting_level){.sign = SWITCH_INHERIT};
	gateway_fixture_log_clear(&f);
	return 0;
}

/* Sends it with the settings as they are now; the log then has the words. */
static void
send_mail(const struct fixture_mail *mail, const char *logged)
{
	struct fixture_result r;

	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, mail, &r);
	gateway_fixture_expect(&f, logged);
	fixture_result_fini(&r);
}

/* --- exemptions (A9) --- */

#define LIST "To: bob@example.com\nList-Id: <l.example.org>\n"

static void
test_exempt_of_the_author(void **state)
{
	const struct fixture_mail to_zoe = {.login = "zoe@example.net",
	    .sender = "<zoe@example.net>",
	    .header = "From: zoe@example.net\n" LIST,
	    .body = slice_text("x\r\n")};
	const struct fixture_mail to_anna = {.login = "anna@example.org",
	    .sender = "<zoe@example.net>",
	    .header = "From: anna@example.org\n" LIST,
	    .body = slice_text("x\r\n")};

	(void)state;
	send_mail(&to_zoe, "passed from=zoe@example.net nrcpt=1 reason=list");
	NET.exempt = EXEMPTION_BIT(EXEMPT_DSN);
	send_mail(&to_zoe, "signed from=zoe@example.net");
	/* The domain of the sender does not count where From is ours. */
	send_mail(&to_anna, "passed from=anna@example.org nrcpt=1 reason=list");
	/* The defaults, and a domain that speaks for itself. */
	f.config.defaults.exempt = EXEMPT_ALWAYS;
	send_mail(&to_anna, "signed from=anna@example.org");
	NET.exempt = EXEMPTION_BIT(EXEMPT_LIST);
	send_mail(&to_zoe, "passed from=zoe@example.net nrcpt=1 reason=list");
}

/* Without a From the envelope sender stands in; of several mailboxes the
 * first that is ours does. */
static void
test_exempt_of_others(void **state)
{
	const struct fixture_mail no_from = {.login = "zoe@example.net",
	    .sender = "<zoe@example.net>",
	    .header = LIST,
	    .body = slice_text("x\r\n")};
	struct fixture_mail several = {.login = "zoe@example.net",
	    .sender = "<anna@example.org>",
	    .header = "From: bob@example.com, zoe@example.net,\n "
		      "anna@example.org\n" LIST,
	    .body = slice_text("x\r\n")};

	(void)state;
	send_mail(&no_from, "reason=list");
	NET.exempt = EXEMPT_ALWAYS;
	send_mail(&no_from, "reason=no-from");
	send_mail(&several, "reason=several-from");
	several.header = "From: anna@example.org, zoe@example.net\n" LIST;
	send_mail(&several, "reason=list");
}

/* What only the body tells is known for no other reason than that policy
 * asks for it. */
static void
test_exempt_invitation(void **state)
{
	const struct fixture_mail mail = {.login = "zoe@example.net",
	    .sender = "<zoe@example.net>",
	    .header = "From: zoe@example.net\nTo: bob@example.com\n"
		      "MIME-Version: 1.0\n"
		      "Content-Type: multipart/alternative; boundary=o\n",
	    .body = slice_text("--o\r\n\r\nCome!\r\n--o\r\n"
			       "Content-Type: text/calendar; method=REQUEST\r\n"
			       "\r\nBEGIN:VCALENDAR\r\n--o--\r\n")};

	(void)state;
	send_mail(&mail, "reason=calendar");
	NET.exempt = EXEMPTION_BIT(EXEMPT_LIST);
	send_mail(&mail, "signed from=zoe@example.net");
}

#define CASE(test) cmocka_unit_test_setup(test, before_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_exempt_of_the_author),
	    CASE(test_exempt_of_others),
	    CASE(test_exempt_invitation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
