/* own_copy.c: see own_copy.h.  Any thread. */
#include "gateway/own_copy.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

bool
own_copy_is_claimed(const struct header *header)
{
	return header_find(header, TOKEN_FIELD, 0) != NULL;
}

/* A unix socket has no address. */
static bool
is_this_host(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (!address)
		return true;
	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

static enum token_verdict
check(struct tokens *tokens, const struct envelope *envelope,
    const struct header *header, time_t now)
{
	const struct header_field *id = header_find(header, "Message-ID", 0);
	const char **names = xcalloc(envelope->count + 1, sizeof(char *));
	const struct token_subject subject = {
	    .sender = envelope->sender_name,
	    .recipients = names,
	    .recipient_count = envelope->count,
	    .message_id = id ? id->body : slice_make(NULL, 0),
	};
	enum token_verdict verdict;

	for (size_t i = 0; i < envelope->count; i++)
		names[i] = envelope->recipients[i].name;
	verdict = token_check(
	    tokens, header_find(header, TOKEN_FIELD, 0)->body, &subject, now);
	free(names);
	return verdict;
}

enum token_verdict
own_copy_check(struct tokens *tokens, const struct job_client *client,
    const struct envelope *envelope, const struct header *header, time_t now)
{
	if (!tokens || header_count(header, TOKEN_FIELD) != 1 ||
	    !is_this_host(client->address))
		return TOKEN_FORGED;
	return check(tokens, envelope, header, now);
}
