/*
 * ipc.h: packets between our own processes on one host.
 *
 * AF_UNIX SOCK_SEQPACKET: packets keep their borders, the kernel says who
 * the peer is, and a process that ends is noticed at once.
 */
#ifndef BASE_IPC_H
#define BASE_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/slice.h"

/* How sending or receiving a packet ended; everything but IPC_DONE leaves a
 * connection that is only good for closing, and fills err. */
enum ipc_result {
	IPC_DONE = 0,
	IPC_CLOSED,  /* the peer has ended the connection */
	IPC_TIMEOUT, /* the deadline has passed */
	IPC_FAILED   /* anything else: a packet that is too large, no memory */
};

/* Who may use a socket besides root and its owner. */
struct ipc_access {
	bool has_group; /* members of gid may, mode 0660; else 0600 */
	gid_t gid;
};

/* Makes the folder of a socket when it is missing, 0700, or 0710 with a
 * group; as root it then belongs to owner.  A folder that exists is left as
 * it is, but refused when others than its owner can write to it, because
 * they could replace the socket, or when the group cannot reach it. */
int ipc_prepare_folder(const char *path, const struct ipc_access *access,
    uid_t owner, struct err *err) MUST_USE;

/* Waits until no other process starts to listen in the folder of that path,
 * and keeps others waiting until the descriptor that it returns is closed.
 * Otherwise two that start at the same time could remove each other's
 * socket, between its making and its first answer.  -1: permanent error. */
int ipc_lock_folder(const char *path, struct err *err) MUST_USE;

/* Removes a socket of any type that a process which was killed left behind;
 * nothing there is fine.  Refuses when somebody answers there or when
 * something else than a socket is there: permanent error. */
int ipc_remove_stale(const char *path, struct err *err) MUST_USE;

/*
 * A listening, non-blocking socket at path, or -1.  Removes a socket that
 * nobody listens on any more; refuses when somebody answers there or when
 * something else than a socket is there.
 */
int ipc_listen(const char *path, const struct ipc_access *access,
    struct err *err) MUST_USE;

/* A connection to the process that listens at path, or -1.  Always a
 * temporary error; errno: ENOENT and ECONNREFUSED when nobody listens, EACCES
 * when we may not. */
int ipc_connect(
    const char *path, deadline_t deadline, struct err *err) MUST_USE;

/* Sends one packet.  Never raises SIGPIPE. */
enum ipc_result ipc_send(
    int fd, struct slice packet, deadline_t deadline, struct err *err) MUST_USE;

/* Receives one packet of at most size bytes and appends it; a larger one is
 * an error.  Descriptors that come with it are closed by the kernel. */
enum ipc_result ipc_receive(int fd, struct buf *packet, size_t size,
    deadline_t deadline, struct err *err) MUST_USE;

/* The process at the other end when it connected. */
struct ipc_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};
int ipc_peer_get(int fd, struct ipc_peer *peer, struct err *err) MUST_USE;

/* Is the peer's process in this group, by its first or any other group?
 * False when the kernel does not say. */
bool ipc_peer_in_group(int fd, gid_t gid);

#endif
