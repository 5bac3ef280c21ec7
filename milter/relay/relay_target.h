/*
 * relay_target.h: where the reinjection listener is.
 */
#ifndef RELAY_RELAY_TARGET_H
#define RELAY_RELAY_TARGET_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/limits.h"

struct relay_address {
	struct sockaddr_storage address;
	socklen_t len;
};

struct relay_target {
	char name[300]; /* "127.0.0.1:10026", for people */
	struct relay_address addresses[LIMIT_RELAY_ADDRESSES];
	size_t count; /* at least 1; in the order to be tried */
};

/* Reads "smtp://HOST:PORT", where HOST is an IPv4 address, an IPv6 address in
 * brackets, or a name, which is looked up.  The port must be given: that of
 * the public listener would lead every copy through this milter again.
 * Permanent error when url is something else, temporary when the name cannot
 * be looked up. */
int relay_target_parse(
    struct relay_target *target, const char *url, struct err *err) MUST_USE;

#endif
