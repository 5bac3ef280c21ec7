/* relay_wait.c: see relay_wait.h.  Belongs to one thread. */
#include "relay/relay_wait.h"

#include <errno.h>
#include <poll.h>

#include "base/limits.h"

void
relay_wait_init(struct relay_wait *wait, void (*progress)(void *arg), void *arg)
{
	*wait = (struct relay_wait){
	    .progress = progress, .arg = arg, .told_at = clock_monotonic_ms()};
}

void
relay_wait_tell(struct relay_wait *wait)
{
	int64_t now = clock_monotonic_ms();

	if (now - wait->told_at < LIMIT_RELAY_PROGRESS)
		return;
	wait->told_at = now;
	if (wait->progress)
		wait->progress(wait->arg);
}

deadline_t
relay_wait_until(const struct relay_wait *wait, deadline_t deadline)
{
	deadline_t next = wait->told_at + LIMIT_RELAY_PROGRESS;

	return next < deadline ? next : deadline;
}

int
relay_wait_fd(struct relay_wait *wait, int fd, short events,
    deadline_t deadline, short *ready, struct err *err)
{
	struct pollfd p = {.fd = fd, .events = events};
	int n;

	while (deadline_left(deadline) > 0) {
		relay_wait_tell(wait);
		n = poll(
		    &p, 1, deadline_left(relay_wait_until(wait, deadline)));
		if (n > 0) {
			*ready = p.revents;
			return 0;
		}
		if (n < 0 && errno != EINTR)
			return err_set_errno(err, ERR_TEMPORARY, "poll");
	}
	return err_set(err, ERR_TEMPORARY, "timed out");
}
