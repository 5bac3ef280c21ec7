/*
 * keyd_peers.c: see keyd_peers.h.  The lock is held for a few memory
 * accesses and one epoll_ctl; nothing waits under it for a peer.
 */
#include "keyd/keyd_peers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#define TOKEN_STOP UINT64_MAX

enum peer_state {
	PEER_NONE = 0,
	PEER_IDLE, /* waits for a packet */
	PEER_BUSY  /* is being served */
};

struct peer {
	enum peer_state state;
	int fd;
	uint32_t generation; /* of the place; part of the token */
	uint64_t last_used;  /* a count of events, not a time */
};

struct keyd_peers {
	pthread_mutex_t lock;
	pthread_cond_t closed;
	int epoll_fd;
	int stop_fd;
	uint64_t events;
	unsigned max;
	unsigned count;
	struct peer *at;
};

static int
watch(struct keyd_peers *peers, int operation, int fd, uint64_t token)
{
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.u64 = token};

	if (token == TOKEN_STOP)
		event.events = EPOLLIN; /* for every thread, for ever */
	return epoll_ctl(peers->epoll_fd, operation, fd, &event);
}

struct keyd_peers *
keyd_peers_new(unsigned max, struct err *err)
{
	struct keyd_peers *peers = xcalloc(1, sizeof(*peers));
	pthread_condattr_t attributes;

	peers->max = max;
	peers->at = xcalloc(max, sizeof(*peers->at));
	pthread_mutex_init(&peers->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&peers->closed, &attributes);
	pthread_condattr_destroy(&attributes);
	peers->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	peers->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (peers->epoll_fd < 0 || peers->stop_fd < 0 ||
	    watch(peers, EPOLL_CTL_ADD, peers->stop_fd, TOKEN_STOP)) {
		err_set_errno(err, ERR_PERMANENT, "epoll");
		keyd_peers_free(peers);
		return NULL;
	}
	return peers;
}

void
keyd_peers_free(struct keyd_peers *peers)
{
	if (!peers)
		return;
	for (unsigned i = 0; i < peers->max; i++)
		if (peers->at[i].state != PEER_NONE)
			close(peers->at[i].fd);
	if (peers->stop_fd >= 0)
		close(peers->stop_fd);
	if (peers->epoll_fd >= 0)
		close(peers->epoll_fd);
	pthread_cond_destroy(&peers->closed);
	pthread_mutex_destroy(&peers->lock);
	free(peers->at);
	free(peers);
}

static uint64_t
token_of(const struct keyd_peers *peers, const struct peer *peer)
{
	return (uint64_t)peer->generation << 32 | (uint64_t)(peer - peers->at);
}

/* Closing takes the descriptor out of epoll; the generation makes tokens
 * invalid that a thread has already been given.  Under the lock. */
static void
close_peer(struct keyd_peers *peers, struct peer *peer)
{
	close(peer->fd);
	peer->state = PEER_NONE;
	peer->generation++;
	peers->count--;
	pthread_cond_signal(&peers->closed);
}

/* A free place, if need be that of the connection that has been idle for
 * longest; NULL when all are busy.  Under the lock. */
static struct peer *
find_place(struct keyd_peers *peers)
{
	struct peer *oldest = NULL;

	for (unsigned i = 0; i < peers->max; i++) {
		struct peer *peer = &peers->at[i];

		if (peer->state == PEER_NONE)
			return peer;
		if (peer->state == PEER_IDLE &&
		    (!oldest || peer->last_used < oldest->last_used))
			oldest = peer;
	}
	if (oldest)
		close_peer(peers, oldest);
	return oldest;
}

int
keyd_peers_add(struct keyd_peers *peers, int fd, struct err *err)
{
	struct peer *peer;
	int rc = 0;

	pthread_mutex_lock(&peers->lock);
	peer = find_place(peers);
	if (!peer) {
		rc = err_set(err, ERR_TEMPORARY, "all %u connections are busy",
		    peers->max);
		close(fd);
	} else {
		peer->fd = fd;
		peer->state = PEER_IDLE;
		peer->last_used = peers->events++;
		peers->count++;
		if (watch(peers, EPOLL_CTL_ADD, fd, token_of(peers, peer))) {
			rc = err_set_errno(err, ERR_TEMPORARY, "epoll_ctl");
			close_peer(peers, peer);
		}
	}
	pthread_mutex_unlock(&peers->lock);
	return rc;
}

bool
keyd_peers_wait(struct keyd_peers *peers, uint64_t *token)
{
	struct epoll_event event;
	int n;

	do
		n = epoll_wait(peers->epoll_fd, &event, 1, -1);
	while (n < 0 && errno == EINTR);
	if (n != 1 || event.data.u64 == TOKEN_STOP)
		return false;
	*token = event.data.u64;
	return true;
}

/* The connection of a token if it is in that state.  Under the lock. */
static struct peer *
peer_of(struct keyd_peers *peers, uint64_t token, enum peer_state state)
{
	struct peer *peer = &peers->at[token & UINT32_MAX];

	if (peer->generation != token >> 32 || peer->state != state)
		return NULL;
	return peer;
}

int
keyd_peers_begin(struct keyd_peers *peers, uint64_t token)
{
	struct peer *peer;
	int fd = -1;

	pthread_mutex_lock(&peers->lock);
	peer = peer_of(peers, token, PEER_IDLE);
	if (peer) {
		peer->state = PEER_BUSY;
		fd = peer->fd;
	}
	pthread_mutex_unlock(&peers->lock);
	return fd;
}

void
keyd_peers_end(struct keyd_peers *peers, uint64_t token)
{
	struct peer *peer;

	pthread_mutex_lock(&peers->lock);
	peer = peer_of(peers, token, PEER_BUSY);
	if (peer) {
		peer->state = PEER_IDLE;
		peer->last_used = peers->events++;
		if (watch(peers, EPOLL_CTL_MOD, peer->fd, token))
			close_peer(peers, peer);
	}
	pthread_mutex_unlock(&peers->lock);
}

void
keyd_peers_close(struct keyd_peers *peers, uint64_t token)
{
	struct peer *peer;

	pthread_mutex_lock(&peers->lock);
	peer = peer_of(peers, token, PEER_BUSY);
	if (peer)
		close_peer(peers, peer);
	pthread_mutex_unlock(&peers->lock);
}

/* A connection that is shut down for reading still gives the packets that
 * have arrived, and then its end. */
bool
keyd_peers_drain(struct keyd_peers *peers, deadline_t deadline)
{
	struct timespec until = {
	    .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};
	bool empty;
	int rc = 0;

	pthread_mutex_lock(&peers->lock);
	for (unsigned i = 0; i < peers->max; i++)
		if (peers->at[i].state != PEER_NONE)
			(void)shutdown(peers->at[i].fd, SHUT_RD);
	while (peers->count > 0 && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(
		    &peers->closed, &peers->lock, &until);
	empty = peers->count == 0;
	pthread_mutex_unlock(&peers->lock);
	return empty;
}

void
keyd_peers_stop(struct keyd_peers *peers)
{
	uint64_t one = 1;

	(void)!write(peers->stop_fd, &one, sizeof(one));
}
