/*
 * relay_target.c: see relay_target.h.  RFC 3986 3.2, with nothing but host
 * and port: there are no credentials, and no path.
 */
#include "relay/relay_target.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

#define SCHEME "smtp://"
/* RFC 1035 2.3.4. */
#define HOST_MAX 255

static int
bad_url(struct err *err, const char *url)
{
	char shown[81];

	slice_show(slice_text(url), shown, sizeof(shown));
	return err_set(err, ERR_PERMANENT,
	    "\"%s\": expected smtp://HOST:PORT, like smtp://127.0.0.1:10026 or "
	    "smtp://[::1]:10026",
	    shown);
}

/* Host and port, apart; a host with brackets has none in *host. */
static int
split(struct slice s, struct slice *host, struct slice *port, bool *literal)
{
	size_t end;

	*literal = slice_has_prefix(s, "[");
	end = slice_find(s, *literal ? ']' : ':', 0);
	*host = slice_part(s, *literal ? 1 : 0, end);
	if (*literal)
		end++;
	if (end >= s.len || s.data[end] != ':')
		return -1;
	*port = slice_part(s, end + 1, s.len);
	return host->len > 0 && host->len <= HOST_MAX ? 0 : -1;
}

static bool
is_port(struct slice port)
{
	unsigned n = 0;

	if (port.len == 0 || port.len > 5)
		return false;
	for (size_t i = 0; i < port.len; i++) {
		if (port.data[i] < '0' || port.data[i] > '9')
			return false;
		n = 10 * n + (unsigned)(port.data[i] - '0');
	}
	return n > 0 && n <= 65535;
}

/* Names as RFC 1123 2.1 has them, and addresses. */
static bool
is_host(struct slice host, bool literal)
{
	for (size_t i = 0; i < host.len; i++) {
		unsigned char c = ascii_lower(host.data[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' &&
		    c != '-' && c != '_' && !(literal && c == ':'))
			return false;
	}
	return true;
}

static void
keep(struct relay_target *target, const struct addrinfo *found)
{
	for (; found && target->count < LIMIT_RELAY_ADDRESSES;
	     found = found->ai_next) {
		struct relay_address *a = &target->addresses[target->count++];

		memcpy(&a->address, found->ai_addr, found->ai_addrlen);
		a->len = found->ai_addrlen;
	}
}

static int
look_up(struct relay_target *target, struct slice host, struct slice port,
    bool literal, struct err *err)
{
	struct addrinfo hints = {.ai_family = literal ? AF_INET6 : AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV | (literal ? AI_NUMERICHOST : 0)};
	char host_text[HOST_MAX + 1], port_text[6];
	struct addrinfo *found;
	int rc;

	slice_show(host, host_text, sizeof(host_text));
	slice_show(port, port_text, sizeof(port_text));
	rc = getaddrinfo(host_text, port_text, &hints, &found);
	if (rc)
		return err_set(err,
		    rc == EAI_AGAIN || rc == EAI_SYSTEM ? ERR_TEMPORARY
							: ERR_PERMANENT,
		    "%s: %s", host_text, gai_strerror(rc));
	keep(target, found);
	freeaddrinfo(found);
	return 0;
}

int
relay_target_parse(
    struct relay_target *target, const char *url, struct err *err)
{
	struct slice all = slice_text(url), host, port;
	struct relay_target result = {.count = 0};
	bool literal;

	if (!slice_has_prefix_ci(all, SCHEME))
		return bad_url(err, url);
	all = slice_part(all, strlen(SCHEME), all.len);
	if (split(all, &host, &port, &literal) || !is_port(port) ||
	    !is_host(host, literal))
		return bad_url(err, url);
	if (look_up(&result, host, port, literal, err))
		return -1;
	slice_show(all, result.name, sizeof(result.name));
	*target = result;
	return 0;
}
