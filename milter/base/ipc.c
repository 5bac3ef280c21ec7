/*
 * ipc.c: see ipc.h.  Callable from any thread; what has a deadline never
 * blocks past it.  Nothing here trusts the peer: a packet is only bytes.
 */
#include "base/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/confine.h"

/* Connections that wait for accept; the kernel cuts it to its own limit. */
#define IPC_BACKLOG 256
/* Supplementary groups that are looked at; Linux allows 65536, sites use a
 * few dozen. */
#define IPC_GROUPS_MAX 1024

static int
fill_address(const char *path, struct sockaddr_un *address, struct err *err)
{
	if (strlen(path) >= sizeof(address->sun_path))
		return err_set(err, ERR_PERMANENT,
		    "%s: the path of a socket may have at most %zu characters",
		    path, sizeof(address->sun_path) - 1);
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, strlen(path));
	return 0;
}

static char *
folder_of(const char *path)
{
	char *copy = xstrdup(path);
	char *folder = xstrdup(dirname(copy));

	free(copy);
	return folder;
}

static int
check_folder(
    const char *folder, const struct ipc_access *access, struct err *err)
{
	struct stat st;

	if (stat(folder, &st))
		return err_set_errno(err, ERR_PERMANENT, "%s", folder);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_PERMANENT, "%s: not a folder", folder);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_PERMANENT,
		    "%s: mode %04o lets others replace the socket; use a "
		    "folder of its own, or run: chmod go-w %s",
		    folder, st.st_mode & 07777u, folder);
	if (access->has_group && !(st.st_mode & S_IXOTH) &&
	    (st.st_gid != access->gid || !(st.st_mode & S_IXGRP)))
		return err_set(err, ERR_PERMANENT,
		    "%s: members of group %u cannot get into it; run: chgrp "
		    "%u %s && chmod g+x %s",
		    folder, access->gid, access->gid, folder, folder);
	return 0;
}

/* Only a folder that we have just made may be given away: another one could
 * be /tmp. */
static int
give_folder(const char *folder, const struct ipc_access *access, uid_t owner,
    struct err *err)
{
	gid_t gid = access->has_group ? access->gid : (gid_t)-1;

	if ((geteuid() == 0 || access->has_group) &&
	    chown(folder, geteuid() == 0 ? owner : (uid_t)-1, gid))
		return err_set_errno(
		    err, ERR_PERMANENT, "%s: cannot set its owner", folder);
	if (chmod(folder, access->has_group ? 0710 : 0700))
		return err_set_errno(
		    err, ERR_PERMANENT, "%s: cannot set its mode", folder);
	return 0;
}

/* By a service that may write to few places, for example: then root has to
 * make it. */
static int
refuse_making(const char *folder, const struct ipc_access *access, uid_t owner,
    struct err *err)
{
	const char *reason = strerror(errno);
	char *user = confine_user_word(owner);
	char *group =
	    access->has_group ? confine_group_word(access->gid) : NULL;

	err_set(err, ERR_PERMANENT,
	    "%s: cannot make the folder of the socket: %s; run: install -d -o "
	    "%s%s%s -m %s %s",
	    folder, reason, user, group ? " -g " : "", group ? group : "",
	    group ? "0750" : "0700", folder);
	free(user);
	free(group);
	return -1;
}

int
ipc_prepare_folder(const char *path, const struct ipc_access *access,
    uid_t owner, struct err *err)
{
	char *folder = folder_of(path);
	int rc;

	if (mkdir(folder, 0700) == 0)
		rc = give_folder(folder, access, owner, err);
	else if (errno == EEXIST)
		rc = check_folder(folder, access, err);
	else
		rc = refuse_making(folder, access, owner, err);
	free(folder);
	return rc;
}

/* 1 when a process answers at the address, 0 when none does, -1 with err
 * when that cannot be known. */
static int
has_listener(const struct sockaddr_un *address, struct err *err)
{
	int fd, rc;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set_errno(err, ERR_PERMANENT, "socket");
	/* EAGAIN: somebody listens, and is busy.  EPROTOTYPE: on a stream. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		0 ||
	    errno == EAGAIN || errno == EPROTOTYPE)
		rc = 1;
	else if (errno == ECONNREFUSED || errno == ENOENT)
		rc = 0;
	else
		rc = err_set_errno(err, ERR_PERMANENT,
		    "%s: cannot tell "
		    "whether the socket is in use",
		    address->sun_path);
	close(fd);
	return rc;
}

static int
remove_stale(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat st;
	int answers;

	if (lstat(path, &st))
		return errno == ENOENT
			   ? 0
			   : err_set_errno(err, ERR_PERMANENT, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_PERMANENT,
		    "%s: exists and is not a socket; remove it or name "
		    "another path",
		    path);
	answers = has_listener(address, err);
	if (answers < 0)
		return -1;
	if (answers)
		return err_set(err, ERR_PERMANENT,
		    "%s: another process answers on this socket", path);
	if (unlink(path) && errno != ENOENT)
		return err_set_errno(err, ERR_PERMANENT,
		    "%s: cannot remove the old socket", path);
	return 0;
}

int
ipc_remove_stale(const char *path, struct err *err)
{
	struct sockaddr_un address;

	if (fill_address(path, &address, err))
		return -1;
	return remove_stale(&address, err);
}

/* The socket is closed to everyone until its group is set. */
static int
bind_private(int fd, const struct sockaddr_un *address,
    const struct ipc_access *access, struct err *err)
{
	const char *path = address->sun_path;
	mode_t saved = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(saved);
	if (rc)
		return err_set_errno(
		    err, ERR_PERMANENT, "%s: cannot make the socket", path);
	if (access->has_group &&
	    (chown(path, (uid_t)-1, access->gid) || chmod(path, 0660)))
		return err_set_errno(err, ERR_PERMANENT,
		    "%s: cannot give the socket to group %u", path,
		    access->gid);
	if (listen(fd, IPC_BACKLOG))
		return err_set_errno(
		    err, ERR_PERMANENT, "%s: cannot listen", path);
	return 0;
}

int
ipc_lock_folder(const char *path, struct err *err)
{
	char *folder = folder_of(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err_set_errno(err, ERR_PERMANENT, "%s: cannot open", folder);
	else
		(void)flock(fd, LOCK_EX);
	free(folder);
	return fd;
}

int
ipc_listen(const char *path, const struct ipc_access *access, struct err *err)
{
	struct sockaddr_un address;
	int lock = -1, fd = -1, result = -1;

	if (fill_address(path, &address, err))
		return -1;
	if ((lock = ipc_lock_folder(path, err)) < 0)
		return -1;
	if (remove_stale(&address, err))
		goto out;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		err_set_errno(err, ERR_PERMANENT, "socket");
		goto out;
	}
	if (bind_private(fd, &address, access, err))
		goto out;
	result = fd;
	fd = -1;
out:
	if (fd >= 0)
		close(fd);
	close(lock);
	return result;
}

int
ipc_connect(const char *path, deadline_t deadline, struct err *err)
{
	struct sockaddr_un address;
	int left = deadline_left(deadline), reason;
	struct timeval wait = {.tv_sec = left / 1000,
	    .tv_usec = (suseconds_t)(left % 1000) * 1000};
	int fd;

	if (fill_address(path, &address, err)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (left == 0) {
		errno = ETIMEDOUT;
		return err_set(err, ERR_TEMPORARY, "%s: timed out", path);
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set_errno(err, ERR_TEMPORARY, "socket");
	/* connect(2) waits that long for room in the listener's queue. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		reason = errno;
		err_set_errno(err, ERR_TEMPORARY, "%s: cannot connect", path);
		close(fd);
		errno = reason;
		return -1;
	}
	return fd;
}

/* The result for a failed system call. */
static enum ipc_result
result_of_errno(const char *what, struct err *err)
{
	if (errno == EPIPE || errno == ECONNRESET) {
		err_set(err, ERR_TEMPORARY, "the peer closed the connection");
		return IPC_CLOSED;
	}
	err_set_errno(err, ERR_TEMPORARY, "cannot %s", what);
	return IPC_FAILED;
}

static enum ipc_result
wait_for(int fd, short events, deadline_t deadline, struct err *err)
{
	struct pollfd ready = {.fd = fd, .events = events};
	int n;

	do
		n = poll(&ready, 1, deadline_left(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return result_of_errno("wait", err);
	if (n == 0) {
		err_set(err, ERR_TEMPORARY, "timed out");
		return IPC_TIMEOUT;
	}
	return IPC_DONE;
}

/* Sending first and waiting only when that is not possible saves a system
 * call in all but rare cases. */
enum ipc_result
ipc_send(int fd, struct slice packet, deadline_t deadline, struct err *err)
{
	enum ipc_result result;
	ssize_t n;

	for (;;) {
		n = send(
		    fd, packet.data, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			return IPC_DONE;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return result_of_errno("send", err);
		result = wait_for(fd, POLLOUT, deadline, err);
		if (result != IPC_DONE)
			return result;
	}
}

/* What recv answered.  A packet of no bytes cannot be told from the end of
 * the connection: nobody sends one. */
static enum ipc_result
take_packet(struct buf *packet, ssize_t n, size_t size, struct err *err)
{
	if (n < 0)
		return result_of_errno("receive", err);
	if (n == 0) {
		err_set(err, ERR_TEMPORARY, "the peer closed the connection");
		return IPC_CLOSED;
	}
	if ((size_t)n > size) {
		err_set(err, ERR_PERMANENT, "packet over %zu bytes", size);
		return IPC_FAILED;
	}
	packet->len += (size_t)n;
	return IPC_DONE;
}

enum ipc_result
ipc_receive(int fd, struct buf *packet, size_t size, deadline_t deadline,
    struct err *err)
{
	unsigned char *room = buf_reserve(packet, size);
	enum ipc_result result;
	ssize_t n;

	if (!room) {
		err_set(err, ERR_BUG, "buffer too small for a packet");
		return IPC_FAILED;
	}
	for (;;) {
		result = wait_for(fd, POLLIN, deadline, err);
		if (result != IPC_DONE)
			return result;
		n = recv(fd, room, size, MSG_DONTWAIT | MSG_TRUNC);
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return take_packet(packet, n, size, err);
	}
}

int
ipc_peer_get(int fd, struct ipc_peer *peer, struct err *err)
{
	struct ucred credentials = {-1, (uid_t)-1, (gid_t)-1};
	socklen_t len = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len)) {
		err_set_errno(
		    err, ERR_TEMPORARY, "cannot tell who the peer is");
		return -1;
	}
	peer->pid = credentials.pid;
	peer->uid = credentials.uid;
	peer->gid = credentials.gid;
	return 0;
}

bool
ipc_peer_in_group(int fd, gid_t gid)
{
	gid_t groups[IPC_GROUPS_MAX];
	socklen_t len = sizeof(groups);
	struct ipc_peer peer;
	struct err err;

	if (ipc_peer_get(fd, &peer, &err))
		return false;
	if (peer.gid == gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}
