/* Connections: one server at a time for each, and room for new ones. */
#include "unit/unit.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keyd/keyd_peers.h"

#define MAX 4

static struct keyd_peers *peers;
static int ours[MAX + 2]; /* our ends */

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	peers = keyd_peers_new(MAX, &err);
	assert_non_null(peers);
	for (int i = 0; i < MAX + 2; i++)
		ours[i] = -1;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < MAX + 2; i++)
		if (ours[i] >= 0)
			close(ours[i]);
	keyd_peers_free(peers);
	return 0;
}

static int
add(int i)
{
	struct err err;
	int fds[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	ours[i] = fds[0];
	return keyd_peers_add(peers, fds[1], &err);
}

static void
say(int i)
{
	assert_int_equal(send(ours[i], "x", 1, MSG_NOSIGNAL), 1);
}

/* Has the other end of connection i been closed? */
static bool
is_closed(int i)
{
	char byte;

	return recv(ours[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static uint64_t
wait_for_one(void)
{
	uint64_t token;

	assert_true(keyd_peers_wait(peers, &token));
	return token;
}

static void
read_byte(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 1);
}

static void
test_one_after_the_other(void **state)
{
	uint64_t token;
	int fd;

	(void)state;
	assert_int_equal(add(0), 0);
	for (int i = 0; i < 3; i++) {
		say(0);
		token = wait_for_one();
		fd = keyd_peers_begin(peers, token);
		assert_true(fd >= 0);
		read_byte(fd);
		keyd_peers_end(peers, token);
	}
}

/* While a connection is served it is not announced, and nobody else can
 * begin it. */
static void
test_only_one_server(void **state)
{
	uint64_t first, second;
	int fd;

	(void)state;
	assert_int_equal(add(0), 0);
	assert_int_equal(add(1), 0);
	say(0);
	first = wait_for_one();
	fd = keyd_peers_begin(peers, first);
	assert_true(fd >= 0);
	assert_int_equal(keyd_peers_begin(peers, first), -1);
	say(0);
	say(1);
	second = wait_for_one();
	assert_true(second != first);
	read_byte(fd);
	keyd_peers_end(peers, first);
	assert_true(wait_for_one() == first);
}

static void
test_token_of_a_closed_connection(void **state)
{
	uint64_t token;

	(void)state;
	assert_int_equal(add(0), 0);
	say(0);
	token = wait_for_one();
	assert_true(keyd_peers_begin(peers, token) >= 0);
	keyd_peers_close(peers, token);
	/* What says the end is the byte that was never read. */
	close(ours[0]);
	ours[0] = -1;
	assert_int_equal(add(1), 0); /* in the same place */
	assert_int_equal(keyd_peers_begin(peers, token), -1);
	keyd_peers_end(peers, token);
	keyd_peers_close(peers, token);
	assert_false(is_closed(1));
	say(1);
	assert_true(wait_for_one() != token);
}

/* The one that has been idle for longest makes room. */
static void
test_full(void **state)
{
	uint64_t token;
	int fd;

	(void)state;
	for (int i = 0; i < MAX; i++)
		assert_int_equal(add(i), 0);
	say(0);
	token = wait_for_one();
	fd = keyd_peers_begin(peers, token);
	read_byte(fd);
	keyd_peers_end(peers, token);
	assert_int_equal(add(MAX), 0);
	assert_true(is_closed(1));
	assert_false(is_closed(0));
	assert_false(is_closed(2));
	assert_false(is_closed(3));
	assert_int_equal(add(MAX + 1), 0);
	assert_true(is_closed(2));
}

static void
test_full_and_busy(void **state)
{
	uint64_t token[MAX];

	(void)state;
	for (int i = 0; i < MAX; i++) {
		assert_int_equal(add(i), 0);
		say(i);
		token[i] = wait_for_one();
		assert_true(keyd_peers_begin(peers, token[i]) >= 0);
	}
	assert_int_equal(add(MAX), -1);
	assert_true(is_closed(MAX));
	for (int i = 0; i < MAX; i++)
		assert_false(is_closed(i));
	keyd_peers_close(peers, token[2]);
	assert_int_equal(add(MAX + 1), 0);
}

/* Serves until it is told to stop: packets are answered, ends are closed. */
static void *
serve(void *arg)
{
	uint64_t token;
	char byte;
	int fd;

	while (keyd_peers_wait(peers, &token)) {
		fd = keyd_peers_begin(peers, token);
		if (fd < 0)
			continue;
		if (recv(fd, &byte, 1, MSG_DONTWAIT) == 1 &&
		    send(fd, &byte, 1, MSG_NOSIGNAL) == 1)
			keyd_peers_end(peers, token);
		else
			keyd_peers_close(peers, token);
	}
	return arg;
}

/* What has arrived is answered before the connections are closed. */
static void
test_drain(void **state)
{
	pthread_t thread;
	char byte;

	(void)state;
	for (int i = 0; i < MAX; i++)
		assert_int_equal(add(i), 0);
	say(0);
	say(0);
	say(2);
	/* Nobody serves. */
	assert_false(keyd_peers_drain(peers, deadline_in(20)));
	pthread_create(&thread, NULL, serve, NULL);
	assert_true(keyd_peers_drain(peers, deadline_in(60000)));
	assert_int_equal(recv(ours[0], &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(recv(ours[0], &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(recv(ours[2], &byte, 1, MSG_DONTWAIT), 1);
	for (int i = 0; i < MAX; i++)
		assert_true(is_closed(i));
	keyd_peers_stop(peers);
	pthread_join(thread, NULL);
}

static void
test_stop_is_for_all(void **state)
{
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, serve, NULL);
	keyd_peers_stop(peers);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_one_after_the_other, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_only_one_server, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_token_of_a_closed_connection, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_full_and_busy, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_drain, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_stop_is_for_all, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
