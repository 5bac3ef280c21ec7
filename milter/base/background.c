/*
 * background.c: see background.h.  Main thread, before the others start.
 *
 * Standard error of the child is a pipe to the first process; a NUL in it
 * means ready.  A process that has locked itself in meanwhile needs only write for that.
 */
#include "base/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

static int
move_child(int pipe_fd, struct err *err)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Our exit code is the child's errors until it is ready; a signal to
	 * write to nobody must not end it afterwards. */
	signal(SIGPIPE, SIG_IGN);
	if (null_fd < 0 || setsid() < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(null_fd, STDOUT_FILENO) < 0 ||
	    dup2(pipe_fd, STDERR_FILENO) < 0)
		return err_set_errno(
		    err, ERR_PERMANENT, "cannot leave the terminal");
	close(null_fd);
	close(pipe_fd);
	return 0;
}

/* Prints what comes through the pipe; 0 when the child is ready, or the
 * status it ended with. */
static int
follow_child(int fd, pid_t child)
{
	char text[1024];
	struct err err;
	const char *end;
	ssize_t n;
	int status;

	while ((n = read(fd, text, sizeof(text))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n < 0)
			continue;
		end = memchr(text, '\0', (size_t)n);
		if (io_write_fd(STDERR_FILENO, "standard error",
			slice_make(
			    text, end ? (size_t)(end - text) : (size_t)n),
			&err))
			break;
		if (end)
			return 0;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
background_begin(struct err *err)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC))
		return err_set_errno(err, ERR_PERMANENT, "pipe");
	child = fork();
	if (child < 0)
		return err_set_errno(err, ERR_PERMANENT, "fork");
	if (child > 0) {
		close(fds[1]);
		_exit(follow_child(fds[0], child));
	}
	close(fds[0]);
	return move_child(fds[1], err);
}

void
background_ready(void)
{
	(void)!write(STDERR_FILENO, "", 1);
}
