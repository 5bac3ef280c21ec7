/*
 * keyd_workers.c: see keyd_workers.h.
 *
 * Workers sleep in epoll, all on the same set; one wakes up per packet,
 * answers it itself, and asks for the next: no hand-over between threads on
 * the way of a signature.  A reply is sent without waiting: whoever does not
 * read his replies loses the connection, not our time.
 */
#include "keyd/keyd_workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "keyd/keyd_complain.h"

/* OpenSSL's deepest operation needs some 20 kB. */
#define STACK_SIZE ((size_t)512 * 1024)
/* Of the slow lane: it takes what the others leave. */
#define SLOW_NICE 10

/* A request on its way to the slow lane.  At most one per connection. */
struct job {
	struct job *next;
	uint64_t token;
	int fd;
	size_t len;
	unsigned char packet[];
};

struct keyd_workers {
	struct keyd *keyd;
	struct keyd_peers *peers;
	pthread_barrier_t ready;
	bool failed; /* a thread could not set itself up */
	struct err err;
	unsigned count;
	pthread_t *threads; /* the slow lane is the last one */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *first, **last;
	bool stopping;
};

/* The buffers of one thread, made once. */
struct desk {
	struct keyd_workers *workers;
	unsigned char *in;
	struct buf out;
};

static void
desk_init(struct desk *desk, struct keyd_workers *workers)
{
	desk->workers = workers;
	desk->in = xmalloc(KEY_MESSAGE_MAX);
	buf_init(&desk->out, KEY_MESSAGE_MAX);
	buf_reserve(&desk->out, KEY_MESSAGE_MAX);
}

static void
desk_fini(struct desk *desk)
{
	explicit_bzero(desk->in, KEY_MESSAGE_MAX);
	free(desk->in);
	buf_wipe(&desk->out);
}

/* The first thing in every thread.  Until the barrier nobody is served. */
static void
set_up_thread(struct keyd_workers *workers)
{
	struct err err;

	if (keyd_crypto_start_thread(&err)) {
		pthread_mutex_lock(&workers->lock);
		workers->failed = true;
		workers->err = err;
		pthread_mutex_unlock(&workers->lock);
	}
	pthread_barrier_wait(&workers->ready);
}

/* Answers, and lets the connection go on or closes it. */
static void
answer(struct desk *desk, uint64_t token, int fd, struct slice packet)
{
	struct keyd_peers *peers = desk->workers->peers;
	struct buf *out = &desk->out;
	bool good;

	good = keyd_answer(desk->workers->keyd, packet, out);
	if (send(fd, out->data, out->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		good = false;
	explicit_bzero(out->data, out->len);
	buf_clear(out);
	if (good)
		keyd_peers_end(peers, token);
	else
		keyd_peers_close(peers, token);
}

static void
hand_over(
    struct keyd_workers *workers, uint64_t token, int fd, struct slice packet)
{
	struct job *job = xmalloc(sizeof(*job) + packet.len);

	job->next = NULL;
	job->token = token;
	job->fd = fd;
	job->len = packet.len;
	memcpy(job->packet, packet.data, packet.len);
	pthread_mutex_lock(&workers->lock);
	*workers->last = job;
	workers->last = &job->next;
	pthread_cond_signal(&workers->changed);
	pthread_mutex_unlock(&workers->lock);
}

/* One packet of one connection. */
static void
serve(struct desk *desk, uint64_t token, int fd)
{
	struct keyd_peers *peers = desk->workers->peers;
	struct slice packet;
	ssize_t n;

	n = recv(fd, desk->in, KEY_MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		keyd_peers_end(peers, token);
		return;
	}
	if (n <= 0 || (size_t)n > KEY_MESSAGE_MAX) {
		if (n > 0)
			keyd_complain("request of %zd bytes", n);
		keyd_peers_close(peers, token);
		return;
	}
	packet = slice_make(desk->in, (size_t)n);
	if (keyd_is_slow(packet))
		hand_over(desk->workers, token, fd, packet);
	else
		answer(desk, token, fd, packet);
	explicit_bzero(desk->in, (size_t)n);
}

static void *
run_worker(void *arg)
{
	struct keyd_workers *workers = arg;
	struct desk desk;
	uint64_t token;
	int fd;

	desk_init(&desk, workers);
	set_up_thread(workers);
	while (keyd_peers_wait(workers->peers, &token)) {
		fd = keyd_peers_begin(workers->peers, token);
		if (fd >= 0)
			serve(&desk, token, fd);
	}
	desk_fini(&desk);
	return NULL;
}

static struct job *
next_job(struct keyd_workers *workers)
{
	struct job *job = NULL;

	pthread_mutex_lock(&workers->lock);
	while (!workers->first && !workers->stopping)
		pthread_cond_wait(&workers->changed, &workers->lock);
	if (!workers->stopping) {
		job = workers->first;
		workers->first = job->next;
		if (!workers->first)
			workers->last = &workers->first;
	}
	pthread_mutex_unlock(&workers->lock);
	return job;
}

static void
free_job(struct job *job)
{
	explicit_bzero(job->packet, job->len);
	free(job);
}

static void *
run_slow_lane(void *arg)
{
	struct keyd_workers *workers = arg;
	struct desk desk;
	struct job *job;

	/* In Linux that is of this thread only. */
	(void)setpriority(PRIO_PROCESS, 0, SLOW_NICE);
	desk_init(&desk, workers);
	set_up_thread(workers);
	while ((job = next_job(workers))) {
		answer(&desk, job->token, job->fd,
		    slice_make(job->packet, job->len));
		free_job(job);
	}
	desk_fini(&desk);
	return NULL;
}

/* Threads that do start wait at the barrier for ever if one does not: that
 * ends the program, so there is nothing to tidy up. */
static int
start_threads(struct keyd_workers *workers, struct err *err)
{
	pthread_attr_t attributes;
	int rc = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (unsigned i = 0; i <= workers->count && rc == 0; i++)
		rc = pthread_create(&workers->threads[i], &attributes,
		    i < workers->count ? run_worker : run_slow_lane, workers);
	pthread_attr_destroy(&attributes);
	if (rc == 0)
		return 0;
	errno = rc;
	return err_set_errno(
	    err, ERR_PERMANENT, "cannot start %u threads", workers->count + 1);
}

struct keyd_workers *
keyd_workers_start(struct keyd *keyd, struct keyd_peers *peers, unsigned count,
    struct err *err)
{
	struct keyd_workers *workers = xcalloc(1, sizeof(*workers));

	workers->keyd = keyd;
	workers->peers = peers;
	workers->count = count;
	workers->threads = xcalloc(count + 1, sizeof(*workers->threads));
	workers->last = &workers->first;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->changed, NULL);
	pthread_barrier_init(&workers->ready, NULL, count + 2);
	if (start_threads(workers, err))
		return NULL;
	pthread_barrier_wait(&workers->ready);
	if (!workers->failed)
		return workers;
	*err = workers->err;
	return NULL;
}

void
keyd_workers_drop_waiting(struct keyd_workers *workers)
{
	struct job *job, *next;

	pthread_mutex_lock(&workers->lock);
	job = workers->first;
	workers->first = NULL;
	workers->last = &workers->first;
	pthread_mutex_unlock(&workers->lock);
	for (; job; job = next) {
		next = job->next;
		keyd_peers_close(workers->peers, job->token);
		free_job(job);
	}
}

void
keyd_workers_finish(struct keyd_workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_signal(&workers->changed);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned i = 0; i <= workers->count; i++)
		pthread_join(workers->threads[i], NULL);
	keyd_workers_drop_waiting(workers);
	pthread_barrier_destroy(&workers->ready);
	pthread_cond_destroy(&workers->changed);
	pthread_mutex_destroy(&workers->lock);
	free(workers->threads);
	free(workers);
}
