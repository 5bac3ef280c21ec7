/*
 * doctor_endpoint.h: where a milter or a listener is, as the three programs
 * write it.
 *
 * Only text is read: no file is looked at, no name is looked up.
 */
#ifndef ADMIN_DOCTOR_ENDPOINT_H
#define ADMIN_DOCTOR_ENDPOINT_H

#include <stdbool.h>

#include "base/slice.h"

enum doctor_endpoint_kind {
	ENDPOINT_NONE = 0, /* cannot be read */
	ENDPOINT_UNIX,
	ENDPOINT_INET
};

/* A path of a unix socket has 107 octets at most, a host name 255. */
#define ENDPOINT_NAME 256
#define ENDPOINT_PORT 64

struct doctor_endpoint {
	enum doctor_endpoint_kind kind;
	char name[ENDPOINT_NAME]; /* path, or host: without brackets, "" any */
	char port[ENDPOINT_PORT]; /* number or service name */
};

/* "unix:PATH", "inet:HOST:PORT" (Postfix). */
void doctor_endpoint_postfix(struct slice text, struct doctor_endpoint *out);

/* "unix:PATH", "local:PATH", "inet:PORT@HOST", "inet6:PORT@HOST", "PATH"
 * (libmilter, Sendmail). */
void doctor_endpoint_milter(struct slice text, struct doctor_endpoint *out);

/* "HOST:PORT", "[HOST]:PORT", "PORT" (listeners of Postfix, and of a URL). */
void doctor_endpoint_listener(struct slice text, struct doctor_endpoint *out);

/* The same place on this host?  /var/run is /run, "localhost" any loopback
 * address. */
bool doctor_endpoint_same(
    const struct doctor_endpoint *a, const struct doctor_endpoint *b);

/* As Postfix, Sendmail and we write hosts of listeners; nothing is resolved. */
bool doctor_host_is_loopback(const char *host);

/* The port as its number, where the name is one of those for mail. */
const char *doctor_port_number(const char *port);

/* The path as somebody sees it whose root is root (no slash at its end): the
 * part behind it, beginning with a slash.  NULL: it is not below. */
const char *doctor_path_below(const char *path, const char *root);

#endif
