/*
 * socket.c: see socket.h.  Main thread, before others start.
 *
 * Whoever can connect can pretend to be the mail server and to have logged in
 * as anybody: access to this socket is access to everybody's signature.
 */
#include "daemon/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
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
		return err_set(err, ERR_PERMANENT,
		    "socket_group: there is no group \"%s\"; name that of the "
		    "mail server",
		    s->socket_group);
	access->has_group = true;
	access->gid = user.group;
	return 0;
}

/* --- TCP --- */

struct place {
	const char *spec;
	char *host; /* without the brackets of an IPv6 address */
	int family;
};

static void
place_init(struct place *p, const struct settings *s)
{
	const char *host = strchr(s->socket.spec, '@') + 1;
	size_t len = strlen(host);

	p->spec = s->socket.spec;
	p->family = strncmp(p->spec, "inet6:", 6) == 0 ? AF_INET6 : AF_INET;
	p->host = len > 2 && host[0] == '[' && host[len - 1] == ']'
		      ? xstrndup(host + 1, len - 2)
		      : xstrdup(host);
}

/* libmilter does not say what it dislikes. */
static int
complain(const struct place *p, int reason, struct err *err)
{
	bool v6 = p->family == AF_INET6;
	unsigned char unused[sizeof(struct in6_addr)];

	if (inet_pton(v6 ? AF_INET : AF_INET6, p->host, unused) == 1)
		return err_set(err, ERR_PERMANENT,
		    "%s: %s is an IPv%d address, which needs \"%s:PORT@HOST\"",
		    p->spec, p->host, v6 ? 4 : 6, v6 ? "inet" : "inet6");
	return err_set(err, ERR_PERMANENT, "%s: %s has no IPv%d address: %s",
	    p->spec, p->host, v6 ? 6 : 4, gai_strerror(reason));
}

/* The addresses of the host; the caller frees them. */
static int
look_up(const struct settings *s, struct addrinfo **found, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct place place;
	int rc;

	place_init(&place, s);
	hints.ai_family = place.family;
	rc = getaddrinfo(place.host, NULL, &hints, found);
	if (rc)
		rc = complain(&place, rc, err);
	free(place.host);
	return rc;
}

static bool
is_loopback(const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	memcpy(&in6, address, sizeof(in6));
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

static bool
is_local(const struct settings *s)
{
	struct addrinfo *found = NULL;
	bool local = true;
	struct err err;

	if (look_up(s, &found, &err))
		return false;
	for (const struct addrinfo *a = found; a; a = a->ai_next)
		local = local && is_loopback(a->ai_addr);
	freeaddrinfo(found);
	return local;
}

/* --- from the file to the mail server --- */

int
socket_check(const struct settings *s, struct err *err)
{
	struct addrinfo *found = NULL;
	struct ipc_access access;

	if (s->socket.path)
		return find_group(s, &access, err);
	if (look_up(s, &found, err))
		return -1;
	freeaddrinfo(found);
	return 0;
}

bool
socket_owner_in_group(
    const struct settings *s, const struct confine_user *owner)
{
	const struct group *group;
	struct ipc_access access;
	struct err err;
	char *name;
	bool is_in;

	if (!s->socket.path || find_group(s, &access, &err) < 0 ||
	    !access.has_group || access.gid == owner->gid)
		return true;
	name = confine_user_word(owner->uid);
	group = getgrgid(access.gid);
	is_in = false;
	for (char **m = group ? group->gr_mem : NULL; m && *m && !is_in; m++)
		is_in = strcmp(*m, name) == 0;
	free(name);
	return is_in;
}

int
socket_prepare(const struct settings *s, const struct confine_user *owner,
    int *lock, struct err *err)
{
	struct ipc_access access;
	int fd;

	*lock = -1;
	if (!s->socket.path)
		return socket_check(s, err);
	if (find_group(s, &access, err) ||
	    ipc_prepare_folder(s->socket.path, &access, owner->uid, err))
		return -1;
	fd = ipc_lock_folder(s->socket.path, err);
	if (fd < 0)
		return -1;
	if (ipc_remove_stale(s->socket.path, err)) {
		close(fd);
		return -1;
	}
	*lock = fd;
	return 0;
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

/* Only root may give a socket to a group that it is not in. */
static int
refuse_giving(const struct settings *s, struct err *err)
{
	const char *reason = strerror(errno);
	char *user = confine_user_word(geteuid());

	err_set(err, ERR_PERMANENT,
	    "%s: cannot give it to group \"%s\": %s; start as root, or as a "
	    "member of that group (adduser %s %s)",
	    s->socket.path, s->socket_group, reason, user, s->socket_group);
	free(user);
	return -1;
}

int
socket_open_up(
    const struct settings *s, const struct confine_user *owner, struct err *err)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;
	struct ipc_access access;

	if (!s->socket.path) {
		set_no_delay();
		return 0;
	}
	if (find_group(s, &access, err))
		return -1;
	if (geteuid() == 0) {
		uid = owner->uid;
		gid = owner->gid;
	}
	if (access.has_group)
		gid = access.gid;
	if (chown(s->socket.path, uid, gid))
		return refuse_giving(s, err);
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

const char *
socket_exposure(const struct settings *s)
{
	static const char users[] = "every user of this host";

	if (s->socket.path)
		return s->socket_mode & S_IWOTH ? users : NULL;
	return is_local(s) ? users : "every host that reaches this one";
}
