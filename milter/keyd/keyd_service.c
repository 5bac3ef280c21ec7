/*
 * keyd_service.c: see keyd_service.h.  Main thread.
 *
 * The order is the point: what needs root or the file system comes first,
 * and each step takes something away.  Threads must run before the filter
 * (starting one needs more system calls than serving), and all of them must
 * have passed the barrier, because a filter that is put on a thread while it
 * starts kills it.
 */
#include "keyd/keyd_service.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/confine.h"
#include "base/ipc.h"
#include "base/limits.h"
#include "base/log.h"
#include "keyd/keyd_answer.h"
#include "keyd/keyd_complain.h"
#include "keyd/keyd_filter.h"
#include "keyd/keyd_peers.h"
#include "keyd/keyd_workers.h"

/* How long the end waits for requests that have arrived: making an RSA-4096
 * key is the longest. */
#define DRAIN_MS	10000
#define ACCEPT_PAUSE_MS 100

struct keyd_service {
	struct keyd keyd;
	struct confine_user user;
	uid_t uid; /* that we serve as; the filter forbids to ask later */
	struct ipc_access access;
	struct keyd_peers *peers;
	struct keyd_workers *workers;
	char *socket_name; /* in its folder */
	int folder_fd;
	int listen_fd;
	int signal_fd;
};

static int
find_identity(
    struct keyd_service *s, const struct keyd_options *o, struct err *err)
{
	if (o->user && confine_find_user(o->user, &s->user, err))
		return err_prefix(err, "-u");
	if (o->group && confine_find_group(o->group, &s->user, err))
		return err_prefix(err, "-g");
	s->access.has_group = s->user.has_group;
	s->access.gid = s->user.group;
	return 0;
}

static int
read_wrapping_key(struct keyd_service *s, const char *path, struct err *err)
{
	if (secret_read_file(&s->keyd.crypto.wrapping_key, path,
		KEYD_WRAPPING_KEY_SIZE, err) == 0)
		return 0;
	if (err->class == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND,
		    "%s: no such file; a new wrapping key is made by: "
		    "smime-keyd -k new:%s",
		    path, path);
	return -1;
}

/* Connections, and a few descriptors of our own. */
static void
raise_descriptor_limit(void)
{
	const rlim_t enough = (rlim_t)LIMIT_KEYD_CONNECTIONS + 64;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= enough)
		return;
	limit.rlim_cur = limit.rlim_max < enough ? limit.rlim_max : enough;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The signals that end us arrive as something to read, so that no handler
 * ever runs; the others of a daemon mean nothing here. */
static int
open_signals(struct err *err)
{
	sigset_t ending;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	if (sigprocmask(SIG_BLOCK, &ending, NULL))
		return err_set_errno(err, ERR_PERMANENT, "sigprocmask");
	fd = signalfd(-1, &ending, SFD_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, ERR_PERMANENT, "signalfd");
	return fd;
}

static int
open_socket(struct keyd_service *s, const char *path, struct err *err)
{
	char *copy = xstrdup(path), *folder = xstrdup(path);

	s->socket_name = xstrdup(basename(copy));
	s->folder_fd = open(dirname(folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	free(folder);
	if (s->folder_fd < 0)
		return err_set_errno(err, ERR_PERMANENT, "%s", path);
	s->listen_fd = ipc_listen(path, &s->access, err);
	return s->listen_fd < 0 ? -1 : 0;
}

/* As the user that starts us, usually root. */
static int
prepare(struct keyd_service *s, const struct keyd_options *o, struct err *err)
{
	if (confine_no_dumps(err) || confine_no_new_privileges(err) ||
	    keyd_crypto_init(&s->keyd.crypto, err) ||
	    find_identity(s, o, err) || read_wrapping_key(s, o->key_file, err))
		return -1;
	if (geteuid() == 0 && (!s->user.has_user || s->user.uid == 0))
		log_warning("serves as root; name a user with -u");
	confine_allow_lock();
	raise_descriptor_limit();
	return ipc_prepare_folder(o->socket, &s->access,
	    s->user.has_user ? s->user.uid : geteuid(), err);
}

/* As the user that serves. */
static int
set_up(struct keyd_service *s, const struct keyd_options *o, struct err *err)
{
	if (confine_become(&s->user, err) || open_socket(s, o->socket, err))
		return -1;
	s->signal_fd = open_signals(err);
	if (s->signal_fd < 0)
		return -1;
	s->keyd.cache = keyd_cache_new(LIMIT_KEYD_KEYS);
	s->peers = keyd_peers_new(LIMIT_KEYD_CONNECTIONS, err);
	if (!s->peers)
		return -1;
	s->workers = keyd_workers_start(&s->keyd, s->peers, o->workers, err);
	return s->workers ? 0 : -1;
}

/* Nobody can connect any more; those who wait get an error at once. */
static void
remove_socket(struct keyd_service *s)
{
	if (s->listen_fd < 0)
		return;
	(void)unlinkat(s->folder_fd, s->socket_name, 0);
	close(s->listen_fd);
	s->listen_fd = -1;
}

struct keyd_service *
keyd_service_start(const struct keyd_options *options, struct err *err)
{
	struct keyd_service *s = xcalloc(1, sizeof(*s));

	s->folder_fd = s->listen_fd = s->signal_fd = -1;
	keyd_filter_prepare();
	if (prepare(s, options, err) == 0 && set_up(s, options, err) == 0)
		return s;
	keyd_service_end(s);
	return NULL;
}

int
keyd_service_lock_in(struct keyd_service *service, struct err *err)
{
	service->uid = geteuid();
	if (keyd_filter_lock_memory(err))
		log_warning("%s", err->text);
	return keyd_filter_install(service->folder_fd, err);
}

/* Root, our own user, and the group that was named, nobody else: the mode of
 * the socket says the same, but a folder can be opened by mistake. */
static bool
is_welcome(const struct keyd_service *s, int fd, struct ipc_peer *peer)
{
	struct err err;

	if (ipc_peer_get(fd, peer, &err))
		return false;
	if (peer->uid == 0 || peer->uid == s->uid)
		return true;
	return s->access.has_group && ipc_peer_in_group(fd, s->access.gid);
}

static void
accept_peer(struct keyd_service *s)
{
	struct ipc_peer peer = {.pid = -1};
	struct err err;
	int fd;

	fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		/* Out of descriptors, maybe: the caller must not spin. */
		if (errno != EAGAIN && errno != ECONNABORTED)
			(void)poll(NULL, 0, ACCEPT_PAUSE_MS);
		return;
	}
	if (!is_welcome(s, fd, &peer)) {
		keyd_complain("refused a connection of uid %d, pid %d",
		    (int)peer.uid, (int)peer.pid);
		close(fd);
		return;
	}
	if (keyd_peers_add(s->peers, fd, &err))
		keyd_complain("%s", err.text);
}

static void
accept_until_signal(struct keyd_service *s)
{
	struct pollfd ready[] = {{.fd = s->listen_fd, .events = POLLIN},
	    {.fd = s->signal_fd, .events = POLLIN}};

	for (;;) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			return;
		if (ready[1].revents)
			return;
		if (ready[0].revents)
			accept_peer(s);
	}
}

void
keyd_service_run(struct keyd_service *s)
{
	accept_until_signal(s);
	remove_socket(s);
	keyd_workers_drop_waiting(s->workers);
	if (!keyd_peers_drain(s->peers, deadline_in(DRAIN_MS)))
		log_warning("ending with requests in flight");
}

void
keyd_service_end(struct keyd_service *s)
{
	remove_socket(s);
	if (s->peers)
		keyd_peers_stop(s->peers);
	if (s->workers)
		keyd_workers_finish(s->workers);
	keyd_peers_free(s->peers);
	keyd_cache_free(s->keyd.cache);
	keyd_crypto_fini(&s->keyd.crypto);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	if (s->folder_fd >= 0)
		close(s->folder_fd);
	free(s->socket_name);
	free(s);
}
