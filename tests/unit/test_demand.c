/* What is asked of who stands in From, however it is written. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/demand.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

static struct gateway_fixture f;
static struct store *store;
static struct trust *trust;
static struct directory *directory;

static const struct gateway_recipient domains[] = {
    {.name = "example.net",
	.level = {.inbound_signature = DEMAND_REQUIRED,
	    .inbound_action = UNMET_MARK}},
    {.name = "*.example.net", .level.inbound_level = ASSURANCE_SPONSOR},
};
static const struct gateway_recipient addresses[] = {
    {.name = "lax@example.net", .level.inbound_signature = DEMAND_ANY},
};

static int
set_up(void **state)
{
	struct store_recipient stored = {.name = xstrdup("example.com"),
	    .level = {.inbound_encryption = DEMAND_REQUIRED,
		.inbound_action = UNMET_REFUSE}};

	(void)state;
	gateway_fixture_start(&f);
	f.config.recipient_domains = domains;
	f.config.recipient_domain_count = 2;
	f.config.recipients = addresses;
	f.config.recipient_count = 1;
	/* What would become of it, where something is asked. */
	f.config.recipient_defaults.inbound_action = UNMET_REFUSE;
	store = gateway_fixture_store(&f);
	MUST(store_recipient_put(store, &stored, &err));
	store_recipient_fini(&stored);
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

/* fields: the bodies of From fields, each on a line */
static struct recipient_level
asked(const char *fields)
{
	struct recipient_level demand;
	struct directory_view view;
	struct address_list from;

	address_list_init(&from);
	for (const char *at = fields; *at; at += strspn(at, "\n")) {
		size_t n = strcspn(at, "\n");

		address_list_add(
		    &from, (struct slice){(const unsigned char *)at, n});
		at += n;
	}
	MUST(directory_look(directory, 0, fixture_now(), &view, &err));
	MUST(demand_of(&view, &from, &demand, &err));
	address_list_fini(&from);
	return demand;
}

static void
test_from(void **state)
{
	static const struct recipient_level signature = {
	    .inbound_signature = DEMAND_REQUIRED,
	    .inbound_encryption = DEMAND_ANY,
	    .inbound_level = ASSURANCE_ANY,
	    .inbound_action = UNMET_MARK};
	static const struct recipient_level encryption = {
	    .inbound_signature = DEMAND_ANY,
	    .inbound_encryption = DEMAND_REQUIRED,
	    .inbound_level = ASSURANCE_ANY,
	    .inbound_action = UNMET_REFUSE};
	static const struct recipient_level both = {
	    .inbound_signature = DEMAND_REQUIRED,
	    .inbound_encryption = DEMAND_REQUIRED,
	    .inbound_level = ASSURANCE_ANY,
	    .inbound_action = UNMET_REFUSE};
	static const struct recipient_level level = {
	    .inbound_signature = DEMAND_ANY,
	    .inbound_encryption = DEMAND_ANY,
	    .inbound_level = ASSURANCE_SPONSOR,
	    .inbound_action = UNMET_REFUSE};
	static const struct recipient_level nothing;
	static const struct {
		const char *from;
		const struct recipient_level *asked;
	} rows[] = {
	    {"", &nothing},
	    {"eve@example.info", &nothing},
	    {"no address at all", &nothing},
	    {"bob@example.net", &signature},
	    {"Bob <BOB@Example.NET>", &signature},
	    {"bob@mail.example.net", &level},
	    {"bob@example.com", &encryption},
	    /* He is named beside his domain. */
	    {"lax@example.net", &nothing},
	    /* A name beside his takes nothing away, wherever it stands, and
	     * what would become of its own mail does not count. */
	    {"eve@example.info, bob@example.net", &signature},
	    {"bob@example.net, eve@example.info", &signature},
	    {"lax@example.net, bob@example.net", &signature},
	    {"eve@example.info\nbob@example.net", &signature},
	    {"bob@example.net\neve@example.info", &signature},
	    {"us: eve@example.info, bob@example.net;", &signature},
	    {"nonsense, bob@example.net", &signature},
	    /* The strictest of each. */
	    {"bob@example.net, bob@example.com", &both},
	    {"bob@example.com\nbob@example.net", &both},
	    /* A display name is nobody. */
	    {"\"bob@example.net\" <eve@example.info>", &nothing},
	    {"=?utf-8?q?bob=40example=2Enet?= <eve@example.info>", &nothing},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recipient_level demand = asked(rows[i].from);

		if (memcmp(&demand, rows[i].asked, sizeof(demand)) != 0)
			fail_msg("%s", rows[i].from);
	}
}

/* Nobody looks at more; so nobody hides behind them. */
static void
test_crowd(void **state)
{
	char text[(LIMIT_DEMAND_AUTHORS + 1) * 32] = "";
	struct recipient_level demand;

	(void)state;
	for (unsigned i = 0; i < LIMIT_DEMAND_AUTHORS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%seve%u@example.info", i > 0 ? "," : "", i);
	demand = asked(text);
	assert_int_equal(demand.inbound_signature, DEMAND_INHERIT);
	strcat(text, ",x@example.info");
	demand = asked(text);
	assert_int_equal(demand.inbound_signature, DEMAND_REQUIRED);
	assert_int_equal(demand.inbound_action, UNMET_REFUSE);
	/* Where nothing is asked of anybody they may be as many as they
	 * like. */
	f.config.recipient_domain_count = 0;
	MUST(store_recipient_remove(store, "example.com", &err));
	demand = asked(text);
	assert_int_equal(demand.inbound_signature, DEMAND_INHERIT);
}

/* A rule that is made asks from the next message on. */
static void
test_new_rule(void **state)
{
	struct store_recipient r = {.name = xstrdup("eve@example.info"),
	    .level.inbound_level = ASSURANCE_MAILBOX};
	struct recipient_level demand = asked(r.name);

	(void)state;
	assert_int_equal(demand.inbound_level, ASSURANCE_INHERIT);
	MUST(store_recipient_put(store, &r, &err));
	demand = asked(r.name);
	assert_int_equal(demand.inbound_level, ASSURANCE_MAILBOX);
	store_recipient_fini(&r);
}

/* The store is away: nobody knows, and out stays as it was. */
static void
test_store_away(void **state)
{
	struct recipient_level demand = {.form = FORM_OPAQUE};
	struct directory_view view;
	struct address_list from;
	struct err why = {0};

	(void)state;
	address_list_init(&from);
	address_list_add(&from, slice_text("new@example.com"));
	MUST(directory_look(directory, 0, fixture_now(), &view, &err));
	gateway_fixture_sql(&f, "DROP TABLE recipients");
	assert_int_equal(demand_of(&view, &from, &demand, &why), -1);
	assert_int_not_equal(why.class, ERR_NOT_FOUND);
	assert_int_equal(demand.form, FORM_OPAQUE);
	address_list_fini(&from);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_from),
	    cmocka_unit_test(test_crowd),
	    cmocka_unit_test(test_new_rule),
	    cmocka_unit_test(test_store_away),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
