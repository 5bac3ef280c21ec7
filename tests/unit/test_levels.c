/* Which levels speak of an address: in the right order, and no others. */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/store.h"
#include "db/sqlite.h"
#include "gateway/levels.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"
#include "unit/store_case.h"

/* What was met, as text: "builtin(nobody) defaults file:example.org ...". */
struct met {
	char text[1024];
};

static void
note(struct met *met, const struct level_source *source)
{
	static const char *const places[] = {
	    [LEVEL_BUILTIN] = "builtin",
	    [LEVEL_DEFAULTS] = "defaults",
	    [LEVEL_FILE] = "file:",
	    [LEVEL_STORE] = "store:",
	};

	if (met->text[0])
		strcat(met->text, " ");
	strcat(met->text, places[source->place]);
	strcat(met->text, source->name);
}

static void
meet_sender(const struct sender_rule *rule, void *arg)
{
	struct met *met = arg;

	note(met, &rule->source);
	if (rule->user)
		strcat(met->text, "(user)");
	if (rule->escrow && rule->escrow_count == 0)
		strcat(met->text, "(nobody)");
	for (size_t i = 0; i < rule->escrow_count; i++) {
		strcat(met->text, i > 0 ? "," : "=");
		strcat(met->text, rule->escrow[i]);
	}
}

/* Who speaks of the disclaimer, and what. */
static void
meet_disclaimer(const struct sender_rule *rule, void *arg)
{
	struct met *met = arg;

	if (!rule->disclaimer)
		return;
	note(met, &rule->source);
	strcat(met->text, "=");
	strcat(met->text, rule->disclaimer);
}

static void
meet_recipient(const struct recipient_rule *rule, void *arg)
{
	struct met *met = arg;

	note(met, &rule->source);
	if (rule->domain_certificate) {
		strcat(met->text, "=");
		strcat(met->text, rule->domain_certificate);
	}
}

static void
sender_is(const struct gateway_config *config, const char *address,
    const char *expected)
{
	const struct levels levels = {config, store};
	struct met met = {""};

	MUST(levels_of_sender(&levels, address, meet_sender, &met, &err));
	assert_string_equal(met.text, expected);
}

static void
domain_is(
    const struct gateway_config *config, const char *name, const char *expected)
{
	const struct levels levels = {config, store};
	struct met met = {""};

	MUST(levels_of_domain(&levels, name, meet_sender, &met, &err));
	assert_string_equal(met.text, expected);
}

static void
recipient_is(
    const struct gateway_config *config, const char *name, const char *expected)
{
	const struct levels levels = {config, store};
	struct met met = {""};

	MUST(levels_of_recipient(&levels, name, meet_recipient, &met, &err));
	assert_string_equal(met.text, expected);
}

static void
store_domain_of(const char *name, const char *escrow)
{
	struct store_domain d = {0};

	d.name = xstrdup(name);
	d.escrow = xstrdup(escrow);
	MUST(store_domain_add(store, &d, &err));
	store_domain_fini(&d);
}

static void
store_user_of(const char *address)
{
	struct store_user u = {0};

	u.address = xstrdup(address);
	MUST(store_user_add(store, &u, &err));
	store_user_fini(&u);
}

static void
store_rule_of(const char *name, const char *certificate)
{
	struct store_recipient r = {0};

	r.name = xstrdup(name);
	r.domain_certificate = xstrdup(certificate);
	MUST(store_recipient_put(store, &r, &err));
	store_recipient_fini(&r);
}

static void
test_sender(void **state)
{
	static const char *const all[] = {"law@example.org"};
	static const char *const some[] = {"a@example.org", "b@example.org"};
	const struct gateway_domain domains[] = {
	    {.name = "example.org", .escrow = some, .escrow_count = 2},
	    {.name = "example.com"}};
	const struct gateway_config nothing = {.domains = NULL};
	const struct gateway_config config = {.domains = domains,
	    .domain_count = 2,
	    .escrow = all,
	    .escrow_count = 1};

	(void)state;
	sender_is(&nothing, "alice@example.org", "builtin(nobody) defaults");
	domain_is(&nothing, "example.org", "");
	sender_is(&config, "alice@example.org",
	    "builtin(nobody) defaults=law@example.org "
	    "file:example.org=a@example.org,b@example.org");
	domain_is(&config, "example.com", "file:example.com");
	store_domain_of("example.org", "c@example.org,d@example.net");
	store_domain_of("example.com", "none");
	store_domain_of("example.net", "");
	store_user_of("alice@example.org");
	store_user_of("bob@example.net");
	sender_is(&config, "alice@example.org",
	    "builtin(nobody) defaults=law@example.org "
	    "file:example.org=a@example.org,b@example.org "
	    "store:example.org=c@example.org,d@example.net "
	    "store:alice@example.org(user)");
	sender_is(&config, "nobody@example.com",
	    "builtin(nobody) defaults=law@example.org file:example.com "
	    "store:example.com(nobody)");
	sender_is(&nothing, "bob@example.net",
	    "builtin(nobody) defaults store:example.net "
	    "store:bob@example.net(user)");
	sender_is(
	    &nothing, "alice@sub.example.org", "builtin(nobody) defaults");
	sender_is(&nothing, "example.net",
	    "builtin(nobody) defaults store:example.net");
	domain_is(&config, "example.org",
	    "file:example.org=a@example.org,b@example.org "
	    "store:example.org=c@example.org,d@example.net");
}

static void
disclaimer_is(const struct gateway_config *config, const char *address,
    const char *expected)
{
	const struct levels levels = {config, store};
	struct met met = {""};

	MUST(levels_of_sender(&levels, address, meet_disclaimer, &met, &err));
	assert_string_equal(met.text, expected);
}

static void
store_disclaimers_of(const char *of_domain, const char *of_user)
{
	struct store_domain d = {0};
	struct store_user u = {0};

	d.name = xstrdup("example.org");
	d.disclaimer = xstrdup(of_domain);
	u.address = xstrdup("alice@example.org");
	u.disclaimer = xstrdup(of_user);
	MUST(store_domain_set(store, &d, &err));
	MUST(store_user_set(store, &u, &err));
	store_user_fini(&u);
	store_domain_fini(&d);
}

/* "None" of a level is not the same as its silence. */
static void
test_disclaimer(void **state)
{
	const struct gateway_domain domains[] = {
	    {.name = "example.org", .disclaimer = "file"},
	    {.name = "example.com", .disclaimer = ""}, {.name = "example.net"}};
	const struct gateway_config nothing = {.domains = NULL};
	const struct gateway_config config = {
	    .domains = domains, .domain_count = 3, .disclaimer = "all"};

	(void)state;
	disclaimer_is(&nothing, "alice@example.org", "builtin=");
	disclaimer_is(&config, "bob@example.net", "builtin= defaults=all");
	disclaimer_is(&config, "bob@example.com",
	    "builtin= defaults=all file:example.com=");
	store_domain_of("example.org", "");
	store_user_of("alice@example.org");
	disclaimer_is(&config, "alice@example.org",
	    "builtin= defaults=all file:example.org=file");
	store_disclaimers_of("stored", "none");
	disclaimer_is(&config, "alice@example.org",
	    "builtin= defaults=all file:example.org=file "
	    "store:example.org=stored store:alice@example.org=");
	store_disclaimers_of("none", "own");
	disclaimer_is(&nothing, "alice@example.org",
	    "builtin= store:example.org= store:alice@example.org=own");
	disclaimer_is(
	    &nothing, "bob@example.org", "builtin= store:example.org=");
}

static void
test_recipient(void **state)
{
	const struct gateway_recipient domains[] = {
	    {.name = "mail.example.net"},
	    {.name = "*.example.net", .domain_certificate = "gw@example.net"},
	    {.name = "example.net"},
	    {.name = "*.net"},
	};
	const struct gateway_recipient addresses[] = {
	    {.name = "bob@mail.example.net", .domain_certificate = ""}};
	const struct gateway_config nothing = {.domains = NULL};
	const struct gateway_config config = {.recipient_domains = domains,
	    .recipient_domain_count = 4,
	    .recipients = addresses,
	    .recipient_count = 1};

	(void)state;
	recipient_is(&nothing, "bob@mail.example.net", "builtin= defaults");
	recipient_is(&config, "bob@mail.example.net",
	    "builtin= defaults file:*.net file:*.example.net=gw@example.net "
	    "file:mail.example.net file:bob@mail.example.net=");
	recipient_is(&config, "mail.example.net",
	    "builtin= defaults file:*.net file:*.example.net=gw@example.net "
	    "file:mail.example.net");
	/* A pattern is for what is below it. */
	recipient_is(&config, "bob@example.net",
	    "builtin= defaults file:*.net file:example.net");
	recipient_is(&config, "bob@net", "builtin= defaults");
	recipient_is(
	    &config, "bob@notexample.net", "builtin= defaults file:*.net");
	store_rule_of("*.example.net", "none");
	store_rule_of("mail.example.net", "");
	store_rule_of("bob@mail.example.net", "x@example.net");
	recipient_is(&config, "bob@mail.example.net",
	    "builtin= defaults file:*.net file:*.example.net=gw@example.net "
	    "store:*.example.net= file:mail.example.net store:mail.example.net "
	    "file:bob@mail.example.net= "
	    "store:bob@mail.example.net=x@example.net");
	recipient_is(&config, "*.example.net",
	    "builtin= defaults file:*.net file:*.example.net=gw@example.net "
	    "store:*.example.net=");
	recipient_is(&nothing, "eve@deep.mail.example.net",
	    "builtin= defaults store:*.example.net=");
	recipient_is(
	    &nothing, "\"*.example.net\"@example.com", "builtin= defaults");
}

/* A domain may have as many labels as fit. */
static void
test_many_labels(void **state)
{
	const struct gateway_config nothing = {.domains = NULL};
	char name[256] = "x@";

	(void)state;
	while (strlen(name) < 250)
		strcat(name, "a.");
	strcat(name, "net");
	store_rule_of("*.a.net", "");
	recipient_is(&nothing, name, "builtin= defaults store:*.a.net");
}

/* As another program would; the store's own connections are closed meanwhile
 * (db/sqlite.h). */
static void
spoil(const char *sql)
{
	struct sqlite_pool *pool;
	struct sqlite *db;

	store_close(store);
	MUST(sqlite_pool_open(scene.path, &pool, &err));
	MUST(sqlite_write(pool, SQLITE_PROMISE_KEPT, &db, &err));
	MUST(sqlite_script(db, sql, &err));
	MUST(sqlite_commit(db, &err));
	sqlite_release(&db);
	sqlite_pool_close(pool);
	MUST(store_open(scene.uri, &store, &err));
}

/* A row that cannot be read is an error, not one that says nothing. */
static void
test_bad_rows(void **state)
{
	const struct gateway_config nothing = {.domains = NULL};
	struct levels levels = {&nothing, NULL};
	struct met met = {""};
	struct err why;

	(void)state;
	store_domain_of("example.org", "");
	store_user_of("alice@example.org");
	store_rule_of("*.net", "");
	spoil("UPDATE users SET mixed = 'perhaps'");
	levels.store = store;
	assert_int_equal(levels_of_sender(&levels, "alice@example.org",
			     meet_sender, &met, &why),
	    -1);
	assert_int_equal(why.class, ERR_PERMANENT);
	spoil("UPDATE domains SET mode = 'perhaps'");
	levels.store = store;
	assert_int_equal(
	    levels_of_domain(&levels, "example.org", meet_sender, &met, &why),
	    -1);
	spoil("UPDATE recipients SET encrypt = 'perhaps'");
	levels.store = store;
	assert_int_equal(levels_of_recipient(&levels, "bob@example.net",
			     meet_recipient, &met, &why),
	    -1);
	assert_null(strstr(met.text, "store:alice"));
	assert_null(strstr(met.text, "store:*"));
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    test, store_case_setup, store_case_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_sender),
	    CASE(test_disclaimer),
	    CASE(test_recipient),
	    CASE(test_many_labels),
	    CASE(test_bad_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
