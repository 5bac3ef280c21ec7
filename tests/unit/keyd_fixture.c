/* keyd_fixture.c: see keyd_fixture.h. */
#include "unit/unit.h"

#include "unit/keyd_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/ipc.h"

/* Builds with sanitizers on a busy machine take their time. */
#define START_MS 30000

/* Runs smime-keyd of the build folder; the test's end is its end. */
static pid_t
spawn(const char *const argv[])
{
	const char *build = getenv("top_builddir");
	char *program = xasprintf("%s/smime-keyd", build ? build : ".");
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		execv(program, (char *const *)(uintptr_t)argv);
		perror(program);
		_exit(127);
	}
	free(program);
	if (pid < 0)
		fail_msg("fork: %s", strerror(errno));
	return pid;
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail_msg("waitpid: %s", strerror(errno));
	return status;
}

static void
make_wrapping_key(const struct keyd_fixture *f)
{
	char *option = xasprintf("new:%s", f->key_file);
	const char *argv[] = {"smime-keyd", "-k", option, NULL};
	int status = wait_for(spawn(argv));

	free(option);
	if (status != 0)
		fail_msg("smime-keyd -k new: ended with %d", status);
}

static void
add_option(const char **argv, const char *option, const char *value)
{
	while (*argv)
		argv++;
	if (value) {
		argv[0] = option;
		argv[1] = value;
	}
}

void
keyd_fixture_restart(struct keyd_fixture *f)
{
	const char *argv[16] = {"smime-keyd", "-f"};
	deadline_t deadline = deadline_in(START_MS);
	struct err err = {0};
	int fd, status;

	add_option(argv, "-s", f->socket);
	add_option(argv, "-k", f->key_file);
	add_option(argv, "-u", f->user);
	add_option(argv, "-g", f->group);
	f->pid = spawn(argv);
	while ((fd = ipc_connect(f->socket, deadline, &err)) < 0) {
		if (waitpid(f->pid, &status, WNOHANG) == f->pid)
			fail_msg("smime-keyd ended with %d", status);
		if (deadline_left(deadline) == 0)
			fail_msg("smime-keyd does not answer: %s", err.text);
		usleep(5000);
	}
	close(fd);
}

void
keyd_fixture_start_as(
    struct keyd_fixture *f, const char *user, const char *group)
{
	*f = (struct keyd_fixture){
	    .folder = "/tmp/keyd-test.XXXXXX", .user = user, .group = group};
	if (!mkdtemp(f->folder) || chmod(f->folder, 0711))
		fail_msg("%s: %s", f->folder, strerror(errno));
	snprintf(f->run_folder, sizeof(f->run_folder), "%s/run", f->folder);
	snprintf(f->socket, sizeof(f->socket), "%s/keyd.sock", f->run_folder);
	snprintf(f->key_file, sizeof(f->key_file), "%s/key", f->folder);
	make_wrapping_key(f);
	keyd_fixture_restart(f);
}

void
keyd_fixture_start(struct keyd_fixture *f)
{
	keyd_fixture_start_as(f, NULL, NULL);
}

void
keyd_fixture_kill(struct keyd_fixture *f)
{
	kill(f->pid, SIGKILL);
	wait_for(f->pid);
	f->pid = -1;
}

void
keyd_fixture_stop(struct keyd_fixture *f)
{
	int status = 0;

	if (f->pid > 0) {
		kill(f->pid, SIGTERM);
		status = wait_for(f->pid);
		f->pid = -1;
	}
	unlink(f->socket);
	unlink(f->key_file);
	rmdir(f->run_folder);
	rmdir(f->folder);
	if (status != 0)
		fail_msg("smime-keyd ended with %d", status);
}
