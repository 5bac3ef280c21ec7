/*
 * key_pool.c: see key_pool.h.  Any number of threads; the lock is held for a
 * few pointer moves, never while anything waits for the key process.
 */
#include "key/key_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ipc.h"

/* A signature of RSA-8192 has 1024 bytes, a reason less. */
#define KEY_REPLY_SHORT 4096

struct key_pool {
	char *path;
	pthread_mutex_t lock;
	pthread_cond_t freed; /* a connection came back or was closed */
	unsigned max;
	unsigned open; /* idle or in use */
	unsigned idle_count;
	int *idle; /* the last one used on top: the rest may grow old */
	atomic_uint sequence;
};

struct key_pool *
key_pool_new(const char *socket_path, unsigned connections)
{
	struct key_pool *pool = xcalloc(1, sizeof(*pool));
	pthread_condattr_t attributes;

	pool->path = xstrdup(socket_path);
	pool->max = connections > 0 ? connections : 1;
	pool->idle = xcalloc(pool->max, sizeof(*pool->idle));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->freed, &attributes);
	pthread_condattr_destroy(&attributes);
	return pool;
}

void
key_pool_free(struct key_pool *pool)
{
	if (!pool)
		return;
	while (pool->idle_count > 0)
		close(pool->idle[--pool->idle_count]);
	pthread_cond_destroy(&pool->freed);
	pthread_mutex_destroy(&pool->lock);
	free(pool->idle);
	free(pool->path);
	free(pool);
}

/* An idle connection, -1 for the right to open one, or -2 when the deadline
 * passed without either. */
static int
pool_take(struct key_pool *pool, deadline_t deadline)
{
	struct timespec until = {
	    .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};
	int fd = -1, rc = 0;

	pthread_mutex_lock(&pool->lock);
	while (
	    pool->idle_count == 0 && pool->open == pool->max && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&pool->freed, &pool->lock, &until);
	if (pool->idle_count > 0)
		fd = pool->idle[--pool->idle_count];
	else if (pool->open < pool->max)
		pool->open++;
	else
		fd = -2;
	pthread_mutex_unlock(&pool->lock);
	return fd;
}

static void
pool_return(struct key_pool *pool, int fd)
{
	pthread_mutex_lock(&pool->lock);
	pool->idle[pool->idle_count++] = fd;
	pthread_cond_signal(&pool->freed);
	pthread_mutex_unlock(&pool->lock);
}

/* Gives up a connection, or with -1 the right to open one. */
static void
pool_drop(struct key_pool *pool, int fd)
{
	if (fd >= 0)
		close(fd);
	pthread_mutex_lock(&pool->lock);
	pool->open--;
	pthread_cond_signal(&pool->freed);
	pthread_mutex_unlock(&pool->lock);
}

/* One lost connection means that keyd has ended: the idle ones lead nowhere
 * either, and asking again must not meet the next of them. */
static void
pool_drop_idle(struct key_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->idle_count > 0) {
		close(pool->idle[--pool->idle_count]);
		pool->open--;
	}
	pthread_cond_broadcast(&pool->freed);
	pthread_mutex_unlock(&pool->lock);
}

/* What the operator can do about it. */
static void
add_remedy(struct err *err, int reason)
{
	if (reason == ENOENT || reason == ECONNREFUSED)
		err_prefix(err, "not running, start it");
	else if (reason == EACCES)
		err_prefix(err, "serves another group (its option -g)");
}

static int
pool_open(struct key_pool *pool, deadline_t deadline, int *fd, struct err *err)
{
	*fd = pool_take(pool, deadline);
	if (*fd == -2)
		return err_set(err, ERR_TEMPORARY,
		    "all %u connections are busy; raise "
		    "keyd_connections",
		    pool->max);
	if (*fd >= 0)
		return 0;
	*fd = ipc_connect(pool->path, deadline, err);
	if (*fd >= 0)
		return 0;
	add_remedy(err, errno);
	pool_drop(pool, -1);
	return -1;
}

void
key_exchange_init(
    struct key_exchange *x, enum key_operation operation, deadline_t deadline)
{
	*x = (struct key_exchange){.request.operation = operation,
	    .reply_max = KEY_REPLY_SHORT,
	    .deadline = deadline};
	buf_init(&x->packet, KEY_MESSAGE_MAX);
}

void
key_exchange_fini(struct key_exchange *x)
{
	buf_wipe(&x->packet);
}

static enum ipc_result
converse(int fd, struct slice question, struct key_exchange *x, struct err *err)
{
	enum ipc_result result;

	result = ipc_send(fd, question, x->deadline, err);
	if (result != IPC_DONE)
		return result;
	buf_clear(&x->packet);
	return ipc_receive(fd, &x->packet, x->reply_max, x->deadline, err);
}

/* A reply that is not the answer to this request means that the connection
 * is out of step, or that something else listens there. */
static int
read_reply(struct key_exchange *x, struct err *err)
{
	if (key_message_decode(&x->reply, buf_slice(&x->packet), err))
		return -1;
	if (x->reply.operation != x->request.operation ||
	    x->reply.sequence != x->request.sequence)
		return err_set(
		    err, ERR_BUG, "the reply does not belong to the request");
	return 0;
}

/* Asks on one connection; IPC_CLOSED when it is worth to try another. */
static enum ipc_result
ask_once(struct key_pool *pool, struct slice question, struct key_exchange *x,
    struct err *err)
{
	enum ipc_result result;
	int fd;

	if (pool_open(pool, x->deadline, &fd, err))
		return IPC_FAILED;
	result = converse(fd, question, x, err);
	if (result == IPC_DONE && read_reply(x, err))
		result = IPC_FAILED;
	if (result == IPC_DONE)
		pool_return(pool, fd);
	else
		pool_drop(pool, fd);
	if (result == IPC_CLOSED)
		pool_drop_idle(pool);
	return result;
}

int
key_pool_ask(struct key_pool *pool, struct key_exchange *x, struct err *err)
{
	enum ipc_result result;
	struct buf question;
	int rc = -1;

	buf_init(&question, KEY_MESSAGE_MAX);
	x->request.sequence = atomic_fetch_add(&pool->sequence, 1);
	if (key_message_encode(&x->request, &question, err))
		goto out;
	result = ask_once(pool, buf_slice(&question), x, err);
	if (result == IPC_CLOSED)
		result = ask_once(pool, buf_slice(&question), x, err);
	rc = result == IPC_DONE ? 0 : err_prefix(err, "smime-keyd");
out:
	buf_wipe(&question);
	return rc;
}
