/* Signals become commands, none is lost to libmilter's own thread. */
#include "unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/control.h"
#include "daemon/milter_serve.h"

static int
setup(void **state)
{
	struct err err;

	(void)state;
	return control_open(&err);
}

static void
test_each_signal(void **state)
{
	static const struct {
		int number;
		enum control_command command;
	} cases[] = {
	    {SIGHUP, CONTROL_RELOAD},
	    {SIGUSR1, CONTROL_REOPEN_LOG},
	    {SIGTERM, CONTROL_END},
	    {SIGINT, CONTROL_END},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		kill(getpid(), cases[i].number);
		assert_int_equal(control_wait(), cases[i].command);
	}
	control_give_up(NULL);
	assert_int_equal(control_wait(), CONTROL_GAVE_UP);
}

static void
test_order(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		kill(getpid(), SIGHUP);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGTERM);
	assert_int_equal(control_wait(), CONTROL_END);
	assert_int_equal(control_wait(), CONTROL_REOPEN_LOG);
	assert_int_equal(control_wait(), CONTROL_RELOAD);
	/* ... and no second reload */
	kill(getpid(), SIGUSR1);
	assert_int_equal(control_wait(), CONTROL_REOPEN_LOG);
}

/* As in signal.c of libmilter. */
static void *
wait_like_libmilter(void *arg)
{
	bool *stolen = arg;
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	if (sigwait(&set, &number) == 0)
		*stolen = true;
	return NULL;
}

/* A process that sends the next signal when it is told to, so that we are
 * already waiting for it. */
static pid_t
start_sender(int *go)
{
	pid_t target = getpid(), child;
	int fds[2];
	char byte;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(fds[1]);
		while (read(fds[0], &byte, 1) == 1) {
			usleep(200);
			kill(target, SIGHUP);
		}
		_exit(0);
	}
	close(fds[0]);
	*go = fds[1];
	return child;
}

static void
test_nobody_else_gets_them(void **state)
{
	static bool stolen;
	pthread_t thread;
	pid_t sender;
	int go;

	(void)state;
	/* Has milter_serve.o linked, and its sigwait before a sanitizer's. */
	assert_non_null(milter_version());
	assert_int_equal(
	    pthread_create(&thread, NULL, wait_like_libmilter, &stolen), 0);
	sender = start_sender(&go);
	alarm(600); /* a stolen signal never comes */
	for (int i = 0; i < 500; i++) {
		assert_int_equal(write(go, "", 1), 1);
		assert_int_equal(control_wait(), CONTROL_RELOAD);
	}
	alarm(0);
	close(go);
	assert_int_equal(waitpid(sender, NULL, 0), sender);
	/* It sleeps for ever, and is not cancelled: the stack that unwinding
	 * leaves behind is what ASan takes for an overflow. */
	assert_int_equal(pthread_detach(thread), 0);
	assert_false(stolen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_signal),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_nobody_else_gets_them),
	};

	return cmocka_run_group_tests_name("control", tests, setup, NULL);
}
