/*
 * Whom to encrypt to, as far as the operator and the mail of a correspondent
 * change it: who is suspended, whose authority is trusted from now on, what
 * programs announced and what they used (B4 to B6).
 */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/directory.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

static struct gateway_fixture f;
static struct store *store;
static struct trust *trust;
static struct directory *directory;
static struct fixture_cert stranger_ca;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	store = gateway_fixture_store(&f);
	MUST(trust_load(&f.config.trust, &trust, &err));
	directory = directory_new(&f.config, store, trust);
	fixture_ca(&stranger_ca, &(struct fixture_opts){.name = "Strange CA"});
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fixture_fini(&stranger_ca);
	directory_free(directory);
	trust_release(&trust);
	store_close(store);
	gateway_fixture_stop(&f);
	return 0;
}

static struct directory_recipient *
recipient(const char *address, time_t now)
{
	struct directory_recipient *r;
	struct directory_view view;

	MUST(directory_look(directory, 0, now, &view, &err));
	MUST(directory_find_recipient(&view, address, &r, &err));
	return r;
}

static void
check(const char *address, time_t now, enum cert_pick_word expected)
{
	struct directory_recipient *r = recipient(address, now);

	if (r->choice.word != expected)
		fail_msg("%s: %s instead of %s", address,
		    cert_pick_word_name(r->choice.word),
		    cert_pick_word_name(expected));
	assert_int_equal(r->choice.taken > 0, expected == CERT_PICK_TAKEN);
	directory_recipient_unref(&r);
}

static void
partner_init(struct fixture_cert *c, const struct fixture_cert *issuer,
    const char *address)
{
	fixture_leaf(c, issuer,
	    &(struct fixture_opts){.address = address, .key = "RSA-2048"});
}

/* --- suspended --- */

static void
test_suspended(void **state)
{
	static const enum store_trust kinds[] = {
	    STORE_TRUST_HARVESTED, STORE_TRUST_MANUAL, STORE_TRUST_PINNED};
	const char *who = "suspended@example.com";
	const time_t now = fixture_now();
	struct fixture_cert cert;

	(void)state;
	partner_init(&cert, &f.their_ca, who);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		gateway_fixture_partner(&f, who, &cert, kinds[i]);
		check(who, now, CERT_PICK_TAKEN);
		MUST(store_contact_suspend(store, who, now + 100, &err));
		check(who, now, CERT_PICK_SUSPENDED);
		/* Its end is noticed by itself. */
		check(who, now + 99, CERT_PICK_SUSPENDED);
		check(who, now + 100, CERT_PICK_TAKEN);
		MUST(store_contact_suspend(store, who, 0, &err));
		check(who, now, CERT_PICK_TAKEN);
	}
	fixture_fini(&cert);
}

/* What stands in for him would be encryption to him as well. */
static void
test_suspended_stand_in(void **state)
{
	static const struct gateway_recipient rules[] = {
	    {.name = "example.com", .domain_certificate = "gw@example.edu"}};
	const char *who = "none@example.com", *gw = "gw@example.edu";
	const time_t now = fixture_now();
	struct fixture_cert cert;

	(void)state;
	partner_init(&cert, &f.their_ca, gw);
	gateway_fixture_partner(&f, gw, &cert, STORE_TRUST_HARVESTED);
	MUST(store_contacts_sent(store, &who, 1, now, &err));
	f.config.recipient_domains = rules;
	f.config.recipient_domain_count = 1;
	check(who, now, CERT_PICK_TAKEN);
	MUST(store_contact_suspend(store, who, now + 100, &err));
	check(who, now, CERT_PICK_SUSPENDED);
	MUST(store_contact_suspend(store, who, 0, &err));
	/* Nor is that one used while it is suspended itself. */
	MUST(store_contact_suspend(store, gw, now + 100, &err));
	check(who, now, CERT_PICK_NONE);
	MUST(store_contact_suspend(store, gw, 0, &err));
	f.config.recipient_domain_count = 0;
	fixture_fini(&cert);
}

static void
test_states(void **state)
{
	static const struct {
		enum store_trust trust;
		enum cert_pick_word word;
	} rows[] = {
	    {STORE_TRUST_HARVESTED, CERT_PICK_TAKEN},
	    {STORE_TRUST_PENDING, CERT_PICK_PENDING},
	    {STORE_TRUST_MANUAL, CERT_PICK_TAKEN},
	    {STORE_TRUST_PINNED, CERT_PICK_TAKEN},
	    {STORE_TRUST_DISTRUSTED, CERT_PICK_DISTRUSTED},
	    /* Even when its path is good: who says so is not heard yet. */
	    {STORE_TRUST_UNTRUSTED, CERT_PICK_UNTRUSTED},
	};
	const char *who = "states@example.com";
	struct fixture_cert cert;

	(void)state;
	partner_init(&cert, &f.their_ca, who);
	gateway_fixture_partner(&f, who, &cert, STORE_TRUST_HARVESTED);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		MUST(store_partner_cert_judge(store, who,
		    cert.certificate->fingerprint, rows[i].trust, &err));
		check(who, fixture_now(), rows[i].word);
	}
	fixture_fini(&cert);
}

/* --- judged authorities --- */

static void
say(enum store_authority_trust what)
{
	const struct store_authority a = {
	    .subject = stranger_ca.certificate->subject,
	    .certificate = stranger_ca.certificate,
	    .first_seen = fixture_now(),
	    .trust = what};

	MUST(store_authority_judge(store, &a, &err));
}

/* What the operator says elsewhere is heard with the next look. */
static void
test_judged_authority(void **state)
{
	const char *who = "judged@example.com";
	const time_t now = fixture_now();
	struct fixture_cert cert;

	(void)state;
	partner_init(&cert, &stranger_ca, who);
	gateway_fixture_partner(&f, who, &cert, STORE_TRUST_HARVESTED);
	check(who, now, CERT_PICK_UNTRUSTED);
	say(STORE_AUTHORITY_TRUSTED);
	check(who, now, CERT_PICK_TAKEN);
	say(STORE_AUTHORITY_DISTRUSTED);
	check(who, now, CERT_PICK_UNTRUSTED);
	say(STORE_AUTHORITY_TRUSTED);
	check(who, now, CERT_PICK_TAKEN);
	say(STORE_AUTHORITY_UNKNOWN);
	check(who, now, CERT_PICK_UNTRUSTED);
	fixture_fini(&cert);
}

/* A look that cannot tell whom the operator trusts is none; the next one
 * asks again. */
static void
test_judged_unreadable(void **state)
{
	const char *who = "unread@example.com";
	struct directory_view view;
	struct fixture_cert cert;
	struct err err;

	(void)state;
	partner_init(&cert, &stranger_ca, who);
	gateway_fixture_partner(&f, who, &cert, STORE_TRUST_HARVESTED);
	say(STORE_AUTHORITY_TRUSTED);
	gateway_fixture_sql(&f, "ALTER TABLE authorities RENAME TO away");
	assert_int_equal(
	    directory_look(directory, 0, fixture_now(), &view, &err), -1);
	gateway_fixture_sql(&f, "ALTER TABLE away RENAME TO authorities");
	check(who, fixture_now(), CERT_PICK_TAKEN);
	say(STORE_AUTHORITY_UNKNOWN);
	check(who, fixture_now(), CERT_PICK_UNTRUSTED);
	fixture_fini(&cert);
}

struct looking {
	const char *address;
	bool stop;
	bool wrong;
};

/* Mail goes on meanwhile; each look finds one answer or the other. */
static void *
look_on(void *arg)
{
	struct looking *l = arg;

	while (!__atomic_load_n(&l->stop, __ATOMIC_RELAXED)) {
		struct directory_recipient *r;
		struct directory_view view;
		struct err err;

		if (directory_look(directory, 0, fixture_now(), &view, &err) ||
		    directory_find_recipient(&view, l->address, &r, &err)) {
			__atomic_store_n(&l->wrong, true, __ATOMIC_RELAXED);
			break;
		}
		if (r->choice.word != CERT_PICK_TAKEN &&
		    r->choice.word != CERT_PICK_UNTRUSTED)
			__atomic_store_n(&l->wrong, true, __ATOMIC_RELAXED);
		directory_recipient_unref(&r);
	}
	return NULL;
}

static void
test_judged_beside_mail(void **state)
{
	struct looking l = {.address = "threads@example.com"};
	struct fixture_cert cert;
	pthread_t threads[2];

	(void)state;
	partner_init(&cert, &stranger_ca, l.address);
	gateway_fixture_partner(&f, l.address, &cert, STORE_TRUST_HARVESTED);
	for (size_t i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, look_on, &l);
	for (int i = 0; i < 20; i++) {
		say(STORE_AUTHORITY_TRUSTED);
		check(l.address, fixture_now(), CERT_PICK_TAKEN);
		say(STORE_AUTHORITY_DISTRUSTED);
		check(l.address, fixture_now(), CERT_PICK_UNTRUSTED);
	}
	__atomic_store_n(&l.stop, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_false(l.wrong);
	say(STORE_AUTHORITY_UNKNOWN);
	fixture_fini(&cert);
}

/* --- what they announced and used --- */

/* SMIMECapabilities with one algorithm, AES-256-CBC and AES-256-GCM. */
static const unsigned char cbc_list[] =
    "\x30\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
static const unsigned char gcm_list[] =
    "\x30\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2e";

struct abilities {
	const unsigned char *list; /* NULL: none */
	time_t announced;	   /* seconds from now */
	unsigned used;
	time_t used_at;
	bool gcm, oaep, oaep_sha1;
};

static void
check_abilities(const struct abilities *a, const struct fixture_cert *cert)
{
	const char *who = "able@example.com";
	struct store_partner_cert c;
	struct directory_recipient *r;
	bool is_new;
	struct err ignored;

	(void)!store_contact_forget(store, who, &ignored);
	store_partner_cert_init(&c);
	c.address = xstrdup(who);
	c.certificate = certificate_ref(cert->certificate);
	if (a->list) {
		c.capabilities = xmalloc(sizeof(cbc_list) - 1);
		memcpy(c.capabilities, a->list, sizeof(cbc_list) - 1);
		c.capabilities_len = sizeof(cbc_list) - 1;
	}
	c.signing_time = fixture_now() + a->announced;
	c.used = a->used;
	c.used_time = fixture_now() + a->used_at;
	MUST(store_partner_cert_put(store, &c, &is_new, &err));
	store_partner_cert_fini(&c);
	r = recipient(who, fixture_now());
	assert_int_equal(r->choice.taken, 1);
	assert_int_equal(r->reads_gcm, a->gcm);
	assert_int_equal(r->reads_oaep, a->oaep);
	assert_int_equal(r->oaep_sha1.count, a->oaep_sha1);
	directory_recipient_unref(&r);
}

static void
test_abilities(void **state)
{
	const unsigned both = STORE_USED_AES256_GCM | STORE_USED_OAEP;
	const struct abilities rows[] = {
	    {NULL, 0, 0, 0, false, false, false},
	    {cbc_list, -10, 0, 0, false, false, false},
	    {gcm_list, -10, 0, 0, true, false, false},
	    /* What he does he can. */
	    {NULL, -10, both, -10, true, true, true},
	    {NULL, -10, STORE_USED_OAEP, -10, false, true, true},
	    {NULL, -10, STORE_USED_AES256_GCM, -10, true, false, false},
	    {NULL, -10, STORE_USED_AES128_GCM | STORE_USED_CBC | STORE_USED_PSS,
		-10, false, false, false},
	    /* The newest counts; in one message it is his list. */
	    {cbc_list, -10, both, -10, false, false, false},
	    {cbc_list, -10, both, -11, false, false, false},
	    {cbc_list, -10, both, -9, true, true, true},
	    /* It adds, it takes nothing away. */
	    {gcm_list, -10, STORE_USED_CBC, -9, true, false, false},
	};
	struct fixture_cert cert;

	(void)state;
	partner_init(&cert, &f.their_ca, "able@example.com");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_abilities(&rows[i], &cert);
	fixture_fini(&cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_suspended),
	    cmocka_unit_test(test_suspended_stand_in),
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_judged_authority),
	    cmocka_unit_test(test_judged_unreadable),
	    cmocka_unit_test(test_judged_beside_mail),
	    cmocka_unit_test(test_abilities),
	};

	return cmocka_run_group_tests_name(
	    "directory_recipient", tests, set_up, tear_down);
}
