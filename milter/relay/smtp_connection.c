/*
 * smtp_connection.c: see smtp_connection.h.  Belongs to one thread.
 */
#include "relay/smtp_connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
smtp_connection_init(struct smtp_connection *c, struct relay_wait *wait)
{
	*c = (struct smtp_connection){.fd = -1, .wait = wait};
}

void
smtp_connection_close(struct smtp_connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->in_start = c->in_end = 0;
}

void
smtp_connection_abort(struct smtp_connection *c)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};

	if (c->fd >= 0)
		(void)setsockopt(
		    c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	smtp_connection_close(c);
}

/* The end of a connect that did not finish at once. */
static int
finish_connect(struct smtp_connection *c, deadline_t deadline, struct err *err)
{
	int error = 0;
	socklen_t len = sizeof(error);
	short ready;

	if (relay_wait_fd(c->wait, c->fd, POLLOUT, deadline, &ready, err))
		return -1;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	errno = error;
	return error ? err_set_errno(err, ERR_TEMPORARY, "connect") : 0;
}

static int
try_address(struct smtp_connection *c, const struct relay_address *address,
    deadline_t deadline, struct err *err)
{
	const struct sockaddr *to = (const struct sockaddr *)&address->address;
	int on = 1;

	c->fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return err_set_errno(err, ERR_TEMPORARY, "socket");
	/* Commands are small and wait for their answers. */
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(c->fd, to, address->len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return err_set_errno(err, ERR_TEMPORARY, "connect");
	return finish_connect(c, deadline, err);
}

int
smtp_connection_open(struct smtp_connection *c,
    const struct relay_target *target, struct err *err)
{
	for (size_t i = 0; i < target->count; i++) {
		int share =
		    deadline_left(c->deadline) / (int)(target->count - i);

		if (try_address(
			c, &target->addresses[i], deadline_in(share), err) == 0)
			return 0;
		smtp_connection_close(c);
	}
	return -1;
}

static int
lost(struct err *err)
{
	return err_set(err, ERR_TEMPORARY, "the server closed the connection");
}

static int
out_of_turn(struct err *err)
{
	return err_set(err, ERR_TEMPORARY, "the server spoke out of turn");
}

/* Sends what the kernel takes at once. */
static int
send_some(
    struct smtp_connection *c, struct slice bytes, size_t *n, struct err *err)
{
	ssize_t sent = send(c->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

	*n = sent > 0 ? (size_t)sent : 0;
	if (sent >= 0 || errno == EAGAIN || errno == EINTR)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return lost(err);
	return err_set_errno(err, ERR_TEMPORARY, "send");
}

/* What the server has said before cannot be the answer to this. */
static int
send_all(
    struct smtp_connection *c, struct slice bytes, short watch, struct err *err)
{
	short ready;
	size_t n;

	if (c->in_start < c->in_end)
		return out_of_turn(err);
	while (bytes.len > 0) {
		if (relay_wait_fd(c->wait, c->fd, (short)(POLLOUT | watch),
			c->deadline, &ready, err))
			return -1;
		if (ready & watch)
			return out_of_turn(err);
		if (send_some(c, bytes, &n, err))
			return -1;
		bytes = slice_part(bytes, n, bytes.len);
	}
	return 0;
}

int
smtp_connection_send(
    struct smtp_connection *c, struct slice bytes, struct err *err)
{
	return send_all(c, bytes, 0, err);
}

int
smtp_connection_send_now(
    struct smtp_connection *c, struct slice bytes, struct err *err)
{
	size_t n;

	if (c->in_start < c->in_end)
		return out_of_turn(err);
	if (send_some(c, bytes, &n, err))
		return -1;
	return n == bytes.len
		   ? 0
		   : err_set(err, ERR_TEMPORARY, "no room to send at once");
}

int
smtp_connection_send_alone(
    struct smtp_connection *c, struct slice bytes, struct err *err)
{
	return send_all(c, bytes, POLLIN, err);
}

/* Waits for more bytes; there is room, because a line would not fit
 * otherwise and smtp_line_take has said so. */
static int
receive(struct smtp_connection *c, struct err *err)
{
	short ready;
	ssize_t n;

	memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
	c->in_end -= c->in_start;
	c->in_start = 0;
	do {
		if (relay_wait_fd(
			c->wait, c->fd, POLLIN, c->deadline, &ready, err))
			return -1;
		n = recv(
		    c->fd, c->in + c->in_end, sizeof(c->in) - c->in_end, 0);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return lost(err);
	if (n < 0)
		return err_set_errno(err, ERR_TEMPORARY, "recv");
	c->in_end += (size_t)n;
	return 0;
}

int
smtp_connection_read_line(
    struct smtp_connection *c, struct slice *line, struct err *err)
{
	size_t used;

	for (;;) {
		struct slice pending =
		    slice_make(c->in + c->in_start, c->in_end - c->in_start);

		if (smtp_line_take(pending, line, &used, err))
			return -1;
		c->in_start += used;
		if (used > 0)
			return 0;
		if (receive(c, err))
			return -1;
	}
}

int
smtp_connection_read_reply(
    struct smtp_connection *c, struct smtp_reply *reply, struct err *err)
{
	struct smtp_reply read;
	struct slice line;
	bool last = false;

	smtp_reply_init(&read);
	while (!last)
		if (smtp_connection_read_line(c, &line, err) ||
		    smtp_reply_add(&read, line, &last, err))
			return -1;
	*reply = read;
	return 0;
}

bool
smtp_connection_has_input(const struct smtp_connection *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	return c->in_start < c->in_end || poll(&p, 1, 0) > 0;
}
