/* smtp_fixture.c: see smtp_fixture.h. */
#include "unit/smtp_fixture.h"

#include "unit/unit.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Far beyond anything that a test waits for. */
#define LONG_MS 60000
/* Between two bytes. */
#define DRIP_MS 5

static bool
problem(struct smtp_visit *v, const char *what, const char *text)
{
	snprintf(v->problem, sizeof(v->problem), "%s: %.200s", what, text);
	return false;
}

static bool
say(struct smtp_visit *v, const char *text, size_t len)
{
	if (send(v->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len)
		return true;
	return problem(v, "cannot say", text);
}

static bool
read_byte(struct smtp_visit *v, char *c)
{
	struct pollfd p = {.fd = v->fd, .events = POLLIN};

	return poll(&p, 1, LONG_MS) == 1 && recv(v->fd, c, 1, 0) == 1;
}

/* A line without its CRLF; false at the end of the connection. */
static bool
hear(struct smtp_visit *v, char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (read_byte(v, &c)) {
		if (n < size - 1)
			line[n++] = c;
		if (c != '\n')
			continue;
		if (n < 2 || line[n - 2] != '\r')
			return false;
		line[n - 2] = '\0';
		return true;
	}
	return false;
}

static bool
hear_line(struct smtp_visit *v, const char *wanted)
{
	char line[4096];

	if (!hear(v, line, sizeof(line)))
		return problem(v, "not heard", wanted);
	if (strcmp(line, wanted) != 0)
		return problem(v, wanted, line);
	return true;
}

static bool
hear_line_alone(struct smtp_visit *v, const char *wanted)
{
	char more[64];
	ssize_t n;

	if (!hear_line(v, wanted))
		return false;
	n = recv(v->fd, more, sizeof(more) - 1, MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0)
		return true;
	more[n] = '\0';
	return problem(v, "too early", more);
}

static bool
hear_up_to(struct smtp_visit *v, const char *wanted)
{
	char line[4096];

	do {
		if (!hear(v, line, sizeof(line)))
			return problem(v, "never heard", wanted);
	} while (strcmp(line, wanted) != 0);
	return true;
}

/* Until the client's kernel has all that was said, and our end of the
 * connection if there was one. */
static void
settle(struct smtp_visit *v)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int left;

	for (int ms = 0; ms < LONG_MS; ms++) {
		if (ioctl(v->fd, SIOCOUTQ, &left) ||
		    getsockopt(v->fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
		    info.tcpi_state == TCP_CLOSE ||
		    (left == 0 && info.tcpi_state != TCP_FIN_WAIT1))
			break;
		usleep(1000);
	}
	v->quiet = true;
}

static void
hear_end(struct smtp_visit *v)
{
	char text[64] = "";
	ssize_t n = 0;

	settle(v);
	while (n < (ssize_t)sizeof(text) - 1 && read_byte(v, &text[n]))
		n++;
	if (n > 0)
		problem(v, "heard instead of the end", text);
}

static void
wait_for_end(struct smtp_visit *v)
{
	char c;

	while (read_byte(v, &c))
		continue;
}

/* The client's end of the connection is noticed without reading. */
static void
be_deaf(struct smtp_visit *v)
{
	struct pollfd p = {.fd = v->fd, .events = POLLRDHUP};

	(void)poll(&p, 1, LONG_MS);
}

/* Says text over and over. */
static void
repeat(struct smtp_visit *v, const char *text, int pause_ms)
{
	struct pollfd p = {.fd = v->fd, .events = POLLRDHUP};

	do
		if (poll(&p, 1, pause_ms) != 0)
			break;
	while (send(v->fd, text, strlen(text), MSG_NOSIGNAL) > 0);
}

static void
reset(struct smtp_visit *v)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(v->fd);
	v->fd = -1;
}

/* False when the conversation is over. */
static bool
follow(struct smtp_visit *v, const char *step)
{
	char line[4096];

	switch (step[0]) {
	case '>':
		snprintf(line, sizeof(line), "%s\r\n", step + 2);
		return say(v, line, strlen(line));
	case '=':
		return say(v, step + 2, strlen(step + 2));
	case '<':
		return hear_line(v, step + 2);
	case '!':
		return hear_line_alone(v, step + 2);
	case '*':
		return hear_up_to(v, step + 2);
	default:
		break;
	}
	if (strcmp(step, "end") == 0)
		hear_end(v);
	else if (strcmp(step, "silent") == 0)
		wait_for_end(v);
	else if (strcmp(step, "deaf") == 0)
		be_deaf(v);
	else if (strcmp(step, "drip") == 0)
		repeat(v, "2", DRIP_MS);
	else if (strcmp(step, "flood") == 0)
		repeat(v, "250-and more\r\n", 0);
	else if (strcmp(step, "reset") == 0)
		reset(v);
	else
		problem(v, "no such step", step);
	return false;
}

static void *
serve(void *arg)
{
	struct smtp_visit *v = arg;

	const char *const *step = v->script;

	while (*step && follow(v, *step))
		step++;
	if (!*step) {
		(void)shutdown(v->fd, SHUT_WR);
		settle(v);
	}
	if (v->fd >= 0)
		close(v->fd);
	return NULL;
}

static void *
listen_to_all(void *arg)
{
	struct smtp_fixture *f = arg;
	int on = 1;

	while (f->visited < f->count) {
		struct smtp_visit *v = &f->visits[f->visited];

		v->fd = accept(f->listener, NULL, NULL);
		if (v->fd < 0)
			break;
		(void)setsockopt(
		    v->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		v->quiet = false;
		if (pthread_create(&v->thread, NULL, serve, v))
			break;
		f->visited++;
	}
	return NULL;
}

/* Listens on a free port. */
static bool
open_listener(struct smtp_fixture *f, struct sockaddr *address, socklen_t len)
{
	f->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->listener < 0)
		return false;
	if (bind(f->listener, address, len) == 0 &&
	    listen(f->listener, SMTP_FIXTURE_MAX) == 0 &&
	    getsockname(f->listener, address, &len) == 0)
		return true;
	close(f->listener);
	return false;
}

static void
start(struct smtp_fixture *f, const char *const *const *scripts, size_t count)
{
	assert_in_range(count, 0, SMTP_FIXTURE_MAX);
	f->count = count;
	for (size_t i = 0; i < count; i++)
		f->visits[i] = (struct smtp_visit){.script = scripts[i]};
	assert_int_equal(pthread_create(&f->thread, NULL, listen_to_all, f), 0);
}

void
smtp_fixture_start(
    struct smtp_fixture *f, const char *const *const *scripts, size_t count)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	memset(f, 0, sizeof(*f));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(open_listener(f, (struct sockaddr *)&in, sizeof(in)));
	snprintf(
	    f->url, sizeof(f->url), "smtp://127.0.0.1:%u", ntohs(in.sin_port));
	start(f, scripts, count);
}

bool
smtp_fixture_start_ipv6(
    struct smtp_fixture *f, const char *const *const *scripts, size_t count)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memset(f, 0, sizeof(*f));
	in6.sin6_addr = in6addr_loopback;
	if (!open_listener(f, (struct sockaddr *)&in6, sizeof(in6)))
		return false;
	snprintf(
	    f->url, sizeof(f->url), "smtp://[::1]:%u", ntohs(in6.sin6_port));
	start(f, scripts, count);
	return true;
}

void
smtp_fixture_wait_quiet(struct smtp_fixture *f, size_t n)
{
	while (f->visited <= n || !f->visits[n].quiet)
		usleep(1000);
}

void
smtp_fixture_hang_up(struct smtp_fixture *f)
{
	for (size_t i = 0; i < f->visited; i++)
		(void)shutdown(f->visits[i].fd, SHUT_RDWR);
}

void
smtp_fixture_drop(struct smtp_fixture *f)
{
	(void)shutdown(f->listener, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	for (size_t i = 0; i < f->visited; i++)
		pthread_join(f->visits[i].thread, NULL);
	close(f->listener);
}

void
smtp_fixture_stop(struct smtp_fixture *f)
{
	smtp_fixture_drop(f);
	for (size_t i = 0; i < f->visited; i++)
		if (f->visits[i].problem[0])
			fail_msg("connection %zu: %s", i, f->visits[i].problem);
	assert_int_equal(f->visited, f->count);
}
