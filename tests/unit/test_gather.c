/* Facts: what envelope, header and body say, before any store is asked. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/gather.h"
#include "unit/header_lines.h"

static const char *const daemons[] = {"SUBMISSION", "LAN"};
static struct gateway_config config = {
    .submission_daemons = daemons, .submission_daemon_count = 2};

struct scene {
	struct gather g;
	struct header header;
	struct envelope envelope;
};

static void
scene_init(struct scene *s, const struct job_client *client, const char *sender,
    const char *header)
{
	gather_init(&s->g);
	header_init(&s->header);
	header_lines_add(&s->header, header);
	envelope_init(&s->envelope);
	envelope_set_sender(&s->envelope, sender, NULL);
	gather_header(&s->g, &config, client, &s->envelope, &s->header);
}

static void
scene_fini(struct scene *s)
{
	gather_fini(&s->g);
	envelope_fini(&s->envelope);
	header_fini(&s->header);
}

/* --- who submitted it (A4) --- */

static void
test_submitter(void **state)
{
	static const struct {
		const char *login, *address, *daemon;
		enum submitter submitter;
		const char *canonical;
	} rows[] = {
	    {NULL, NULL, NULL, SUBMITTER_NONE, NULL},
	    {"", NULL, NULL, SUBMITTER_NONE, NULL},
	    {"Alice@Example.ORG", NULL, NULL, SUBMITTER_LOGIN,
		"alice@example.org"},
	    {"Alice", NULL, NULL, SUBMITTER_LOGIN, "alice"},
	    {"no@at@all@", NULL, NULL, SUBMITTER_LOGIN, "no@at@all@"},
	    {NULL, "198.51.100.7", NULL, SUBMITTER_NETWORK, NULL},
	    {NULL, "192.0.2.7", NULL, SUBMITTER_NONE, NULL},
	    {NULL, "192.0.2.7", "LAN", SUBMITTER_DAEMON, NULL},
	    {NULL, "192.0.2.7", "lan", SUBMITTER_NONE, NULL},
	    {NULL, NULL, "SUBMISSION", SUBMITTER_DAEMON, NULL},
	    /* The login decides. */
	    {"alice", "198.51.100.7", "LAN", SUBMITTER_LOGIN, "alice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sockaddr_in in = {.sin_family = AF_INET};
		struct job_client client = {
		    .login = rows[i].login, .daemon_name = rows[i].daemon};
		struct scene s;

		if (rows[i].address) {
			inet_pton(AF_INET, rows[i].address, &in.sin_addr);
			client.address = (const struct sockaddr *)&in;
		}
		scene_init(&s, &client, "<>", "");
		assert_int_equal(s.g.facts.submitter, rows[i].submitter);
		if (rows[i].canonical)
			assert_string_equal(s.g.facts.login, rows[i].canonical);
		else
			assert_null(s.g.facts.login);
		scene_fini(&s);
	}
}

/* --- From --- */

static void
test_from(void **state)
{
	static const struct {
		const char *header;
		size_t fields, mailboxes;
		bool malformed;
		const char *from;
	} rows[] = {
	    {"", 0, 0, false, NULL},
	    {"From: alice@example.org\n", 1, 1, false, "alice@example.org"},
	    {"from:Alice <ALICE@Example.org>\n", 1, 1, false,
		"alice@example.org"},
	    {"From: \"bob@example.com\"\n\t<alice@example.org>\n", 1, 1, false,
		"alice@example.org"},
	    {"From: a@example.org, b@example.org\n", 1, 2, false, NULL},
	    {"From: a@example.org\nFrom: a@example.org\n", 2, 2, false, NULL},
	    {"From: a@example.org\nFrom: \n", 2, 1, true, NULL},
	    {"From: <alice@example.org\n", 1, 0, true, NULL},
	    {"From: alice\n", 1, 0, true, NULL},
	    {"X-From: a@example.org\nSender: b@example.org\n", 0, 0, false,
		NULL},
	};
	const struct job_client nobody = {.login = NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct scene s;

		scene_init(&s, &nobody, "<>", rows[i].header);
		assert_int_equal(s.g.facts.from_fields, rows[i].fields);
		if (rows[i].from)
			assert_string_equal(s.g.facts.from, rows[i].from);
		else
			assert_null(s.g.facts.from);
		if (!rows[i].malformed)
			assert_int_equal(
			    s.g.facts.from_mailboxes, rows[i].mailboxes);
		scene_fini(&s);
	}
}

/* --- exemptions --- */

/* Only mail that is handed in is asked; the policy is that of the
 * configuration until a domain is known. */
static void
test_exemptions(void **state)
{
	const struct job_client somebody = {.login = "alice"};
	const struct job_client nobody = {.login = NULL};
	struct scene s;

	(void)state;
	scene_init(&s, &somebody, "<>", "List-Id: x\n");
	assert_int_equal(s.g.facts.exemptions,
	    EXEMPTION_BIT(EXEMPT_NULL_SENDER) | EXEMPTION_BIT(EXEMPT_LIST));
	assert_int_equal(s.g.facts.exempt, EXEMPT_ALL);
	scene_fini(&s);
	config.defaults.exempt = EXEMPT_ALWAYS;
	scene_init(&s, &nobody, "<>", "List-Id: x\n");
	assert_int_equal(s.g.facts.exemptions, 0);
	assert_int_equal(s.g.facts.exempt, EXEMPT_ALWAYS);
	scene_fini(&s);
	config.defaults.exempt = EXEMPT_INHERIT;
}

/* --- protection --- */

static void
test_protection(void **state)
{
	static const struct {
		const char *header;
		enum protection protection;
	} rows[] = {
	    {"", PROTECTION_NONE},
	    {"Content-Type: multipart/mixed; boundary=b\n", PROTECTION_NONE},
	    {"Content-Type: multipart/signed; boundary=b; "
	     "protocol=\"application/pkcs7-signature\"\n",
		PROTECTION_SIGNED},
	    {"Content-Type: multipart/signed; boundary=b; "
	     "protocol=\"application/pgp-signature\"\n",
		PROTECTION_SIGNED},
	    {"Content-Type: multipart/signed; boundary=b\n", PROTECTION_SIGNED},
	    {"Content-Type: application/pkcs7-mime; smime-type=signed-data\n",
		PROTECTION_SIGNED},
	    {"Content-Type: application/x-pkcs7-mime; "
	     "smime-type=enveloped-data\n",
		PROTECTION_ENCRYPTED},
	    {"Content-Type: application/pkcs7-mime; "
	     "smime-type=authEnveloped-data\n",
		PROTECTION_ENCRYPTED},
	    {"Content-Type: multipart/encrypted; boundary=b; "
	     "protocol=\"application/pgp-encrypted\"\n",
		PROTECTION_ENCRYPTED},
	};
	const struct job_client nobody = {.login = NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct scene s;

		scene_init(&s, &nobody, "<>", rows[i].header);
		assert_int_equal(s.g.facts.protection, rows[i].protection);
		/* Nothing is promised before the store was asked. */
		assert_int_equal(s.g.facts.identity, IDENTITY_NO_USER);
		assert_int_equal(s.g.facts.sign, SWITCH_OFF);
		scene_fini(&s);
	}
}

static void
check_body(const char *header, const char *body, enum protection protection,
    unsigned exemptions)
{
	const struct job_client somebody = {.login = "alice"};
	struct mime_tree tree;
	struct buf block;
	struct scene s;

	scene_init(&s, &somebody, "a@example.org", header);
	buf_init(&block, 65536);
	for (size_t i = 0; i < s.header.count; i++)
		if (header_field_is_content(&s.header.fields[i]))
			header_field_write(&s.header.fields[i], &block);
	mime_scan(&tree, buf_slice(&block), slice_text(body));
	gather_body(&s.g, &s.header, slice_text(body), &tree);
	assert_int_equal(s.g.facts.protection, protection);
	assert_int_equal(s.g.facts.exemptions, exemptions);
	mime_tree_fini(&tree);
	buf_fini(&block);
	scene_fini(&s);
}

/* A message with more levels than are looked at, and that text in it. */
static void
check_complex(const char *text, bool wanted)
{
	const struct job_client somebody = {.login = "alice"};
	const char type[] = "Content-Type: message/rfc822\r\n";
	struct mime_tree tree;
	struct buf body;
	struct scene s;

	scene_init(&s, &somebody, "a@example.org", "");
	buf_init(&body, 65536);
	for (unsigned i = 0; i <= LIMIT_MIME_DEPTH; i++)
		buf_addf(&body, "%s\r\n", type);
	buf_add_text(&body, text);
	mime_scan(&tree, slice_text(type), buf_slice(&body));
	gather_body(&s.g, &s.header, buf_slice(&body), &tree);
	assert_int_equal(s.g.facts.too_complex, wanted);
	mime_tree_fini(&tree);
	buf_fini(&body);
	scene_fini(&s);
}

static void
test_body(void **state)
{
	static const char calendar[] = "Content-Type: text/calendar; "
				       "method=CANCEL\r\n\r\nx\r\n--o--\r\n";
	char *body = xasprintf("--o\r\n%s", calendar);

	(void)state;
	check_body("", "hello\r\n", PROTECTION_NONE, 0);
	check_body("",
	    "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nx\r\n"
	    "-----BEGIN PGP SIGNATURE-----\r\n\r\nx\r\n"
	    "-----END PGP SIGNATURE-----\r\n",
	    PROTECTION_SIGNED, 0);
	/* Nobody can say what is inside. */
	check_complex("", false);
	check_complex("\xc3\xbc\r\n", true);
	/* What the header said stays. */
	check_body("List-Id: x\n", "hello\r\n", PROTECTION_NONE,
	    EXEMPTION_BIT(EXEMPT_LIST));
	check_body("List-Id: x\n"
		   "Content-Type: multipart/alternative; boundary=o\n",
	    body, PROTECTION_NONE,
	    EXEMPTION_BIT(EXEMPT_LIST) | EXEMPTION_BIT(EXEMPT_CALENDAR));
	free(body);
}

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	network_list_init(&config.trusted_networks);
	return network_list_add(
	    &config.trusted_networks, "198.51.100.0/24", &err);
}

static int
tear_down(void **state)
{
	(void)state;
	network_list_fini(&config.trusted_networks);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_submitter),
	    cmocka_unit_test(test_from),
	    cmocka_unit_test(test_exemptions),
	    cmocka_unit_test(test_protection),
	    cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
