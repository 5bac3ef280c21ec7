/*
 * doctor_run.c: see doctor_run.h.
 *
 * The child gets two pipes and nothing else that is open here; both are read
 * until it closes them, so that it never waits for us.
 */
#include "admin/doctor_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/slice.h"

#define COMPLAINT_MAX 65536u

struct child {
	pid_t pid;
	struct pollfd pipes[2]; /* output, complaints */
	struct buf *texts[2];
};

/* Never returns. */
static void
become(char *const argv[], const int ends[2])
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char locale[] = "LC_ALL=C";
	static char *const environment[] = {path, locale, NULL};
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(ends[0], STDOUT_FILENO) < 0 ||
	    dup2(ends[1], STDERR_FILENO) < 0)
		_exit(127);
	closefrom(STDERR_FILENO + 1);
	(void)execve(argv[0], argv, environment);
	_exit(127);
}

static int
start(struct child *c, char *const argv[], struct err *err)
{
	int out[2] = {-1, -1}, complaints[2] = {-1, -1};

	if (pipe2(out, O_CLOEXEC) || pipe2(complaints, O_CLOEXEC))
		goto fail;
	c->pid = fork();
	if (c->pid < 0)
		goto fail;
	if (c->pid == 0)
		become(argv, (int[2]){out[1], complaints[1]});
	(void)close(out[1]);
	(void)close(complaints[1]);
	c->pipes[0] = (struct pollfd){.fd = out[0], .events = POLLIN};
	c->pipes[1] = (struct pollfd){.fd = complaints[0], .events = POLLIN};
	return 0;

fail:
	(void)err_set_errno(err, ERR_TEMPORARY, "%s", argv[0]);
	for (int i = 0; i < 2; i++) {
		if (out[i] >= 0)
			(void)close(out[i]);
		if (complaints[i] >= 0)
			(void)close(complaints[i]);
	}
	return -1;
}

/* One read; a pipe that ends is closed and left out from then on. */
static void
read_pipe(struct child *c, size_t i)
{
	char data[16384];
	ssize_t n;

	if (c->pipes[i].fd < 0 || !c->pipes[i].revents)
		return;
	n = read(c->pipes[i].fd, data, sizeof(data));
	if (n > 0) {
		buf_add(c->texts[i], data, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		(void)close(c->pipes[i].fd);
		c->pipes[i].fd = -1;
	}
}

/* Until both pipes have ended; -1 when that takes too long. */
static int
read_all(struct child *c, int wait_ms)
{
	deadline_t deadline = deadline_in(wait_ms);
	int left;

	while (c->pipes[0].fd >= 0 || c->pipes[1].fd >= 0) {
		left = deadline_left(deadline);
		if (left == 0 || !buf_ok(c->texts[0]))
			return -1;
		if (poll(c->pipes, 2, left) <= 0)
			continue;
		read_pipe(c, 0);
		read_pipe(c, 1);
	}
	return 0;
}

static int
reap(struct child *c)
{
	int status = -1;

	for (int i = 0; i < 2; i++)
		if (c->pipes[i].fd >= 0)
			(void)close(c->pipes[i].fd);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* What it said last, which is why it ended. */
static void
last_line(const struct buf *complaints, char *out, size_t size)
{
	struct slice text = slice_trim(buf_slice(complaints));
	size_t i = text.len;

	while (i > 0 && text.data[i - 1] != '\n')
		i--;
	slice_show(slice_part(text, i, text.len), out, size);
}

int
doctor_run(char *const argv[], int wait_ms, struct buf *out,
    struct buf *complaints, struct err *err)
{
	char line[ERR_TEXT_MAX / 2];
	struct buf said;
	struct child c = {.texts = {out, &said}};
	int status, rc = -1;
	bool all;

	buf_init(&said, COMPLAINT_MAX);
	if (start(&c, argv, err))
		goto out;
	all = read_all(&c, wait_ms) == 0;
	if (!all)
		(void)kill(c.pid, SIGKILL);
	status = reap(&c);
	last_line(&said, line, sizeof(line));
	if (!buf_ok(out))
		(void)err_set(
		    err, ERR_TEMPORARY, "%s prints too much", argv[0]);
	else if (!all)
		(void)err_set(err, ERR_TEMPORARY, "%s does not end", argv[0]);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		(void)err_set(err, ERR_TEMPORARY, "%s: %s", argv[0],
		    *line ? line : "failed");
	else
		rc = 0;
out:
	if (complaints)
		buf_add_slice(complaints, buf_slice(&said));
	buf_fini(&said);
	return rc;
}
