/*
 * Good configurations are read as they are meant; what is wrong in bad ones
 * is told with file, line, option and what was expected, all at once.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/limits.h"
#include "base/setting.h"
#include "policy/rules.h"
#include "settings/option.h"
#include "settings/settings.h"
#include "unit/settings_place.h"

/* --- good ones --- */

static void
test_defaults(void **state)
{
	const struct setting_level nothing = {.sign = SWITCH_INHERIT};
	const struct recipient_level nothing_for_recipients = {
	    .encrypt = RECEIVE_INHERIT};
	struct settings *s = place_load(*state, "");

	assert_string_equal(s->file, ((struct place *)*state)->file);
	assert_string_equal(
	    s->socket.spec, "unix:" RUNSTATEDIR "/smime-milter/milter.sock");
	assert_string_equal(
	    s->socket.path, RUNSTATEDIR "/smime-milter/milter.sock");
	assert_int_equal(s->socket_mode, 0660);
	assert_string_equal(s->socket_group, "");
	assert_string_equal(s->user, "smime-milter");
	assert_string_equal(s->pid_file, "");
	assert_int_equal(s->log.target, LOG_TARGET_SYSLOG);
	assert_null(s->log.file);
	assert_int_equal(s->log.level, LOG_LEVEL_INFO);
	assert_string_equal(s->local_ca, LOCALSTATEDIR "/lib/smime-milter-ca");
	assert_string_equal(
	    s->gateway.keyd, RUNSTATEDIR "/smime-keyd/keyd.sock");
	assert_int_equal(s->gateway.keyd_connections, 16);
	assert_int_equal(s->gateway.keyd_timeout_ms, 10000);
	assert_string_equal(s->gateway.store,
	    "sqlite:" LOCALSTATEDIR "/lib/smime-milter/store.db");
	assert_string_equal(
	    s->gateway.trust.ca_bundle, "/etc/ssl/certs/ca-certificates.crt");
	assert_int_equal(s->gateway.trust.extra_count, 0);
	assert_string_equal(s->gateway.authserv_id, "");
	assert_int_equal(s->gateway.mark, MARK_SMIME);
	assert_int_equal(s->gateway.remove_results, REMOVE_SMIME);
	assert_string_equal(s->gateway.tags.signed_, "");
	assert_string_equal(s->gateway.tags.encrypted, "");
	assert_string_equal(s->gateway.tags.problem, "");
	assert_int_equal(s->gateway.trusted_networks.count, 0);
	assert_int_equal(s->gateway.submission_daemon_count, 0);
	assert_int_equal(s->gateway.on_error, GATEWAY_TEMPFAIL);
	assert_int_equal(s->gateway.domain_count, 0);
	assert_int_equal(s->gateway.recipient_domain_count, 0);
	assert_int_equal(s->gateway.recipient_count, 0);
	assert_int_equal(s->gateway.escrow_count, 0);
	assert_int_equal(s->gateway.trigger_count, 0);
	assert_int_equal(s->gateway.login_count, 0);
	assert_int_equal(s->gateway.client_count, 0);
	assert_int_equal(s->gateway.rate_limit, 0);
	assert_string_equal(s->gateway.relay.reinject, "");
	assert_int_equal(s->gateway.relay.connections, 20);
	assert_int_equal(s->gateway.relay.connect_ms, 10000);
	assert_int_equal(s->gateway.answer_ms, LIMIT_ANSWER_TIME);
	assert_int_equal(s->gateway.relay.answer_ms, LIMIT_RELAY_ANSWER);
	assert_memory_equal(&s->gateway.defaults, &nothing, sizeof(nothing));
	assert_memory_equal(&s->gateway.recipient_defaults,
	    &nothing_for_recipients, sizeof(nothing_for_recipients));
	assert_null(s->gateway.escrow);
	assert_int_equal(s->gateway.role, ROLE_SIGNER);
	assert_null(s->gateway.disclaimer);
	assert_int_equal(s->gateway.disclaimer_count, 0);
	assert_string_equal(s->gateway.seal.key, "");
	assert_false(s->gateway.seal.marker);
	assert_int_equal(s->gateway.guard.action, GUARD_HOLD);
	assert_int_equal(s->gateway.guard.unsealed_action, GUARD_LOG);
	assert_string_equal(s->gateway.guard.report_to, "");
	assert_int_equal(s->gateway.spool.memory, 1024 * 1024);
	assert_int_equal(s->gateway.spool.max, 150 * 1024 * 1024);
	assert_string_equal(s->gateway.spool.folder, "/var/tmp");
	settings_unref(&s);
	assert_null(s);
}

/* A group as it would stand in the file when every option of it were set to
 * its default. */
static void
write_group(const char *group, char *out, size_t size)
{
	size_t len = strlen(group);

	snprintf(out, size, "%s = {", group);
	for (size_t i = 0; i < option_table_size; i++) {
		const struct option *o = &option_table[i];

		if (strncmp(o->name, group, len) == 0 && o->name[len] == '.')
			snprintf(out + strlen(out), size - strlen(out),
			    " %s = %s;", o->name + len + 1, o->fallback);
	}
	snprintf(out + strlen(out), size - strlen(out), " };\n");
}

/* What the manual gives as default of a policy option is what is built in. */
static void
test_defaults_of_policy(void **state)
{
	char text[4096] = "";
	struct settings *s;

	write_group("defaults", text, sizeof(text));
	write_group("recipient_defaults", text + strlen(text),
	    sizeof(text) - strlen(text));
	s = place_load(*state, text);
	assert_memory_equal(&s->gateway.defaults, &policy_builtin,
	    sizeof(struct setting_level));
	assert_memory_equal(&s->gateway.recipient_defaults,
	    &policy_recipient_builtin, sizeof(struct recipient_level));
	assert_non_null(s->gateway.escrow);
	assert_int_equal(s->gateway.escrow_count, 0);
	settings_unref(&s);
}

static void
test_values(void **state)
{
	struct settings *s = place_load(*state,
	    "socket = \"inet:8891@127.0.0.1\"; socket_mode = 0600;\n"
	    "keyd_connections = 256; keyd_timeout = \"100ms\";\n"
	    "limits = { spool_memory = \"64K\"; max_message = \"2G\"; };\n"
	    "log = { target = \"/var/log/x\"; level = \"debug\"; };\n"
	    "trust = { ca_bundle = \"\"; extra = ( \"/a\", \"/b\" ); };\n"
	    "outbound = { trusted_networks = [ \"127.0.0.0/8\", \"::1\" ];\n"
	    "  submission_daemons = [ \"SUBMISSION\" ]; };\n"
	    "defaults = { sign = false; decrypt = false; encrypt = "
	    "\"required\";\n"
	    "  on_error = \"pass\"; exempt = [ \"list\", \"dsn\" ];\n"
	    "  own_cert_problem = \"defer\";\n"
	    "  signature_algorithm = \"rsa-pss\"; };\n"
	    "domains = ( { name = \"EXAMPLE.Org.\"; sign = true; decrypt = "
	    "true;\n"
	    "    own_cert_problem = \"unsigned\";\n"
	    "    signature_algorithm = \"ed25519\"; },\n"
	    "  { name = \"example.com\"; exempt = [ ]; encrypt = "
	    "\"if-possible\"; } );\n");

	assert_string_equal(s->socket.spec, "inet:8891@127.0.0.1");
	assert_null(s->socket.path);
	assert_int_equal(s->socket_mode, 0600);
	assert_int_equal(s->gateway.keyd_connections, 256);
	assert_int_equal(s->gateway.keyd_timeout_ms, 100);
	assert_int_equal(s->gateway.spool.memory, 64 * 1024);
	assert_int_equal(s->gateway.spool.max, 2048ul * 1024 * 1024);
	assert_int_equal(s->log.target, LOG_TARGET_FILE);
	assert_string_equal(s->log.file, "/var/log/x");
	assert_int_equal(s->log.level, LOG_LEVEL_DEBUG);
	assert_string_equal(s->gateway.trust.ca_bundle, "");
	assert_int_equal(s->gateway.trust.extra_count, 2);
	assert_string_equal(s->gateway.trust.extra[1], "/b");
	assert_int_equal(s->gateway.trusted_networks.count, 2);
	assert_int_equal(s->gateway.submission_daemon_count, 1);
	assert_string_equal(s->gateway.submission_daemons[0], "SUBMISSION");
	assert_int_equal(s->gateway.defaults.sign, SWITCH_OFF);
	assert_int_equal(s->gateway.defaults.decrypt, SWITCH_OFF);
	assert_int_equal(s->gateway.defaults.encrypt, ENCRYPT_REQUIRED);
	assert_int_equal(s->gateway.defaults.exempt,
	    EXEMPTION_BIT(EXEMPT_LIST) | EXEMPTION_BIT(EXEMPT_DSN) |
		EXEMPT_ALWAYS);
	assert_int_equal(s->gateway.defaults.own_problem, OWN_PROBLEM_DEFER);
	assert_int_equal(s->gateway.defaults.algorithm, ALGORITHM_RSA_PSS);
	assert_int_equal(s->gateway.on_error, GATEWAY_PASS);
	assert_int_equal(s->gateway.domain_count, 2);
	assert_string_equal(s->gateway.domains[0].name, "example.org");
	assert_int_equal(s->gateway.domains[0].level.sign, SWITCH_ON);
	assert_int_equal(s->gateway.domains[0].level.decrypt, SWITCH_ON);
	assert_int_equal(s->gateway.domains[1].level.decrypt, SWITCH_INHERIT);
	assert_int_equal(s->gateway.domains[0].level.encrypt, ENCRYPT_INHERIT);
	assert_int_equal(s->gateway.domains[0].level.exempt, EXEMPT_INHERIT);
	assert_int_equal(s->gateway.domains[1].level.exempt, EXEMPT_ALWAYS);
	assert_int_equal(
	    s->gateway.domains[0].level.own_problem, OWN_PROBLEM_UNSIGNED);
	assert_int_equal(
	    s->gateway.domains[1].level.own_problem, OWN_PROBLEM_INHERIT);
	assert_int_equal(
	    s->gateway.domains[0].level.algorithm, ALGORITHM_ED25519);
	assert_int_equal(
	    s->gateway.domains[1].level.algorithm, ALGORITHM_INHERIT);
	assert_string_equal(s->gateway.domains[1].name, "example.com");
	assert_int_equal(s->gateway.domains[1].level.sign, SWITCH_INHERIT);
	assert_int_equal(
	    s->gateway.domains[1].level.encrypt, ENCRYPT_IF_POSSIBLE);
	settings_unref(&s);
}

static void
test_recipient_domains(void **state)
{
	struct settings *s = place_load(*state,
	    "recipient_domains = ( { signature = \"opaque\";\n"
	    "    name = \"EXAMPLE.Net\"; }, { name = \"example.info\"; },\n"
	    "  { name = \"example.edu\"; signature = \"detached\"; } );\n");
	const struct gateway_recipient *to = s->gateway.recipient_domains;

	assert_int_equal(s->gateway.recipient_domain_count, 3);
	assert_string_equal(to[0].name, "example.net");
	assert_int_equal(to[0].level.form, FORM_OPAQUE);
	assert_string_equal(to[1].name, "example.info");
	assert_int_equal(to[1].level.form, FORM_INHERIT);
	assert_int_equal(to[2].level.form, FORM_DETACHED);
	assert_int_equal(s->gateway.domain_count, 0);
	settings_unref(&s);
}

static void
test_modes(void **state)
{
	static const char *const texts[] = {"socket_mode = 0640;",
	    "socket_mode = \"0640\";", "socket_mode = \"640\";"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct settings *s = place_load(*state, texts[i]);

		assert_int_equal(s->socket_mode, 0640);
		settings_unref(&s);
	}
}

/* sun_path has room for 107 bytes and a NUL; one more is a bad one below. */
static void
test_longest_socket(void **state)
{
	char text[256], path[108];
	struct settings *s;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[107] = '\0';
	snprintf(text, sizeof(text), "socket = \"unix:%s\";", path);
	s = place_load(*state, text);
	assert_string_equal(s->socket.path, path);
	settings_unref(&s);
}

static void
check_sender_word(
    const struct place *p, const struct setting *setting, const char *word)
{
	char text[512], got[SETTING_TEXT];
	struct settings *s;

	snprintf(text, sizeof(text),
	    "defaults = { %s = \"%s\"; };\n"
	    "domains = ( { name = \"example.org\"; %s = \"%s\"; },\n"
	    "  { name = \"example.com\"; } );\n",
	    setting->name, word, setting->name, word);
	s = place_load(p, text);
	setting_text(setting, &s->gateway.defaults, got);
	assert_string_equal(got, word);
	setting_text(setting, &s->gateway.domains[0].level, got);
	assert_string_equal(got, word);
	assert_true(
	    setting_is_inherited(setting, &s->gateway.domains[1].level));
	settings_unref(&s);
}

static void
check_recipient_word(
    const struct place *p, const struct setting *setting, const char *word)
{
	char text[512], got[SETTING_TEXT];
	struct settings *s;

	snprintf(text, sizeof(text),
	    "recipient_defaults = { %s = \"%s\"; };\n"
	    "recipient_domains = ( { name = \"example.net\"; %s = \"%s\"; },\n"
	    "  { name = \"example.com\"; } );\n"
	    "recipients = ( { name = \"bob@example.net\"; %s = \"%s\"; } );\n",
	    setting->name, word, setting->name, word, setting->name, word);
	s = place_load(p, text);
	setting_text(setting, &s->gateway.recipient_defaults, got);
	assert_string_equal(got, word);
	setting_text(setting, &s->gateway.recipient_domains[0].level, got);
	assert_string_equal(got, word);
	setting_text(setting, &s->gateway.recipients[0].level, got);
	assert_string_equal(got, word);
	assert_true(setting_is_inherited(
	    setting, &s->gateway.recipient_domains[1].level));
	settings_unref(&s);
}

/* Every setting that there is, with each of its words, wherever it can be set;
 * switches and sets, which are not written as words, have tests of their own.
 */
static void
test_words(void **state)
{
	unsigned tried = 0;

	for (size_t i = 0; i < SENDER_SETTINGS; i++) {
		const struct setting *s = &sender_settings[i];

		if (!s->words || s->words == sender_settings[0].words)
			continue;
		for (size_t w = 1; s->words[w]; w++, tried++)
			check_sender_word(*state, s, s->words[w]);
	}
	for (size_t i = 0; i < RECIPIENT_SETTINGS; i++) {
		const struct setting *s = &recipient_settings[i];

		for (size_t w = 1; s->words[w]; w++, tried++)
			check_recipient_word(*state, s, s->words[w]);
	}
	assert_true(tried > 40);
}

static void
test_recipients(void **state)
{
	struct settings *s = place_load(*state,
	    "recipient_domains = (\n"
	    "  { name = \"*.EXAMPLE.net\"; encrypt = \"required\";\n"
	    "    domain_certificate = \"Gateway@Example.NET\"; },\n"
	    "  { name = \"example.net\"; domain_certificate = \"\"; },\n"
	    "  { name = \"example.com\"; } );\n"
	    "recipients = ( { name = \"Bob@Example.NET\";\n"
	    "  encrypt = \"never\"; } );\n");
	const struct gateway_recipient *to = s->gateway.recipient_domains;

	assert_string_equal(to[0].name, "*.example.net");
	assert_string_equal(to[0].domain_certificate, "gateway@example.net");
	assert_int_equal(to[0].level.encrypt, RECEIVE_REQUIRED);
	assert_string_equal(to[1].domain_certificate, "");
	assert_null(to[2].domain_certificate);
	assert_int_equal(s->gateway.recipient_count, 1);
	assert_string_equal(s->gateway.recipients[0].name, "bob@example.net");
	assert_int_equal(s->gateway.recipients[0].level.encrypt, RECEIVE_NEVER);
	assert_null(s->gateway.recipients[0].domain_certificate);
	settings_unref(&s);
}

/* "Nobody" is not the same as "what stands above". */
static void
test_escrow(void **state)
{
	struct settings *s = place_load(*state,
	    "defaults = { escrow = [ \"Archive@Example.ORG\",\n"
	    "  \"audit@example.com\" ]; };\n"
	    "domains = ( { name = \"example.org\"; escrow = [ ]; },\n"
	    "  { name = \"example.com\"; },\n"
	    "  { name = \"example.net\";\n"
	    "    escrow = [ \"archive@example.net\" ]; } );\n");
	const struct gateway_domain *domains = s->gateway.domains;

	assert_int_equal(s->gateway.escrow_count, 2);
	assert_string_equal(s->gateway.escrow[0], "archive@example.org");
	assert_string_equal(s->gateway.escrow[1], "audit@example.com");
	assert_non_null(domains[0].escrow);
	assert_int_equal(domains[0].escrow_count, 0);
	assert_null(domains[1].escrow);
	assert_int_equal(domains[2].escrow_count, 1);
	assert_string_equal(domains[2].escrow[0], "archive@example.net");
	settings_unref(&s);
}

static void
test_triggers(void **state)
{
	struct settings *s = place_load(*state,
	    "triggers = ( { name = \"secret\"; subject = \"[secret]\";\n"
	    "    wishes = [ \"sign\", \"encrypt\" ]; },\n"
	    "  { name = \"plain\"; subject = \"[v\303\266llig offen]\";\n"
	    "    position = \"anywhere\"; keep = true;\n"
	    "    wishes = [ \"no-sign\", \"no-encrypt\" ]; },\n"
	    "  { name = \"end\"; subject = \"!\"; position = \"end\";\n"
	    "    wishes = [ \"no-encrypt\", \"sign\" ]; },\n"
	    "  { name = \"sensitivity\"; header = \"Sensitivity\";\n"
	    "    value = \"Company-Confidential\"; wishes = [ \"encrypt\" ];\n"
	    "  }, { name = \"to\"; header = \"X-Sign\";\n"
	    "    wishes = [ \"sign\" ]; },\n"
	    "  { name = \"kept\"; header = \"content-type\"; keep = true;\n"
	    "    wishes = [ \"sign\" ]; } );\n");
	const struct gateway_trigger *t = s->gateway.triggers;

	assert_int_equal(s->gateway.trigger_count, 6);
	assert_string_equal(t[0].name, "secret");
	assert_string_equal(t[0].subject, "[secret]");
	assert_int_equal(t[0].position, POSITION_START);
	assert_string_equal(t[0].header, "");
	assert_string_equal(t[0].value, "");
	assert_false(t[0].keep);
	assert_int_equal(t[0].wishes, WISH_SIGN | WISH_ENCRYPT);
	assert_string_equal(t[1].subject, "[v\303\266llig offen]");
	assert_int_equal(t[1].position, POSITION_ANYWHERE);
	assert_true(t[1].keep);
	assert_int_equal(t[1].wishes, WISH_NO_SIGN | WISH_NO_ENCRYPT);
	assert_int_equal(t[2].position, POSITION_END);
	assert_int_equal(t[2].wishes, WISH_NO_ENCRYPT | WISH_SIGN);
	assert_string_equal(t[3].subject, "");
	assert_string_equal(t[3].header, "Sensitivity");
	assert_string_equal(t[3].value, "Company-Confidential");
	assert_string_equal(t[4].value, "");
	settings_unref(&s);
}

static void
test_authority(void **state)
{
	struct settings *s = place_load(*state,
	    "outbound = { rate_limit = 500; };\n"
	    "logins = ( { name = \"Alice\";\n"
	    "    addresses = [ \"Info@Example.ORG\", \"@EXAMPLE.net\" ]; },\n"
	    "  { name = \"Bob@Example.ORG\";\n"
	    "    addresses = [ \"info@example.org\" ]; } );\n"
	    "client_certificates = ( { name = \"Mail Server 1\";\n"
	    "    issuer = \"Test CA\"; addresses = [ \"@example.org\" ]; },\n"
	    "  { name = \"Mail Server 1\";\n"
	    "    addresses = [ \"a@example.org\" ]; } );\n");
	const struct gateway_config *g = &s->gateway;

	assert_int_equal(g->rate_limit, 500);
	assert_int_equal(g->login_count, 2);
	assert_string_equal(g->logins[0].name, "alice");
	assert_int_equal(g->logins[0].address_count, 2);
	assert_string_equal(g->logins[0].addresses[0], "info@example.org");
	assert_string_equal(g->logins[0].addresses[1], "@example.net");
	assert_string_equal(g->logins[1].name, "bob@example.org");
	assert_int_equal(g->client_count, 2);
	assert_string_equal(g->clients[0].name, "Mail Server 1");
	assert_string_equal(g->clients[0].issuer, "Test CA");
	assert_string_equal(g->clients[0].addresses[0], "@example.org");
	assert_string_equal(g->clients[1].issuer, "");
	settings_unref(&s);
}

static void
test_reinject(void **state)
{
	static const char *const urls[] = {"smtp://127.0.0.1:10026",
	    "smtp://[::1]:10026", "smtp://localhost:10026", ""};
	char text[256];
	struct settings *s;

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		snprintf(text, sizeof(text),
		    "reinject = \"%s\"; reinject_connections = %u;\n"
		    "reinject_timeout = \"1m\";\n",
		    urls[i], LIMIT_RELAY_COPIES);
		s = place_load(*state, text);
		assert_string_equal(s->gateway.relay.reinject, urls[i]);
		assert_int_equal(
		    s->gateway.relay.connections, LIMIT_RELAY_COPIES);
		assert_int_equal(s->gateway.relay.connect_ms, 60000);
		settings_unref(&s);
	}
}

static void
test_include(void **state)
{
	struct settings *s;

	place_write(*state, "more.conf", "authserv_id = \"mx.example.org\";\n");
	s = place_load(*state, "@include \"more.conf\"\nkeyd = \"/k\";\n");
	assert_string_equal(s->gateway.authserv_id, "mx.example.org");
	assert_string_equal(s->gateway.keyd, "/k");
	settings_unref(&s);
}

/* A file of tests/conf, whose disclaimers are in the folder of the test. */
static struct settings *
load_conf(const struct place *p, const char *name)
{
	static const char there[] = "/srv/other/legal";
	const char *top = getenv("top_srcdir");
	char path[4096], *at;
	struct settings *s;
	struct buf text;
	struct err err;

	snprintf(path, sizeof(path), "%s/tests/conf/%s", top ? top : ".", name);
	buf_init(&text, 65536);
	if (io_read_file(path, &text, &err))
		fail_msg("%s", err.text);
	(void)buf_text(&text);
	while ((at = strstr((char *)text.data, there))) {
		memcpy(at, "$/", 2);
		memmove(at + 2, at + strlen("/srv/other/"),
		    strlen(at + strlen("/srv/other/")) + 1);
	}
	s = place_load(p, (const char *)text.data);
	buf_fini(&text);
	return s;
}

/* settings_doc_test.py checks that every option is in this file. */
static void
test_full(void **state)
{
	struct settings *s;

	place_write(*state, "legal.txt", "Example Ltd, %{name}\n");
	place_write(*state, "legal.html", "<p>Example Ltd</p>\n");
	s = load_conf(*state, "full.conf");
	assert_string_equal(s->socket.spec, "inet6:8891@::1");
	assert_int_equal(s->socket_mode, 0600);
	assert_string_equal(s->socket_group, "postfix");
	assert_string_equal(s->user, "other");
	assert_string_equal(s->pid_file, "/run/other/milter.pid");
	assert_string_equal(s->local_ca, "/srv/other/ca");
	assert_string_equal(s->gateway.keyd, "/run/other/keyd.sock");
	assert_string_equal(s->gateway.store, "sqlite:/srv/other/store.db");
	assert_string_equal(s->gateway.spool.folder, "/srv/other/tmp");
	assert_string_equal(s->gateway.authserv_id, "mx.example.org");
	assert_int_equal(s->gateway.mark, MARK_ALL);
	assert_int_equal(s->gateway.remove_results, REMOVE_ALL);
	assert_string_equal(s->gateway.tags.signed_, "[signed]");
	assert_string_equal(s->gateway.tags.encrypted, "[encrypted]");
	assert_string_equal(s->gateway.tags.problem, "[S/MIME?]");
	assert_int_equal(s->gateway.domain_count, 2);
	assert_int_equal(s->gateway.recipient_domain_count, 2);
	assert_int_equal(s->gateway.recipient_count, 1);
	assert_int_equal(s->gateway.trigger_count, 2);
	assert_int_equal(s->gateway.login_count, 1);
	assert_int_equal(s->gateway.client_count, 1);
	assert_string_equal(
	    s->gateway.relay.reinject, "smtp://127.0.0.1:10026");
	assert_string_equal(s->gateway.disclaimer, "legal");
	assert_string_equal(s->gateway.domains[0].disclaimer, "");
	assert_null(s->gateway.domains[1].disclaimer);
	assert_int_equal(s->gateway.disclaimer_count, 1);
	assert_string_equal(s->gateway.seal.key, "/srv/other/seal.key");
	assert_true(s->gateway.seal.marker);
	settings_unref(&s);
}

static void
test_full_guard(void **state)
{
	struct settings *s = load_conf(*state, "guard.conf");

	assert_int_equal(s->gateway.role, ROLE_GUARD);
	assert_int_equal(s->gateway.guard.action, GUARD_TEMPFAIL);
	assert_int_equal(s->gateway.guard.unsealed_action, GUARD_REFUSE);
	assert_string_equal(
	    s->gateway.guard.report_to, "postmaster@example.org");
	assert_string_equal(s->gateway.seal.key, "/srv/other/seal.key");
	settings_unref(&s);
}

static void
test_restart_needed(void **state)
{
	static const struct {
		const char *text, *option;
	} cases[] = {
	    {"role = \"guard\";", "role"},
	    {"socket = \"unix:/x\";", "socket"},
	    {"socket_mode = 0600;", "socket_mode"},
	    {"user = \"other\";", "user"},
	    {"log = { target = \"stderr\"; };", "log.target"},
	    {"log = { target = \"/log\"; };", "log.target"},
	    {"log = { level = \"debug\"; };", "log.level"},
	    {"keyd = \"/k\"; authserv_id = \"x\";", NULL},
	};
	struct settings *old = place_load(*state, ""), *new;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *name;

		new = place_load(*state, cases[i].text);
		name = settings_restart_needed(old, new);
		if (cases[i].option)
			assert_string_equal(name, cases[i].option);
		else
			assert_null(name);
		settings_unref(&new);
	}
	settings_unref(&old);
}

static void
test_references(void **state)
{
	struct settings *a = place_load(*state, "keyd = \"/k\";");
	struct settings *b = settings_ref(a);

	settings_unref(&a);
	assert_null(a);
	assert_string_equal(b->gateway.keyd, "/k");
	settings_unref(&b);
	settings_unref(&b);
}

/* --- bad ones --- */

#define SOCKET_EXPECTED                                                        \
	"expected \"unix:/PATH\" (below 108 bytes), \"inet:PORT@HOST\" or "    \
	"\"inet6:PORT@HOST\", not "
#define TEN  "/123456789"
#define X100 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct place_bad bad_scalars[] = {
    {"keyd = \"relative\";\n",
	"t.conf:1: keyd: expected a path like \"/path\", not \"relative\"\n"},
    {"keyd = \"\";\n",
	"t.conf:1: keyd: expected a path like \"/path\", not \"\"\n"},
    {"keyd = 5;\n", "t.conf:1: keyd: expected a path like \"/path\", not 5\n"},
    {"pid_file = \"x\";\n",
	"t.conf:1: pid_file: expected a path like \"/path\", or \"\", not "
	"\"x\"\n"},
    {"user = \"two words\";\n",
	"t.conf:1: user: expected a name without blanks, or \"\", not \"two "
	"words\"\n"},
    {"\n\nsocket = \"/plain\";\n",
	"t.conf:3: socket: " SOCKET_EXPECTED "\"/plain\"\n"},
    {"socket = \"unix:relative\";\n",
	"t.conf:1: socket: " SOCKET_EXPECTED "\"unix:relative\"\n"},
    {"socket = \"unix:" X100 "12345678\";\n",
	"t.conf:1: socket: " SOCKET_EXPECTED "\"unix:" TEN TEN TEN TEN TEN
	"/1234...\"\n"},
    {"socket = \"inet:8891\";\n",
	"t.conf:1: socket: " SOCKET_EXPECTED "\"inet:8891\"\n"},
    {"socket = \"inet:8891@\";\n",
	"t.conf:1: socket: " SOCKET_EXPECTED "\"inet:8891@\"\n"},
    {"socket = \"inet:0@localhost\";\n",
	"t.conf:1: socket: " SOCKET_EXPECTED "\"inet:0@localhost\"\n"},
    {"socket = \"inet6:65536@::1\";\n",
	"t.conf:1: socket: " SOCKET_EXPECTED "\"inet6:65536@::1\"\n"},
    {"store = \"postgresql://db\";\n",
	"t.conf:1: store: expected \"sqlite:/PATH\", not "
	"\"postgresql://db\"\n"},
    {"store = \"sqlite:store.db\";\n",
	"t.conf:1: store: expected \"sqlite:/PATH\", not "
	"\"sqlite:store.db\"\n"},
    {"log = { target = \"file\"; };\n",
	"t.conf:1: log.target: expected \"syslog\", \"stderr\" or a path like "
	"\"/path\", not \"file\"\n"},
    {"log = { level = \"loud\"; };\n",
	"t.conf:1: log.level: expected \"error\" or \"warning\" or \"info\" or "
	"\"debug\", not \"loud\"\n"},
    {"defaults = { sign = \"on\"; };\n",
	"t.conf:1: defaults.sign: expected true or false, not \"on\"\n"},
    {"defaults = { encrypt = true; };\n",
	"t.conf:1: defaults.encrypt: expected \"off\" or \"if-possible\" or "
	"\"required\", not true\n"},
    {"defaults = { encrypt = \"inherit\"; };\n",
	"t.conf:1: defaults.encrypt: expected \"off\" or \"if-possible\" or "
	"\"required\", not \"inherit\"\n"},
    {"defaults = { on_error = \"reject\"; };\n",
	"t.conf:1: defaults.on_error: expected \"tempfail\" or \"pass\", not "
	"\"reject\"\n"},
    {"authserv_id = \"a\\nb\\\"\";\n",
	"t.conf:1: authserv_id: expected a name without blanks, or \"\", not "
	"\"a?b\"\"\n"},
};

static const struct place_bad bad_numbers[] = {
    {"socket_mode = 0577;\n",
	"t.conf:1: socket_mode: expected an octal mode from 0600 to 0777, not "
	"577\n"},
    {"socket_mode = 01660;\n",
	"t.conf:1: socket_mode: expected an octal mode from 0600 to 0777, not "
	"1660\n"},
    {"socket_mode = -1;\n",
	"t.conf:1: socket_mode: expected an octal mode from 0600 to 0777, not "
	"-1\n"},
    {"socket_mode = 0x1b0;\n",
	"t.conf:1: socket_mode: expected an octal mode from 0600 to 0777, not "
	"432\n"},
    {"socket_mode = \"0668\";\n",
	"t.conf:1: socket_mode: expected an octal mode from 0600 to 0777, not "
	"\"0668\"\n"},
    {"socket_mode = \"rw\";\n",
	"t.conf:1: socket_mode: expected an octal mode from 0600 to 0777, not "
	"\"rw\"\n"},
    {"keyd_connections = 0;\n",
	"t.conf:1: keyd_connections: expected a number from 1 to 256, not "
	"0\n"},
    {"keyd_connections = 257;\n",
	"t.conf:1: keyd_connections: expected a number from 1 to 256, not "
	"257\n"},
    {"keyd_connections = 4294967300L;\n",
	"t.conf:1: keyd_connections: expected a number from 1 to 256, not "
	"4294967300\n"},
    {"keyd_connections = \"4\";\n",
	"t.conf:1: keyd_connections: expected a number from 1 to 256, not "
	"\"4\"\n"},
    {"keyd_connections = 1.5;\n",
	"t.conf:1: keyd_connections: expected a number from 1 to 256, not "
	"1.5\n"},
    {"keyd_timeout = \"99ms\";\n",
	"t.conf:1: keyd_timeout: expected a time like \"5s\" from 100ms to "
	"1m, not \"99ms\"\n"},
    {"keyd_timeout = \"61s\";\n",
	"t.conf:1: keyd_timeout: expected a time like \"5s\" from 100ms to "
	"1m, not \"61s\"\n"},
    {"keyd_timeout = \"10\";\n",
	"t.conf:1: keyd_timeout: expected a time like \"5s\" from 100ms to "
	"1m, not \"10\"\n"},
    {"keyd_timeout = 10;\n",
	"t.conf:1: keyd_timeout: expected a time like \"5s\" from 100ms to "
	"1m, not 10\n"},
    {"limits = { max_message = \"1023K\"; };\n",
	"t.conf:1: limits.max_message: expected a size like \"10M\" from 1M "
	"to 2G, not \"1023K\"\n"},
    {"limits = { max_message = \"2147483649\"; };\n",
	"t.conf:1: limits.max_message: expected a size like \"10M\" from 1M "
	"to 2G, not \"2147483649\"\n"},
    {"limits = { max_message = \"99999999999\"; };\n",
	"t.conf:1: limits.max_message: expected a size like \"10M\" from 1M "
	"to 2G, not \"99999999999\"\n"},
    {"limits = { max_message = 8000000; };\n",
	"t.conf:1: limits.max_message: expected a size like \"10M\" from 1M "
	"to 2G, not 8000000\n"},
    {"limits = { max_message = \"M\"; };\n",
	"t.conf:1: limits.max_message: expected a size like \"10M\" from 1M "
	"to 2G, not \"M\"\n"},
    {"limits = { max_message = \"10 M\"; };\n",
	"t.conf:1: limits.max_message: expected a size like \"10M\" from 1M "
	"to 2G, not \"10 M\"\n"},
    {"limits = { max_message = \"-1M\"; };\n",
	"t.conf:1: limits.max_message: expected a size like \"10M\" from 1M "
	"to 2G, not \"-1M\"\n"},
};

#define NETWORK_EXPECTED                                                       \
	"expected a network like \"192.0.2.0/24\" or \"2001:db8::/32\" "       \
	"without bits behind the prefix, not "

#define EXEMPT_EXPECTED                                                        \
	"expected \"null-sender\" or \"dsn\" or \"mdn\" or \"acme\" or "       \
	"\"auto-submitted\" or \"list\" or \"resent\" or \"calendar\" or "     \
	"\"partial\", not "

static const struct place_bad bad_lists[] = {
    {"trust = { extra = \"/one\"; };\n",
	"t.conf:1: trust.extra: expected a list like [ \"/path\" ], not "
	"\"/one\"\n"},
    {"trust = { extra = [ \"/one\",\n  \"two\",\n  \"\" ]; };\n",
	"t.conf:2: trust.extra[1]: expected a path like \"/path\", not "
	"\"two\"\n"
	"t.conf:3: trust.extra[2]: expected a path like \"/path\", not "
	"\"\"\n"},
    {"outbound = { trusted_networks = \"10.0.0.0/8\"; };\n",
	"t.conf:1: outbound.trusted_networks: expected a list like "
	"[ \"192.0.2.0/24\" ], not \"10.0.0.0/8\"\n"},
    {"outbound = { trusted_networks = [ \"10.0.0.1/8\", \"::1\",\n"
     "  \"host\" ]; };\n",
	"t.conf:1: outbound.trusted_networks[0]: " NETWORK_EXPECTED
	"\"10.0.0.1/8\"\n"
	"t.conf:2: outbound.trusted_networks[2]: " NETWORK_EXPECTED
	"\"host\"\n"},
    {"outbound = { submission_daemons = [ \"\" ]; };\n",
	"t.conf:1: outbound.submission_daemons[0]: expected a name without "
	"blanks, not \"\"\n"},
    {"defaults = { exempt = \"dsn\"; };\n",
	"t.conf:1: defaults.exempt: expected a list like [ \"dsn\", "
	"\"list\" ], not \"dsn\"\n"},
    {"defaults = { exempt = [ \"dsn\", \"lists\",\n \"none\" ]; };\n",
	"t.conf:1: defaults.exempt[1]: " EXEMPT_EXPECTED "\"lists\"\n"
	"t.conf:2: defaults.exempt[2]: " EXEMPT_EXPECTED "\"none\"\n"},
    {"domains = ( { name = \"example.org\"; exempt = [ 1 ]; } );\n",
	"t.conf:1: domains[0].exempt[0]: " EXEMPT_EXPECTED "1\n"},
    {"recipient_domains = { name = \"example.net\"; };\n",
	"t.conf:1: recipient_domains: expected a list like ( { name = "
	"\"example.org\"; } ), not a group { }\n"},
    {"recipient_domains = ( { signature = \"opaque\"; },\n"
     "  { name = \"example.net\"; sign = true; },\n"
     "  { name = \"EXAMPLE.net\"; signature = \"clear\"; } );\n",
	"t.conf:1: recipient_domains[0]: name is missing\n"
	"t.conf:2: recipient_domains[1].sign: unknown option; there is name, "
	"encrypt, signature, certificates, cipher, key_transport, unchecked, "
	"inbound_signature, inbound_encryption, inbound_level, "
	"inbound_action, domain_certificate\n"
	"t.conf:3: recipient_domains[2].signature: expected \"detached\" or "
	"\"opaque\", not \"clear\"\n"
	"t.conf:3: recipient_domains[2].name: example.net is there twice, "
	"first as recipient_domains[1]\n"},
    {"domains = { name = \"example.org\"; };\n",
	"t.conf:1: domains: expected a list like ( { name = "
	"\"example.org\"; } ), not a group { }\n"},
    {"domains = [ \"example.org\" ];\n",
	"t.conf:1: domains: expected a list like ( { name = "
	"\"example.org\"; } ), not a list\n"},
    {"domains = ( \"example.org\" );\n",
	"t.conf:1: domains[0]: expected { name = \"example.org\"; ... }, not "
	"\"example.org\"\n"},
    {"domains = ( { name = \"a b\"; } );\n",
	"t.conf:1: domains[0].name: expected a domain like \"example.org\", "
	"not \"a b\"\n"},
    {"domains = (\n  { sign = true; } );\n",
	"t.conf:2: domains[0]: name is missing\n"},
    {"domains = ( { name = \"example.org\"; signs = true; } );\n",
	"t.conf:1: domains[0].signs: unknown option; did you mean sign?\n"},
    {"domains = ( { name = \"example.org\"; colour = 1; } );\n",
	"t.conf:1: domains[0].colour: unknown option; there is name, sign, "
	"encrypt, exempt, own_cert_problem, signature_algorithm, mixed, bcc, "
	"triggers, mode, decrypt, disclaimer_repeat, disclaimer_protected, "
	"escrow, disclaimer\n"},
    {"defaults = { signature_algorithm = \"ecdsa\"; };\n",
	"t.conf:1: defaults.signature_algorithm: expected \"any\" or \"rsa\" "
	"or \"rsa-pss\" or \"ecdsa-p256\" or \"ecdsa-p384\" or \"ecdsa-p521\" "
	"or \"ed25519\", not \"ecdsa\"\n"},
    {"domains = ( { name = \"example.org\"; own_cert_problem = 1; } );\n",
	"t.conf:1: domains[0].own_cert_problem: expected \"unsigned\" or "
	"\"defer\", not 1\n"},
    {"domains = ( { name = \"example.org\"; encrypt = \"no\"; } );\n",
	"t.conf:1: domains[0].encrypt: expected \"off\" or \"if-possible\" or "
	"\"required\", not \"no\"\n"},
    {"domains = ( { name = \"example.org\"; },\n"
     "  { name = \"example.com\"; },\n  { name = \"Example.ORG\"; } );\n",
	"t.conf:3: domains[2].name: example.org is there twice, first as "
	"domains[0]\n"},
};

#define REINJECT_EXPECTED                                                      \
	"expected \"smtp://HOST:PORT\" with a host that can be found, or "     \
	"\"\", not "
#define TEXT_EXPECTED                                                          \
	"expected text without control characters, or blanks at its ends, or " \
	"\"\", not "
#define PATTERN_EXPECTED                                                       \
	"expected a domain like \"example.net\" or \"*.example.net\", not "
#define AUTHOR_EXPECTED                                                        \
	"expected an address like \"info@example.org\", or \"@example.org\" "  \
	"for all of a domain, not "
#define TRIGGER(rest)                                                          \
	"triggers = ( { name = \"t\"; wishes = [ \"sign\" ]; " rest " } );\n"

static const struct place_bad bad_policy[] = {
    {"reinject = \"smtp://127.0.0.1\";\n",
	"t.conf:1: reinject: " REINJECT_EXPECTED "\"smtp://127.0.0.1\"\n"},
    {"reinject = \"127.0.0.1:10026\";\n",
	"t.conf:1: reinject: " REINJECT_EXPECTED "\"127.0.0.1:10026\"\n"},
    {"reinject = \"smtp://[127.0.0.1]:25\";\n",
	"t.conf:1: reinject: " REINJECT_EXPECTED "\"smtp://[127.0.0.1]:25\"\n"},
    {"reinject_connections = 0;\n",
	"t.conf:1: reinject_connections: expected a number from 1 to 50, not "
	"0\n"},
    {"reinject_connections = 51;\n",
	"t.conf:1: reinject_connections: expected a number from 1 to 50, not "
	"51\n"},
    {"reinject_timeout = \"2m\";\n",
	"t.conf:1: reinject_timeout: expected a time like \"5s\" from 100ms "
	"to 1m, not \"2m\"\n"},
    {"outbound = { rate_limit = -1; };\n",
	"t.conf:1: outbound.rate_limit: expected a number from 0 to 1000000, "
	"not -1\n"},
    {"defaults = { mixed = \"inherit\"; mode = \"dry-run\"; };\n",
	"t.conf:1: defaults.mixed: expected \"split\" or \"all-or-none\" or "
	"\"all-or-refuse\" or \"refuse-the-rest\", not \"inherit\"\n"
	"t.conf:1: defaults.mode: expected \"enforce\" or \"shadow\", not "
	"\"dry-run\"\n"},
    {"defaults = { escrow = \"a@example.org\"; };\n",
	"t.conf:1: defaults.escrow: expected a list like [ "
	"\"info@example.org\" ], not \"a@example.org\"\n"},
    {"domains = ( { name = \"example.org\"; bcc = 1;\n"
     "  escrow = [ \"a@example.org\", \"@example.org\" ]; } );\n",
	"t.conf:1: domains[0].bcc: expected \"separate\" or \"refuse\", not "
	"1\n"
	"t.conf:2: domains[0].escrow[1]: expected an address like "
	"\"info@example.org\", not \"@example.org\"\n"},
    {"recipient_defaults = { encrypt = \"off\"; cipher = \"3des\"; };\n",
	"t.conf:1: recipient_defaults.encrypt: expected \"as-sender\" or "
	"\"never\" or \"if-possible\" or \"required\", not \"off\"\n"
	"t.conf:1: recipient_defaults.cipher: expected \"auto\" or "
	"\"aes256-cbc\" or \"aes128-cbc\" or \"aes256-gcm\" or "
	"\"aes128-gcm\", not \"3des\"\n"},
    {"recipient_domains = ( { name = \"*\"; }, { name = \"*.\"; },\n"
     "  { name = \"a.*.example.net\"; },\n"
     "  { name = \"*.example.net\"; }, { name = \"*.Example.net\"; } );\n",
	"t.conf:1: recipient_domains[0].name: " PATTERN_EXPECTED "\"*\"\n"
	"t.conf:1: recipient_domains[1].name: " PATTERN_EXPECTED "\"*.\"\n"
	"t.conf:2: recipient_domains[2].name: " PATTERN_EXPECTED
	"\"a.*.example.net\"\n"
	"t.conf:3: recipient_domains[4].name: *.example.net is there twice, "
	"first as recipient_domains[3]\n"},
    {"recipients = ( { name = \"example.net\"; },\n"
     "  { name = \"bob@example.net\"; domain_certificate = \"x\"; } );\n",
	"t.conf:1: recipients[0].name: expected an address like "
	"\"info@example.org\", not \"example.net\"\n"
	"t.conf:2: recipients[1].domain_certificate: expected an address like "
	"\"gateway@example.net\", or \"\", not \"x\"\n"},
};

static const struct place_bad bad_triggers[] = {
    {TRIGGER(""), "t.conf:1: triggers[0]: expected either subject or header\n"},
    {TRIGGER("subject = \"a\"; header = \"X-A\";"),
	"t.conf:1: triggers[0]: expected either subject or header\n"},
    {TRIGGER("subject = \"a\"; value = \"b\";"),
	"t.conf:1: triggers[0]: value is for header, not for subject\n"},
    {TRIGGER("header = \"X-A\"; position = \"start\";"),
	"t.conf:1: triggers[0]: position is for subject, not for header\n"},
    {TRIGGER("header = \"from\";"),
	"t.conf:1: triggers[0]: messages need this field; set keep = true\n"},
    {TRIGGER("header = \"CONTENT-Type\";"),
	"t.conf:1: triggers[0]: messages need this field; set keep = true\n"},
    {TRIGGER("header = \"X:A\";"),
	"t.conf:1: triggers[0].header: expected the name of a header field, "
	"like \"Sensitivity\", or \"\", not \"X:A\"\n"},
    {TRIGGER("subject = \"a \";"),
	"t.conf:1: triggers[0].subject: " TEXT_EXPECTED "\"a \"\n"},
    {TRIGGER("subject = \"a\\tb\";"),
	"t.conf:1: triggers[0].subject: " TEXT_EXPECTED "\"a?b\"\n"},
    {TRIGGER("subject = \"a\"; keep = \"yes\"; position = \"front\";"),
	"t.conf:1: triggers[0].keep: expected true or false, not \"yes\"\n"
	"t.conf:1: triggers[0].position: expected \"start\" or \"end\" or "
	"\"anywhere\", not \"front\"\n"},
    {"triggers = ( { name = \"a\"; subject = \"a\"; },\n"
     "  { name = \"b\"; subject = \"b\"; wishes = [ ]; },\n"
     "  { name = \"c\"; subject = \"c\"; wishes = [ \"hide\" ]; },\n"
     "  { name = \"a b\"; subject = \"c\"; wishes = \"sign\"; } );\n",
	"t.conf:1: triggers[0]: wishes is missing\n"
	"t.conf:2: triggers[1]: wishes is missing\n"
	"t.conf:3: triggers[2].wishes[0]: expected \"sign\" or \"encrypt\" "
	"or \"no-sign\" or \"no-encrypt\", not \"hide\"\n"
	"t.conf:4: triggers[3].name: expected a name without blanks, not \"a "
	"b\"\n"
	"t.conf:4: triggers[3].wishes: expected a list like [ \"sign\", "
	"\"encrypt\" ], not \"sign\"\n"},
    {"triggers = ( { name = \"a\"; subject = \"a\";\n"
     "    wishes = [ \"sign\", \"encrypt\", \"no-sign\" ]; },\n"
     "  { name = \"b\"; subject = \"b\";\n"
     "    wishes = [ \"no-encrypt\", \"encrypt\" ]; },\n"
     "  { name = \"a\"; subject = \"c\"; wishes = [ \"sign\" ]; } );\n",
	"t.conf:1: triggers[0]: sign and no-sign contradict each other\n"
	"t.conf:3: triggers[1]: encrypt and no-encrypt contradict each other\n"
	"t.conf:5: triggers[2].name: a is there twice, first as triggers[0]\n"},
};

static const struct place_bad bad_authority[] = {
    {"logins = ( { name = \"\"; addresses = [ \"a@example.org\" ]; },\n"
     "  { name = \"a@b@\"; addresses = [ \"a@example.org\" ]; },\n"
     "  { name = \"two words\"; addresses = [ \"a@example.org\" ]; } );\n",
	"t.conf:1: logins[0].name: expected a login like \"alice\" or "
	"\"alice@example.org\", not \"\"\n"
	"t.conf:2: logins[1].name: expected a login like \"alice\" or "
	"\"alice@example.org\", not \"a@b@\"\n"
	"t.conf:3: logins[2].name: expected a login like \"alice\" or "
	"\"alice@example.org\", not \"two words\"\n"},
    {"logins = ( { name = \"alice\"; }, { name = \"bob\";\n"
     "  addresses = [ \"example.org\", \"@\", \"info@example.org\" ]; },\n"
     "  { name = \"ALICE\"; addresses = [ \"@example.org\" ]; } );\n",
	"t.conf:1: logins[0]: addresses is missing\n"
	"t.conf:2: logins[1].addresses[0]: " AUTHOR_EXPECTED "\"example.org\"\n"
	"t.conf:2: logins[1].addresses[1]: " AUTHOR_EXPECTED "\"@\"\n"
	"t.conf:3: logins[2].name: alice is there twice, first as "
	"logins[0]\n"},
    {"client_certificates = (\n"
     "  { name = \"S 1\"; addresses = [ ]; },\n"
     "  { name = \"S 2\"; issuer = \"A\";\n"
     "    addresses = [ \"@example.org\" ]; },\n"
     "  { name = \"S 2\"; issuer = \"B\";\n"
     "    addresses = [ \"@example.org\" ]; },\n"
     "  { name = \"S 2\"; issuer = \"A\";\n"
     "    addresses = [ \"@example.net\" ]; } );\n",
	"t.conf:2: client_certificates[0]: addresses is missing\n"
	"t.conf:7: client_certificates[3].name: S 2 is there twice, first as "
	"client_certificates[1]\n"},
    {"client_certificates = ( { name = \"\"; addresses = [ \"@x.org\" ]; "
     "} );\n",
	"t.conf:1: client_certificates[0].name: expected text without control "
	"characters, or blanks at its ends, not \"\"\n"},
};

static const struct place_bad bad_files[] = {
    {"log = \"syslog\";\n",
	"t.conf:1: log: expected a group { }, not \"syslog\"\n"},
    {"log = { targt = \"syslog\"; };\n",
	"t.conf:1: log.targt: unknown option; did you mean target?\n"},
    {"lgo = { target = \"syslog\"; };\n",
	"t.conf:1: lgo: unknown option; did you mean log?\n"},
    {"limits = { log = { }; };\n",
	"t.conf:1: limits.log: unknown option; there is spool_memory, "
	"max_message\n"},
    {"reinjects = \"smtp://127.0.0.1:10026\";\n",
	"t.conf:1: reinjects: unknown option; did you mean reinject?\n"},
    {"keyd = \"/a\";\nkeyd = \"/b\";\n", "t.conf:2: duplicate setting name\n"},
    {"keyd = ;\n", "t.conf:1: syntax error\n"},
    {"log = {\n", "t.conf:2: syntax error\n"},
    {"@include \"absent.conf\"\n", "t.conf:1: cannot open include file\n"},
    {"@include \"t.conf\"\n", "t.conf:1: include file nesting too deep\n"},
    /* All of them, in the order of the file. */
    {"socket = 1;\n"
     "log = { level = 2; colour = 3; };\n"
     "nonsense = 4;\n"
     "keyd_timeout = \"1h\";\n",
	"t.conf:1: socket: " SOCKET_EXPECTED "1\n"
	"t.conf:2: log.level: expected \"error\" or \"warning\" or \"info\" or "
	"\"debug\", not 2\n"
	"t.conf:2: log.colour: unknown option; there is target, level\n"
	"t.conf:3: nonsense: unknown option; there is role, socket, "
	"socket_mode, "
	"socket_group, user, pid_file, keyd, keyd_connections, keyd_timeout, "
	"store, local_ca, temp_folder, authserv_id, reinject, "
	"reinject_connections, reinject_timeout, answer_timeout, trust, "
	"outbound, inbound, defaults, "
	"domains, disclaimers, recipient_defaults, recipient_domains, "
	"recipients, triggers, logins, client_certificates, seal, guard, "
	"limits, log\n"
	"t.conf:4: keyd_timeout: expected a time like \"5s\" from 100ms to "
	"1m, not \"1h\"\n"},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void
test_bad_scalars(void **state)
{
	place_all_bad(*state, bad_scalars, COUNT(bad_scalars));
}

static void
test_bad_numbers(void **state)
{
	place_all_bad(*state, bad_numbers, COUNT(bad_numbers));
}

static void
test_bad_lists(void **state)
{
	place_all_bad(*state, bad_lists, COUNT(bad_lists));
}

static void
test_bad_policy(void **state)
{
	place_all_bad(*state, bad_policy, COUNT(bad_policy));
}

static void
test_bad_triggers(void **state)
{
	place_all_bad(*state, bad_triggers, COUNT(bad_triggers));
}

static void
test_bad_authority(void **state)
{
	place_all_bad(*state, bad_authority, COUNT(bad_authority));
}

static void
test_bad_files(void **state)
{
	place_all_bad(*state, bad_files, COUNT(bad_files));
}

/* The line is that of the included file. */
static void
test_bad_include(void **state)
{
	place_write(*state, "more.conf", "\nuser = 7;\n");
	place_write(*state, "t.conf", "@include \"more.conf\"\n");
	place_errors(*state, ((struct place *)*state)->file,
	    "more.conf:2: user: expected a name without blanks, or \"\", not "
	    "7\n");
}

static void
test_absent(void **state)
{
	struct place *p = *state;
	char path[160], wanted[512];

	snprintf(path, sizeof(path), "%s/absent.conf", p->folder);
	place_errors(p, path, "absent.conf: No such file or directory\n");
	place_errors(p, "/", "/: Is a directory\n");
	snprintf(wanted, sizeof(wanted),
	    "%s: no such file; copy %s.sample to it and edit it, or name "
	    "another file with -c\n",
	    settings_default_file, settings_default_file);
	if (access(settings_default_file, F_OK) != 0)
		place_errors(p, NULL, wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_defaults_of_policy),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_recipient_domains),
	    cmocka_unit_test(test_modes),
	    cmocka_unit_test(test_longest_socket),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_recipients),
	    cmocka_unit_test(test_escrow),
	    cmocka_unit_test(test_triggers),
	    cmocka_unit_test(test_authority),
	    cmocka_unit_test(test_reinject),
	    cmocka_unit_test(test_include),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_full_guard),
	    cmocka_unit_test(test_restart_needed),
	    cmocka_unit_test(test_references),
	    cmocka_unit_test(test_bad_scalars),
	    cmocka_unit_test(test_bad_numbers),
	    cmocka_unit_test(test_bad_lists),
	    cmocka_unit_test(test_bad_policy),
	    cmocka_unit_test(test_bad_triggers),
	    cmocka_unit_test(test_bad_authority),
	    cmocka_unit_test(test_bad_files),
	    cmocka_unit_test(test_bad_include),
	    cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests_name(
	    "settings", tests, place_setup, place_teardown);
}
