/*
 * One connection of the mail server: whatever it says in whatever order, each
 * message gets its answer, and what belonged to it is gone afterwards.
 *
 * A real gateway, key process and store.
 */
#include "unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/clock.h"
#include "daemon/session.h"
#include "unit/gateway_fixture.h"

struct site {
	struct gateway_fixture fixture;
	struct fixture_cert alice;
	struct service *service;
	struct session *session;
	struct job_reply reply;
	int released; /* gateways */
};

/* --- what mail servers say --- */

static void
count_release(void *arg)
{
	struct site *t = arg;

	t->released++;
}

static struct gateway *
make_gateway(struct site *t)
{
	const struct gateway_opts opts = {
	    .harvest = true, .release = count_release, .arg = t};
	struct gateway *gateway;
	struct err err;

	if (gateway_new(&t->fixture.config, &opts, &gateway, &err))
		fail_msg("%s", err.text);
	return gateway;
}

static const char *const addresses_of_server[] = {"@example.org"};
static const struct gateway_client server = {
    "Server", "Our CA", addresses_of_server, 1};

static int
setup_site(void **state)
{
	static struct site t;

	gateway_fixture_start(&t.fixture);
	t.fixture.config.clients = &server;
	t.fixture.config.client_count = 1;
	gateway_fixture_user(
	    &t.fixture, "alice@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	fixture_leaf(&t.alice, &t.fixture.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	gateway_fixture_own(&t.fixture, "alice@example.org", &t.alice);
	*state = &t;
	return 0;
}

static int
teardown_site(void **state)
{
	struct site *t = *state;

	fixture_fini(&t->alice);
	gateway_fixture_stop(&t->fixture);
	return 0;
}

static int
setup(void **state)
{
	struct site *t = *state;

	t->released = 0;
	t->service = service_new(make_gateway(t));
	t->session = session_new(t->service);
	gateway_fixture_log_clear(&t->fixture);
	return 0;
}

/* Everything is gone: the last reference to the gateway was the service's. */
static int
teardown(void **state)
{
	struct site *t = *state;

	session_free(t->session);
	(void)service_end(t->service, deadline_in(0));
	assert_true(service_is_idle(t->service));
	service_free(t->service);
	assert_true(t->released >= 1);
	return 0;
}

static void
connect_from(struct site *t, const char *ip)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	assert_int_equal(inet_pton(AF_INET, ip, &address.sin_addr), 1);
	session_client(t->session, (const struct sockaddr *)&address, "MX");
}

static void
say_header(struct site *t)
{
	session_header(t->session, "From", " alice@example.org");
	session_header(t->session, "To", " bob@example.net");
	session_header(t->session, "Subject", " Hello");
}

static enum session_answer
say_content(struct site *t)
{
	enum session_answer answer;

	say_header(t);
	answer = session_end_of_header(t->session, &t->reply);
	if (answer != SESSION_CONTINUE)
		return answer;
	session_body(t->session, "Hello\r\n", 7);
	return session_end_of_message(t->session, &t->reply);
}

static void
say_envelope(struct site *t, const char *sender, const char *login)
{
	session_sender(t->session, sender, NULL, login);
	session_recipient(t->session, "<bob@example.net>", NULL, NULL);
	session_queue_id(t->session, "4Q1");
}

/* A message of alice, who has logged in, must come out signed. */
static void
expect_signed(struct site *t)
{
	const struct edits *edits;

	say_envelope(t, "<alice@example.org>", "alice@example.org");
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	edits = session_edits(t->session);
	assert_non_null(edits);
	assert_true(edits->replace_body);
	session_end_message(t->session);
	assert_null(session_edits(t->session));
	assert_true(gateway_fixture_logged(&t->fixture, "4Q1: signed"));
	gateway_fixture_log_clear(&t->fixture);
}

/* --- good order --- */

static void
test_messages_on_one_connection(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	for (int i = 0; i < 3; i++) {
		expect_signed(t);
		/* a stranger's: the header is enough */
		say_envelope(t, "<alice@example.org>", NULL);
		say_header(t);
		assert_int_equal(session_end_of_header(t->session, &t->reply),
		    SESSION_ACCEPT);
		assert_null(session_edits(t->session));
		assert_true(
		    gateway_fixture_logged(
			&t->fixture, "reason=not-submitted") ||
		    gateway_fixture_logged(&t->fixture, "reason=unsigned"));
	}
}

/* The login of one message is not that of the next. */
static void
test_login_ends_with_its_message(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	expect_signed(t);
	say_envelope(t, "<alice@example.org>", NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_null(session_edits(t->session));
}

/* The certificate is the connection's, and that of the next TLS handshake
 * replaces it. */
static void
test_certificate(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	for (int i = 0; i < 2; i++) {
		session_certificate(t->session, "Server", "Our CA");
		say_envelope(t, "<alice@example.org>", NULL);
		assert_int_equal(say_content(t), SESSION_ACCEPT);
		assert_non_null(session_edits(t->session));
		assert_true(session_edits(t->session)->replace_body);
	}
	session_certificate(t->session, "Server", "Other CA");
	say_envelope(t, "<alice@example.org>", NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_null(session_edits(t->session));
	session_certificate(t->session, "Server", "Our CA");
	session_certificate(t->session, NULL, NULL);
	say_envelope(t, "<alice@example.org>", NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_null(session_edits(t->session));
	/* Another client. */
	session_certificate(t->session, "Server", "Our CA");
	connect_from(t, "192.0.2.1");
	say_envelope(t, "<alice@example.org>", NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_null(session_edits(t->session));
}

static void
test_trusted_network(void **state)
{
	struct site *t = *state;

	connect_from(t, "127.0.0.1");
	say_envelope(t, "<alice@example.org>", NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_true(session_edits(t->session)->replace_body);
}

/* Postfix's non_smtpd milters: no brackets, an empty null sender. */
static void
test_paths_without_brackets(void **state)
{
	struct site *t = *state;

	connect_from(t, "127.0.0.1");
	session_sender(t->session, "alice@example.org", NULL, NULL);
	session_recipient(t->session, "bob@example.net", NULL, NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_true(session_edits(t->session)->replace_body);
	session_sender(t->session, "", NULL, NULL);
	session_recipient(t->session, "bob@example.net", NULL, NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_null(session_edits(t->session));
	assert_true(gateway_fixture_logged(&t->fixture, "reason=null-sender"));
}

static void
test_no_address(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct site *t = *state;

	session_client(t->session, NULL, NULL);
	expect_signed(t);
	say_envelope(t, "<alice@example.org>", NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_null(session_edits(t->session));
	session_client(
	    t->session, (const struct sockaddr *)&local, "SUBMISSION");
	expect_signed(t);
}

/* --- odd order --- */

static void
test_without_sender(void **state)
{
	struct site *t = *state;

	session_end_message(t->session);
	session_recipient(t->session, "<bob@example.net>", NULL, NULL);
	session_queue_id(t->session, "4Q1");
	session_header(t->session, "From", " alice@example.org");
	session_body(t->session, "x\r\n", 3);
	assert_int_equal(
	    session_end_of_message(t->session, &t->reply), SESSION_DEFER);
	assert_string_equal(t->reply.code, "451");
	assert_int_equal(
	    session_end_of_header(t->session, &t->reply), SESSION_DEFER);
	connect_from(t, "192.0.2.1");
	expect_signed(t);
}

/* RSET, or the client's end, after each step. */
static void
test_abort_after_each_step(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	for (int steps = 1; steps <= 6; steps++) {
		session_sender(t->session, "<alice@example.org>", NULL,
		    "alice@example.org");
		if (steps > 1)
			session_recipient(
			    t->session, "<bob@example.net>", NULL, NULL);
		if (steps > 2)
			say_header(t);
		if (steps > 3)
			assert_int_equal(
			    session_end_of_header(t->session, &t->reply),
			    SESSION_CONTINUE);
		if (steps > 4)
			session_body(t->session, "Hello\r\n", 7);
		if (steps > 5)
			assert_int_equal(
			    session_end_of_message(t->session, &t->reply),
			    SESSION_ACCEPT);
		session_end_message(t->session);
		session_end_message(t->session);
		gateway_fixture_log_clear(&t->fixture);
		expect_signed(t);
	}
}

static void
test_sender_begins_anew(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	session_sender(t->session, "<mallory@example.com>", NULL, NULL);
	session_recipient(t->session, "<other@example.net>", NULL, NULL);
	session_header(t->session, "From", " mallory@example.com");
	assert_int_equal(
	    session_end_of_header(t->session, &t->reply), SESSION_ACCEPT);
	gateway_fixture_log_clear(&t->fixture);
	session_sender(t->session, "<mallory@example.com>", NULL, NULL);
	session_header(t->session, "From", " mallory@example.com");
	expect_signed(t);
	/* a new client (QUIT_NC) ends what went on, too */
	session_sender(
	    t->session, "<alice@example.org>", NULL, "alice@example.org");
	connect_from(t, "192.0.2.1");
	assert_int_equal(
	    session_end_of_message(t->session, &t->reply), SESSION_DEFER);
}

/* No end of header: then the end of the message is it. */
static void
test_end_without_end_of_header(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	say_envelope(t, "<alice@example.org>", "alice@example.org");
	say_header(t);
	assert_int_equal(
	    session_end_of_message(t->session, &t->reply), SESSION_ACCEPT);
	assert_true(session_edits(t->session)->replace_body);
}

/* What comes behind the end of the header cannot count any more, and must
 * not be left out. */
static void
test_envelope_and_header_come_late(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	for (int late = 0; late < 3; late++) {
		say_envelope(t, "<alice@example.org>", "alice@example.org");
		say_header(t);
		assert_int_equal(session_end_of_header(t->session, &t->reply),
		    SESSION_CONTINUE);
		if (late == 0)
			session_recipient(
			    t->session, "<eve@example.net>", NULL, NULL);
		else if (late == 1)
			session_header(t->session, "From", " eve@example.net");
		else
			assert_int_equal(
			    session_end_of_header(t->session, &t->reply),
			    SESSION_DEFER);
		session_body(t->session, "Hello\r\n", 7);
		assert_int_equal(session_end_of_message(t->session, &t->reply),
		    SESSION_DEFER);
		assert_null(session_edits(t->session));
		session_end_message(t->session);
		gateway_fixture_log_clear(&t->fixture);
		expect_signed(t);
	}
}

static void
test_queue_id_never_known(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	session_sender(
	    t->session, "<alice@example.org>", NULL, "alice@example.org");
	session_recipient(t->session, "<bob@example.net>", NULL, NULL);
	session_queue_id(t->session, NULL);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_true(gateway_fixture_logged(&t->fixture, "NOQUEUE: signed"));
}

/* --- reload and end --- */

static void
test_message_keeps_its_gateway(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	say_envelope(t, "<alice@example.org>", "alice@example.org");
	service_replace(t->service, make_gateway(t));
	assert_int_equal(t->released, 0);
	assert_int_equal(say_content(t), SESSION_ACCEPT);
	assert_int_equal(t->released, 0);
	session_end_message(t->session);
	assert_int_equal(t->released, 1);
	expect_signed(t);
}

static void
expect_deferral(struct site *t)
{
	assert_string_equal(t->reply.code, "451");
	assert_string_equal(t->reply.extended, "4.3.2");
	assert_true(strlen(t->reply.text) > 10);
	memset(&t->reply, 0, sizeof(t->reply));
}

static void
test_ended_service_defers(void **state)
{
	struct site *t = *state;

	connect_from(t, "192.0.2.1");
	/* begun before, but its content comes later */
	say_envelope(t, "<alice@example.org>", "alice@example.org");
	assert_int_equal(service_end(t->service, deadline_in(0)), 0);
	assert_int_equal(say_content(t), SESSION_DEFER);
	expect_deferral(t);
	/* begun afterwards */
	say_envelope(t, "<alice@example.org>", "alice@example.org");
	assert_int_equal(say_content(t), SESSION_DEFER);
	expect_deferral(t);
	assert_int_equal(t->released, 1);
}

static void *
end_service(void *arg)
{
	static unsigned left;
	struct site *t = arg;

	left = service_end(t->service, deadline_in(60000));
	return &left;
}

static void
test_end_waits_for_content(void **state)
{
	struct site *t = *state;
	struct gateway *gateway;
	pthread_t thread;
	void *left;

	connect_from(t, "192.0.2.1");
	say_envelope(t, "<alice@example.org>", "alice@example.org");
	say_header(t);
	assert_int_equal(
	    session_end_of_header(t->session, &t->reply), SESSION_CONTINUE);
	assert_int_equal(service_end(t->service, deadline_in(10)), 1);
	assert_int_equal(pthread_create(&thread, NULL, end_service, t), 0);
	gateway = service_gateway(t->service);
	assert_null(gateway);
	session_body(t->session, "Hello\r\n", 7);
	assert_int_equal(
	    session_end_of_message(t->session, &t->reply), SESSION_ACCEPT);
	assert_true(session_edits(t->session)->replace_body);
	assert_false(service_is_idle(t->service));
	session_end_message(t->session);
	assert_int_equal(pthread_join(thread, &left), 0);
	assert_int_equal(*(unsigned *)left, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_messages_on_one_connection),
	    TEST(test_login_ends_with_its_message),
	    TEST(test_certificate),
	    TEST(test_trusted_network),
	    TEST(test_paths_without_brackets),
	    TEST(test_no_address),
	    TEST(test_without_sender),
	    TEST(test_abort_after_each_step),
	    TEST(test_sender_begins_anew),
	    TEST(test_end_without_end_of_header),
	    TEST(test_envelope_and_header_come_late),
	    TEST(test_queue_id_never_known),
	    TEST(test_message_keeps_its_gateway),
	    TEST(test_ended_service_defers),
	    TEST(test_end_waits_for_content),
	};

	return cmocka_run_group_tests_name(
	    "session", tests, setup_site, teardown_site);
}
