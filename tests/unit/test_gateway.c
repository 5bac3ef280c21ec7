/*
 * The gateway as a whole: what keeps it from starting, its references, and
 * many messages of two users at once.
 */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "unit/gateway_fixture.h"

#define THREADS	 6
#define MESSAGES 20

static struct gateway_fixture f;
static struct fixture_cert certs[2];

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&certs[0], &f.our_ca,
	    &(struct fixture_opts){
		.address = "alice@example.org", .key = "RSA-2048"});
	fixture_leaf(&certs[1], &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	gateway_fixture_user(
	    &f, "alice@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "alice@example.org", &certs[0]);
	gateway_fixture_user(
	    &f, "carol@example.org", SWITCH_INHERIT, ENCRYPT_INHERIT);
	gateway_fixture_own(&f, "carol@example.org", &certs[1]);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&certs[1]);
	fixture_fini(&certs[0]);
	return 0;
}

/* --- starting --- */

static void
fails(const char *text)
{
	const struct gateway_opts opts = {.harvest = true};
	struct gateway *g = NULL;
	struct err err;

	assert_int_equal(gateway_new(&f.config, &opts, &g, &err), -1);
	assert_null(g);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" without \"%s\"", err.text, text);
}

static void
test_what_is_missing_is_named(void **state)
{
	(void)state;
	f.config.store = "sqlite:/nowhere/store.db";
	fails("/nowhere/store.db");
	f.config.store = f.uri;
	f.config.trust.ca_bundle = "/nowhere/ca.pem";
	fails("/nowhere/ca.pem");
	f.config.trust.ca_bundle = f.ca_file;
}

static void
release(void *arg)
{
	++*(int *)arg;
}

/* A message in flight keeps the gateway that it began with. */
/* What the operator said about authorities counts from the first moment. */
static void
test_judged_authorities(void **state)
{
	struct store *store = gateway_fixture_store(&f);
	struct fixture_cert ca;
	struct store_authority a = {.first_seen = fixture_now()};
	size_t usual;
	struct err err;

	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Judged CA"});
	gateway_fixture_open(&f);
	usual = trust_anchor_count(gateway_trust(f.gateway));
	a.certificate = ca.certificate;
	a.subject = ca.certificate->subject;
	a.trust = STORE_AUTHORITY_TRUSTED;
	assert_int_equal(store_authority_judge(store, &a, &err), 0);
	gateway_fixture_open(&f);
	assert_int_equal(
	    trust_anchor_count(gateway_trust(f.gateway)), usual + 1);
	a.trust = STORE_AUTHORITY_DISTRUSTED;
	assert_int_equal(store_authority_judge(store, &a, &err), 0);
	gateway_fixture_open(&f);
	assert_int_equal(trust_anchor_count(gateway_trust(f.gateway)), usual);
	gateway_fixture_close(&f);
	fixture_fini(&ca);
	store_close(store);
}

static void
test_references(void **state)
{
	int released = 0;
	const struct gateway_opts opts = {.release = release, .arg = &released};
	const struct job_client client = {.login = "alice@example.org"};
	struct gateway *g, *second;
	struct job_reply reply;
	struct job *job;
	struct err err;

	(void)state;
	assert_int_equal(gateway_new(&f.config, &opts, &g, &err), 0);
	second = gateway_ref(g);
	job = job_new(g, &client);
	gateway_unref(&g);
	assert_null(g);
	gateway_unref(&second);
	assert_int_equal(released, 0);
	job_sender(job, "<alice@example.org>", NULL);
	job_recipient(job, "<bob@example.net>", NULL, NULL);
	job_header(job, "From", " alice@example.org");
	assert_true(job_end_of_header(job));
	assert_int_equal(job_end_of_message(job, &reply), JOB_ACCEPT);
	assert_false(edits_are_empty(job_edits(job)));
	job_free(job);
	assert_int_equal(released, 1);
	gateway_unref(&g);
	job_free(NULL);
}

/* Whatever ends a message, everything is freed (seen by the sanitizer). */
static void
test_ends_anywhere(void **state)
{
	const struct job_client client = {.login = "alice@example.org"};

	(void)state;
	gateway_fixture_open(&f);
	for (int steps = 0; steps < 7; steps++) {
		struct job *job = job_new(f.gateway, &client);

		if (steps > 0)
			job_sender(job, "<alice@example.org>", NULL);
		if (steps > 1)
			job_recipient(job, "<bob@example.net>", NULL, NULL);
		if (steps > 2)
			job_header(job, "From", " alice@example.org");
		if (steps > 3)
			job_queue_id(job, "4Q");
		if (steps > 4)
			assert_true(job_end_of_header(job));
		if (steps > 5)
			job_body(job, "x\r\n", 3);
		job_free(job);
	}
}

/* The moment that a mail server does not wait for any more has come. */
static bool too_late;

int __real_deadline_left(deadline_t deadline);
int __wrap_deadline_left(deadline_t deadline);

int
__wrap_deadline_left(deadline_t deadline)
{
	int left = __real_deadline_left(deadline);

	/* Not that of one operation of the key process. */
	return too_late && left > LIMIT_ANSWER_TIME / 2 ? 0 : left;
}

static void
test_too_late(void **state)
{
	const struct job_client client = {.login = "alice@example.org"};
	struct job_reply reply;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct job *job = job_new(f.gateway, &client);

		too_late = i == 1;
		job_sender(job, "<alice@example.org>", NULL);
		job_recipient(job, "<bob@example.net>", NULL, NULL);
		job_header(job, "From", " alice@example.org");
		assert_int_equal(job_end_of_message(job, &reply),
		    too_late ? JOB_DEFER : JOB_ACCEPT);
		assert_true(edits_are_empty(job_edits(job)) == too_late);
		too_late = false;
		job_free(job);
	}
	assert_string_equal(reply.code, "451");
}

/* --- two users at once --- */

static const char *const who[] = {"alice@example.org", "carol@example.org"};
static unsigned wrong;

/* Is it signed, by that certificate alone? */
static bool
is_signed_by(const char *file, X509 *signer)
{
	BIO *in = BIO_new_file(file, "rb"), *content = NULL;
	CMS_ContentInfo *cms = SMIME_read_CMS(in, &content);
	STACK_OF(X509) *signers = NULL;
	X509_STORE *store = X509_STORE_new();
	bool good = false;

	X509_STORE_add_cert(store, f.our_ca.x509);
	X509_STORE_set_purpose(store, X509_PURPOSE_SMIME_SIGN);
	if (cms && CMS_verify(cms, NULL, store, content, NULL, 0) == 1 &&
	    (signers = CMS_get0_signers(cms)))
		good = sk_X509_num(signers) == 1 &&
		       X509_cmp(sk_X509_value(signers, 0), signer) == 0;
	sk_X509_free(signers);
	X509_STORE_free(store);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(in);
	return good;
}

static bool
send_one(size_t user, size_t number)
{
	char *header = xasprintf("From: %s\nMIME-Version: 1.0\n"
				 "Content-Type: text/plain; charset=utf-8\n",
	    who[user]);
	char *body =
	    xasprintf("message %zu of %s \xc3\xa4\r\n", number, who[user]);
	struct fixture_mail mail = {.login = who[user],
	    .sender = who[user],
	    .header = header,
	    .body = slice_text(body)};
	struct fixture_result r;
	bool good;

	gateway_fixture_send(&f, &mail, &r);
	good = r.outcome == JOB_ACCEPT && r.file &&
	       is_signed_by(r.file, certs[user].x509);
	fixture_result_fini(&r);
	free(body);
	free(header);
	return good;
}

static void *
send_many(void *arg)
{
	size_t first = *(const size_t *)arg;

	for (size_t i = 0; i < MESSAGES; i++)
		if (!send_one((first + i) % 2, i))
			__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Meanwhile settings change, and the caches with them. */
static void *
change_settings(void *arg)
{
	(void)arg;
	for (int i = 0; i < MESSAGES; i++)
		gateway_fixture_user(&f, "zoe@example.org",
		    i % 2 ? SWITCH_ON : SWITCH_OFF, ENCRYPT_INHERIT);
	return NULL;
}

static void
test_two_users(void **state)
{
	pthread_t threads[THREADS + 1];
	size_t first[THREADS];

	(void)state;
	wrong = 0;
	for (size_t i = 0; i < THREADS; i++) {
		first[i] = i;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, send_many, &first[i]), 0);
	}
	assert_int_equal(
	    pthread_create(&threads[THREADS], NULL, change_settings, NULL), 0);
	for (size_t i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_missing_is_named),
	    cmocka_unit_test(test_judged_authorities),
	    cmocka_unit_test(test_references),
	    cmocka_unit_test(test_ends_anywhere),
	    cmocka_unit_test(test_too_late),
	    cmocka_unit_test(test_two_users),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
