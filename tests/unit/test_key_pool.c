/*
 * The pool against a server that does what a key process never does: answers
 * something else, ends in the middle, says nothing.
 */
#include "unit/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ipc.h"
#include "key/key_pool.h"

#define LONG_MS 60000

/* What the server does with the next request. */
enum behaviour {
	END = 0, /* of the script: no more requests are expected */
	ANSWER,
	WRONG_SEQUENCE,
	WRONG_OPERATION,
	WRONG_VERSION,
	CUT_SHORT,
	TOO_LONG,
	CLOSE,
	SILENCE,
	HOLD /* answers after sem_post */
};

static struct {
	char folder[64];
	char path[96];
	int listener;
	pthread_t thread;
	const enum behaviour *script;
	atomic_uint connections;
	atomic_uint requests;
	sem_t hold;
} server;

static void
reply(int fd, struct slice packet, enum behaviour behaviour)
{
	static unsigned char out[8192];
	size_t len = packet.len;

	memset(out, 0, sizeof(out));
	memcpy(out, packet.data, packet.len);
	if (behaviour == WRONG_SEQUENCE)
		out[11]++;
	if (behaviour == WRONG_OPERATION)
		out[1]++;
	if (behaviour == WRONG_VERSION)
		out[0]++;
	if (behaviour == CUT_SHORT)
		len--;
	if (behaviour == TOO_LONG)
		len = sizeof(out);
	assert_int_equal(send(fd, out, len, MSG_NOSIGNAL), len);
}

/* Serves one connection until either side ends it. */
static void
serve(int fd)
{
	enum behaviour behaviour;
	struct buf packet;
	struct err err;

	server.connections++;
	buf_init(&packet, KEY_MESSAGE_MAX);
	while (ipc_receive(fd, &packet, KEY_MESSAGE_MAX, deadline_in(LONG_MS),
		   &err) == IPC_DONE) {
		server.requests++;
		behaviour = *server.script++;
		if (behaviour == CLOSE)
			break;
		if (behaviour == HOLD)
			sem_wait(&server.hold);
		if (behaviour != SILENCE)
			reply(fd, buf_slice(&packet), behaviour);
		buf_clear(&packet);
	}
	buf_fini(&packet);
	close(fd);
}

/* Ends when the listener is shut down. */
static void *
run_server(void *arg)
{
	int fd;

	while ((fd = accept(server.listener, NULL, NULL)) >= 0)
		serve(fd);
	return arg;
}

static void
server_start(const enum behaviour *script)
{
	struct ipc_access access = {0};
	struct err err;

	strcpy(server.folder, "/tmp/pool-test.XXXXXX");
	assert_non_null(mkdtemp(server.folder));
	snprintf(server.path, sizeof(server.path), "%s/s", server.folder);
	server.listener = ipc_listen(server.path, &access, &err);
	assert_true(server.listener >= 0);
	assert_int_equal(fcntl(server.listener, F_SETFL, 0), 0);
	server.script = script;
	server.connections = server.requests = 0;
	sem_init(&server.hold, 0, 0);
	assert_int_equal(
	    pthread_create(&server.thread, NULL, run_server, NULL), 0);
}

/* After the pool is gone, so that the last connection has ended. */
static void
server_stop(void)
{
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.listener);
	unlink(server.path);
	rmdir(server.folder);
	assert_int_equal(*server.script, END);
}

static int
ask(struct key_pool *pool, int milliseconds, struct err *err)
{
	struct key_exchange x;
	int rc;

	key_exchange_init(&x, KEY_HELLO, deadline_in(milliseconds));
	x.request.fields[0] = slice_text("question");
	rc = key_pool_ask(pool, &x, err);
	if (rc == 0)
		assert_true(
		    slice_equal(x.reply.fields[0], slice_text("question")));
	key_exchange_fini(&x);
	return rc;
}

static void
must_ask(struct key_pool *pool)
{
	struct err err;

	if (ask(pool, LONG_MS, &err))
		fail_msg("%s", err.text);
}

static void
test_one_connection_for_many_requests(void **state)
{
	static const enum behaviour script[] = {ANSWER, ANSWER, ANSWER, END};
	struct key_pool *pool;

	(void)state;
	server_start(script);
	pool = key_pool_new(server.path, 4);
	for (int i = 0; i < 3; i++)
		must_ask(pool);
	key_pool_free(pool);
	server_stop();
	assert_int_equal(server.connections, 1);
	assert_int_equal(server.requests, 3);
}

/* A wrong answer is an error, is not asked again, and its connection is not
 * used again. */
static void
test_wrong_answers(void **state)
{
	static const enum behaviour wrong[] = {WRONG_SEQUENCE, WRONG_OPERATION,
	    WRONG_VERSION, CUT_SHORT, TOO_LONG};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const enum behaviour script[] = {ANSWER, wrong[i], ANSWER, END};
		struct key_pool *pool;
		struct err err;

		server_start(script);
		pool = key_pool_new(server.path, 4);
		must_ask(pool);
		assert_int_equal(ask(pool, LONG_MS, &err), -1);
		assert_non_null(strstr(err.text, "smime-keyd"));
		must_ask(pool);
		key_pool_free(pool);
		server_stop();
		assert_int_equal(server.connections, 2);
		assert_int_equal(server.requests, 3);
	}
}

static void
test_lost_connection_is_asked_again_once(void **state)
{
	static const enum behaviour script[] = {
	    ANSWER, CLOSE, ANSWER, CLOSE, CLOSE, ANSWER, END};
	struct key_pool *pool;
	struct err err;

	(void)state;
	server_start(script);
	pool = key_pool_new(server.path, 4);
	must_ask(pool);
	must_ask(pool); /* closed, then answered */
	assert_int_equal(ask(pool, LONG_MS, &err), -1); /* closed twice */
	assert_int_equal(err.class, ERR_TEMPORARY);
	must_ask(pool);
	key_pool_free(pool);
	server_stop();
	assert_int_equal(server.requests, 6);
	assert_int_equal(server.connections, 4);
}

/* The answer that comes too late must not be taken for the next one. */
static void
test_timeout_ends_the_connection(void **state)
{
	static const enum behaviour script[] = {ANSWER, SILENCE, ANSWER, END};
	struct key_pool *pool;
	struct err err;

	(void)state;
	server_start(script);
	pool = key_pool_new(server.path, 1);
	must_ask(pool);
	assert_int_equal(ask(pool, 50, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_non_null(strstr(err.text, "timed out"));
	must_ask(pool);
	key_pool_free(pool);
	server_stop();
	assert_int_equal(server.connections, 2);
}

static void *
ask_in_thread(void *arg)
{
	static int rc;
	struct err err;

	rc = ask(arg, LONG_MS, &err);
	return &rc;
}

/* Whoever finds all connections in use waits no longer than his deadline. */
static void
test_all_connections_busy(void **state)
{
	static const enum behaviour script[] = {HOLD, ANSWER, END};
	struct key_pool *pool;
	pthread_t thread;
	struct err err;
	void *rc;

	(void)state;
	server_start(script);
	pool = key_pool_new(server.path, 1);
	pthread_create(&thread, NULL, ask_in_thread, pool);
	while (server.requests == 0)
		usleep(1000);
	assert_int_equal(ask(pool, 20, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_string_equal(err.text,
	    "smime-keyd: all 1 connections are busy; raise keyd_connections");
	sem_post(&server.hold);
	pthread_join(thread, &rc);
	assert_int_equal(*(int *)rc, 0);
	must_ask(pool);
	key_pool_free(pool);
	server_stop();
	assert_int_equal(server.connections, 1);
}

static void
test_nobody_there(void **state)
{
	struct key_pool *pool = key_pool_new("/nonexistent/socket", 1);
	struct err err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(pool, LONG_MS, &err), -1);
		assert_int_equal(err.class, ERR_TEMPORARY);
		assert_string_equal(err.text,
		    "smime-keyd: not running, start it: /nonexistent/socket: "
		    "cannot connect: No such file or directory");
	}
	key_pool_free(pool);
}

/* The socket of one that was killed; one that we may not use. */
static void
test_remedies(void **state)
{
	static const enum behaviour script[] = {END};
	struct key_pool *pool;
	struct err err;

	(void)state;
	server_start(script);
	pool = key_pool_new(server.path, 1);
	assert_int_equal(chmod(server.path, 0), 0);
	if (geteuid() != 0) {
		assert_int_equal(ask(pool, LONG_MS, &err), -1);
		assert_non_null(strstr(err.text, "another group"));
	}
	assert_int_equal(chmod(server.path, 0600), 0);
	shutdown(server.listener, SHUT_RDWR);
	assert_int_equal(ask(pool, LONG_MS, &err), -1);
	assert_non_null(strstr(err.text, "not running, start it"));
	key_pool_free(pool);
	server_stop();
}

static void
test_request_over_the_cap(void **state)
{
	static unsigned char big[LIMIT_KEY_FIELD + 1];
	struct key_pool *pool = key_pool_new("/nonexistent/socket", 1);
	struct key_exchange x;
	struct err err;

	(void)state;
	key_exchange_init(&x, KEY_LOAD, deadline_in(LONG_MS));
	x.request.fields[0] = slice_make(big, sizeof(big));
	assert_int_equal(key_pool_ask(pool, &x, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	key_exchange_fini(&x);
	key_pool_free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_connection_for_many_requests),
	    cmocka_unit_test(test_wrong_answers),
	    cmocka_unit_test(test_lost_connection_is_asked_again_once),
	    cmocka_unit_test(test_timeout_ends_the_connection),
	    cmocka_unit_test(test_all_connections_busy),
	    cmocka_unit_test(test_nobody_there),
	    cmocka_unit_test(test_remedies),
	    cmocka_unit_test(test_request_over_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
