/*
 * milter_serve.c: see milter_serve.h.
 *
 * smfi_main runs in a thread of its own and is never stopped: smfi_stop frees
 * connections whose messages are still being worked on (8.17, worker.c), and
 * takes up to 5 seconds.  The process ends instead, see daemon.c.
 *
 * Stacks and malloc are left as they are: with 64 busy connections of 4 kB
 * messages the process takes 14 MB (13 with a single arena), of 200 kB
 * messages 18 (15).
 */
#include "daemon/milter_serve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "base/alloc.h"
#include "daemon/milter_callbacks.h"

/* Connections that wait to be accepted.  libmilter's own 20 are fewer than
 * the smtpd processes of one busy Postfix, which would then see errors. */
#define BACKLOG 1024

/*
 * libmilter starts a thread that calls sigwait for HUP, TERM and INT and
 * takes each of them, HUP too, for the order to stop, and there is no way to
 * tell it not to.  The kernel gives a signal to any thread that waits for
 * it, so a reload would now and then be the end.  The dynamic linker finds
 * this function before the C library's: libmilter's thread sleeps, and
 * control.c gets every signal.  Nothing else here calls sigwait.
 */
__attribute__((visibility("default"))) int
sigwait(const sigset_t *set, int *number)
{
	(void)set;
	(void)number;
	for (;;)
		pause();
}

struct server {
	void (*ended)(void *arg);
	void *arg;
};

/* libmilter tells its reasons to the system log alone, and leaves errno to
 * chance when it was no system call that failed. */
static void
refuse_socket(const struct settings_socket *socket, struct err *err)
{
	const char *reason = "libmilter does not understand the address";
	const char *remedy = "";

	if (errno)
		reason = strerror(errno);
	if (errno == EADDRINUSE)
		remedy = "; \"ss -ltnp\" tells which program is there";
	else if (errno == EADDRNOTAVAIL)
		remedy = "; it is none of the addresses of this host";
	else if (errno == EACCES)
		remedy = socket->path
			     ? "; its folder has to belong to the user "
			       "that starts"
			     : "; only root may use that port";
	err_set(err, ERR_PERMANENT, "%s: cannot listen: %s%s", socket->spec,
	    reason, remedy);
}

int
milter_listen(const struct settings *settings, struct err *err)
{
	char *spec = xstrdup(settings->socket.spec);
	mode_t saved = umask(0177);
	int rc = -1;

	errno = 0;
	if (smfi_register(milter_description) != MI_SUCCESS ||
	    smfi_setconn(spec) != MI_SUCCESS ||
	    smfi_setbacklog(BACKLOG) != MI_SUCCESS)
		err_set(err, ERR_BUG, "libmilter does not start");
	else if (smfi_opensocket(false) != MI_SUCCESS)
		refuse_socket(&settings->socket, err);
	else
		rc = 0;
	umask(saved);
	free(spec);
	return rc;
}

static void *
serve(void *arg)
{
	struct server *server = arg;

	(void)smfi_main();
	server->ended(server->arg);
	free(server);
	return NULL;
}

int
milter_serve(struct service *service, void (*ended)(void *arg), void *arg,
    struct err *err)
{
	struct server *server;
	pthread_t thread;

	if (milter_callbacks_init(service, err))
		return -1;
	server = xmalloc(sizeof(*server));
	*server = (struct server){.ended = ended, .arg = arg};
	errno = pthread_create(&thread, NULL, serve, server);
	if (errno) {
		free(server);
		return err_set_errno(
		    err, ERR_TEMPORARY, "cannot start a thread");
	}
	(void)pthread_detach(thread);
	return 0;
}

const char *
milter_version(void)
{
	static char text[40];
	unsigned major, minor, patch;

	if (smfi_version(&major, &minor, &patch) != MI_SUCCESS)
		return "libmilter";
	snprintf(text, sizeof(text), "libmilter %u.%u.%u", major, minor, patch);
	return text;
}
