/*
 * The filter kills: each system call is tried in a child of its own, by the
 * main thread and by one that was there before.  Not in builds with
 * sanitizers, which have no filter.
 */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keyd/keyd_filter.h"

static int folder_fd;
static int sockets[2];

static void
call_open(void)
{
	(void)syscall(SYS_open, "/dev/null", O_RDONLY);
}

static void
call_openat(void)
{
	(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
call_socket(void)
{
	(void)socket(AF_UNIX, SOCK_DGRAM, 0);
}

static void
call_connect(void)
{
	(void)connect(sockets[0], NULL, 0);
}

static void
call_execve(void)
{
	char *argv[] = {NULL};

	(void)execve("/bin/true", argv, argv);
}

static void
call_fork(void)
{
	if (fork() == 0)
		_exit(0);
}

static void
call_ptrace(void)
{
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void
call_kill(void)
{
	(void)kill(getppid(), 0);
}

static void
call_prctl(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void
call_bind(void)
{
	(void)bind(sockets[0], NULL, 0);
}

static void
call_chmod(void)
{
	(void)chmod("/nonexistent", 0777);
}

static void
call_unlink(void)
{
	(void)syscall(SYS_unlink, "/nonexistent");
}

static void
call_unlink_elsewhere(void)
{
	(void)unlinkat(AT_FDCWD, "/nonexistent", 0);
}

static void
call_rmdir(void)
{
	(void)unlinkat(folder_fd, "nonexistent", AT_REMOVEDIR);
}

static void
call_executable_mmap(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
call_executable_mprotect(void)
{
	static char page[8192];
	char *start = page + (4096 - (uintptr_t)page % 4096) % 4096;

	(void)mprotect(start, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void
call_what_serving_needs(void)
{
	struct timeval now;
	char byte = 'x';
	void *p;

	if (send(sockets[0], &byte, 1, MSG_NOSIGNAL) != 1 ||
	    recv(sockets[1], &byte, 1, MSG_DONTWAIT) != 1)
		_exit(3);
	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p, 4096, PROT_READ) ||
	    munmap(p, 1 << 20))
		_exit(4);
	for (size_t size = 1; size < 1 << 24; size *= 2)
		free(malloc(size));
	gettimeofday(&now, NULL);
	if (unlinkat(folder_fd, "nonexistent", 0) == 0 || errno != ENOENT)
		_exit(5);
}

static sem_t running, go, done;
static void (*step)(void);

static void *
run_step(void *arg)
{
	sem_post(&running);
	sem_wait(&go);
	step();
	sem_post(&done);
	return arg;
}

/* How a child ends that is locked in and takes that step. */
static int
end_of(void (*what)(void), bool in_thread)
{
	struct rlimit none = {0};
	pthread_t thread;
	struct err err;
	int status;
	pid_t pid = fork();

	if (pid > 0) {
		waitpid(pid, &status, 0);
		return status;
	}
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	keyd_filter_prepare();
	step = what;
	sem_init(&running, 0, 0);
	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	if (pthread_create(&thread, NULL, run_step, NULL))
		_exit(2);
	/* A thread that is still starting would be killed for it. */
	sem_wait(&running);
	if (keyd_filter_install(folder_fd, &err))
		_exit(2);
	if (in_thread) {
		sem_post(&go);
		sem_wait(&done);
	} else {
		step();
	}
	_exit(0);
}

static const struct {
	const char *name;
	void (*call)(void);
} forbidden[] = {
    {"open", call_open},
    {"openat", call_openat},
    {"socket", call_socket},
    {"connect", call_connect},
    {"bind", call_bind},
    {"execve", call_execve},
    {"fork", call_fork},
    {"ptrace", call_ptrace},
    {"kill", call_kill},
    {"prctl", call_prctl},
    {"chmod", call_chmod},
    {"unlink", call_unlink},
    {"unlink elsewhere", call_unlink_elsewhere},
    {"rmdir", call_rmdir},
    {"executable mmap", call_executable_mmap},
    {"executable mprotect", call_executable_mprotect},
};

static void
test_forbidden_calls_kill(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		for (int in_thread = 0; in_thread < 2; in_thread++) {
			int status = end_of(forbidden[i].call, in_thread != 0);

			if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
				fail_msg("%s, thread %d: status %d",
				    forbidden[i].name, in_thread, status);
		}
	}
}

static void
test_serving_goes_on(void **state)
{
	(void)state;
	assert_int_equal(end_of(call_what_serving_needs, false), 0);
	assert_int_equal(end_of(call_what_serving_needs, true), 0);
}

/* As systemd does with a SystemCallFilter that is too narrow for us. */
static void
forbid_filters(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {
	    .len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		_exit(2);
}

static void
test_says_who_forbids_filters(void **state)
{
	struct err err;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		forbid_filters();
		if (keyd_filter_install(folder_fd, &err) == 0)
			_exit(3);
		_exit(strstr(err.text, "SystemCallFilter") ? 0 : 4);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static int
set_up(void **state)
{
	(void)state;
	folder_fd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forbidden_calls_kill),
	    cmocka_unit_test(test_serving_goes_on),
	    cmocka_unit_test(test_says_who_forbids_filters),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
