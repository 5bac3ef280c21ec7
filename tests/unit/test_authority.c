/*
 * Who may write as whom (A4): through a real gateway, with what the
 * configuration and the store say.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "gateway/authority.h"
#include "unit/gateway_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert alice, info;

static const char *const of_alice[] = {"info@example.org", "@sub.example.org"};
static const char *const of_robot[] = {"info@example.org"};
static const char *const of_server[] = {"@example.org"};
static const struct gateway_login logins[] = {
    {"alice", of_alice, 2},
    {"robot@example.com", of_robot, 1},
};
/* The same name from two authorities; one that would be an address. */
static const struct gateway_client clients[] = {
    {"Server", "Our CA", of_server, 1},
    {"Server", "Their CA", of_robot, 1},
    {"alice@example.org", "", of_robot, 1},
};

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(&info, &f.our_ca,
	    &(struct fixture_opts){.address = "info@example.org"});
	gateway_fixture_user(
	    &f, "alice@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "alice@example.org", &alice);
	gateway_fixture_user(
	    &f, "info@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "info@example.org", &info);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&info);
	fixture_fini(&alice);
	return 0;
}

/* Every entry of the lists above, and no limit. */
static int
before_each(void **state)
{
	(void)state;
	f.config.logins = logins;
	f.config.login_count = 2;
	f.config.clients = clients;
	f.config.client_count = 3;
	f.config.rate_limit = 0;
	gateway_fixture_log_clear(&f);
	return 0;
}

/* --- who --- */

struct who {
	struct job_client client;
	const char *address;
	enum submitter submitter;
	const char *login;
};

static void
check_who(const struct who *who)
{
	struct policy_facts facts = {.submitter = SUBMITTER_NONE};
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct job_client client = who->client;
	char *login = NULL;

	if (who->address) {
		inet_pton(AF_INET, who->address, &address.sin_addr);
		client.address = (const struct sockaddr *)&address;
	}
	authority_submitter(&f.config, &client, &login, &facts);
	assert_int_equal(facts.submitter, who->submitter);
	if (who->login)
		assert_string_equal(facts.login, who->login);
	else
		assert_null(facts.login);
	free(login);
}

static void
test_submitter(void **state)
{
	static const char *const daemons[] = {"SUBMISSION"};
	static const struct who rows[] = {
	    {{0}, "203.0.113.1", SUBMITTER_NONE, NULL},
	    {{0}, NULL, SUBMITTER_NONE, NULL},
	    {{0}, "192.0.2.77", SUBMITTER_NETWORK, NULL},
	    {{.daemon_name = "SUBMISSION"}, NULL, SUBMITTER_DAEMON, NULL},
	    {{.login = "Alice"}, NULL, SUBMITTER_LOGIN, "alice"},
	    {{.login = ""}, NULL, SUBMITTER_NONE, NULL},
	    {{.certificate = "Server", .issuer = "Our CA"}, NULL,
		SUBMITTER_CERTIFICATE, "Server"},
	    {{.certificate = "Server", .issuer = "Other CA"}, NULL,
		SUBMITTER_NONE, NULL},
	    {{.certificate = "Server"}, NULL, SUBMITTER_NONE, NULL},
	    {{.certificate = "server", .issuer = "Our CA"}, NULL,
		SUBMITTER_NONE, NULL},
	    {{.certificate = "alice@example.org"}, NULL, SUBMITTER_CERTIFICATE,
		"alice@example.org"},
	    {{.issuer = "Our CA"}, NULL, SUBMITTER_NONE, NULL},
	    /* One that is not listed takes nothing away. */
	    {{.certificate = "Other", .issuer = "Our CA"}, "192.0.2.77",
		SUBMITTER_NETWORK, NULL},
	    /* Who has a name is held to it. */
	    {{.certificate = "Server", .issuer = "Our CA"}, "192.0.2.77",
		SUBMITTER_CERTIFICATE, "Server"},
	    {{.login = "bob",
		 .certificate = "Server",
		 .issuer = "Our CA",
		 .daemon_name = "SUBMISSION"},
		"192.0.2.77", SUBMITTER_LOGIN, "bob"},
	};
	struct network_list before = f.config.trusted_networks;
	struct err err;

	(void)state;
	network_list_init(&f.config.trusted_networks);
	assert_int_equal(
	    network_list_add(&f.config.trusted_networks, "192.0.2.0/24", &err),
	    0);
	f.config.submission_daemons = daemons;
	f.config.submission_daemon_count = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_who(&rows[i]);
	f.config.submission_daemon_count = 0;
	network_list_fini(&f.config.trusted_networks);
	f.config.trusted_networks = before;
}

/* --- as whom, through a gateway --- */

/* What the log says about a mail with this From. */
static void
check_mail(struct fixture_mail mail, const char *from, const char *logged)
{
	struct fixture_result r;
	char header[128];

	snprintf(
	    header, sizeof(header), "From: %s\nTo: bob@example.net\n", from);
	mail.header = header;
	mail.body = slice_text("x\r\n");
	gateway_fixture_log_clear(&f);
	gateway_fixture_send(&f, &mail, &r);
	gateway_fixture_expect(&f, logged);
	fixture_result_fini(&r);
}

#define INFO	 "info@example.org"
#define ME	 "alice@example.org"
#define MISMATCH "reason=login-mismatch encrypt-reason=encryption-off login="

static void
test_login_of_the_file(void **state)
{
	const struct fixture_mail by_alice = {.login = "ALICE"};
	const struct fixture_mail by_address = {.login = ME};
	const struct fixture_mail by_robot = {.login = "robot@example.com"};

	(void)state;
	gateway_fixture_open(&f);
	check_mail(by_alice, ME, "signed from=alice@example.org");
	check_mail(by_alice, INFO, "signed from=info@example.org");
	/* The list is about the login "alice", not about the address. */
	check_mail(by_address, INFO, MISMATCH "alice@");
	check_mail(by_robot, INFO, "signed from=info@example.org");
	check_mail(by_robot, ME, MISMATCH "robot@");
	/* What it may write as must be ours all the same. */
	check_mail(by_alice, "x@sub.example.org", "reason=foreign-from");
}

static void
test_login_of_the_store(void **state)
{
	const struct fixture_mail by_carol = {.login = "carol"};
	struct store *store;
	struct err err;

	(void)state;
	gateway_fixture_open(&f);
	check_mail(by_carol, INFO, MISMATCH "carol");
	store = gateway_fixture_store(&f);
	assert_int_equal(store_login_add(store, "carol", INFO, 1, &err), 0);
	check_mail(by_carol, INFO, "signed from=info@example.org");
	check_mail(by_carol, ME, MISMATCH "carol");
	assert_int_equal(
	    store_login_add(store, "carol", "@example.org", 1, &err), 0);
	check_mail(by_carol, ME, "signed from=alice@example.org");
	assert_int_equal(store_login_remove(store, "carol", NULL, &err), 0);
	check_mail(by_carol, INFO, MISMATCH "carol");
	store_close(store);
}

static void
test_certificate(void **state)
{
	const struct fixture_mail ours = {
	    .certificate = "Server", .issuer = "Our CA"};
	const struct fixture_mail theirs = {
	    .certificate = "Server", .issuer = "Their CA"};
	const struct fixture_mail others = {
	    .certificate = "Server", .issuer = "Other CA"};
	const struct fixture_mail address = {.certificate = ME};

	(void)state;
	gateway_fixture_open(&f);
	check_mail(ours, ME, "signed from=alice@example.org");
	check_mail(theirs, INFO, "signed from=info@example.org");
	check_mail(theirs, ME, MISMATCH "Server");
	check_mail(others, ME, "reason=not-submitted");
	/* Its name is no login: it may write as what is listed only. */
	check_mail(address, ME, MISMATCH "alice@");
	check_mail(address, INFO, "signed from=info@example.org");
}

/* The store knows logins; what a certificate is called is none. */
static void
test_certificate_is_no_login(void **state)
{
	const struct fixture_mail named = {.certificate = ME};
	struct store *store;
	struct err err;

	(void)state;
	gateway_fixture_open(&f);
	store = gateway_fixture_store(&f);
	assert_int_equal(store_login_add(store, ME, ME, 1, &err), 0);
	check_mail(named, ME, "reason=login-mismatch");
	assert_int_equal(store_login_remove(store, ME, NULL, &err), 0);
	store_close(store);
}

/* --- how much --- */

static void
test_rate(void **state)
{
	const struct fixture_mail by_alice = {.login = "alice"};
	const struct fixture_mail by_robot = {.login = "robot@example.com"};
	const struct fixture_mail list = {.login = "alice",
	    .header = "From: alice@example.org\nList-Id: <x>\n",
	    .body = slice_text("x\r\n")};
	struct fixture_result r;

	(void)state;
	f.config.rate_limit = 2;
	gateway_fixture_open(&f);
	/* What passes as it is does not count. */
	for (int i = 0; i < 5; i++) {
		gateway_fixture_send(&f, &list, &r);
		assert_int_equal(r.outcome, JOB_ACCEPT);
		fixture_result_fini(&r);
	}
	/* Whom he writes as makes no difference. */
	check_mail(by_alice, ME, "signed from=alice@example.org");
	check_mail(by_alice, INFO, "signed from=info@example.org");
	check_mail(by_alice, ME,
	    "deferred from=alice@example.org nrcpt=1 reason=rate-limit");
	check_mail(by_robot, INFO, "signed from=info@example.org");
	gateway_fixture_send(&f, &list, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	fixture_result_fini(&r);
}

static void
test_rate_reply(void **state)
{
	const struct fixture_mail mail = {.login = "alice",
	    .header = "From: alice@example.org\nTo: bob@example.net\n",
	    .body = slice_text("x\r\n")};
	struct fixture_result r;

	(void)state;
	f.config.rate_limit = 1;
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.changed);
	fixture_result_fini(&r);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_DEFER);
	assert_false(r.changed);
	assert_string_equal(r.reply.code, "451");
	assert_string_equal(r.reply.extended, "4.7.55");
	assert_non_null(strstr(r.reply.text, ME));
	fixture_result_fini(&r);
}

static void
check_identity(struct policy_facts facts, const char *same_as, bool same)
{
	const struct policy_facts login = {
	    .submitter = SUBMITTER_LOGIN, .login = same_as};
	char *a = authority_identity(&facts), *b = authority_identity(&login);

	assert_int_equal(strcmp(a, b) == 0, same);
	free(a);
	free(b);
}

static void
test_identity(void **state)
{
	(void)state;
	check_identity(
	    (struct policy_facts){
		.submitter = SUBMITTER_LOGIN, .login = "alice", .from = INFO},
	    "alice", true);
	check_identity(
	    (struct policy_facts){.submitter = SUBMITTER_NETWORK, .from = ME},
	    ME, false);
	check_identity((struct policy_facts){.submitter = SUBMITTER_CERTIFICATE,
			   .login = "alice"},
	    "alice", false);
	check_identity(
	    (struct policy_facts){.submitter = SUBMITTER_LOGIN, .login = "bob"},
	    "alice", false);
	/* Neither From nor sender: all of those together. */
	check_identity(
	    (struct policy_facts){.submitter = SUBMITTER_LOGIN}, "", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_submitter, before_each),
	    cmocka_unit_test_setup(test_login_of_the_file, before_each),
	    cmocka_unit_test_setup(test_login_of_the_store, before_each),
	    cmocka_unit_test_setup(test_certificate, before_each),
	    cmocka_unit_test_setup(test_certificate_is_no_login, before_each),
	    cmocka_unit_test_setup(test_rate, before_each),
	    cmocka_unit_test_setup(test_rate_reply, before_each),
	    cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests_name(
	    "authority", tests, set_up, tear_down);
}
