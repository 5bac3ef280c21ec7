/* network.c: see network.h.  Pure functions. */
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void
network_list_init(struct network_list *list)
{
	*list = (struct network_list){0};
}

void
network_list_fini(struct network_list *list)
{
	free(list->at);
	network_list_init(list);
}

static bool
prefix_equal(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	if (memcmp(a, b, bytes) != 0)
		return false;
	return rest == 0 || ((a[bytes] ^ b[bytes]) & mask) == 0;
}

static int
parse_bits(const char *text, unsigned max, unsigned *bits)
{
	char *end;
	unsigned long n;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	n = strtoul(text, &end, 10);
	if (*end || n > max)
		return -1;
	*bits = (unsigned)n;
	return 0;
}

static int
network_parse(const char *text, struct network *out)
{
	static const unsigned char zero[17];
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned char host[16], max;

	*out = (struct network){0};
	if (len >= sizeof(address))
		return -1;
	memcpy(address, text, len);
	address[len] = '\0';
	out->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	max = out->family == AF_INET ? 32 : 128;
	out->bits = max;
	if (inet_pton(out->family, address, out->address) != 1)
		return -1;
	if (slash && parse_bits(slash + 1, max, &out->bits))
		return -1;
	memcpy(host, out->address, sizeof(host));
	for (unsigned i = 0; i < out->bits; i++)
		host[i / 8] &= (unsigned char)~(0x80u >> i % 8);
	return memcmp(host, zero, sizeof(host)) == 0 ? 0 : -1;
}

int
network_list_add(struct network_list *list, const char *text, struct err *err)
{
	struct network n;

	if (network_parse(text, &n))
		return err_set(err, ERR_PERMANENT,
		    "\"%.60s\" is not a network like 192.0.2.0/24 or "
		    "2001:db8::/32 (no bits behind the prefix)",
		    text);
	list->at = xreallocarray(list->at, list->count + 1, sizeof(*list->at));
	list->at[list->count++] = n;
	return 0;
}

bool
network_list_has(
    const struct network_list *list, const struct sockaddr *address)
{
	static const unsigned char mapped[12] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	const unsigned char *bytes;
	int family;

	if (!address)
		return false;
	family = address->sa_family;
	if (family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		bytes = (const unsigned char *)&in.sin_addr;
	} else if (family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		bytes = in6.sin6_addr.s6_addr;
		if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
			family = AF_INET;
			bytes += sizeof(mapped);
		}
	} else {
		return false;
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].family == family &&
		    prefix_equal(list->at[i].address, bytes, list->at[i].bits))
			return true;
	return false;
}
