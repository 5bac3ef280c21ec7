/*
 * Facts: what configuration and store say about a message that one of our
 * users sends, and whom its copies are encrypted to.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/gather.h"
#include "policy/decide.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

#define ALICE "alice@example.org"
#define CARLA "carla@example.org"
#define BOB   "bob@example.net"
#define EVE   "eve@example.net"

static struct gateway_fixture f;
static struct store *store;
static struct trust *trust;
static struct directory *directory;

/* example.org is served, and example.com, too. */
static struct gateway_domain served[] = {
    {.name = "example.org"}, {.name = "example.com"}};
#define ORG served[0]
#define COM served[1]

/* Rules as the file has them. */
static struct gateway_recipient rules[4];

static struct fixture_cert alice, carla, bob, bob_old, eve, gate;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	f.config.domains = served;
	f.config.domain_count = 2;
	store = gateway_fixture_store(&f);
	MUST(trust_load(&f.config.trust, &trust, &err));
	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){.address = ALICE, .key = "RSA-2048"});
	fixture_leaf(
	    &carla, &f.our_ca, &(struct fixture_opts){.address = CARLA});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){.address = BOB, .key = "RSA-2048"});
	fixture_leaf(&bob_old, &f.their_ca,
	    &(struct fixture_opts){.address = BOB,
		.key = "RSA-3072",
		.not_before = -9 * FIXTURE_DAY});
	fixture_leaf(&eve, &f.their_ca, &(struct fixture_opts){.address = EVE});
	fixture_leaf(&gate, &f.their_ca,
	    &(struct fixture_opts){.address = "gate@example.net"});
	gateway_fixture_user(&f, ALICE, SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, ALICE, &alice);
	gateway_fixture_user(&f, CARLA, SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, CARLA, &carla);
	gateway_fixture_partner(&f, BOB, &bob, STORE_TRUST_HARVESTED);
	gateway_fixture_partner(&f, BOB, &bob_old, STORE_TRUST_HARVESTED);
	gateway_fixture_partner(&f, EVE, &eve, STORE_TRUST_HARVESTED);
	gateway_fixture_partner(
	    &f, "gate@example.net", &gate, STORE_TRUST_HARVESTED);
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture_cert *const all[] = {
	    &alice, &carla, &bob, &bob_old, &eve, &gate};

	(void)state;
	directory_free(directory);
	trust_release(&trust);
	store_close(store);
	gateway_fixture_stop(&f);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		fixture_fini(all[i]);
	return 0;
}

static int
before_each(void **state)
{
	(void)state;
	f.config.defaults = ORG.level = COM.level = (struct setting_level){0};
	f.config.recipient_defaults = (struct recipient_level){0};
	f.config.recipients = NULL;
	f.config.recipient_count = 0;
	f.config.escrow = ORG.escrow = COM.escrow = NULL;
	f.config.escrow_count = ORG.escrow_count = COM.escrow_count = 0;
	f.config.relay = (struct relay_config){.reinject = NULL};
	return 0;
}

/* --- a message --- */

struct scene {
	struct gather g;
	struct header header;
	struct envelope envelope;
	struct plan plan;
};

struct mail {
	const char *sender;  /* NULL: Alice */
	const char *from;    /* NULL: Alice */
	const char *to;	     /* field; NULL: Bob */
	const char *rcpt[4]; /* none: Bob */
	bool asks_encrypt;
};

static void
fill(struct scene *s, const struct mail *mail)
{
	const char *from = mail->from ? mail->from : ALICE;
	const char *to = mail->to ? mail->to : BOB;

	header_init(&s->header);
	MUST(
	    header_add(&s->header, slice_text("From"), slice_text(from), &err));
	MUST(header_add(&s->header, slice_text("To"), slice_text(to), &err));
	envelope_init(&s->envelope);
	envelope_set_sender(
	    &s->envelope, mail->sender ? mail->sender : ALICE, NULL);
	for (size_t i = 0; i < 4 && mail->rcpt[i]; i++)
		envelope_add_recipient(&s->envelope, mail->rcpt[i], NULL, NULL);
	if (!mail->rcpt[0])
		envelope_add_recipient(&s->envelope, BOB, NULL, NULL);
}

/* All facts, by the configuration and the store as they are now. */
static void
scene_init(struct scene *s, const struct mail *mail)
{
	const struct job_client client = {.login = ALICE};
	struct directory_view view;

	fill(s, mail);
	directory_free(directory);
	directory = directory_new(&f.config, store, trust);
	MUST(directory_look(directory, 0, fixture_now(), &view, &err));
	gather_init(&s->g);
	plan_init(&s->plan);
	gather_header(&s->g, &f.config, &client, &s->envelope, &s->header);
	s->g.facts.asks_encrypt = mail->asks_encrypt;
	MUST(gather_owners(&s->g, &view, &err));
	envelope_unique(&s->envelope);
	MUST(gather_policy(
	    &s->g, &view, &client, &s->envelope, &s->header, &err));
	decide(&s->g.facts, &s->plan);
}

static void
scene_fini(struct scene *s)
{
	plan_fini(&s->plan);
	gather_fini(&s->g);
	envelope_fini(&s->envelope);
	header_fini(&s->header);
}

/* The candidates for one recipient; NULL when nobody wanted to know. */
static const struct cert_choice *
choice_of(const struct scene *s, size_t recipient)
{
	return s->g.entries[recipient] ? &s->g.entries[recipient]->choice
				       : NULL;
}

/* --- settings of the sender --- */

/* The first of our addresses decides, but acting counts more than trying. */
static void
test_whose_settings(void **state)
{
	static const struct {
		const char *sender, *from;
		enum setting_mixed mixed;
		enum setting_mode mode;
	} rows[] = {
	    {ALICE, ALICE, MIXED_ALL_OR_NONE, MODE_SHADOW},
	    {ALICE, "x@example.com", MIXED_ALL_OR_REFUSE, MODE_ENFORCE},
	    {"x@example.com", ALICE, MIXED_ALL_OR_NONE, MODE_ENFORCE},
	    {ALICE, "y@example.info, x@example.com, " ALICE,
		MIXED_ALL_OR_REFUSE, MODE_ENFORCE},
	    {ALICE, CARLA ", " ALICE, MIXED_ALL_OR_NONE, MODE_SHADOW},
	};

	(void)state;
	ORG.level = (struct setting_level){.mixed = MIXED_ALL_OR_NONE,
	    .bcc = BCC_REFUSE,
	    .triggers = TRIGGERS_OFF,
	    .exempt = EXEMPT_ALWAYS,
	    .mode = MODE_SHADOW};
	COM.level = (struct setting_level){.mixed = MIXED_ALL_OR_REFUSE,
	    .bcc = BCC_SEPARATE,
	    .triggers = TRIGGERS_PROTECT,
	    .exempt = EXEMPT_ALL,
	    .mode = MODE_ENFORCE};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct mail mail = {
		    .sender = rows[i].sender, .from = rows[i].from};
		bool org = rows[i].mixed == MIXED_ALL_OR_NONE;
		struct scene s;

		scene_init(&s, &mail);
		assert_int_equal(s.g.facts.mixed, rows[i].mixed);
		assert_int_equal(
		    s.g.facts.bcc, org ? BCC_REFUSE : BCC_SEPARATE);
		assert_int_equal(
		    s.g.facts.triggers, org ? TRIGGERS_OFF : TRIGGERS_PROTECT);
		assert_int_equal(
		    s.g.facts.exempt, org ? EXEMPT_ALWAYS : EXEMPT_ALL);
		assert_int_equal(s.g.facts.mode, rows[i].mode);
		scene_fini(&s);
	}
}

static void
test_copies(void **state)
{
	static const struct {
		const char *reinject;
		unsigned connections;
		size_t copies;
	} rows[] = {
	    {NULL, 5, 0},
	    {"", 5, 0},
	    {"smtp://127.0.0.1:10026", 5, 5},
	    {"smtp://127.0.0.1:10026", LIMIT_RELAY_COPIES, LIMIT_RELAY_COPIES},
	    {"smtp://127.0.0.1:10026", LIMIT_RELAY_COPIES + 1,
		LIMIT_RELAY_COPIES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct mail mail = {.to = NULL};
		struct scene s;

		f.config.relay.reinject = rows[i].reinject;
		f.config.relay.connections = rows[i].connections;
		scene_init(&s, &mail);
		assert_int_equal(s.g.facts.copies, rows[i].copies);
		scene_fini(&s);
	}
}

/* --- recipients --- */

static void
use_rules(size_t count)
{
	f.config.recipients = rules;
	f.config.recipient_count = count;
}

/* Whose certificates are looked up at all. */
static void
test_who_is_looked_up(void **state)
{
	static const struct {
		enum setting_encrypt sender;
		enum setting_receive rule;
		bool asks, may_ask;
		const char *rcpt;
		bool found;
	} rows[] = {
	    {ENCRYPT_OFF, RECEIVE_INHERIT, false, true, BOB, false},
	    {ENCRYPT_IF_POSSIBLE, RECEIVE_INHERIT, false, true, BOB, true},
	    {ENCRYPT_REQUIRED, RECEIVE_AS_SENDER, false, true, BOB, true},
	    {ENCRYPT_OFF, RECEIVE_IF_POSSIBLE, false, true, BOB, true},
	    {ENCRYPT_OFF, RECEIVE_REQUIRED, false, true, BOB, true},
	    {ENCRYPT_REQUIRED, RECEIVE_NEVER, true, true, BOB, false},
	    {ENCRYPT_OFF, RECEIVE_INHERIT, true, true, BOB, true},
	    {ENCRYPT_OFF, RECEIVE_INHERIT, true, false, BOB, false},
	    /* Our own: only by a rule of their own. */
	    {ENCRYPT_REQUIRED, RECEIVE_INHERIT, true, true, CARLA, false},
	    {ENCRYPT_OFF, RECEIVE_IF_POSSIBLE, false, true, CARLA, true},
	    {ENCRYPT_OFF, RECEIVE_NEVER, false, true, CARLA, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct mail mail = {.to = rows[i].rcpt,
		    .rcpt = {rows[i].rcpt},
		    .asks_encrypt = rows[i].asks};
		const struct recipient_facts *r;
		struct scene s;

		ORG.level.encrypt = rows[i].sender;
		ORG.level.triggers =
		    rows[i].may_ask ? TRIGGERS_PROTECT : TRIGGERS_OFF;
		rules[0] = (struct gateway_recipient){
		    .name = rows[i].rcpt, .level.encrypt = rows[i].rule};
		use_rules(1);
		scene_init(&s, &mail);
		r = &s.g.facts.recipients[0];
		if ((choice_of(&s, 0) != NULL) != rows[i].found)
			fail_msg("row %zu", i);
		assert_int_equal(r->certificates > 0, rows[i].found);
		assert_int_equal(
		    r->word, rows[i].found ? CERT_PICK_TAKEN : CERT_PICK_NONE);
		assert_true(r->visible);
		assert_int_equal(r->is_local, strcmp(rows[i].rcpt, CARLA) == 0);
		scene_fini(&s);
	}
}

/* What everybody must get does not depend on how somebody is spelled. */
static void
test_defaults_for_the_unreadable(void **state)
{
	const struct mail mail = {.to = BOB, .rcpt = {BOB, "<carol>"}};
	struct scene s;

	(void)state;
	f.config.recipient_defaults.encrypt = RECEIVE_REQUIRED;
	scene_init(&s, &mail);
	assert_null(s.g.facts.recipients[1].address);
	assert_int_equal(
	    s.g.facts.recipients[1].level.encrypt, RECEIVE_REQUIRED);
	assert_false(s.g.facts.recipients[1].is_local);
	assert_int_equal(s.plan.action, PLAN_REFUSE);
	assert_int_equal(s.plan.reason, REASON_BAD_RECIPIENT);
	scene_fini(&s);
}

/* The rule of each recipient, and what it makes of his certificates. */
static void
test_rules(void **state)
{
	const struct mail mail = {.to = EVE,
	    .rcpt = {BOB, EVE, "nobody@example.net", "not an address"}};
	const struct cert_choice *choice;
	struct scene s;

	(void)state;
	ORG.level.encrypt = ENCRYPT_IF_POSSIBLE;
	rules[0] = (struct gateway_recipient){.name = BOB,
	    .level = {.certificates = CERTIFICATES_NEWEST,
		.cipher = CIPHER_AES256_GCM,
		.form = FORM_OPAQUE}};
	rules[1] = (struct gateway_recipient){
	    .name = EVE, .level.unchecked = UNCHECKED_REFUSE};
	use_rules(2);
	scene_init(&s, &mail);
	assert_int_equal(s.g.facts.recipient_count, 4);
	assert_int_equal(
	    s.g.facts.recipients[0].level.cipher, CIPHER_AES256_GCM);
	assert_int_equal(s.g.facts.recipients[0].level.form, FORM_OPAQUE);
	assert_int_equal(s.g.facts.recipients[0].certificates, 1);
	assert_false(s.g.facts.recipients[0].visible);
	choice = choice_of(&s, 0);
	assert_int_equal(choice->count, 2);
	assert_ptr_not_equal(choice->candidates[0].certificate, NULL);
	assert_memory_equal(choice->candidates[0].certificate->fingerprint,
	    bob.certificate->fingerprint, FINGERPRINT_SIZE);
	assert_int_equal(choice->candidates[1].word, CERT_PICK_NOT_NEWEST);
	assert_int_equal(s.g.facts.recipients[1].certificates, 0);
	assert_int_equal(s.g.facts.recipients[1].word, CERT_PICK_UNCHECKED);
	assert_true(s.g.facts.recipients[1].visible);
	assert_int_equal(s.g.facts.recipients[2].word, CERT_PICK_NONE);
	assert_int_equal(s.g.facts.recipients[2].level.cipher, CIPHER_AUTO);
	assert_null(choice_of(&s, 3));
	assert_null(s.g.facts.recipients[3].address);
	scene_fini(&s);
}

/* Our own users have the certificates that they sign with; what the operator
 * put in for them counts as well, and the same one only once. */
static void
test_our_own_users(void **state)
{
	const struct mail mail = {.to = CARLA, .rcpt = {CARLA}};
	const struct cert_choice *choice;
	struct fixture_cert card;
	struct scene s;

	(void)state;
	fixture_leaf(
	    &card, &f.our_ca, &(struct fixture_opts){.address = CARLA});
	gateway_fixture_partner(&f, CARLA, &card, STORE_TRUST_HARVESTED);
	gateway_fixture_partner(&f, CARLA, &carla, STORE_TRUST_HARVESTED);
	rules[0] = (struct gateway_recipient){.name = CARLA,
	    .level = {
		.encrypt = RECEIVE_REQUIRED, .unchecked = UNCHECKED_REFUSE}};
	use_rules(1);
	scene_init(&s, &mail);
	choice = choice_of(&s, 0);
	assert_int_equal(choice->count, 2);
	assert_int_equal(choice->taken, 1);
	assert_memory_equal(choice->candidates[0].certificate->fingerprint,
	    carla.certificate->fingerprint, FINGERPRINT_SIZE);
	assert_int_equal(choice->candidates[0].trust, STORE_TRUST_MANUAL);
	assert_int_equal(choice->candidates[1].word, CERT_PICK_UNCHECKED);
	assert_true(s.plan.recipients[0].encrypt);
	/* Nobody announced for him what all his programs read. */
	assert_false(s.g.facts.recipients[0].reads_gcm);
	assert_true(s.g.facts.recipients[0].reads_oaep); /* no RSA */
	scene_fini(&s);
	MUST(store_contact_forget(store, CARLA, &err));
	fixture_fini(&card);
}

/* Only where he has none that can be used. */
static void
test_domain_certificate(void **state)
{
	const struct mail mail = {
	    .to = EVE ", frank@example.net, gate@example.net",
	    .rcpt = {EVE, "frank@example.net", "gate@example.net"}};
	const struct cert_choice *choice;
	struct scene s;

	(void)state;
	ORG.level.encrypt = ENCRYPT_REQUIRED;
	rules[0] = (struct gateway_recipient){
	    .name = "example.net", .domain_certificate = "gate@example.net"};
	use_rules(1);
	scene_init(&s, &mail);
	choice = choice_of(&s, 0);
	assert_int_equal(choice->count, 1);
	assert_int_equal(choice->candidates[0].word, CERT_PICK_TAKEN);
	choice = choice_of(&s, 1);
	assert_int_equal(choice->taken, 1);
	assert_int_equal(choice->candidates[0].word, CERT_PICK_DOMAIN);
	assert_true(choice->candidates[0].is_domain);
	assert_int_equal(s.g.facts.recipients[1].word, CERT_PICK_TAKEN);
	/* He is his own. */
	choice = choice_of(&s, 2);
	assert_int_equal(choice->count, 1);
	assert_int_equal(choice->candidates[0].word, CERT_PICK_TAKEN);
	assert_true(s.plan.recipients[1].encrypt);
	scene_fini(&s);
}

/* --- what they read --- */

#define CBC256	       "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
#define GCM256	       "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2e"
#define OAEP_SHA1      "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x00"
#define LIST(elements) (sizeof(elements) - 1), elements

static void
announce(const char *address, const struct fixture_cert *cert, size_t len,
    const char *elements)
{
	struct store_partner_cert c;
	bool is_new;

	store_partner_cert_init(&c);
	c.address = xstrdup(address);
	c.certificate = certificate_ref(cert->certificate);
	memcpy(c.fingerprint, cert->certificate->fingerprint_text,
	    sizeof(c.fingerprint));
	c.evidence = xstrdup("test");
	c.first_seen = c.last_seen = c.signing_time = fixture_now();
	c.capabilities_len = len + 2;
	c.capabilities = xcalloc(len + 2, 1);
	c.capabilities[0] = 0x30;
	c.capabilities[1] = (unsigned char)len;
	memcpy(c.capabilities + 2, elements, len);
	MUST(store_partner_cert_put(store, &c, &is_new, &err));
	store_partner_cert_fini(&c);
}

static void
check_reads(const char *to, bool gcm, bool oaep)
{
	const struct mail mail = {.to = to, .rcpt = {to}};
	struct scene s;

	scene_init(&s, &mail);
	assert_int_equal(s.g.facts.recipients[0].reads_gcm, gcm);
	assert_int_equal(s.g.facts.recipients[0].reads_oaep, oaep);
	scene_fini(&s);
}

/* All of his devices must have announced it. */
static void
test_capabilities(void **state)
{
	const char *who = "devices@example.net";
	struct fixture_cert laptop, phone, self;

	(void)state;
	ORG.level.encrypt = ENCRYPT_IF_POSSIBLE;
	check_reads("nobody@example.net", false, false);
	fixture_leaf(&laptop, &f.their_ca,
	    &(struct fixture_opts){.address = who, .key = "RSA-2048"});
	fixture_leaf(
	    &phone, &f.their_ca, &(struct fixture_opts){.address = who});
	gateway_fixture_partner(&f, who, &laptop, STORE_TRUST_HARVESTED);
	check_reads(who, false, false);
	announce(who, &laptop, LIST(GCM256 CBC256 OAEP_SHA1));
	check_reads(who, true, true);
	gateway_fixture_partner(&f, who, &phone, STORE_TRUST_HARVESTED);
	check_reads(who, false, true); /* its key is none for OAEP */
	announce(who, &phone, LIST(CBC256 GCM256));
	check_reads(who, false, true); /* it prefers another */
	MUST(store_contact_forget(store, who, &err));
	/* The certificate says it, and its owner's mail says otherwise. */
	fixture_leaf(&self, &f.their_ca,
	    &(struct fixture_opts){.address = who,
		.key = "RSA-2048",
		.extra_oid = "1.2.840.113549.1.9.15",
		.extra = "DER:300d300b060960864801650304012e"});
	gateway_fixture_partner(&f, who, &self, STORE_TRUST_HARVESTED);
	check_reads(who, true, false);
	announce(who, &self, LIST(CBC256 OAEP_SHA1));
	check_reads(who, false, true);
	MUST(store_contact_forget(store, who, &err));
	fixture_fini(&self);
	fixture_fini(&phone);
	fixture_fini(&laptop);
}

/* --- escrow --- */

static void
check_escrow(const struct mail *mail, enum escrow_state state, size_t count)
{
	struct scene s;

	scene_init(&s, mail);
	assert_int_equal(s.g.facts.escrow, state);
	assert_int_equal(s.g.escrow.count, count);
	scene_fini(&s);
}

static void
test_escrow(void **state)
{
	static const char *const user[] = {CARLA}, *const both[] = {CARLA, EVE},
				 *const none[] = {"no@example.net"},
				 *const some[] = {CARLA, "no@example.net"},
				 *const broken[] = {CARLA, "no address"};
	const struct mail mail = {.to = NULL};
	const struct mail by_com = {.from = "x@example.com"};

	(void)state;
	ORG.escrow = user;
	ORG.escrow_count = 1;
	check_escrow(&mail, ESCROW_NONE, 0); /* nothing is encrypted */
	ORG.level.encrypt = COM.level.encrypt = ENCRYPT_IF_POSSIBLE;
	check_escrow(&mail, ESCROW_READY, 1);
	check_escrow(&by_com, ESCROW_NONE, 0);
	f.config.escrow = both;
	f.config.escrow_count = 2;
	check_escrow(&by_com, ESCROW_READY, 2);
	ORG.escrow = none;
	check_escrow(&mail, ESCROW_MISSING, 0);
	ORG.escrow = some;
	ORG.escrow_count = 2;
	check_escrow(&mail, ESCROW_MISSING, 1);
	ORG.escrow = broken;
	check_escrow(&mail, ESCROW_MISSING, 1);
	ORG.escrow_count = 0;
	check_escrow(&mail, ESCROW_NONE, 0);
	/* A domain's certificate does not stand in. */
	ORG.escrow = none;
	ORG.escrow_count = 1;
	rules[0] = (struct gateway_recipient){
	    .name = "no@example.net", .domain_certificate = EVE};
	use_rules(1);
	check_escrow(&mail, ESCROW_MISSING, 0);
}

/* What it cannot read is not written. */
static void
test_escrow_reads(void **state)
{
	static const char *const archive[] = {"archive@example.net"};
	const char *who = "reader@example.net";
	struct fixture_cert reader, safe;

	(void)state;
	ORG.level.encrypt = ENCRYPT_IF_POSSIBLE;
	fixture_leaf(&reader, &f.their_ca,
	    &(struct fixture_opts){.address = who, .key = "RSA-2048"});
	fixture_leaf(&safe, &f.their_ca,
	    &(struct fixture_opts){.address = archive[0], .key = "RSA-2048"});
	announce(who, &reader, LIST(GCM256 OAEP_SHA1));
	gateway_fixture_partner(&f, archive[0], &safe, STORE_TRUST_HARVESTED);
	check_reads(who, true, true);
	ORG.escrow = archive;
	ORG.escrow_count = 1;
	check_reads(who, false, false);
	announce(archive[0], &safe, LIST(GCM256 OAEP_SHA1));
	check_reads(who, true, true);
	MUST(store_contact_forget(store, who, &err));
	MUST(store_contact_forget(store, archive[0], &err));
	fixture_fini(&safe);
	fixture_fini(&reader);
}

/* --- whom a copy is for --- */

static bool
is_in(const struct certificate_list *list, const struct fixture_cert *cert)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += memcmp(list->at[i]->fingerprint,
			 cert->certificate->fingerprint, FINGERPRINT_SIZE) == 0;
	assert_true(n <= 1);
	return n == 1;
}

static void
check_group(const struct scene *s, const char *address, size_t count,
    const struct fixture_cert *one, const struct fixture_cert * not )
{
	struct certificate_list list;
	size_t i = 0;

	while (strcmp(s->g.facts.recipients[i].address, address) != 0)
		i++;
	certificate_list_init(&list);
	gather_group_certificates(
	    &s->g, &s->plan, s->plan.recipients[i].group, &list);
	assert_int_equal(list.count, count);
	assert_true(!one || is_in(&list, one));
	assert_false(is_in(&list, not ));
	certificate_list_fini(&list);
}

/* Two visible ones share, the blind one has his own (rule B1), one gets clear
 * text; escrow reads all, and is there once although Eve is a recipient. */
static void
test_groups(void **state)
{
	static const char *const escrow[] = {EVE};
	const struct mail mail = {.to = BOB ", " EVE ", x@example.net",
	    .rcpt = {BOB, EVE, "x@example.net", "gate@example.net"}};
	struct scene s;

	(void)state;
	ORG.level.encrypt = ENCRYPT_IF_POSSIBLE;
	ORG.escrow = escrow;
	ORG.escrow_count = 1;
	f.config.relay.reinject = "smtp://127.0.0.1:10026";
	f.config.relay.connections = 5;
	scene_init(&s, &mail);
	assert_int_equal(s.plan.group_count, 3);
	check_group(&s, BOB, 3, &bob_old, &gate);
	check_group(&s, EVE, 3, &bob, &gate);
	check_group(&s, EVE, 3, &eve, &gate);
	check_group(&s, "gate@example.net", 2, &gate, &bob);
	check_group(&s, "gate@example.net", 2, &eve, &bob);
	check_group(&s, "x@example.net", 0, NULL, &eve);
	scene_fini(&s);
}

/* For whom SHA-1 is all that can be used with OAEP. */
static void
test_oaep_hashes(void **state)
{
	static const char *const who[] = {
	    "a@example.net", "b@example.net", "c@example.net"};
	const struct mail mail = {
	    .to = "x@example.net", .rcpt = {who[0], who[1], who[2]}};
	struct certificate_list list;
	struct fixture_cert certs[3];
	struct scene s;
	bool *sha1;

	(void)state;
	ORG.level.encrypt = ENCRYPT_IF_POSSIBLE;
	certificate_list_init(&list);
	for (size_t i = 0; i < 3; i++) {
		fixture_leaf(&certs[i], &f.their_ca,
		    &(struct fixture_opts){
			.address = who[i], .key = "RSA-2048"});
		certificate_list_add(&list, certs[i].certificate);
	}
	announce(who[0], &certs[0], LIST(OAEP_SHA1));
	gateway_fixture_partner(&f, who[1], &certs[1], STORE_TRUST_HARVESTED);
	announce(who[2], &certs[2], LIST(CBC256 OAEP_SHA1));
	scene_init(&s, &mail);
	sha1 = gather_oaep_sha1(&s.g, &list);
	assert_true(sha1[0] && !sha1[1] && sha1[2]);
	free(sha1);
	scene_fini(&s);
	certificate_list_fini(&list);
	for (size_t i = 0; i < 3; i++)
		fixture_fini(&certs[i]);
}

/* --- disclaimers (D1) --- */

/* That of the first mailbox of From that is ours, else of the envelope sender;
 * the name is the one that stands before that mailbox. */
static void
test_disclaimer(void **state)
{
	static const struct {
		const char *from, *sender;
		const char *disclaimer, *author, *name;
	} rows[] = {
	    {"Al <" ALICE ">", NULL, "org", ALICE, "Al"},
	    {ALICE, NULL, "org", ALICE, NULL},
	    {"Jo <joe@example.com>", NULL, "com", "joe@example.com", "Jo"},
	    {"M <m@example.net>, Jo <joe@example.com>, Al <" ALICE ">", NULL,
		"com", "joe@example.com", "Jo"},
	    {"Al <" ALICE ">", "<joe@example.com>", "org", ALICE, "Al"},
	    {"undisclosed", "<joe@example.com>", "com", "joe@example.com",
		NULL},
	    {"Carla <" CARLA ">", NULL, NULL, CARLA, NULL},
	};
	static const struct gateway_disclaimer texts[] = {
	    {.name = "org"}, {.name = "com"}};

	(void)state;
	f.config.disclaimers = texts;
	f.config.disclaimer_count = 2;
	ORG.disclaimer = "org";
	COM.disclaimer = "com";
	COM.level.disclaimer_protected = DISCLAIMER_PROTECTED_REFUSE;
	gateway_fixture_sql(&f, "UPDATE users SET disclaimer = 'none' "
				"WHERE address = '" CARLA "'");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct mail mail = {
		    .from = rows[i].from, .sender = rows[i].sender};
		struct scene s;
		bool com = rows[i].disclaimer &&
			   strcmp(rows[i].disclaimer, "com") == 0;

		scene_init(&s, &mail);
		assert_string_equal(s.g.author, rows[i].author);
		if (rows[i].disclaimer)
			assert_string_equal(
			    s.g.disclaimer->name, rows[i].disclaimer);
		else
			assert_null(s.g.disclaimer);
		assert_int_equal(s.g.facts.disclaimer,
		    rows[i].disclaimer ? DISCLAIM_WANTED : DISCLAIM_NOT);
		assert_int_equal(s.g.facts.disclaimer_protected,
		    com ? DISCLAIMER_PROTECTED_REFUSE
			: DISCLAIMER_PROTECTED_PASS);
		if (rows[i].name)
			assert_string_equal(s.g.author_name, rows[i].name);
		else
			assert_null(s.g.author_name);
		scene_fini(&s);
	}
	gateway_fixture_sql(&f, "UPDATE users SET disclaimer = ''");
	/* A name without a text. */
	f.config.disclaimer_count = 1;
	{
		const struct mail mail = {.from = "joe@example.com"};
		struct scene s;

		scene_init(&s, &mail);
		assert_int_equal(s.g.facts.disclaimer, DISCLAIM_UNKNOWN);
		assert_null(s.g.disclaimer);
		assert_int_equal(s.plan.reason, REASON_DISCLAIMER_UNKNOWN);
		scene_fini(&s);
	}
	ORG.disclaimer = COM.disclaimer = NULL;
	f.config.disclaimer_count = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_whose_settings, before_each),
	    cmocka_unit_test_setup(test_copies, before_each),
	    cmocka_unit_test_setup(test_who_is_looked_up, before_each),
	    cmocka_unit_test_setup(
		test_defaults_for_the_unreadable, before_each),
	    cmocka_unit_test_setup(test_rules, before_each),
	    cmocka_unit_test_setup(test_our_own_users, before_each),
	    cmocka_unit_test_setup(test_domain_certificate, before_each),
	    cmocka_unit_test_setup(test_capabilities, before_each),
	    cmocka_unit_test_setup(test_disclaimer, before_each),
	    cmocka_unit_test_setup(test_escrow, before_each),
	    cmocka_unit_test_setup(test_escrow_reads, before_each),
	    cmocka_unit_test_setup(test_groups, before_each),
	    cmocka_unit_test_setup(test_oaep_hashes, before_each),
	};

	return cmocka_run_group_tests_name(
	    "gather_policy", tests, set_up, tear_down);
}
