/* What postconf prints, and what the doctor says to it: each weakness made
 * alone in settings that have none. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/doctor_postfix_check.h"
#include "admin/doctor_postfix_listeners.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "unit/doctor_site.h"

#define QUEUE  "/var/spool/postfix"
#define OURS   "unix:/smime-milter/milter.sock"
#define GUARD  "unix:/smime-milter-guard/milter.sock"
#define COPIES "127.0.0.1:10026/inet"
#define CLEAN  "no_unknown_recipient_checks,no_header_body_checks"

static const char parameters[] = "mail_owner = postfix\n"
				 "compatibility_level = 3.6\n"
				 "queue_directory = " QUEUE "\n"
				 "inet_interfaces = all\n"
				 "smtpd_milters = " OURS "\n"
				 "non_smtpd_milters = $smtpd_milters\n"
				 "milter_default_action = tempfail\n"
				 "milter_protocol = 6\n"
				 "milter_connect_timeout = 30s\n"
				 "milter_command_timeout = 30s\n"
				 "milter_content_timeout = 300s\n"
				 "milter_connect_macros = j {daemon_name}\n"
				 "milter_mail_macros = i {auth_authen}\n"
				 "milter_data_macros = i\n"
				 "milter_macro_daemon_name = mx.example.org\n"
				 "milter_macro_v = Postfix 3.7\n"
				 "message_size_limit = 40960000\n"
				 "mailbox_size_limit = 51200000\n"
				 "virtual_mailbox_limit = 51200000\n"
				 "smtp_line_length_limit = 998\n";

static const char fields[] =
    "smtp/inet/service = smtp\nsmtp/inet/type = inet\n"
    "smtp/inet/chroot = y\nsmtp/inet/command = smtpd\n"
    "submission/inet/service = submission\nsubmission/inet/type = inet\n"
    "submission/inet/chroot = y\nsubmission/inet/command = smtpd -o "
    "a=b\n" COPIES "/service = 127.0.0.1:10026\n" COPIES "/type = inet\n" COPIES
    "/chroot = y\n" COPIES "/command = smtpd\n"
    "cleanup/unix/service = cleanup\ncleanup/unix/type = unix\n"
    "cleanup/unix/chroot = y\ncleanup/unix/command = cleanup\n"
    "smtp/unix/service = smtp\nsmtp/unix/type = unix\n"
    "smtp/unix/chroot = y\nsmtp/unix/command = smtp\n"
    "lmtp/unix/service = lmtp\nlmtp/unix/type = unix\n"
    "lmtp/unix/chroot = y\nlmtp/unix/command = lmtp\n";

static const char overrides[] =
    "submission/inet/milter_macro_daemon_name = SUBMISSION\n"
    "submission/inet/smtpd_sasl_auth_enable = yes\n" COPIES
    "/local_header_rewrite_clients =\n" COPIES
    "/receive_override_options = " CLEAN "\n" COPIES
    "/smtpd_relay_restrictions = permit_mynetworks,reject\n";

static const char *const daemons[] = {"SUBMISSION"};

static struct doctor_own
make_own(void)
{
	struct doctor_own own =
	    doctor_site("unix:" QUEUE "/smime-milter/milter.sock");

	own.submission_daemons = daemons;
	own.submission_daemon_count = 1;
	own.socket_group = own.guard_group = "postfix";
	return own;
}

static struct slice
read_no_table(const char *path, void *arg)
{
	(void)path;
	return slice_text(arg ? arg : "");
}

/* The lines of text with one in the place of that of the same name, or at
 * the end; NULL: none. */
static char *
changed(const char *text, const char *line)
{
	size_t name = line ? strcspn(line, "=") : 0, len;
	bool done = !line;
	struct buf out;

	buf_init(&out, MIB);
	for (; *text; text += len) {
		len = strcspn(text, "\n") + 1;
		if (line && strncmp(text, line, name) == 0) {
			buf_addf(&out, "%s\n", line);
			done = true;
		} else {
			buf_add(&out, text, len);
		}
	}
	if (!done)
		buf_addf(&out, "%s\n", line);
	return buf_take_text(&out);
}

struct mistake {
	const char *word;      /* that must be found; NULL: nothing */
	const char *parameter; /* changed lines of the three; NULL: none */
	const char *field;
	const char *override;
};

/* Words of what is found, each with a blank behind it. */
static void
judge_texts(const struct doctor_own *own, char *const texts[3],
    const char *table, struct buf *words)
{
	struct postfix_prints prints = {.parameters = slice_text(texts[0]),
	    .fields = slice_text(texts[1]),
	    .overrides = slice_text(texts[2])};
	char *kept = table ? xstrdup(table) : NULL;
	struct doctor_tables tables = {.read = read_no_table, .arg = kept};
	struct postfix_config c = {.folder = POSTFIX_FOLDER};
	struct doctor_server server;
	struct doctor_report r;

	doctor_report_init(&r);
	postfix_config_read(&c, &prints, &r);
	postfix_check(&c, own, &tables, &server, &r);
	buf_init(words, MIB);
	for (size_t i = 0; i < r.count; i++)
		buf_addf(
		    words, "%s ", doctor_check_info(r.findings[i].check)->word);
	free(server.listeners);
	postfix_config_fini(&c);
	doctor_report_fini(&r);
	free(kept);
}

static void
judge(const struct doctor_own *own, const struct mistake *m, const char *table,
    struct buf *words)
{
	char *texts[3] = {changed(parameters, m->parameter),
	    changed(fields, m->field), changed(overrides, m->override)};

	judge_texts(own, texts, table, words);
	for (size_t i = 0; i < 3; i++)
		free(texts[i]);
}

static void
expect(const struct doctor_own *own, const struct mistake *m, const char *table)
{
	struct buf words;
	const char *at;
	size_t len;

	judge(own, m, table, &words);
	at = buf_text(&words);
	if (!m->word)
		assert_string_equal(at, "");
	else if (!*at)
		fail_msg("%s is not found", m->word);
	for (; m->word && *at; at += len + 1) {
		len = strcspn(at, " ");
		if (len != strlen(m->word) || memcmp(at, m->word, len) != 0)
			fail_msg("%s: found %s", m->word, buf_text(&words));
	}
	buf_fini(&words);
}

static const struct mistake mistakes[] = {
    {NULL, NULL, NULL, NULL},
    {"milter-missing", NULL, NULL, "smtp/inet/smtpd_milters ="},
    {"milter-missing", NULL, NULL, "submission/inet/smtpd_milters ="},
    {"milter-twice", NULL, NULL, "smtp/inet/smtpd_milters = " OURS ", " OURS},
    {NULL, NULL, NULL,
	"smtp/inet/smtpd_milters = { " OURS ", default_action = tempfail }"},
    {"milter-unreachable", NULL, "smtp/inet/chroot = n", NULL},
    {"milter-unreachable", NULL, NULL,
	"smtp/inet/smtpd_milters = unix:" QUEUE "/smime-milter/milter.sock"},
    {NULL, NULL, NULL,
	"smtp/inet/smtpd_milters = unix:smime-milter/milter.sock"},
    {"default-action", "milter_default_action = accept", NULL, NULL},
    {"default-action", NULL, NULL,
	"smtp/inet/milter_default_action = quarantine"},
    {"default-action", NULL, NULL,
	"smtp/inet/smtpd_milters = { " OURS ", default_action=accept }"},
    {"default-action-bounces", "milter_default_action = reject", NULL, NULL},
    {"protocol", "milter_protocol = 3", NULL, NULL},
    {"time-out", "milter_content_timeout = 29s", NULL, NULL},
    {NULL, "milter_content_timeout = 1m", NULL, NULL},
    {"time-out", "milter_command_timeout = 9", NULL, NULL},
    {"time-out", "milter_connect_timeout = 1s", NULL, NULL},
    {"macros", "milter_mail_macros = i", NULL, NULL},
    {"macros", "milter_connect_macros = j", NULL, NULL},
    {"daemon-name", NULL, NULL, "submission/inet/milter_macro_daemon_name = X"},
    {"submission-by-strangers", NULL, NULL,
	"smtp/inet/milter_macro_daemon_name = SUBMISSION"},
    {"sendmail-command", "non_smtpd_milters =", NULL, NULL},
    {"no-milters", NULL, NULL,
	"smtp/inet/receive_override_options = no_milters"},
    {NULL, NULL, NULL,
	"smtp/inet/receive_override_options = no_address_mappings"},
    {"milter-maps", "smtpd_milter_maps = cidr:/x", NULL, NULL},
    {"proxy-filter", NULL, NULL, "smtp/inet/smtpd_proxy_filter = [::1]:9"},
    {"content-filter", "content_filter = scan:x", NULL, NULL},
    {NULL, "smtpd_sasl_auth_enable = yes", NULL, NULL},
    {"addresses-rewritten", "smtp_generic_maps = hash:/x", NULL, NULL},
    {"addresses-rewritten", "lmtp_generic_maps = hash:/x", NULL, NULL},
    {"body-checks", "smtp_body_checks = pcre:/x", NULL, NULL},
    {"later-header-checks", "smtp_header_checks = pcre:/x", NULL, NULL},
    {"later-header-checks", "lmtp_mime_header_checks = pcre:/x", NULL, NULL},
    {"milter-header-checks", "milter_header_checks = pcre:/x", NULL, NULL},
    {"line-length", "smtp_line_length_limit = 989", NULL, NULL},
    {NULL, "smtp_line_length_limit = 990", NULL, NULL},
    {NULL, "smtp_line_length_limit = 0", NULL, NULL},
    {"8bit", "disable_mime_output_conversion = yes", NULL, NULL},
    {NULL, "disable_mime_output_conversion = no", NULL, NULL},
    {"message-size", "message_size_limit = 39849983", NULL, NULL},
    {NULL, "message_size_limit = 39849984", NULL, NULL},
    {NULL, "message_size_limit = 0", NULL, NULL},
    {"copies-missing", NULL, COPIES "/command = pipe", NULL},
    {"copies-open", NULL, COPIES "/service = 10026", NULL},
    {NULL, "inet_interfaces = 127.0.0.1, [::1]", COPIES "/service = 10026",
	NULL},
    {"copies-first", NULL, NULL, COPIES "/smtpd_milters = inet:h:8891"},
    {"copies-first", NULL, NULL, COPIES "/smtpd_milters = inet:h:8891," OURS},
    {"copies-signer", NULL, NULL,
	"submission/inet/smtpd_milters = " OURS ",inet:h:8891"},
    {"copies-scanner", NULL, NULL,
	"smtp/inet/smtpd_milters = " OURS ",inet:h:7357"},
    {"copies-behind", NULL, NULL,
	COPIES "/smtpd_milters = " OURS ",unix:/footer"},
    {"copies-rewritten", NULL, NULL,
	COPIES "/local_header_rewrite_clients = permit_mynetworks"},
    {"copies-rewritten", NULL, NULL,
	COPIES "/receive_override_options = no_address_mappings," CLEAN},
    {"copies-refused", NULL, NULL,
	COPIES "/receive_override_options = no_header_body_checks"},
    {"copies-refused", NULL, NULL,
	COPIES "/smtpd_sender_restrictions = reject_unknown_sender_domain"},
    {"copies-refused", NULL, NULL, COPIES "/smtpd_relay_restrictions = reject"},
    {"copies-tls", "smtpd_tls_security_level = encrypt", NULL, NULL},
    {"copies-tls", NULL, NULL, COPIES "/smtpd_tls_wrappermode = yes"},
};

/* Where there are no copies; with them each of these is two mistakes. */
static const struct mistake neighbours[] = {
    {"order-signer", NULL, NULL,
	"submission/inet/smtpd_milters = inet:h:8891, " OURS},
    {"order-verifier", NULL, NULL,
	"smtp/inet/smtpd_milters = " OURS ", unix:/run/opendkim.sock"},
    {NULL, NULL, NULL,
	"smtp/inet/smtpd_milters = unix:/run/opendkim.sock, " OURS},
    {"order-scanner", NULL, NULL,
	"submission/inet/smtpd_milters = " OURS ",unix:/clamav/x"},
    {NULL, NULL, NULL, "submission/inet/smtpd_milters = unix:/clamav/x," OURS},
    {"order-behind", NULL, NULL,
	"submission/inet/smtpd_milters = " OURS ",unix:/footer"},
    {NULL, NULL, NULL, "submission/inet/smtpd_milters = unix:/footer," OURS},
    {NULL, NULL, NULL, "smtp/inet/smtpd_milters = " OURS ",unix:/opendmarc"},
    {"order-shared", "smtpd_sasl_auth_enable = yes", NULL,
	"smtp/inet/smtpd_milters = " OURS ",inet:h:8891"},
};

static void
test_mistakes(void **state)
{
	struct doctor_own own = make_own();

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		expect(&own, &mistakes[i], NULL);
}

/* Users and groups that every Debian has. */
static void
test_socket_group(void **state)
{
	struct doctor_own own = make_own();
	const struct mistake wrong = {
	    "socket-group", "mail_owner = nobody", NULL, NULL};
	const struct mistake right = {NULL, "mail_owner = nobody", NULL, NULL};

	(void)state;
	own.socket_group = "daemon";
	expect(&own, &wrong, NULL);
	own.socket_mode = 0666;
	expect(&own, &right, NULL);
	own.socket_mode = 0660;
	own.socket_group = "nogroup";
	expect(&own, &right, NULL);
	own.socket_group = "";
	own.user = "daemon";
	expect(&own, &wrong, NULL);
	own.user = "nobody";
	expect(&own, &right, NULL);
	own.user = "no-such-user";
	expect(&own, &wrong, NULL);
	own.socket_group = "no-such-group";
	expect(&own, &right, NULL);
}

static void
test_neighbours(void **state)
{
	struct doctor_own own = make_own();

	(void)state;
	own.copies.kind = ENDPOINT_NONE;
	for (size_t i = 0; i < sizeof(neighbours) / sizeof(*neighbours); i++)
		expect(&own, &neighbours[i], NULL);
}

static void
test_own_side(void **state)
{
	struct doctor_own own = make_own();

	(void)state;
	own.client_certificates = true;
	expect(&own,
	    &(struct mistake){
		"client-certificates", "milter_macro_v = x", NULL, NULL},
	    NULL);
	expect(&own, &(struct mistake){NULL, NULL, NULL, NULL}, NULL);
	doctor_endpoint_milter(slice_text("inet:8892@127.0.0.1"), &own.socket);
	expect(&own,
	    &(struct mistake){"tcp-socket",
		"smtpd_milters = inet:127.0.0.1:8892", NULL, NULL},
	    NULL);
}

static void
test_guard(void **state)
{
	struct doctor_own own = make_own();

	(void)state;
	own.guard_file = "/etc/smime-milter/smime-milter-guard.conf";
	doctor_endpoint_milter(
	    slice_text("unix:" QUEUE "/smime-milter-guard/milter.sock"),
	    &own.guard_socket);
	expect(
	    &own, &(struct mistake){"guard-missing", NULL, NULL, NULL}, NULL);
	expect(&own,
	    &(struct mistake){
		NULL, "smtpd_milters = " OURS "," GUARD, NULL, NULL},
	    NULL);
	expect(&own,
	    &(struct mistake){"guard-not-last",
		"smtpd_milters = " OURS "," GUARD "," GUARD "x", NULL, NULL},
	    NULL);
}

static void
test_tables(void **state)
{
	static const struct mistake hit = {
	    "fields-dropped", "header_checks = regexp:/x", NULL, NULL};
	static const struct mistake miss = {
	    NULL, "header_checks = regexp:/x", NULL, NULL};
	struct doctor_own own = make_own();

	(void)state;
	expect(&own, &hit, "/^X-SMIME-Status/ IGNORE\n");
	expect(&own, &miss, "/^X-SMIME-Status/ WARN\n");
	expect(&own, &miss, "/^X-Spam/ IGNORE\n");
}

/* What is pasted into a shell means nothing else there, whatever is in it. */
static void
test_quotes(void **state)
{
	char *texts[3] = {changed(parameters, NULL),
	    changed(fields, COPIES "/command = pipe"),
	    changed(overrides, "submission/inet/smtpd_milters = " OURS
			       ",unix:/opendkim';$$(x)")};
	struct postfix_prints prints = {.parameters = slice_text(texts[0]),
	    .fields = slice_text(texts[1]),
	    .overrides = slice_text(texts[2])};
	struct doctor_tables tables = {.read = read_no_table};
	struct postfix_config c = {.folder = "/etc/post fix"};
	struct doctor_own own = make_own();
	struct doctor_server server;
	struct doctor_report r;
	const char *text;

	(void)state;
	doctor_report_init(&r);
	postfix_config_read(&c, &prints, &r);
	postfix_check(&c, &own, &tables, &server, &r);
	assert_int_equal(r.count, 1);
	text = r.findings[0].steps[0].text;
	assert_non_null(strstr(text, "postconf -c '/etc/post fix' -M '127."));
	assert_non_null(strstr(text, OURS ",unix:/opendkim'\\'';$(x) -o "));
	free(server.listeners);
	postfix_config_fini(&c);
	doctor_report_fini(&r);
	for (size_t i = 0; i < 3; i++)
		free(texts[i]);
}

/* Which mail comes in where. */
static void
test_roles(void **state)
{
	static const char services[] =
	    "smtp/inet/service = smtp\nsmtp/inet/type = inet\n"
	    "smtp/inet/command = postscreen\n"
	    "smtpd/pass/service = smtpd\nsmtpd/pass/type = pass\n"
	    "smtpd/pass/command = smtpd\n"
	    "465/inet/service = 465\n465/inet/command = smtpd\n"
	    "2525/inet/service = 2525\n2525/inet/command = smtpd\n"
	    "127.0.0.1:10025/inet/service = 127.0.0.1:10025\n"
	    "127.0.0.1:10025/inet/command = smtpd\n"
	    "[::1]:10026/inet/service = [::1]:10026\n"
	    "[::1]:10026/inet/command = smtpd\n";
	static const enum doctor_role roles[] = {ROLE_STRANGERS,
	    ROLE_SUBMISSION, ROLE_STRANGERS, ROLE_OTHER, ROLE_COPIES,
	    ROLE_COMMAND};
	struct postfix_prints prints = {.parameters = slice_text(parameters),
	    .fields = slice_text(services)};
	struct postfix_config c = {.folder = "/x"};
	struct doctor_own own = make_own();
	struct doctor_server server;
	struct doctor_report r;

	(void)state;
	doctor_report_init(&r);
	postfix_config_read(&c, &prints, &r);
	postfix_listeners(&c, &own, &server, &r);
	assert_int_equal(server.count, sizeof(roles) / sizeof(*roles));
	for (size_t i = 0; i < server.count; i++)
		assert_int_equal(server.listeners[i].role, roles[i]);
	free(server.listeners);
	postfix_config_fini(&c);
	doctor_report_fini(&r);
}

/* Whatever stands in the prints, something is said, and nothing breaks. */
static void
test_any_text(void **state)
{
	static const char odd[] = "${}()$/=\n, ?:'\"\0{x";
	struct doctor_own own = make_own();
	char *texts[3];
	struct buf words;

	(void)state;
	srand(1);
	for (int round = 0; round < 500; round++) {
		texts[0] = xstrdup(parameters);
		texts[1] = xstrdup(fields);
		texts[2] = xstrdup(overrides);
		for (int i = 0; i < 60; i++) {
			char *text = texts[i % 3];

			text[(size_t)rand() % strlen(text)] =
			    odd[(size_t)rand() % (sizeof(odd) - 2)];
			if (*text == '\0')
				*text = ' ';
		}
		judge_texts(&own, texts, "/x/ REJECT", &words);
		buf_fini(&words);
		for (int i = 0; i < 3; i++)
			free(texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_socket_group),
	    cmocka_unit_test(test_neighbours),
	    cmocka_unit_test(test_own_side),
	    cmocka_unit_test(test_guard),
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_quotes),
	    cmocka_unit_test(test_roles),
	    cmocka_unit_test(test_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
