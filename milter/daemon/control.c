/*
 * control.c: see control.h.
 *
 * The signals are blocked in every thread and read from a descriptor, so
 * that no handler interrupts anything.  For libmilter, which waits for some
 * of them too, see milter_serve.c.
 */
#include "daemon/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define GAVE_UP_SIGNAL SIGUSR2

static int control_fd = -1;

int
control_open(struct err *err)
{
	static const int numbers[] = {
	    SIGHUP, SIGTERM, SIGINT, SIGUSR1, GAVE_UP_SIGNAL};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&set, numbers[i]);
	errno = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (errno == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR)
		control_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (control_fd < 0)
		return err_set_errno(err, ERR_BUG, "cannot wait for signals");
	return 0;
}

void
control_give_up(void *unused)
{
	(void)unused;
	(void)kill(getpid(), GAVE_UP_SIGNAL);
}

static enum control_command
command_of(unsigned number)
{
	switch (number) {
	case SIGHUP:
		return CONTROL_RELOAD;
	case SIGUSR1:
		return CONTROL_REOPEN_LOG;
	case GAVE_UP_SIGNAL:
		return CONTROL_GAVE_UP;
	default:
		return CONTROL_END;
	}
}

enum control_command
control_wait(void)
{
	struct pollfd fds = {.fd = control_fd, .events = POLLIN};
	struct signalfd_siginfo info;
	static bool wanted[CONTROL_COMMANDS];

	for (;;) {
		while (read(control_fd, &info, sizeof(info)) > 0)
			wanted[command_of(info.ssi_signo)] = true;
		for (int i = 0; i < CONTROL_COMMANDS; i++) {
			if (!wanted[i])
				continue;
			wanted[i] = false;
			return (enum control_command)i;
		}
		(void)poll(&fds, 1, -1);
	}
}
