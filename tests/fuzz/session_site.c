/* session_site.c: see session_site.h. */
#include "fuzz/fuzz.h"
#include "unit/unit.h"

#include "fuzz/session_site.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/secret.h"
#include "smime/seal.h"
#include "unit/gateway_fixture.h"

#define LOG_MAX 65536u

static struct gateway_fixture fixture;
/* Those of two partners, and of the one of ours who gets ciphertext. */
#define READERS 3
static struct fixture_cert partner_certs[READERS];
static struct store_own_cert partner_keys[READERS];
static int log_fd = -1;
static pid_t owner; /* children of a fork server leave everything alone */

static const struct gateway_domain domains[] = {
    {.name = "example.org"}, {.name = "example.com"}};
static const char *const listeners[] = {"SUBMISSION"};

static const struct gateway_trigger triggers[] = {
    {.name = "sign",
	.subject = "[sign]",
	.header = "",
	.value = "",
	.wishes = WISH_SIGN},
    {.name = "plain",
	.subject = "plain",
	.position = POSITION_END,
	.header = "",
	.value = "",
	.wishes = WISH_NO_SIGN | WISH_NO_ENCRYPT},
    {.name = "ask",
	.subject = "",
	.header = "X-Ask",
	.value = "",
	.wishes = WISH_ENCRYPT},
};

static const struct gateway_recipient rules[] = {
    {.name = "self@example.org", .level.encrypt = RECEIVE_REQUIRED}};

static void
add_own(
    const char *address, enum setting_switch sign, enum setting_encrypt encrypt)
{
	struct fixture_cert cert;

	gateway_fixture_user(&fixture, address, sign, encrypt);
	fixture_leaf(
	    &cert, &fixture.our_ca, &(struct fixture_opts){.address = address});
	gateway_fixture_own(&fixture, address, &cert);
	fixture_fini(&cert);
}

static void
add_partner(const char *address, enum store_trust trust, long not_after,
    struct fixture_cert *cert)
{
	fixture_leaf(cert, &fixture.their_ca,
	    &(struct fixture_opts){
		.address = address,
		.not_before = -10 * FIXTURE_DAY,
		.not_after = not_after,
	    });
	gateway_fixture_partner(&fixture, address, cert, trust);
}

static void
add_partners(void)
{
	static const char *const names[] = {
	    "bob@example.net", "second@example.net"};
	struct fixture_cert cert;

	for (size_t i = 0; i < 2; i++) {
		add_partner(names[i], STORE_TRUST_HARVESTED, 100 * FIXTURE_DAY,
		    &partner_certs[i]);
		gateway_fixture_seal(
		    &fixture, names[i], &partner_certs[i], &partner_keys[i]);
	}
	add_partner(
	    "old@example.net", STORE_TRUST_HARVESTED, -FIXTURE_DAY, &cert);
	fixture_fini(&cert);
	add_partner(
	    "wait@example.net", STORE_TRUST_PENDING, 100 * FIXTURE_DAY, &cert);
	fixture_fini(&cert);
}

static void
add_self(void)
{
	static const char name[] = "self@example.org";
	struct fixture_cert *cert = &partner_certs[2];

	gateway_fixture_user(&fixture, name, SWITCH_ON, ENCRYPT_OFF);
	fixture_leaf(
	    cert, &fixture.our_ca, &(struct fixture_opts){.address = name});
	gateway_fixture_own(&fixture, name, cert);
	gateway_fixture_seal(&fixture, name, cert, &partner_keys[2]);
}

static void
remove_everything(void)
{
	if (getpid() != owner)
		return;
	for (size_t i = 0; i < READERS; i++) {
		store_own_cert_fini(&partner_keys[i]);
		fixture_fini(&partner_certs[i]);
	}
	close(log_fd);
	gateway_fixture_stop(&fixture);
}

/* With it the gate reads a fingerprint of all that leaves. */
static const char *
make_seal_key(void)
{
	static char path[256];
	struct secret key;
	struct err err;

	snprintf(path, sizeof(path), "%s/seal.key", fixture.folder);
	FUZZ_CHECK(secret_random(&key, sizeof(struct seal_key), &err) == 0 &&
		   secret_write_new_file(&key, path, &err) == 0);
	secret_fini(&key);
	return path;
}

void
site_start(void)
{
	/* smime-keyd may be instrumented as well, but is not what AFL's fork
	 * server runs. */
	unsetenv("__AFL_SHM_ID");
	gateway_fixture_start(&fixture);
	FUZZ_CHECK(log_open(LOG_TARGET_FILE, LOG_LEVEL_INFO, "fuzz",
		       fixture.log) == 0);
	log_fd = open(fixture.log, O_RDWR | O_CLOEXEC);
	FUZZ_CHECK(log_fd >= 0);
	fixture.config.domains = domains;
	fixture.config.domain_count = 2;
	fixture.config.submission_daemons = listeners;
	fixture.config.submission_daemon_count = 1;
	fixture.config.triggers = triggers;
	fixture.config.trigger_count = sizeof(triggers) / sizeof(*triggers);
	fixture.config.recipients = rules;
	fixture.config.recipient_count = 1;
	fixture.config.spool.memory = 16 * KIB;
	fixture.config.spool.max = SITE_MESSAGE_MAX;
	fixture.config.seal.key = make_seal_key();
	fixture.config.seal.marker = true;
	add_own("alice@example.org", SWITCH_ON, ENCRYPT_IF_POSSIBLE);
	add_own("must@example.org", SWITCH_ON, ENCRYPT_REQUIRED);
	add_own("off@example.org", SWITCH_OFF, ENCRYPT_OFF);
	add_own("alice@example.com", SWITCH_ON, ENCRYPT_OFF);
	add_self();
	gateway_fixture_user(
	    &fixture, "bare@example.org", SWITCH_ON, ENCRYPT_IF_POSSIBLE);
	add_partners();
	owner = getpid();
	atexit(remove_everything);
}

struct site *
site_get(void)
{
	static struct site site;
	const struct gateway_opts opts = {.seal = true};
	struct err err;

	if (site.gateway)
		return &site;
	FUZZ_CHECK(
	    gateway_new(&fixture.config, &opts, &site.gateway, &err) == 0);
	site.service = service_new(gateway_ref(site.gateway));
	site.partners = (struct smime_decrypt_opts){
	    .keys = gateway_keys(site.gateway),
	    .own = partner_keys,
	    .own_count = READERS,
	};
	site.must_encrypt = "must@example.org";
	return &site;
}

const char *
site_log(void)
{
	static char text[LOG_MAX];
	ssize_t n = pread(log_fd, text, sizeof(text) - 1, 0);

	FUZZ_CHECK(n >= 0 && n < (ssize_t)sizeof(text) - 1);
	text[n] = '\0';
	FUZZ_CHECK(ftruncate(log_fd, 0) == 0);
	return text;
}
