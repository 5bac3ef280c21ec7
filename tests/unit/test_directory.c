/*
 * The directory: settings of file and store together, identities and
 * recipients judged, and nothing believed longer than it is true.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/directory.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

static struct gateway_fixture f;
static struct store *store;
static struct trust *trust;
static struct directory *directory;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	store = gateway_fixture_store(&f);
	MUST(trust_load(&f.config.trust, &trust, &err));
	directory = directory_new(&f.config, store, trust);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	directory_free(directory);
	trust_release(&trust);
	store_close(store);
	gateway_fixture_stop(&f);
	return 0;
}

static struct directory_view
look(time_t now)
{
	struct directory_view view;

	MUST(directory_look(directory, 0, now, &view, &err));
	return view;
}

/* --- domains --- */

/* What somebody there has without settings of his own. */
static void
check_domain(const char *name, bool own, struct setting_level level)
{
	const struct setting_level levels[2] = {f.config.defaults, level};
	struct setting_level wanted = policy_effective(levels, 2);
	char *address = xasprintf("nobody@%s", name);
	struct directory_view view = look(fixture_now());
	struct directory_domain *domain;
	struct directory_sender *s;

	MUST(directory_find_domain(&view, name, &domain, &err));
	assert_int_equal(domain->is_own, own);
	directory_domain_unref(&domain);
	assert_null(domain);
	MUST(directory_find_sender(&view, address, &s, &err));
	assert_int_equal(s->state, IDENTITY_NO_USER);
	assert_memory_equal(&s->level, &wanted, sizeof(wanted));
	directory_sender_unref(&s);
	free(address);
}

static size_t
domains(void)
{
	struct directory_view view = look(fixture_now());
	size_t count;

	MUST(directory_count_domains(&view, &count, &err));
	return count;
}

static void
test_domains(void **state)
{
	char org[] = "example.org", net[] = "example.net";
	struct store_domain same = {
	    .name = org, .level.encrypt = ENCRYPT_REQUIRED};
	struct store_domain other = {.name = net,
	    .level = {.sign = SWITCH_OFF,
		.exempt = EXEMPTION_BIT(EXEMPT_DSN),
		.own_problem = OWN_PROBLEM_DEFER,
		.algorithm = ALGORITHM_RSA}};

	(void)state;
	f.domain.level = (struct setting_level){
	    .sign = SWITCH_OFF, .encrypt = ENCRYPT_IF_POSSIBLE};
	check_domain("example.org", true, f.domain.level);
	check_domain("example.net", false, (struct setting_level){0});
	assert_int_equal(domains(), 1);
	/* The store wins for what it sets, and only for that. */
	MUST(store_domain_add(store, &same, &err));
	check_domain("example.org", true,
	    (struct setting_level){
		.sign = SWITCH_OFF, .encrypt = ENCRYPT_REQUIRED});
	assert_int_equal(domains(), 1);
	MUST(store_domain_add(store, &other, &err));
	other.level.exempt |= EXEMPT_ALWAYS;
	check_domain("example.net", true, other.level);
	assert_int_equal(domains(), 2);
	f.config.domain_count = 0;
	directory_free(directory);
	directory = directory_new(&f.config, store, trust);
	assert_int_equal(domains(), 2);
	f.config.domain_count = 1;
	f.domain.level = (struct setting_level){0};
	directory_free(directory);
	directory = directory_new(&f.config, store, trust);
}

/* A directory that knows nothing yet, after the configuration changed. */
static void
forget(void)
{
	directory_free(directory);
	directory = directory_new(&f.config, store, trust);
}

/* --- rules for recipients --- */

static struct directory_rule *
rule(const char *address)
{
	struct directory_view view = look(fixture_now());
	struct directory_rule *found;

	MUST(directory_find_rule(&view, address, &found, &err));
	return found;
}

#define ANY	"*.example.edu"
#define ANY_SUB "*.sub.example.edu"

/* From the shortest pattern to the address, each level over the ones before
 * it; nobody is asked about a name that is not his. */
static void
test_rules(void **state)
{
	static const struct gateway_recipient domains[] = {
	    {.name = "example.org", .level.form = FORM_OPAQUE},
	    {.name = ANY_SUB,
		.level = {.encrypt = RECEIVE_NEVER,
		    .transport = TRANSPORT_OAEP},
		.domain_certificate = ""},
	    {.name = ANY,
		.level = {.encrypt = RECEIVE_REQUIRED,
		    .cipher = CIPHER_AES128_CBC,
		    .transport = TRANSPORT_PKCS1},
		.domain_certificate = "gw@example.edu"},
	    {.name = "example.edu", .level.form = FORM_OPAQUE},
	    {.name = "*.edu", .level.unchecked = UNCHECKED_REFUSE}};
	static const struct gateway_recipient addresses[] = {
	    {.name = "bob@a.example.edu",
		.level.encrypt = RECEIVE_AS_SENDER,
		.domain_certificate = "bobs@example.edu"}};
	static const struct {
		const char *address;
		struct recipient_level level;
		const char *domain_certificate;
	} rows[] = {
	    {"bob@example.info", {.certificates = CERTIFICATES_NEWEST}, NULL},
	    {"anna@example.org",
		{.certificates = CERTIFICATES_NEWEST, .form = FORM_OPAQUE},
		NULL},
	    {"bob@xexample.org", {.certificates = CERTIFICATES_NEWEST}, NULL},
	    /* A domain is not below itself. */
	    {"bob@example.edu",
		{.certificates = CERTIFICATES_NEWEST,
		    .form = FORM_OPAQUE,
		    .unchecked = UNCHECKED_REFUSE},
		NULL},
	    {"bob@edu", {.certificates = CERTIFICATES_NEWEST}, NULL},
	    {"eve@a.example.edu",
		{.certificates = CERTIFICATES_NEWEST,
		    .encrypt = RECEIVE_REQUIRED,
		    .cipher = CIPHER_AES128_CBC,
		    .transport = TRANSPORT_PKCS1,
		    .unchecked = UNCHECKED_REFUSE},
		"gw@example.edu"},
	    {"bob@a.example.edu",
		{.certificates = CERTIFICATES_NEWEST,
		    .encrypt = RECEIVE_AS_SENDER,
		    .cipher = CIPHER_AES128_CBC,
		    .transport = TRANSPORT_PKCS1,
		    .unchecked = UNCHECKED_REFUSE},
		"bobs@example.edu"},
	    {"bob@sub.example.edu",
		{.certificates = CERTIFICATES_NEWEST,
		    .encrypt = RECEIVE_REQUIRED,
		    .cipher = CIPHER_AES128_CBC,
		    .transport = TRANSPORT_PKCS1,
		    .unchecked = UNCHECKED_REFUSE},
		"gw@example.edu"},
	    {"bob@x.y.sub.example.edu",
		{.certificates = CERTIFICATES_NEWEST,
		    .encrypt = RECEIVE_NEVER,
		    .cipher = CIPHER_AES128_CBC,
		    .transport = TRANSPORT_OAEP,
		    .unchecked = UNCHECKED_REFUSE},
		NULL},
	};

	(void)state;
	f.config.recipient_defaults.certificates = CERTIFICATES_NEWEST;
	f.config.recipient_domains = domains;
	f.config.recipient_domain_count = 5;
	f.config.recipients = addresses;
	f.config.recipient_count = 1;
	forget();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recipient_level wanted = policy_recipient_builtin;
		struct directory_rule *r = rule(rows[i].address);

		policy_recipient_override(&wanted, &rows[i].level);
		if (memcmp(&r->level, &wanted, sizeof(wanted)) != 0)
			fail_msg("level of %s", rows[i].address);
		if (rows[i].domain_certificate)
			assert_string_equal(
			    r->domain_certificate, rows[i].domain_certificate);
		else
			assert_null(r->domain_certificate);
		directory_rule_unref(&r);
		assert_null(r);
	}
	f.config.recipient_defaults = (struct recipient_level){0};
	f.config.recipient_domain_count = f.config.recipient_count = 0;
	forget();
}

static void
store_rule(const char *name, struct recipient_level level,
    const char *domain_certificate)
{
	struct store_recipient r = {.name = xstrdup(name),
	    .level = level,
	    .domain_certificate = xstrdup(domain_certificate)};

	MUST(store_recipient_put(store, &r, &err));
	store_recipient_fini(&r);
}

static bool
demands(void)
{
	struct directory_view view = look(fixture_now());
	bool any;

	MUST(directory_demands(&view, &any, &err));
	return any;
}

/* In the file, in the store, or nowhere; noticed when that changes. */
static void
test_demands(void **state)
{
	static const struct recipient_level asks = {
	    .inbound_signature = DEMAND_REQUIRED};
	static const struct gateway_recipient rules[] = {
	    {.name = "example.net", .level.inbound_action = UNMET_REFUSE},
	    {.name = "example.com", .level.inbound_level = ASSURANCE_MAILBOX}};

	(void)state;
	forget();
	assert_false(demands());
	f.config.recipient_domains = f.config.recipients = rules;
	f.config.recipient_domain_count = f.config.recipient_count = 1;
	forget();
	assert_false(demands());
	f.config.recipient_domain_count = 2;
	forget();
	assert_true(demands());
	f.config.recipient_domain_count = 1;
	f.config.recipient_count = 2;
	forget();
	assert_true(demands());
	f.config.recipient_count = f.config.recipient_domain_count = 0;
	f.config.recipient_defaults = asks;
	forget();
	assert_true(demands());
	f.config.recipient_defaults = (struct recipient_level){0};
	forget();
	assert_false(demands());
	store_rule("example.edu", asks, "");
	assert_true(demands());
	MUST(store_recipient_remove(store, "example.edu", &err));
	assert_false(demands());
}

/* The store comes behind the file at each level, but not before a more
 * specific one; and is noticed when it changes. */
static void
test_stored_rules(void **state)
{
	static const struct gateway_recipient domains[] = {
	    {.name = ANY,
		.level.encrypt = RECEIVE_IF_POSSIBLE,
		.domain_certificate = "gw@example.edu"},
	    {.name = "a.example.edu", .level.cipher = CIPHER_AES256_GCM}};
	struct directory_rule *r;

	(void)state;
	f.config.recipient_domains = domains;
	f.config.recipient_domain_count = 2;
	forget();
	r = rule("bob@a.example.edu");
	assert_int_equal(r->level.encrypt, RECEIVE_IF_POSSIBLE);
	assert_int_equal(r->level.cipher, CIPHER_AES256_GCM);
	directory_rule_unref(&r);
	store_rule(ANY,
	    (struct recipient_level){
		.encrypt = RECEIVE_REQUIRED, .cipher = CIPHER_AES128_GCM},
	    "");
	r = rule("bob@a.example.edu");
	assert_int_equal(r->level.encrypt, RECEIVE_REQUIRED);
	assert_int_equal(r->level.cipher, CIPHER_AES256_GCM);
	assert_string_equal(r->domain_certificate, "gw@example.edu");
	directory_rule_unref(&r);
	store_rule("a.example.edu",
	    (struct recipient_level){.form = FORM_OPAQUE}, "none");
	store_rule("bob@a.example.edu",
	    (struct recipient_level){.encrypt = RECEIVE_NEVER}, "");
	r = rule("bob@a.example.edu");
	assert_int_equal(r->level.encrypt, RECEIVE_NEVER);
	assert_int_equal(r->level.form, FORM_OPAQUE);
	assert_null(r->domain_certificate);
	directory_rule_unref(&r);
	MUST(store_recipient_remove(store, "bob@a.example.edu", &err));
	MUST(store_recipient_remove(store, "a.example.edu", &err));
	MUST(store_recipient_remove(store, ANY, &err));
	f.config.recipient_domain_count = 0;
	forget();
}

/* --- escrow --- */

static void
check_escrow(const char *address, const char *wanted)
{
	struct directory_view view;
	struct directory_sender *s;
	char text[256] = "";

	forget();
	view = look(fixture_now());
	MUST(directory_find_sender(&view, address, &s, &err));
	assert_false(s->escrow.malformed);
	for (size_t i = 0; i < s->escrow.count; i++) {
		strcat(text, s->escrow.addresses[i]);
		strcat(text, " ");
	}
	assert_string_equal(text, wanted);
	directory_sender_unref(&s);
}

static void
store_escrow(const char *escrow)
{
	struct store_domain domain = {
	    .name = xstrdup("example.org"), .escrow = xstrdup(escrow)};

	MUST(store_domain_set(store, &domain, &err));
	store_domain_fini(&domain);
}

static void
test_escrow(void **state)
{
	static const char *const all[] = {"all@example.com"};
	static const char *const ours[] = {"a@example.org", "b@example.com"};

	(void)state;
	check_escrow("a@example.org", "");
	f.config.escrow = all;
	f.config.escrow_count = 1;
	check_escrow("a@example.org", "all@example.com ");
	f.domain.escrow = ours;
	f.domain.escrow_count = 2;
	check_escrow("a@example.org", "a@example.org b@example.com ");
	f.domain.escrow_count = 0; /* nobody */
	check_escrow("a@example.org", "");
	store_escrow("c@example.com,d@example.com");
	check_escrow("a@example.org", "c@example.com d@example.com ");
	store_escrow("none");
	f.domain.escrow_count = 2;
	check_escrow("a@example.org", "");
	store_escrow("");
	check_escrow("a@example.org", "a@example.org b@example.com ");
	f.domain.escrow = NULL;
	f.domain.escrow_count = f.config.escrow_count = 0;
	forget();
}

/* --- disclaimers --- */

static void
check_disclaimer(const char *address, const char *wanted)
{
	struct directory_view view;
	struct directory_sender *s;

	forget();
	view = look(fixture_now());
	MUST(directory_find_sender(&view, address, &s, &err));
	assert_string_equal(s->disclaimer, wanted);
	directory_sender_unref(&s);
}

static void
store_disclaimer(const char *disclaimer)
{
	struct store_domain domain = {
	    .name = xstrdup("example.org"), .disclaimer = xstrdup(disclaimer)};

	MUST(store_domain_set(store, &domain, &err));
	store_domain_fini(&domain);
}

static void
test_disclaimer(void **state)
{
	(void)state;
	check_disclaimer("a@example.org", "");
	f.config.disclaimer = "all";
	check_disclaimer("a@example.org", "all");
	f.domain.disclaimer = "";
	check_disclaimer("a@example.org", "");
	store_disclaimer("stored");
	check_disclaimer("a@example.org", "stored");
	store_disclaimer("none");
	f.domain.disclaimer = "ours";
	check_disclaimer("a@example.org", "");
	store_disclaimer("");
	check_disclaimer("a@example.org", "ours");
	f.domain.disclaimer = f.config.disclaimer = NULL;
	forget();
}

/* A name that somebody else asked for is not asked for again, until the
 * store changes. */
static void
test_kept_until_the_store_changes(void **state)
{
	char com[] = "example.com";
	struct store_domain domain = {.name = com};
	struct directory_view view = look(fixture_now()), later;
	struct directory_domain *first, *second;

	(void)state;
	MUST(directory_find_domain(&view, com, &first, &err));
	MUST(directory_find_domain(&view, com, &second, &err));
	assert_ptr_equal(first, second);
	directory_domain_unref(&second);
	MUST(store_domain_add(store, &domain, &err));
	/* This message goes on with what it saw. */
	MUST(directory_find_domain(&view, com, &second, &err));
	assert_ptr_equal(first, second);
	directory_domain_unref(&second);
	later = look(fixture_now());
	assert_true(later.generation != view.generation);
	MUST(directory_find_domain(&later, com, &second, &err));
	assert_true(second->is_own);
	assert_false(first->is_own);
	directory_domain_unref(&second);
	directory_domain_unref(&first);
}

/* What is believed for a second is not asked for; what must be exact is. */
static void
test_age_of_the_view(void **state)
{
	char info[] = "example.info";
	struct store_domain domain = {.name = info};
	struct directory_view view = look(fixture_now()), other;

	(void)state;
	MUST(store_domain_add(store, &domain, &err));
	MUST(directory_look(directory, 60000, fixture_now(), &other, &err));
	assert_true(other.generation == view.generation);
	MUST(directory_look(directory, 0, fixture_now(), &other, &err));
	assert_true(other.generation != view.generation);
}

/* --- senders --- */

static struct directory_sender *
sender(const char *address, time_t now)
{
	struct directory_view view = look(now);
	struct directory_sender *s;

	MUST(directory_find_sender(&view, address, &s, &err));
	if (s->state == IDENTITY_READY)
		assert_non_null(s->identity);
	else
		assert_null(s->identity);
	return s;
}

static void
check_state(const char *address, enum identity_state state)
{
	struct directory_sender *s = sender(address, fixture_now());

	assert_int_equal(s->state, state);
	directory_sender_unref(&s);
}

/* Gives the user one more certificate and looks at what it changes. */
static void
add_own(const char *address, const struct fixture_opts *opts,
    struct fixture_cert *out)
{
	fixture_leaf(out, &f.our_ca, opts);
	gateway_fixture_own(&f, address, out);
}

static void
test_identity_states(void **state)
{
	const char *who = "states@example.org";
	static const struct {
		struct fixture_opts opts;
		enum identity_state state;
	} rows[] = {
	    /* Each is nearer to signing than the one before. */
	    {{.usage = "critical,keyEncipherment",
		 .address = "states@example.org",
		 .key = "RSA-2048"},
		IDENTITY_WRONG_USAGE},
	    {{.address = "other@example.org"}, IDENTITY_WRONG_ADDRESS},
	    {{.address = "states@example.org",
		 .not_before = -9 * FIXTURE_DAY,
		 .not_after = -8 * FIXTURE_DAY},
		IDENTITY_EXPIRED},
	    {{.address = "states@example.org", .not_before = 8 * FIXTURE_DAY},
		IDENTITY_NOT_YET},
	    {{.address = "states@example.org"}, IDENTITY_READY},
	    /* And one more that cannot sign changes nothing. */
	    {{.address = "other@example.org"}, IDENTITY_READY},
	};
	struct directory_sender *s;
	struct fixture_cert cert;

	(void)state;
	check_state(who, IDENTITY_NO_USER);
	gateway_fixture_user(&f, who, SWITCH_INHERIT, ENCRYPT_INHERIT);
	check_state(who, IDENTITY_NO_CERTIFICATE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		add_own(who, &rows[i].opts, &cert);
		check_state(who, rows[i].state);
		/* And which one it is. */
		s = sender(who, fixture_now());
		if (rows[i].state == IDENTITY_READY)
			assert_null(s->problem);
		else
			assert_string_equal(s->problem->fingerprint_text,
			    cert.certificate->fingerprint_text);
		directory_sender_unref(&s);
		fixture_fini(&cert);
	}
}

static void
test_retired(void **state)
{
	char who[] = "retired@example.org", none[] = "";
	struct store_user user = {.address = who,
	    .first_name = none,
	    .last_name = none,
	    .level = {.encrypt = ENCRYPT_REQUIRED},
	    .state = STORE_USER_RETIRED};
	struct fixture_cert cert;
	struct directory_sender *s;

	(void)state;
	gateway_fixture_user(&f, who, SWITCH_INHERIT, ENCRYPT_INHERIT);
	add_own(who, &(struct fixture_opts){.address = who}, &cert);
	check_state(who, IDENTITY_READY);
	MUST(store_user_set(store, &user, &err));
	s = sender(who, fixture_now());
	assert_int_equal(s->state, IDENTITY_RETIRED);
	assert_int_equal(s->level.encrypt, ENCRYPT_REQUIRED);
	directory_sender_unref(&s);
	fixture_fini(&cert);
}

/* The newest certificate that is valid signs; the moment at which another
 * one takes over is not missed, though nothing in the store changes. */
static void
test_renewal(void **state)
{
	const char *who = "renewal@example.org";
	const time_t now = fixture_now();
	struct fixture_cert old, next;
	struct directory_sender *s;

	(void)state;
	gateway_fixture_user(&f, who, SWITCH_INHERIT, ENCRYPT_INHERIT);
	add_own(who,
	    &(struct fixture_opts){.address = who,
		.not_before = -9 * FIXTURE_DAY,
		.not_after = 100},
	    &old);
	add_own(who, &(struct fixture_opts){.address = who, .not_before = 30},
	    &next);
	s = sender(who, now);
	assert_string_equal(
	    smime_identity_certificate(s->identity)->fingerprint_text,
	    old.certificate->fingerprint_text);
	assert_int_equal(s->entry.until, now + 30);
	directory_sender_unref(&s);
	s = sender(who, now + 29);
	assert_string_equal(
	    smime_identity_certificate(s->identity)->fingerprint_text,
	    old.certificate->fingerprint_text);
	directory_sender_unref(&s);
	s = sender(who, now + 30);
	assert_string_equal(
	    smime_identity_certificate(s->identity)->fingerprint_text,
	    next.certificate->fingerprint_text);
	directory_sender_unref(&s);
	fixture_fini(&next);
	fixture_fini(&old);
}

/* The newest whose key is of the kind that is asked for; without one, the
 * newest of all, and each as its key does by default. */
static void
test_algorithms(void **state)
{
	const char *who = "kinds@example.org";
	static const char *const keys[] = {
	    "RSA-2048", "P-256", "P-384", "RSA-2048", "ED25519"};
	static const struct {
		enum setting_algorithm wish;
		size_t taken;
		const char *algorithm;
	} rows[] = {
	    {ALGORITHM_INHERIT, 4, "ed25519"},
	    {ALGORITHM_ANY, 4, "ed25519"},
	    {ALGORITHM_RSA, 3, "rsa-sha256"},
	    {ALGORITHM_RSA_PSS, 3, "rsa-pss-sha256"},
	    {ALGORITHM_ECDSA_P256, 1, "ecdsa-p256-sha256"},
	    {ALGORITHM_ECDSA_P384, 2, "ecdsa-p384-sha384"},
	    {ALGORITHM_ECDSA_P521, 4, "ed25519"},
	    {ALGORITHM_ED25519, 4, "ed25519"},
	};
	struct fixture_cert certs[5];
	struct directory_sender *s;

	(void)state;
	gateway_fixture_user(&f, who, SWITCH_INHERIT, ENCRYPT_INHERIT);
	for (size_t i = 0; i < 5; i++)
		add_own(who,
		    &(struct fixture_opts){.address = who,
			.key = keys[i],
			.not_before = -9 * FIXTURE_DAY + (long)i},
		    &certs[i]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		f.domain.level.algorithm = rows[i].wish;
		/* a new generation */
		gateway_fixture_user(&f, who, SWITCH_INHERIT, ENCRYPT_INHERIT);
		s = sender(who, fixture_now());
		assert_string_equal(
		    smime_identity_certificate(s->identity)->fingerprint_text,
		    certs[rows[i].taken].certificate->fingerprint_text);
		assert_string_equal(
		    smime_identity_algorithm(s->identity), rows[i].algorithm);
		assert_null(s->problem);
		directory_sender_unref(&s);
	}
	f.domain.level.algorithm = ALGORITHM_INHERIT;
	for (size_t i = 0; i < 5; i++)
		fixture_fini(&certs[i]);
}

/* A key of the right kind that has expired is none. */
static void
test_algorithm_expires(void **state)
{
	const char *who = "kind@example.org";
	const time_t now = fixture_now();
	struct directory_sender *s;
	struct fixture_cert rsa, ec;

	(void)state;
	f.domain.level.algorithm = ALGORITHM_RSA;
	gateway_fixture_user(&f, who, SWITCH_INHERIT, ENCRYPT_INHERIT);
	add_own(who,
	    &(struct fixture_opts){.address = who,
		.key = "RSA-2048",
		.not_before = -9 * FIXTURE_DAY,
		.not_after = 30},
	    &rsa);
	add_own(who, &(struct fixture_opts){.address = who}, &ec);
	s = sender(who, now + 30);
	assert_string_equal(
	    smime_identity_algorithm(s->identity), "rsa-sha256");
	directory_sender_unref(&s);
	s = sender(who, now + 31);
	assert_string_equal(
	    smime_identity_algorithm(s->identity), "ecdsa-p256-sha256");
	assert_null(s->problem);
	directory_sender_unref(&s);
	f.domain.level.algorithm = ALGORITHM_INHERIT;
	fixture_fini(&ec);
	fixture_fini(&rsa);
}

static void
test_expiry(void **state)
{
	const char *who = "expiry@example.org";
	const time_t now = fixture_now();
	struct fixture_cert cert;
	struct directory_sender *s;

	(void)state;
	gateway_fixture_user(&f, who, SWITCH_INHERIT, ENCRYPT_INHERIT);
	add_own(who, &(struct fixture_opts){.address = who, .not_after = 20},
	    &cert);
	s = sender(who, now + 20);
	assert_int_equal(s->state, IDENTITY_READY);
	directory_sender_unref(&s);
	s = sender(who, now + 21);
	assert_int_equal(s->state, IDENTITY_EXPIRED);
	directory_sender_unref(&s);
	fixture_fini(&cert);
}

#define LEVEL(s, e)                                                            \
	{                                                                      \
		.sign = SWITCH_##s, .encrypt = ENCRYPT_##e                     \
	}

static void
test_inheritance(void **state)
{
	static const struct {
		struct setting_level defaults, domain, user, effective;
	} rows[] = {
	    {LEVEL(INHERIT, INHERIT), LEVEL(INHERIT, INHERIT),
		LEVEL(INHERIT, INHERIT), LEVEL(ON, OFF)},
	    {LEVEL(OFF, REQUIRED), LEVEL(INHERIT, INHERIT),
		LEVEL(INHERIT, INHERIT), LEVEL(OFF, REQUIRED)},
	    {LEVEL(OFF, REQUIRED), LEVEL(ON, INHERIT), LEVEL(INHERIT, OFF),
		LEVEL(ON, OFF)},
	    {LEVEL(INHERIT, INHERIT), LEVEL(ON, IF_POSSIBLE),
		LEVEL(OFF, INHERIT), LEVEL(OFF, IF_POSSIBLE)},
	};
	char name[] = "example.org";
	struct store_domain plain = {.name = name};

	(void)state;
	MUST(store_domain_set(store, &plain, &err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct directory_sender *s;

		f.config.defaults = rows[i].defaults;
		f.domain.level = rows[i].domain;
		gateway_fixture_user(&f, "heir@example.org", rows[i].user.sign,
		    rows[i].user.encrypt);
		s = sender("heir@example.org", fixture_now());
		assert_int_equal(s->level.sign, rows[i].effective.sign);
		assert_int_equal(s->level.encrypt, rows[i].effective.encrypt);
		directory_sender_unref(&s);
	}
	f.config.defaults = f.domain.level = (struct setting_level){0};
}

/* --- recipients --- */

static struct directory_recipient *
recipient(const char *address, time_t now)
{
	struct directory_view view = look(now);
	struct directory_recipient *r;

	MUST(directory_find_recipient(&view, address, &r, &err));
	return r;
}

static void
test_recipients(void **state)
{
	const char *who = "bob@example.com";
	const time_t now = fixture_now();
	struct fixture_cert first, second;
	struct directory_recipient *r;

	(void)state;
	r = recipient(who, now);
	assert_int_equal(r->choice.taken, 0);
	assert_int_equal(r->choice.word, CERT_PICK_NONE);
	directory_recipient_unref(&r);
	fixture_leaf(&first, &f.their_ca,
	    &(struct fixture_opts){.address = who, .not_after = 40});
	gateway_fixture_partner(&f, who, &first, STORE_TRUST_HARVESTED);
	r = recipient(who, now);
	assert_int_equal(r->choice.taken, 1);
	assert_int_equal(r->entry.until, now + 41);
	directory_recipient_unref(&r);
	/* Its end is noticed by itself. */
	r = recipient(who, now + 41);
	assert_int_equal(r->choice.taken, 0);
	assert_int_equal(r->choice.word, CERT_PICK_EXPIRED);
	directory_recipient_unref(&r);
	/* Several devices. */
	fixture_leaf(
	    &second, &f.their_ca, &(struct fixture_opts){.address = who});
	gateway_fixture_partner(&f, who, &second, STORE_TRUST_HARVESTED);
	r = recipient(who, now);
	assert_int_equal(r->choice.taken, 2);
	directory_recipient_unref(&r);
	fixture_fini(&second);
	fixture_fini(&first);
}

static void
test_believed_a_minute(void **state)
{
	const time_t now = fixture_now();
	struct directory_recipient *first, *second;

	(void)state;
	first = recipient("minute@example.com", now);
	second = recipient("minute@example.com", now + LIMIT_CACHE_SECONDS - 1);
	assert_ptr_equal(first, second);
	directory_recipient_unref(&second);
	second = recipient("minute@example.com", now + LIMIT_CACHE_SECONDS);
	assert_ptr_not_equal(first, second);
	directory_recipient_unref(&second);
	directory_recipient_unref(&first);
}

/* Names of strangers push each other out, not the memory up. */
static void
test_bounded(void **state)
{
	struct directory_view view = look(fixture_now());
	struct directory_domain *domain;
	char name[64];

	(void)state;
	for (unsigned i = 0; i < LIMIT_CACHED_DOMAINS + 100; i++) {
		snprintf(name, sizeof(name), "d%u.example.com", i);
		MUST(directory_find_domain(&view, name, &domain, &err));
		assert_false(domain->is_own);
		directory_domain_unref(&domain);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_domains),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_demands),
	    cmocka_unit_test(test_stored_rules),
	    cmocka_unit_test(test_escrow),
	    cmocka_unit_test(test_disclaimer),
	    cmocka_unit_test(test_kept_until_the_store_changes),
	    cmocka_unit_test(test_age_of_the_view),
	    cmocka_unit_test(test_identity_states),
	    cmocka_unit_test(test_retired),
	    cmocka_unit_test(test_renewal),
	    cmocka_unit_test(test_algorithms),
	    cmocka_unit_test(test_algorithm_expires),
	    cmocka_unit_test(test_expiry),
	    cmocka_unit_test(test_inheritance),
	    cmocka_unit_test(test_recipients),
	    cmocka_unit_test(test_believed_a_minute),
	    cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
