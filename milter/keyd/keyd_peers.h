/*
 * keyd_peers.h: the connections, and which of them may be read.
 *
 * A connection is announced once (EPOLLONESHOT) to one thread, which begins
 * it, serves it, and ends it; so there is one request at a time on each, and
 * none can be closed under its server.  Tokens name connections; a token of
 * one that is gone begins nothing.
 */
#ifndef KEYD_KEYD_PEERS_H
#define KEYD_KEYD_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct keyd_peers;

/* Room for max connections. */
struct keyd_peers *keyd_peers_new(unsigned max, struct err *err);

/* Closes what is left; no other thread may use it any more. */
void keyd_peers_free(struct keyd_peers *peers);

/* Takes the connection.  When all places are taken, the one that has been
 * idle for longest is closed; -1 when none is idle, and fd is closed. */
int keyd_peers_add(struct keyd_peers *peers, int fd, struct err *err);

/* Waits for a connection with something to read: its token.  False when
 * keyd_peers_stop was called. */
bool keyd_peers_wait(struct keyd_peers *peers, uint64_t *token);

/* Its descriptor, until keyd_peers_end or keyd_peers_close; -1 when it is
 * gone. */
int keyd_peers_begin(struct keyd_peers *peers, uint64_t token);

/* Waits for its next packet. */
void keyd_peers_end(struct keyd_peers *peers, uint64_t token);
void keyd_peers_close(struct keyd_peers *peers, uint64_t token);

/* Takes no packets any more but those that have arrived, and waits until
 * they are answered and all connections closed; false when the deadline
 * passed before. */
bool keyd_peers_drain(struct keyd_peers *peers, deadline_t deadline);

/* Makes keyd_peers_wait return false in all threads, from now on. */
void keyd_peers_stop(struct keyd_peers *peers);

#endif
