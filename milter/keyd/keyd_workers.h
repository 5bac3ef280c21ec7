/*
 * keyd_workers.h: the threads that answer.
 *
 * Any number of workers for what takes less than some milliseconds, and one
 * slow lane, of lower priority, for making and checking keys: signatures
 * never wait behind it.
 */
#ifndef KEYD_KEYD_WORKERS_H
#define KEYD_KEYD_WORKERS_H

#include "base/err.h"
#include "keyd/keyd_answer.h"
#include "keyd/keyd_peers.h"

struct keyd_workers;

/* Starts count workers and the slow lane.  When it returns all of them run
 * and have set up everything that they cannot once they are locked in; NULL
 * with err when one could not. */
struct keyd_workers *keyd_workers_start(struct keyd *keyd,
    struct keyd_peers *peers, unsigned count, struct err *err);

/* Closes the connections whose requests still wait for the slow lane: the end
 * does not wait for a queue of keys to be made. */
void keyd_workers_drop_waiting(struct keyd_workers *workers);

/* After keyd_peers_stop: waits for all threads and frees. */
void keyd_workers_finish(struct keyd_workers *workers);

#endif
