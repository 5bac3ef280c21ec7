/*
 * Whose signature is it?  Attacks of the kind of "Johnny, you are fired!"
 * (Mueller et al., USENIX Security 2019, section 4.4): signer and From are
 * not the same, and somebody is to believe that they are (rule V9).
 *
 * Every signature in here is good and by a trusted certificate; none may
 * count for anybody but its owner, and nothing may be learned about others.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "unit/attack_site.h"

static struct attack_site site;

static int
start(void **state)
{
	(void)state;
	attack_site_start(&site);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	attack_site_stop(&site);
	return 0;
}

static void
letter_from(const char *fields, const struct buf *der, const char *word)
{
	struct buf message;

	attack_letter(
	    &message, fields, slice_text(handmade_entity), buf_slice(der));
	attack_expect(&site, fields, buf_slice(&message), word);
	buf_fini(&message);
}

/* Mallory signs, and From looks as if it were hers, or not only Bob's. */
static void
test_mallory_as_bob(void **state)
{
	static const char *const fields[] = {
	    /* Sender, Reply-To and other fields with her address */
	    "From: bob@example.net\r\n",
	    "From: bob@example.net\r\nSender: mallory@example.com\r\n",
	    "Sender: mallory@example.com\r\nFrom: Bob <bob@example.net>\r\n",
	    "From: bob@example.net\r\nReply-To: mallory@example.com\r\n",
	    "From: bob@example.net\r\nResent-From: mallory@example.com\r\n",
	    "From: bob@example.net\r\nX-From: mallory@example.com\r\n",
	    "Return-Path: <mallory@example.com>\r\nFrom: bob@example.net\r\n",
	    /* several From fields */
	    "From: bob@example.net\r\nFrom: mallory@example.com\r\n",
	    "From: mallory@example.com\r\nFrom: bob@example.net\r\n",
	    "From: mallory@example.com\r\nfROM: bob@example.net\r\n",
	    "From: mallory@example.com\r\nTo: x@example.org\r\n"
	    "From: bob@example.net\r\n",
	    "From:\r\nFrom: mallory@example.com\r\n",
	    /* several mailboxes */
	    "From: bob@example.net, mallory@example.com\r\n",
	    "From: mallory@example.com, bob@example.net\r\n",
	    "From: Bob <bob@example.net>, <mallory@example.com>\r\n",
	    "From: mallory@example.com,\r\n bob@example.net\r\n",
	    "From: mallory@example.com\r\n bob@example.net\r\n",
	    "From: bob@example.net; mallory@example.com\r\n",
	    "From: mallory@example.com bob@example.net\r\n",
	    /* display name, comment, encoded word, angle brackets */
	    "From: \"mallory@example.com\" <bob@example.net>\r\n",
	    "From: mallory@example.com <bob@example.net>\r\n",
	    "From: bob@example.net <mallory@example.com>\r\n",
	    "From: <bob@example.net> mallory@example.com\r\n",
	    "From: <mallory@example.com> <bob@example.net>\r\n",
	    "From: <mallory@example.com>bob@example.net\r\n",
	    "From: <bob@example.net> (mallory@example.com)\r\n",
	    "From: bob@example.net (<mallory@example.com>)\r\n",
	    "From: (mallory@example.com) bob@example.net\r\n",
	    "From: \"<mallory@example.com>\" <bob@example.net>\r\n",
	    "From: \"Bob\\\" <mallory@example.com>\" <bob@example.net>\r\n",
	    "From: =?utf-8?q?mallory=40example=2Ecom?= <bob@example.net>\r\n",
	    "From: =?utf-8?q?=3Cmallory=40example=2Ecom=3E?= "
	    "<bob@example.net>\r\n",
	    "From: =?utf-8?q?mallory=40example=2Ecom?=\r\n",
	    "From: =?utf-8?b?bWFsbG9yeUBleGFtcGxlLmNvbQ==?=\r\n",
	    "From: =?utf-8?q?mallory?=@example.com\r\n",
	    /* local parts that hold an address */
	    "From: \"mallory@example.com\"@example.net\r\n",
	    "From: \"bob@example.net\"@example.com\r\n",
	    "From: mallory@example.com@example.net\r\n",
	    "From: bob%example.net@example.com\r\n",
	    "From: example.net!bob@example.com\r\n",
	    "From: mallory@example.com:bob@example.net\r\n",
	    /* routes */
	    "From: <@example.com:bob@example.net>\r\n",
	    "From: <@mallory@example.com:bob@example.net>\r\n",
	    "From: <mallory@example.com:bob@example.net>\r\n",
	    "From: <@example.com,@mallory.example.com:bob@example.net>\r\n",
	    /* groups */
	    "From: \"mallory@example.com\": bob@example.net;\r\n",
	    "From: mallory@example.com: bob@example.net;\r\n",
	    "From: mallory@example.com:;\r\n",
	    "From: Friends: bob@example.net, mallory@example.com;\r\n",
	    /* none at all */
	    "Subject: mallory@example.com\r\n",
	    "Sender: mallory@example.com\r\n",
	    "From:\r\n",
	    "From: <>\r\n",
	    "From: Mallory\r\n",
	    "From: mallory\r\n",
	    "From: mallory@\r\n",
	    "From: @example.com\r\n",
	    "From: \"mallory@example.com\"\r\n",
	    "From: (mallory@example.com)\r\n",
	    "From: undisclosed-senders:;\r\n",
	    /* obsolete syntax for Bob */
	    "From: bob . (x) @ example . net\r\n",
	    "From: \"bob\"@example.net\r\n",
	    "From: \"b\\ob\" @EXAMPLE.NET.\r\n",
	    /* nearly her address */
	    "From: mallory@sub.example.com\r\n",
	    "From: mallory@example.com.\xc2\xad"
	    "example.net\r\n",
	    "From: mallory+bob@example.com\r\n",
	    "From: \xd0\xbc"
	    "allory@example.com\r\n",
	    "From: mallory@ex\xd0\xb0mple.com\r\n",
	    "From: mallory@xn--exmple-4nf.com\r\n",
	    "From: mallory@example\xe3\x80\x82"
	    "co\r\n",
	    "From: mallory\x01@example.com\r\n",
	    "From: mal\x7flory@example.com\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		letter_from(fields[i], &site.by_mallory, "mismatch");
	attack_nothing_learned(&site);
}

/* Bob's own signature under somebody else's From: a letter of his that
 * Mallory sends on as if it were to her credit. */
static void
test_bob_as_mallory(void **state)
{
	static const char *const fields[] = {
	    "From: mallory@example.com\r\n",
	    "From: mallory@example.com\r\nSender: bob@example.net\r\n",
	    "From: \"bob@example.net\" <mallory@example.com>\r\n",
	    "From: =?utf-8?q?bob=40example=2Enet?= <mallory@example.com>\r\n",
	    "From: mallory@example.com (bob@example.net)\r\n",
	    "From: bob@example.net, mallory@example.com\r\n",
	    "From: \"bob@example.net\": mallory@example.com;\r\n",
	    "From: bob@example.net\r\nFrom: mallory@example.com\r\n",
	    "From: \"bob@example.net\"@example.com\r\n",
	    "From: bob@example.net@example.com\r\n",
	    "From: bob@example.com\r\n",
	    "From: bob@net\r\n",
	    "From: b0b@example.net\r\n",
	    "From: <@example.net:bob@example.com>\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		letter_from(fields[i], &site.by_bob, "mismatch");
	attack_nothing_learned(&site);
}

/* A group has a name that programs show instead of the mailbox inside. */
static void
test_group_of_one(void **state)
{
	(void)state;
	letter_from("From: \"bob@example.net\": mallory@example.com;\r\n",
	    &site.by_mallory, "mismatch");
	letter_from("From: Bob: mallory@example.com;\r\n", &site.by_mallory,
	    "mismatch");
	attack_nothing_learned(&site);
}

/* Whatever the display name says, a signature counts for the mailbox: here
 * the word is right, and nobody else has anything of it. */
static void
test_names_do_not_count(void **state)
{
	static const char *const fields[] = {
	    "From: \"bob@example.net\" <mallory@example.com>\r\n",
	    "From: =?utf-8?q?bob=40example=2Enet?= <mallory@example.com>\r\n",
	    "From: (bob@example.net) mallory@example.com\r\n",
	    "From: Bob <mallory@example.com>\r\nSender: bob@example.net\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		letter_from(fields[i], &site.by_mallory, "valid");
		gateway_fixture_expect(
		    &site.gateway, "verified from=" MALLORY " ");
		assert_int_equal(attack_learned(&site, BOB), 0);
	}
	assert_int_equal(attack_learned(&site, MALLORY), 1);
}

/* --- names in certificates --- */

/* A SAN of one name: tag 0x81 rfc822Name, 0x82 dNSName, 0x86 URI. */
static struct slice
raw_san(unsigned char tag, const char *name, size_t len)
{
	static unsigned char der[128];

	assert_true(len < 100);
	der[0] = 0x30;
	der[1] = (unsigned char)(len + 2);
	der[2] = tag;
	der[3] = (unsigned char)len;
	memcpy(der + 4, name, len);
	return slice_make(der, len + 4);
}

/* otherName SmtpUTF8Mailbox (RFC 8398). */
static struct slice
utf8_mailbox(const char *name, size_t len)
{
	static const unsigned char oid[] = {
	    0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09};
	static unsigned char der[128];
	const size_t head = sizeof(oid);

	assert_true(len < 80);
	der[0] = 0x30;
	der[1] = (unsigned char)(len + head + 6);
	der[2] = 0xa0;
	der[3] = (unsigned char)(len + head + 4);
	memcpy(der + 4, oid, head);
	der[4 + head] = 0xa0;
	der[5 + head] = (unsigned char)(len + 2);
	der[6 + head] = 0x0c;
	der[7 + head] = (unsigned char)len;
	memcpy(der + 8 + head, name, len);
	return slice_make(der, len + head + 8);
}

static void
certificate_claims(
    const struct fixture_opts *opts, const char *what, const char *word)
{
	struct fixture_cert cert;
	struct buf der, message;

	fixture_leaf(&cert, &site.intermediate, opts);
	assert_non_null(cert.certificate);
	attack_sign(&site, &cert, slice_text(handmade_entity), &der);
	attack_letter(&message, "From: " BOB "\r\n",
	    slice_text(handmade_entity), buf_slice(&der));
	attack_expect(&site, what, buf_slice(&message), word);
	buf_fini(&message);
	buf_fini(&der);
	fixture_fini(&cert);
}

#define RAW(tag, text)                                                         \
	{                                                                      \
		tag, text, sizeof(text) - 1                                    \
	}

/* Certificates that trusted authorities gave to Mallory, for names in which
 * somebody might find Bob. */
static void
test_certificate_names(void **state)
{
	static const struct {
		unsigned char tag;
		const char *name;
		size_t len;
	} names[] = {
	    RAW(0x81, "bob@example.net\0.example.com"),
	    RAW(0x81, "bob@example.net\0"),
	    RAW(0x81, "\0bob@example.net"),
	    RAW(0x81, " bob@example.net"),
	    RAW(0x81, "bob@example.net "),
	    RAW(0x81, "bob@example.net\r\n"),
	    RAW(0x81, "<bob@example.net>"),
	    RAW(0x81, "Bob <bob@example.net>"),
	    RAW(0x81, "bob@example.net (x)"),
	    RAW(0x81, "(x)bob@example.net"),
	    RAW(0x81, "@example.com:bob@example.net"),
	    RAW(0x81, "bob@example.net,x@example.com"),
	    RAW(0x81, "x@example.com,bob@example.net"),
	    RAW(0x81, "bob@example.net@example.com"),
	    RAW(0x81, "mallory@example.com@example.net"),
	    RAW(0x81, "\"bob@example.net\"@example.com"),
	    RAW(0x81, "\"bob\"@example.net"),
	    RAW(0x81, "b\\ob@example.net"),
	    RAW(0x81, "bob@example.net."),
	    RAW(0x81, "bob@.example.net"),
	    RAW(0x81, "bob@EXAMPLE.NET\xc0\x80"),
	    RAW(0x81, "*@example.net"),
	    RAW(0x81, "@example.net"),
	    RAW(0x81, "example.net"),
	    RAW(0x81, ""),
	    RAW(0x82, "bob@example.net"),
	    RAW(0x82, "example.net"),
	    RAW(0x86, "mailto:bob@example.net"),
	    RAW(0x86, "bob@example.net"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		certificate_claims(
		    &(struct fixture_opts){.raw_san = raw_san(names[i].tag,
					       names[i].name, names[i].len)},
		    names[i].name, "mismatch");
	attack_nothing_learned(&site);
}

/* Only where rfc822Name cannot say it (rule H6). */
static void
test_utf8_mailboxes(void **state)
{
	static const char *const names[] = {
	    "bob@example.net", "bob@example.net.", "BOB@example.net",
	    "\xef\xbd\x82ob@example.net", /* full width */
	    "b\320\276b@example.net",	  /* a Cyrillic o */
	    "b\xcc\x88ob@example.net",	  /* a combining mark */
	    "bob@\xef\xbd\x85xample.net", /* full width in the domain */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		certificate_claims(
		    &(struct fixture_opts){
			.raw_san = utf8_mailbox(names[i], strlen(names[i]))},
		    names[i], "mismatch");
	attack_nothing_learned(&site);
}

/* The subject counts only where the SAN has no mailbox, and a name is none. */
static void
test_subjects(void **state)
{
	(void)state;
	certificate_claims(
	    &(struct fixture_opts){.address = MALLORY, .subject_address = BOB},
	    "emailAddress beside a SAN", "mismatch");
	certificate_claims(
	    &(struct fixture_opts){.raw_san = raw_san(0x81, "no mailbox", 10),
		.subject_address = BOB},
	    "emailAddress beside a SAN that is no mailbox", "mismatch");
	certificate_claims(
	    &(struct fixture_opts){.name = BOB, .address = MALLORY},
	    "common name", "mismatch");
	certificate_claims(
	    &(struct fixture_opts){.organisation = BOB, .address = MALLORY},
	    "organisation", "mismatch");
	certificate_claims(&(struct fixture_opts){.name = BOB},
	    "common name without a SAN", "mismatch");
	attack_nothing_learned(&site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mallory_as_bob),
	    cmocka_unit_test(test_bob_as_mallory),
	    cmocka_unit_test(test_group_of_one),
	    cmocka_unit_test(test_certificate_names),
	    cmocka_unit_test(test_utf8_mailboxes),
	    cmocka_unit_test(test_subjects),
	    cmocka_unit_test(test_names_do_not_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
