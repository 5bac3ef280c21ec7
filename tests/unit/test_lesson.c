/*
 * What a signed message teaches: what is new, what waits for the operator,
 * and what a message cannot change (B1 to B6, rules H1 to H4).
 */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/partner_certs.h"
#include "gateway/lesson.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

#define BOB "bob@example.net"
#define DAY FIXTURE_DAY

#define MAILBOX "2.23.140.1.5.1.3"
#define SPONSOR "2.23.140.1.5.3.3"

#define OPTS(...)                                                              \
	&(struct fixture_opts)                                                 \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

static struct gateway_fixture f;
static struct store *store;
static struct trust *trust;
static struct fixture_cert stranger_ca;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	store = gateway_fixture_store(&f);
	MUST(trust_load(&f.config.trust, &trust, &err));
	fixture_ca(&stranger_ca, OPTS(.name = "Strange CA"));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fixture_fini(&stranger_ca);
	trust_release(&trust);
	store_close(store);
	gateway_fixture_stop(&f);
	return 0;
}

/* Each begins with nothing learned. */
static int
before_each(void **state)
{
	struct err err;

	(void)state;
	(void)!store_contact_forget(store, BOB, &err);
	trust_set_judged(trust, NULL, NULL);
	gateway_fixture_log_clear(&f);
	return 0;
}

static void
bob_init(struct fixture_cert *c, const struct fixture_cert *issuer,
    const struct fixture_opts *opts)
{
	struct fixture_opts o = *opts;

	o.address = BOB;
	fixture_leaf(c, issuer, &o);
}

/* --- messages --- */

struct message {
	const struct fixture_cert *signer;
	const struct fixture_cert *preferred;
	const struct fixture_cert *ca; /* comes along */
	const char *capabilities;
	long age; /* of the signature, in seconds */
	unsigned used;
	bool untrusted; /* what the verdict says */
};

/* Does the log have this text behind that many octets? */
static void
expect_behind(size_t octets, const char *text)
{
	struct buf log;

	gateway_fixture_read(&f, f.log, &log);
	assert_true(log.len > octets);
	if (!strstr(buf_text(&log) + octets, text))
		fail_msg(
		    "no \"%s\" in the log:\n%s", text, buf_text(&log) + octets);
	buf_fini(&log);
}

static size_t
log_length(void)
{
	struct buf log;
	size_t len;

	gateway_fixture_read(&f, f.log, &log);
	len = log.len;
	buf_fini(&log);
	return len;
}

/* What "explain" says before is what the log says then. */
static void
check_forecast(const struct lesson *lesson)
{
	struct lesson_forecast forecast = {0};
	struct err why;
	char *line;
	int rc = lesson_foresee(
	    lesson, store, trust, fixture_now(), &forecast, &why);
	size_t before = log_length();

	lesson_learn(lesson, store, trust, fixture_now());
	if (rc < 0) {
		expect_behind(before, "reason=store");
		return;
	}
	line = xasprintf("4Q: %s from=" BOB " cert=%.16s ",
	    lesson_word_name(forecast.outlook.word),
	    forecast.certificate->fingerprint_text);
	expect_behind(before, line);
	if (*forecast.outlook.reason &&
	    forecast.outlook.word != LESSON_HARVESTED)
		expect_behind(before, forecast.outlook.reason);
	certificate_unref(&forecast.certificate);
	free(line);
}

static void
learn_from(struct store *from_store, const struct message *m)
{
	const struct harvest_source source = {.queue_id = "4Q",
	    .from = BOB,
	    .message_id = "<1@example.net>",
	    .used = m->used};
	struct smime_verdict v;
	struct lesson *lesson;

	smime_verdict_init(&v, &f.config.spool);
	v.status = m->untrusted ? SMIME_UNTRUSTED : SMIME_VALID;
	v.intact = v.owns_from = true;
	v.signer = certificate_ref(m->signer->certificate);
	certificate_list_add(&v.certificates, m->signer->certificate);
	if (m->ca)
		certificate_list_add(&v.certificates, m->ca->certificate);
	if (m->preferred) {
		certificate_list_add(
		    &v.certificates, m->preferred->certificate);
		v.preferred = certificate_ref(m->preferred->certificate);
	}
	if (m->capabilities)
		buf_addf(&v.capabilities, "%s", m->capabilities);
	v.signing_time = fixture_now() - m->age;
	lesson = lesson_new(&source, &v);
	smime_verdict_fini(&v);
	if (from_store == store)
		check_forecast(lesson);
	else
		lesson_learn(lesson, from_store, trust, fixture_now());
	lesson_free(lesson);
}

#define LEARN(...) learn_from(store, &(struct message){__VA_ARGS__})

/* --- what the store has then --- */

/* The trust of a certificate, as a word; "none" when it is not there. */
static const char *
trust_of(const struct fixture_cert *c)
{
	struct partner_certs list;
	const struct store_partner_cert *p;
	const char *word = "none";

	partner_certs_init(&list);
	MUST(partner_certs_load(&list, store, BOB, &err));
	p = partner_certs_find(&list, c->certificate);
	if (p)
		word = store_trust_name(p->trust);
	partner_certs_fini(&list);
	return word;
}

static void
expect_claims(const struct fixture_cert *c, const char *capabilities,
    unsigned used, bool preferred)
{
	struct partner_certs list;
	const struct store_partner_cert *p;

	partner_certs_init(&list);
	MUST(partner_certs_load(&list, store, BOB, &err));
	p = partner_certs_find(&list, c->certificate);
	assert_non_null(p);
	assert_int_equal(p->capabilities_len, strlen(capabilities));
	if (p->capabilities_len > 0)
		assert_memory_equal(
		    p->capabilities, capabilities, p->capabilities_len);
	assert_int_equal(p->used, used);
	assert_int_equal(p->preferred, preferred);
	partner_certs_fini(&list);
}

static void
judge(const struct fixture_cert *c, enum store_trust state)
{
	MUST(store_partner_cert_judge(
	    store, BOB, c->certificate->fingerprint, state, &err));
}

/* "4Q: EVENT from=bob@example.net cert=0123456789abcdef REST" */
static char *
line_of(const char *event, const struct fixture_cert *c, const char *rest)
{
	return xasprintf("4Q: %s from=" BOB " cert=%.16s %s", event,
	    c->certificate->fingerprint_text, rest);
}

static void
expect_line(const char *event, const struct fixture_cert *c, const char *rest)
{
	char *line = line_of(event, c, rest);

	gateway_fixture_expect(&f, line);
	free(line);
}

static bool
has_line(const char *event, const struct fixture_cert *c, const char *rest)
{
	char *line = line_of(event, c, rest);
	bool logged = gateway_fixture_logged(&f, line);

	free(line);
	return logged;
}

/* --- one after the other --- */

static void
test_first_and_renewed(void **state)
{
	struct fixture_cert old, new;

	(void)state;
	bob_init(&old, &f.their_ca, OPTS(.name = "old"));
	bob_init(&new, &f.their_ca, OPTS(.name = "new"));
	LEARN(.signer = &old);
	assert_string_equal(trust_of(&old), "harvested");
	expect_line("harvested", &old, "new=yes");
	/* The older one stays (B3), there may be several. */
	LEARN(.signer = &new);
	assert_string_equal(trust_of(&new), "harvested");
	assert_string_equal(trust_of(&old), "harvested");
	gateway_fixture_log_clear(&f);
	LEARN(.signer = &old);
	expect_line("harvested", &old, "new=no");
	fixture_fini(&new);
	fixture_fini(&old);
}

/* B4: the newcomer waits, the old one stays in use; one line for all of his
 * messages. */
static void
test_other_authority_waits(void **state)
{
	struct fixture_cert old, other, third;

	(void)state;
	bob_init(&old, &f.their_ca, OPTS(.name = "old"));
	bob_init(&other, &f.our_ca, OPTS(.name = "other"));
	bob_init(&third, &f.our_ca, OPTS(.name = "third"));
	LEARN(.signer = &old);
	LEARN(.signer = &other);
	assert_string_equal(trust_of(&other), "pending");
	assert_string_equal(trust_of(&old), "harvested");
	expect_line("pending", &other, "reason=other-authority");
	gateway_fixture_log_clear(&f);
	for (int i = 0; i < 3; i++)
		LEARN(.signer = &other);
	assert_string_equal(trust_of(&other), "pending");
	assert_false(has_line("pending", &other, ""));
	assert_false(has_line("harvested", &other, ""));
	/* That he waits makes no way for another one of his kind. */
	LEARN(.signer = &third);
	assert_string_equal(trust_of(&third), "pending");
	expect_line("pending", &third, "reason=other-authority");
	/* Once the operator has taken him, his authority counts. */
	judge(&other, STORE_TRUST_HARVESTED);
	fixture_fini(&third);
	bob_init(&third, &f.our_ca, OPTS(.name = "third"));
	LEARN(.signer = &third);
	assert_string_equal(trust_of(&third), "harvested");
	fixture_fini(&third);
	fixture_fini(&other);
	fixture_fini(&old);
}

static void
test_lower_level_waits(void **state)
{
	struct fixture_cert old, lower, higher;

	(void)state;
	bob_init(&old, &f.their_ca, OPTS(.policies = SPONSOR));
	bob_init(&lower, &f.their_ca, OPTS(.policies = MAILBOX));
	bob_init(&higher, &f.their_ca, OPTS(.policies = SPONSOR));
	LEARN(.signer = &old);
	LEARN(.signer = &lower);
	assert_string_equal(trust_of(&lower), "pending");
	expect_line("pending", &lower, "reason=lower-level");
	LEARN(.signer = &higher);
	assert_string_equal(trust_of(&higher), "harvested");
	fixture_fini(&higher);
	fixture_fini(&lower);
	fixture_fini(&old);
}

/* Rule H4: what the operator said is never undone by mail. */
static void
test_operators_word(void **state)
{
	static const enum store_trust said[] = {STORE_TRUST_PENDING,
	    STORE_TRUST_MANUAL, STORE_TRUST_PINNED, STORE_TRUST_DISTRUSTED};
	struct fixture_cert bob;

	(void)state;
	bob_init(&bob, &f.their_ca, OPTS(.name = "bob"));
	LEARN(.signer = &bob);
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		judge(&bob, said[i]);
		LEARN(.signer = &bob);
		assert_string_equal(trust_of(&bob), store_trust_name(said[i]));
		LEARN(.signer = &bob, .untrusted = true);
		assert_string_equal(trust_of(&bob), store_trust_name(said[i]));
	}
	fixture_fini(&bob);
}

static void
test_pinned(void **state)
{
	struct fixture_cert bob, new;

	(void)state;
	bob_init(&bob, &f.their_ca, OPTS(.name = "bob"));
	bob_init(&new, &f.their_ca, OPTS(.name = "new"));
	LEARN(.signer = &bob, .capabilities = "strong", .age = 60);
	judge(&bob, STORE_TRUST_PINNED);
	LEARN(.signer = &new);
	assert_string_equal(trust_of(&new), "pending");
	assert_string_equal(trust_of(&bob), "pinned");
	expect_line("pending", &new, "reason=pinned");
	/* Nor does it speak for the pinned one. */
	LEARN(.signer = &new, .preferred = &bob, .capabilities = "weak");
	expect_claims(&bob, "strong", 0, false);
	/* That one itself does. */
	LEARN(.signer = &bob, .capabilities = "new");
	expect_claims(&bob, "new", 0, false);
	fixture_fini(&new);
	fixture_fini(&bob);
}

/* Who is distrusted teaches nothing, not about others either. */
static void
test_distrusted(void **state)
{
	struct fixture_cert bad, other;

	(void)state;
	bob_init(&bad, &f.their_ca, OPTS(.name = "bad"));
	bob_init(&other, &f.their_ca, OPTS(.name = "other"));
	LEARN(.signer = &bad);
	judge(&bad, STORE_TRUST_DISTRUSTED);
	LEARN(.signer = &bad, .preferred = &other);
	assert_string_equal(trust_of(&other), "none");
	expect_line("unlearned", &other, "reason=distrusted");
	LEARN(.signer = &other, .preferred = &bad);
	assert_string_equal(trust_of(&bad), "distrusted");
	assert_string_equal(trust_of(&other), "none");
	fixture_fini(&other);
	fixture_fini(&bad);
}

/* The certificate is of the right authority, but who names it is not. */
static void
test_stranger_names_one(void **state)
{
	struct fixture_cert old, signer, new;

	(void)state;
	bob_init(&old, &f.their_ca, OPTS(.name = "old"));
	bob_init(&new, &f.their_ca, OPTS(.name = "new"));
	bob_init(&signer, &f.our_ca, OPTS(.usage = "digitalSignature"));
	LEARN(.signer = &old, .capabilities = "strong", .age = 60);
	LEARN(.signer = &signer, .preferred = &new);
	assert_string_equal(trust_of(&new), "pending");
	expect_line("pending", &new, "reason=other-authority");
	/* Nor can he speak for the one in use. */
	LEARN(.signer = &signer, .preferred = &old, .capabilities = "weak",
	    .used = STORE_USED_CBC);
	expect_claims(&old, "strong", 0, false);
	assert_string_equal(trust_of(&old), "harvested");
	fixture_fini(&signer);
	fixture_fini(&new);
	fixture_fini(&old);
}

/* Who waits, or leads nowhere, or is distrusted, has a clock of his own, and
 * could otherwise unsay what the owner prefers. */
static void
test_stranger_is_newer(void **state)
{
	struct fixture_cert old, new, other, stranger, bad;

	(void)state;
	bob_init(&old, &f.their_ca, OPTS(.name = "old"));
	bob_init(&new, &f.their_ca, OPTS(.name = "new"));
	bob_init(&bad, &f.their_ca, OPTS(.name = "bad"));
	bob_init(&other, &f.our_ca, OPTS(.name = "other"));
	bob_init(&stranger, &stranger_ca, OPTS(.name = "stranger"));
	LEARN(.signer = &old, .age = 120);
	LEARN(.signer = &bad);
	judge(&bad, STORE_TRUST_DISTRUSTED);
	LEARN(.signer = &other);
	assert_string_equal(trust_of(&other), "pending");
	LEARN(.signer = &stranger, .ca = &stranger_ca, .untrusted = true);
	assert_string_equal(trust_of(&stranger), "untrusted");
	LEARN(.signer = &old, .preferred = &new, .age = 60);
	expect_claims(&new, "", 0, true);
	/* Of his own two the older message has no say. */
	LEARN(.signer = &new, .preferred = &old, .age = 90);
	expect_claims(&old, "", 0, false);
	fixture_fini(&stranger);
	fixture_fini(&other);
	fixture_fini(&bad);
	fixture_fini(&new);
	fixture_fini(&old);
}

/* --- an authority that nobody knows (B6) --- */

static int
count(const struct store_authority *a, void *arg)
{
	if (strstr(a->subject, "Strange CA"))
		++*(unsigned *)arg;
	return 0;
}

static unsigned
strangers(void)
{
	unsigned n = 0;

	MUST(store_authority_each(store, count, &n, &err));
	return n;
}

static void
test_untrusted(void **state)
{
	struct fixture_cert bob, self;

	(void)state;
	bob_init(&bob, &stranger_ca, OPTS(.name = "bob"));
	bob_init(&self, NULL, OPTS(.name = "self"));
	for (int i = 0; i < 2; i++)
		LEARN(.signer = &bob, .ca = &stranger_ca, .untrusted = true,
		    .capabilities = "caps");
	assert_string_equal(trust_of(&bob), "untrusted");
	expect_line("untrusted", &bob, "new=yes");
	expect_line("untrusted", &bob, "new=no");
	expect_claims(&bob, "caps", 0, false);
	assert_int_equal(strangers(), 1);
	LEARN(.signer = &self, .untrusted = true);
	assert_string_equal(trust_of(&self), "none");
	expect_line("unlearned", &self, "reason=self-issued");
	fixture_fini(&self);
	fixture_fini(&bob);
}

static int
has_this(const struct store_authority *a, void *arg)
{
	const struct certificate **c = arg;

	if (strcmp(a->fingerprint, (*c)->fingerprint_text) == 0)
		*c = NULL;
	return *c == NULL;
}

static bool
is_noted(const struct fixture_cert *ca)
{
	const struct certificate *c = ca->certificate;

	MUST(store_authority_each(store, has_this, &c, &err));
	return c == NULL;
}

/* The bag of certificates is not signed: a forger's root that has the name of
 * the real one is not shown in its place. */
static void
test_planted_authority(void **state)
{
	struct fixture_cert real, forged, bob;

	(void)state;
	fixture_ca(&real, OPTS(.name = "Partner Root"));
	fixture_ca(&forged, OPTS(.name = "Partner Root"));
	bob_init(&bob, &real, OPTS(.name = "bob"));
	LEARN(.signer = &bob, .ca = &forged, .untrusted = true);
	assert_false(is_noted(&forged));
	LEARN(.signer = &bob, .ca = &real, .untrusted = true);
	assert_true(is_noted(&real));
	assert_false(is_noted(&forged));
	fixture_fini(&bob);
	fixture_fini(&forged);
	fixture_fini(&real);
}

/* Its authority is trusted meanwhile: with the next mail it is judged like
 * any newcomer. */
static void
test_untrusted_no_more(void **state)
{
	struct certificate_list list;
	struct fixture_cert bob, old;

	(void)state;
	certificate_list_init(&list);
	certificate_list_add(&list, stranger_ca.certificate);
	bob_init(&bob, &stranger_ca, OPTS(.name = "bob"));
	bob_init(&old, &f.their_ca, OPTS(.name = "old"));
	LEARN(.signer = &bob, .ca = &stranger_ca, .untrusted = true);
	trust_set_judged(trust, &list, NULL);
	/* A verdict of before decides nothing. */
	LEARN(.signer = &bob, .ca = &stranger_ca, .untrusted = true);
	assert_string_equal(trust_of(&bob), "untrusted");
	LEARN(.signer = &bob);
	assert_string_equal(trust_of(&bob), "harvested");
	expect_line("harvested", &bob, "new=yes");

	before_each(NULL);
	LEARN(.signer = &old);
	LEARN(.signer = &bob, .ca = &stranger_ca, .untrusted = true);
	assert_string_equal(trust_of(&bob), "untrusted");
	trust_set_judged(trust, &list, NULL);
	LEARN(.signer = &bob);
	assert_string_equal(trust_of(&bob), "pending");
	expect_line("pending", &bob, "reason=other-authority");
	fixture_fini(&old);
	fixture_fini(&bob);
	certificate_list_fini(&list);
}

/* A signature that leads nowhere changes nothing that is in use, unless the
 * operator vouches for the very key. */
static void
test_untrusted_claims(void **state)
{
	struct fixture_cert forged, real, manual;

	(void)state;
	bob_init(&real, &f.their_ca, OPTS(.name = "bob"));
	bob_init(&forged, &stranger_ca, OPTS(.name = "bob"));
	bob_init(&manual, &stranger_ca, OPTS(.name = "manual"));
	LEARN(.signer = &real, .capabilities = "strong", .age = 60);
	LEARN(.signer = &forged, .preferred = &real, .capabilities = "weak",
	    .untrusted = true);
	expect_claims(&real, "strong", 0, false);
	gateway_fixture_partner(&f, BOB, &manual, STORE_TRUST_MANUAL);
	LEARN(.signer = &forged, .preferred = &manual, .capabilities = "weak",
	    .untrusted = true);
	expect_claims(&manual, "", 0, false);
	LEARN(.signer = &manual, .capabilities = "mine", .untrusted = true);
	expect_claims(&manual, "mine", 0, false);
	assert_string_equal(trust_of(&manual), "manual");
	fixture_fini(&manual);
	fixture_fini(&forged);
	fixture_fini(&real);
}

/* --- what is announced and used (B5, H3) --- */

static void
test_newest_wins(void **state)
{
	struct fixture_cert bob;

	(void)state;
	bob_init(&bob, &f.their_ca, OPTS(.name = "bob"));
	LEARN(.signer = &bob, .age = 100, .capabilities = "gcm",
	    .used = STORE_USED_AES256_GCM);
	expect_claims(&bob, "gcm", STORE_USED_AES256_GCM, false);
	/* An old message, replayed, takes nothing back. */
	LEARN(.signer = &bob, .age = 1000, .capabilities = "cbc",
	    .used = STORE_USED_CBC);
	expect_claims(&bob, "gcm", STORE_USED_AES256_GCM, false);
	/* The same one, wrapped anew by somebody else. */
	LEARN(.signer = &bob, .age = 100, .capabilities = "cbc",
	    .used = STORE_USED_CBC);
	expect_claims(&bob, "gcm", STORE_USED_AES256_GCM, false);
	/* One from the future says nothing. */
	LEARN(.signer = &bob, .age = -LIMIT_CLOCK_SKEW - 1,
	    .capabilities = "cbc", .used = STORE_USED_CBC);
	expect_claims(&bob, "gcm", STORE_USED_AES256_GCM, false);
	LEARN(.signer = &bob, .age = 10, .capabilities = "new",
	    .used = STORE_USED_OAEP);
	expect_claims(&bob, "new", STORE_USED_OAEP, false);
	/* What is not said takes nothing back either. */
	LEARN(.signer = &bob, .age = 1);
	expect_claims(&bob, "new", STORE_USED_OAEP, false);
	fixture_fini(&bob);
}

/* Nor does an old message bring back a certificate as the preferred one. */
static void
test_old_preference(void **state)
{
	struct fixture_cert old, new;

	(void)state;
	bob_init(&old, &f.their_ca, OPTS(.name = "old"));
	bob_init(&new, &f.their_ca, OPTS(.name = "new"));
	LEARN(.signer = &new, .preferred = &new, .age = 100);
	expect_claims(&new, "", 0, true);
	LEARN(.signer = &old, .preferred = &old, .age = 1000);
	expect_claims(&old, "", 0, false);
	assert_string_equal(trust_of(&old), "harvested");
	/* Another device's, newer: both. */
	LEARN(.signer = &old, .preferred = &old, .age = 10);
	expect_claims(&old, "", 0, true);
	expect_claims(&new, "", 0, true);
	fixture_fini(&new);
	fixture_fini(&old);
}

/* --- at the same time --- */

/* A process of its own, that learns one certificate. */
static pid_t
start_learner(const struct fixture_cert *c, int go)
{
	pid_t pid = fork();
	struct store *own;
	struct err err;
	char byte;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	if (store_open(f.uri, &own, &err) || read(go, &byte, 1) < 0)
		_exit(1);
	learn_from(own, &(struct message){.signer = c});
	store_close(own);
	_exit(0);
}

/* Two authorities, two processes: never are both in use. */
static void
test_two_processes(void **state)
{
	struct fixture_cert one, two;
	int go[2], status;
	pid_t pid[2];
	bool in_use[2];

	(void)state;
	bob_init(&one, &f.their_ca, OPTS(.name = "one"));
	bob_init(&two, &f.our_ca, OPTS(.name = "two"));
	for (int turn = 0; turn < 10; turn++) {
		before_each(NULL);
		assert_int_equal(pipe(go), 0);
		pid[0] = start_learner(&one, go[0]);
		pid[1] = start_learner(&two, go[0]);
		assert_int_equal(write(go[1], "ab", 2), 2);
		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_int_equal(status, 0);
		}
		close(go[0]);
		close(go[1]);
		in_use[0] = strcmp(trust_of(&one), "harvested") == 0;
		in_use[1] = strcmp(trust_of(&two), "harvested") == 0;
		assert_false(in_use[0] && in_use[1]);
		assert_true(
		    in_use[0] || strcmp(trust_of(&one), "pending") == 0);
		assert_true(
		    in_use[1] || strcmp(trust_of(&two), "pending") == 0);
	}
	fixture_fini(&two);
	fixture_fini(&one);
}

/* A store that is away costs the lesson. */
static void
test_store_is_away(void **state)
{
	struct fixture_cert bob;

	(void)state;
	bob_init(&bob, &f.their_ca, OPTS(.name = "bob"));
	gateway_fixture_sql(
	    &f, "ALTER TABLE partner_certificates RENAME TO away");
	LEARN(.signer = &bob);
	expect_line("unlearned", &bob, "reason=store error=");
	gateway_fixture_sql(
	    &f, "ALTER TABLE away RENAME TO partner_certificates");
	LEARN(.signer = &bob);
	assert_string_equal(trust_of(&bob), "harvested");
	fixture_fini(&bob);
}

#define CASE(test) cmocka_unit_test_setup(test, before_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_first_and_renewed),
	    CASE(test_other_authority_waits),
	    CASE(test_lower_level_waits),
	    CASE(test_operators_word),
	    CASE(test_pinned),
	    CASE(test_distrusted),
	    CASE(test_stranger_names_one),
	    CASE(test_stranger_is_newer),
	    CASE(test_untrusted),
	    CASE(test_planted_authority),
	    CASE(test_untrusted_no_more),
	    CASE(test_untrusted_claims),
	    CASE(test_newest_wins),
	    CASE(test_old_preference),
	    CASE(test_two_processes),
	    CASE(test_store_is_away),
	};

	return cmocka_run_group_tests_name("lesson", tests, set_up, tear_down);
}
