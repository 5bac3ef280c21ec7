/* Allocation that cannot fail: when it does, the process dies with a line. */
#include "unit/unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

static void
test_never_null(void **state)
{
	char *p;

	(void)state;
	p = xmalloc(0);
	assert_non_null(p);
	free(p);
	p = xcalloc(0, 100);
	assert_non_null(p);
	free(p);
	p = xreallocarray(NULL, 0, 0);
	assert_non_null(p);
	p = xreallocarray(p, 10, 10);
	assert_non_null(p);
	free(p);
}

static void
test_zeroed(void **state)
{
	char *p = xcalloc(100, 3);

	(void)state;
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	free(p);
}

static void
test_text(void **state)
{
	char *p = xstrdup("abc");

	(void)state;
	assert_string_equal(p, "abc");
	free(p);
	p = xstrndup("ab\0cd", 4);
	assert_memory_equal(p, "ab\0c\0", 5);
	free(p);
	p = xstrndup(NULL, 0);
	assert_string_equal(p, "");
	free(p);
	p = xasprintf("%s-%d", "x", 5);
	assert_string_equal(p, "x-5");
	free(p);
}

enum way {
	MALLOC,
	CALLOC,
	REALLOC,
	STRNDUP
};

/* Runs in a process of its own, which it does not survive. */
static void
exhaust(enum way way, int fd)
{
	const struct rlimit none = {0, 0};
	volatile size_t huge = SIZE_MAX / 2;

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGABRT, SIG_DFL);
	dup2(fd, STDERR_FILENO);
	switch (way) {
	case MALLOC:
		free(xmalloc(huge));
		break;
	case CALLOC:
		free(xcalloc(huge, 2));
		break;
	case REALLOC:
		free(xreallocarray(NULL, huge, huge));
		break;
	case STRNDUP:
		free(xstrndup("", SIZE_MAX));
		break;
	}
	_exit(0);
}

static void
test_out_of_memory(void **state)
{
	char text[100];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	(void)state;
	if (UNIT_SANITIZED)
		unit_skip("sanitizers refuse such sizes");
	for (enum way way = MALLOC; way <= STRNDUP; way++) {
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			exhaust(way, fds[1]);
		close(fds[1]);
		n = read(fds[0], text, sizeof(text));
		close(fds[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_int_equal(n, strlen("out of memory\n"));
		assert_memory_equal(text, "out of memory\n", (size_t)n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_never_null),
	    cmocka_unit_test(test_zeroed),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
