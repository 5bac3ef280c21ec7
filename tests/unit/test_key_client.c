/*
 * The client against a real key process that crashes, stands still and
 * starts again.  What the operations do is in test_keyd_*.c.
 */
#include "unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/key_identity.h"
#include "unit/key_sample.h"
#include "unit/keyd_fixture.h"

#define THREADS	    8
#define CONNECTIONS 4

static struct keyd_fixture keyd;
static struct key_client *client;
static struct key_identity alice, bob;
static struct buf attrs;

static const struct key_signing ecdsa = {KEY_ALG_ECDSA, KEY_HASH_SHA256};

static int
set_up(void **state)
{
	(void)state;
	keyd_fixture_start(&keyd);
	client = key_client_new(keyd.socket, CONNECTIONS, KEY_TIMEOUT_MS);
	key_identity_open(&alice, client, "P-256");
	key_identity_open(&bob, client, "P-256");
	buf_init(&attrs, LIMIT_SIGNED_ATTRS);
	sample_attrs(&attrs, 32);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_fini(&attrs);
	key_identity_close(&alice);
	key_identity_close(&bob);
	key_client_free(client);
	keyd_fixture_stop(&keyd);
	return 0;
}

/* Signs as that one; a signature that is not his is the worst that can
 * happen. */
static int
sign(struct key_client *with, const struct key_identity *who, struct err *err)
{
	struct buf signature;
	int rc;

	buf_init(&signature, 1024);
	rc = key_sign_attrs(
	    with, &who->ref, ecdsa, buf_slice(&attrs), &signature, err);
	if (rc == 0)
		assert_true(sample_verify(who->pkey, KEY_ALG_ECDSA, "SHA256",
		    buf_slice(&attrs), buf_slice(&signature)));
	else
		assert_int_equal(signature.len, 0);
	buf_fini(&signature);
	return rc;
}

static void
must_sign(const struct key_identity *who)
{
	struct err err;

	must_work(sign(client, who, &err), &err);
}

static void
test_hello(void **state)
{
	char *version = NULL;
	struct err err;

	(void)state;
	must_work(key_hello(client, &version, &err), &err);
	assert_true(strncmp(version, "smime-keyd ", 11) == 0);
	free(version);
}

/* A key process that has just started knows no keys. */
static void
test_keys_are_handed_over(void **state)
{
	(void)state;
	keyd_fixture_kill(&keyd);
	keyd_fixture_restart(&keyd);
	must_sign(&alice);
	must_sign(&bob);
}

static void
test_nothing_to_hand_over(void **state)
{
	struct key_identity stranger = alice;
	struct err err;

	(void)state;
	memset(stranger.ref.id, 0, KEY_ID_SIZE);
	stranger.ref.wrapped = slice_make(NULL, 0);
	must_fail(sign(client, &stranger, &err), &err, ERR_NOT_FOUND,
	    "does not have the key");
}

/* The wrong id is not signed for, even when the sealed key is good. */
static void
test_wrong_key_id(void **state)
{
	struct key_identity mixed = alice;
	struct err err;

	(void)state;
	mixed.ref.id[0] ^= 1;
	must_fail(sign(client, &mixed, &err), &err, ERR_PERMANENT,
	    "not the one of this key id");
}

static void
test_no_room_for_the_result(void **state)
{
	struct buf signature;
	struct err err;

	(void)state;
	buf_init(&signature, 16);
	must_fail(key_sign_attrs(client, &alice.ref, ecdsa, buf_slice(&attrs),
		      &signature, &err),
	    &err, ERR_BUG, "no room");
	assert_int_equal(signature.len, 0);
	assert_true(buf_ok(&signature));
	buf_fini(&signature);
}

static void
test_crash_and_recovery(void **state)
{
	struct err err;

	(void)state;
	must_sign(&alice);
	keyd_fixture_kill(&keyd);
	for (int i = 0; i < 3; i++)
		must_fail(sign(client, &alice, &err), &err, ERR_TEMPORARY,
		    "smime-keyd");
	keyd_fixture_restart(&keyd);
	must_sign(&alice);
	must_sign(&bob);
}

/* All idle connections are lost at once; one question more is enough. */
static void
test_crash_between_two_requests(void **state)
{
	(void)state;
	must_sign(&alice);
	keyd_fixture_kill(&keyd);
	keyd_fixture_restart(&keyd);
	must_sign(&alice);
}

/* A key pair takes as long as it takes. */
static void
test_generating(void **state)
{
	struct key_client *hasty = key_client_new(keyd.socket, 1, 1);
	struct key_sealed sealed;
	struct err err;

	(void)state;
	key_sealed_init(&sealed);
	if (key_generate(hasty, KEY_ALG_NEW_RSA2048, &sealed, &err))
		fail_msg("%s", err.text);
	key_sealed_fini(&sealed);
	key_client_free(hasty);
}

static void
test_standing_still(void **state)
{
	struct key_client *hasty = key_client_new(keyd.socket, 1, 100);
	struct err err;

	(void)state;
	kill(keyd.pid, SIGSTOP);
	for (int i = 0; i < 3; i++)
		must_fail(sign(hasty, &alice, &err), &err, ERR_TEMPORARY,
		    "timed out");
	kill(keyd.pid, SIGCONT);
	key_client_free(hasty);
	/* The late answers went nowhere. */
	must_sign(&alice);
	must_sign(&bob);
}

struct load {
	struct key_client *client;
	const struct key_identity *who;
	atomic_bool stop;
	atomic_uint signatures;
	atomic_uint temporary;
};

static void *
run_load(void *arg)
{
	struct load *load = arg;
	struct err err;

	while (!load->stop) {
		if (sign(load->client, load->who, &err) == 0) {
			load->signatures++;
		} else {
			must_fail(-1, &err, ERR_TEMPORARY, "smime-keyd");
			load->temporary++;
			usleep(1000);
		}
	}
	return NULL;
}

/* Waits until each thread has made some more signatures. */
static void
wait_for_signatures(struct load *loads, unsigned more)
{
	for (int i = 0; i < THREADS; i++) {
		unsigned goal = loads[i].signatures + more;

		while (loads[i].signatures < goal)
			usleep(1000);
	}
}

/* Two people, more threads than connections, and a key process that crashes
 * again and again: each signature is the right one, each failure is
 * temporary, and in the end everything works. */
static void
test_crashes_under_load(void **state)
{
	struct load loads[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		loads[i] = (struct load){
		    .client = client, .who = i % 2 ? &alice : &bob};
		pthread_create(&threads[i], NULL, run_load, &loads[i]);
	}
	for (int i = 0; i < 3; i++) {
		wait_for_signatures(loads, 10);
		keyd_fixture_kill(&keyd);
		usleep(20000);
		keyd_fixture_restart(&keyd);
	}
	wait_for_signatures(loads, 10);
	for (int i = 0; i < THREADS; i++)
		loads[i].stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	must_sign(&alice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hello),
	    cmocka_unit_test(test_keys_are_handed_over),
	    cmocka_unit_test(test_nothing_to_hand_over),
	    cmocka_unit_test(test_wrong_key_id),
	    cmocka_unit_test(test_no_room_for_the_result),
	    cmocka_unit_test(test_crash_and_recovery),
	    cmocka_unit_test(test_crash_between_two_requests),
	    cmocka_unit_test(test_generating),
	    cmocka_unit_test(test_standing_still),
	    cmocka_unit_test(test_crashes_under_load),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
