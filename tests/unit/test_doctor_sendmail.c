/* Lines of sendmail.cf, and what the doctor says to them. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/doctor_sendmail.h"
#include "base/buf.h"
#include "base/limits.h"
#include "unit/doctor_site.h"

#define SOCKET	"S=unix:/run/smime-milter/milter.sock"
#define TIMES	"T=S:30s;R:2m;E:10m"
#define OURS	"Xsmime, " SOCKET ", F=T, " TIMES "\n"
#define LISTED	"O InputMailFilters=smime\n"
#define MX	"O DaemonPortOptions=Name=MX, Port=25\n"
#define USERS	"O DaemonPortOptions=Name=MSA, Port=587, M=Ea"
#define SIGNER	"Xopendkim, S=inet:8891@127.0.0.1\n"
#define COPIES	"O DaemonPortOptions=Name=C, Addr=127.0.0.1, Port=10026"
#define DAEMONS MX USERS "\n" COPIES "\n"
#define REST	LISTED DAEMONS

static const char *const domains[] = {"example.org"};
static const char *const named[] = {"MX"};

static struct doctor_own
make_own(void)
{
	struct doctor_own own =
	    doctor_site("unix:/run/smime-milter/milter.sock");

	own.domains = domains;
	own.domain_count = 1;
	return own;
}

/* word: what alone must be found; NULL: nothing. */
static void
expect(const struct doctor_own *own, const char *word, const char *text)
{
	struct sendmail_config c = {.file = SENDMAIL_FILE};
	struct doctor_server server;
	struct doctor_report r;
	const char *found;

	doctor_report_init(&r);
	sendmail_config_read(&c, slice_text(text), &r);
	sendmail_check(&c, own, &server, &r);
	if (word && r.count == 0)
		fail_msg("%s is not found", word);
	for (size_t i = 0; i < r.count; i++) {
		found = doctor_check_info(r.findings[i].check)->word;
		if (!word || strcmp(found, word) != 0)
			fail_msg("%s found in %s", found, text);
		assert_true(r.findings[i].step_count > 0);
	}
	free(server.listeners);
	sendmail_config_fini(&c);
	doctor_report_fini(&r);
}

static const struct {
	const char *word, *text;
} mistakes[] = {
    {NULL, OURS REST},
    {NULL, "# comment\n\n" OURS "O InputMailFilters =\n\tsmime\n" DAEMONS},
    {"default-action", "Xsmime, " SOCKET ", " TIMES "\n" REST},
    {"default-action-bounces", "Xsmime, " SOCKET ", F=R, " TIMES "\n" REST},
    {"default-action-bounces", "Xsmime, " SOCKET ", F=4, " TIMES "\n" REST},
    {"time-out", "Xsmime, " SOCKET ", F=T\n" REST},
    {"time-out", "Xsmime, " SOCKET ", F=T, T=R:29s\n" REST},
    {NULL, "Xsmime, " SOCKET ", F=T, T=R:30s\n" REST},
    {"time-out", "Xsmime, " SOCKET ", F=T, T=R:2m;E:269s\n" REST},
    {NULL, "Xsmime, " SOCKET ", F=T, T=R:2m;E:270s\n" REST},
    {"milter-unreachable", "Xsmime, S=unix:/run/other, F=T, " TIMES "\n" REST},
    {"milter-missing",
	OURS LISTED MX USERS ", InputMailFilters=\n" COPIES "\n"},
    {"milter-missing",
	OURS "O DaemonPortOptions=Name=MX, Port=25, I=\n" LISTED USERS
	     "\n" COPIES "\n"},
    {"milter-twice", OURS "O InputMailFilters=smime\n" MX USERS
			  ", InputMailFilters=smime;smime\n" COPIES "\n"},
    {"message-size", OURS REST "O MaxMessageSize=39849983\n"},
    {NULL, OURS REST "O MaxMessageSize=39849984\n"},
    {NULL, OURS REST "O MaxMessageSize=0\n"},
    {"addresses-rewritten", OURS REST "DMmx.example.org\n"},
    {NULL, OURS REST "DMexample.org\n"},
    {NULL, OURS REST "DM\n"},
    {"addresses-rewritten", OURS REST "Kgenerics hash /x\n"},
    {NULL, OURS REST "Kgenericstoo hash /x\n"},
    {"socket-group", OURS REST "O RunAsUser=smmta:smmsp\n"},
    {NULL, OURS REST "O RunAsUser=root\n"},
    {"macros", OURS REST "O Milter.macros.connect=j, _\n"},
    {"macros", OURS REST "O Milter.macros.envfrom=i\n"},
    {NULL, OURS REST "O Milter.macros.envfrom=i, {auth_authen}\n"},
    {"copies-missing", OURS LISTED MX USERS "\n"},
    {"copies-missing", OURS LISTED},
    {"copies-open",
	OURS LISTED MX USERS "\nO DaemonPortOptions=Name=C, Port=10026\n"},
    {"copies-first", OURS SIGNER LISTED MX USERS
	"\n" COPIES ", InputMailFilters=opendkim;smime\n"},
    {"copies-first", OURS SIGNER LISTED MX USERS
	"\n" COPIES ", InputMailFilters=opendkim\n"},
    {"copies-signer", OURS SIGNER LISTED MX USERS
	", InputMailFilters=smime;opendkim\n" COPIES "\n"},
    {NULL,
	OURS SIGNER LISTED MX USERS ", InputMailFilters=smime;opendkim\n" COPIES
				    ", InputMailFilters=smime;opendkim\n"},
    {"order-signer",
	OURS SIGNER LISTED MX USERS ", InputMailFilters=opendkim;smime\n" COPIES
				    ", InputMailFilters=smime;opendkim\n"},
    {"order-behind", OURS "Xfooter, S=unix:/x\n" LISTED MX USERS
			  ", InputMailFilters=smime;footer\n" COPIES "\n"},
};

static void
test_mistakes(void **state)
{
	struct doctor_own own = make_own();

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		expect(&own, mistakes[i].word, mistakes[i].text);
}

static void
test_own_side(void **state)
{
	struct doctor_own own = make_own();

	(void)state;
	own.submission_daemons = named;
	own.submission_daemon_count = 1;
	expect(&own, "submission-by-strangers", OURS REST);
	own = make_own();
	doctor_endpoint_milter(slice_text("inet:8892@127.0.0.1"), &own.socket);
	expect(&own, "tcp-socket",
	    "Xsmime, S=inet:8892@127.0.0.1, F=T, " TIMES "\n" REST);
	doctor_endpoint_milter(slice_text("unix:/tmp/x.sock"), &own.socket);
	expect(&own, "socket-folder",
	    "Xsmime, S=unix:/tmp/x.sock, F=T, " TIMES "\n" REST);
}

static void
test_guard(void **state)
{
	struct doctor_own own = make_own();

	(void)state;
	own.guard_file = "/etc/smime-milter/smime-milter-guard.conf";
	doctor_endpoint_milter(
	    slice_text("unix:/run/g.sock"), &own.guard_socket);
	expect(&own, "guard-missing", OURS REST);
	expect(&own, NULL,
	    OURS "Xg, S=unix:/run/g.sock, F=T\n"
		 "O InputMailFilters=smime, g\n" DAEMONS);
	expect(&own, "guard-not-last",
	    OURS "Xg, S=unix:/run/g.sock, F=T\nXgreylist, S=unix:/x\n"
		 "O InputMailFilters=smime, g, greylist\n" DAEMONS);
}

/* --- reading --- */

static void
test_reading(void **state)
{
	static const char text[] = "# O InputMailFilters=no\n"
				   "O InputMailFilters=a,\n   b\n"
				   "Odd line\nO\nX\nD\nO NoValue\n"
				   "Xa, S=unix:/a,\n\tF=T\n"
				   "Xb\n"
				   "O DaemonPortOptions=Port=25, P=26, Addr\n"
				   "O DaemonPortOptions=\n";
	struct sendmail_config c = {.file = "/x"};
	struct doctor_report r;

	(void)state;
	doctor_report_init(&r);
	sendmail_config_read(&c, slice_text(text), &r);
	assert_string_equal(c.input_filters, "a, b");
	assert_int_equal(c.filter_count, 2);
	assert_string_equal(c.filters[0].socket, "unix:/a");
	assert_string_equal(c.filters[0].flags, "T");
	assert_string_equal(c.filters[1].socket, "");
	assert_int_equal(c.daemon_count, 2);
	assert_string_equal(c.daemons[0].port, "26");
	assert_string_equal(c.daemons[1].port, "smtp");
	assert_false(c.built_in_daemon);
	sendmail_config_fini(&c);
	sendmail_config_read(&c, slice_text(""), &r);
	assert_true(c.built_in_daemon);
	assert_int_equal(c.daemon_count, 1);
	sendmail_config_fini(&c);
	doctor_report_fini(&r);
}

static void
test_limits(void **state)
{
	struct sendmail_config c = {.file = "/x"};
	struct doctor_report r;
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	for (unsigned i = 0; i <= LIMIT_DOCTOR_SERVICES; i++)
		buf_addf(
		    &text, "Xf%u, S=/x\nO DaemonPortOptions=Name=d%u\n", i, i);
	/* a line that is too long is none */
	buf_add_text(&text, "O InputMailFilters=");
	for (unsigned i = 0; i <= LIMIT_DOCTOR_VALUE; i++)
		buf_add_char(&text, 'x');
	buf_add_text(&text, "\nO MaxMessageSize=1\n");
	doctor_report_init(&r);
	sendmail_config_read(&c, buf_slice(&text), &r);
	assert_int_equal(c.filter_count, LIMIT_DOCTOR_SERVICES);
	assert_int_equal(c.daemon_count, LIMIT_DOCTOR_SERVICES);
	assert_string_equal(c.input_filters, "");
	assert_string_equal(c.max_size, "1");
	sendmail_config_fini(&c);
	doctor_report_fini(&r);
	buf_fini(&text);
}

/* Whatever stands in the file, nothing breaks. */
static void
test_any_text(void **state)
{
	static const char odd[] = "=,;:@\n\t #OXDK'`";
	static const char good[] =
	    OURS SIGNER REST "DMmx.example.org\nKgenerics hash /x\n";
	struct doctor_own own = make_own();
	struct sendmail_config c = {.file = SENDMAIL_FILE};
	struct doctor_server server;
	struct doctor_report r;
	char text[sizeof(good)];

	(void)state;
	srand(1);
	for (int round = 0; round < 500; round++) {
		memcpy(text, good, sizeof(good));
		for (int i = 0; i < 30; i++)
			text[(size_t)rand() % (sizeof(good) - 1)] =
			    odd[(size_t)rand() % (sizeof(odd) - 1)];
		doctor_report_init(&r);
		sendmail_config_read(&c, slice_text(text), &r);
		sendmail_check(&c, &own, &server, &r);
		free(server.listeners);
		sendmail_config_fini(&c);
		doctor_report_fini(&r);
	}
}

static void
test_timeouts(void **state)
{
	(void)state;
	assert_int_equal(sendmail_timeout("S:30s;R:2m;E:1h", 'S', 1), 30);
	assert_int_equal(sendmail_timeout("S:30s;R:2m;E:1h", 'R', 1), 120);
	assert_int_equal(sendmail_timeout("S:30s;R:2m;E:1h", 'E', 1), 3600);
	assert_int_equal(sendmail_timeout("C:1d", 'C', 1), 86400);
	assert_int_equal(sendmail_timeout("R:7", 'R', 1), 7);
	assert_int_equal(sendmail_timeout("R:", 'R', 9), 9);
	assert_int_equal(sendmail_timeout("R:x", 'R', 9), 9);
	assert_int_equal(sendmail_timeout("R:99999999d", 'R', 9), 9);
	assert_int_equal(sendmail_timeout("", 'R', 9), 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_own_side),
	    cmocka_unit_test(test_guard),
	    cmocka_unit_test(test_reading),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_timeouts),
	    cmocka_unit_test(test_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
