/*
 * network.h: lists of networks, "192.0.2.0/24" or "2001:db8::/32".
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

struct network {
	int family;
	unsigned char address[16];
	unsigned bits;
};

struct network_list {
	struct network *at;
	size_t count;
};

void network_list_init(struct network_list *list);
void network_list_fini(struct network_list *list);

/* Adds an address or a network in CIDR form.  Permanent error when text is
 * neither, or has bits set behind its prefix. */
int network_list_add(
    struct network_list *list, const char *text, struct err *err) MUST_USE;

/* IPv4-mapped IPv6 addresses match IPv4 networks.  NULL, and addresses of
 * other families, are in no network. */
bool network_list_has(
    const struct network_list *list, const struct sockaddr *address);

#endif
