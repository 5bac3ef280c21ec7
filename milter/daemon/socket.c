/*
 * socket.c: see socket.h.  Main thread, before others start.
 *
 * Whoever can connect can pretend to be the mail server and to have logged in
 * as anybody: access to this socket is access to everybody's signature.
 */
#include "daemon/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/ipc.h"

/* Far more than are open before the first connection. */
#define DESCRIPTORS_AT_START 64

static int
find_group(const struct settings *s, struct ipc_access *access, struct err *err)
{
	struct confine_user user = {0};

	*access = (struct ipc_access){0};
	if (s->socket_group[0] == '\0')
		return 0;
	if (confine_find_group(s->socket_group, &user, err))
		return err_prefix(err, "socket_group");
	access->has_group = true;
	access->gid = user.group;
	return 0;
}

int
socket_prepare(const struct settings *s, uid_t owner, struct err *err)
{
	struct ipc_access access;

	if (!s->socket.path)
		return 0;
	if (find_group(s, &access, err) ||
	    ipc_prepare_folder(s->socket.path, &access, owner, err))
		return -1;
	return ipc_remove_stale(s->socket.path, err);
}

/* Small packets in both directions would wait for each other's delayed
 * acknowledgement: 44 ms more for each changed body.  Accepted sockets
 * inherit the option.  libmilter does not tell its descriptor, but it is the
 * only TCP listener that there is. */
static void
set_no_delay(void)
{
	int on = 1;

	for (int fd = 0; fd < DESCRIPTORS_AT_START; fd++) {
		int listens = 0;
		socklen_t size = sizeof(listens);

		if (getsockopt(
			fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
		    listens)
			(void)setsockopt(
			    fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
}

int
socket_open_up(const struct settings *s, uid_t owner, struct err *err)
{
	struct ipc_access access;
	uid_t uid = geteuid() == 0 ? owner : (uid_t)-1;
	gid_t gid;

	if (!s->socket.path) {
		set_no_delay();
		return 0;
	}
	if (find_group(s, &access, err))
		return -1;
	gid = access.has_group ? access.gid : (gid_t)-1;
	if (chown(s->socket.path, uid, gid))
		return err_set_errno(err, ERR_PERMANENT,
		    "%s: cannot give it to group \"%s\"; start as root, or as "
		    "a member of that group",
		    s->socket.path, s->socket_group);
	if (chmod(s->socket.path, s->socket_mode))
		return err_set_errno(err, ERR_PERMANENT,
		    "%s: cannot set its mode", s->socket.path);
	return 0;
}

void
socket_remove(const struct settings *s)
{
	if (s->socket.path)
		(void)unlink(s->socket.path);
}

bool
socket_is_open_to_all(const struct settings *s)
{
	return !s->socket.path || (s->socket_mode & S_IWOTH) != 0;
}
